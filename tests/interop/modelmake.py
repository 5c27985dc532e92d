# SPDX-License-Identifier: Apache-2.0
"""Names and shapes of the tensors in the authors' own files, written from their classes, and the sizes that they published.

Each function returns name → shape for given sizes, and knows nothing of the files in models/."""

import inspect
import sys
import textwrap

import torch


def linear(name, out, inner, bias=True):
    return {f"{name}.weight": (out, inner)} | ({f"{name}.bias": (out,)} if bias else {})


def norm(name, width):
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def merged(*parts):
    whole = {}
    for part in parts:
        whole |= part
    return whole


def random(shapes, seed=0, dtype=torch.bfloat16):
    """Returns tensors of these shapes, each with other values."""
    torch.manual_seed(seed)
    return {name: torch.randn(shape).to(dtype) for name, shape in shapes.items()}


def narrowed(function, *pairs):
    """Returns a function of diffusers in which constants of the published size are replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new)
    names = dict(sys.modules[function.__module__].__dict__)
    exec(source, names)
    return names[function.__name__]


def flux(h=3072, d=128, c=64, e=4096, v=768, double=19, single=38, guidance=True):
    """github.com/black-forest-labs/flux, src/flux/model.py and modules/layers.py: Flux."""
    def embedder(name, inner):
        return linear(f"{name}.in_layer", h, inner) | linear(f"{name}.out_layer", h, h)

    def norms(name):
        return {f"{name}.query_norm.scale": (d,), f"{name}.key_norm.scale": (d,)}

    blocks = [linear("img_in", h, c), linear("txt_in", h, e), embedder("time_in", 256), embedder("vector_in", v),
              embedder("guidance_in", 256) if guidance else {}]
    for i in range(double):
        for s in ("img", "txt"):
            at = f"double_blocks.{i}.{s}"
            blocks += [linear(f"{at}_mod.lin", 6 * h, h), linear(f"{at}_attn.qkv", 3 * h, h), norms(f"{at}_attn.norm"),
                       linear(f"{at}_attn.proj", h, h), linear(f"{at}_mlp.0", 4 * h, h), linear(f"{at}_mlp.2", h, 4 * h)]
    for i in range(single):
        at = f"single_blocks.{i}"
        blocks += [linear(f"{at}.linear1", 7 * h, h), linear(f"{at}.linear2", h, 5 * h), norms(f"{at}.norm"),
                   linear(f"{at}.modulation.lin", 3 * h, h)]
    return merged(*blocks, linear("final_layer.linear", c, h), linear("final_layer.adaLN_modulation.1", 2 * h, h))
