#!/usr/bin/env python3
"""Write distributed checkpoints that must be refused, and unusual ones that must be accepted.
SPDX-License-Identifier: Apache-2.0

cases.tsv there has one line per folder NAME.d: name, exit status, reader, and a part of the expected message.
Python's standard library only; the same bytes on every run.
"""

import json
import struct
import sys
from pathlib import Path

from picklekit import FALSE, call, dict_of, list_of, name_of, pickle, saved, storage, tensor, tuple_of

CASES = {}
METADATA, FILE = ".metadata", "__0_0.distcp"
MODULE = "torch.distributed.checkpoint.metadata"
RECORD = saved(pickle(tensor()))  # f32 [4]
FLOAT = name_of("torch", "float32")


def case(name, says, files, status=1):
    """says: a part of the message; it begins with the metadata, or with the file before a space and '@'."""
    assert name not in CASES, name
    where, _, text = says.partition("@") if "@" in says else (METADATA, "", says)
    CASES[name] = (status, f"@{name}.d/{where.strip()} {text}" if status and where.strip() != "." else text, files)


def made(class_name, state, module=MODULE):
    """An object as pickle makes it: without a call, then its attributes."""
    return name_of(module, class_name) + b")\x81" + state + b"b"


def size(*numbers):
    return call(name_of("torch", "Size"), tuple_of(*numbers))


def chunk(at, shape):
    return made("ChunkStorageMetadata", dict_of(("offsets", size(*at)), ("sizes", size(*shape))))


def properties(dtype=FLOAT):
    return made("TensorProperties", tuple_of(dtype, None, FALSE, None, FALSE))


def entry(shape=(4,), chunks=(((0,), (4,)),), dtype=FLOAT, **more):
    attributes = {"properties": properties(dtype), "size": size(*shape), "chunks": list_of(*(chunk(*c) for c in chunks)), **more}
    return made("TensorStorageMetadata", dict_of(*((k, v) for k, v in attributes.items() if v is not None)))


def parts(*more):
    """An entry without chunks."""
    return made("TensorStorageMetadata", dict_of(("properties", properties()), ("size", size(4)), *more))


def index(name="w", at=(0,), **more):
    return made("MetadataIndex", dict_of(("fqn", name), *([("offset", size(*at))] if at is not None else []), *more.items()))


def place(path=FILE, at=0, length=len(RECORD), **more):
    return made("_StorageInfo", dict_of(("relative_path", path), ("offset", at), ("length", length), *more.items()),
                "torch.distributed.checkpoint.filesystem")


def metadata(items=None, data=None, planner=None, class_name="Metadata", module=MODULE):
    items = dict_of(("w", entry())) if items is None else items
    data = dict_of((index(), place())) if data is None else data
    return pickle(made(class_name, dict_of(("state_dict_metadata", items), ("planner_data", planner), ("storage_data", data)), module))


def files(the_metadata=None, record=RECORD, **more):
    return {METADATA: metadata() if the_metadata is None else the_metadata, FILE: record, **more}


def of(*chunks, shape=(4,), **more):
    """Metadata of one tensor with these chunks, each with a record of [4]."""
    return metadata(dict_of(("w", entry(shape, chunks, **more))),
                    dict_of(*((index(at=at), place(at=i * len(RECORD))) for i, (at, _) in enumerate(chunks))))


