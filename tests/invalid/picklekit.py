"""Assemble pickles byte by byte, and torch-like archives around them.  Python's standard library only.
SPDX-License-Identifier: Apache-2.0
"""

import struct
import zlib

NONE, TRUE, FALSE, STOP, MARK = b"N", b"\x88", b"\x89", b".", b"("
LIST, DICT, SET, EMPTY = b"]", b"}", b"\x8f", b")"


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(1 << 31) <= value < 1 << 31:
        return b"J" + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def value(item):
    """Ints, strings, None, bools, tuples; bytes are code already."""
    if isinstance(item, bytes):
        return item
    if item is None:
        return NONE
    if isinstance(item, bool):
        return TRUE if item else FALSE
    if isinstance(item, int):
        return number(item)
    if isinstance(item, str):
        return text(item)
    return tuple_of(*item)


def tuple_of(*items):
    return MARK + b"".join(map(value, items)) + b"t"


def list_of(*items):
    return LIST + MARK + b"".join(map(value, items)) + b"e"


def dict_of(*pairs):
    return DICT + MARK + b"".join(value(key) + value(item) for key, item in pairs) + b"u"


def name_of(module, name):
    return f"c{module}\n{name}\n".encode()


def call(function, *args):
    return function + tuple_of(*args) + b"R"


ORDERED = call(name_of("collections", "OrderedDict"))


def utils(name):
    return name_of("torch._utils", "_rebuild_" + name)


def storage(key="0", kind="FloatStorage", count=4, *, where="cpu", tag="storage", more=()):
    kind = name_of("torch", kind) if isinstance(kind, str) else kind
    return tuple_of(tag, kind, key, where, count, *more) + b"Q"


def tensor(size=(4,), stride=(1,), offset=0, of=None, more=()):
    return call(utils("tensor_v2"), of or storage(), offset, size, stride, False, ORDERED, *more)


def pickle(body, protocol=2):
    return b"\x80" + bytes([protocol]) + body + STOP


def checkpoint(*pairs):
    return pickle(dict_of(*pairs))


def archive(records, root="archive", crc=True):
    """Returns a zip file as torch writes it: stored, aligned, sizes only after the data and in the directory."""
    out, directory = bytearray(), bytearray()
    for name, data in records:
        path, start = f"{root}/{name}".encode() if root else name.encode(), len(out)
        check = zlib.crc32(data) if crc else 0
        pad = -(start + 30 + len(path) + 4) % 64
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, 0x808, 0, 0, 0, 0, 0, 0, len(path), pad + 4)
        out += path + struct.pack("<HH", 0x4246, pad) + b"Z" * pad + data
        out += struct.pack("<IIII", 0x08074B50, check, len(data), len(data))
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, 0x808, 0, 0, 0, check, len(data),
                                 len(data), len(path), 0, 0, 0, 0, 0, start) + path
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, len(records), len(records), len(directory), len(out), 0)
    return bytes(out + directory + end)


def saved(data, *, records=None, version=b"3\n", byteorder=b"little", extra=(), **options):
    """Returns the file with this pickle, one storage '0' of 16 bytes, and the other members that torch writes."""
    members = [("data.pkl", data), ("byteorder", byteorder)]
    members += records if records is not None else [("data/0", bytes(range(16)))]
    members += [("version", version), *extra]
    return archive([member for member in members if member[1] is not None], **options)


MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19"


def framed(body, protocol):
    """A pickle; from protocol 4 on with a frame, as Python writes it."""
    if protocol >= 4:
        body = b"\x95" + struct.pack("<Q", len(body) + 1) + body
    return pickle(body, protocol)


def legacy(body, storages=(("0", 4, bytes(range(16))),), *, protocol=2, number_of_format=1001, system=DICT, keys=None,
           tail=b""):
    """Returns a file as torch.save wrote it before 1.6. storages: (key, elements, bytes)."""
    keys = list_of(*(key for key, _, _ in storages)) if keys is None else keys
    parts = [MAGIC, value(number_of_format), system, body, keys]
    out = b"".join(framed(part, protocol) for part in parts)
    return out + b"".join(struct.pack("<q", count) + data for _, count, data in storages) + tail
