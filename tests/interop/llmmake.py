# SPDX-License-Identifier: Apache-2.0
"""Narrow language models: transformers' own classes with random weights, saved as a folder with a tokenizer."""

import json

import tokmake
import torch
import transformers
from tokenizers import normalizers, pre_tokenizers

SPECIAL = ["<|endoftext|>", "<|begin|>", "<|end|>", "<|pad|>"]
NAMES = {"bos_token": "<|begin|>", "eos_token": "<|end|>", "pad_token": "<|pad|>"}
FAST = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": int(1e30), "clean_up_tokenization_spaces": False}


def qwen2():
    return {"tokenizer.json": tokmake.byte_level(tokmake.split(tokmake.QWEN2), SPECIAL, (), normalizers.NFC()).to_str(),
            "tokenizer_config.json": FAST | NAMES | {"chat_template": "{{ messages }}", "add_bos_token": False}}


def gpt2():
    return {"tokenizer.json": tokmake.byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False), SPECIAL).to_str(), "tokenizer_config.json": FAST | NAMES}


def granite():
    """With an entry that the converter reads of Llama's kin alone."""
    files = gpt2()
    return files | {"tokenizer_config.json": files["tokenizer_config.json"] | {"add_prefix_space": False}}


def llama3():
    return {"tokenizer.json": tokmake.byte_level(tokmake.split(tokmake.LLAMA3), SPECIAL, first="<|begin|>").to_str(),
            "tokenizer_config.json": FAST | NAMES}


def command_r():
    digits = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return {"tokenizer.json": tokmake.byte_level(digits, SPECIAL, (), normalizers.NFC()).to_str(),
            "tokenizer_config.json": FAST | NAMES | {"add_bos_token": True}}


def stablelm():
    files = qwen2()
    return files | {"tokenizer.json": tokmake.byte_level(tokmake.split(tokmake.QWEN2), SPECIAL).to_str(),
                    "tokenizer_config.json": files["tokenizer_config.json"] | {"clean_up_tokenization_spaces": True}}


def deepseek2():
    return {"tokenizer.json": tokmake.byte_level(tokmake.DEEPSEEK2, SPECIAL).to_str(), "tokenizer_config.json": FAST | NAMES | {"add_bos_token": True}}


def deepseek3():
    return {"tokenizer.json": tokmake.byte_level(tokmake.DEEPSEEK3, SPECIAL, first="<|begin|>").to_str(), "tokenizer_config.json": FAST | NAMES}


def llama2():
    return {"tokenizer.model": tokmake.sentence_piece("bpe"), "tokenizer_config.json": {"add_bos_token": True, "add_prefix_space": True}}


def phi3():
    model = {"tokenizer.model": tokmake.sentence_piece("bpe")}
    names = {0: "<unk>", 1: "<s>", 2: "</s>", rows(model): "<|endoftext|>"}
    added = {str(i): {"content": s, "special": True} for i, s in names.items()}
    return model | {"tokenizer_config.json": {"tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": added, "eos_token": "</s>"}}


def t5():
    """Without a table of characters, which is long, and is tested in test_tokenizer.py."""
    return {"spiece.model": tokmake.sentence_piece("unigram", normalization_rule_name="identity"), "tokenizer_config.json": {"eos_token": "</s>"}}


def bert(**pooling):
    """pooling: the configuration of sentence-transformers' module, which is left out if there is none."""
    names = {f"{n}_token": f"[{n.upper()}]" for n in ("cls", "sep", "pad", "unk", "mask")}
    files = {"tokenizer.json": tokmake.word_piece().to_str(), "tokenizer_config.json": {"tokenizer_class": "BertTokenizer"} | names}
    modules = [{"idx": i, "name": str(i), "path": p, "type": f"sentence_transformers.models.{t}"}
               for i, (p, t) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")))]
    return files | {"modules.json": modules, "1_Pooling/config.json": pooling} if pooling else files


def roberta():
    """Whose padding is the token 1."""
    files = gpt2()
    tree = json.loads(files["tokenizer.json"])
    cls, sep = (next(t["id"] for t in tree["added_tokens"] if t["content"] == s) for s in SPECIAL[1:3])
    pad = next(s for s, i in tree["model"]["vocab"].items() if i == 1)
    tree["post_processor"] = {"type": "RobertaProcessing", "sep": [SPECIAL[2], sep], "cls": [SPECIAL[1], cls], "trim_offsets": True,
                              "add_prefix_space": False}
    return files | {"tokenizer.json": json.dumps(tree), "tokenizer_config.json": files["tokenizer_config.json"] | {"pad_token": pad}}


def xlm_roberta():
    """Whose ids are not those of SentencePiece: <s>, <pad>, </s>, <unk>, the other pieces, and <mask>, for which there is no piece."""
    model = {"sentencepiece.bpe.model": tokmake.sentence_piece("unigram", normalization_rule_name="identity")}
    names = {0: "<s>", 1: "<pad>", 2: "</s>", 3: "<unk>", rows(model) - 1: "<mask>"}
    added = [{"id": i, "content": s, "single_word": False, "lstrip": s == "<mask>", "rstrip": False, "normalized": False, "special": True}
             for i, s in names.items()]
    template = tokmake.processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tree = {"version": "1.0", "added_tokens": added, "post_processor": json.loads(template.__getstate__()),
            "model": {"type": "Unigram", "unk_id": 3, "vocab": [["<s>", 0.0], ["<pad>", 0.0]]}}
    settings = {f"{n}_token": s for n, s in (("bos", "<s>"), ("eos", "</s>"), ("cls", "<s>"), ("sep", "</s>"), ("unk", "<unk>"), ("pad", "<pad>"))}
    return model | {"tokenizer.json": json.dumps(tree), "tokenizer_config.json": settings | {"mask_token": {"content": "<mask>", "lstrip": True}}}


def rows(files):
    """The number of tokens."""
    pieces = next((files[n] for n in ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model") if n in files), None)
    if pieces:
        import sentencepiece
        return sentencepiece.SentencePieceProcessor(model_proto=pieces).get_piece_size() + (2 if "sentencepiece.bpe.model" in files else 0)
    tree = json.loads(files["tokenizer.json"])
    return len(tree["model"]["vocab"]) + sum(t["content"] not in tree["model"]["vocab"] for t in tree["added_tokens"])


def folder(path, class_name, files, dtype=torch.bfloat16, padding=5, seed=0, **config):
    """Saves the model.  padding: rows of the embedding without a token."""
    cls = getattr(transformers, class_name)
    torch.manual_seed(seed)
    values = {"vocab_size": rows(files) + padding, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
              "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256, "bos_token_id": None,
              "eos_token_id": 1, "pad_token_id": None} | config
    model = cls(cls.config_class(**values))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, 0.2)
    for name, buffer in model.named_buffers():
        if name.endswith("correction_bias"):
            torch.nn.init.normal_(buffer, 0.0, 0.2)
    model.to(dtype).save_pretrained(path)
    for name, content in files.items():
        (path / name).parent.mkdir(exist_ok=True)
        if isinstance(content, bytes):
            (path / name).write_bytes(content)
        else:
            (path / name).write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return path
