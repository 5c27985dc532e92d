"""Inputs of the fuzzer's parsers that no file of the source tree is: one for each refusal, and rarely used parts of the formats.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.
"""

import io
import struct
import zipfile
import zlib

# ---- YAML
PLAIN = """\
numbers: [0x1F, 0o17, 017, 0b101, -0x2, +7, 1_000, 1e3, -1.5e-3, .5, 18446744073709551615, 99999999999999999999]
special: [.inf, -.inf, +.Inf, .nan, .NaN, ~, null, Null, yes, No, true, FALSE, "", '', "\\x41\\u00e9\\n"]
block: |-
  two
  lines
folded: >+
  one
  line

flow: {a: 1, "b": [2, {c: 3}], ? d : 4}
"""
MERGED = """\
base: &base {a: 1, b: {c: 2}}
list: &list [1, two, *base]
deep: {<<: *base, d: *list}
seq:
- *list
- &again text
- *again
"""
YAML = (
    PLAIN, MERGED, "a: *unknown\n", "&a [*a]\n", "&a {b: *a}\n", "a: &x 1\nb: &x 2\nc: *x\n",
    "--- 1\n--- 2\n", "%TAG ! tag:x,2000:\n---\n!a b\n", "%YAML 1.1\n---\na\n", "a: !!str 1\n", "!x [1]\n", "!y {a: 1}\n",
    "? [a, b]\n: 1\n", "? {a: 1}\n: 2\n", "? &a x\n: *a\n", "a: 1\na: 2\n", '"a\\x01b": 1\n', '"a\\0b": 1\n', 'a: "\\0"\n', 'a: "\\x1b"\n',
    "[" * 40 + "]" * 40, "{a: " * 40 + "}" * 40, "a: [1\n", "a: 'x\n", "\ta: 1\n", "a: @x\n", "", "\n# nothing\n", "a: 1\n...\n", "\ufeffa: 1\n",
    "&big " + '"' + "x" * 60000 + '"\n', "a: &a " + "[" * 20 + "1" + "]" * 20 + "\nb: " + "[" * 20 + "*a" + "]" * 20 + "\n",
    "- &a \"" + "x" * 3000 + "\"\n- [" + ", ".join(["*a"] * 3000) + "]\n", "- &a [1, 2]\n" + "- [" + ", ".join(["*a"] * 40000) + "]\n",
    "[" + "1," * 34000 + "]", "a" * 1_100_000, "a: &a b\nc: *a\n", "a: \"\\uD800\"\n", "- - - a\n  - b\n-  c: d\n   e: f\n", "a: -\n", "a: 0x\n", "a: 0b2\n",
)


def yaml():
    yield from (text.encode() for text in YAML)
    yield from (b"a: \xff\xfe\n", b"\xff\xfea\0:\0 \x001\0\n\0", b"a: \xc3\x28\n", b"a\0b: 1\n", b"a: 1\r\nb: 2\rc: 3\n")


# ---- JSON
JSON = (
    '{"a": [1, -2.5e3, true, false, null, "\\u00e9\\ud83d\\ude00\\n\\"\\\\\\/\\b\\f\\r\\t"], "b": {}}', "[1e400]", "[-1e400]", "[1e-400]", "[0.1]", "[1.0000000000000002]",
    "[18446744073709551615]", "[18446744073709551616]", "[-9223372036854775808]", "[-9223372036854775809]", "[01]", "[1.]", "[+1]", "[.5]", "[1e]", "[-]", "[NaN]",
    '["\\ud800"]', '["\\udc00\\ud800"]', '["\\u12"]', '["\\x"]', '["\t"]', '["\\u0000"]', '{"\\u0000": 1}', '["a', '{"a"', '{"a":', '{"a":1', '{"a":1,', "[1,", "[1 2]",
    '{"a" 1}',
    '{"a": 1, "a": 2}', '{"a": 1, "\\u0061": 2}', "{1: 2}", "tru", "nul", "falsy", "", " ", "[] []", "[]x", "{}\0", "[" * 40 + "]" * 40, '{"a":' * 40 + "1" + "}" * 40,
    "[" * 5 + "]" * 5, '"text"', "1", "[" + "1," * 5000 + "1]", '{"' + "k" * 70000 + '": 1}', '["' + "\\n" * 40000 + '"]',
    "[3.4028234663852886e38, 1.401298464324817e-45, 1e22, 123456789012345680]",
)


