"""Inputs of the fuzzer's conversions that are several files: chains, and checkpoints of a few bytes, one for each layout and refusal.
SPDX-License-Identifier: Apache-2.0

Each function yields (lines of the chain, files: name → bytes).  Python's standard library only.
"""

import struct
from itertools import cycle
from json import dumps

import make_dcp as dcpkit
from picklekit import ORDERED, call, checkpoint, dict_of, legacy, list_of, name_of, pickle, saved, storage, tensor, tuple_of

W, V = tensor(), tensor((2, 2), (2, 1))
HALF = tensor(of=storage("1", kind="HalfStorage", count=8))
PLAIN = saved(checkpoint(("w", W)))


def file_of(body):
    """A file of torch.save with this value, and the storages that W, V and HALF name."""
    records = [("data/0", bytes(range(16)))] + ([("data/1", bytes(16))] if b"HalfStorage" in body else [])
    return saved(pickle(body), records=records)


def torchfile(*pairs):
    return file_of(dict_of(*pairs))


def safetensors(tensors, metadata=None):
    """tensors: name → (type, shape, bytes)."""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    for name, (kind, shape, values) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def floats(*shape, value=1.0):
    n = 1
    for size in shape:
        n *= size
    return ("F32", list(shape), struct.pack("<f", value) * n)


# ---- torch: what is the model of a file, and what a name is
def parts(parameters=(), buffers=(), modules=(), more=(), name="Linear"):
    """A pickled torch.nn.Module."""
    state = dict_of(("training", False), ("_parameters", dict_of(*parameters)), ("_buffers", dict_of(*buffers)), ("_modules", dict_of(*modules)), *more)
    return name_of("my.models", name) + b")\x81" + state + b"b"


def array(values=b"\0" * 16, kind="f4", shape=(4,)):
    dtype = call(name_of("numpy", "dtype"), kind, False, True) + tuple_of(3, "<", None, None, None, -1, -1, 0) + b"b"
    made = call(name_of("numpy.core.multiarray", "_reconstruct"), name_of("numpy", "ndarray"), (0,), b"C\1b")
    return made + tuple_of(1, shape, dtype, False, b"C" + bytes([len(values)]) + values) + b"b"


