#!/usr/bin/env python3
"""Write folders of models whose tokenizers must be refused, and unusual ones that must be accepted.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per folder NAME: name, exit status, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import json
import struct
import sys
from pathlib import Path

CASES = {}
SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PRE = {"type": "Sequence", "pretokenizers": [
    {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False},
    {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]}
VOCAB = {"a": 0, "b": 1, "c": 2, "ab": 3}


def added(id, content="<|x|>", **more):
    return {"id": id, "content": content, "special": True, "normalized": False, **more}


def bpe(vocab=None, merges=(["a", "b"],), tokens=(), pre=None, **model):
    return {"added_tokens": list(tokens), "normalizer": {"type": "NFC"}, "pre_tokenizer": pre or PRE, "decoder": {"type": "ByteLevel"},
            "model": {"type": "BPE", "vocab": VOCAB if vocab is None else vocab, "merges": list(merges), **model}}


def weights(rows):
    header = json.dumps({"token_embd.weight": {"dtype": "F32", "shape": [rows, 1], "data_offsets": [0, 4 * rows]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4 * rows)


def case(name, says, files, status=1, rows=8):
    """files: by their names; bytes, texts, or JSON."""
    assert name not in CASES, name
    CASES[name] = (status, says, {"model.safetensors": weights(rows), "config.json": {"vocab_size": rows}, **files})


def good(name, files, **more):
    case(name, "", files, 0, **more)


def fast(name, says, tree, **more):
    case(name, says, {"tokenizer.json": tree}, **more)


# ---- Protocol Buffers
def varint(n):
    out = b""
    while n > 0x7f:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, content, type=2):
    tag = varint(number << 3 | type)
    return tag + (varint(len(content)) + content if type == 2 else content)


def piece(text, type=1, score=0.0):
    return field(1, field(1, text.encode()) + field(2, struct.pack("<f", score), 5) + field(3, varint(type), 0))


def spm(*pieces, type=2):
    return b"".join(pieces) + field(2, field(3, varint(type), 0))


UNKNOWN, A, B = piece("<unk>", 2), piece("a"), piece("b", score=-1)


def sentence_pieces():
    whole = spm(UNKNOWN, A, B)
    good("spm", {"tokenizer.model": whole})
    good("spm-other-fields", {"tokenizer.model": whole + field(100, b"x") + field(101, b"\1", 0) + field(102, bytes(8), 1)})
    for n in (1, 3, 9, len(whole) - 1, len(whole) - 3):
        case(f"spm-cut-{n}", "fmtconv", {"tokenizer.model": whole[:n]})
    for name, says, content in (
            ("empty", "the model has no pieces", b""),
            ("text", "the type of a field is not known", b"<unk> 0\na 1\n"),
            ("no-unknown", "not exactly one unknown piece", spm(A, B)),
            ("two-unknown", "not exactly one unknown piece", spm(UNKNOWN, piece("?", 2))),
            ("twice", "the token 'a' is there twice, with the ids 1 and 2", spm(UNKNOWN, A, A)),
            ("no-text", "a piece has no text", spm(UNKNOWN, piece(""))),
            ("type", "the type of a piece is not known", spm(UNKNOWN, piece("a", 9))),
            ("not-utf8", "not valid UTF-8", spm(UNKNOWN, field(1, field(1, b"\xff")))),
            ("longer-field", "a field is longer than the message that holds it", spm(UNKNOWN, field(1, b"\x0a\x7fa"))),
            ("field-type", "a field has another type", spm(UNKNOWN, field(1, field(1, b"\1", 0)))),
            ("score-type", "a field has another type", spm(UNKNOWN, field(1, field(1, b"a") + field(2, b"\1", 0)))),
            ("group", "the type of a field is not known", spm(UNKNOWN) + b"\x0b\x0c"),
            ("field-0", "the number of a field is out of range", spm(UNKNOWN) + b"\x02\x00"),
            ("long-varint", "an integer has more than 64 bits", spm(UNKNOWN) + b"\x18" + b"\xff" * 10 + b"\1"),
            ("word", "neither BPE nor Unigram", spm(UNKNOWN, A, type=3)),
            ("nested", "a field is longer than", spm(UNKNOWN, b"\x0a\x7e" * 500))):
        case(f"spm-{name}", says, {"tokenizer.model": content})
    added_tokens = {"added_tokens_decoder": {"x": {"content": "b"}}}
    case("spm-added-id", "an added token has no text or no id", {"tokenizer.model": whole, "tokenizer_config.json": added_tokens})


def byte_levels():
    good("bpe", {"tokenizer.json": bpe()})
    good("bpe-merge-texts", {"tokenizer.json": bpe(merges=["a b"])})
    good("bpe-line-feed", {"tokenizer.json": bpe(VOCAB | {"\n": 5})})
    good("bpe-id-missing", {"tokenizer.json": bpe({"a": 0, "b": 1, "ab": 7})})
    good("bpe-added", {"tokenizer.json": bpe(tokens=[added(0, "a"), added(6)])})
    good("bpe-large-integer", {"tokenizer.json": bpe(), "tokenizer_config.json": {"model_max_length": int(1e30)}})
    text = json.dumps(bpe())
    for n in (0, 1, 40, len(text) // 2, len(text) - 1):
        case(f"bpe-cut-{n}", "malformed JSON", {"tokenizer.json": text[:n]})
    for name, says, tree in (
            ("array", "malformed JSON: '{' expected", []),
            ("no-model", "the file has no 'model'", {"added_tokens": []}),
            ("model-list", "'model' is not a JSON object", {"model": [1]}),
            ("id-twice", "two tokens have the id 1: 'b' and 'x'", bpe(VOCAB | {"x": 1})),
            ("id-negative", "the token 'x' has no id", bpe(VOCAB | {"x": -1})),
            ("id-fraction", "the token 'x' has no id", bpe(VOCAB | {"x": 4.5})),
            ("id-text", "the token 'x' has no id", bpe(VOCAB | {"x": "4"})),
            ("id-large", "more than the limit of 1048576", bpe(VOCAB | {"x": 2**40})),
            ("id-of-the-model", "the tokenizer has 10 tokens, but the model has 8", bpe(VOCAB | {"x": 9})),
            ("merge-unknown", "merge 0: 'x' is not a token", bpe(merges=[["a", "x"]])),
            ("merge-joined", "merge 1: 'b' and 'c' do not make a token", bpe(merges=[["a", "b"], ["b", "c"]])),
            ("merge-long", "do not make a token", bpe(merges=[["ab", "ab"]])),
            ("merge-one", "merge 0: it is neither", bpe(merges=["ab"])),
            ("merge-three", "merge 0: it is neither", bpe(merges=["a b c"])),
            ("merge-list", "merge 0: it is neither", bpe(merges=[["a", "b", "c"]])),
            ("merge-number", "merge 0: it is neither", bpe(merges=[["a", 1]])),
            ("merge-empty", "merge 0: it is neither", bpe(merges=[["", "a"]])),
            ("merges-none", "the BPE tokenizer has no merges", bpe(merges=[])),
            ("added-conflict", "two tokens have the id 1", bpe(tokens=[added(1)])),
            ("added-twice", "the token 'a' is there twice, with the ids 0 and 6", bpe(tokens=[added(6, "a")])),
            ("added-no-id", "an added token has no text or no id", bpe(tokens=[{"content": "x"}])),
            ("added-no-text", "an added token has no text or no id", bpe(tokens=[{"id": 6}])),
            ("added-empty", "an added token has no text or no id", bpe(tokens=[added(6, "")])),
            ("type", "the tokenizer is of the type 'WordLevel'", bpe(type="WordLevel")),
            ("pre", "the pre-tokenizer is not one of the known ones", bpe(pre={"type": "Whitespace"})),
            ("pre-long", "the pre-tokenizer is not one of the known ones", bpe(pre={"type": "Sequence", "pretokenizers": [PRE] * 9}))):
        fast(f"bpe-{name}", says, tree)
    case("bpe-name-twice", "malformed JSON: duplicate object key", {"tokenizer.json": text.replace('"c": 2', '"a": 2')})
    case("bpe-member-twice", "the member 'model' is there twice", {"tokenizer.json": text[:-1] + ', "model": {}}'})
    case("bpe-deep", "nested too deeply", {"tokenizer.json": '{"a":' * 40})
    case("bpe-settings", "malformed JSON", {"tokenizer.json": bpe(), "tokenizer_config.json": "{"})
    case("bpe-settings-list", "the file is not a JSON object", {"tokenizer.json": bpe(), "tokenizer_config.json": []})
    for name, says, merges in (("txt", "merge 0: 'x' is not a token", "#version: 0.2\na x\n"),
                               ("line", "merge 1: the line is not two tokens", "a b\n\nab\n")):
        case(f"slow-{name}", says, {"vocab.json": VOCAB, "merges.txt": merges,
                                    "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"}})


def main():
    folder = Path(sys.argv[1])
    sentence_pieces()
    byte_levels()
    for name, (_, _, files) in CASES.items():
        (folder / name).mkdir(parents=True)
        for file, content in files.items():
            if not isinstance(content, bytes):
                content = (content if isinstance(content, str) else json.dumps(content)).encode()
            (folder / name / file).write_bytes(content)
    (folder / "cases.tsv").write_text("".join(f"{n}\t{s}\t{says}\n" for n, (s, says, _) in CASES.items()))


if __name__ == "__main__":
    main()
