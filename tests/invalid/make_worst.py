#!/usr/bin/env python3
"""Write malformed and odd input of at most 1 MiB that costs a reader as much memory and time as it can.
SPDX-License-Identifier: Apache-2.0

make (folder, name) writes one case and returns the arguments of fmtconv; CASES are all names.  `of` scales a case: 1 is
1 MiB, 0.5 half of it.  Python's standard library only; the same bytes on every run.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

from picklekit import FALSE, MARK, call, dict_of, list_of, name_of, pickle, storage, tensor, text, tuple_of
from zipkit import DEFLATED, Member, build as archive

MIB = 1 << 20
CASES = {}
INSPECT, PLAN = ["inspect"], ["-n"]


def case(commands=(INSPECT, PLAN)):
    """The decorated function returns the files of a case for a size in bytes: one file, or a folder."""
    def add(make):
        CASES[make.__name__.replace("_", "-")] = (make, commands)
        return make
    return add


def make(folder, name, of=1.0):
    """Returns the commands, without the program; the output is named by the caller."""
    function, commands = CASES[name]
    files = function(int(of * MIB))
    if isinstance(files, tuple):
        files = {f"{name}{files[0]}": files[1]}
        target = Path(folder) / next(iter(files))
    else:
        target = Path(folder) / name
    total = 0
    for at, data in files.items():
        path = (target if target.name == name else target.parent) / at
        path.parent.mkdir(parents=True, exist_ok=True)
        data = data.encode() if isinstance(data, str) else data
        total += len(data)
        path.write_bytes(data)
    assert total <= MIB + 512, (name, total)
    return [[*command, str(target)] if target.name != name or command in (INSPECT, PLAN)
            else [part.replace("@", str(target)) for part in command] for command in commands]


def fill(head, unit, tail, size):
    """head, as many of `unit` as fit, tail.  unit: bytes, or a function of a number."""
    if not callable(unit):
        return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail
    room, parts = size - len(head) - len(tail), []
    for i in range(size):
        piece = unit(i)
        if len(piece) > room:
            break
        room -= len(piece)
        parts.append(piece)
    return head + b"".join(parts) + tail


# ---- Pickles, by themselves and in archives
BEFORE, AFTER = b"}(" + text("u"), text("t") + tensor() + b"u"  # a dictionary with something, and a tensor


def beside(body):
    return BEFORE + body + AFTER


def listed(unit, size, start=b""):
    """A list of as many units as fit, next to a tensor; start: what it begins with."""
    return torch(fill(BEFORE + b"](" + start, unit, b"e" + AFTER, size - 2000))


def bare(body):
    return ".pkl", pickle(body)


def torch(body, records=(("0", bytes(16)),), method=0):
    members = [Member("a/data.pkl", pickle(body), method=method), Member("a/version", b"3\n"),
               *(Member(f"a/data/{name}", data, method=more[0] if more else 0) for name, data, *more in records)]
    return ".pt", archive(members)


def put(n):
    return b"q" + bytes([n]) if n < 256 else b"r" + struct.pack("<I", n)


def get(n):
    return b"h" + bytes([n]) if n < 256 else b"j" + struct.pack("<I", n)


def dag(levels, width, key, leaf):
    """A dictionary of dictionaries, each of which holds the one below under several names."""
    body = leaf + put(1)
    for level in range(levels):
        body = dict_of(*((text((chr(97 + i) * key)), get(level + 1) if i else body) for i in range(width))) + put(level + 2)
    return body


@case()
def pickle_dag(size):
    return torch(dag(16, 2, 60, tensor()))


@case()
def pickle_dag_short(size):
    return torch(dag(20, 2, 1, tensor()))


@case()
def pickle_dag_wide(size):
    return torch(dag(4, 60, 1, tensor()))


@case()
def pickle_dag_long(size):
    return torch(dag(12, 2, 300, tensor()))


@case()
def pickle_dag_empty(size):
    return torch(beside(dag(30, 2, 1, b"]")))


@case()
def pickle_dag_lists(size):
    body = b"]" + put(1)
    for level in range(500):
        body = list_of(body, *[get(level + 1)] * 100) + put(level + 2)
    return torch(beside(body))


@case()
def pickle_lists(size):
    return listed(b"]", size)


@case()
def pickle_dicts(size):
    return listed(b"}", size)


@case()
def pickle_tuples(size):
    return listed(b"K\x00\x85", size)


@case()
def pickle_nested(size):
    return torch(beside(b"]" * 900 + b"a" * 899))


@case()
def pickle_deep(size):
    return bare(fill(b"]" * (size // 3), b"a", b"", size - 8))


@case()
def pickle_marks(size):
    return bare(fill(b"", MARK, b"", size - 8))


@case()
def pickle_stack(size):
    return bare(fill(b"", b"N", b"", size - 8))


@case()
def pickle_grown(size):
    return torch(fill(BEFORE + b"]", b"Na", AFTER, size - 2000))


@case()
def pickle_small_lists(size):
    return listed(b"]Na", size)


@case()
def pickle_memo(size):
    return listed(lambda i: b"Nr" + struct.pack("<I", i), size)


@case()
def pickle_memo_far(size):
    return listed(lambda i: b"Nr" + struct.pack("<I", (16 << 20) - 1 - i), size)


@case()
def pickle_globals(size):
    return listed(lambda i: b"c%x\nb\n" % i, size)


@case()
def pickle_same_global(size):
    return listed(b"ca\nb\n", size)


@case()
def pickle_objects(size):
    return listed(b"h\x01h\x02R", size, b"ca\nb\nq\x01)q\x02")


@case()
def pickle_states(size):
    return listed(b"h\x01h\x02R}b", size, b"ca\nb\nq\x01)q\x02")


@case()
def pickle_encoded(size):
    return listed(b"h\x01h\x02R", size, name_of("_codecs", "encode") + b"q\x01" + text("é" * 1000) + text("latin1") + b"\x86q\x02")


@case()
def pickle_pairs(size):
    """OrderedDicts from the same list of pairs."""
    pairs = list_of(*(tuple_of(f"{i}", 0) for i in range(size // 40)))
    return listed(b"h\x02h\x01R", size, b"ccollections\nOrderedDict\nq\x02" + pairs + b"\x85q\x01")


PARTS = tuple_of(storage(count=4), 0, tuple_of(4), tuple_of(1), FALSE, call(name_of("collections", "OrderedDict")))
SHARED = BEFORE + MARK + name_of("torch._utils", "_rebuild_tensor_v2") + b"q\x01" + PARTS + b"q\x02h\x01h\x02Rq\x03t"


@case()
def pickle_tensors(size):
    """Tensors that are made from the same parts."""
    return torch(fill(SHARED, lambda i: text(f"{i:x}") + b"h\x01h\x02R", AFTER, size - 2000))


@case()
def pickle_ties(size):
    """The same tensor under many names."""
    return torch(fill(SHARED, lambda i: b"\x8c\x05" + b"%05x" % i + b"h\x03", AFTER, size - 2000))


@case(([*PLAN, "-t", "prefix:x.", "-w", "torch"],))
def pickle_tied(size):
    """As many tied tensors as fit, renamed and written with their ties."""
    one = tensor(of=storage())
    return torch(fill(b"}(", lambda i: text(f"{i:x}") + one, b"u", size - 2000))


@case()
def pickle_storages(size):
    return listed(lambda i: tuple_of("storage", name_of("torch", "FloatStorage"), f"{i}", "cpu", 0) + b"Q", size)


@case()
def pickle_deflated(size):
    return torch(fill(BEFORE + b"](", b"N", b"e" + AFTER, size * 60), method=DEFLATED)


@case()
def pickle_deflated_lists(size):
    return torch(fill(BEFORE + b"](", b"]", b"e" + AFTER, size), method=DEFLATED)


@case()
def legacy_nothing(size):
    return ".pt", fill(pickle(b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19") + pickle(b"M\xe9\x03"), pickle(b"}"), b"", size)


# ---- Archives
@case()
def zip_entries(size):
    members, total = [Member("a/data.pkl", pickle(dict_of(("t", tensor()))), align=0), Member("a/version", b"3\n", align=0), Member("a/data/0", bytes(16), align=0)], 2000
    while total + 92 < size:
        name = f"a/{len(members):x}"
        members.append(Member(name, b"", align=0, flags=0))
        total += 76 + 2 * len(name)
    return ".pt", archive(members)


@case()
def zip_names(size):
    members = [Member("a/data.pkl", pickle(dict_of(("t", tensor())))), Member("a/version", b"3\n"), Member("a/data/0", bytes(16))]
    members += [Member("a/" + f"{i:x}" * 3000, b"", align=0, flags=0) for i in range(max(1, size // 30000))]
    return ".pt", archive(members)


@case()
def zip_bombs(size):
    """Many members that inflate 1000 times."""
    zeros = bytes(1 << 20)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packed.compress(zeros) + packed.flush()
    n = max(1, (size - 4000) // (len(packed) + 200))
    members = [Member("a/data.pkl", pickle(dict_of(*((f"t{i}", tensor(size=(1 << 18,), of=storage(key=str(i), count=1 << 18)))
                                                     for i in range(n)))), method=DEFLATED),
               Member("a/version", b"3\n")]
    members += [Member(f"a/data/{i}", zeros, method=DEFLATED, packed=packed) for i in range(n)]
    return ".pt", archive(members)


@case()
def zip_bomb_pickle(size):
    return torch(BEFORE + b"](" + b"]" * 900000 + b"e" + AFTER, method=DEFLATED, records=(("0", bytes(16)), ("1", bytes(size * 100), DEFLATED)))


# ---- safetensors
def safetensors(header, data=b""):
    header = header.encode() if isinstance(header, str) else header
    return ".safetensors", struct.pack("<Q", len(header)) + header + data


def entry(name, at=0, end=0, shape="[0]"):
    return f'"{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{at},{end}]}}'


ONE = entry("t", 0, 4, "[1]").encode()


@case()
def header_tensors(size):
    return safetensors(fill(b"{" + ONE, lambda i: ("," + entry(f"{i:x}", 4, 4)).encode(), b"}", size - 20), bytes(4))


@case()
def header_metadata(size):
    return safetensors(fill(b"{" + ONE + b',"__metadata__":{"a":""', lambda i: f',"{i:x}":""'.encode(), b"}}", size - 20), bytes(4))


def header_of(start, unit, end):
    return lambda size: safetensors(fill(b"{" + ONE + b"," + start, unit, end + b"}", size - 20), bytes(4))


JSON_UNITS = {"numbers": (b"[0", b",0", b"]"), "negative-zeros": (b"[0", b",-0", b"]"), "large": (b"[0", b",9999999999999999999", b"]"),
              "floats": (b"[0", b",.5"[:1] + b"5.5", b"]"), "lists": (b"[0", b",[]", b"]"), "objects": (b"[0", b",{}", b"]"),
              "texts": (b"[0", b',""', b"]"), "characters": (b"[0", b',"\\u0041"', b"]"), "words": (b"[0", b",true", b"]"),
              "keys": (b'{"":0', lambda i: b',"%x":0' % i, b"}"), "small-objects": (b"[0", b',{"":0}', b"]"),
              "text": (b'"', b"a", b'"'), "escapes": (b'"', b"\\n", b'"'),
              "middle-objects": (b"[0", b"," + b"{" + b",".join(b'"%x":0' % i for i in range(17)) + b"}", b"]"),
              "deep": (b"[0", b",[[[[[[[[]]]]]]]]", b"]"), "spaces": (b"[0", b" ", b"]")}


def add_json(prefix, wrap, commands=(INSPECT, PLAN)):
    for kind, (start, unit, end) in JSON_UNITS.items():
        CASES[f"{prefix}-{kind}"] = ((lambda size, s=start, u=unit, e=end: wrap(s, u, e, size)), commands)


add_json("header", lambda s, u, e, size: safetensors(fill(b"{" + ONE + b',"x":' + s, u, e + b"}", size - 20), bytes(4)))


def small(names=("t",)):
    header = "{" + ",".join(entry(name, 4 * i, 4 * i + 4, "[1]") for i, name in enumerate(names)) + "}"
    return safetensors(header, bytes(4 * len(names)))[1]


def with_config(name, *others):
    def wrap(s, u, e, size):
        config = fill(b'{"model_type":"llama","x":' + s, u, e + b"}", size - 2000)
        return {"model.safetensors": small(), **dict(others), name: config}
    return wrap


add_json("config", with_config("config.json"))
add_json("tokenizer", with_config("tokenizer.json", ("config.json", b'{"model_type":"llama"}')),
         ([*PLAN, "-t", "tokenizer", "-w", "gguf:architecture=llama", "@"],))
add_json("model-index", lambda s, u, e, size: {"model_index.json": fill(b'{"_class_name":"A","x":' + s, u, e + b"}", size - 2000)})


@case()
def index_shards(size):
    """As many shards as an index can name; there are only some of them."""
    names = {}
    while len(names) * 44 < size - 4000:
        names[f"{len(names):x}"] = f"model-{len(names):06d}.safetensors"
    text = json.dumps({"metadata": {}, "weight_map": names}, separators=(",", ":"))
    return {"model.safetensors.index.json": text[:size], "model-000000.safetensors": small(("0",))}


@case()
def index_tensors(size):
    body = fill(b'{"weight_map":{"t":"a.safetensors"', lambda i: b',"%x":"a.safetensors"' % i, b"}}", size - 2000)
    return {"model.safetensors.index.json": body, "a.safetensors": small()}


add_json("index", lambda s, u, e, size: {
    "model.safetensors.index.json": fill(b'{"weight_map":{"t":"a.safetensors"},"metadata":{"x":' + s, u, e + b"}}", size - 2000),
    "a.safetensors": small()})


# ---- Adapters
def adapter(size, pattern, modules):
    names = [f"b.{i}.q" for i in range(modules)]
    tensors = ",".join(entry(f"base_model.model.{name}.lora_{side}.weight", 8 * i + 4 * (side == "B"), 8 * i + 4 + 4 * (side == "B"), "[1,1]")
                       for i, name in enumerate(names) for side in "AB")
    base = ",".join(entry(f"{name}.weight", 4 * i, 4 * i + 4, "[1,1]") for i, name in enumerate(names))
    fixed = len(tensors) + len(base) + 8 * modules * 3 // 2 + 1000
    config = fill(b'{"peft_type":"LORA","r":1,"lora_alpha":1,"alpha_pattern":{"":2', lambda i: b',"%s":2' % pattern(i), b"}}",
                  max(size - fixed, 200))
    return {"base.safetensors": safetensors("{" + base + "}", bytes(4 * modules))[1],
            "a/adapter_model.safetensors": safetensors("{" + tensors + "}", bytes(8 * modules))[1], "a/adapter_config.json": config}


MERGE = ([*PLAN, "-t", "lora-merge:file=@/a", "@/base.safetensors"],)


@case(MERGE)
def adapter_patterns(size):
    return adapter(size, lambda i: b"x%x" % i, 900)


@case(MERGE)
def adapter_globs(size):
    return adapter(size, lambda i: b".*%x" % i, 900)


@case(MERGE)
def adapter_modules(size):
    return adapter(size, lambda i: b"b.%d.q" % i, 2200)


@case(MERGE)
def adapter_suffixes(size):
    return adapter(size, lambda i: b"%d.q" % i, 1500)


@case(MERGE)
def adapter_long(size):
    return adapter(size, lambda i: b"(a|b|c|d)*%x" % i * 3, 900)


add_json("adapter", lambda s, u, e, size: {**adapter(3000, lambda i: b"", 1),
                                           "a/adapter_config.json": fill(b'{"peft_type":"LORA","r":1,"lora_alpha":1,"x":' + s, u, e + b"}", size - 2000)},
         MERGE)


# ---- GGUF
def string(value):
    return struct.pack("<Q", len(value)) + value


def gguf(pairs, n_pairs, tensors=b"", n_tensors=0):
    head = b"GGUF" + struct.pack("<IQQ", 3, n_tensors, n_pairs) + pairs + tensors
    return ".gguf", head + bytes(-len(head) % 32)


def gguf_of(unit, limit=1 << 30):
    def build(size):
        parts, room = [], size - 100
        while len(parts) < limit:
            piece = unit(len(parts))
            room -= len(piece)
            if room < 0:
                break
            parts.append(piece)
        return parts
    return build


@case()
def gguf_keys(size):
    parts = gguf_of(lambda i: string(b"%x" % i) + struct.pack("<IB", 7, 1), 65536)(size)
    return gguf(b"".join(parts), len(parts))


@case()
def gguf_small_arrays(size):
    parts = gguf_of(lambda i: string(b"%x" % i) + struct.pack("<IIQ", 9, 8, 0), 65536)(size)
    return gguf(b"".join(parts), len(parts))


@case()
def gguf_array(size):
    parts = gguf_of(lambda i: string(b""))(size)
    return gguf(string(b"a") + struct.pack("<IIQ", 9, 8, len(parts)) + b"".join(parts), 1)


@case()
def gguf_bools(size):
    n = size - 100
    return gguf(string(b"a") + struct.pack("<IIQ", 9, 7, n) + bytes(n), 1)


@case()
def gguf_tensors(size):
    parts = gguf_of(lambda i: string(b"%x" % i) + struct.pack("<IQIQ", 1, 0, 0, 0))(size)
    return gguf(b"", 0, b"".join(parts), len(parts))


# ---- YAML
YAML_UNITS = {"list": (b"a:\n", b"- \n", b""), "flow": (b"a: [0", b",0", b"]"), "open": (b"a: ", b"[", b""),
              "maps": (b"a: [0", b",{}", b"]"), "keys": (b"", lambda i: b"%x:\n" % i, b""), "text": (b'a: "', b"a", b'"'),
              "questions": (b"", b"? ", b""), "dashes": (b"", b"- ", b""), "spaces": (b"a:", b" ", b"0"),
              "anchors": (b"a: [0", lambda i: b",&a%x 0" % i, b"]"), "aliases": (b"a: [&a 0", b",*a", b"]"),
              "copies": (b"a: [&a [0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", b",*a", b"]"),
              "long-copies": (b"a: [&a '" + b"x" * 5000 + b"'", b",*a", b"]"), "comments": (b"", b"#\n", b"a: 0"),
              "tags": (b"a: [0", b",!a 0", b"]"), "folded": (b"a: >\n", b" x\n\n", b"")}

for kind, (start, unit, end) in YAML_UNITS.items():
    CASES[f"spec-{kind}"] = (lambda size, s=start, u=unit, e=end: {"s.yaml": fill(s, u, e, size - 2000)}, ([*PLAN, "-p", "@/s.yaml"],))
    CASES[f"rules-{kind}"] = (lambda size, s=start, u=unit, e=end: {"r.yaml": fill(s, u, e, size - 2000)}, (["map", "--check", "@/r.yaml"],))
    CASES[f"training-{kind}"] = (
        lambda size, s=start, u=unit, e=end: {"1/mp_rank_00_model_states.pt": torch(dict_of(("module", dict_of(("t", tensor())))))[1], "latest": b"1",
                                              "training_config.yaml": fill(s, u, e, size - 3000)}, (INSPECT, PLAN))


def rules(unit, lists=b""):
    return lambda size: {"r.yaml": fill(b"fmtconv-rules: 1\n" + lists + b"rules:\n", unit, b"", size - 2000), "t.safetensors": small(("a0.w",))}


RULES = (["map", "--check", "@/r.yaml"], [*PLAN, "-t", "map:rules=@/r.yaml", "@/t.safetensors"])
for kind, unit in {"plain": lambda i: b"- {from: a%x, to: b%x}\n" % (i, i), "numbers": lambda i: b"- {from: 'a%x.{i}', to: 'b%x.{i}'}\n" % (i, i),
                   "same": lambda i: b"- {from: 'a.{i}.{x*}', to: 'b%x.{i}.{x*}'}\n" % i,
                   "rest": lambda i: b"- {from: '{x*}.a%x', to: '{x*}.b%x'}\n" % (i, i),
                   "shapes": lambda i: b"- {from: 'a%x.{i}', to: 'b%x.{i}', shape: 'a,b,c%x'}\n" % (i, i, i)}.items():
    CASES[f"rules-of-{kind}"] = (rules(unit), RULES)
CASES["rules-of-list"] = (rules(b"- {from: 'a{w}', to: 'b{w}'}\n", b""), RULES)


# ---- Checkpoints in chunks
@case()
def dcp_entries(size):
    from make_dcp import entry as dcp_entry
    state = []
    total = 0
    while total < size - 20000:
        piece = text(f"{len(state):x}") + dcp_entry((0,), ())
        total += len(piece)
        state.append(piece)
    from make_dcp import made
    body = made("Metadata", dict_of(("state_dict_metadata", b"}(" + b"".join(state) + b"u"), ("storage_data", dict_of()), ("planner_data", dict_of())))
    return {".metadata": pickle(body), "__0_0.distcp": b"x"}


@case()
def dcp_chunks(size):
    from make_dcp import chunk, entry as dcp_entry, made
    one = chunk((0,), (0,))
    body = made("Metadata", dict_of(("state_dict_metadata", dict_of(("w", dcp_entry((4,), [((i,), (0,)) for i in range((size - 20000) // (len(one) + 40))])))),
                                    ("storage_data", dict_of()), ("planner_data", dict_of())))
    return {".metadata": pickle(body), "__0_0.distcp": b"x"}


def main():
    """Writes the case to a folder, and prints a line for each command."""
    folder, name, of = sys.argv[1:]
    for command in make(folder, name, float(of)):
        print("\t".join(command))


if __name__ == "__main__":
    main()