def torch():
    model, optimizer = dict_of(("a.w", W), ("a.b", W)), dict_of(("state", dict_of((0, dict_of(("exp_avg", W), ("step", 3))))),
        ("param_groups", list_of(dict_of(("lr", 1), ("params", list_of(0))))))
    bodies = {
        "nested": dict_of(("model", model), ("optimizer", optimizer), ("epoch", 3), ("args", dict_of(("lr", 1), ("name", "x"), ("flag", True)))),
        "two": dict_of(("model", model), ("model_ema", dict_of(("a.w", HALF), ("c.w", W)))), "copies": dict_of(("model", model), ("teacher", dict_of(("a.w", W), ("a.b", W)))),
        "several": dict_of(("model", model), ("state_dict", dict_of(("z", W)))),
        "asides": dict_of(("ema", model), ("optimizer", optimizer)), "facts": dict_of(("model", model), ("mean", W), ("note", "x")),
        "one": dict_of(("net", dict_of(("net", dict_of(("w", W)))))), "optimizer": optimizer, "optimizers": dict_of(("optimizer", optimizer), ("scheduler", dict_of(("x", W)))),
        "list": list_of(W, V), "tuple": tuple_of(dict_of(("w", W)), dict_of(("v", V)), 3), "lists": dict_of(("a", list_of(W, W)), ("b", tuple_of(V, 1))),
        "numbers": dict_of((0, W), (1, V)), "keys": dict_of((b"C\1a", W)), "none": dict_of((b"N", W)), "nul": dict_of((b"X\3\0\0\0a\0b", W)), "true": dict_of((True, W)),
        "module": parts([("weight", W), ("bias", b"N")], [("mean", W), ("tmp", W)], [("inner", parts([("w", V)]))],
            [("_non_persistent_buffers_set", b"\x8f(X\3\0\0\0tmp\x90"), ("extra", W), ("other", list_of(W))]),
        "module-list": parts([("weight", W)], [("tmp", W)], (), [("_non_persistent_buffers_set", call(name_of("builtins", "set"), list_of("tmp"))), ("x", 1)]),
        "module-number": parts([(3, W)]), "modules": dict_of(("model", parts([("w", W)])), ("ema", parts([("w", W)]))),
        "object": name_of("my", "Thing") + b")\x81" + dict_of(("w", W)) + b"b", "objects": dict_of(("a", name_of("my", "Thing") + b")\x81" + dict_of(("w", W)) + b"b")),
        "call": call(name_of("my", "f"), W), "namespace": dict_of(("model", model), ("args",
            name_of("argparse", "Namespace") + b")\x81" + dict_of(("lr", 1), ("on", True), ("f", b"G?\xf0\0\0\0\0\0\0"), ("l", list_of(1))) + b"b")),
        "array": dict_of(("a", array()), ("b", W)), "array-only": array(),
        "array-scalar": dict_of(("a", call(name_of("numpy.core.multiarray", "scalar"), call(name_of("numpy", "dtype"), "f8", False, True), b"C\x08" + b"\0" * 8)), ("w", W)),
        "array-kind": dict_of(("a", array(kind="O8")), ("w", W)), "array-text": dict_of(("a", array(b"\0" * 16, kind="U1")), ("w", W)),
        "itself": b"}q\0(X\1\0\0\0ah\0X\1\0\0\0w" + W + b"u", "itself-list": b"]q\0(h\0" + W + b"e", "shared": b"}(X\1\0\0\0a" + W + b"q\1X\1\0\0\0bh\1u",
        "long": dict_of(*((f"{'x' * 200}{i}", W) for i in range(3))), "long-name": dict_of(("x" * 5000, W)), "deep": b"}X\1\0\0\0a" * 1200 + W + b"s" * 1200,
        "deep-list": b"]" * 60 + W + b"a" * 60, "twice": dict_of(("a", W), ("a", V)), "dots": dict_of(("a.b", W), ("a", dict_of(("b", V)))), "empty": dict_of(),
        "empty-list": list_of(), "text": b"X\1\0\0\0a", "control": dict_of(("a\x1b", W)), "blank": dict_of(("", W)),
        "many": dict_of(("model", model), *((f"v{i}", i) for i in range(2100))), "others": dict_of(("model", model), *((f"o{i}", list_of(W)) for i in range(40))),
        "deep-x": b"]" * 40 + dict_of(("model", model)) + b"a" * 40, "wide": dict_of(("m", list_of(*([dict_of(("w", W))] * 30)))),
        "lightning": dict_of(("state_dict", dict_of(("model.w", W), ("loss.w", W))), ("hyper_parameters", dict_of(("x", 1), ("y", b"N"))), ("pytorch-lightning_version", "2"),
            ("callbacks", dict_of(("a", W))), ("loops", dict_of())),
        "scaler": dict_of(("model", model), ("scaler", dict_of(("scale", W), ("growth_tracker", W))), ("rng", list_of(W, tuple_of("MT19937", W, 3))),
            ("lr_scheduler", dict_of(("base_lrs", list_of(1)), ("last_epoch", 2)))), "shadow": dict_of(("shadow_params", list_of(W, W)), ("decay", b"G?\xf0\0\0\0\0\0\0")),
            "ema-model": dict_of(("model", model), ("ema_model", optimizer)),
        "parameter": dict_of(("w", call(name_of("torch._utils", "_rebuild_parameter"), W, True, ORDERED))), "set": dict_of(("s", b"\x8f"), ("w", W)),
        "usual-empty": dict_of(("model", dict_of()), ("w", W)), "usual-number": dict_of(("model", 3), ("state_dict", 4)),
    }
    for name, body in bodies.items():
        yield (), {"x.pt": file_of(body)}
    roots = {"nested": ("model", "optimizer", "optimizer.state.0", "args", "x", ".", "model.a", "epoch", "model.a.w"), "two": ("model_ema", "."),
        "list": ("0", "1", "2", "x", "."), "tuple": ("0", "1", "2", "0.w", "01", "9"), "lists": ("a", "a.0", "b.1", "b.5", "."), "numbers": ("0", "1", "2", "."),
             "module": ("weight", "inner", "inner.w", "mean", "."), "modules": ("model", "ema", "."), "object": (".", "w"), "one": ("net", "net.net", "net.net.w", "n"),
             "facts": (".", "model"), "optimizer": (".", "state"), "several": (".",), "copies": (".", "teacher"), "keys": (".",), "deep-list": ("." + "0." * 40, "0." * 70),
             "others": (".", "o1"), "wide": ("m", "m.3")}
    for name, paths in roots.items():
        for path in paths:
            yield (f"reader torch:root={path}",), {"x.pt": file_of(bodies[name])}
    for name in ("nested", "list", "optimizer"):
        yield ("reader torch",), {"x.pt": legacy(bodies[name])}
        yield (), {"x.pt": legacy(bodies[name])}
    index = {"metadata": {}, "weight_map": {"w": "a.bin", "v": "b.bin"}}
    for lines in (("in pytorch_model.bin.index.json",), ("in pytorch_model.bin.index.json", "reader torch"), ("in pytorch_model.bin.index.json", "reader torch:root=w"),
        ("reader torch",), ("in a.bin", "reader torch:crc=ignore")):
        yield lines, {"pytorch_model.bin.index.json": dumps(index).encode(), "a.bin": PLAIN, "b.bin": torchfile(("v", V))}
    for head in (b"", b"PK\3\4", b"{}", b"\x80\2", b"\x80\2.", b"\x80\2}.", b"PK\5\6" + bytes(18), b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", b"x" * 257 + b"ustar\0"):
        yield ("in x.pt",), {"x.pt": head}
        yield ("in x.pt", "reader torch"), {"x.pt": head}
        yield ("in model.bin",), {"model.bin": head + bytes(20)}


# ---- SAT
def sat():
    name, config = "mp_rank_{:02}_model_states.pt", b"args: {lora_alpha: 2}\nmodel: {scale: 1}\n"
    one = torchfile(("module", dict_of(("transformer.w", V))), ("mp_world_size", 1))

    def ranks(*contents, first=0):
        return {name.format(first + i): torchfile(*content) for i, content in enumerate(contents)}

    def world(n, *pairs):
        return (("module", dict_of(*pairs)), ("mp_world_size", n))

    folders = (
        {"1000/" + name.format(0): one, "latest": b"1000"}, {"1000/" + name.format(0): one, "latest": b" 1000\n"}, {"1000/" + name.format(0): one, "latest": b"2000"},
        {"1000/" + name.format(0): one, "latest": b"1000-ema"}, {"1000/" + name.format(0): one, "latest": b"x"}, {"1000/" + name.format(0): one, "latest": b"../1000"},
        {"1000/" + name.format(0): one, "latest": b"1" * 9000}, {"1000/" + name.format(0): one, "latest": b""}, {"1000/" + name.format(0): one},
        {"1000/" + name.format(0): one, "2000/" + name.format(0): one}, {"global_step5/" + name.format(0): one, "release/x": b""},
        {"1000-ema/" + name.format(0): one, "1000/" + name.format(0): one, "latest": b"1000"},
        {"a-01-02-03-04/1000/" + name.format(0): one, "a-01-02-03-04/latest": b"1000"}, {"a-01-02-03-04/1000/" + name.format(0): one,
        "b-01-02-03-04/1000/" + name.format(0): one}, {"training_config.yaml": config, "x": b"", "1000/" + name.format(0): one}, {"training_config.yaml": config, "x": b""},
        {"x": b""}, {"training_config.yaml": config, name.format(0): one},
        {"training_config.yaml": b"a: [\n", "1000/" + name.format(0): one, "latest": b"1000"}, {"training_config.yaml": b"\xff\n", name.format(0): one},
        {"training_config.yaml": b"- a\n", name.format(0): one}, {"1000/x": b"", "latest": b"1000"}, {"1000/zero_pp_rank_0_mp_rank_00_model_states.pt": one, "latest": b"1000"},
        {"1000/z3_x.pt": one, "latest": b"1000"},
        {"1000/" + name.format(0): one, "1000/zero_pp_rank_0_mp_rank_00_optim_states.pt": one, "latest": b"1000"}, {"a-01-02-03-04/x": b""},
        {"pytorch_model/" + name.format(0): one, "training_config.yaml": config}, {"1000/" + name.format(1): one, "latest": b"1000"},
        ranks(world(2, ("w", V)), world(2, ("w", V))), ranks(world(2, ("transformer.layers.0.attention.query_key_value.weight", V)),
            world(2, ("transformer.layers.0.attention.query_key_value.weight", V))), ranks(world(3, ("w", V)), world(3, ("w", V))),
            ranks(world(1, ("w", V)), world(1, ("w", V))), ranks(world(0, ("w", V))), ranks(world(-1, ("w", V)), world(2, ("w", V))), ranks(world(2, ("w", V))),
        ranks(world(2, ("w", V)), world(2, ("v", V))), ranks(world(2, ("w", V)), world(2, ("w", W))), ranks(world(2, ("w", V)), world(2, ("w", V), ("v", V))),
        ranks(world(2, ("w", W), ("b", V)), world(2, ("w", W), ("b", V))), ranks(world(2, ("a.matrix_A.0", V)), world(2, ("a.matrix_A.0", V))),
        ranks(world(2, ("transformer.layers.0.mlp.dense_h_to_4h.weight", V), ("transformer.layers.0.attention.dense.weight", V)),
            world(2, ("transformer.layers.0.mlp.dense_h_to_4h.weight", V), ("transformer.layers.0.attention.dense.weight", V))),
            ranks(world(2, ("transformer.layers.0.attention.dense.weight", W)), world(2, ("transformer.layers.0.attention.dense.weight", W))),
        ranks(world(2, ("transformer.layers.0.attention.query_key_value.weight", tensor((1, 4), (4, 1)))),
            world(2, ("transformer.layers.0.attention.query_key_value.weight", tensor((1, 4), (4, 1))))), ranks(world(2, ("w", V)), world(1, ("w", V))),
            ranks((("module", dict_of(("w", V))),), (("module", dict_of(("w", V))),)), ranks(world(2, ("w", V)), world(2, ("w", V)), first=1),
        {name.format(0): one, name.format(2): one}, {name.format(0): one, name.format(0).replace("00", "000"): one}, {name.format(0): one, "mp_rank_x_model_states.pt": one},
        {name.format(0): one, "mp_rank_99999999999_model_states.pt": one},
    )
    for files in folders:
        for lines in ((), ("reader sat",)):
            yield lines, files
    expert, main = "layer_{}_expert_{}_mp_rank_{:02}_model_states.pt", name.format(0)

    def mixture(counts, *experts, prefix="m.experts.deepspeed_experts."):
        counted = (("num_experts", counts),) if counts else ()
        return {main: torchfile(("module", dict_of(("g", V))), ("mp_world_size", 1), *counted)} | {expert.format(*e): torchfile((f"{prefix}{e[1]}", V)) for e in experts}

    for files in (mixture(list_of(2), (0, 0, 0), (0, 1, 0)), mixture(None, (0, 0, 0), (0, 1, 0)), mixture(list_of(2), (0, 0, 0)), mixture(list_of(1), (0, 0, 0), (0, 1, 0)),
                  mixture(list_of(2, 1), (0, 0, 0), (0, 1, 0), (1, 0, 0)), mixture(list_of(2), (0, 0, 1)), mixture(list_of(1 << 40), (0, 0, 0)), mixture(list_of(-1), (0, 0, 0)),
                  mixture(2, (0, 0, 0), (0, 1, 0)), mixture(list_of(2), (0, 0, 0), (0, 1, 0), prefix="l.experts.w1."), mixture(list_of(1), (0, 0, 0), prefix="l.experts.w1.7"),
                  mixture(list_of(1), (999999, 0, 0)), mixture(list_of(2), (0, 0, 0), (0, 1, 0)) | {expert.format(0, 1, 0): torchfile(("a", V), ("l.experts.w1.1", V))},
                  mixture(list_of(2)) | {f"expert_{i}_mp_rank_00_model_states.pt": torchfile((f"x.{i}", V)) for i in range(2)}):
        yield (), files
        yield ("reader sat:weights=fp32",), files
    first = folders[11]
    for parameters in ("iteration=1000", "iteration=3000", "ema=yes", "ema=no", "weights=model", "weights=fp32", "crc=ignore", "iteration=release", "iteration=1000,ema=yes",
        "iteration=../x"):
        for files in (first, folders[0], folders[23], folders[24], folders[10], folders[8]):
            yield (f"reader sat:{parameters}",), files
    for path in ("1000", "1000/" + name.format(0)):
        for files in (folders[0], folders[0] | {"training_config.yaml": config}, {"1000/training_config.yaml": config, "1000/" + name.format(0): one}, folders[11]):
            yield (f"in {path}",), files
            yield (f"in {path}", "reader sat"), files
    yield ("in 1000/x.pt", "reader sat"), {"1000/x.pt": one}
    yield ("in x.pt", "reader sat"), {"x.pt": one, "training_config.yaml": config}
    for rank in (0, 1):
        yield (f"in {name.format(rank)}",), folders[28]
        yield (f"in {name.format(rank)}", "reader sat"), folders[28]


# ---- ZeRO
def zero():
    def shape(*sizes):
        return call(name_of("torch", "Size"), tuple_of(*sizes))

    def optimizer(n=1, flats=(W,), key="single_partition_of_fp32_groups", paddings=None, count=None, make=list_of):
        state = [(key, make(*flats)), ("partition_count", list_of(n) if count is None else count)] + ([("param_alignment_paddings", paddings)] if paddings else [])
        return torchfile(("optimizer_state_dict", dict_of(*state)))

    def model(shapes=None, module=None, names=("b",), **more):
        shapes = list_of(dict_of(("w", shape(2, 2)))) if shapes is None else shapes
        module = dict_of(("b", HALF), ("w", W)) if module is None else module
        return torchfile(("buffer_names", list_of(*names)), ("module", module), ("param_shapes", shapes), *more.items())

    def folder(optimizers, models, stage3=False):
        files = {f"zero_pp_rank_{i}_mp_rank_00_optim_states.pt": data for i, data in enumerate(optimizers)}
        return files | {(f"zero_pp_rank_{i}_mp_rank_00_model_states.pt" if stage3 else "mp_rank_00_model_states.pt"): data for i, data in enumerate(models)}

    split = "fp32_flat_groups"
    two = list_of(dict_of(("w", shape(2, 2))), dict_of(("v", shape(4))))
    cases = (
        folder([optimizer()], [model()]), folder([optimizer(2), optimizer(2)], [model(list_of(dict_of(("w", shape(2, 2)), ("v", shape(4)))))]),
        folder([optimizer(2)], [model()]), folder([optimizer(1), optimizer(1)], [model()]), folder([optimizer(2), optimizer(3)], [model()]), folder([optimizer(0)], [model()]),
        folder([optimizer(count=3), optimizer(count=3)], [model()]), folder([optimizer(count=b"X\1\0\0\0a")], [model()]),
        folder([optimizer(flats=())], [model()]), folder([optimizer(flats=(V,))], [model()]), folder([optimizer(flats=(3,))], [model()]),
        folder([optimizer(flats=(W, HALF))], [model(two)]), folder([optimizer(flats=(W, W))], [model(two)]), folder([optimizer(flats=(W, W))], [model()]),
        folder([optimizer(2, (W, W)), optimizer(2)], [model(two)]), folder([optimizer(make=tuple_of)], [model()]), folder([optimizer(key="x")], [model()]),
        folder([PLAIN], [model()]), folder([saved(pickle(list_of(W)))], [model()]),
        folder([b""], [model()]), folder([optimizer()], []), folder([optimizer()], [b""]), folder([optimizer()], [saved(pickle(W))]), folder([optimizer()], [model(3)]),
        folder([optimizer()], [model(list_of(3))]), folder([optimizer()], [model(list_of(dict_of((3, shape(4)))))]), folder([optimizer()], [model(list_of(dict_of(("w", 3))))]),
        folder([optimizer()], [model(list_of(dict_of(("w", shape(1 << 40, 1 << 40)))))]), folder([optimizer()], [model(list_of(dict_of(("w", shape(8)))))]),
        folder([optimizer()], [model(list_of(dict_of(("w", shape(2)))))]), folder([optimizer()], [model(list_of(dict_of(("w", shape(0)), ("v", shape(4)))))]),
        folder([optimizer()], [model(list_of(dict_of(("a", shape(1)), ("b", shape(2)))))]), folder([optimizer()], [model(module=3)]), folder([optimizer()], [model(names=())]),
        folder([optimizer()], [model(module=dict_of(("b", 3)))]), folder([optimizer()], [model(module=dict_of((3, W), ("b", W)))]),
        folder([optimizer()], [torchfile(("module", dict_of()), ("param_shapes", list_of()))]),
        *(folder([optimizer(paddings=p)], [model(list_of(dict_of(("a", shape(1)), ("b", shape(2)))))]) for p in (list_of(list_of(1, 0)), list_of(list_of(0, 9)),
            list_of(list_of(1)), list_of(3), 3, list_of(list_of(-1, 0)), list_of(list_of("x", 0)), b"N", list_of(list_of(2, 0)))),
        *(folder([optimizer()], [model(frozen_param_shapes=f, frozen_param_fragments=g)]) for f, g in ((dict_of(("f", shape(4))), dict_of(("f", W))),
            (dict_of(("f", shape(3))), dict_of(("f", W))), (dict_of(("f", shape(4))), dict_of()), (dict_of(("f", shape(4))), 3), (dict_of((3, shape(4))), dict_of(("f", W))),
            (dict_of(("f", 3)), dict_of(("f", W))), (dict_of(("f", shape(2, 2))), dict_of(("f", V))), (dict_of(), dict_of()))),
        *(folder([optimizer()], [model(shared_params=p)]) for p in (dict_of(("t", "w")), dict_of(("t", "x")), dict_of((3, "w")), dict_of(("t", 3)), dict_of(("w", "w")), 3,
            dict_of(("b", "w")), list_of(list_of("t", "w")))),
        folder([optimizer(key=split)], [model()], True), folder([optimizer(2, key=split)] * 2, [model(list_of(dict_of(("w", shape(2, 4)))))] * 2, True),
        folder([optimizer(2, key=split)] * 2, [model(list_of(dict_of(("w", shape(7)))))] * 2, True), folder([optimizer(2, key=split)] * 2,
        [model(list_of(dict_of(("w", shape(17)))))] * 2, True), folder([optimizer(2, key=split)] * 2, [model(list_of(dict_of(("w", shape(2)))))] * 2, True),
        folder([optimizer(key=split, flats=(W, W))], [model(list_of(dict_of(("w", shape(6)), ("z", shape(0)), ("v", shape(2)))))], True),
        folder([optimizer(key=split, flats=(W, W))], [model(list_of(dict_of(("w", shape(3)))))], True), folder([optimizer(key=split)], [model(list_of(3))], True),
        folder([optimizer(key=split)], [model(list_of(dict_of(("w", 3))))], True), folder([optimizer(2, (W,), split), optimizer(2, (tensor((2,)),), split)], [model()] * 2,
        True), folder([optimizer(key=split)], [], True),
        folder([optimizer(2, key=split)] * 2, [model(list_of(dict_of(("w", shape(8)))), frozen_param_shapes=dict_of(("f", shape(8))),
            frozen_param_fragments=dict_of(("f", W)))] * 2, True), folder([optimizer(2, key=split)] * 2,
            [model(list_of(dict_of(("w", shape(8)))), frozen_param_shapes=dict_of(("f", shape(8))), frozen_param_fragments=dict_of(("f", W))),
                model(list_of(dict_of(("w", shape(8)))))], True),
        {"zero_pp_rank_0_mp_rank_01_optim_states.pt": optimizer()}, {"zero_pp_rank_99999999_mp_rank_00_optim_states.pt": optimizer(), "zero_pp_rank_x": b""},
        {"bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt": optimizer(), "mp_rank_00_model_states.pt": model()}, {"x": b""},
        {"zero_pp_rank_1_mp_rank_00_optim_states.pt": optimizer(2), "mp_rank_00_model_states.pt": model()},
    )
    for files in cases:
        yield ("reader zero",), files
    yield ("reader zero:crc=ignore",), cases[0]
    yield ("reader sat:weights=fp32",), cases[0]
    yield ("in zero_pp_rank_0_mp_rank_00_optim_states.pt",), cases[0]
    yield ("in zero_pp_rank_0_mp_rank_00_optim_states.pt", "reader zero"), cases[1]


# ---- Importance matrices
def imatrix():
    data = safetensors({"a.weight": floats(2, 32), "b.weight": floats(2, 32)})

    def older(*entries, n=None):
        return struct.pack("<i", len(entries) if n is None else n) + b"".join(
            struct.pack("<i", len(name)) + name + struct.pack("<ii", calls, len(values) if count is None else count) + struct.pack(f"<{len(values)}f", *values) for name, calls,
            values, count in entries)

    def newer(tensors):
        out, at, blob = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), 0), 0, b""
        for name, (shape, values) in tensors.items():
            out += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", s) for s in shape) + struct.pack("<IQ", 0, at)
            raw = struct.pack(f"<{len(values)}f", *values)
            blob += raw + b"\0" * (-len(raw) % 32)
            at = len(blob)
        return out + b"\0" * (-len(out) % 32) + blob

    ones = (1.0,) * 32
    for matrix in (older((b"a.weight", 1, ones, None)), older((b"a.weight", 0, ones, None), (b"b.weight", 2, ones, None)), older((b"a.weight", 1, ones[:8], None)),
        older((b"", 1, ones, None)), older((b"x" * 5000, 1, ones, None)), older((b"a.weight", -1, ones, None)), older((b"a.weight", 1, ones, 0)),
        older((b"a.weight", 1, ones, 99)), older(n=0), older(n=-1), older(n=1 << 20), older((b"a.weight", 1, ones, None), n=2),
                   older((b"a.weight", 1, (float("nan"),) * 32, None)), b"", b"abc", older((b"a.weight", 1, ones, None))[:30],
                   newer({"a.weight.in_sum2": ((32, 1), ones), "a.weight.counts": ((1, 1), (2.0,))}),
                   newer({"a.weight.in_sum2": ((16,), ones[:16]), "a.weight.counts": ((1, 1), (2.0,))}), newer({"a.weight.in_sum2": ((32,), ones)}), newer({"x": ((32,), ones)}),
                   newer({}), newer({"a.weight.in_sum2": ((32, 1), ones), "a.weight.counts": ((2,), (2.0, 2.0))}), b"GGUF", b"GGUF\3\0\0\0"):
        for to in ("q4_0", "q8_0"):
            yield ("in m.safetensors", f"transform quantize:to={to},imatrix=in/i.dat", "writer gguf:architecture=test", "output x.gguf"), {"m.safetensors": data, "i.dat": matrix}