def pickles():
    case("good", "", files(), 0)
    case("empty", "", files(b""))
    case("torn", "", files(metadata()[:-40]))
    case("no-stop", "", files(metadata()[:-1]))
    case("other-object", "it is not the metadata of a distributed checkpoint", files(pickle(dict_of(("w", 1)))))
    case("other-class", "it is not the metadata of a distributed checkpoint", files(metadata(class_name="Data")))
    case("other-module", "it is not the metadata of a distributed checkpoint", files(metadata(module="os")))
    case("no-items", "it is not the metadata of a distributed checkpoint", files(metadata(items=b"N")))
    case("no-places", "it does not say where the tensors are stored", files(metadata(data=b"N")))
    case("nothing", "it holds no tensors", files(metadata(b"}", b"}")))
    case("names-twice", "has the key 'w' twice", files(metadata(dict_of(("w", entry()), ("w", entry())))))
    case("name-number", "a name in it is not a text", files(metadata(dict_of((1, entry())))))
    case("name-nul", "a name in it is not a text", files(metadata(dict_of((b"X\3\0\0\0a\0b", entry())))))
    case("name-control", f"{FILE} @a tensor's name contains control characters", files(metadata(dict_of(("w\x1b", entry())), dict_of((index("w\x1b"), place())))))
    case("entry-number", "its description is a", files(metadata(dict_of(("w", 3)))))
    many = dict_of(*((f"a{i}", i) for i in range(100)), ("size", size(4)))
    case("attributes", "its properties do not begin with a data type",
         files(metadata(dict_of(("w", made("TensorStorageMetadata", many))))))


def tensors():
    case("no-dtype", "its properties do not begin with a data type", files(of(((0,), (4,)), properties=None)))
    case("dtype-text", "its properties do not begin with a data type", files(of(((0,), (4,)), dtype=b"X\1\0\0\0f")))
    case("dtype-torch", "a type that only torch has", files(of(((0,), (4,)), dtype=name_of("torch", "quint8"))))
    case("no-size", "its size is not a shape", files(of(((0,), (4,)), size=None)))
    case("size-negative", "its size is not a shape", files(of(((0,), (4,)), shape=(-4,))))
    case("size-9", "its size is not a shape of at most 8 dimensions", files(of(((0,), (4,)), shape=(1,) * 9)))
    case("size-64-bits", "its shape exceeds 64 bits", files(of(((0,), (4,)), shape=(1 << 40, 1 << 40))))
    case("no-chunks", "it has no list of chunks", files(metadata(dict_of(("w", parts())))))
    case("chunks-none", "it has 0 chunks, but 1 are stored", files(metadata(dict_of(("w", entry(chunks=()))))))
    case("chunk-number", "a chunk of it has no offsets and sizes",
         files(metadata(dict_of(("w", parts(("chunks", list_of(3))))))))
    case("chunk-again", "it has 3 chunks, but 1 are stored", files(metadata(dict_of(("w", entry(chunks=(((0,), (4,)),) * 3))))))
    case("chunk-rank", "it has 1 dimensions, but a chunk of it 2", files(of(((0, 0), (4, 1)))))
    case("chunk-beyond", "its chunk of [4] at [1] reaches beyond its shape [4]", files(of(((1,), (4,)))))
    case("chunk-wraps", "reaches beyond its shape", files(of(((0,), ((1 << 63) - 1,)))))
    case("chunk-twice", "its chunk at [0] is stored twice", files(of(((0,), (4,)), ((0,), (4,)), shape=(8,))))
    two = RECORD + RECORD
    case("two", "", files(of(((0,), (4,)), ((4,), (4,)), shape=(8,)), two), 0)
    case("overlap", "its chunks at [0] and [2] overlap", files(of(((0,), (4,)), ((2,), (4,)), shape=(6,)), two))
    case("gap", "no chunk has its elements from [4] to before [5]", files(of(((0,), (4,)), ((5,), (4,)), shape=(9,)), two))
    case("gap-first", "no chunk has its elements from [0] to before [2]", files(of(((2,), (4,)), shape=(6,))))
    case("gap-last", "no chunk has its elements from [4] to before [6]", files(of(((0,), (4,)), shape=(6,))))
    case("zero", f"{FILE} @the metadata says [0], but its record holds [4]", files(of(((0,), (0,)), shape=(0,))))


