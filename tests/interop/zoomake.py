"""The zoo: checkpoints of every container that the reference libraries write, and their readers for fmtconv's output.

All readers return a tensor as (data type, shape, bytes): data types by torch's names, and those that torch does not
have by the format's names.

SPDX-License-Identifier: Apache-2.0
"""

import json
import pickle
import zipfile
from collections import OrderedDict

import gguf
import make_torch_zoo as zoo
import numpy as np
import safetensors.torch
import torch
from safetensors import safe_open
from support import bits

DTYPES = [*zoo.TYPED, *zoo.UNTYPED, torch.complex32, torch.complex128]

# Names of safetensors and of GGUF; those that torch does not have keep theirs.
OF_SAFETENSORS = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
                  "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
                  "C64": "complex64", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E4M3FNUZ": "float8_e4m3fnuz",
                  "F8_E5M2FNUZ": "float8_e5m2fnuz", "F8_E8M0": "float8_e8m0fnu"}
OF_GGUF = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64", "I8": "int8", "I16": "int16",
           "I32": "int32", "I64": "int64"}
PACKED = {"F4": 2, "F6_E2M3": 4, "F6_E3M2": 4}  # elements that fill bytes: four elements of these bits are three bytes
BLOCKS = ("Q4_0", "Q5_1", "Q8_0", "Q2_K", "Q4_K", "Q6_K", "IQ4_XS", "MXFP4", "TQ2_0")


def patterns(dtype):
    """Every geometry, two names for one tensor, a Parameter."""
    shapes = zoo.shapes(dtype)
    return shapes | {"tied": shapes["flat"], "tied_again": shapes["flat"], "tied_view": shapes["transposed"],
                     "parameter": torch.nn.Parameter(shapes["window"], requires_grad=False)}


def tensors(dtypes=DTYPES):
    return OrderedDict((f"{str(d)[6:]}.{name}", t) for d in dtypes for name, t in patterns(d).items())


def told(tensor):
    return str(tensor.dtype)[6:], tuple(tensor.shape), bits(tensor).numpy().tobytes()


def all_told(state):
    return {name: told(t) for name, t in state.items()}


def ties(state):
    """Sets of names that are the very same tensor."""
    groups = {}
    for name, t in state.items():
        if t.numel():
            groups.setdefault((t.data_ptr(), t.dtype, tuple(t.shape), t.stride()), set()).add(name)
    return sorted(sorted(g) for g in groups.values() if len(g) > 1)


# ---- Containers: functions of (tensors, folder) that return the path.

def torch_file(**options):
    def write(state, folder):
        path = folder / "zoo.pt"
        torch.save(state, path, **options)
        return path
    return write


def without_crc(state, folder):
    torch.serialization.set_crc32_options(False)
    try:
        return torch_file()(state, folder)
    finally:
        torch.serialization.set_crc32_options(True)


def packed_again(method, large):
    """Another program's archive of the same members."""
    def write(state, folder):
        source, path = torch_file()(state, folder), folder / "again.pt"
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", method) as new:
            for name in old.namelist():
                with new.open(name, "w", force_zip64=large) as member:
                    member.write(old.read(name))
        return path
    return write


def bare_pickle(protocol):
    def write(state, folder):
        path = folder / "zoo.pkl"
        path.write_bytes(pickle.dumps(state, protocol))
        return path
    return write


def pickled(state):
    """Its ties: a storage with a type is pickled once for each tensor, so that a Parameter gets another one."""
    typed = (*zoo.TYPED, torch.complex128)
    return {n: t.detach().clone() if isinstance(t, torch.nn.Parameter) and t.dtype in typed else t for n, t in state.items()}


def in_parts(state, folder, stem, suffix, save):
    """Three files and their index; tied tensors stay in one file."""
    names, where = list(state), {}
    files = [f"{stem}-{n:05}-of-00003.{suffix}" for n in (1, 2, 3)]
    for name in names:
        where[name] = files[sum(map(ord, name.partition(".")[0])) % 3]
    for file in files:
        save({n: state[n] for n in names if where[n] == file}, folder / file)
    path = folder / f"{stem}.{suffix}.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": where}))
    return path


def torch_parts(state, folder):
    return in_parts(state, folder, "pytorch_model", "bin", torch.save)


def dense(state):
    """safetensors accepts nothing else."""
    return {n: t.detach().clone(memory_format=torch.contiguous_format) for n, t in state.items()}


def save_safetensors(state, path):
    safetensors.torch.save_file(dense(state), path, {"format": "pt"})


def safetensors_file(state, folder):
    path = folder / "zoo.safetensors"
    save_safetensors(state, path)
    return path


def safetensors_parts(state, folder):
    return in_parts(state, folder, "model", "safetensors", save_safetensors)


def component(file, save):
    def write(state, folder):
        path = folder / "component"
        path.mkdir()
        (path / "config.json").write_text('{"_class_name": "Zoo"}')
        save(state, path / file)
        return path
    return write