# ---- Indexes, numbered files and variants of the weights of a folder
def folder():
    a, b = safetensors({"a": floats(4)}), safetensors({"b": floats(4)})
    both = {"a": "m-00001-of-00002.safetensors", "b": "m-00002-of-00002.safetensors"}
    first, second = both.values()

    def index(weights, **more):
        return dumps({"metadata": {"total_size": 32}, "weight_map": weights} | more).encode()

    name = "m.safetensors.index.json"
    for weights in (both, {}, {"a": first}, {"a": second, "b": first}, both | {"c": first}, {"a": 3}, {"a": "../x.safetensors"}, {"a": "x/y.safetensors"}, {"a": ""},
        {"a": "m.txt"}, {f"t{i}": f"m-{i:05}.safetensors" for i in range(5000)}, 3, None):
        for files in ({first: a, second: b}, {first: a}, {first: a, second: b, "m-00003-of-00002.safetensors": a},
            {first: safetensors({"a": floats(4), "x": floats(4)}), second: b}):
            yield (f"in {name}",), files | {name: index(weights)}
            yield ("reader diffusers",), {key.replace("m-", "model-"): value for key, value in files.items()} | {"model.safetensors.index.json": index(weights).replace(b"m-",
                b"model-"), "config.json": b'{"architectures": ["X"]}'}
    for text in (b"", b"{}", b"[]", b'{"weight_map": {"a": "a.safetensors", "a": "b.safetensors"}}', b'{"weight_map": {}, "metadata": [1]}', b"x"):
        yield (f"in {name}",), {name: text, first: a, second: b}
        yield (f"in {name}", "reader safetensors"), {name: text, first: a, second: b}
    numbered = "model-{:05}-of-{:05}.safetensors"
    config = {"config.json": b'{"_class_name": "X", "a": 1}'}
    for names in ([(1, 2), (2, 2)], [(1, 2)], [(0, 2), (2, 2)], [(0, 2), (1, 2), (2, 2)], [(1, 1), (2, 1)], [(0, 2), (1, 2)], [(1, 2), (3, 2)], [(1, 3), (2, 2)], [(2, 2)], [(1, 2), (2, 2), (1, 3)], [(1, 1)], [(0, 1)],
        [(1, 0)], [(5, 9)]):
        files = {numbered.format(*n): safetensors({f"t{i}": floats(4)}) for i, n in enumerate(names)}
        yield (), files
        yield ("reader diffusers",), files | config
        yield ("reader diffusers:index=ignore",), files | config | {"model.safetensors.index.json": index({"a": "model-00001-of-00002.safetensors"})}
        yield (f"in {next(iter(files))}",), files
        yield (f"in {next(iter(files))}", "reader safetensors"), files
    stems = ("model", "diffusion_pytorch_model", "pytorch_model")
    sets = [
        {"model.fp16.safetensors": a}, {"model.fp16.safetensors": a, "model.bf16.safetensors": a}, {"model.fp16.safetensors": a, "model.safetensors": b},
        {"diffusion_pytorch_model.safetensors": a, "model.safetensors": b}, {"pytorch_model.bin": PLAIN}, {"pytorch_model.bin": PLAIN, "model.safetensors": a},
        {"pytorch_model.fp16.bin": PLAIN, "model.bf16.safetensors": a},
        {"diffusion_pytorch_model.fp16.safetensors": a, "diffusion_pytorch_model.bin": PLAIN}, {"model.a b.safetensors": a}, {"model..safetensors": a},
        {"model." + "x" * 70 + ".safetensors": a}, {"x.safetensors": a}, {"x.safetensors": a, "y.safetensors": b}, {}, {"pytorch_lora_weights.safetensors": a},
        {"adapter_model.safetensors": a, "adapter_config.json": b"{}"},
        {"model.fp16-00001-of-00002.safetensors": a, "model.fp16-00002-of-00002.safetensors": b}, {"model-00001-of-00002.fp16.safetensors": a,
        "model-00002-of-00002.fp16.safetensors": b}, {"a-00001-of-00002.safetensors": a, "a-00002-of-00002.safetensors": b, "b-00001-of-00001.safetensors": a},
        {"model.safetensors.index.json": index({"a": "model.safetensors"}), "diffusion_pytorch_model.safetensors.index.json": index({"a": "model.safetensors"}),
            "model.safetensors": a},
        {"model.safetensors.index.fp16.json": index({"a": "model.fp16.safetensors"}), "model.fp16.safetensors": a},
        {"a.safetensors.index.json": index({"a": "model.safetensors"}), "b.safetensors.index.json": index({"a": "model.safetensors"}), "model.safetensors": a},
        {"pytorch_model.bin.index.json": index({"w": "pytorch_model-00001-of-00001.bin"}), "pytorch_model-00001-of-00001.bin": PLAIN},
        {"model-00001-of-00001.safetensors": a, "pytorch_model-00001-of-00001.bin": PLAIN}, {"tf_model.h5": b"x", "model.safetensors": a, "flax_model.msgpack": b"x"},
        {"weights.bin": PLAIN, "weights-00001-of-00001.bin": PLAIN},
    ]
    for files in sets:
        yield (), files
        yield ("reader diffusers",), files | config
        for parameter in ("variant=fp16", "index=ignore"):
            yield (f"reader diffusers:{parameter}",), files | config
    whole = {"model.safetensors": a}
    for text in (b"", b"[]", b"{", b"\xff", b'{"architectures": ["A"], "model_type": "x"}', b'{"_class_name": "A", "_diffusers_version": "1"}', b'{"architectures": 3}',
        b'{"architectures": []}', b'{"_class_name": 3}', b'{"a": ' + b"[" * 70 + b"]" * 70 + b"}", b'{"x": "' + b"y" * (9 << 17) + b'"}'):
        yield ("reader diffusers",), whole | {"config.json": text}
        yield ("reader diffusers", "writer diffusers", "output x/"), whole | {"config.json": text}
    for files in ({"tokenizer_config.json": b'{"tokenizer_class": "T"}', "vocab.json": b"{}"}, {"tokenizer_config.json": b"{}"},
        {"scheduler_config.json": b'{"_class_name": "S"}'}, {"preprocessor_config.json": b'{"image_processor_type": "P"}'}, {"config.json": b"{}"},
        {"generation_config.json": b"{}", "config.json": b"{}"}, {"README.md": b"x"}):
        yield ("reader diffusers",), files
        yield ("reader diffusers", "output x/"), files
        yield ("reader diffusers", "output x/"), {f"{part}/{key}": value for part in ("tokenizer",) for key,
            value in files.items()} | {"model_index.json": b'{"_class_name": "P", "tokenizer": ["transformers", "T"]}'}
    for text in (b'{"_class_name": "P", "unet": ["diffusers", "U"], "vae": [null, null], "x": 1, "y": ["a"], "z": [1, 2]}', b"[]", b"{}", b"{", b'{"unet": ["diffusers", "U"]}',
        b'{"_class_name": 3, "unet": ["diffusers", "U"]}', b'{"_class_name": "P", "../x": ["diffusers", "U"]}', b'{"_class_name": "P", "absent": ["diffusers", "U"]}',
        b'{"_class_name": ["m", "P"], "unet": ["m", "U"]}'):
        for lines in ((), ("reader diffusers", "output x/")):
            yield lines, {"model_index.json": text, "unet/diffusion_pytorch_model.safetensors": a, "unet/config.json": b'{"_class_name": "U"}', "vae/config.json": b"{}"}
    for card in (b"---\nlicense: mit\nlanguage: no\n---\n", b"---\nlanguage:\n- en\n- no\ntags: [a]\n---\nx", b"---\nlicense: [\n---\n", b"---\n", b"---\na: 1\n",
        b"---\r\nlicense: mit\r\n---\r\n", b"x", b"", b"---\n- a\n---\n", b"---\nbase_model:\n-a\n---\n", b"---\nlanguage:\n- no\n-  b\n---\n", b"--- \na: b\n---\n",
        b"---\n\ta: b\n---\n", b"---\na: \"\n---\n", b"\xef\xbb\xbf---\na: b\n---\n", b"---\n" + b"a: b\n" * 30000 + b"---\n"):
        yield ("reader diffusers", "transform model-card", "writer gguf:architecture=llama", "output x.gguf"), whole | config | {"README.md": card}
    for stem in stems:
        yield ("reader diffusers",), {f"{stem}.safetensors.index.json": index(both), first: a, second: b} | config