def places():
    def one(name, says, **changed):
        case(name, says, files(metadata(data=dict_of((index(), place(**changed))))))

    case("index-number", "the place of a record has no name", files(metadata(data=dict_of((1, place())))))
    case("index-offset", "the offset of a chunk is not a list", files(metadata(data=dict_of((index(at=(-1,)), place())))))
    case("index-other", "its chunk at [0] is stored nowhere", files(metadata(data=dict_of((index("v"), place())))))
    case("place-number", "the place of its record is not a file, an offset and a length",
         files(metadata(data=dict_of((index(), 3)))))
    one("place-negative", "the place of its record is not a file, an offset and a length", at=-1)
    one("place-text", "the place of its record is not a file, an offset and a length", length="3")
    for name, path in (("up", "../x"), ("absolute", "/etc/passwd"), ("folder", "a/b"), ("hidden", METADATA), ("nothing", ""),
                       ("long", "x" * 300), ("nul", b"X\3\0\0\0a\0b")):
        one(f"path-{name}", "not the plain name of a file", path=path)
    one("path-absent", ". @1 of 1 files with parts of the model are missing", path="__1_0.distcp")
    one("transform", "its records were changed by 'stream.zstd'", transform_descriptors=list_of("stream.zstd"))
    one("at-end", f"{FILE} @but the file ends after", at=len(RECORD))
    one("at-2-63", f"{FILE} @but the file ends after", at=(1 << 63) - 1)
    one("length-2-63", f"{FILE} @but the file ends after", length=(1 << 63) - 1)
    one("length-short", f"{FILE} @a part of a torch.save file, not a whole one", length=len(RECORD) - 1)
    one("at-inside", f"{FILE} @neither a torch.save nor a safetensors file", at=8, length=40)


def records():
    def one(name, says, record, **more):
        length = len(record)
        case(name, f"{FILE} @{says}", files(metadata(dict_of(("w", entry(**more))), dict_of((index(), place(length=length)))), record))

    one("record-shape", "the metadata says [4], but its record holds [2]", saved(pickle(tensor((2,)))))
    one("record-rank", "the metadata says [4], but its record holds [2, 2]", saved(pickle(tensor((2, 2), (2, 1)))))
    one("record-type", "the metadata says f32, but its record holds i32", saved(pickle(tensor(of=storage(kind="IntStorage")))))
    one("record-number", "its record holds a", saved(pickle(b"K\1")))
    one("record-dict", "its record holds a", saved(pickle(dict_of(("w", tensor())))))
    one("record-beyond", "it reaches beyond its storage", saved(pickle(tensor(offset=1))))
    header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()

    def stored(text, data=bytes(16)):
        return struct.pack("<Q", len(text)) + text + data

    def safe(name, says, text, data=bytes(16), length=16):
        case(name, f"{FILE} @{says}", files(metadata(data=dict_of((index(), place(length=length)))), stored(text, data)),
             1 if says else 0)

    safe("safe", "", header)
    safe("safe-other", "does not have it", header.replace(b'"w"', b'"v"'))
    safe("safe-type", "says another shape or type", header.replace(b"F32", b"I32"))
    safe("safe-shape", "says another shape or type", header.replace(b"[4]", b"[2, 2]"))
    safe("safe-shape-negative", "says another shape or type", header.replace(b"[4]", b"[-4]"))
    safe("safe-short", "has not 16 bytes of it", header, bytes(15))
    safe("safe-length", "has not 8 bytes of it", header, length=8)
    safe("safe-offsets", "has not 16 bytes of it", header.replace(b"[0, 16]", b"[16, 0]"))
    safe("safe-header", "malformed JSON", header[:-2] + b"]}")
    case("safe-long", f"{FILE} @neither a torch.save nor a safetensors file",
         files(metadata(data=dict_of((index(), place(length=16)))), struct.pack("<Q", 1 << 40) + header))


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True)
    for part in (pickles, tensors, places, records):
        part()
    with (out / "cases.tsv").open("w") as table:
        for name, (status, says, contents) in CASES.items():
            (out / f"{name}.d").mkdir()
            for path, content in contents.items():
                (out / f"{name}.d" / path).write_bytes(content)
            table.write(f"{name}\t{status}\tdcp\t{says}\n")


if __name__ == "__main__":
    main()