def json():
    yield from (text.encode() for text in JSON)
    yield from (b'["\xff"]', b'["\xc0\x80"]', b'["\xed\xa0\x80"]', b'["\xf4\x90\x80\x80"]', b"\xef\xbb\xbf{}", b'{"\xff": 1}')


# ---- Indexes of plugins
def index():
    def plugins(*entries):
        return ("fmtconv-index: 1\nplugins:\n" + "".join(f"- {entry}\n" for entry in entries)).encode()

    def reader(row):
        return plugins(f"{{name: a, reader: {{evidence: [{row}]}}}}")

    def transform(keys):
        return plugins(f"{{name: a, transform: {{{keys}}}}}")

    yield from (b"", b"[]", b"plugins: []\n", b"fmtconv-index: 2\nplugins: []\n", b"fmtconv-index: 1\n", b"fmtconv-index: 1\nplugins: x\n",
                b"fmtconv-index: [1]\nplugins: []\n", b"fmtconv-index: 1\nother: 1\nplugins: []\n")
    yield from (plugins(entry) for entry in (
        "x", "{}", "{name: a}", "{name: A, writer: {}}", "{name: " + "a" * 65 + ", writer: {}}", "{name: [a], writer: {}}", "{name: a, writer: {}, other: 1}",
        "{name: a, package: b, description: c, writer: {suffixes: .x, folder: yes}}", "{name: a, writer: {folder: maybe}}", "{name: a, writer: []}",
        "{name: a, reader: x}", "{name: a, reader: {other: 1}}", "{name: a, reader: {evidence: {}}}", "{name: a, reader: {suffixes: .x .y}}"))
    yield plugins("{name: b, writer: {}}", "{name: a, writer: {}}", "{name: b, writer: {}}")
    yield from (reader(row) for row in (
        "x", "{}", "{bits: 3}", "{bits: x, names: a}", "{bits: 70000, names: a}", "{bits: 0, names: a}", "{bits: 8, names: 'a*'}", "{bits: 8, inside: ''}",
        "{bits: 8, inside: data.pkl}", "{bits: 8, names: '['}", "{bits: 8, names: 'a*', except: '['}", "{bits: 8, entries: [config.json]}",
        "{bits: 8, entries: [a], names: b}", "{bits: 8, entries: x}", "{bits: 8, entries: [[a]]}", "{bits: 8, entries: ['[']}",
        "{bits: 8, entries: [" + ", ".join(f"a{i}" for i in range(40)) + "]}", "{bits: 8, bytes: ['0: 50 4b 03 04']}", "{bits: 8, bytes: ['end-4: 2e']}",
        "{bits: 8, bytes: [x]}", "{bits: 8, bytes: ['0: zz']}", "{bits: 8, bytes: x}", "{bits: 8, bytes: [[a]]}", "{bits: 8, other: 1}",
        "{bits: 8, bytes: [" + ", ".join(f"'{i}: 00'" for i in range(40)) + "]}", "{bits: 8, names: '*.pt', except: 'b*', bytes: ['0: 66 6d']}"))
    yield from (transform(keys) for keys in (
        "", "other: 1", "joins: a", "precedence: 101", "precedence: 3", "prefix: a.", "tensors: [a]", "kind: [a]", "kind: lora", "kind: lora, tensors: x",
        "kind: lora, tensors: [a.weight]",
        "kind: lora, tensors: [[a]]", "kind: lora, tensors: [{required: a}, {optional: b}, {together: c}, {ignored: d}, {required: e, shape: 'h,h'}]",
        "kind: lora, tensors: [{required: a, optional: b}]", "kind: lora, tensors: [{}]", "kind: lora, tensors: [{shape: h}]", "kind: lora, tensors: [{required: [a]}]",
        "kind: lora, tensors: [{other: a}]", "kind: lora, tensors: [a], unmatched: error", "kind: lora, tensors: [a], unmatched: ignore",
        "kind: lora, tensors: [a], unmatched: x",
        "kind: lora, tensors: ['a.{i}.{w}'], dense: yes, prefix: 'm.|', lists: 'w=weight,bias', complete: i, let: 'h=config(x,1)', when: 'h == 1'",
        "kind: lora, tensors: [a], dense: perhaps"))
    yield from (plugins(f"{{name: a, codec: {codec}}}") for codec in (
        "x", "{}", "{other: 1}", "{types: x}", "{types: [x]}", "{types: [{}]}", "{types: [{name: q9_0}]}", "{types: [{name: q9_0, gguf: 99}, {name: q9_1}]}",
        "{types: [{name: q9_0, gguf: 65536}]}", "{types: [{name: q9_0, other: 1}]}", "{types: [{name: [a]}]}"))


