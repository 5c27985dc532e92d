"""Assemble zip archives field by field, so that any one of them can be wrong.  Python's standard library only.
SPDX-License-Identifier: Apache-2.0
"""

import struct
import zlib

DESCRIPTOR = 1 << 3
UTF8 = 1 << 11
STORED, DEFLATED = 0, 8


def deflate(data, level=9):
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


class Member:
    """A member; `local`, `central` and `descriptor` override what the data says.

    unlisted: it is not in the directory.  Keys of local and central: name, flags, method, crc, packed, size, extra; central also disk, header.
    descriptor: None: by the flags; bytes: those; a dict: crc, packed, size.
    """

    def __init__(self, name, data, *, method=STORED, flags=DESCRIPTOR | UTF8, packed=None, local=None, central=None,
                 descriptor=None, align=64, unlisted=False):
        self.name = name if isinstance(name, bytes) else name.encode()
        self.data = data
        self.method = method
        self.flags = flags
        self.packed = packed if packed is not None else deflate(data) if method == DEFLATED else data
        self.local = local or {}
        self.central = central or {}
        self.descriptor = descriptor
        self.align = align
        self.unlisted = unlisted

    def fields(self):
        return {"name": self.name, "flags": self.flags, "method": self.method, "crc": zlib.crc32(self.data),
                "packed": len(self.packed), "size": len(self.data), "extra": b"", "disk": 0}

    def local_bytes(self, start):
        f = self.fields()
        if self.flags & DESCRIPTOR:
            f.update(crc=0, packed=0, size=0)
        if self.align and "extra" not in self.local:
            pad = -(start + 34 + len(self.name)) % self.align
            f["extra"] = struct.pack("<HH", 0x4246, pad) + b"Z" * pad
        f.update(self.local)
        return struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, f["flags"], f["method"], 0, 0, f["crc"], f["packed"],
                           f["size"], len(f["name"]), len(f["extra"])) + f["name"] + f["extra"]

    def descriptor_bytes(self):
        if isinstance(self.descriptor, bytes):
            return self.descriptor
        if not self.flags & DESCRIPTOR:
            return b""
        f = {**self.fields(), **(self.descriptor or {})}
        return struct.pack("<IIII", 0x08074B50, f["crc"], f["packed"], f["size"])

    def central_bytes(self, start):
        f = {**self.fields(), "header": start, **self.central}
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, f["flags"], f["method"], 0, 0, f["crc"],
                           f["packed"], f["size"], len(f["name"]), len(f["extra"]), 0, f["disk"], 0, 0,
                           f["header"]) + f["name"] + f["extra"]


def build(members, *, before=b"", between=b"", behind=b"", after=b"", comment=b"", shift=0, zip64=None, **end):
    """The archive.  before, between, behind, after: foreign bytes in front of all, before the directory, behind it,
    at the end; shift: added to all offsets; zip64: a dict that overrides fields of a zip64 end record.
    end: disk, dir_disk, n_here, n, dir_size, dir_start of the end record.
    """
    out, directory = bytearray(before), bytearray()
    for member in members:
        start = len(out)
        out += member.local_bytes(start) + member.packed + member.descriptor_bytes()
        directory += b"" if member.unlisted else member.central_bytes(start + shift)
    out += between
    n = sum(not member.unlisted for member in members)
    f = {"disk": 0, "dir_disk": 0, "n_here": n, "n": n, "dir_size": len(directory),
         "dir_start": len(out) + shift}
    out += directory + behind
    if zip64 is not None:
        out += end64(len(out), {**f, **zip64})
    f.update(end)
    out += struct.pack("<IHHHHIIH", 0x06054B50, f["disk"], f["dir_disk"], f["n_here"], f["n"], f["dir_size"],
                       f["dir_start"], len(comment))
    return bytes(out + comment + after)


def end64(at, f):
    """A zip64 end record and its locator."""
    record = struct.pack("<IQHHIIQQQQ", f.get("mark", 0x06064B50), f.get("length", 44), 45, 45, f["disk"],
                         f["dir_disk"], f["n_here"], f["n"], f["dir_size"], f["dir_start"])
    return record + struct.pack("<IIQI", 0x07064B50, f.get("locator_disk", 0), f.get("at", at), f.get("disks", 1))
