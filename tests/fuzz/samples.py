#!/usr/bin/env python3
"""Write small checkpoints of every kind that tests/interop makes as inputs of the fuzzer: samples.py FOLDER, into FOLDER/TARGET.
SPDX-License-Identifier: Apache-2.0

It needs what the interop tests need.  Stored inputs are made from these once; 'make fuzz' does not run this.
"""

import hashlib
import sys
import tempfile
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent / "interop")]
import cogmake  # noqa: E402
import gguf  # noqa: E402
import numpy as np  # noqa: E402
import satmake  # noqa: E402
import torch  # noqa: E402
import zeromake  # noqa: E402
from record import Files  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from seeds import chain, tree  # noqa: E402
from test_ranks import share  # noqa: E402

OUT = Path(sys.argv[1])
MODELS = [replace(m, hidden=16, head=8, layers=1, rank=2, grid=(2, 2, 2), text_length=8) for m in cogmake.MODELS]


def keep(target, path, *lines, inside="a", **more):
    """Stores the file or folder with a chain; more: other files, name → path."""
    files = Files()
    where = files.put(path, inside)
    for name, other in more.items():
        files.put(other, name)
    data = tree(chain(f"in {where}", *lines) | files.found)
    (OUT / target).mkdir(parents=True, exist_ok=True)
    (OUT / target / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def saved(tmp, tensors, key="module", name="x.pt"):
    torch.save({key: tensors} if key else dict(tensors), tmp / name)
    return tmp / name


def cogvideox(tmp):
    for m in MODELS:
        sample = f"transform cogvideox-transformer:{m.sample}"
        path = saved(tmp, cogmake.transformer(m))
        keep("cogvideox", path, sample, "output x/")
        keep("cogvideox", path, "transform cogvideox-transformer", "output x/")
        keep("cogvideox", path, sample, "transform qweight:to=q8_0", "output x.safetensors")
        keep("cogvideox", saved(tmp, cogmake.transformer(m, lora=True)), "transform cogvideox-lora", "output x.safetensors")
        whole = saved(tmp, OrderedDict({**cogmake.transformer(m), **cogmake.text_encoder(m.dtype),
                                        **cogmake.vae(m.dtype, cogmake.VAE, channels=(4, 4, 4, 4), latents=16, blocks=1)}))
        keep("cogvideox", whole, "transform transformer/" + sample[10:], "transform vae/cogvideox-vae:config.norm_num_groups=4",
             "transform text_encoder/t5-encoder", "transform cogvideox-pipeline", "writer diffusers", "output x/")
        keep("cogvideox", whole, "output x/")
    vae = saved(tmp, cogmake.vae(channels=(4, 4, 4, 4), blocks=1), key=None)
    keep("cogvideox", vae, "transform cogvideox-vae", "output x/")
    keep("cogvideox", vae, "transform cogvideox-vae:config.norm_num_groups=2", "output x/")
    keep("cogvideox", saved(tmp, cogmake.text_encoder(torch.bfloat16)), "transform t5-encoder", "output x/")


def sat(tmp):
    tensors = cogmake.transformer(MODELS[1])
    for n in (1, 2, 4):
        run = tmp / f"run{n}"
        (run / "1000").mkdir(parents=True)
        (run / "latest").write_text("1000")
        for rank in range(n):
            mine = OrderedDict((name, share(name, t, rank, n).clone()) for name, t in tensors.items())
            torch.save({"module": mine} | satmake.training_state(mine) | {"mp_world_size": n},
                       run / "1000" / f"mp_rank_{rank:02}_model_states.pt")
        for lines in (("transform none",), ("transform none", "reader sat"), ("transform cogvideox-transformer",)):
            keep("sat", run, *lines, "output x.safetensors")
    for alpha in (None, 2.0):
        recipe = satmake.Recipe(hidden=16, layers=1, rank=2, alpha=alpha)
        satmake.write(recipe, tmp / f"lora{alpha}")
        keep("sat", tmp / f"lora{alpha}", "output x.safetensors")
        keep("sat", tmp / f"lora{alpha}", "transform cogvideox-lora:scale=metadata", "output x.safetensors")


def zero(tmp):
    groups, frozen, buffers = zeromake.tensors()
    for number, (write, *arguments) in enumerate(((zeromake.write_12, 1, 2), (zeromake.write_12, 2, 3), (zeromake.write_3, 2))):
        folder = tmp / f"zero{number}"
        folder.mkdir()
        write(folder, *arguments, groups, frozen, buffers)
        keep("zero", folder, "reader zero", "output x.safetensors")
        keep("zero", folder, "output x.pt")


def lora(tmp):
    base = {f"blocks.{i}.{p}.{leaf}": torch.ones(shape) for i in range(2) for p in ("q", "k") for leaf, shape in (("weight", (8, 8)), ("bias", (8,)))}
    save_file(base, tmp / "base.safetensors")
    forms = (("", ".lora_A.weight", ".lora_B.weight"), ("diffusion_model.", ".lora_down.weight", ".lora_up.weight"),
             ("base_model.model.", ".lora_A.default.weight", ".lora_B.default.weight"))
    for number, (prefix, down, up) in enumerate(forms):
        pairs = {}
        for i in range(2):
            for p in ("q", "k"):
                pairs |= {f"{prefix}blocks.{i}.{p}{down}": torch.ones(2, 8), f"{prefix}blocks.{i}.{p}{up}": torch.ones(8, 2)}
                if number == 1:
                    pairs[f"{prefix}blocks.{i}.{p}.alpha"] = torch.tensor(1.0)
        save_file(pairs, tmp / f"lora{number}.safetensors", {"format": "pt", "lora_alpha": "4"})
        flat = {k.replace("diffusion_model.", "lora_unet_").replace("blocks.0.", "blocks_0_").replace("blocks.1.", "blocks_1_"): v for k, v in pairs.items()}
        save_file(flat, tmp / f"flat{number}.safetensors")
        for name in (f"lora{number}", f"flat{number}"):
            keep("lora", tmp / "base.safetensors", f"transform lora-merge:file=in/b/{name}.safetensors,weight=0.5", "output x.safetensors",
                 b=tmp / f"{name}.safetensors")
            keep("lora", tmp / f"{name}.safetensors", "transform lora-names:to=peft", "output x.safetensors")
            keep("lora", tmp / f"{name}.safetensors", "transform lora-names:to=kohya", "output x.safetensors")


def blocks(tmp):
    """All block types of ggml, read, expanded and written."""
    for kind, (elements, size) in gguf.GGML_QUANT_SIZES.items():
        if elements == 1:
            continue
        path = tmp / f"{kind.name}.gguf"
        writer = gguf.GGUFWriter(path, "test")
        writer.add_tensor("a.weight", (np.arange(2 * size, dtype=np.uint32) * 37 % 128).astype(np.uint8).reshape(2, size), raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        keep("gguf", path, "transform dequantize", "output x.safetensors")
        keep("gguf", path, "transform none", "writer gguf:architecture=test", "output x.gguf")


def quantize(tmp):
    save_file({"a.weight": torch.arange(1024).reshape(2, 512) % 17 / 8, "b.weight": torch.ones(2, 256)}, tmp / "q.safetensors")
    new, old = tmp / "i.gguf", tmp / "i.dat"
    writer = gguf.GGUFWriter(new, "")
    writer.add_type("imatrix")
    writer.add_tensor("a.weight.in_sum2", np.ones((1, 512), np.float32))
    writer.add_tensor("a.weight.counts", np.full((1, 1), 7, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    old.write_bytes(np.array([1, 8], "<i4").tobytes() + b"a.weight" + np.array([7, 512], "<i4").tobytes() + np.ones(512, "<f4").tobytes())
    for to in ("q4_0", "q5_1", "q8_0", "q2_K", "q3_K", "q4_K", "q6_K", "iq2_xxs", "iq2_xs", "iq2_s", "iq3_xxs", "iq3_s", "iq1_s", "iq1_m",
               "iq4_nl", "iq4_xs", "tq1_0", "tq2_0", "mxfp4", "Q4_K_M", "f8_e4m3"):
        keep("imatrix", tmp / "q.safetensors", f"transform quantize:to={to}", "writer gguf:architecture=test", "output x.gguf")
        for matrix in (new, old):
            keep("imatrix", tmp / "q.safetensors", f"transform quantize:to={to},imatrix=in/b/{matrix.name}", "writer gguf:architecture=test", "output x.gguf",
                 b=matrix)


def chains(tmp):
    """Transforms without a format of their own."""
    save_file({"m.a.weight": torch.arange(64.).reshape(8, 8), "m.b.weight": torch.ones(8, 8), "m.b.bias": torch.zeros(8)}, tmp / "c.safetensors")
    for lines in (("cast:to=f16",), ("cast:to=f8_e4m3",), ("prefix:strip=m.",), ("select:m.*.weight",), ("drop:*.bias",), ("transpose:*.weight",),
                  ("reshape:m.a.weight,shape=64",), (r"split:from=m.{x}.weight,to=m.{x}.{p:u\,v}.weight",),
                  ("merge:file=in/a/c.safetensors,method=linear,weight=0.5",), ("merge:file=in/a/c.safetensors,method=slerp,weight=0.5",),
                  ("merge:file=in/a/c.safetensors,minus=in/a/c.safetensors,method=add-difference",), ("ema",), ("untie",),
                  ("rename:from=m.{x*},to={x*}",), (r"fuse:from=m.{p:a\,b}.weight,to=m.ab.weight",)):
        for output in ("output x.safetensors", "output x.pt", "output x/", "writer gguf:architecture=test\noutput x.gguf"):
            keep("safetensors", tmp / "c.safetensors", *(f"transform {t}" for t in lines), output, "manifest SHA256SUMS")


RULES = """fmtconv-rules: 1
prefix: "m.|"
lists: "w=weight,bias"
complete: i
dense: yes
let: {heads: "config(heads, 2)"}
when: heads == 2 && has(layers.{i}.qkv.weight)
unmatched: "no part of the network"
rules:
  - {from: "embed.{w}", to: "patch.proj.{w}", shape: "h,c|h"}
  - {from: "layers.{i}.qkv.{w}", to: "blocks.{i}.to_{p:q,k,v}.{w}", shape: "3h,h|3h"}
  - {from: "layers.{i}.norm.{w}", to: "blocks.{i}.norm1.{w}", shape: "h", ops: "cast F16; scale 0.5"}
  - {from: "freqs", why: "a buffer that is computed"}
"""


def rules(tmp):
    shapes = {"m.embed.weight": (4, 2), "m.embed.bias": (4,), "m.freqs": (2,), "other": (1,)}
    for i in range(2):
        shapes |= {f"m.layers.{i}.qkv.weight": (12, 4), f"m.layers.{i}.qkv.bias": (12,), f"m.layers.{i}.norm.weight": (4,), f"m.layers.{i}.norm.bias": (4,)}
    save_file({n: torch.ones(shape) for n, shape in shapes.items()}, tmp / "m.safetensors")
    (tmp / "r.yaml").write_text(RULES)
    (tmp / "names.txt").write_text("".join(f"{n} {list(shape)}\n" for n, shape in shapes.items()))
    for text in (RULES, RULES.replace(', ops: "cast F16; scale 0.5"', "")):
        data = tree({"rules.yaml": text.encode(), "names.txt": (tmp / "names.txt").read_bytes()})
        (OUT / "rules").mkdir(parents=True, exist_ok=True)
        (OUT / "rules" / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    keep("safetensors", tmp / "m.safetensors", "transform map:rules=in/b/r.yaml", "output x.safetensors", b=tmp / "r.yaml")


def cards(tmp):
    """A language model's folder, and averages of weights."""
    folder = tmp / "model"
    folder.mkdir()
    save_file({"token_embd.weight": torch.ones(8, 32)}, folder / "model.safetensors")
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage: [en, de]\ntags: [a]\nbase_model: org/Base-7B-v1.0\n---\n# Name\n")
    (folder / "config.json").write_text('{"architectures": ["LlamaForCausalLM"], "_name_or_path": "org/Name-1.5B-Instruct", "hidden_size": 32}')
    for lines in (("transform model-card",), ("transform model-card:name=A",), ()):
        keep("folder", folder, *lines, "writer gguf:architecture=llama", "output x.gguf")
    save_file({"model_ema.decay": torch.tensor(0.9), "model_ema.num_updates": torch.tensor(3), "model.a.w": torch.ones(4), "model_ema.aw": torch.zeros(4)},
              tmp / "ema.safetensors")
    keep("safetensors", tmp / "ema.safetensors", "transform ema", "output x.safetensors")
    keep("safetensors", tmp / "ema.safetensors", "transform ema:prefix=model_ema.", "output x.safetensors")


def dcp(tmp):
    import torch.distributed.checkpoint as saver
    saver.save({"a": {"w": torch.ones(4, 4), "b": torch.zeros(3)}, "step": 2}, storage_writer=saver.FileSystemWriter(tmp / "dcp"), no_dist=True)
    keep("dcp", tmp / "dcp", "output x.safetensors")


def main():
    for part in (cogvideox, sat, zero, lora, blocks, quantize, chains, rules, cards, dcp):
        with tempfile.TemporaryDirectory() as folder:
            try:
                part(Path(folder))
            except Exception as error:  # noqa: BLE001 the others are kept
                print(f"{part.__name__}: {error!r}", file=sys.stderr)


if __name__ == "__main__":
    main()