# ---- Zip archives: a byte of flags, and the archive
def stored(members, method=zipfile.ZIP_DEFLATED, level=9):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=level) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def deflated(data, packed, size, crc):
    """An archive of one member whose deflated bytes, size and checksum are these."""
    name = b"a/data.pkl"
    fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, crc, len(packed), size, len(name), 0)
    local = b"PK\3\4" + fields + name + packed
    central = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    return local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def zip():
    text = b"0123456789" * 50
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(text) + packer.flush()
    crc = zlib.crc32(text)
    archives = [
        stored({"a/data.pkl": text, "a/version": b"3\n", "a/data/0": bytes(4000)}), stored({"a/x": b"", "a/y": b"y"}), stored({}),
        stored({f"a/{i}": bytes(9 << 20) for i in range(2)}), deflated(text, packed, len(text), crc), deflated(text, packed, len(text), crc ^ 1),
        deflated(text, packed, len(text) - 1, crc), deflated(text, packed, len(text) + 1, crc), deflated(text, packed[:-4], len(text), crc),
        deflated(text, packed + b"\0\0", len(text), crc), deflated(text, b"\xff" * 20, len(text), crc), deflated(text, packed, 1 << 30, crc),
        deflated(text, b"", 0, 0), deflated(text, b"\3\0", 0, 0),
        stored({f"a/{i}": bytes((8 << 20) + 5) for i in range(2)} | {"a/z": b"z" * 500})[:-30] + bytes(30),
    ]
    for archive in archives:
        yield from (bytes([flags]) + archive for flags in ((0,) if len(archive) > 9000 else (0, 3, 0x80)))


# ---- Journals
def journal():
    head, end, owner = "fmtconv journal 1\0", "end\0", "owner 17/host\0"
    move = "move 0/0/.a.tmp/a\0"
    for records in ("move 0\0", "move 0/0\0", "move 0/0/a\0", "move x/0/.a.tmp/a\0", "move 0/x/.a.tmp/a\0", "move 0/0/.a.tmp/a/b\0", "move 0/0//a\0", "move 0/0/.a.tmp/..\0",
                    "old 0\0", "old 0/a\0", "old x/a\0", "old 1.2.3.4/a\0", "move 1.2.3.4/5.6.7.8/.a.tmp/a\0", "peer /a\0", "peer a\0", "peer /\0", "other\0", "\0",
                    "owner x/y\0", "owner 1\0", "owner 99999999999/h\0", owner + owner, move * 3, owner + move + "old 0/a\0peer /tmp/a/b\0"):
        yield (head + owner + records + end).encode()
        yield (head + records + end).encode()
    for record in ("old 0/a", "move 0/0/.a.tmp/a", "old 0/b", "owner 17/host\0old 0/a", "owner 99999999/" + "h" * 40 + "\0old 0/a"):
        yield (head + record + "\0" + end).encode()
    yield (head + "old 0/a\0" * 30000 + end).encode()
    yield from (b"", b"fmtconv journal 2\0end\0", (head + end + "x").encode(), (head + move).encode(), (head + end)[:-1].encode(), b"fmtconv journal 1")


# ---- Lines of manifests
def sums(digest, other):
    name = "model.safetensors"
    return (f"# a comment\n\n{digest}  {name}\n", f"{digest.upper()}  {name}\n", f"\\{digest}  model\\\\x\n", f"\\{digest}  a\\x\n", f"\\{digest}  a\\\n", f"\\{digest}  a\\rb\n",
            f"{digest} {name}\n", f"{digest}\t{name}\n", f"{digest[:-1]}  {name}\n", f"{digest}0  {name}\n", f"{digest}  \n", f"{digest}  /{name}\n", f"{digest}  a//b\n",
            f"{digest}  ../x\n", f"{other}  {name}\n{digest}  config.json\n", f"{digest} *{name}\n{other} *config.json\n", "\r\n", f"{digest}  {name}\0\n",
            f"{digest}  caf\u00e9\n")


# ---- Tokenizers: folders of a model, file → content, a text or JSON
CONFIG = {"add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": {"content": "</s>"}, "unk_token": "<unk>", "pad_token": None,
          "added_tokens_decoder": {"4": {"content": "<s>", "special": True}, "5": {"content": "</s>", "special": True}, "6": {"content": "x", "special": False}}}
