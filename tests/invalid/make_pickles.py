#!/usr/bin/env python3
"""Write checkpoints that a careful reader refuses, and unusual ones that it accepts, into a folder.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per file: name, exit status, reader, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import io
import pickle as python_pickle
import struct
import sys
import types
from pathlib import Path

from picklekit import (DICT, EMPTY, FALSE, LIST, MARK, NONE, ORDERED, SET, STOP, archive, call, checkpoint, dict_of,
                       legacy, list_of, name_of, number, pickle, saved, storage, tensor, text, tuple_of, utils)

GOOD = checkpoint(("a", tensor()))
CASES = {}


def case(name, says, data, status=1, reader="torch"):
    assert name not in CASES, name
    CASES[name] = (status, reader, says, data)


def bad(name, says, body, **options):
    """A pickle with that code between PROTO and STOP."""
    case(name, says, saved(pickle(body)), **options)


def bad_tensor(name, says, code, **options):
    bad("tensor-" + name, says, dict_of(("a", code)), **options)


# ---------------------------------------------------------------- archives


def archives():
    case("empty", "the file is empty", b"")
    case("text", "not a zip archive (hint: 'fmtconv plugins' lists", b"hello, world\n" * 10)
    case("lfs", "git lfs pull", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    case("tar", "tar format", b"x" * 257 + b"ustar\0" + b"\0" * 400)
    case("bare-beside", "in the storage '0', but a pickle alone has no storages (hint: give the whole file of torch.save", GOOD)
    case("bare-cut", "the pickle ends before STOP", GOOD[:-1])
    case("bare-more", "1 bytes follow it", GOOD + b"x")
    case("zip-empty", "no members", archive([]))
    case("no-pickle", "not a torch.save file: the zip archive has no NAME/data.pkl", archive([("version", b"3\n"), ("data/0", b"")]))
    case("deep-pickle", "the zip archive has no NAME/data.pkl", archive([("sub/data.pkl", GOOD), ("version", b"3\n")]))
    case("two-pickles", "the same root folder", archive([("a/data.pkl", GOOD), ("b/data.pkl", GOOD)], root=""))
    case("script-constants", "TorchScript", saved(GOOD, extra=[("constants.pkl", pickle(EMPTY))]))
    case("script-code", "TorchScript", saved(GOOD, extra=[("code/__torch__.py", b"pass\n")]))
    case("version-none", "no 'archive/version'", saved(GOOD, version=None))
    for version in ("0", "11", "x", ""):
        case(f"version-{version or 'blank'}", f"archive version '{version}'", saved(GOOD, version=version.encode()))
    case("version-long", "expected one word", saved(GOOD, version=b"3" * 65))
    untyped = checkpoint(("a", call(utils("tensor_v3"), storage(kind=name_of("torch.storage", "UntypedStorage"), count=16),
                                    0, (4,), (1,), False, ORDERED, name_of("torch", "uint32"))))
    case("byteorder-big-untyped", "big-endian in an untyped storage", saved(untyped, byteorder=b"big"))
    case("good-byteorder-big", "  1 tensor, ", saved(GOOD, byteorder=b"big"), status=0)
    case("byteorder-other", "byte order 'middle'", saved(GOOD, byteorder=b"middle"))
    case("pickle-empty", "ends before STOP", saved(b""))
    broken = saved(GOOD)
    case("crc", "checksum mismatch", broken.replace(b"FloatStorage", b"HalfStorage\x00", 1))


# ---------------------------------------------------------------- the machine

REFUSED = {
    "POP": b"0", "POP_MARK": b"1", "DUP": b"2", "FLOAT": b"F1.0\n", "INT": b"I1\n", "LONG": b"L1L\n",
    "PERSID": b"P0\n", "STRING": b"S'a'\n", "BINSTRING": b"T\x01\0\0\0a", "UNICODE": b"Va\n", "DICT": b"d",
    "GET": b"g0\n", "INST": b"ios\nsystem\n", "LIST": b"l", "OBJ": b"o", "PUT": b"p0\n", "EXT1": b"\x82\x01",
    "EXT2": b"\x83\x01\0", "EXT4": b"\x84\x01\0\0\0", "NEXT_BUFFER": b"\x97", "READONLY_BUFFER": b"\x98",
}
POPPING = {
    "TUPLE1": b"\x85", "TUPLE2": b"N\x86", "TUPLE3": b"NN\x87", "APPEND": b"]a", "SETITEM": b"}Ns", "REDUCE": b")R",
    "NEWOBJ": b")\x81", "NEWOBJ_EX": b")}\x92", "BUILD": b"}b", "BINPERSID": b"Q", "STACK_GLOBAL": b"N\x93",
    "BINPUT": b"q\0", "LONG_BINPUT": b"r\0\0\0\0", "MEMOIZE": b"\x94",
}
MARKED = {"TUPLE": b"t", "FROZENSET": b"\x91", "APPENDS": b"e", "SETITEMS": b"u", "ADDITEMS": b"\x90"}


def stack():
    for name, code in REFUSED.items():
        bad("refused-" + name, f"pickle opcode {name}: not an opcode of plain data", code)
    for byte in (0x00, 0x5A, 0xFF):
        bad(f"unknown-{byte:02x}", f"the byte 0x{byte:02x} is not an opcode", bytes([byte]))
    for name, code in POPPING.items():
        bad("underflow-" + name, f"pickle opcode {name}: the stack has too few values", code)
        bad("fenced-" + name, f"pickle opcode {name}: the stack has too few values", NONE * 3 + MARK + code)
    for name, code in MARKED.items():
        bad("unmarked-" + name, f"pickle opcode {name}: the stack has no mark", NONE + code)
        if name not in ("TUPLE", "FROZENSET"):
            bad("bottom-" + name, f"pickle opcode {name}: the stack has too few values", MARK + code)
    bad("stop-empty", "0 values and 0 marks", b"")
    bad("stop-two", "2 values and 0 marks", NONE + NONE)
    bad("stop-marked", "1 values and 1 marks", NONE + MARK)
    case("stop-tail", "1 bytes follow it", saved(GOOD + b"N"))
    case("stop-twice", "bytes follow it", saved(GOOD + GOOD))
    bad("stack-high", "more than 1048576 values", NONE * (1 << 20) + NONE)
    bad("marks-high", "more than 65536 marks", MARK * (1 << 16) + MARK)


def containers():
    bad("append-dict", "a dict of 0 cannot take items with this opcode", DICT + NONE + b"a")
    bad("append-tuple", "a tuple of 0 cannot take items with this opcode", EMPTY + NONE + b"a")
    bad("append-int", "a int cannot take items with this opcode", number(1) + NONE + b"a")
    bad("append-global", "a global os.system cannot take items", name_of("os", "system") + NONE + b"a")
    bad("append-storage", "a bare storage cannot take items", storage() + NONE + b"a")
    bad("appends-set", "a set of 0 cannot take items with this opcode", SET + MARK + NONE + b"e")
    bad("setitem-list", "a list of 0 cannot take items with this opcode", LIST + NONE + NONE + b"s")
    bad("setitems-tuple", "a tuple of 0 cannot take items with this opcode", EMPTY + MARK + NONE + NONE + b"u")
    bad("setitems-odd", "a key without a value", DICT + MARK + NONE + b"u")
    bad("additems-list", "a list of 0 cannot take items with this opcode", LIST + MARK + NONE + b"\x90")
    bad("key-list", "a list of 0 cannot be a key", DICT + LIST + NONE + b"s")
    bad("key-dict", "a dict of 0 cannot be a key", DICT + MARK + DICT + NONE + b"u")
    bad("key-storage", "a bare storage cannot be a key", DICT + storage() + NONE + b"s")
    bad("member-list", "a list of 0 cannot be a key", SET + MARK + LIST + b"\x90")
    bad("build-list", "a list of 0 has no state", LIST + DICT + b"b")
    bad("build-int", "a int has no state", number(1) + DICT + b"b")
    bad("call-int", "a int cannot be called", number(1) + EMPTY + b"R")
    bad("call-list-arguments", "the arguments are a list of 0", name_of("a", "b") + LIST + b"R")
    bad("new-none", "a none cannot be called", NONE + EMPTY + b"\x81")
    bad("new-keywords", "the keywords are a none", name_of("a", "b") + EMPTY + NONE + b"\x92")
    bad("ordered-not-pairs", "is a int, not a pair", call(name_of("collections", "OrderedDict"), list_of(1, 2)))
    bad("stack-global-int", "needs two strings, not int and string", number(1) + text("x") + b"\x93")
    bad("global-nul", "a name contains a NUL", b"cos\0\nsystem\n")
    bad("persistent-string", "the persistent id is a string", text("0") + b"Q")
    bad("setitem-tensor", "pickle opcode SETITEM: a tensor cannot take items", dict_of(("a", tensor() + text("k") + NONE + b"s")))
    bad("setitems-parameter", "pickle opcode SETITEMS: a tensor cannot take items",
        dict_of(("a", call(utils("parameter"), tensor(), True, ORDERED) + MARK + text("k") + NONE + b"u")))
    bad("append-tensor", "pickle opcode APPEND: a tensor cannot take items", dict_of(("a", tensor() + NONE + b"a")))
    bad("append-size", "cannot take items", dict_of(("a", call(name_of("torch", "Size"), (4,)) + NONE + b"a")))
    bad("build-tensor", "pickle opcode BUILD: a tensor has no state",
        dict_of(("a", tensor() + tuple_of(storage("1"), 0, (4,), (1,)) + b"b")))
    parameter = call(name_of("torch.nn.parameter", "Parameter"), tensor())
    bad("build-parameter", "pickle opcode BUILD: a tensor has no state",
        dict_of(("a", parameter + tuple_of(storage("1"), 0, (4,), (1,)) + b"b")))
    bad("good-build-parameter", "  1 tensor, ", dict_of(("a", parameter + tuple_of(True, False, ORDERED) + b"b")), status=0)


def bounds():
    case("proto-6", "protocol 6", saved(pickle(NONE, 6)))
    bad("proto-again", "pickle opcode PROTO: it is not at the start", b"\x80\x02N")
    bad("frame-beyond", "a frame of 4096 bytes", b"\x95" + struct.pack("<Q", 4096) + NONE)
    bad("frame-huge", "a frame of 18446744073709551615 bytes", b"\x95" + b"\xff" * 8 + NONE)
    bad("unicode-huge", "BINUNICODE: 4294967295 bytes needed", b"X\xff\xff\xff\xffabc")
    bad("unicode8-huge", "BINUNICODE8: 9223372036854775808 bytes needed", b"\x8d" + struct.pack("<Q", 1 << 63))
    bad("bytearray-huge", "BYTEARRAY8: 18446744073709551615 bytes needed", b"\x96" + b"\xff" * 8)
    bad("bytes-huge", "BINBYTES: 4294967295 bytes needed", b"B\xff\xff\xff\xff")
    bad("long4-huge", "LONG4: 4294967295 bytes needed", b"\x8b\xff\xff\xff\xff")
    bad("string-long", "a string of 16777217 bytes", text(b"x" * ((16 << 20) + 1)))
    case("global-endless", "the line has no end", saved(b"\x80\x02cos\nsystem"))
    bad("memo-miss", "BINGET: memo number 7 was never set", b"h\x07")
    bad("memo-miss-long", "LONG_BINGET: memo number 4294967295 was never set", b"j\xff\xff\xff\xff")
    bad("memo-huge", "memo number 4294967295 exceeds the limit of 134217728", NONE + b"r\xff\xff\xff\xff")
    bad("memo-ahead", "memo number 1000000 after only 3 opcodes", NONE + b"r\x40\x42\x0f\0")
    bad("depth-tuples", "nested deeper than 1000", EMPTY + b"\x85" * 2000)
    bad("depth-lists", "nested deeper than 1000", LIST * 2000 + b"a" * 1999)
    bad("depth-outside", "nested deeper than 1000",
        dict_of(("model", dict_of(("a", tensor()))), ("x", EMPTY + b"\x85" * 70000)))


def at_limits():
    """The largest allowed values, and the smallest refused ones."""
    def beside(name, says, code, status=1):
        bad("limit-" + name, says, dict_of(("a", tensor()), ("x", code)), status=status)

    # Below the values: the dictionary, its first key and value, and the second key.
    for n, says in ((-5, ""), (-4, ""), (-3, "more than 1048576 values")):
        beside(f"stack{n}", says, MARK + NONE * ((1 << 20) + n) + b"t", int(bool(says)))
    for n, says in ((65534, "deeper than 1000"), (65535, "deeper than 1000"), (65536, "more than 65536 marks")):
        beside(f"marks-{n}", says, MARK * n + b"t" * n)
    # Inside of the dictionary.
    for n, says in ((998, ""), (999, ""), (1000, "values are nested deeper than 1000")):
        beside(f"depth-{n}", says, EMPTY + b"\x85" * (n - 1), int(bool(says)))
    for n, says in (((16 << 20) - 1, ""), (16 << 20, ""), ((16 << 20) + 1, "more than the limit of 16777216")):
        beside(f"string-{n}", says, text(b"x" * n), int(bool(says)))
    for n, says in ((16 << 20, "a global's name of more than 255 bytes"), ((16 << 20) + 1, "a line of more than 16777216 bytes")):
        beside(f"line-{n}", says, b"c" + b"x" * n + b"\ny\n")
    for n, says in ((254, ""), (255, ""), (256, "a global's name of more than 255 bytes")):
        beside(f"global-{n}", says, name_of("x" * n, "y"), int(bool(says)))
    for n, says in ((4095, ""), (4096, ""), (4097, "a name that begins like this exceeds 4096 bytes")):
        bad(f"limit-name-{n}", says, dict_of(("x" * n, tensor())), status=int(bool(says)))
    for n, says in ((31, ""), (32, ""), (33, "more than 32 parameters")):
        nested = tensor()
        for _ in range(n):
            nested = call(utils("parameter"), nested, True, ORDERED)
        bad(f"limit-parameters-{n}", says, dict_of(("a", nested)), status=int(bool(says)))
    for n, says in ((15, ""), (16, ""), (17, "more than 16 notes")):
        notes = dict_of(*((str(i), True) for i in range(n)))
        bad(f"limit-notes-{n}", says, dict_of(("a", tensor(more=(notes,)))), status=int(bool(says)))
    # Repetitions may add up to 1 GiB plus the size of the file.
    size = len(saved(checkpoint(("a", tensor((1 << 28,), (0,))))))
    for n, says in ((-1, ""), (0, ""), (1, "its repeated elements")):
        elements = (1 << 28) + size // 4 + 1 + n
        case(f"cut-limit-repeats{n:+}", says, saved(checkpoint(("a", tensor((elements,), (0,))))), int(bool(says)))
    case("cut-limit-bytes+1", "the pickle has 536870913 bytes, more than the limit of 536870912", (b"\x80\x02", (512 << 20) + 1))
    case("cut-limit-bytes+0", "the byte 0x00 is not an opcode", (b"\x80\x02", 512 << 20))
    for n, says in ((31, ""), (32, ""), (33, "root= has more than 32 steps")):
        steps = tensor()
        for _ in range(n):
            steps = dict_of(("a", steps))
        bad(f"limit-root-{n}", says, steps, status=int(bool(says)), reader="torch:root=" + ".".join("a" * n))


# ---------------------------------------------------------------- names


def names():
    bad("cycle-list", "the container contains itself", LIST + b"q\0h\0a")
    bad("cycle-dict", "the container contains itself", dict_of(("a", DICT + b"q\0" + text("b") + b"h\0s")))
    bad("cycle-long", "the container contains itself",
        LIST + b"q\0" + LIST + b"q\x01h\0a" + b"a" + tensor() + b"a")
    doubled = LIST + tensor() + b"aq\0" + b"".join(b"]q" + bytes([i]) + b"(h" + bytes([i - 1]) + b"h"
                                                 + bytes([i - 1]) + b"e" for i in range(1, 27))
    bad("bomb", "more names of tensors than the pickle has bytes", LIST + MARK + doubled + b"e")
    bad("bomb-names", "names exceed", dict_of(("x" * 2000, LIST + MARK + doubled + b"e")))
    bad("bomb-globals", "STACK_GLOBAL: a global's name of more than 255 bytes", text("x" * 256) + b"q\0h\0\x93")
    bad("bomb-pairs", "more pairs than the pickle has bytes",
        MARK + list_of(tuple_of(1, 2) + b"q\x01", *[b"h\x01"] * 999) + b"q\x02"
        + name_of("collections", "OrderedDict") + b"q\x03" + b"h\x03h\x02\x85R" * 10 + b"t")
    notes = dict_of(*((str(i), True) for i in range(17)))
    bad_tensor("notes", "more than 16 notes", tensor(more=(notes,)))
    bad("key-none", "a none is used as the key of tensors", dict_of((None, tensor())))
    bad("good-keys-beside", "  1 tensor, ",
        dict_of((None, 1), (b"G" + bytes(8), "x"), ((1,), LIST), ("a", tensor())), status=0)
    shared = LIST + b"q\0" + MARK + NONE * 1023 + tensor() + b"e"
    bad("bomb-values", "more values to name than 16 for each byte", LIST + shared + b"a" + b"h\0a" * 65600)
    bad("key-tuple", "a tuple of 1 is used as the key of tensors", dict_of(((1,), tensor())))
    bad("key-tensor", "a tensor is used as the key of tensors", dict_of((tensor(), tensor())))
    bad("key-bytes", "a bytes is used as the key of tensors", dict_of((b"C\x01a", tensor())))
    bad("key-nul", "a string with a NUL is used as the key", dict_of(("a\0b", tensor())))
    bad("key-empty", "an empty name", dict_of(("", tensor())))
    bad("key-control", "control characters", dict_of(("a\nb", tensor())))
    for name, control in (("override", "\u202e"), ("isolate", "\u2067"), ("mark", "\u200f")):
        bad("key-" + name, "control characters", dict_of(("a" + control + "b", tensor())))
    bad("key-latin", "not valid UTF-8", dict_of((text(b"caf\xe9"), tensor())))
    bad("key-long", "a name that begins like this exceeds 4096 bytes", dict_of(("x" * 4097, tensor())))
    bad("key-long-joined", "a name that begins like this exceeds 4096 bytes", dict_of(("x" * 4000, dict_of(("y" * 96, tensor()))), ("z", tensor())))
    bad("key-twice", "has the key 'a' twice", dict_of(("a", tensor()), ("a", tensor())))
    bad("key-twice-inside", "dictionary 'm' has the key 'a' twice",
        dict_of(("m", dict_of(("a", tensor()), ("a", NONE)))))
    bad("name-twice", "'a.b': two tensors have this name", dict_of(("a.b", tensor()), ("a", dict_of(("b", tensor())))))
    bad("name-twice-int", "'1': two tensors have this name", dict_of(("1", tensor()), (1, tensor())))
    bad("root-int", "no tensors in root '.'", number(1))
    bad("root-none", "no tensors in root '.'", NONE)
    bad("root-empty", "no tensors in root '.'", DICT)
    module = name_of("my.models", "Net") + EMPTY + b"\x81" + dict_of(("w", tensor())) + b"b"
    bad("root-object", "only the program that saved it can read", module)
    bad("inside-object", "the tensors are inside a object of my.models.Net", dict_of(("a", tensor()), ("net", module)))
    bad("inside-set", "the tensors are inside a set", dict_of(("a", SET + MARK + tensor() + b"\x90")))
    weights = dict_of(("a", tensor()))
    for first, second in (("model", "ema"), ("model", "model_ema"), ("state_dict", "ema-weights"),
                          ("model", "state_dict"), ("module", "model")):
        bad(f"rivals-{first}-{second}", f"'{first}' and '{second}' hold", dict_of((first, weights), (second, weights)))
    both = dict_of(("model", weights), ("other", DICT))
    bad("no-such-root", "there is no root 'modle'", both, reader="torch:root=modle")
    strange = dict_of((None, 1), (True, 2), (3, 4), ((5,), 6), ("a", tensor()), ("longer", 7))
    bad("no-such-root-strange", "  (none) (int)", strange, reader="torch:root=b")
    bad("no-such-root-deep", "there is no root 'model.a.x'", both, reader="torch:root=model.a.x")
    bad("no-such-index", "there is no root '2'", list_of(tensor(), tensor()), reader="torch:root=2")
    bad("root-without", "no tensors in root 'other'", both, reader="torch:root=other")


# ---------------------------------------------------------------- storages and tensors


def storages():
    def with_id(name, says, *parts, **options):
        bad_tensor("id-" + name, says, tensor(of=tuple_of(*parts) + b"Q"), **options)

    kind = name_of("torch", "FloatStorage")
    with_id("empty", "the persistent id is not that of a storage")
    with_id("module", "the persistent id is not that of a storage", "module", kind, "0", "cpu", 4)
    with_id("tag-int", "the persistent id is not that of a storage", 1, kind, "0", "cpu", 4)
    with_id("four", "its storage id has 4 parts", "storage", kind, "0", "cpu")
    with_id("seven", "its storage id has 7 parts", "storage", kind, "0", "cpu", 4, None, None)
    for name, part in (("int", 1), ("two", ("1", 0)), ("key", (1, 0, 4)), ("start", ("1", None, 4)),
                       ("count", ("1", 0, "4"))):
        with_id("part-" + name, "not a key and two numbers", "storage", kind, "0", "cpu", 4, part)
    for name, part in (("negative", ("1", -1, 4)), ("minus", ("1", 0, -4)), ("beyond", ("1", 1, 4)),
                       ("far", ("1", 5, 0))):
        with_id("part-" + name, "exceeds the storage of 4 elements", "storage", kind, "0", "cpu", 4, part)
    with_id("part-small", "reaches beyond its storage of 3 elements", "storage", kind, "0", "cpu", 4, ("1", 1, 3))
    with_id("type-string", "the storage's type is a string", "storage", "FloatStorage", "0", "cpu", 4)
    with_id("type-other", "the storage's type is a global os.system", "storage", name_of("os", "system"), "0", "cpu", 4)
    with_id("type-dtype", "the storage's type is a global torch.float32", "storage", name_of("torch", "float32"), "0",
            "cpu", 4)
    with_id("type-typed", "names the element type", "storage", name_of("torch.storage", "TypedStorage"), "0", "cpu", 4)
    for quantized in ("QInt8", "QInt32", "QUInt8", "QUInt4x2", "QUInt2x4"):
        with_id("type-" + quantized, "quantized by torch", "storage", name_of("torch", quantized + "Storage"), "0",
                "cpu", 4)
    with_id("key-int", "the storage's key is a int", "storage", kind, 0, "cpu", 4)
    for name, key in (("empty", ""), ("slash", "a/b"), ("up", "../data.pkl"), ("nul", "0\0"), ("long", "0" * 256)):
        with_id("key-" + name, "the storage's key is not a plain name", "storage", kind, key, "cpu", 4)
    with_id("location", "location is a none", "storage", kind, "0", None, 4)
    with_id("count-string", "size is a string", "storage", kind, "0", "cpu", "4")
    with_id("count-bool", "size is a bool", "storage", kind, "0", "cpu", True)
    with_id("count-negative", "an impossible size of -4", "storage", kind, "0", "cpu", -4)
    with_id("count-product", "an impossible size", "storage", kind, "0", "cpu", 1 << 62)
    with_id("count-long", "size is a long int", "storage", kind, "0", "cpu", 1 << 70)
    with_id("missing", "'1' is not in the file", "storage", kind, "1", "cpu", 4)
    with_id("missing-dots", "'..' is not in the file", "storage", kind, "..", "cpu", 4)
    with_id("small", "has 16 bytes, but the pickle says 20", "storage", kind, "0", "cpu", 5)
    bad_tensor("id-large", "has 16 bytes, but the pickle says 12", tensor((3,), of=storage(count=3)))
    bad_tensor("of-int", "expected its storage, found a int", tensor(of=number(0)))
    bad_tensor("of-tensor", "expected its storage, found a tensor", tensor(of=tensor()))
    bad_tensor("empty-missing", "is not in the file", tensor((0,), of=storage("9", count=0)))


def ids_anywhere():
    """A wrong id is an error also where no tensor of the model needs it; a storage has one type and one size."""
    kind, weights = name_of("torch", "FloatStorage"), dict_of(("a", tensor()))

    def beside(name, says, *parts):
        code = tuple_of(*parts) + b"Q"
        bad("beside-" + name, "pickle opcode BINPERSID: " + says, dict_of(("model", weights), ("x", code)))
        case("old-beside-" + name, "pickle opcode BINPERSID: " + says, legacy(dict_of(("model", weights), ("x", code))))

    beside("empty", "the persistent id is not that of a storage")
    beside("tag", "the persistent id is not that of a storage", "stored", kind, "0", "cpu", 4)
    beside("four", "its storage id has 4 parts", "storage", kind, "0", "cpu")
    beside("seven", "its storage id has 7 parts", "storage", kind, "0", "cpu", 4, None, None)
    beside("type", "the storage's type is a global torch.FloatTensor", "storage", name_of("torch", "FloatTensor"), "0", "cpu", 4)
    beside("type-none", "the storage's type is a none", "storage", None, "0", "cpu", 4)
    beside("key", "the storage's key is not a plain name", "storage", kind, "../0", "cpu", 4)
    beside("location", "its storage's location is a int", "storage", kind, "0", 0, 4)
    beside("size-text", "its storage's size is a string", "storage", kind, "0", "cpu", "4")
    beside("size-float", "its storage's size is a float", "storage", kind, "0", "cpu", b"G" + struct.pack(">d", 4))
    beside("size-zero", "its storage's size is a float", "storage", kind, "0", "cpu", b"G" + struct.pack(">d", -0.0))
    beside("size-bool", "its storage's size is a bool", "storage", kind, "0", "cpu", True)
    beside("size-negative", "its storage has an impossible size of -1", "storage", kind, "0", "cpu", -1)
    beside("part", "its part of a storage is not a key and two numbers", "storage", kind, "0", "cpu", 4, ("1", 0))
    for name, other in (("int", "IntStorage"), ("half", "HalfStorage"), ("untyped", "UntypedStorage"), ("quantized", "QInt32Storage")):
        both = dict_of(("model", weights), ("x", tensor(of=storage(kind=other))))
        bad("two-types-" + name, f"storage '0' has two types: torch.FloatStorage and torch.{other}", both)
        case("old-two-types-" + name, "storage '0' has two types", legacy(both))
    bad("two-sizes", "storage '0' has two sizes: 4 and 3 elements", dict_of(("a", tensor()), ("b", tensor((3,), of=storage(count=3)))))
    byte, untyped = storage(kind="ByteStorage", count=16), storage(kind="UntypedStorage", count=16)
    bad("good-bytes-untyped", "  2 tensors, ", dict_of(("a", tensor((16,), of=byte)), ("b", tensor((16,), of=untyped))), status=0)


def arrays():
    """numpy arrays whose parts do not fit."""
    def dtype(code="f4", order="<", names=None, state=True):
        made = call(name_of("numpy", "dtype"), code, False, True)
        return made + tuple_of(3, order, None, names, names, -1, -1, 0) + b"b" if state else made

    def array(shape=(2,), kind=None, data=b"C\x08" + bytes(8), fortran=False, version=(1,), module="numpy._core"):
        made = call(name_of(module + ".multiarray", "_reconstruct"), name_of("numpy", "ndarray"), (0,), b"C\1b")
        return made + tuple_of(*version, shape, dtype() if kind is None else kind, fortran, data) + b"b"

    def buffer(*args, module="numpy._core"):
        return call(name_of(module + ".numeric", "_frombuffer"), *args)

    def bad_array(name, says, code, status=1):
        bad("array-" + name, says, dict_of(("a", code), ("b", tensor())), status=status)

    encode, eight = name_of("_codecs", "encode"), b"C\x08" + bytes(8)
    bad_array("good", "  2 tensors, ", array(), 0)
    bad_array("good-numpy-1", "  2 tensors, ", array(module="numpy.core"), 0)
    bad_array("good-buffer", "  2 tensors, ", buffer(eight, dtype(), (2,), "C"), 0)
    bad_array("good-axes", "  2 tensors, ", buffer(eight, dtype(), (2, 1), "K", (1, 0)), 0)
    bad_array("good-no-version", "  2 tensors, ", array(version=()), 0)
    bad_array("good-text", "  2 tensors, ", array(data=call(encode, "\x00\xff\u0080a" * 2, "latin1")), 0)
    bad_array("good-empty", "  2 tensors, ", array((0, 3), data=call(name_of("__builtin__", "bytes"))), 0)
    bad_array("no-state", "no valid shape, type and elements", call(name_of("numpy._core.multiarray", "_reconstruct"), 1))
    bad_array("state-three", "no valid shape, type and elements", array() + EMPTY + b"b")
    bad_array("short", "its elements are 8 bytes, but its shape needs 12", array((3,)))
    bad_array("long", "its elements are 8 bytes, but its shape needs 4", array((1,)))
    bad_array("text-short", "its elements are 7 bytes, but its shape needs 8", array(data=call(encode, "a" * 7, "latin1")))
    bad_array("text-wide", "not a text of latin-1", array(data=call(encode, "a" * 7 + "\u0100", "latin1")))
    bad_array("text-coding", "not a text of latin-1", array(data=call(encode, "a" * 8, "utf-8")))
    bad_array("data-list", "its elements are a list of 0, not bytes", array(data=LIST))
    bad_array("shape-list", "its shape is a list of 1", array(list_of(2)))
    bad_array("shape-negative", "its shape has a negative number", array((-2,)))
    bad_array("shape-float", "its shape has a float", array((b"G" + struct.pack(">d", -0.0),)))
    bad_array("shape-rank", "it has 9 dimensions", array((1,) * 9))
    bad_array("shape-huge", "exceeds 64 bits", array((1 << 40, 1 << 40)))
    bad_array("type-int", "its numpy type is a int", array(kind=number(1)))
    bad_array("type-unknown", "its numpy type is 'f16', which torch does not have", array(kind=dtype("f16")))
    bad_array("type-void", "its numpy type is 'V4'", array(kind=dtype("V4")))
    bad_array("type-order", "its numpy type names no byte order", array(kind=dtype(order="=")))
    bad_array("type-state", "its numpy type has no valid state", array(kind=dtype(state=False) + EMPTY + b"b"))
    bad_array("records", "a numpy array of records", array(kind=dtype("V8", names=("x",))))
    bad_array("buffer-three", "no valid shape, type and elements", buffer(eight, dtype(), (2,)))
    bad_array("buffer-order", "no valid shape, type and elements", buffer(eight, dtype(), (2,), "A"))
    for name, axes in (("few", (0,)), ("twice", (0, 0)), ("beyond", (0, 2))):
        bad_array("axes-" + name, "its order of axes is not one of its 2 axes", buffer(eight, dtype(), (2, 1), "K", axes))
    bad_array("setitem", "a numpy array cannot take items", array() + number(0) + NONE + b"s")
    text_of = text("x" * 1000) + b"q\1"
    bad("bomb-texts", "texts stand for more bytes than the pickle has",
        MARK + text_of + encode + b"q\0" + text("latin1") + b"q\2" + b"h\0h\1h\2\x86R" * 9 + b"t")


def modules():
    """Objects that look like a torch.nn.Module."""
    def module(parameters=DICT, buffers=DICT, children=DICT, more=(), omitted=SET):
        state = dict_of(("_parameters", parameters), ("_buffers", buffers), ("_modules", children),
                        ("_non_persistent_buffers_set", omitted), *more)
        return name_of("my.models", "Net") + EMPTY + b"\x81" + state + b"b"

    leaf = module(dict_of(("w", tensor()), ("none", None)))
    bad("module-good", "  1 tensor, ", leaf, status=0)
    bad("module-nested", "  2 tensors, ", module(dict_of(("w", tensor())), children=dict_of(("a", leaf), ("b", None))), status=0)
    bad("module-omitted", "  1 tensor, ",
        module(dict_of(("w", tensor())), dict_of(("b", tensor())), omitted=SET + MARK + text("b") + b"\x90"), status=0)
    old_set = call(name_of("__builtin__", "set"), list_of("b"))
    bad("module-omitted-old", "  1 tensor, ", module(dict_of(("w", tensor())), dict_of(("b", tensor())), omitted=old_set), status=0)
    bad("module-empty", "no tensors in root '.'", module())
    bad("module-attribute", "no tensors in root '.'", module(more=[("x", tensor())]))
    bad("module-twice", "dictionary 'a' has the key 'w' twice", module(children=dict_of(("a", module(dict_of(("w", tensor()), ("w", tensor())))))))
    bad("module-same-name", "'w': two tensors have this name", module(dict_of(("w", tensor())), dict_of(("w", tensor()))))
    bad("module-key", "a none is used as the key of tensors", module(dict_of((None, tensor()))))
    bad("module-string", "only the program that saved it can read", module(parameters=text("x"), children=dict_of(("a", leaf))))
    owner = name_of("my.models", "Net") + EMPTY + b"\x81q\0" + dict_of(
        ("_parameters", dict_of(("w", tensor()))), ("_buffers", DICT), ("_modules", dict_of(("again", b"h\0")))) + b"b"
    bad("module-cycle", "the container contains itself", owner)
    bad("module-parent", "  1 tensor, ", name_of("my.models", "Net") + EMPTY + b"\x81q\0" + dict_of(
        ("_parameters", dict_of(("w", tensor()))), ("_buffers", DICT), ("_modules", DICT), ("parent", b"h\0")) + b"b", status=0)
    bad("module-root", "  1 tensor, ", module(children=dict_of(("a.b", leaf))), status=0, reader="torch:root=a.b")
    bad("module-no-root", "there is no root 'x'", module(children=dict_of(("a", leaf))), reader="torch:root=x")
    many = DICT + MARK + b"".join(number(i) + NONE for i in range(70000)) + b"u"
    bad("module-large-state", "only the program that saved it can read", module(dict_of(("w", tensor())), more=[(i, None) for i in range(2000)]))
    bad("module-large", "  1 tensor, ", module(dict_of(("w", tensor())), many), status=0)


def geometry():
    for name, size, stride, offset, says in (
            ("offset-negative", (4,), (1,), -1, "its offset is negative"),
            ("offset-string", (4,), (1,), "0", "its offset is a string"),
            ("offset-beyond", (4,), (1,), 1, "reaches beyond its storage of 4 elements"),
            ("offset-huge", (1,), (1,), (1 << 63) - 1, "reaches beyond its storage"),
            ("offset-long", (1,), (1,), 1 << 64, "its offset is a long int"),
            ("size-negative", (-4,), (1,), 0, "its size has a negative number at 0"),
            ("size-list", list_of(4), (1,), 0, "its size is a list of 1"),
            ("size-string", ("4",), (1,), 0, "its size has a string, not an int, at 0"),
            ("size-bool", (True,), (1,), 0, "its size has a bool"),
            ("size-long", (1 << 80,), (1,), 0, "its size has a long int"),
            ("size-none", None, (1,), 0, "its size is a none"),
            ("size-minus-zero", (b"G" + struct.pack(">d", -0.0),), (1,), 0, "its size has a float, not an int, at 0"),
            ("size-beyond", (5,), (1,), 0, "reaches beyond its storage of 4 elements"),
            ("stride-negative", (4,), (-1,), 3, "its stride has a negative number at 0"),
            ("stride-string", (4,), "1", 0, "its stride is a string"),
            ("stride-beyond", (2,), (4,), 0, "reaches beyond its storage"),
            ("ranks", (2, 2), (2,), 0, "2 sizes, but 1 strides"),
            ("rank-9", (1,) * 9, (1,) * 9, 0, "it has 9 dimensions, more than the limit of 8"),
            ("product", (1 << 40, 1 << 40), (0, 0), 0, "exceed 64 bits"),
            ("product-bytes", (1 << 62,), (0,), 0, "its size exceeds 64 bits"),
            ("reach", (1 << 40, 2), (1 << 40, 1), 0, "exceed 64 bits"),
            ("expanded", (1 << 30,), (0,), 0, "its repeated elements"),
            ("overlapping", (1 << 15, 1 << 15, 3), (0, 0, 1), 0, "its repeated elements")):
        bad_tensor(name, says, tensor(size, stride, offset))
    each = [(f"t{i}", tensor((1 << 25,), (0,))) for i in range(9)]
    bad("tensor-expanded-sum", "its repeated elements", dict_of(*each))
    part = dict_of(*((i, b"h\0") for i in range(1 << 18)))
    many = dict_of(*((i, part if i < 4 else b"h\0") for i in range(5)))  # the stack holds no more than 1 Mi at once
    bad("tensor-count", "more than 1048576 tensors", MARK + tensor() + b"q\0" + many + b"t")


def rebuilding():
    v1, v2, v3 = utils("tensor"), utils("tensor_v2"), utils("tensor_v3")
    plain = (storage(), 0, (4,), (1,))
    untyped = (storage(kind=name_of("torch.storage", "UntypedStorage"), count=16), 0, (4,), (1,), False, ORDERED)
    float32 = name_of("torch", "float32")
    bad_tensor("v1-three", "with 3 arguments", call(v1, *plain[:3]))
    bad_tensor("v1-five", "with 5 arguments", call(v1, *plain, False))
    bad_tensor("v2-four", "with 4 arguments", call(v2, *plain))
    bad_tensor("v2-eight", "with 8 arguments", call(v2, *plain, False, ORDERED, None, None))
    bad_tensor("v3-six", "with 6 arguments", call(v3, *untyped))
    bad_tensor("v3-dtype-none", "its element type is a none", call(v3, *untyped, None))
    bad_tensor("v3-dtype-other", "its element type is a global os.system", call(v3, *untyped, name_of("os", "system")))
    bad_tensor("v3-dtype-quantized", "torch.quint8, a type that only torch has", call(v3, *untyped,
                                                                                name_of("torch", "quint8")))
    bad_tensor("v3-disagrees", "it is f64, but its storage is a torch.FloatStorage",
               call(v3, *plain, False, ORDERED, name_of("torch", "float64")))
    for note in ("conj", "neg"):
        bad_tensor("v2-" + note, f"a lazy '{note}'", tensor(more=(dict_of((note, True)),)))
        bad_tensor("v3-" + note, f"a lazy '{note}'", call(v3, *untyped, float32, dict_of((note, True))))
    bad_tensor("parameter-int", "the parameter wraps a int", call(utils("parameter"), 1, True, ORDERED))
    bad_tensor("parameter-two", "with 2 arguments", call(utils("parameter"), tensor(), True))
    bad_tensor("parameter-state-three", "with 3 arguments",
               call(utils("parameter_with_state"), tensor(), True, ORDERED))
    bad_tensor("parameter-none", "with 0 arguments", call(name_of("torch.nn.parameter", "Parameter")))
    nested = tensor()
    for _ in range(40):
        nested = call(utils("parameter"), nested, True, ORDERED)
    bad_tensor("parameter-nested", "more than 32 parameters", nested)
    typed = name_of("torch._tensor", "_rebuild_from_type_v2")
    bad_tensor("from-type-three", "without function, type, arguments and state", call(typed, v2, NONE, plain))
    bad_tensor("from-type-int", "without function, type", call(typed, 1, NONE, plain, NONE))
    bad_tensor("from-type-list", "without function, type", call(typed, v2, NONE, list_of(), NONE))
    bad_tensor("from-type-other", "rebuilt by os.system", call(typed, name_of("os", "system"), NONE, ("ls",), NONE))
    for name, says in (("meta_tensor_no_storage", "no data"), ("sparse_tensor", "a sparse tensor"),
                       ("sparse_csr_tensor", "a sparse tensor"), ("qtensor", "quantized by torch"),
                       ("nested_tensor", "a nested tensor"), ("wrapper_subclass", "a wrapper subclass"),
                       ("device_tensor_from_numpy", "kept as a numpy array"),
                       ("device_tensor_from_cpu_tensor", "of another type"), ("xla_tensor", "an XLA tensor")):
        bad_tensor(name.replace("_", "-"), says, call(utils(name), 1))


# ---------------------------------------------------------------- torch.save before 1.6, and storages in pickles


def before_1_6():
    def old(name, says, body, storages=(("0", 4, bytes(16)),), status=1, **options):
        case("old-" + name, says, legacy(body, storages, **options), status)

    def with_id(name, says, *parts, **options):
        old(name, says, dict_of(("a", tensor(of=tuple_of(*parts) + b"Q"))), **options)

    one, kind = dict_of(("a", tensor())), name_of("torch", "FloatStorage")
    two = dict_of(("a", tensor()), ("b", tensor(of=storage("1"))))
    both = [("0", 4, bytes(16)), ("1", 4, bytes(16))]
    for protocol in range(2, 6):
        old(f"good-{protocol}", "  1 tensor, ", one, status=0, protocol=protocol)
    old("good-two", "  2 tensors, ", two, both, status=0)
    old("good-order", "  2 tensors, ", two, both[::-1], status=0)
    old("good-long-keys", "  2 tensors, ", dict_of(("a", tensor()), ("b", tensor(of=storage("00")))),
        [("0", 4, bytes(16)), ("00", 4, bytes(16))], status=0)
    old("good-long-string", "  1 tensor, ", dict_of(("x", "y" * 200_000), ("a", tensor())), status=0)
    old("good-none", "  1 tensor, ", dict_of(("a", tensor((0,), of=storage(count=0)))), [("0", 0, b"")], status=0)
    old("good-big-endian", "  1 tensor, ", one, status=0, system=dict_of(("little_endian", False)))
    old("good-part", "  1 tensor, ", dict_of(("a", tensor((3,), of=storage(more=(("1", 1, 3),))))), status=0)
    old("good-quantized-beside", "  1 tensor, ",
        dict_of(("model", one), ("q", tensor(of=storage("1", "QInt32Storage")))), both, status=0)
    old("good-untyped", "  1 tensor, ", dict_of(("a", tensor(of=storage(kind="UntypedStorage", count=16)))),
        [("0", 16, bytes(16))], status=0)
    old("good-module", "  1 tensor, ",
        dict_of(("model", one), ("net", tuple_of("module", name_of("a", "Net"), "a.py", "class Net:") + b"Q" + EMPTY + b"\x81")),
        status=0)
    old("module-five", "the persistent id is not that of a storage",
        dict_of(("model", one), ("net", tuple_of("module", name_of("a", "Net"), "a.py", "text", 1) + b"Q")))
    for name, number_of_format in (("1000", 1000), ("text", "1001"), ("none", None), ("long", 1 << 70)):
        old("protocol-" + name, "old format is not 1001", one, number_of_format=number_of_format)
    old("system", "expected a dictionary of machine facts, found a list of 0", one, system=LIST)
    old("keys-dict", "expected the list of storages, found a dict of 0", one, keys=DICT)
    old("keys-int", "the list of storages contains a int", one, keys=list_of(0))
    old("keys-twice", "storage '0' is listed twice", one, both, keys=list_of("0", "0"))
    old("keys-more", "storage '1' is listed, but no tensor uses it", one, both)
    old("keys-fewer", "storage '1' is not in the list of storages", two)
    old("keys-none", "storage '0' is not in the list of storages", one, [])
    old("count-more", "storage '0' has 5 elements, but the pickle says 4", one, [("0", 5, bytes(20))])
    old("count-fewer", "storage '0' has 3 elements, but the pickle says 4", one, [("0", 3, bytes(16))])
    old("count-negative", "storage '0' has 18446744073709551615 elements", one, [("0", -1, bytes(16))])
    old("count-bytes", "storage '0' has 16 elements, but the pickle says 4", one, [("0", 16, bytes(16))])
    old("short", "storage '0' has 16 bytes, but the file ends after 15 of them", one, [("0", 4, bytes(15))])
    old("short-second", "storage '1' is missing: the file ends before it", two, [("0", 4, bytes(16))],
        keys=list_of("0", "1"))
    old("huge", "but the file ends after 16 of them", dict_of(("a", tensor(of=storage(count=1 << 40)))),
        [("0", 1 << 40, bytes(16))])
    old("tail", "1 bytes follow the last storage", one, tail=b"x")
    old("second-tail", "follow the last storage", one, both, keys=list_of("0"))
    old("two-sizes", "storage '0' has two sizes", dict_of(("a", tensor()), ("b", tensor((3,), of=storage(count=3)))))
    with_id("type-typed", "TypedStorage, of unknown size", "storage", name_of("torch.storage", "TypedStorage"), "0", "cpu", 4)
    with_id("type-other", "the storage's type is a global os.system", "storage", name_of("os", "system"), "0", "cpu", 4)
    with_id("type-string", "the storage's type is a string", "storage", "FloatStorage", "0", "cpu", 4)
    with_id("id-four", "its storage id has 4 parts", "storage", kind, "0", "cpu")
    with_id("id-negative", "an impossible size of -4", "storage", kind, "0", "cpu", -4)
    with_id("id-key", "the storage's key is a int", "storage", kind, 0, "cpu", 4)
    with_id("id-location", "location is a none", "storage", kind, "0", None, 4)
    old("quantized", "quantized by torch", dict_of(("a", tensor(of=storage(kind="QInt8Storage")))), [("0", 4, bytes(4))])
    old("opcode", "pickle opcode INST: not an opcode of plain data", b"ios\nsystem\n")
    old("unknown", "the byte 0xff is not an opcode", b"\xff")
    whole = legacy(one)
    ends = [i + 1 for i in range(len(whole) - 1) if whole[i:i + 2] == b".\x80"]
    for n in (14, 20, ends[0] + 1, ends[1] + 1, ends[1] + 3, ends[2] + 1, ends[2] + 40, ends[3] + 1, ends[3] + 4):
        case(f"cut-old-{n:03}", "pickle opcode", whole[:n])
    long = legacy(dict_of(("x", "y" * 200_000), ("a", tensor())))
    case("cut-old-string", "pickle opcode BINUNICODE: 200000 bytes needed", long[:100_000])
    case("cut-old-string-length", "pickle opcode BINUNICODE: 4 bytes needed", long[:long.index(b"y") - 2])
    case("cut-old-storage", "storage '0' is missing", whole[:-17])


def inside():
    inner = name_of("torch.storage", "_load_from_bytes")
    good = legacy(storage())

    def bare(name, says, *args, status=1, protocol=4):
        case("bare-" + name, says, pickle(dict_of(("a", tensor(of=call(inner, *args)))), protocol), status)

    def data(content):
        return b"B" + struct.pack("<I", len(content)) + content

    bare("good", "  1 tensor, ", data(good), status=0)
    bare("good-5", "  1 tensor, ", data(legacy(storage(), protocol=5)), status=0, protocol=5)
    bare("none", "its storage is not loaded from exactly one value")
    bare("two", "its storage is not loaded from exactly one value", data(good), 1)
    bare("int", "its storage is loaded from a int", 1)
    def encoded(data, coding="latin1"):
        return call(name_of("_codecs", "encode"), data.decode("latin1"), coding)

    bare("good-text", "  1 tensor, ", encoded(good), status=0)
    bare("text", "is not in torch.save's old format", encoded(b"abc"))
    bare("text-coding", "its storage is loaded from a object of _codecs.encode", encoded(good, "utf-8"))
    bare("text-wide", "its storage is loaded from a object of _codecs.encode", call(name_of("_codecs", "encode"), "a\u0100", "latin1"))
    bare("text-cut", "the file ends after 15 of them", encoded(good[:-1]))
    bare("other", "is not in torch.save's old format", data(b"PK\3\4"))
    bare("empty", "is not in torch.save's old format", data(b""))
    bare("inner-int", "expected its storage, found a int", data(legacy(number(1), [])))
    bare("inner-tensor", "expected its storage, found a tensor", data(legacy(tensor())))
    bare("inner-tail", "1 bytes follow the last storage", data(good + b"x"))
    bare("inner-short", "the file ends after 15 of them", data(good[:-1]))
    bare("inner-protocol", "old format is not 1001", data(legacy(storage(), number_of_format=7)))
    bare("inner-cut", "pickle opcode BININT: 4 bytes needed", data(good[:20]))
    bare("inner-inner", "expected its storage", data(legacy(call(inner, data(good)), [])))


# ---------------------------------------------------------------- accepted


def python_pickles():
    """The same checkpoint by Python's pickler, in every binary protocol."""
    utils_module, torch = types.ModuleType("torch._utils"), types.ModuleType("torch")

    def _rebuild_tensor_v2(*args):
        raise AssertionError

    for module, item in ((utils_module, _rebuild_tensor_v2), (torch, type("FloatStorage", (), {}))):
        item.__module__, item.__qualname__ = module.__name__, item.__name__
        setattr(module, item.__name__, item)
        sys.modules[module.__name__] = module
    torch._utils = utils_module

    class Storage:
        pass

    class Tensor:
        def __reduce__(self):
            return _rebuild_tensor_v2, (Storage(), 0, (2, 2), (2, 1), False, {})

    class Pickler(python_pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", torch.FloatStorage, "0", "cpu", 4) if isinstance(obj, Storage) else None

    shared = {"step": 3, 1.5: [1 << 40, -(1 << 40), 1 << 200, b"bytes", bytearray(b"more"), 2j, "\u00e9" * 300]}
    content = {"model": {"w": Tensor(), "list": [Tensor(), (Tensor(),)], 7: Tensor()}, "sets": {1, 2},
               "frozen": frozenset("ab"), "range": range(3), "shared": [shared, shared], "none": None, "yes": True,
               "namespace": types.SimpleNamespace(a=1), "exception": ValueError("x"), "class": dict}
    for protocol in range(1, 6):
        buffer = io.BytesIO()
        Pickler(buffer, protocol).dump(content)
        case(f"good-protocol-{protocol}", "pickle opcode INT" if protocol == 1 else "  4 tensors, ", saved(buffer.getvalue()),
             status=int(protocol == 1))


def accepted():
    case("good", "  1 tensor, ", saved(GOOD), status=0)
    case("good-no-byteorder", "  1 tensor, ", saved(GOOD, byteorder=None), status=0)
    case("good-no-crc", "  1 tensor, ", saved(GOOD, crc=False), status=0)
    case("good-crc-ignored", "  1 tensor, ", saved(GOOD).replace(b"\x07\x08\x09", b"\x08\x07\x09"), status=0,
         reader="torch:crc=ignore")
    case("good-version-10", "  1 tensor, ", saved(GOOD, version=b"10\n"), status=0)
    bad("good-bare", "  1 tensor, ", tensor(), status=0)
    bad("good-parameter", "  1 tensor, ", dict_of(("a", call(name_of("torch.nn.parameter", "Parameter"), tensor(), True))),
        status=0)
    bad("good-size", "  1 tensor, ", dict_of(("a", tensor(call(name_of("torch", "Size"), (4,))))), status=0)
    bad("good-cuda", "  1 tensor, ", dict_of(("a", tensor(of=storage(kind=name_of("torch.cuda", "FloatStorage"))))),
        status=0)
    bad("good-untyped", "  1 tensor, ", dict_of(("a", tensor(of=storage(kind="UntypedStorage", count=16)))), status=0)
    bad("good-six", "  1 tensor, ", dict_of(("a", tensor(of=storage(more=(None,))))), status=0)
    bad("good-notes", "  1 tensor, ", dict_of(("a", tensor(more=(dict_of(("conj", False)),)))), status=0)
    bad("good-empty-far", "  1 tensor, ", dict_of(("a", tensor((0, 4), (4, 1), 4))), status=0)
    bad("good-os-system", "  1 tensor, ", dict_of(("a", tensor()), ("x", call(name_of("os", "system"), "touch pwned"))),
        status=0)
    bad("good-eval", "  1 tensor, ", dict_of(("a", tensor()), ("x", call(name_of("builtins", "eval"), "1"))), status=0)
    bad("good-computed", "  1 tensor, ",
        dict_of(("a", tensor()), ("x", call(call(name_of("builtins", "getattr"), 1, "real")))), status=0)
    doubled = LIST + b"q\0" + b"".join(b"]q" + bytes([i]) + b"(h" + bytes([i - 1]) + b"h" + bytes([i - 1]) + b"e"
                                       for i in range(1, 60))
    bad("good-bomb-outside", "  1 tensor, ",
        dict_of(("model", dict_of(("a", tensor()))), ("x", MARK + doubled + b"t")), status=0)
    broken = dict_of(("sparse", call(utils("sparse_tensor"), 1)), ("gone", tensor(of=storage("9"))))
    bad("good-strange-outside", "  1 tensor, ", dict_of(("module", dict_of(("a", tensor()))), ("optimizer", broken)),
        status=0)
    owner = name_of("omegaconf", "DictConfig") + EMPTY + b"\x81q\0" + dict_of(("_parent", b"h\0")) + b"b"
    bad("good-object-cycle", "  1 tensor, ", dict_of(("a", tensor()), ("config", owner)), status=0)
    bad("good-model-config", "  1 tensor, ",
        dict_of(("model", dict_of(("layers", 3))), ("state_dict", dict_of(("a", tensor())))), status=0)
    two = dict_of(("model", dict_of(("a", tensor()))), ("ema", dict_of(("a", tensor()), ("b", tensor()))))
    bad("good-root-ema", "  2 tensors, ", two, status=0, reader="torch:root=ema")
    bad("good-root-all", "  3 tensors, ", two, status=0, reader="torch:root=.")
    numbers = dict_of(("m", dict_of((7, dict_of(("a", tensor()))), (-1, NONE))))
    bad("good-root-int", "  1 tensor, ", numbers, status=0, reader="torch:root=m.7")
    bad("root-int-other", "there is no root 'm.8': 'm' is a dict of 2", numbers, reader="torch:root=m.8")
    deque = call(name_of("collections", "deque"))
    default = call(name_of("collections", "defaultdict"), name_of("builtins", "list"))
    bad("good-object-items", "  1 tensor, ",
        dict_of(("a", tensor()), ("d", deque + number(1) + b"a" + MARK + number(2) + number(3) + b"e"),
                ("e", default + text("k") + LIST + b"s" + MARK + text("l") + NONE + b"u")), status=0)
    bad("object-items", "the tensors are inside a object of collections.deque", dict_of(("a", tensor()), ("d", deque + tensor() + b"a")))
    bad("good-facts", "  1 tensor, ", dict_of(("a", tensor()), ("epoch", 3), ("loss", b"G?\xe0" + bytes(6)), ("name", "x\n"), ("arch", "net")), status=0)
    bad("good-keywords", "  1 tensor, ",
        dict_of(("a", tensor()), ("x", name_of("a", "B") + EMPTY + dict_of(("k", 1)) + b"\x92")), status=0)
    bad("good-root-dotted", "  1 tensor, ", dict_of(("a.b", list_of(NONE, dict_of(("c", tensor()))))), status=0,
        reader="torch:root=a.b.1.c")


def truncations():
    """Every prefix of a good pickle."""
    content = dict_of(("a", tensor()), (1, FALSE), ("b", call(utils("tensor_v3"), 1 << 40, b"C\x01x", SET)))
    whole = b"\x80\x02\x95" + struct.pack("<Q", len(content) + 1) + content + STOP
    for n in range(len(whole)):
        if n < 11:
            data = whole[:n]
        else:
            data = b"\x80\x02\x95" + struct.pack("<Q", n - 11) + whole[11:n]
        case(f"cut-{n:03}", "pickle opcode", saved(data))


def cases():
    """name → (exit status, reader, what is said, the file)"""
    for part in (archives, stack, containers, bounds, at_limits, names, storages, ids_anywhere, arrays, modules, geometry, rebuilding, before_1_6, inside, accepted,
                 python_pickles, truncations):
        part()
    return CASES


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, (status, reader, says, data) in cases().items():
        # (beginning, size): the rest is zeroes, which take no room.
        start, size = data if isinstance(data, tuple) else (data, len(data))
        with (folder / f"{name}.pt").open("wb") as f:
            f.write(start)
            f.truncate(size)
        lines.append(f"{name}\t{status}\t{reader}\t{says}\n")
    (folder / "cases.tsv").write_text("".join(lines))


if __name__ == "__main__":
    main()
