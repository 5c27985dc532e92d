#!/usr/bin/env python3
"""Write safetensors files that must be refused, and unusual ones that must be accepted, into a folder.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per file: name, exit status, reader, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import json
import struct
import sys
from pathlib import Path

CASES = {}
LIMIT = 100_000_000
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # what reorders the text around it

# Returns the message about an entry with another value instead of this field.
NULL = {
    "dtype": "tensor 'a': an entry must have dtype, shape and data_offsets",
    "shape": "tensor 'a': the entry has no shape",
    "data_offsets": "tensor 'a': data_offsets is not a pair of non-negative integers",
}


def entry(dtype="F32", shape=(2,), start=0, end=8, **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end], **more}


def file(header, data=b"\0" * 8, length=None):
    """Returns a file; header: an object or raw bytes; length: the value in the file."""
    raw = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def case(name, says, data, status=1):
    assert name not in CASES, name
    CASES[name] = (status, says, data)


def good(name, data):
    case(name, "", data, status=0)


def raw_file(text):
    return file(text.encode())


def raw_entry(text):
    return file(f'{{"a":{text}}}'.encode())


def headers():
    case("empty", "the file is empty (hint: saving or copying it did not finish", b"")
    case("lfs", "a Git LFS pointer, not a checkpoint", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    case("page", "a web page, not a checkpoint", b"<!DOCTYPE html>\n<html></html>\n")
    case("page-lower", "a web page, not a checkpoint", b"<html lang=\"en\"></html>\n")
    case("seven-bytes", "at byte 0x0: 8 bytes are needed here, but only 7 remain", b"\0" * 7)
    case("length-zero", "at byte 0x8: malformed JSON: '{' expected near end of file", file(b"", b""))
    case("length-beyond-the-end", "the header claims 1048576 bytes, but the file ends after 62",
         file({"a": entry()}, length=1 << 20))
    case("length-limit", "claims 100000001 bytes, more than the format's limit of 100000000",
         file({}, b"", length=LIMIT + 1))
    case("length-at-limit", "claims 100000000 bytes, but the file ends after 2", file({}, b"", length=LIMIT))
    case("length-below-limit", "claims 99999999 bytes, but the file ends after 2", file({}, b"", length=LIMIT - 1))
    case("length-huge", "claims 18446744073709551615 bytes, more than the format's limit",
         file({}, b"", length=2**64 - 1))
    case("no-json", "malformed JSON: '{' expected near 'h'", file(b"hello, world"))
    case("json-array", "at byte 0x8: malformed JSON: '{' expected near '['", file(b"[]", b""))
    case("json-number", "at byte 0x8: malformed JSON: '{' expected near '1'", file(b"17", b""))
    case("json-cut", "at byte 0x3d: malformed JSON: '}' expected near end of file",
         file(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'))
    case("json-tail", "at byte 0x3e: malformed JSON: end of file expected near 'x'",
         file(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}x'))
    case("json-nul", "at byte 0x3e: malformed JSON: end of file expected near '",
         file(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}\0'))
    case("json-no-colon", "at byte 0xc: malformed JSON: ':' expected near '{'", file(b'{"a"{}}'))
    case("json-comma", "at byte 0x3e: malformed JSON: string or '}' expected near '}'",
         file(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}'))
    case("json-two", "at byte 0x3e: malformed JSON: end of file expected near '{'",
         file(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}{}'))
    case("json-comment", "malformed JSON: string or '}' expected near '/'",
         file(b'{/**/"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'))
    case("json-not-utf8", "malformed JSON: unable to decode byte 0xff",
         file(b'{"\xff":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'))
    case("json-surrogate", "malformed JSON: invalid Unicode",
         file(b'{"\\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'))
    case("json-nan", "malformed JSON: invalid token near 'NaN'",
         raw_entry('{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}'))
    case("json-deep", "at byte 0x10: malformed JSON: values are nested too deeply",
         file(b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}"))
    case("json-deeper", "at byte 0x26: malformed JSON: values are nested too deeply",
         raw_entry('{"dtype":"F32","shape":[[[2]]],"data_offsets":[0,8]}'))
    case("json-too-deep", "tensor 'a': a dimension is not a non-negative integer",
         raw_entry('{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}'))
    for count, says in ((1 << 18, None), ((1 << 20) + 1, "a model has more than 1048576 tensors")):
        entries = ",".join(f'"{i}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}' for i in range(count))
        case(f"tensors-{count}", says or "262,144 tensors", file(f"{{{entries}}}".encode(), b""), *([] if says else [0]))
    one = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'
    case("duplicate-name", "tensor 'a': two tensors have this name", file(f"{{{one},{one}}}".encode()))
    case("duplicate-name-escaped", "tensor 'a': two tensors have this name",
         file(f'{{{one},{one.replace("a", chr(92) + "u0061", 1)}}}'.encode()))
    case("duplicate-field", "duplicate object key near '\"dtype\"'",
         raw_entry('{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}'))
    case("duplicate-metadata", "duplicate object key near '\"k\"'", file(b'{"__metadata__":{"k":"1","k":"2"}}', b""))
    case("duplicate-metadatas", "__metadata__ occurs twice",
         file(b'{"__metadata__":{},"__metadata__":{}}', b""))


def names():
    case("name-empty", "a tensor has an empty name", file({"": entry()}))
    case("name-nul", "at byte 0xb: malformed JSON: a control character in a key", file({"a\0b": entry()}))
    case("name-newline", "at byte 0xb: malformed JSON: a control character in a key", file({"a\nb": entry()}))
    case("name-escape", "at byte 0xb: malformed JSON: a control character in a key", file({"a\x1b[31m": entry()}))
    case("name-delete", "at byte 0xb: malformed JSON: a control character in a key", file({"a\x7f": entry()}))
    case("name-c1", "at byte 0xb: malformed JSON: a control character in a key", file({"a\x9b": entry()}))
    for c in BIDI:
        case(f"name-bidi-{ord(c):04x}", f"tensor 'a\\u{ord(c):04x}b': a tensor's name contains control characters", file({f"a{c}b": entry()}))
        case(f"name-bidi-raw-{ord(c):04x}", f"tensor '\\u{ord(c):04x}': a tensor's name contains control characters",
             raw_file(f'{{"{c}":{json.dumps(entry())}}}'))
    case("name-bidi-alias", "a tensor's name contains control characters", file({"__metadata__": {"x.\u202ea": "y.\u202ea"}, "y.\u202ea": entry()}))
    good("name-not-bidi", file({"\u200d\u2027\u202f\u2065\u206a\u061b\u2010 \u5f00": entry()}))
    case("name-long", "a tensor's name has more than 4096 bytes", file({"a" * 4097: entry()}))
    good("name-4096", file({"a" * 4096: entry()}))
    good("name-odd", file({" ü/\\..": entry()}))


def metadata():
    case("metadata-array", "__metadata__ is not an object", file({"__metadata__": []}, b""))
    case("metadata-number", "__metadata__ entry 'k' is not a string", file({"__metadata__": {"k": 1}}, b""))
    case("metadata-null", "__metadata__ entry 'k' is not a string", file({"__metadata__": {"k": None}}, b""))
    case("metadata-false", "__metadata__ is not an object", file({"__metadata__": False}, b""))
    case("metadata-none-twice", "__metadata__ occurs twice", file(b'{"__metadata__":null,"__metadata__":{}}', b""))
    good("metadata-none", file({"__metadata__": None, "a": entry()}))
    case("metadata-nested", "__metadata__ entry 'k' is not a string", file({"__metadata__": {"k": {}}}, b""))


def fields():
    case("entry-number", "tensor 'a': an entry must have dtype, shape and data_offsets", file({"a": 1}))
    case("entry-null", "tensor 'a': an entry must have dtype, shape and data_offsets", file({"a": None}))
    case("entry-empty", "tensor 'a': an entry must have dtype, shape and data_offsets", file({"a": {}}))
    for field in ("dtype", "shape", "data_offsets"):
        broken = entry()
        del broken[field]
        case(f"without-{field}", "tensor 'a': an entry must have dtype, shape", file({"a": broken}))
        case(f"null-{field}", NULL[field], file({"a": {**entry(), field: None}}))
        case(f"renamed-{field}", NULL[field], file({"a": {**broken, field.upper(): 1}}))
    case("field-unknown", "tensor 'a': an entry must have dtype, shape and data_offsets, and nothing else",
         file({"a": entry(extra=1)}))
    case("dtype-unknown", "tensor 'a': the format has no data type 'F7'", file({"a": entry("F7")}))
    case("dtype-lower", "tensor 'a': the format has no data type 'f32'", file({"a": entry("f32")}))
    case("dtype-no-whole-bytes", "tensor 'a': rows of 3 elements of F4 do not fill whole bytes",
         file({"a": entry("F4", (3,), 0, 2)}, b"\0" * 2))
    case("dtype-no-whole-rows", "tensor 'a': rows of 3 elements of F6_E2M3 do not fill whole bytes",
         file({"a": entry("F6_E2M3", (4, 3), 0, 9)}, b"\0" * 9))
    case("dtype-number", "tensor 'a': an entry must have dtype, shape and data_offsets", file({"a": entry(32)}))


def shapes():
    case("shape-negative", "tensor 'a': a dimension is not a non-negative integer", file({"a": entry(shape=(-2,))}))
    for n, text in enumerate(("[-0]", "[2,-0]", "[-0,2]", "[ -0 ]")):
        case(f"shape-minus-zero-{n}", "tensor 'a': a dimension is not a non-negative integer",
             raw_file(f'{{"a":{{"dtype":"F32","shape":{text},"data_offsets":[0,0]}}}}')[:-8])
    case("shape-minus-zero-e", "tensor 'a': a dimension is not a non-negative integer",
         raw_entry('{"dtype":"F32","shape":[-0e0],"data_offsets":[0,0]}'))
    case("shape-float", "tensor 'a': a dimension is not a non-negative integer",
         raw_entry('{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}'))
    case("shape-string", "tensor 'a': a dimension is not a non-negative integer", file({"a": entry(shape=("2",))}))
    case("shape-true", "tensor 'a': a dimension is not a non-negative integer", file({"a": entry(shape=(True, 2))}))
    case("shape-object", "tensor 'a': the entry has no shape", raw_entry('{"dtype":"F32","shape":{},"data_offsets":[0,8]}'))
    case("shape-nine", "tensor 'a': more than 8 dimensions", file({"a": entry(shape=(1,) * 8 + (2,))}))
    good("shape-eight", file({"a": entry(shape=(1,) * 7 + (2,))}))
    case("shape-beyond-64-bits", "malformed JSON: too big integer near '18446744073709551618'",
         raw_entry('{"dtype":"F32","shape":[18446744073709551618],"data_offsets":[0,8]}'))
    case("shape-zero-63-bits", "tensor 'a': a dimension exceeds 63 bits", file({"a": entry(shape=(0, 2**63), end=0)}, b""))
    case("shape-wraps-to-two", "tensor 'a': the shape has more elements than a file can hold",
         file({"a": entry(shape=(2**33, 2**31 + 0, 2))}))
    case("shape-wraps-to-zero", "tensor 'a': the shape has more elements than a file can hold",
         file({"a": entry(shape=(2**32, 2**32), end=0)}, b""))
    case("shape-bytes-wrap", "tensor 'a': the shape has more bytes than a file can hold",
         file({"a": entry(shape=(2**62,), end=0)}, b""))
    case("shape-too-large", "tensor 'a': the shape needs 12 bytes, but data_offsets give 8",
         file({"a": entry(shape=(3,))}))
    case("shape-too-small", "tensor 'a': the shape needs 4 bytes, but data_offsets give 8",
         file({"a": entry(shape=(1,))}))
    case("shape-zero-with-bytes", "tensor 'a': the shape needs 0 bytes, but data_offsets give 8",
         file({"a": entry(shape=(0, 2**62))}))
    good("shape-scalar", file({"a": entry(shape=(), end=4)}, b"\0" * 4))
    good("shape-zero", file({"a": entry(shape=(0, 7), end=0)}, b""))
    good("shape-zero-huge", file({"a": entry(shape=(0, 2**62, 2**62), end=0)}, b""))


def ranges():
    case("range-one", "tensor 'a': data_offsets is not a pair of non-negative integers",
         raw_entry('{"dtype":"F32","shape":[2],"data_offsets":[0]}'))
    case("range-three", "tensor 'a': data_offsets is not a pair of non-negative integers",
         raw_entry('{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}'))
    case("range-float", "tensor 'a': data_offsets is not a pair of non-negative integers",
         raw_entry('{"dtype":"F32","shape":[2],"data_offsets":[0,8.0]}'))
    for n, text in enumerate(("[-0,8]", "[0,-0]", "[-0,-0]")):
        case(f"range-minus-zero-{n}", "tensor 'a': data_offsets is not a pair of non-negative integers",
             raw_entry(f'{{"dtype":"F32","shape":[2],"data_offsets":{text}}}'))
    case("range-negative", "tensor 'a': data_offsets is not a pair of non-negative integers",
         file({"a": entry(start=-8, end=0)}))
    case("range-backwards", "tensor 'a': data_offsets [8, 0] are not within the 8 bytes of data",
         file({"a": entry(start=8, end=0)}))
    case("range-beyond", "tensor 'a': data_offsets [8, 16] are not within the 8 bytes of data",
         file({"a": entry(start=8, end=16)}))
    case("range-huge", "data_offsets [9223372036854775808, 9223372036854775816] are not within",
         file({"a": entry(start=2**63, end=2**63 + 8)}))
    case("gap-at-start", "tensor 'a': the 4 bytes before it belong to no tensor",
         file({"a": entry(start=4, end=12)}, b"\0" * 12))
    case("gap-between", "tensor 'b': the 4 bytes before it belong to no tensor",
         file({"a": entry(), "b": entry(start=12, end=20)}, b"\0" * 20))
    case("overlap", "tensor 'b': its first 4 bytes overlap another tensor",
         file({"a": entry(), "b": entry(start=4, end=12)}, b"\0" * 12))
    case("same-range", "tensor 'b': its first 8 bytes overlap another tensor",
         file({"a": entry(), "b": entry()}))
    case("tail", "tensor 'a': the 1 bytes after the last tensor belong to no tensor", file({"a": entry()}, b"\0" * 9))
    case("data-without-tensors", "at byte 0xa: the 1 bytes after the last tensor belong to no tensor", file({}, b"\0"))
    good("unsorted", file({"b": entry(start=8, end=16), "a": entry()}, b"\0" * 16))
    good("zero-size-between", file({"a": entry(), "z": entry(shape=(0,), start=8, end=8),
                                    "b": entry(start=8, end=16)}, b"\0" * 16))


def odd_but_good():
    good("no-tensors", file({}, b""))
    good("unpadded", file(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]} }'))
    good("leading-space", file(b'  \n{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'))
    good("misaligned", file({"a": entry("U8", (1,), 0, 1), "b": entry(start=1, end=9)}, b"\0" * 9))
    good("metadata-only", file({"__metadata__": {"k": "v"}}, b""))


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True)
    for part in (headers, names, metadata, fields, shapes, ranges, odd_but_good):
        part()
    good_file = file({"a": entry(), "b": entry("U8", (3,), 8, 11)}, b"\0" * 11)
    header = 8 + int.from_bytes(good_file[:8], "little")
    for size in range(len(good_file)):
        says = "the file is empty" if not size else "8 bytes are needed here" if size < 8 else "the file ends after" if size < header else "are not within"
        case(f"cut-{size:03}", says, good_file[:size])
    with (out / "cases.tsv").open("w") as table:
        for name, (status, says, data) in CASES.items():
            (out / f"{name}.safetensors").write_bytes(data)
            table.write(f"{name}\t{status}\tsafetensors\t{says}\n")


if __name__ == "__main__":
    main()