CHATS = ("{{ messages }}", [{"name": "default", "template": "{{ a }}"}, {"name": "tool_use", "template": "{{ b }}"}, {"name": "r\u00e9", "template": "c"}], [{"name": 1}], 3)
SAMPLING = {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.1, "sequence": "abc", "mirostat": 2, "mirostat_eta": 0.1, "mirostat_tau": 5,
            "penalty_last_n": 64, "penalty_repeat": 1.2, "xtc_probability": 0.5, "xtc_threshold": 0.1, "bos_token_id": 4, "eos_token_id": [5, 1], "pad_token_id": 99}


def processors():
    first, last = {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}
    a, b = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    template = {"type": "TemplateProcessing", "single": [first, a, last], "pair": [first, a, last, b, last], "special_tokens": {}}
    yield template
    yield template | {"single": [a], "pair": [a, b]}
    yield template | {"single": [first, a], "pair": [first, a, first, b]}
    yield template | {"single": [last, a, first], "pair": 3}
    yield template | {"single": [a, a]}
    yield {"type": "RobertaProcessing", "sep": ["</s>", 5], "cls": ["<s>", 4]}
    yield {"type": "BertProcessing", "sep": ["</s>", 5], "cls": ["<s>", 4]}
    yield {"type": "Sequence", "processors": [{"type": "ByteLevel"}, template]}
    yield {"type": "Sequence", "processors": 3}