# ---- LoRA: names, alpha and rank, and peft's configurations
def lora():
    base = safetensors({f"blocks.{i}.{p}.weight": floats(4, 4) for i in range(2) for p in ("q", "k")})
    pairs = {f"base_model.model.blocks.0.{p}.lora_{x}.weight": floats(*s) for p in ("q", "k") for x, s in (("A", (2, 4)), ("B", (4, 2)))}
    file = safetensors(pairs)
    good = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q", "k"]}

    turns = cycle(("kohya", "diffusers", "peft"))

    def both(name, files):
        yield (f"in {name}", f"transform lora-names:to={next(turns)}"), files
        yield ("in base.safetensors", f"transform lora-merge:file=in/{name}"), files | {"base.safetensors": base}

    for change in ({}, {"use_rslora": True}, {"use_rslora": 3}, {"use_rslora": None}, {"use_dora": True}, {"lora_alpha": None}, {"lora_alpha": "x"}, {"lora_alpha": 1e400},
        {"lora_alpha": []}, {"r": 3}, {"r": None}, {"r": "x"}, {"r": 0}, {"bias": "all"}, {"bias": "none"}, {"bias": 3}, {"fan_in_fan_out": True}, {"peft_type": "LOHA"},
        {"peft_type": 3}, {"modules_to_save": ["x"]}, {"init_lora_weights": "pissa"}, {"layer_replication": [[0, 1]]},
                   {"megatron_config": {}}, {"use_qalora": True}, {"alora_invocation_tokens": [1]}, {"trainable_token_indices": [1]}, {"lora_bias": True},
                   {"rank_pattern": {"q": 2}}, {"rank_pattern": {"^base_model.model.blocks.0.q": 2}}, {"rank_pattern": {"blocks\\.0\\.q": 2, "blocks.0.k": 2, "q": 2}},
                   {"rank_pattern": {".*q": 2}}, {"rank_pattern": {"(q|k)": 2}}, {"rank_pattern": {"q": 3}}, {"rank_pattern": {"q": "x"}}, {"rank_pattern": 3},
                   {"alpha_pattern": {"q": 8, "k": 2}}, {"alpha_pattern": {"^blocks.0.q": 8}}, {"alpha_pattern": {"blocks.*": 8}}, {"alpha_pattern": {"q$": 8}},
                   {"alpha_pattern": {"q": None}}, {"alpha_pattern": []}, {"alpha_pattern": {f"x{i}.*": 1 for i in range(300)}}, {"corda_config": {}, "eva_config": None},
                   {"other": 1}, {"target_parameters": ["x"]}, {"exclude_modules": ["x"]}, {"layers_to_transform": [1]}, {"use_bdlora": 1}):
        yield from both("lora/adapter_model.safetensors", {"lora/adapter_model.safetensors": file, "lora/adapter_config.json": dumps(good | change).encode()})
        yield from both("l.safetensors", {"l.safetensors": safetensors(pairs, {"lora_adapter_metadata": dumps(good | change)})})
    for text in (b"", b"[]", b"{", b"\xff", b'{"a": ' + b"[" * 90 + b"]" * 90 + b"}", b'{"x": "' + b"y" * (9 << 17) + b'"}'):
        yield from both("lora/adapter_model.safetensors", {"lora/adapter_model.safetensors": file, "lora/adapter_config.json": text})
    for text in ("", "[]", "{", "3", '{"transformer.r": 2, "transformer.lora_alpha": 4}', '{"transformer.r": 3}', '{"transformer.x": [1], "text_encoder.r": 2}'):
        yield from both("l.safetensors", {"l.safetensors": safetensors(pairs, {"lora_adapter_metadata": text})})
    for full in ({"classifier.weight": floats(4, 4), "classifier.bias": floats(4)}, {"classifier": floats(4)}, {"classifier.scale": floats(4)}):
        yield from both("lora/adapter_model.safetensors", {"lora/adapter_model.safetensors": safetensors(pairs | {f"base_model.model.{k}": v for k, v in full.items()}),
                                                           "lora/adapter_config.json": dumps(good | {"modules_to_save": ["classifier"], "bias": "lora_only"}).encode()})
    for metadata in ({"lora_alpha": "4"}, {"alpha": "4", "rank": "2"}, {"ss_network_alpha": "4", "ss_network_dim": "2"}, {"ss_network_alpha": "x"},
        {"ss_network_module": "lycoris.kohya"}, {"format": "pt"}, {"ss_network_dim": "Dynamic"}, {"ss_network_args": "{}"},
        {"ss_network_alpha": "4", "ss_base_model_version": "flux1"}):
        yield from both("l.safetensors", {"l.safetensors": safetensors(pairs, metadata)})
    forms = [
        [(f"m{i}{s}", v) for i in range(2) for s, v in ((".lora_A.weight", floats(2, 4)), (".lora_B.weight", floats(4, 2)), (".lora_B.bias", floats(4)))],
        [("q.lora_down.weight", floats(2, 4)), ("q.lora_up.weight", floats(4, 2)), ("q.alpha", floats(value=2.0))],
        [("q.lora_down.weight", floats(2, 4)), ("q.lora_up.weight", floats(4, 2)), ("q.alpha", floats(value=float("nan")))],
        [("q.lora_down.weight", floats(2, 4)), ("q.lora_up.weight", floats(4, 2)), ("q.alpha", floats(2))],
        [("q.lora_down.weight", floats(2, 4)), ("q.lora_up.weight", floats(4, 2)), ("q.alpha", floats(value=0.0))], [("q.lora_down.weight", floats(2, 4))],
        [("q.lora_up.weight", floats(4, 2))], [("q.alpha", floats())], [("q.lora_mid.weight", floats(2, 2)), ("q.lora_down.weight", floats(2, 4)),
        ("q.lora_up.weight", floats(4, 2))], [("q.dora_scale", floats(4, 1)), ("q.lora_down.weight", floats(2, 4)), ("q.lora_up.weight", floats(4, 2))],
        [("q.lora_magnitude_vector", floats(4)), ("q.lora_A.weight", floats(2, 4)), ("q.lora_B.weight", floats(4, 2))],
        [("q.hada_w1_a", floats(4, 2)), ("q.hada_w1_b", floats(2, 4)), ("q.hada_w2_a", floats(4, 2)), ("q.hada_w2_b", floats(2, 4))], [("q.hada_w1_a", floats(4, 2))],
        [("q.hada_t1", floats(2, 2, 1, 1)), ("q.hada_t2", floats(2, 2, 1, 1)), ("q.hada_w1_a", floats(2, 4)), ("q.hada_w1_b", floats(2, 4)), ("q.hada_w2_a", floats(2, 4)),
            ("q.hada_w2_b", floats(2, 4))],
        [("q.lokr_w1", floats(2, 2)), ("q.lokr_w2", floats(2, 2))], [("q.lokr_w1_a", floats(2, 1)), ("q.lokr_w1_b", floats(1, 2)), ("q.lokr_w2_a", floats(2, 1)),
        ("q.lokr_w2_b", floats(1, 2))], [("q.lokr_w1", floats(2, 2)), ("q.lokr_w2_a", floats(2, 1))],
        [("q.lokr_t2", floats(1, 1, 1, 1)), ("q.lokr_w1", floats(2, 2)), ("q.lokr_w2_a", floats(1, 2)), ("q.lokr_w2_b", floats(1, 2))], [("q.oft_blocks", floats(2, 2, 2))],
        [("q.diff", floats(4, 4)), ("q.diff_b", floats(4))], [("q.set_weight", floats(4))], [("q.reshape_weight", floats(4))],
        [("q.lora_A.default.weight", floats(2, 4)), ("q.lora_B.default.weight", floats(4, 2))], [("q.lora_A.a.weight", floats(2, 4)), ("q.lora_B.a.weight", floats(4, 2)),
        ("q.lora_A.b.weight", floats(2, 4)), ("q.lora_B.b.weight", floats(4, 2))], [("q.lora_A.weight", floats(2, 4)), ("q.lora_B.weight", floats(4, 2)),
        ("q.lora_down.weight", floats(2, 4)), ("q.lora_up.weight", floats(4, 2))], [("q.lora.down.weight", floats(2, 4)), ("q.lora.up.weight", floats(4, 2))],
        [("q.processor.to_q_lora.down.weight", floats(2, 4)), ("q.processor.to_q_lora.up.weight", floats(4, 2))],
        [("q.to_k.lora_layer.down.weight", floats(2, 4)), ("q.to_k.lora_layer.up.weight", floats(4, 2))],
        [("q.lora_linear_layer.down.weight", floats(2, 4)), ("q.lora_linear_layer.up.weight", floats(4, 2))], [("q.down.weight", floats(2, 4)), ("q.up.weight", floats(4, 2))],
        [("transformer.layers.0.attention.query_key_value.matrix_A.0", floats(2, 4)), ("transformer.layers.0.attention.query_key_value.matrix_B.0", floats(4, 2)),
            ("transformer.layers.0.attention.query_key_value.matrix_A.1", floats(2, 4)), ("transformer.layers.0.attention.query_key_value.matrix_B.1", floats(4, 2))],
        [("q.matrix_A.99999999999999999999", floats(2, 4)), ("q.matrix_B.x", floats(4, 2))], [("double_blocks.0.processor.qkv_lora1.down.weight", floats(2, 4)),
        ("double_blocks.0.processor.qkv_lora1.up.weight", floats(4, 2)), ("double_blocks.0.processor.proj_lora2.down.weight", floats(2, 4)),
        ("double_blocks.0.processor.proj_lora2.up.weight", floats(4, 2)), ("single_blocks.0.processor.qkv_lora.down.weight", floats(2, 4))],
        [("lora_unet_blocks_0_q.lora_down.weight", floats(2, 4)), ("lora_unet_blocks_0_q.lora_up.weight", floats(4, 2)), ("lora_te_text_model_x.lora_down.weight", floats(2, 4)),
            ("lora_te_text_model_x.lora_up.weight", floats(4, 2))],
        [("lora_te1_x.lora_down.weight", floats(2, 4)), ("lora_te2_x.lora_up.weight", floats(4, 2)), ("lora_transformer_x.alpha", floats()),
            ("lycoris_x.lora_up.weight", floats(4, 2))], [("q.lora_A.weight", floats(2, 4)), ("q.lora_B.weight", floats(4, 3))],
            [("q.lora_A.weight", floats(2)), ("q.lora_B.weight", floats(4))], [("q.lora_A.weight", ("I32", [2, 4], bytes(32))), ("q.lora_B.weight", ("I32", [4, 2], bytes(32)))],
            [("q.lora_A.weight", floats(2, 4, 1, 1)), ("q.lora_B.weight", floats(4, 2, 1, 1))], [("q.lora_A.weight", floats(0, 4)), ("q.lora_B.weight", floats(4, 0))],
        [("q.lora_embedding_A", floats(2, 4)), ("q.lora_embedding_B", floats(4, 2))], [("q.weight", floats(4, 4)), ("q.bias", floats(4)), ("k.lora_A.weight", floats(2, 4)),
        ("k.lora_B.weight", floats(4, 2))], [(".lora_A.weight", floats(2, 4)), ("..lora_B.weight", floats(4, 2))], [("x", floats(4))], [],
        [("q.modules_to_save.weight", floats(4, 4)), ("q.lora_A.weight", floats(2, 4)), ("q.lora_B.weight", floats(4, 2))],
        [("q.base_layer.weight", floats(4, 4)), ("q.lora_A.weight", floats(2, 4)), ("q.lora_B.weight", floats(4, 2))],
        [("q.lora_a.weight", floats(2, 4)), ("q.lora_b.weight", floats(4, 2))], [("q.w_norm", floats(4)), ("q.b_norm", floats(4)), ("q.on_input", floats())],
        [("q.a1.weight", floats(2, 4)), ("q.glora", floats(4, 2))],
        # Norms, which the LoRAs for control of Flux replace.
        [("attn.norm_q.weight", floats(4)), ("attn.to_q.lora_A.weight", floats(2, 4)), ("attn.to_q.lora_B.weight", floats(4, 2)), ("attn.to_q.lora_B.bias", floats(4))],
        [("img_attn.norm.query_norm.scale", floats(4)), ("img_attn.qkv.lora_A.weight", floats(2, 4)), ("img_attn.qkv.lora_B.weight", floats(12, 2))],
    ]
    prefixes = ("", "blocks.0.", "diffusion_model.blocks.0.", "base_model.model.blocks.0.", "lora_unet_blocks_0_", "transformer.blocks.0.", "unet.blocks.0.", "text_encoder.x.",
        "model.diffusion_model.blocks.0.")
    for form in forms:
        for number, prefix in enumerate(prefixes if form is forms[1] or form is forms[22] else prefixes[:4:3] if form is forms[0] else prefixes[1:2]):
            yield from both("l.safetensors", {"l.safetensors": safetensors({prefix + key: value for key, value in form})})
    sat_pair = safetensors(dict(forms[30]))
    for config in (b"args: {lora_alpha: 2}\n", b"model: {network_config: {params: {modules: {lora_config: {params: {r: 2, lora_alpha: 3}}}}}}\n", b"lora_alpha: x\n", b"x\n"):
        yield ("in 1", "reader sat", "transform cogvideox-lora"), {"1/mp_rank_00_model_states.pt": torchfile(("module",
            dict_of(*((k, tensor((2, 2), (2, 1))) for k, _ in forms[30])))), "1/training_config.yaml": config}
        yield ("in 1", "reader sat", "transform lora-names:to=kohya"), {"1/mp_rank_00_model_states.pt": torchfile(("module",
            dict_of(*((k, tensor((2, 2), (2, 1))) for k, _ in forms[30])))), "1/training_config.yaml": config}
    yield ("in l.safetensors", "transform lora-names:to=peft,alpha=3"), {"l.safetensors": sat_pair}
    trained = safetensors({"transformer.layers.0.attention.query_key_value.weight": floats(8, 4)})
    for parameters in ("", ",alpha=2", ",weight=0.5"):
        yield ("in base.safetensors", f"transform lora-merge:file=in/l.safetensors{parameters}"), {"l.safetensors": sat_pair, "base.safetensors": trained}
    for parameters in ("alpha=2", "alpha=0", "alpha=nan", "alpha=x", "rank=2"):
        yield ("in l.safetensors", f"transform lora-names:to=peft,{parameters}"), {"l.safetensors": file}
        yield ("in base.safetensors", f"transform lora-merge:file=in/l.safetensors,{parameters}"), {"l.safetensors": file, "base.safetensors": base}


