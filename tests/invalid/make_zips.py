#!/usr/bin/env python3
"""Write torch-like zip archives with one thing wrong each, and unusual valid ones, into a folder.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per file: name, exit status, reader, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import struct
import sys
from pathlib import Path

from picklekit import checkpoint, tensor
from zipkit import DEFLATED, DESCRIPTOR, UTF8, Member, build, deflate

PICKLE = checkpoint(("a", tensor()))
DATA = bytes(range(16))
ONES16, ONES32 = 0xFFFF, 0xFFFFFFFF
NO_DESCRIPTOR = {"flags": UTF8}
CASES = {}


def case(name, says, data, status="1", reader="torch"):
    assert name not in CASES, name
    CASES[name] = (status, reader, says, data)


def good(name, data, says="", **options):
    case(name, says, data, status="0", **options)


def members(pickle=None, data=None, version=None, root="archive", extra=()):
    """Members that torch writes; for some, keywords of their Member."""
    return [Member(f"{root}/data.pkl", PICKLE, **(pickle or {})), Member(f"{root}/byteorder", b"little"),
            Member(f"{root}/data/0", DATA, **(data or {})), Member(f"{root}/version", b"3\n", **(version or {})),
            *extra]


def with_data(name, says, **keywords):
    """Something is wrong with data/0."""
    case(name, says, build(members(data=keywords)))


def good_data(name, **keywords):
    good(name, build(members(data=keywords)))


def with_end(name, says, **keywords):
    """Something is wrong outside of the members."""
    case(name, says, build(members(), **keywords))


def patched(data, at, new):
    return data[:at] + new + data[at + len(new):]


# ---------------------------------------------------------------- the end of the archive


def two_ends():
    """An archive with a member that is an end record, whose comment is all the rest."""
    def made(comment):
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0, 0, 0, 0, comment)
        return build(members(extra=[Member("archive/end", end)]))
    plain = made(0)
    return made(len(plain) - plain.index(b"PK\5\6") - 22)


def ends():
    whole = build(members())
    good("plain", whole)
    case("end-missing", "the end record of the zip archive is missing", whole[:-22])
    case("end-cut", "the end record of the zip archive is missing", whole[:-1])
    case("end-only", "the zip archive has no members", build([]))
    case("end-twice", "22 extra bytes before the archive or after its directory", whole + whole[-22:])
    case("end-in-member", "the archive has two end records", two_ends())
    with_end("comment", "5 bytes follow the end of the zip archive (a comment or other data)", comment=b"hello")
    case("comment-missing", "declares a comment of 5 bytes, which is missing",
         patched(whole, len(whole) - 2, b"\5\0"))
    with_end("tail", "7 bytes follow the end of the zip archive", after=b"foreign")
    with_end("prefix", "7 extra bytes before the archive", before=b"PK\3\4ign", shift=-7)
    with_end("prefix-known", "7 extra bytes before the first member", before=b"PK\3\4ign")
    with_end("behind-directory", "7 extra bytes before the archive or after its directory",
             behind=b"foreign")
    for name, fields in (("this", {"disk": 1}), ("of-directory", {"dir_disk": 1}), ("members-here", {"n_here": 3})):
        with_end("disk-" + name, "the zip archive is split over several disks", **fields)


def directories():
    whole = build(members())
    start, size = whole.index(b"PK\1\2"), whole.index(b"PK\5\6") - whole.index(b"PK\1\2")
    with_end("count-0", "the zip archive has no members", n=0, n_here=0)
    with_end("count-less", "extra bytes follow the last entry of the central directory", n=3, n_here=3)
    with_end("count-more", "the central directory ends in the middle of an entry", n=5, n_here=5)
    with_end("count-many", "1000 members do not fit in a directory of", n=1000, n_here=1000)
    with_end("directory-short", "1 extra bytes", dir_size=size - 1)
    with_end("directory-long", "does not fit before its end record", dir_size=size + 1)
    with_end("directory-early", "1 extra bytes", dir_start=start - 1)
    with_end("directory-late", "does not fit before its end record", dir_start=start + 1)
    with_end("directory-shifted", "an entry of the central directory is missing here",
             dir_start=start - 1, dir_size=size + 1)
    with_end("directory-beyond", "does not fit before its end record", dir_start=0x7FFFFFFF)
    case("directory-mark", "an entry of the central directory is missing here", patched(whole, start, b"PK\1\3"))
    for name, at in (("name", 28), ("extra", 30), ("comment", 32)):
        case(f"directory-{name}-long", "the central directory ends in the middle of an entry",
             patched(whole, start + at, b"\xff\xff"))


def ends64():
    ones = {"n": ONES16, "n_here": ONES16, "dir_size": ONES32, "dir_start": ONES32}
    good("zip64", build(members(), zip64={}, **ones))
    good("zip64-not-needed", build(members(), zip64={}))
    for field, value in ones.items():
        with_end(f"zip64-missing-{field}", "refers to a zip64 end record, which is missing", **{field: value})
    for field in ("n", "dir_size", "dir_start"):
        with_end(f"zip64-contradicts-{field}", "the two end records of the zip archive contradict", zip64={field: 1})
    with_end("zip64-place", "the zip64 locator does not point to the record just before it", zip64={"at": 0})
    with_end("zip64-place-beyond", "the zip64 locator does not point to the record just before it", zip64={"at": 1 << 63})
    with_end("zip64-mark", "a zip64 end record of 56 bytes is missing", zip64={"mark": 0x06064B51})
    with_end("zip64-length", "a zip64 end record of 56 bytes is missing", zip64={"length": 45})
    with_end("zip64-disk", "split over several disks", zip64={"disk": 1}, disk=ONES16)
    with_end("zip64-disks", "split over several disks", zip64={"disks": 2})
    with_end("zip64-locator-disk", "split over several disks", zip64={"locator_disk": 1})
    with_end("zip64-start-huge", "does not fit before its end record", zip64={"dir_start": 1 << 63}, **ones)
    with_end("zip64-size-huge", "does not fit before its end record", zip64={"dir_size": (1 << 64) - 1}, **ones)
    with_end("zip64-count-huge", "18446744073709551615 members do not fit",
             zip64={"n": (1 << 64) - 1, "n_here": (1 << 64) - 1}, **ones)


# ---------------------------------------------------------------- entries of the directory


def entries():
    for bit, name in ((0, "weak"), (6, "strong"), (13, "masked")):
        flags = DESCRIPTOR | UTF8 | 1 << bit
        with_data("encrypted-" + name, "member 'archive/data/0' is encrypted", flags=flags)
    with_data("flags-patch", "has unknown flags: 0x0828", flags=DESCRIPTOR | UTF8 | 1 << 5)
    for method in (1, 9, 12, 14, 93, 99):
        with_data(f"method-{method}", f"uses compression method {method}", method=method)
    with_data("disk", "member 'archive/data/0' is on another disk", central={"disk": 1})
    place = build(members()).index(b"archive/data/0") - 30
    with_data("header-shifted", "member 'archive/data/0': its local header is missing here",
              central={"header": place + 1})
    with_data("header-beyond", "extend into the central directory", central={"header": 0x7FFFFFFF})
    with_data("stored-sizes", "is stored, but its two sizes differ: 15 and 16", central={"packed": 15})
    with_data("packed-beyond", "extend into the central directory", central={"packed": 1 << 20, "size": 1 << 20})
    with_data("packed-most", "extend into the central directory", central={"packed": ONES32 - 1, "size": ONES32 - 1})
    case("folder-with-bytes", "is a folder but has data", build(members(extra=[Member("archive/x/", b"bytes")])))
    good("folder", build(members(extra=[Member("archive/x/", b"")])))
    good("gap-before-directory", build(members(), between=b"padding"))
    good("gap-large", build(members(), between=bytes(200_000) + b"PK\3"))


def unlisted():
    """Records that the directory does not list: what reads without it would see another archive."""
    says = "a record that the central directory does not list"
    hidden = Member("archive/data/1", b"hidden", unlisted=True)
    case("unlisted-last", says, build(members(extra=[hidden])))
    case("unlisted-first", "extra bytes before the first member", build([hidden, *members()]))
    first, *others = members()
    case("unlisted-between", says, build([first, hidden, *others]))
    case("unlisted-twin", says, build([first, Member("archive/data/0", bytes(16), unlisted=True), *others]))
    for padding in (0, 1, 65_530, 65_533, 65_536, 131_069):
        case(f"unlisted-after-{padding}", says, build(members(), between=bytes(padding) + hidden.local_bytes(0) + b"hidden"))


def field64(*values, kind=1):
    data = b"".join(struct.pack("<Q", value) for value in values)
    return struct.pack("<HH", kind, len(data)) + data


def entries64():
    sizes = {"size": ONES32, "packed": ONES32}
    good_data("wide", central={**sizes, "extra": field64(16, 16)})
    good_data("wide-among-others", central={**sizes, "extra": field64(7, kind=0x5455) + field64(16, 16)})
    with_data("wide-missing", "its zip64 field is missing or too short", central=sizes)
    with_data("wide-half", "its zip64 field is missing or too short", central={**sizes, "extra": field64(16)})
    with_data("wide-short", "its zip64 field is missing or too short",
              central={**sizes, "extra": b"\1\0\4\0\20\0\0\0"})
    with_data("wide-long", "longer than the header requires", central={"size": ONES32, "extra": field64(16, 16)})
    with_data("wide-unasked", "longer than the header requires", central={"extra": field64(16)})
    with_data("wide-twice", "this header has two zip64 fields", central={**sizes, "extra": field64(16, 16) * 2})
    with_data("wide-size-huge", "is stored, but its two sizes differ",
              central={**sizes, "extra": field64(1 << 63, 16)})
    with_data("wide-packed-huge", "extend into the central directory", central={**sizes, "extra": field64(16, (1 << 64) - 1)})
    with_data("wide-header-huge", "extend into the central directory", central={"header": ONES32, "extra": field64(1 << 63)})
    with_data("extra-malformed", "the extra fields of this header are malformed", central={"extra": b"\1\0\x08\0\0"})
    with_data("extra-stub", "the extra fields of this header are malformed", central={"extra": b"\1\0"})


# ---------------------------------------------------------------- local headers and descriptors


def locals_():
    about = "member 'archive/data/0': header and directory disagree about the "
    with_data("local-name", about + "name", local={"name": b"archive/data/1"})
    with_data("local-name-short", about + "name", local={"name": b"archive/data/"})
    with_data("local-method", about + "method", local={"method": DEFLATED})
    with_data("local-flags", about + "flags", local={"flags": DESCRIPTOR | UTF8 | 1})
    with_data("local-descriptor-flag", about + "flags", local={"flags": UTF8})
    with_data("local-size", about + "size", local={"size": 17})
    with_data("local-packed", about + "size", local={"packed": 17})
    with_data("local-crc", about + "checksum", local={"crc": 1})
    with_data("local-zeroes", about + "checksum", **NO_DESCRIPTOR, local={"crc": 0})
    with_data("local-size-zero", about + "size", **NO_DESCRIPTOR, local={"size": 0})
    with_data("local-packed-zero", about + "size", **NO_DESCRIPTOR, local={"packed": 0})
    with_data("local-wide-missing", about + "size", local={"size": ONES32})
    with_data("local-wide-size", about + "size", local={"size": ONES32, "packed": ONES32, "extra": field64(17, 16)})
    with_data("local-wide-unasked", "the header's zip64 field contradicts", local={"extra": field64(3)})
    with_data("local-wide-twice", "this header has two zip64 fields", local={"extra": field64() * 2})
    with_data("local-extra", "the extra fields of this header are malformed", local={"extra": b"FB\xff\0Z"})
    whole = build(members())
    at = whole.rindex(b"PK\3\4")
    case("local-mark", "member 'archive/version': its local header is missing here", patched(whole, at, b"PK\3\5"))
    case("local-name-long", "its local header extends into the directory", patched(whole, at + 26, b"\xff\xff"))
    case("local-extra-long", "its local header extends into the directory", patched(whole, at + 28, b"\xff\xff"))
    crc = Member("", DATA).fields()["crc"]
    good_data("local-repeats", local={"crc": crc, "size": 16, "packed": 16})
    good_data("local-complete", **NO_DESCRIPTOR)
    good_data("local-utf8-flag", local={"flags": DESCRIPTOR})
    good_data("local-unaligned", align=0)


def descriptors():
    wrong = "member 'archive/data/0': its data descriptor does not agree with the directory"
    crc = Member("", DATA).fields()["crc"]
    with_data("descriptor-missing", wrong, descriptor=b"")
    with_data("descriptor-unmarked", wrong, descriptor=struct.pack("<III", crc, 16, 16))
    for field in ("crc", "size", "packed"):
        with_data("descriptor-" + field, wrong, descriptor={field: 1})
    case("descriptor-last", "its data descriptor extends into the directory",
         build(members(version={"descriptor": b"PK\7\10"})))
    wide = {"extra": field64(0, 0)}
    with_data("descriptor-narrow", wrong, local=wide)
    good_data("descriptor-wide", local=wide, descriptor=struct.pack("<IIQQ", 0x08074B50, crc, 16, 16))


def overlaps():
    with_data("same-place", "overlaps the member before it", central={"header": 0})
    inner = Member("archive/inside", b"quoted", align=0)
    quoted = inner.local_bytes(0) + inner.packed + inner.descriptor_bytes()
    outer = build(members(extra=[Member("archive/outside", quoted)]))
    kit = members(extra=[Member("archive/outside", quoted),
                         Member("archive/inside", b"quoted", central={"header": outer.index(quoted)})])
    case("member-in-member", "member 'archive/inside' overlaps the member before it", build(kit))
    kit = members(data={"central": {"size": 17, "packed": 17}, **NO_DESCRIPTOR, "local": {"size": 17, "packed": 17},
                        "align": 0}, version={"align": 0})
    case("one-byte", "overlaps the member before it", build(kit))
    last = {**NO_DESCRIPTOR, "local": {"size": 3, "packed": 3}, "central": {"size": 3, "packed": 3}}
    case("into-directory", "its 3 bytes extend into the directory", build(members(version=last)))


# ---------------------------------------------------------------- names


def names():
    def bad(name, says, *paths):
        case("name-" + name, says, build(members(extra=[Member(path, b"") for path in paths])))

    bad("twice", "two members have the name 'archive/data/0'", "archive/data/0")
    bad("nul", "contains a NUL byte", "archive/a\0b")
    bad("backslash", "contains a backslash", "archive\\a")
    bad("up", "has an empty, '.' or '..' component", "archive/../a")
    bad("only-up", "has an empty, '.' or '..' component", "..")
    bad("dot", "has an empty, '.' or '..' component", "archive/./a")
    bad("double-slash", "has an empty, '.' or '..' component", "archive//a")
    bad("absolute", "the name of member '/archive/a' is absolute", "/archive/a")
    bad("newline", "contains control characters", "archive/a\nb")
    bad("bidi", "contains control characters", "archive/a\u202eb")
    bad("isolate", "contains control characters", "archive/\u2066a")
    bad("separator", "contains control characters", "archive/a\u2028b")
    bad("latin", "is not UTF-8", b"archive/caf\xe9")
    bad("overlong", "is not UTF-8", b"archive/\xc0\xaf")
    bad("surrogate", "is not UTF-8", b"archive/\xed\xa0\x80")
    bad("empty", "a member has an empty name", "")
    bad("two-roots", "are not in the same root folder", "other/a")
    bad("root-prefix", "are not in the same root folder", "archives/a")
    bad("no-root", "are not in the same root folder", "a")
    case("name-flat", "are not in the same root folder", build([Member("data.pkl", PICKLE), Member("version", b"3\n")]))
    good("name-unicode", build(members(root="größe-模型")))


# ---------------------------------------------------------------- compressed members, checksums


def deflated():
    good("deflated", build([Member(m.name, m.data, method=DEFLATED) for m in members()]))
    good("deflated-complete", build(members(pickle={"method": DEFLATED, **NO_DESCRIPTOR})))
    good("deflated-stored-block", build(members(pickle={"method": DEFLATED, "packed": deflate(PICKLE, 0)})))

    def with_pickle(name, says, **keywords):
        case("deflated-" + name, says, build(members(pickle={"method": DEFLATED, **keywords})))

    packed = deflate(PICKLE)
    with_pickle("ratio", f"{len(packed)} bytes cannot inflate to {len(packed) * 1032 + 1}",
                central={"size": len(packed) * 1032 + 1})
    bomb = deflate(b"\0" * (64 << 20))
    with_pickle("bomb", "its data continues past the size given in the directory", packed=bomb)
    with_pickle("short", "cannot be inflated: CRC error", packed=deflate(PICKLE[:-1]))
    with_pickle("empty", "0 bytes cannot inflate", packed=b"")
    with_pickle("cut", "member 'archive/data.pkl' cannot be inflated", packed=packed[:-2])
    with_pickle("garbage", "member 'archive/data.pkl' cannot be inflated", packed=b"\xff" * 20)
    with_pickle("size-less", "its data continues past the size", central={"size": len(PICKLE) - 1},
                descriptor={"size": len(PICKLE) - 1})
    with_pickle("size-more", "its data ends before the size", central={"size": len(PICKLE) + 1},
                descriptor={"size": len(PICKLE) + 1})
    with_pickle("crc", "checksum mismatch", central={"crc": 1}, descriptor={"crc": 1})


def checksums():
    wrong = {"central": {"crc": 1}, "descriptor": {"crc": 1}}
    zero = {"central": {"crc": 0}, "descriptor": {"crc": 0}}
    case("crc-pickle", "checksum mismatch", build(members(pickle=wrong)))
    case("crc-storage", "checksum mismatch", build(members(data=wrong)), status="0,1")
    case("crc-storage-zero", "checksum mismatch", build(members(data=zero)), status="0,1")
    good("crc-pickle-ignored", build(members(pickle=wrong)), reader="torch:crc=ignore")
    good("crc-storage-ignored", build(members(data=wrong)), reader="torch:crc=ignore")
    without = [Member(m.name, m.data, **zero) for m in members()]
    good("crc-none", build(without), "has no checksums")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    for part in (ends, directories, ends64, entries, entries64, locals_, descriptors, overlaps, unlisted, names, deflated,
                 checksums):
        part()
    whole = build(members())
    for size in range(0, len(whole), 7):
        case(f"cut-{size:04}", "zip archive" if size else "the file is empty", whole[:size])
    with (folder / "cases.tsv").open("w") as table:
        for name, (status, reader, says, data) in CASES.items():
            (folder / f"{name}.pt").write_bytes(data)
            table.write(f"{name}\t{status}\t{reader}\t{says}\n")


if __name__ == "__main__":
    main()