def tokenizers(made):
    """made: tests/invalid/make_tokenizers.py."""
    added = [made.added(4, "<s>"), made.added(5, "</s>"), made.added(6, "x", special=False)]
    fast, vocab = made.bpe(tokens=added), {"a": 0, "b": 1, "c": 2, "ab": 3, "\u0120a": 7}
    for processor in processors():
        yield {"tokenizer.json": fast | {"post_processor": processor}, "tokenizer_config.json": CONFIG}
    for chat in CHATS:
        yield {"tokenizer.json": fast, "tokenizer_config.json": CONFIG | {"chat_template": chat}}
    yield {"tokenizer.json": fast, "chat_template.jinja": "{{ x }}", "special_tokens_map.json": {"bos_token": "<s>", "cls_token": "x"}}
    yield {"tokenizer.json": fast, "chat_template.json": {"chat_template": "{{ x }}"}, "tokenizer_config.json": CONFIG | {"chat_template": "y"}}
    for sampling in (SAMPLING, {name: "x" for name in SAMPLING}, {name: 1e300 for name in SAMPLING}, {name: [1] for name in SAMPLING}):
        yield {"tokenizer.json": fast, "generation_config.json": sampling, "config.json": {"vocab_size": 8, "bos_token_id": 4, "eos_token_id": [5], "pad_token_id": 77}}
    for normalizer in ({"type": "BertNormalizer", "lowercase": True, "strip_accents": None}, {"type": "Sequence",
        "normalizers": [{"type": "Lowercase"}, {"type": "StripAccents"}]}):
        yield {"tokenizer.json": fast | {"normalizer": normalizer}, "tokenizer_config.json": CONFIG | {"mask_token": "x", "sep_token": "</s>", "cls_token": "<s>"}}
    for merges in ("#version: 0.2\na b\n", "a b\n\nb  c\n", "a\n"):
        yield {"vocab.json": vocab, "merges.txt": merges, "added_tokens.json": {"<s>": 4, "</s>": 5}, "tokenizer_config.json": CONFIG}
    yield {"vocab.json": vocab, "merges.txt": "a b\n", "added_tokens.json": [1]}
    bytes_of = {f"<0x{i:02X}>": i for i in range(256)} | {"a": 256, "b": 257, "ab": 258, "\u2581": 259}
    llama = {"added_tokens": [], "normalizer": None, "pre_tokenizer": None, "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}]},
             "model": {"type": "BPE", "vocab": bytes_of, "merges": ["a b"], "byte_fallback": True, "unk_token": "<unk>"}}
    yield {"tokenizer.json": llama, "tokenizer_config.json": CONFIG}
    yield {"tokenizer.json": llama | {"added_tokens": [made.added(259, "\u2581"), made.added(260, "<s>")]}}
    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "a": 4, "##b": 5}
    bert = {"added_tokens": [made.added(0, "[PAD]")], "normalizer": {"type": "BertNormalizer", "lowercase": True}, "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "vocab": words, "unk_token": "[UNK]", "continuing_subword_prefix": "##"}}
    yield {"tokenizer.json": bert, "config.json": {"vocab_size": 8, "type_vocab_size": 2}, "tokenizer_config.json": {"cls_token": "[CLS]", "sep_token": "[SEP]"}}
    unigram = {"added_tokens": [], "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}, "pre_tokenizer": {"type": "Metaspace"},
               "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.5], ["b", -2]], "byte_fallback": False}}
    yield {"tokenizer.json": unigram}
    pieces = made.spm(made.UNKNOWN, *(made.piece(f"<0x{i:02X}>", 6) for i in range(256)), made.piece("<s>", 3), made.piece("u", 4), made.piece("n", 5), made.A)
    yield {"tokenizer.model": pieces, "tokenizer_config.json": CONFIG | {"added_tokens_decoder": {"300": {"content": "z"}}}, "added_tokens.json": {"y": 262}}
    yield from unusual_tokenizers(made, fast)


def unusual_tokenizers(made, fast):
    """Rarely used keys, and what each refuses."""
    added = fast["added_tokens"]
    for normal in ("<pad>", "<|x|>", "<\uff5cx\uff5c>", "<unused1>", "a\u2581b", "", "\u00e9\u0120"):
        yield {"tokenizer.json": fast | {"added_tokens": [made.added(4, normal, special=False), made.added(5, normal + "x", special=False, normalized=True)]},
               "tokenizer_config.json": CONFIG | {"additional_special_tokens": [normal, "a", {"content": "b"}, 3], "extra_special_tokens": {"x": "c"},
                   "model_specific_special_tokens": {"x": "c"}}}
    for pre in ({"type": "Digits", "individual_digits": True}, {"type": "Digits"}, {"type": "ByteLevel", "add_prefix_space": True},
        {"type": "ByteLevel", "add_prefix_space": False}, {"type": "Split", "pattern": {"String": "a"}}, {"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Removed"},
        {"type": "Whitespace"}, 3,
                {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False}]},
                {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": False}] * 9}, {"type": "Sequence"},
                {"type": "Sequence", "pretokenizers": [made.PRE]}):
        yield {"tokenizer.json": fast | {"pre_tokenizer": pre}, "tokenizer_config.json": CONFIG}
        yield {"tokenizer.json": fast | {"pre_tokenizer": pre, "normalizer": None, "post_processor": {"type": "RobertaProcessing"}}}
    for processor in processors():
        yield {"tokenizer.json": fast | {"post_processor": processor}}
        yield {"tokenizer.json": fast | {"post_processor": processor}, "tokenizer_config.json": {"bos_token": "<s>", "eos_token": "a", "eot_token": "b"}}
        yield {"tokenizer.json": fast | {"post_processor": processor}, "tokenizer_config.json": {"cls_token": "<s>", "sep_token": "</s>", "eos_token": "</s>"}}
        yield {"tokenizer.json": fast | {"post_processor": processor}, "tokenizer_config.json": {"x": 1}}
    for name in ("Qwen2Tokenizer", "GPT2Tokenizer", "GPT2TokenizerFast", "X", 3):
        for more in ({"<s>": 4, "</s>": 5}, {"<s>": "x"}, {"x": -1, "y": 4}, {"y": 9}):
            yield {"vocab.json": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges.txt": "#version: 0.2\na b\n", "added_tokens.json": more,
                "tokenizer_config.json": {"tokenizer_class": name, "added_tokens_decoder": {"4": {"content": "<s>"}}}}
            yield {"vocab.json": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges.txt": "a b\n", "added_tokens.json": more, "tokenizer_config.json": {"tokenizer_class": name}}
    for class_name in ("LlamaForCausalLM", "Gemma2ForCausalLM", "X"):
        for n in (8, 32016, 49152, 2000000, -1):
            for files in ({"tokenizer.json": fast}, {"tokenizer.model": made.spm(made.UNKNOWN, made.A)}):
                yield files | {"config.json": {"architectures": [class_name], "vocab_size": n}, "tokenizer_config.json": CONFIG | {"add_prefix_space": n == 8}}
                yield files | {"config.json": {"architectures": [class_name], "text_config": {"vocab_size": n, "bos_token_id": 4}, "vocab_size": None}}
    spec = made.field(3, made.field(2, b"abc") + made.field(3, b"\0", 0) + made.field(4, b"\0", 0) + made.field(9, b"x"))
    for extra in (spec, made.field(3, made.field(2, b"\1", 0)), made.field(3, made.field(3, b"x")), made.field(3, made.field(4, b"x")), made.field(3, b"\x7f"),
        made.field(3, b"\1", 0), made.field(3, b"")):
        for kind in (1, 2, 3):
            yield {"tokenizer.model": made.spm(made.UNKNOWN, made.A, made.B, type=kind) + extra, "tokenizer_config.json": CONFIG, "tokenizer.json": fast}
            yield {"spiece.model": made.spm(made.UNKNOWN, made.A, made.B, type=kind) + extra}
    yield {"tokenizer.model": made.spm(made.UNKNOWN, *(made.piece(f"p{i}") for i in range(300)))}
    yield {"tokenizer.model": made.spm(made.UNKNOWN, made.A), "tokenizer.json": "{"}
    for vocab, merges in (({"a b": 0, "c": 1, "a bc": 2}, [["a b", "c"]]), ({"a": 0}, 3), ({"a": 0}, {"x": 1}), ({"a": 0}, "x"), ({"a\u0000": 0}, []), ({"": 0}, []),
        ({"\ud83d\ude00": 0, "\u0800": 1, "\u0101": 2}, []), ([], []), (3, []), ({"##a": 0, "b": 1, "ba": 2}, [["b", "##a"]])):
        for prefix in ({}, {"continuing_subword_prefix": "##"}):
            yield {"tokenizer.json": fast | {"model": {"type": "BPE", "vocab": vocab, "merges": merges} | prefix}}
    for raw in (b"\xff", b"\xe2\x28", b"\xf5\x80", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80",
        b"\xc4\xa0", b"\xc5\x83"):
        yield {"vocab.json": {"a": 0, "b": 1, "ab": 2}, "merges.txt": b"a b\n" + raw + b" b\n", "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"}}
        yield {"tokenizer.model": made.spm(made.UNKNOWN, made.A) + made.field(1, made.field(1, raw))}
        text = raw.decode("utf-8", "replace")
        yield {"tokenizer.json": fast | {"model": {"type": "BPE", "vocab": {text: 0, "a": 1}, "merges": []}, "added_tokens": [*added, made.added(6, text)]}}
    llama = {"added_tokens": [made.added(258, "<s>"), {"id": 259}], "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}]},
             "model": {"type": "BPE", "vocab": {f"<0x{i:02X}>": i for i in range(256)} | {"a": 256, "<unk>": 257}, "merges": [], "byte_fallback": True, "unk_token": "<unk>"}}
    for tokens in (llama["added_tokens"], llama["added_tokens"][:1], [made.added(258, "<s>"), made.added(3, "x")], [made.added(-1, "<s>")], 3, [3]):
        yield {"tokenizer.json": llama | {"added_tokens": tokens}, "tokenizer_config.json": CONFIG, "config.json": {"architectures": ["LlamaForCausalLM"], "vocab_size": 32016}}
    for chat in ("a\r\nb\rc", "\ud7ff", "x" * 100):
        yield {"tokenizer.json": fast, "chat_template.jinja": chat, "tokenizer_config.json": {"bos_token": "<s>"}}
    yield {"tokenizer.json": fast, "chat_template.jinja": b"\xff\0", "tokenizer_config.json": {"bos_token": "<s>"}}
    for text in (b"", b"[]", b"{", b"3", b'{"a": 1}'):
        for name in ("tokenizer_config.json", "generation_config.json", "special_tokens_map.json", "chat_template.json", "added_tokens.json", "vocab.json"):
            yield {"tokenizer.json": fast, name: text}
            yield {"vocab.json": b'{"a": 0}', "merges.txt": b"", name: text}
    for normalizer in ({"type": "BertNormalizer", "lowercase": False, "strip_accents": True}, {"type": "Lowercase"}, {"type": "StripAccents"}, {"type": "Sequence"},
        {"type": "NFKC"}, 3):
        yield {"tokenizer.json": fast | {"normalizer": normalizer}}
    for ids in ({"bos_token_id": 99}, {"eos_token_id": [99, 98]}, {"eos_token_id": []}, {"bos_token_id": -1}, {"bos_token_id": "x"}, {"unk_token_id": 1.5}):
        yield {"tokenizer.json": fast, "config.json": {"vocab_size": 8} | ids}
        yield {"tokenizer.json": fast, "generation_config.json": ids}
    yield {}
    yield {"config.json": {"vocab_size": 1 << 40}, "tokenizer.json": fast}