# ---- Distributed checkpoints: which part is the model
def dcp():
    def of(*names, others=(), planner=None, more=None):
        items = dict_of(*((name, dcpkit.entry()) for name in names), *((name, dcpkit.made("BytesStorageMetadata", dict_of())) for name in others))
        data = dict_of(*((dcpkit.index(name), dcpkit.place()) for name in names))
        return dcpkit.files(dcpkit.metadata(items, data, planner), **(more or {}))

    layouts = (
        of("model.w", "optimizer.w"), of("model.w", "state_dict.w"), of("a.w", "b.w"), of("optimizer.w", "lr_scheduler.x"), of("net.w"), of("net.w", "w"),
        of("model.w", "w", "model_ema.w"), of("app.model.w", "app.optimizer.x"), of("model.module.w", "rng"), of("ema.w", "optimizer.w"),
        of("model.w", others=[f"step{i}" for i in range(120)]), of(others=["step"]),
        of("a.b.c.d.e.f.g.h.w"), of("module.model.w"), of(*(f"k{i}.w" for i in range(90))), of(".w", "w."), of("optimizer.state.w.exp_avg", "model.w"),
        of("w", others=["extra"]), of("model.w", more={"x.distcp": b"x", "__1_0.distcp": b"y"}), of("model.w", more={f"f{i}.distcp": b"" for i in range(30)}),
        of("w", planner=dict_of(("w", tuple_of("w")))), of("model.w", planner=dict_of(("model.w", tuple_of("model", "w")))),
        of("a.0.w", planner=dict_of(("a.0.w", tuple_of("a", 0, "w")))), of("w", planner=dict_of(("w", tuple_of("a", "b")))), of("w", planner=dict_of(("w", 3))),
        of("w", planner=3), of("w", planner=dict_of((3, tuple_of("w")))), of("w", planner=dict_of(("w", tuple_of(b"N")))), of("w", planner=dict_of(("w", tuple_of()))),
        of("model.w", planner=dict_of(("model.w", tuple_of("model.w")))),
        of("w", planner=dict_of(("w", tuple_of("x" * 300)))), of("model.w", "v", planner=dict_of(("model.w", tuple_of("model", "w")))),
        of("a.1", planner=dict_of(("a.1", tuple_of("a", 1 << 70)))),
    )
    for files in layouts:
        yield (), files
        yield ("reader dcp",), files
    for root in (".", "model", "optimizer", "x", "model.w", "app.model", "app", "", "model.", "k1"):
        for files in (layouts[0], layouts[7], layouts[14], layouts[11], layouts[21]):
            yield (f"reader dcp:root={root}",), files
    good = layouts[0]
    for lines in (("in .metadata",), ("in __0_0.distcp",), ("in .metadata", "reader dcp"), ("in __0_0.distcp", "reader dcp")):
        yield lines, good
    part = good[".metadata"]
    for files in ({"__0.metadata": part, "__0_0.distcp": b"x"}, {"__0_0.distcp": b"x"}, {"x": b""}, {".metadata": b""}, {".metadata": b"\x80\2."},
        {".metadata": b"\x80\2ctorch.distributed.checkpoint.metadata\nx\n."}):
        for lines in ((), ("reader dcp",), ("in __0_0.distcp", "reader dcp"), ("in .metadata",)):
            yield lines, files
    inner = safetensors({"w": floats(4)})
    for stored in (inner, inner + inner, dcpkit.RECORD + inner, inner + dcpkit.RECORD, b"", inner[:20], safetensors({"v": floats(4)}), safetensors({"w": floats(2)}),
        safetensors({"w": ("F16", [4], bytes(8))})):
        for length in (len(stored), len(inner)):
            for at in (0, len(dcpkit.RECORD)):
                yield ("reader dcp",), dcpkit.files(dcpkit.metadata(data=dict_of((dcpkit.index(), dcpkit.place(at=at, length=length)))), record=stored)
    zeros = dcpkit.of(((0,), (0,)), shape=(0,))
    yield ("reader dcp",), dcpkit.files(dcpkit.metadata(dict_of(("w", dcpkit.entry((0,), ())), ("v", dcpkit.entry((0, 3), ((( 0, 0), (0, 3)),)))), dict_of()), record=b"")
    yield ("reader dcp",), dcpkit.files(zeros, record=saved(pickle(tensor((0,)))))
    grid = tuple(((i, j), (2, 2)) for i in (0, 2) for j in (0, 2))
    square = saved(pickle(V))
    for chunks in (grid, grid[:3], grid[1:], (*grid[:2], ((2, 0), (2, 4))), (((0, 0), (4, 2)), ((0, 2), (2, 2)), ((2, 2), (2, 2))), grid[::-1], (grid[0], grid[3]),
        (*grid, ((0, 0), (2, 2)))):
        records = b"".join(saved(pickle(tensor(size, (size[1], 1), of=storage(count=size[0] * size[1]))), records=[("data/0", bytes(4 * size[0] * size[1]))]) for _,
            size in chunks)
        places, at = [], 0
        for start, size in chunks:
            n = len(saved(pickle(tensor(size, (size[1], 1), of=storage(count=size[0] * size[1]))), records=[("data/0", bytes(4 * size[0] * size[1]))]))
            places.append((dcpkit.index(at=start), dcpkit.place(at=at, length=n)))
            at += n
        yield ("reader dcp",), dcpkit.files(dcpkit.metadata(dict_of(("w", dcpkit.entry((4, 4), chunks))), dict_of(*places)), record=records or square)