def sat_run(state, folder):
    path = folder / "run"
    (path / "7").mkdir(parents=True)
    (path / "latest").write_text("7")
    torch.save({"module": state, "iteration": 7}, path / "7" / "mp_rank_00_model_states.pt")
    return path


def finish(writer):
    """A GGUFWriter's file, in the order that it wants."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def save_gguf(arrays, path):
    """arrays: of numpy, or pairs of bytes and the type that they are."""
    writer = gguf.GGUFWriter(path, "zoo")
    for name, array in arrays.items():
        if isinstance(array, tuple):
            writer.add_tensor(name, array[0], raw_dtype=array[1])
        else:
            writer.add_tensor(name, array)
    finish(writer)


def gguf_array(tensor):
    if tensor.dtype is torch.bfloat16:
        raw = tensor.contiguous().view(torch.uint8).numpy()
        return raw, gguf.GGMLQuantizationType.BF16
    return tensor.contiguous().numpy()


def gguf_file(state, folder):
    path = folder / "zoo.gguf"
    save_gguf({n: gguf_array(t.detach()) for n, t in state.items()}, path)
    return path


# ---- Tensors that torch does not have

def packed_safetensors(folder):
    """Types of less than a byte, of which safetensors-py writes one; the header is made by hand."""
    header, data, wanted = {"__metadata__": {"format": "pt"}}, b"", {}
    for kind, count in PACKED.items():
        for shape in ((3, 8), (2, 3, 4), (4,), (0, 4)):
            elements = int(np.prod(shape))
            size = elements // count * (1 if count == 2 else 3)
            name = f"{kind}.{len(shape)}.{elements}"
            wanted[name] = (kind, shape, bytes((len(data) + i) % 256 for i in range(size)))
            header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + size]}
            data += wanted[name][2]
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = folder / "packed.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path, wanted


def block_gguf(folder):
    """Some of ggml's types of blocks, in random bytes."""
    random, arrays, wanted = np.random.default_rng(3), {}, {}
    for name in BLOCKS:
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        for shape in ((2 * elements,), (3, elements), (2, 3, elements)):
            raw = random.integers(0, 256, (*shape[:-1], shape[-1] // elements * size), np.uint8)
            arrays[f"{name}.{len(shape)}"] = (raw, kind)
            wanted[f"{name}.{len(shape)}"] = (name, shape, raw.tobytes())
    path = folder / "blocks.gguf"
    save_gguf(arrays, path)
    return path, wanted


# ---- The reference libraries' readers

def read_torch(path, *root):
    state = torch.load(path, weights_only=True)
    for key in root:
        state = state[key]
    return state


def read_sat(folder):
    number = (folder / "latest").read_text()
    return read_torch(folder / number / "mp_rank_00_model_states.pt", "module")


def read_safetensors_file(path):
    """Names, types and shapes by safetensors' reader; the bytes are those of the file; torch's tensors are the same."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header, out = json.loads(data[8:start]), {}
    with safe_open(path, "pt") as f:
        metadata = f.metadata() or {}
        for name in f.keys():
            begin, end = (start + n for n in header[name]["data_offsets"])
            part = f.get_slice(name)
            kind = part.get_dtype()
            out[name] = OF_SAFETENSORS.get(kind, kind), tuple(part.get_shape()), data[begin:end]
            if kind not in PACKED and told(f.get_tensor(name)) != out[name]:
                raise AssertionError(f"{path}: {name}: torch sees something else")
    return out, metadata


def read_safetensors(path):
    """A file, or the folder of several with an index, each name as the metadata has it."""
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    state, metadata = {}, {}
    for file in files:
        part, told_there = read_safetensors_file(file)
        if set(part) & set(state):
            raise AssertionError(f"{file}: tensors that another file has too")
        state |= part
        metadata |= told_there
    for index in path.glob("*.index.json") if path.is_dir() else ():
        listed = json.loads(index.read_text())["weight_map"]
        if set(listed) != set(state) or set(listed.values()) != {f.name for f in files}:
            raise AssertionError(f"{index}: it lists something else than the files hold")
    others = {name: kept for name, kept in metadata.items() if kept in state and name not in state}
    return state | {name: state[kept] for name, kept in others.items()}, others


def stored_shape(kind, shape):
    """GGUF has four dimensions: leading ones are folded; without elements only their number is kept."""
    if 0 in shape and len(shape) > 1:
        return (0,)
    if not shape and kind == "bfloat16":
        return (1,)
    front = max(0, len(shape) - 3) if len(shape) > 4 else 0
    return (int(np.prod(shape[:front])), *shape[front:]) if front else shape


def read_gguf(path):
    out = {}
    for t in gguf.GGUFReader(path).tensors:
        kind = t.tensor_type.name
        out[t.name] = OF_GGUF.get(kind, kind), tuple(int(n) for n in t.shape[::-1]), t.data.tobytes()
    return out
