# SPDX-License-Identifier: Apache-2.0
"""Narrow tokenizers for tests: trained on a few lines, with the pre-tokenizers and files of published models."""

import io
import json

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

END = r"+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]" + END
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]" + END
DEEPSEEK = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^""" "\r\n" r"""\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[""" "\r\n"
            r"]*|\s*[" "\r\n" r"]+|\s+(?!\S)|\s+")
LETTERS = (r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝ"
           r"Ὗ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ"
           r"𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+")
MARKS = (r"\s?[!-/:-~！-／：-～‘-‟　-。]+")
IDEOGRAMS = (r"[一-龥ࠀ-一가-퟿]+")
LINES = ["The quick brown fox jumps over the lazy dog, 12345 times.\n", "Der Übermut tut selten gut; naïve façade.\n",
         "int main (void) { return 0x2a; }  // don't\n\n", "Съешь ещё этих мягких булок\t我想在 apple 工作 🚀\n"] * 4
TEXTS = ["", " ", "Hello, world!", "The dog's 31337 foxes\n\n  jump  ", "naïve Übermut 工作 🚀🚀", "\t\tint x = 10;\r\n",
         "selten<|end|>gut", "don't I'LL WE'VE"]
WIDTH, FEED = 32, 64


def config(class_name, rows, **more):
    """config.json with the entries of both transformers and llama.cpp, whose names the weights have."""
    return {"architectures": [class_name], "vocab_size": rows, "num_hidden_layers": 1, "hidden_size": WIDTH,
            "num_attention_heads": 2, "block_count": 1, "context_length": 256, "embedding_length": WIDTH,
            "feed_forward_length": FEED, "attention.head_count": 2, "attention.head_count_kv": 2,
            "attention.layer_norm_rms_epsilon": 1e-5, "rope.dimension_count": WIDTH // 2, **more}


def weights(rows, bias):
    torch.manual_seed(2)
    square = {f"blk.0.attn_{p}.weight": (WIDTH, WIDTH) for p in ("q", "k", "v", "output")}
    vectors = {f"blk.0.attn_{p}.bias": (WIDTH,) for p in "qkv"} if bias else {}
    norms = dict.fromkeys(("output_norm.weight", "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight"), (WIDTH,))
    feed = {"blk.0.ffn_gate.weight": (FEED, WIDTH), "blk.0.ffn_up.weight": (FEED, WIDTH), "blk.0.ffn_down.weight": (WIDTH, FEED)}
    shapes = {"token_embd.weight": (rows, WIDTH), "output.weight": (rows, WIDTH)} | square | vectors | norms | feed
    return {n: torch.randn(s) / 8 for n, s in shapes.items()}


def folder(path, class_name, rows, files, bias=False, **more):
    """A model's folder: weights, config.json, and files by their names (bytes, texts, or JSON)."""
    path.mkdir(exist_ok=True)
    save_file(weights(rows, bias), path / "model.safetensors")
    for name, content in {"config.json": config(class_name, rows, **more), **files}.items():
        if isinstance(content, bytes):
            (path / name).write_bytes(content)
        else:
            (path / name).write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return path


def split(expression):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(expression), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def splits(*expressions):
    """Splits one after the other; None: single digits."""
    steps = [pre_tokenizers.Split(Regex(e), "isolated") if e else pre_tokenizers.Digits(individual_digits=True) for e in expressions]
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


DEEPSEEK2 = splits("[\r\n]", LETTERS, MARKS, r"\s+$", IDEOGRAMS, None)
DEEPSEEK_CODER = splits("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", IDEOGRAMS, None)
DEEPSEEK3 = splits(r"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+", DEEPSEEK)


def byte_level(pre, special, added=(), normalizer=None, first=None, last=None):
    """A byte-level BPE.  first, last: tokens of a template."""
    t = Tokenizer(models.BPE(ignore_merges=first is not None))
    t.pre_tokenizer, t.decoder = pre, decoders.ByteLevel()
    if normalizer:
        t.normalizer = normalizer
    trainer = trainers.BpeTrainer(vocab_size=500, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False)
    t.train_from_iterator(LINES, trainer)
    t.add_special_tokens([AddedToken(s, normalized=False) for s in special])
    t.add_tokens(list(added))
    if first or last:
        ends = [(s, t.token_to_id(s)) for s in (first, last) if s]
        one = " ".join(filter(None, (first and f"{first}:0", "$A:0", last and f"{last}:0")))
        two = one + " " + " ".join(filter(None, (first and f"{first}:1", "$B:1", last and f"{last}:1")))
        t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False),
                                                processors.TemplateProcessing(single=one, pair=two, special_tokens=ends)])
    return t


def word_piece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(LINES, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(s, t.token_to_id(s)) for s in ("[CLS]", "[SEP]")])
    return t


def sentence_piece(kind, **more):
    """The bytes of a model of SentencePiece."""
    import sentencepiece
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES), model_writer=out, model_type=kind, vocab_size=400, byte_fallback=kind == "bpe",
        hard_vocab_limit=False, minloglevel=2, user_defined_symbols=["<user>"], **more)
    return out.getvalue()


def byte_fallback():
    """What Llama 2 has in tokenizer.json."""
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    t.train_from_iterator(LINES, trainers.BpeTrainer(vocab_size=500, special_tokens=special, show_progress=False))
    tree = json.loads(t.to_str())
    tree["added_tokens"] = tree["added_tokens"][:3] + [
        {"id": 500, "content": "<more>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}]
    t = Tokenizer.from_str(json.dumps(tree))
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return t