# ---- Megatron
def namespace(**arguments):
    return name_of("argparse", "Namespace") + b")\x81" + dict_of(*arguments.items()) + b"b"


def megatron_rank(names, args=None, version=3, model="model"):
    """A rank's file; args None: there are none."""
    pairs = [("args", namespace(**args))] if args is not None else []
    return torchfile(*pairs, ("checkpoint_version", version), ("iteration", 7), (model, dict_of(*((name, V) for name in names))))


def megatron():
    file = "mp_rank_{}/model_optim_rng.pt"
    layer = ["decoder.layers.0.self_attention.linear_qkv.weight", "decoder.layers.0.mlp.linear_fc1.weight", "decoder.layers.0.mlp.linear_fc2.weight",
             "embedding.word_embeddings.weight", "decoder.final_layernorm.weight"]
    old = ["language_model.embedding.word_embeddings.weight", "language_model.encoder.layers.0.self_attention.query_key_value.weight",
           "language_model.encoder.layers.0.mlp.dense_h_to_4h.weight"]
    expert = ["decoder.layers.0.mlp.experts.local_experts.0.linear_fc1.weight", "decoder.layers.0.mlp.router.weight"]
    grouped = ["decoder.layers.0.mlp.experts.linear_fc1.weight0", "decoder.layers.0.mlp.experts.linear_fc2.bias0", "decoder.layers.0.mlp.experts.weight1",
               "decoder.layers.0.mlp.experts.weight2"]

    def args(tp=1, pp=1, layers=1, **more):
        return {"tensor_model_parallel_size": tp, "pipeline_model_parallel_size": pp, "num_layers": layers, "num_attention_heads": 1, **more}

    def ranks(numbers, names, arguments, **more):
        return {file.format(number): megatron_rank(names, arguments, **more) for number in numbers}

    moe = {"num_experts": 2, "expert_model_parallel_size": 2}
    folders = (
        ranks(["00"], layer, args()), ranks(["00", "01"], layer, args(2)), ranks(["00", "01"], layer, args(2, swiglu=True)), ranks(["00"], layer, args(2)),
        ranks(["00", "01", "02"], layer, args(2)), ranks(["00", "01"], layer, args(0)), ranks(["00", "01"], layer, args("2")), ranks(["00"], layer, None),
        ranks(["00", "01"], layer + ["x.weight"], args(2)), ranks(["00"], ["x.weight"], args()), ranks(["00_000", "00_001"], layer, args(1, 2, 2)),
        ranks(["00_000", "00_001"], layer, args(1, 2, 3)), ranks(["00_000", "00_001"], layer, args(1, 2, 2, untie_embeddings_and_output_weights=True)),
        ranks(["00_000", "01_000", "00_001", "01_001"], layer, args(2, 2, 2)), ranks(["00_000", "00_001"], layer, args(1, 2, 4, virtual_pipeline_model_parallel_size=2), model="model0"),
        ranks(["00_000"], expert, args(**moe)), ranks(["00_000", "00_001"], expert, args(**moe)), ranks(["00_000", "00_001"], grouped, args(**moe)),
        ranks(["00_000", "00_001"], expert, args(num_experts=3, expert_model_parallel_size=2)), ranks(["00_000_000", "00_000_001"], expert, args(**moe)),
        ranks(["00_000", "01_000", "00_001", "01_001"], expert, args(2, **moe, expert_tensor_parallel_size=1)),
        ranks(["00_000", "00_001"], ["decoder.layers.0.mlp.experts.local_experts.5.linear_fc1.weight"], args(**moe)),
        *(ranks(["00", "01"], old, args(2), version=version) for version in (0, 1, 2, 4, -1)), ranks(["00"], old, {"model_parallel_size": 1, "num_layers": 1}, version=0),
        ranks(["00", "01"], ["decoder.layers.0.self_attention.linear_q_down_proj.weight", "decoder.layers.0.self_attention.linear_kv_down_proj.weight"],
              args(2, multi_latent_attention=True, q_lora_rank=4, kv_lora_rank=1, qk_pos_emb_head_dim=1)),
        ranks(["00"], ["decoder.layers.9.mlp.linear_fc1.weight"], args()), ranks(["00"], ["decoder.layers.99999999999.mlp.linear_fc1.weight"], args()),
        ranks(["00"], ["mtp.layers.0.enorm.weight", *layer], args(mtp_num_layers=1)), ranks(["00"], layer, args(1 << 20)), ranks(["00"], layer, args(1, 1, -1)),
        {file.format("00"): megatron_rank(layer, args(2)), file.format("01"): megatron_rank(old, args(2))},
        {file.format("00"): torchfile(("model", V), ("args", 3))}, {file.format("00"): b"x"}, {file.format("0000000"): megatron_rank(layer, args())},
    )
    for files in folders:
        yield ("reader megatron",), files
    first = {f"iter_0000007/{name}": data for name, data in folders[1].items()}
    for latest in (b"7", b"release", b"8", b"../x", b"", b"x" * 5000):
        yield (), first | {"latest_checkpointed_iteration.txt": latest}
    for parameters in ("iteration=7", "iteration=9", "rules=flux", "rules=none", "join=no", "crc=ignore"):
        yield (f"reader megatron:{parameters}",), first
    for path in ("iter_0000007", "iter_0000007/mp_rank_00", "iter_0000007/mp_rank_01/model_optim_rng.pt"):
        yield (f"in {path}",), first


