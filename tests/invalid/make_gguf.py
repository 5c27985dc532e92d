#!/usr/bin/env python3
"""Write GGUF files that must be refused, and unusual ones that must be accepted, into a folder.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per file: name, exit status, reader, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import struct
import sys
from pathlib import Path

CASES = {}
U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
FORMATS = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q", I64: "q", F64: "d"}


ORDER = ["<"]


def number(form, value):
    return struct.pack(ORDER[0] + form, value)


def big_endian(make):
    """What `make` returns, with all numbers in big-endian order."""
    ORDER[0] = ">"
    try:
        return make()
    finally:
        ORDER[0] = "<"


def string(text, length=None):
    raw = text if isinstance(text, bytes) else text.encode()
    return number("Q", len(raw) if length is None else length) + raw


def value(kind, v):
    """A value without its type; of an array: (type of its items, items)."""
    if kind == STRING:
        return string(v)
    if kind == ARRAY:
        return number("I", v[0]) + number("Q", len(v[1])) + b"".join(value(v[0], i) for i in v[1])
    return number(FORMATS[kind], v)


def key(name, kind, v):
    return string(name) + number("I", kind) + (v if isinstance(v, bytes) else value(kind, v))


def tensor(name="a", dims=(2,), kind=0, offset=0, rank=None):
    """A description; dims innermost first, as the file has them."""
    return (string(name) + number("I", len(dims) if rank is None else rank) + b"".join(number("Q", d) for d in dims)
            + number("I", kind) + number("Q", offset))


def file(keys=(), tensors=None, data=b"\1" * 8 + b"\0" * 24, version=3, alignment=32, padding=b"\0", n_keys=None,
         n_tensors=None, architecture=None):
    """A file, with an architecture before the other keys; tensors: default: one."""
    tensors = (tensor(),) if tensors is None else tensors
    keys = (key("general.architecture", STRING, "test") if architecture is None else architecture, *keys)
    head = (b"GGUF" + number("I", version) + number("Q", len(tensors) if n_tensors is None else n_tensors)
            + number("Q", len(keys) if n_keys is None else n_keys) + b"".join(keys) + b"".join(tensors))
    return head + padding * (-len(head) % alignment) + data


def case(name, says, data, status=1, also=None):
    """data: of the file NAME.gguf; also: of others, by name."""
    assert name not in CASES, name
    CASES[name] = (status, says, data, also or {})


def good(name, data, also=None):
    case(name, "", data, 0, also)


def blocks(name, data):
    """Only inspected: the format that the cases are converted to has no blocks."""
    good("blocks-" + name, data)


def headers():
    case("empty", "the file is empty", b"")
    case("lfs", "a Git LFS pointer, not a checkpoint", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    case("magic", "not a GGUF file: it does not begin with 'GGUF' (hint: 'fmtconv plugins' lists", b"GGML" + file()[4:])
    for version in (0, 1, 4, 2**32 - 1):
        case(f"version-{version}", f"GGUF version {version} is not supported (2 and 3 are)", file(version=version))
    good("version-2", file(version=2))
    case("tensors-claimed", "at byte 0x8: the file claims 1000 tensors, more than", file(n_tensors=1000))
    case("tensors-claimed-huge", "the file claims 18446744073709551615 tensors, more than", file(n_tensors=2**64 - 1))
    case("keys-claimed", "at byte 0x10: the file claims 1000 keys, more than", file(n_keys=1000))
    case("keys-claimed-huge", "the file claims 9223372036854775808 keys, more than", file(n_keys=2**63))
    case("one-tensor-too-many", "a tensor has an empty name", file(n_tensors=2, data=b""))
    good("no-tensors", file(tensors=(), data=b""))
    good("no-tensors-unpadded", file(tensors=(), data=b"", alignment=1))
    good("no-tensors-tail", file(tensors=(), data=b"\0" * 33))
    case("no-tensors-data", "33 bytes after the last tensor belong to no tensor",
         file(tensors=(), data=b"\0" * 32 + b"\1", alignment=1))
    for count, says in ((1 << 18, ""), ((1 << 20) + 1, "1048577 tensors, more than the limit of 1048576")):
        tensors = tuple(tensor(str(i), (0,)) for i in range(count))
        case(f"tensors-{count}", says, file(tensors=tensors, data=b""), 1 if says else 0)
    for count, says in ((1 << 16, ""), ((1 << 16) + 1, "65537 keys, more than the limit of 65536")):
        keys = tuple(key(f"k.{i}", U8, 1) for i in range(count - 1))
        case(f"keys-{count}", says, file(keys), 1 if says else 0)


def keys():
    case("key-empty", "a key is empty", file((key("", U8, 1),)))
    case("key-twice", "the key 'x' occurs twice", file((key("x", U8, 1), key("x", U16, 2))))
    case("key-architecture-twice", "the key 'general.architecture' occurs twice", file((key("general.architecture", STRING, "test"),)))
    for kind, v in ((U32, 1), (BOOL, 1), (F64, 0.5), (ARRAY, (STRING, ("test",)))):
        case(f"architecture-of-type-{kind}", "general.architecture is not a string of UTF-8",
             file(architecture=key("general.architecture", kind, v)))
    case("key-not-ascii", "the key 'ü' is not printable ASCII", file((key("ü", U8, 1),)))
    case("key-not-utf8", "the text is not valid UTF-8", file((key(b"\xff", U8, 1),)))
    case("key-nul", "the text contains a NUL byte", file((key("a\0b", U8, 1),)))
    case("key-newline", "is not printable ASCII", file((key("a\nb", U8, 1),)))
    case("key-delete", "is not printable ASCII", file((key("a\x7f", U8, 1),)))
    case("key-65536", "a key of more than 65535 bytes", file((key("k" * 65536, U8, 1),)))
    good("key-65535", file((key("k" * 65535, U8, 1),)))
    good("key-odd", file((key("Comfy.orig-shape/a b:1", U8, 1),)))
    case("key-beyond-the-end", "a length of 1000000, but the file ends after", file((string("x", 10**6),)))
    case("key-length-huge", "a length of 18446744073709551615, but the file ends", file((string("x", 2**64 - 1),)))


def values():
    for kind in (13, 14, 255, 2**32 - 1):
        case(f"type-{kind}", f"key 'x': the value type {kind} does not exist", file((key("x", kind, b"\0" * 8),)))
        case(f"items-of-type-{kind}", f"key 'x': the value type {kind} does not exist",
             file((key("x", ARRAY, number("I", kind) + number("Q", 0)),)))
    good("bools", file((key("x", BOOL, 1), key("y", BOOL, 0), key("z", ARRAY, (BOOL, (0, 1))))))
    case("bool-2", "key 'x': a bool is neither 0 nor 1", file((key("x", BOOL, 2),)))
    case("bools-255", "a bool is neither 0 nor 1", file((key("x", ARRAY, (BOOL, (0, 1, 255))),)))
    for name, text in {"not-utf8": b"a\xc0\x80", "surrogate": b"\xed\xa0\x80", "nul": b"a\0b", "control": b"\x1b[31m"}.items():
        for at in ("x", "general.name", "general.file_type", "test.x", "fmtconv.metadata.x", "tokenizer.ggml.model"):
            good(f"string-{name}-{at}", file((key(at, STRING, string(text)),)))
            good(f"strings-{name}-{at}", file((key(at, ARRAY, (STRING, (text, b"ok"))),)))
        if name != "control":
            case(f"architecture-{name}", "general.architecture is not a string of UTF-8",
                 file(architecture=key("general.architecture", STRING, string(text))))
            case(f"scalars-{name}", "the text ", file((key("fmtconv.scalars", ARRAY, (STRING, (text,))),)))
    case("string-beyond-the-end", "a length of 1000000, but the file ends after", file((key("x", STRING, string("", 10**6)),)))
    case("strings-beyond-the-end", "1000000 bytes are needed here",
         file((key("x", ARRAY, number("I", STRING) + number("Q", 1) + string("", 10**6)),)))
    case("array-nested", "key 'x': an array of arrays", file((key("x", ARRAY, (ARRAY, ((U8, (1,)),))),)))
    case("array-claimed", "a length of 1000000, but the file ends after", file((key("x", ARRAY, number("I", U32) + number("Q", 10**6)),)))
    case("array-wraps", "a length of 2305843009213693952, but the file ends after",
         file((key("x", ARRAY, number("I", U64) + number("Q", 2**61)),)))
    case("strings-claimed", "a length of 1000000, but the file ends after",
         file((key("x", ARRAY, number("I", STRING) + number("Q", 10**6)),)))
    limit = 1 << 26
    for count, says in ((limit - 1, ""), (limit, ""), (limit + 1, "an array of more than 67108864 values")):
        case(f"array-{count}", says, file((key("x", ARRAY, number("I", U8) + number("Q", count) + b"\7" * count),)),
             1 if says else 0)
        case(f"string-{count}", says and "a string is longer than 64 MiB",
             file((key("x", STRING, string(b"y" * count)),)), 1 if says else 0)
    good("array-empty", file((key("x", ARRAY, (U32, ())),)))
    good("array-of-empty-strings", file((key("x", ARRAY, (STRING, ("", "\0"))),)))
    good("numbers-odd", file(tuple(key(f"x.{k}", k, b"\xff" * struct.calcsize(FORMATS[k])) for k in FORMATS if k != BOOL)))
    good("numbers-in-arrays-odd", file(tuple(
        key(f"x.{k}", ARRAY, number("I", k) + number("Q", 2) + b"\xff" * 2 * struct.calcsize(FORMATS[k]))
        for k in FORMATS if k != BOOL)))
    case("config-no-json", "malformed JSON", file((key("fmtconv.config.x", STRING, "{"),)))
    case("config-deep", "nested too deeply", file((key("fmtconv.config.x", STRING, "[" * 40 + "]" * 40),)))
    good("config", file((key("fmtconv.config.x", STRING, "{}"), key("test.y", ARRAY, (F32, (0.5,))), key("test.", U8, 1))))
    case("config-key-not-utf8", "is not UTF-8", file((key("test.%FF", U8, 1),)))


def alignments():
    def aligned(n, kind=U32):
        return file((key("general.alignment", kind, n),), data=b"\1" * 8 + b"\0" * (max(n, 8) - 8), alignment=max(n, 1))
    for n in (0, 1, 2, 4, 7, 12, 24, 131072):
        case(f"alignment-{n}", f"general.alignment is {n}, not a power of two from 8 to 65536", aligned(n))
    for n in (8, 16, 64, 65536):
        good(f"alignment-is-{n}", aligned(n))
    for kind in (U8, U16, I32, U64, I64, F32):
        case(f"alignment-of-type-{kind}", "general.alignment is not a u32", aligned(64, kind))
    case("alignment-string", "general.alignment is not a u32", file((key("general.alignment", STRING, "32"),)))
    case("alignment-array", "general.alignment is not a u32", file((key("general.alignment", ARRAY, (U32, (32,))),)))


def limited(own, architecture, *tensors):
    """A file with our key about the length of names, unless it is 0; architecture: None: test; "": none."""
    keys = (key("fmtconv.name_limit", U32, own),) if own else (key("x", U8, 1),)
    first = None if architecture is None else key("general.architecture", STRING, architecture) if architecture else b""
    return file(keys, tensors, n_keys=1 if architecture == "" else None, architecture=first)


def names():
    case("name-empty", "at byte 0x44: a tensor has an empty name", file(tensors=(tensor(""),)))
    case("name-twice", "tensor 'a': two tensors have this name",
         file(tensors=(tensor(), tensor(offset=32)), data=(b"\1" * 8 + b"\0" * 24) * 2))
    case("name-nul", "the text contains a NUL byte", file(tensors=(tensor("a\0b"),)))
    case("name-newline", "a tensor's name contains control characters", file(tensors=(tensor("a\nb"),)))
    case("name-c1", "a tensor's name contains control characters", file(tensors=(tensor("a\x9b"),)))
    case("name-bidi", "a tensor's name contains control characters", file(tensors=(tensor("a\u202eb"),)))
    case("name-not-utf8", "the text is not valid UTF-8", file(tensors=(tensor(b"\xff"),)))
    case("name-4097", "a tensor's name has more than 4096 bytes", file(tensors=(tensor("n" * 4097),)))
    case("name-beyond-the-end", "bytes are needed here, but only", file(tensors=(string("n", 2**40),), data=b"\0" * 64))
    case("name-length-huge", "18446744073709551615 bytes are needed here", file(tensors=(string("n", 2**64 - 1),), data=b"\0" * 64))
    good("name-63", file(tensors=(tensor("n" * 63),)))
    for length, own, architecture in ((64, 0, None), (4096, 0, None), (64, 63, None), (101, 100, None), (128, 0, "wan"), (128, 0, "")):
        case(f"name-{length}-{own}-{architecture}", f"{length} bytes of a name, more than the limit of {length - 1 if length < 4096 else 63}",
             limited(own, architecture, tensor("n" * length)))
    for length, own, architecture in ((64, 64, None), (4096, 4096, None), (100, 2**32 - 1, None), (127, 0, "wan"), (127, 0, "")):
        good(f"name-{length}-{own}-{architecture}", limited(own, architecture, tensor("n" * length)))
    case("name-own-string", "64 bytes of a name", file((key("fmtconv.name_limit", STRING, "100"),), (tensor("n" * 64),)))
    good("name-odd", file(tensors=(tensor(" ü/\\..%"),)))


def shapes():
    for rank in (5, 8):
        case(f"rank-{rank}", f"tensor 'a': {rank} dimensions, more than the limit of 4", file(tensors=(tensor(dims=(2,) + (1,) * (rank - 1)),)))
        case(f"rank-{rank}-none", f"{rank} dimensions, more than", limited(0, "", tensor(dims=(2,) + (1,) * (rank - 1))))
        good(f"rank-{rank}-image", limited(0, "wan", tensor(dims=(2,) + (1,) * (rank - 1))))
    case("rank-9-image", "9 dimensions, more than 8", limited(0, "wan", tensor(dims=(2,) + (1,) * 8)))
    case("rank-9", "tensor 'a': 9 dimensions, more than 8", file(tensors=(tensor(dims=(1,) * 8 + (2,)),)))
    case("rank-huge", "tensor 'a': 4294967295 dimensions, more than 8", file(tensors=(tensor(rank=2**32 - 1),)))
    good("rank-0", file(tensors=(tensor(dims=()),), data=b"\1" * 4 + b"\0" * 28))
    good("rank-4", file(tensors=(tensor(dims=(2, 1, 1, 1)),)))
    good("zero", file(tensors=(tensor(dims=(0,)),), data=b""))
    good("zero-large", file(tensors=(tensor(dims=(2**31, 0, 2**31)),), data=b""))
    # Beside a zero, too: ggml divides by dimensions and multiplies strides.
    for dims in ((0, 2**62, 2**62), (2**32, 0, 2**32), (2**62, 2, 0), (2**63, 0), (0, 2**64 - 1)):
        case("zero-wraps-" + "-".join(map(str, dims)), "tensor 'a': the shape has more elements than a file can hold",
             file(tensors=(tensor(dims=dims),), data=b""))
    # ggml takes the product modulo 2^64, which is 0.
    case("wraps-to-zero", "tensor 'a': the shape has more elements than a file can hold",
         file(tensors=(tensor(dims=(2**32, 2**32)),), data=b""))
    case("wraps-to-two", "tensor 'a': the shape has more elements than a file can hold",
         file(tensors=(tensor(dims=(2, 2**31, 2**33)),)))
    case("negative", "tensor 'a': the shape has more elements than a file can hold", file(tensors=(tensor(dims=(2**63,)),)))
    case("bytes-wrap", "tensor 'a': the shape has more bytes than a file can hold", file(tensors=(tensor(dims=(2**62,)),)))
    case("bytes-beyond", "tensor 'a': the shape has more bytes than a file can hold",
         file(tensors=(tensor(dims=(2**60,), kind=28),)))
    case("sum-wraps", "tensor 'c': the tensors have more bytes than a file can hold",
         file(tensors=(tensor("a", (2**60,)), tensor("b", (2**60 - 16,), offset=2**62), tensor("c", (2**20,), offset=2**63 - 64))))
    case("too-large", "the tensors need 36 bytes, but the file has 32", file(tensors=(tensor(dims=(9,)),)))


def types():
    for kind, name in ((4, "Q4_2"), (5, "Q4_3"), (31, "Q4_0_4_4"), (36, "IQ4_NL_4_4"), (38, "IQ4_NL_8_8")):
        case(f"tensor-type-{kind}", f"tensor 'a': its type {kind} is {name}, which ggml has removed", file(tensors=(tensor(kind=kind),)))
    for kind, name in ((9, "Q8_1"), (15, "Q8_K")):
        case(f"tensor-type-{kind}", f"tensor 'a': its type {kind} is {name}, which ggml uses", file(tensors=(tensor(kind=kind),)))
    for kind in (43, 100, 2**32 - 1):
        case(f"tensor-type-{kind}", f"tensor 'a': its type {kind} is unknown", file(tensors=(tensor(kind=kind),)))
    block = b"\1" * 34 + b"\0" * 30
    for row in (1, 31, 33, 48):
        case(f"row-{row}", f"tensor 'a': rows of {row} elements are not whole blocks of 32, which Q8_0 requires",
             file(tensors=(tensor(dims=(row,), kind=8),), data=block))
    case("row-16-of-two", "rows of 16 elements are not whole blocks", file(tensors=(tensor(dims=(16, 2), kind=8),), data=block))
    case("row-none", "rows of 1 elements are not whole blocks", file(tensors=(tensor(dims=(), kind=8),), data=block))
    case("row-255", "not whole blocks of 256, which Q4_K requires", file(tensors=(tensor(dims=(255,), kind=12),), data=block))
    blocks("row-32", file(tensors=(tensor(dims=(32,), kind=8),), data=block))
    blocks("row-0", file(tensors=(tensor(dims=(0, 5), kind=8),), data=b""))


def places():
    two, data = (tensor(), tensor("b", offset=32)), b"\1" * 8 + b"\0" * 24
    good("two", file(tensors=two, data=data * 2))
    case("gap", "tensor 'b': it begins at byte 0x40 of the data, but those before it end at 0x20",
         file(tensors=(tensor(), tensor("b", offset=64)), data=data * 3))
    case("overlap", "tensor 'b': it begins at byte 0x0 of the data", file(tensors=(tensor(), tensor("b")), data=data * 2))
    case("misaligned", "tensor 'b': it begins at byte 0x8 of the data",
         file(tensors=(tensor(), tensor("b", offset=8)), data=data))
    case("out-of-order", "tensor 'b': it begins at byte 0x20 of the data, but those before it end at 0x0",
         file(tensors=two[::-1], data=data * 2))
    case("first-late", "tensor 'a': it begins at byte 0x20 of the data", file(tensors=(tensor(offset=32),), data=data * 2))
    case("offset-huge", "tensor 'a': it begins at byte 0xffffffffffffffff of the data", file(tensors=(tensor(offset=2**64 - 1),)))
    case("tail", "2 bytes after the last tensor belong to no tensor", file(data=data + b"\0\1"))
    case("tail-32", "32 bytes after the last tensor belong to no tensor", file(data=data + b"\1" + b"\0" * 31))
    case("tail-long", "70000 bytes after the last tensor belong to no tensor", file(data=data + b"\0" * 69999 + b"\1"))
    case("tail-too-long", "67108865 bytes after the last tensor belong to no tensor", file(data=data + b"\0" * (2**26 + 1)))
    for n in (1, 32, 4096, 2**26):
        good(f"tail-zeros-{n}", file(data=data + b"\0" * n))
    for n in (0, 1, 23):
        good(f"unpadded-{n}", file(data=data[:8 + n]))
    good("unpadded-empty", file(tensors=(tensor(), tensor("b", (0,), offset=32)), data=data[:8]))
    case("unpadded-short", "the tensors need 8 bytes, but the file has 7", file(data=data[:7]))
    case("unpadded-between", "the tensors need 40 bytes, but the file has 8", file(tensors=two, data=data[:8]))
    case("padding-of-header", "the padding is not zero", file(padding=b"\1"))
    case("padding-of-tensor", "the padding is not zero", file(data=b"\1" * 8 + b"\0" * 23 + b"\1"))
    case("padding-between", "the padding is not zero", file(tensors=two, data=b"\1" * 32 + data))


def big():
    """Files for big-endian machines."""
    data = struct.pack(">2f", 1.5, -2) + b"\0" * 24
    good("big", big_endian(lambda: file((key("x", ARRAY, (U16, (1, 2))), key("y", ARRAY, (STRING, ("", b"\xff", "ok"))),
                                         key("z", F64, 0.5), key("general.alignment", U32, 32)), data=data)))
    good("big-version-2", big_endian(lambda: file(version=2, data=data)))
    case("big-version-4", "GGUF version 67108864 is not supported", big_endian(lambda: file(version=4)))
    case("big-but-not", "the file claims 72057594037927936 tensors", file(version=3 << 24))
    case("big-blocks", "tensor 'a': blocks of q8_0 in big-endian order are not supported",
         big_endian(lambda: file(tensors=(tensor(dims=(32,), kind=8),), data=b"\1" * 34)))
    blocks("big-bytes", big_endian(lambda: file(tensors=(tensor(dims=(32,), kind=39),), data=b"\1" * 17)))
    case("big-array-too-long", "an array in big-endian order is longer than 64 MiB",
         big_endian(lambda: file((key("x", ARRAY, number("I", U8) + number("Q", 2**26) + b"\7" * 2**26),
                                  key("y", ARRAY, number("I", U64) + number("Q", 2**23 + 2) + b"\7" * (2**26 + 16))), data=data)))
    case("big-string-beyond", "bytes are needed here",
         big_endian(lambda: file((key("x", ARRAY, number("I", STRING) + number("Q", 2) + number("Q", 2**40) + b"\0" * 8),))))


def originals():
    def shape(name, items, kind=I32):
        return key("comfy.gguf.orig_shape." + name, ARRAY, (kind, items))
    good("shape", file((shape("a", (2, 1)),)))
    good("shape-of-nobody", file((shape("b", (3,)),)))
    good("shape-of-scalar", file((key("fmtconv.scalars", ARRAY, (STRING, ("a", "b"))),), tensors=(tensor(dims=(1,)),),
                                 data=b"\1" * 4 + b"\0" * 28))
    case("shape-other", "tensor 'a': the shape in the key 'comfy.gguf.orig_shape.a' has a different number of elements",
         file((shape("a", (3,)),)))
    case("shape-wraps", "has a different number of elements", file((shape("a", (2**62, 2**62, 8), U64),)))
    case("shape-wraps-to-zero", "has a different number of elements",
         file((shape("a", (0, 2**62, 2**62), I64),), tensors=(tensor(dims=(0,)),), data=b""))
    case("shape-negative", "the key 'comfy.gguf.orig_shape.a' is not a shape", file((shape("a", (-2, -1)),)))
    case("shape-too-long", "is not a shape", file((shape("a", (1,) * 8 + (2,)),)))
    case("shape-of-strings", "is not a shape", file((shape("a", ("2",), STRING),)))
    case("shape-no-list", "is not a shape", file((key("comfy.gguf.orig_shape.a", U32, 2),)))
    case("scalars-no-list", "the key 'fmtconv.scalars' is not a list of names", file((key("fmtconv.scalars", STRING, "a"),)))
    case("scalars-of-numbers", "the key 'fmtconv.scalars' is not a list of names", file((key("fmtconv.scalars", ARRAY, (U8, (1,))),)))
    # As ComfyUI-GGUF stores tensors whose rows blocks do not divide.
    blocks("shape-no-blocks", file((shape("a", (16, 2, 1)),), tensors=(tensor(dims=(32,), kind=8),), data=b"\1" * 34 + b"\0" * 30))


def part(no, count, tensors, name, kinds=(U16, U16, I32)):
    return file((key("split.no", kinds[0], no), key("split.count", kinds[1], count), key("split.tensors.count", kinds[2], tensors)),
                tensors=(tensor(name),))


def splits():
    """The case's file is the first of three, and the others are next to it."""
    def three(stem, second=None, third=None):
        return {f"{stem}-00002-of-00003": part(1, 3, 3, "b") if second is None else second,
                f"{stem}-00003-of-00003": part(2, 3, 3, "c") if third is None else third}

    def name(stem):
        return f"{stem}-00001-of-00003"
    good(name("split"), part(0, 3, 3, "a"), three("split"))
    good(name("split-widths"), part(0, 3, 3, "a", (I64, U32, U64)), three("split-widths"))
    good("split-one", part(0, 1, 1, "a"))
    missing = three("split-missing")
    del missing["split-missing-00002-of-00003"]
    case(name("split-missing"), "the model has 3 files, but 'split-missing-00002-of-00003.gguf' is not next to this one",
         part(0, 3, 3, "a"), also=missing)
    case("split-renamed", "its name does not end in '-00001-of-00003.gguf'", part(0, 3, 3, "a"), also=three("split-renamed"))
    case(name("split-is-second"), "it is file 2 of 3, but its name does not end in", part(1, 3, 3, "a"),
         also=three("split-is-second"))
    case(name("split-number"), "@split-number-00002-of-00003.gguf split.no 0, split.count 3", part(0, 3, 3, "a"),
         also=three("split-number", second=part(0, 3, 3, "b")))
    case(name("split-count"), "@split-count-00002-of-00003.gguf split.no 1, split.count 4", part(0, 3, 3, "a"),
         also=three("split-count", second=part(1, 4, 3, "b")))
    case(name("split-total"), "split.tensors.count is 4, but the files have 3 tensors", part(0, 3, 4, "a"),
         also=three("split-total", part(1, 3, 4, "b"), part(2, 3, 4, "c")))
    case(name("split-totals"), "@split-totals-00002-of-00003.gguf split.tensors.count 4, but its name and the other files say 1, 3, 3", part(0, 3, 3, "a"),
         also=three("split-totals", part(1, 3, 4, "b")))
    case(name("split-none"), "@split-none-00002-of-00003.gguf split.no -1, split.count -1", part(0, 3, 3, "a"), also=three("split-none", file()))
    case(name("split-twice"), "@split-twice-00002-of-00003.gguf tensor 'a': two tensors have this name", part(0, 3, 3, "a"),
         also=three("split-twice", part(1, 3, 3, "a")))
    case(name("split-broken"), "@split-broken-00002-of-00003.gguf not a GGUF file", part(0, 3, 3, "a"), also=three("split-broken", b"GGML" + file()[4:]))
    for bad, (no, count, tensors) in {"no": (3, 3, 3), "huge": (0, 65535, -1), "zero": (0, 0, 1)}.items():
        case(f"split-bad-{bad}", f"split.no {no}, split.count {count}, split.tensors.count {tensors}",
             part(no, count, tensors, "a"))
    case("split-count-huge", "split.count 4294967295", file((key("split.no", U16, 0), key("split.count", U32, 2**32 - 1))))


def make():
    for each in (headers, keys, values, alignments, names, shapes, types, places, big, originals, splits):
        each()


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True)
    make()
    whole = file((key("x", ARRAY, (U16, (1, 2))), key("y", STRING, "z")), (tensor(), tensor("b", (3,), 24, 32)),
                 b"\1" * 8 + b"\0" * 24 + b"\1" * 3 + b"\0" * 29)
    for size in range(len(whole) - 29):  # the padding after the last tensor may be absent
        case(f"cut-{size:03}", "", whole[:size])
    with (out / "cases.tsv").open("w") as table:
        for name, (status, says, data, also) in CASES.items():
            (out / f"{name}.gguf").write_bytes(data)
            for other, bytes_ in also.items():
                (out / f"{other}.gguf").write_bytes(bytes_)
            shown = ",".join(map(str, status)) if isinstance(status, tuple) else status
            table.write(f"{name}\t{shown}\tgguf\t{says}\n")


if __name__ == "__main__":
    main()