# ---- NeMo
def tar(members, padding=1024):
    """An archive of the kind ustar; members: name → bytes, or (bytes, kind, size as text)."""
    data = b""
    for name, content in members.items():
        content, kind, size = content if isinstance(content, tuple) else (content, b"0", None)
        head = bytearray(struct.pack("100s8s8s8s12s12s8sc100s6s2s", name.encode(), b"0000644", b"0000000", b"0000000",
                                     (size or f"{len(content):011o}").encode(), b"00000000000", b" " * 8, kind, b"", b"ustar", b"00").ljust(512, b"\0"))
        head[148:156] = f"{sum(head):06o}\0 ".encode()
        data += bytes(head) + content + bytes(-len(content) % 512)
    return data + bytes(padding)


def nemo():
    weights, config = torchfile(("model.w", V)), b"hidden_size: 2\nnum_layers: 1\n"
    usual = {"./model_config.yaml": config, "./model_weights.ckpt": weights}
    record = b"30 path=" + b"x" * 21 + b"\n"
    names = ["model.decoder.layers.0.mlp.linear_fc1.weight", "model.embedding.word_embeddings.weight"]
    rank = torchfile(*((name, V) for name in names))
    split = b"tensor_model_parallel_size: 2\npipeline_model_parallel_size: 1\nnum_layers: 1\nmcore_gpt: true\n"
    archives = (
        usual, {"model_weights.ckpt": weights}, {"a/b.ckpt": weights}, {"x": b""}, usual | {"./x/../y": b"1"}, usual | {"/etc/x": b"1"}, usual | {"./l": (b"", b"2", None)},
        usual | {"./d": (b"", b"5", None)}, {"./model_weights.ckpt": (weights, b"0", "77777777777")}, {"./model_weights.ckpt": (weights, b"0", "x")},
        {"./PaxHeaders/x": (record, b"x", None), "./model_weights.ckpt": weights}, {"./PaxHeaders/x": (b"99999999999999999999 a=b\n", b"x", None), "w": weights},
        {"././@LongLink": (b"long/" * 30 + b"\0", b"L", None), "long": weights}, {"g": (b"12 size=9\n12", b"x", None), "w": weights},
        usual | {"./s": (b"", b"S", None)}, usual | {"model_weights.ckpt": weights}, {"./model_weights/.metadata": b"x", "./model_weights/__0_0.distcp": b""},
        {"model_config.yaml": split, "mp_rank_00/model_weights.ckpt": rank, "mp_rank_01/model_weights.ckpt": rank},
        {"model_config.yaml": split, "mp_rank_00/model_weights.ckpt": rank}, {"mp_rank_00/model_weights.ckpt": rank, "mp_rank_01/model_weights.ckpt": rank},
        {"model_config.yaml": b"- a\n", "mp_rank_00/model_weights.ckpt": rank, "mp_rank_01/model_weights.ckpt": rank},
        {"model_config.yaml": split.replace(b"pipeline_model_parallel_size: 1", b"pipeline_model_parallel_size: 2").replace(b"num_layers: 1", b"num_layers: 2")
            .replace(b"tensor_model_parallel_size: 2", b"tensor_model_parallel_size: 1"),
         "tp_rank_00_pp_rank_000/model_weights.ckpt": rank, "tp_rank_00_pp_rank_001/model_weights.ckpt": rank},
        {"model_config.yaml": split + b"activation: fast-swiglu\nmegatron_legacy: true\n", "mp_rank_00/model_weights.ckpt": rank, "mp_rank_01/model_weights.ckpt": rank},
    )
    for members in archives:
        yield ("in m.nemo",), {"m.nemo": tar(members)}
    whole = tar(usual)
    for data in (whole[:700], whole[:512], whole[:-1500], whole + b"x" * 512, tar(usual, 0), b"\x1f\x8b\x08" + bytes(20), whole[:100] + b"\xff" + whole[101:], whole[:257] + b"xxxxx" + whole[262:]):
        yield ("in m.nemo", "reader nemo"), {"m.nemo": data}
    for parameters in ("crc=ignore",):
        yield ("in m.nemo", f"reader nemo:{parameters}"), {"m.nemo": whole}
    yield ("in m.tar",), {"m.tar": whole}
