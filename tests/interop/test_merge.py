# SPDX-License-Identifier: Apache-2.0
"""LoRAs merged into weights: sums as torch gives them in f64, and as peft's merge_and_unload does."""
# Plugins: cast cogvideox-lora cogvideox-transformer diffusers gguf lora-merge quantize safetensors sat torch
# Marks: arithmetic

import json
import unittest

import ggmlfile
import peft
import safetensors.torch
import torch
from diffusers import CogVideoXPipeline, CogVideoXTransformer3DModel
from oracle import TYPES, Ggml
from satmake import DTYPES, NET, Recipe, state_dict, write
from support import Case, bits

UNITS = {torch.float16: 2.0**-10, torch.bfloat16: 2.0**-7, torch.float32: 2.0**-23}
LEAST = {torch.float16: 2.0**-24, torch.bfloat16: 2.0**-133, torch.float32: 2.0**-149}


def ordered(b, a):
    """The sum over the rank in ascending order in f32, each product rounded first."""
    total = torch.zeros(b.shape[0], a.shape[1])
    for k in range(a.shape[0]):
        total = total + b[:, k : k + 1].float() * a[k : k + 1].float()
    return total


def merged(w, b, a, factor):
    """f32, before it is rounded."""
    return w.float() + ordered(b, a) * torch.tensor(factor, dtype=torch.float32)


def merged_bits(w, b, a, factor):
    """Returns the expected tensor, bit for bit."""
    return merged(w, b, a, factor).to(w.dtype)


def sat_merged(r, tensors, factor):
    """The names and tensors of a plain checkpoint; pairs of every merged part: (name, rows, W, B, A)."""
    wanted, parts = {}, []
    for name, t in tensors.items():
        if ".matrix_" in name:
            continue
        plain = name.replace(".original.", ".")
        wanted[plain] = t
        if not name.endswith(".original.weight"):
            continue
        stem = name.removesuffix("original.weight")
        n = 3 if "query_key_value" in name else 1
        rows = t.shape[0] // n
        done = []
        for p in range(n):
            a, b = tensors[f"{stem}matrix_A.{p}"], tensors[f"{stem}matrix_B.{p}"]
            w = t[p * rows : (p + 1) * rows]
            done.append(merged_bits(w, b, a, factor))
            parts.append((plain, slice(p * rows, (p + 1) * rows), w, b, a))
        wanted[plain] = torch.cat(done)
    return wanted, parts


class Sat(Case):
    """A training's checkpoint with its LoRA inside."""

    def convert(self, r, *arguments, status=0):
        run = self.tmp / "run"
        tensors = state_dict(r)
        write(r, run)
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "-r", "sat", *arguments, "-w", "safetensors:tied=copy", run, out, status=status)
        return tensors, out, result

    def check_against_f64(self, got, parts, factor):
        """Within one ulp of the sum in f64, except for cancellation."""
        for name, rows, w, b, a in parts:
            product = b.double() @ a.double()
            exact = w.double() + factor * product
            loose = b.shape[1] * 2.0**-24 * (b.double().abs() @ a.double().abs()) * abs(factor)
            power = 2.0 ** torch.floor(torch.log2(exact.abs().clamp(min=2.0**-1000)))
            ulp = torch.clamp(power * UNITS[w.dtype], min=LEAST[w.dtype])
            worst = ((got[name][rows].double() - exact).abs() - ulp - loose).max()
            self.assertLessEqual(worst.item(), 0, name)

    def test_bits(self):
        """Every data type: the sum in order, rounded once; near f64."""
        for dtype in DTYPES.values():
            for alpha, rank, layers in ((1, 4, None), (128, 128, None), (3, 7, [1]), (300, 40, None)):
                with self.subTest(dtype=dtype, alpha=alpha, rank=rank):
                    r = Recipe(dtype=dtype, rank=rank, alpha=alpha, hidden=80, lora_layers=layers, scale=0.1)
                    tensors, out, _ = self.convert(r, "-t", "lora-merge")
                    wanted, parts = sat_merged(r, tensors, alpha / rank)
                    got = safetensors.torch.load_file(out)
                    self.assert_same(got, wanted)
                    self.check_against_f64(got, parts, alpha / rank)

    def test_then_transformer(self):
        """The merged checkpoint converts as a plain one of the same weights."""
        r = Recipe(dtype=torch.bfloat16, rank=8, alpha=4, hidden=64, layers=3)
        tensors, out, result = self.convert(r, "-t", "lora-merge", "-t", "cogvideox-transformer:version=2b")
        wanted, _ = sat_merged(r, tensors, 0.5)
        got = safetensors.torch.load_file(out)
        for layer in range(3):
            whole = wanted[f"{NET}transformer.layers.{layer}.attention.query_key_value.weight"]
            for p, to in enumerate(("to_q", "to_k", "to_v")):
                part = got[f"transformer_blocks.{layer}.attn1.{to}.weight"]
                self.assertTrue(torch.equal(bits(part), bits(whole[64 * p : 64 * (p + 1)])))
            dense = got[f"transformer_blocks.{layer}.attn1.to_out.0.weight"]
            self.assertTrue(torch.equal(bits(dense), bits(wanted[f"{NET}transformer.layers.{layer}.attention.dense.weight"])))
        self.assertNotIn("trained with a LoRA", result.stderr)

    def test_then_quantize(self):
        """Directly to GGUF: ggml's blocks of the sums, without a rounding before."""
        r = Recipe(dtype=torch.float16, rank=4, alpha=2, hidden=64, layers=2)
        self.convert(r, "-t", "none")
        out, tensors, base = self.tmp / "out.gguf", state_dict(r), Ggml()
        self.run_fmtconv("-t", "lora-merge", "-t", "cogvideox-transformer:version=2b", "-t", "quantize:to=q4_0", "-w", "gguf",
                         self.tmp / "run", out)
        _, _, found = ggmlfile.read(out)
        _, parts = sat_merged(r, tensors, 0.5)
        names = {"query_key_value": ("to_q", "to_k", "to_v"), "dense": ("to_out.0",)}
        compared = 0
        for name, rows, w, b, a in parts:
            layer, attention = name.split("layers.")[1].split(".attention.")
            leaf = names[attention.removesuffix(".weight")][rows.start // 64]
            kind, raw = found[f"transformer_blocks.{layer}.attn1.{leaf}.weight"]
            self.assertEqual(kind, TYPES["q4_0"])
            self.assertTrue(ggmlfile.is_valid(kind, raw))
            wanted = base.quantize("q4_0", merged(w, b, a, 0.5))
            self.assertEqual(raw.tobytes(), wanted.numpy().tobytes(), name)
            compared += 1
        self.assertEqual(compared, 8)

    def test_transformer_alone(self):
        """Without lora-merge the base is converted, with a note."""
        r = Recipe(dtype=torch.float16, alpha=4)
        tensors, out, result = self.convert(r, "-t", "cogvideox-transformer:version=2b")
        got = safetensors.torch.load_file(out)
        whole = tensors[NET + "transformer.layers.0.attention.query_key_value.original.weight"]
        self.assertTrue(torch.equal(bits(got["transformer_blocks.0.attn1.to_k.weight"]), bits(whole[64:128])))
        self.assertIn("-t lora-merge", result.stderr)
        self.assertFalse([n for n in got if "lora" in n or "matrix" in n])

    def test_one_rounding(self):
        """Two merges and a cast round once; weight= is a factor."""
        r = Recipe(dtype=torch.float16, rank=4, alpha=4)
        run = self.tmp / "run"
        tensors = state_dict(r)
        path = write(r, run)
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("-r", "sat", "-t", "lora-merge:weight=0.5", "-t", f"lora-merge:file={path},weight=-2",
                         "--dtype", "bf16", run, out)
        got = safetensors.torch.load_file(out)
        name = NET + "transformer.layers.1.attention.dense."
        a, b = tensors[name + "matrix_A.0"], tensors[name + "matrix_B.0"]
        total = tensors[name + "original.weight"].float() + ordered(b, a) * 0.5
        total = (total + ordered(b, a) * -2.0).to(torch.bfloat16)
        self.assertTrue(torch.equal(bits(got[name + "weight"]), bits(total)))

    def test_alpha(self):
        """Parameter before training_config.yaml before 1 with a warning."""
        r = Recipe(dtype=torch.float32, alpha=2)
        tensors, out, _ = self.convert(r, "-t", "lora-merge:alpha=64")
        wanted, _ = sat_merged(r, tensors, 16)
        name = NET + "transformer.layers.0.attention.dense.weight"
        self.assertTrue(torch.equal(bits(safetensors.torch.load_file(out)[name]), bits(wanted[name])))
        tensors, out, result = self.convert(Recipe(dtype=torch.float32), "-t", "lora-merge")
        self.assertIn("lora-merge:alpha=N", result.stderr)
        wanted, _ = sat_merged(r, tensors, 0.25)
        self.assertTrue(torch.equal(bits(safetensors.torch.load_file(out)[name]), bits(wanted[name])))

    def test_same_bytes(self):
        """Whatever the threads and the memory; and it reads back the same."""
        r = Recipe(layers=2, hidden=384, rank=200, alpha=16, dtype=torch.bfloat16)
        seen = set()
        for arguments in (["-j1"], ["-j2"], ["-j8", "--memory", "1G"], ["--memory", "16M"], ["-j4", "--memory", "1M"]):
            _, out, result = self.convert(r, "-t", "lora-merge", "--verify", *arguments)
            seen.add(out.read_bytes())
        self.assertEqual(len(seen), 1)

    def test_diff(self):
        """diff and statistics evaluate a merged weight as it is written, with any memory limit."""
        r = Recipe(alpha=2, dtype=torch.bfloat16)
        _, out, _ = self.convert(r, "-t", "lora-merge")
        for memory in ("1M", "64M"):
            self.run_fmtconv("diff", "--memory", memory, "-t", "lora-merge", self.tmp / "run", out)

    def test_account(self):
        """The matrices count as merged, and their checksums are compared."""
        r = Recipe(alpha=2, base=True)
        _, _, result = self.convert(r, "-t", "lora-merge", "--json")
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(report["account"]["merged"], 2 * (1 + 6) + 2 * (1 + 2))

    def test_damage(self):
        """A bit of a factor that fell over is found by the archive's checksum."""
        r = Recipe(alpha=2, dtype=torch.float32, others=False)
        write(r, self.tmp / "run")
        damaged = self.tmp / "run" / "1000" / "mp_rank_00_model_states.pt"
        data = bytearray(damaged.read_bytes())
        factor = r.lora_tensors["transformer.layers.0.attention.dense.matrix_B.0"]
        at = data.find(factor.numpy().tobytes())
        self.assertGreater(at, 0)
        data[at + 5] ^= 1
        damaged.write_bytes(data)
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-r", "sat", "-t", "lora-merge", self.tmp / "run", out, status=1)
        self.assertIn("checksum", result.stderr)
        self.assertFalse(out.exists())

    def refused(self, change, *words, arguments=("-t", "lora-merge")):
        path = write(Recipe(alpha=1, seed=3), self.tmp / "run")
        checkpoint = torch.load(path, weights_only=False)
        change(checkpoint["module"])
        torch.save(checkpoint, path)
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-r", "sat", *arguments, self.tmp / "run", out, status=1)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse(out.exists())
        self.assert_clean(self.tmp)

    def test_mistakes(self):
        """Half a pair, no pair, another rank, another shape, integers: errors with names."""
        name = NET + "transformer.layers.1.attention.dense."
        self.refused(lambda m: m.pop(name + "matrix_B.0"), name + "matrix_B.0")
        self.refused(lambda m: (m.pop(name + "matrix_A.0"), m.pop(name + "matrix_B.0")), name + "original.weight")
        self.refused(lambda m: m.pop(name + "original.weight"), name + "weight", "no weight in the model")
        self.refused(lambda m: m.update({name + "matrix_A.0": torch.zeros(3, 64)}), name + "matrix_A.0", "rank 3")
        self.refused(lambda m: m.update({name + "matrix_B.0": torch.zeros(65, 4)}), name + "matrix_B.0", "65")
        self.refused(lambda m: m.update({name + "original.weight": torch.zeros(64, 64, dtype=torch.uint8)}), "u8")
        qkv = NET + "transformer.layers.0.attention.query_key_value."
        self.refused(lambda m: (m.pop(qkv + "matrix_A.1"), m.pop(qkv + "matrix_B.1")), qkv + "matrix_A.1")
        self.refused(lambda m: [m.pop(n) for n in list(m) if ".matrix_" in n or ".original." in n], "no LoRA",
                     "lora-merge:file=PATH")


class Net(torch.nn.Module):
    """A transformer by the names of diffusers, as far as a LoRA reaches it, and more than matrices."""

    def __init__(self, width, blocks=2):
        super().__init__()
        self.proj = torch.nn.Conv2d(4, width, 3, bias=False)
        self.transformer_blocks = torch.nn.ModuleList()
        for _ in range(blocks):
            block = torch.nn.Module()
            block.attn1 = torch.nn.Module()
            for name in ("to_q", "to_k", "to_v"):
                setattr(block.attn1, name, torch.nn.Linear(width, width))
            block.attn1.to_out = torch.nn.ModuleList([torch.nn.Linear(width, width)])
            block.ff = torch.nn.Linear(width, 4 * width)
            self.transformer_blocks.append(block)


TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ff", "proj"]


class Files(Case):
    """LoRA files of peft and diffusers."""

    def make(self, width=48, **config):
        """Returns the model, peft's adapter state by its names without wrapping, and peft's merged weights."""
        torch.manual_seed(1)
        net = Net(width)
        plain = {k: v.clone() for k, v in net.state_dict().items()}
        config = peft.LoraConfig(**{"r": 8, "lora_alpha": 4, "target_modules": TARGETS, "init_lora_weights": False, **config})
        wrapped = peft.get_peft_model(net, config)
        state = {k.removeprefix("base_model.model."): v.clone() for k, v in peft.get_peft_model_state_dict(wrapped).items()}
        merged = {k: v.clone() for k, v in wrapped.merge_and_unload().state_dict().items()}
        return plain, state, merged, config

    def save(self, state, metadata=None, name="lora.safetensors"):
        path = self.tmp / name
        safetensors.torch.save_file({k: v.contiguous() for k, v in state.items()}, path, {"format": "pt", **(metadata or {})})
        return path

    def merge(self, plain, *options, status=0):
        base, out = self.save(plain, name="base.safetensors"), self.tmp / "out.safetensors"
        chain = [x for o in options for x in ("-t", o)]
        result = self.run_fmtconv("-f", *chain, base, out, status=status)
        return (safetensors.torch.load_file(out) if status == 0 else None), result

    def close(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name, w in wanted.items():
            self.assertEqual(got[name].shape, w.shape)
            self.assertTrue(torch.allclose(got[name], w, rtol=1e-5, atol=1e-6), name)

    def described(self, config, prefix="transformer."):
        """lora_adapter_metadata as diffusers writes it."""
        fields = {k: sorted(v) if isinstance(v, set) else v for k, v in config.to_dict().items()}
        return {"lora_adapter_metadata": json.dumps({prefix + k: v for k, v in fields.items()}, indent=2, sort_keys=True, default=str)}

    def test_peft(self):
        """With metadata: alpha, patterns, rslora, and any prefix, as peft merges it."""
        for config in ({}, {"use_rslora": True}, {"rank_pattern": {"to_q": 3, "transformer_blocks.1.ff": 5}},
                       {"alpha_pattern": {"to_out.0": 16, "proj": 2.5}}):
            plain, state, merged, config = self.make(**config)
            for prefix in ("transformer.", "", "base_model.model."):
                lora = self.save({prefix + k: v for k, v in state.items()}, self.described(config))
                got, _ = self.merge(plain, f"lora-merge:file={lora}")
                with self.subTest(config=config, prefix=prefix):
                    self.close(got, merged)

    def test_folder(self):
        """A LoRA's folder, as pipelines save it, is as good as its file, for merging and by itself."""
        plain, state, merged, config = self.make()
        lora = self.save(state, self.described(config))
        folder = self.tmp / "lora"
        folder.mkdir()
        lora.rename(folder / "pytorch_lora_weights.safetensors")
        self.close(self.merge(plain, f"lora-merge:file={folder}")[0], merged)
        result = self.run_fmtconv(folder, f"{self.tmp}/copy/")
        self.assertNotIn("warning", result.stderr)
        self.assertEqual([p.name for p in (self.tmp / "copy").iterdir()], ["pytorch_lora_weights.safetensors"])
        self.assert_same(safetensors.torch.load_file(self.tmp / "copy" / "pytorch_lora_weights.safetensors"),
                         safetensors.torch.load_file(folder / "pytorch_lora_weights.safetensors"))

    def test_alpha_beside_the_weights(self):
        """In the model itself, tensors of alpha are removed with the matrices."""
        w, down, up = torch.randn(8, 8), torch.randn(2, 8), torch.randn(8, 2)
        model = {"m.weight": w, "m.lora_down.weight": down, "m.lora_up.weight": up, "m.alpha": torch.tensor(1.0), "x.alpha": torch.tensor(3.0)}
        got, _ = self.merge(model, "lora-merge")
        self.close(got, {"m.weight": w + 0.5 * up @ down, "x.alpha": model["x.alpha"]})

    def test_without_metadata(self):
        """alpha is then the rank, or the given value; weight is an additional factor."""
        plain, state, merged, _ = self.make(lora_alpha=8)
        lora = self.save(state)
        self.close(self.merge(plain, f"lora-merge:file={lora}")[0], merged)
        self.close(self.merge(plain, f"lora-merge:file={lora},alpha=4,weight=2")[0], merged)
        twice = {k: plain[k] + 0.8 * (v - plain[k]) + 0.2 * (v - plain[k]) for k, v in merged.items()}
        self.close(self.merge(plain, f"lora-merge:file={lora},weight=0.8", f"lora-merge:file={lora},weight=0.2")[0], twice)

    def test_other_names(self):
        """lora_down, lora_up and a tensor alpha; any floating types."""
        plain, state, merged, _ = self.make(lora_alpha=2)
        other = {k.replace("lora_A", "lora_down").replace("lora_B", "lora_up"): v for k, v in state.items()}
        for k in list(other):
            if "lora_down" in k:
                other[k.removesuffix("lora_down.weight") + "alpha"] = torch.tensor(2.0, dtype=torch.float16)
        self.close(self.merge(plain, f"lora-merge:file={self.save(other)}")[0], merged)
        flat = {"lora_unet_" + k.split(".lora_")[0].removesuffix(".alpha").replace(".", "_") + k[len(k.split(".lora_")[0].removesuffix(".alpha")):]: v
                for k, v in other.items()}
        self.assertIn("lora_unet_transformer_blocks_0_attn1_to_out_0.alpha", flat)
        self.close(self.merge(plain, f"lora-merge:file={self.save(flat)}")[0], merged)
        half = {k: v.to(torch.bfloat16) for k, v in state.items()}
        got, _ = self.merge(plain, f"lora-merge:file={self.save(half)},alpha=2")
        name = "transformer_blocks.1.attn1.to_q"
        wanted = merged_bits(plain[name + ".weight"], half[name + ".lora_B.weight"], half[name + ".lora_A.weight"], 0.25)
        self.assertTrue(torch.equal(bits(got[name + ".weight"]), bits(wanted)))

    def test_flat_names_that_several_have(self):
        """Underscores may be points or not, but a point is a point."""
        w, down, up = torch.zeros(8, 8), torch.randn(2, 8), torch.randn(8, 2)
        for names, flat, meant in ((["a.b_c.weight", "a_b.weight", "a_b_weight"], "a_b", "a_b.weight"),
                                   (["a.b_c.weight", "a_b.c.weight", "a_b_c.weight"], "a_b.c", "a_b.c.weight")):
            model = {name: w.clone() for name in names}
            lora = self.save({f"lora_unet_{flat}.lora_down.weight": down, f"lora_unet_{flat}.lora_up.weight": up})
            with self.subTest(flat):
                self.close(self.merge(model, f"lora-merge:file={lora}")[0], {**model, meant: up @ down})

    def test_what_cogvideox_lora_writes(self):
        """The LoRA of a training, converted, merges into the converted base as it does inside."""
        r = Recipe(dtype=torch.float32, rank=8, alpha=4)
        write(r, self.tmp / "run")
        lora, base, out, inside = (self.tmp / f"{n}.safetensors" for n in ("lora", "base", "out", "inside"))
        transformer = "cogvideox-transformer:version=2b"
        self.run_fmtconv("-t", "cogvideox-lora:scale=metadata", self.tmp / "run", lora)
        self.run_fmtconv("-t", transformer, self.tmp / "run", base)
        self.run_fmtconv("-t", f"lora-merge:file={lora}", base, out)
        self.run_fmtconv("-t", "lora-merge", "-t", transformer, self.tmp / "run", inside)
        self.assert_same(safetensors.torch.load_file(out), safetensors.torch.load_file(inside))
        self.run_fmtconv("-f", "-t", transformer, "-t", f"lora-merge:file={lora}", self.tmp / "run", out)
        self.assert_same(safetensors.torch.load_file(out), safetensors.torch.load_file(inside))

    def test_sat_onto_sat(self):
        """A training's LoRA onto the release that it began with."""
        r = Recipe(dtype=torch.float16, rank=8, alpha=4)
        tensors = state_dict(r)
        path = write(r, self.tmp / "run")
        plain = {k.removeprefix(NET).replace(".original.", "."): v for k, v in tensors.items() if ".matrix_" not in k and k.startswith(NET)}
        base = self.tmp / "base.pt"
        torch.save({"module": plain}, base)
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("-r", "torch:root=module", "-t", f"lora-merge:file={self.tmp / 'run'}", base, out)
        wanted, _ = sat_merged(r, tensors, 0.5)
        self.assert_same(safetensors.torch.load_file(out), {k.removeprefix(NET): v for k, v in wanted.items() if k.startswith(NET)})

    def refused(self, plain, state, *words, metadata=None, **more):
        lora = self.save(state, metadata)
        self.tmp.joinpath("out.safetensors").unlink(missing_ok=True)
        _, result = self.merge(plain, f"lora-merge:file={lora}", status=1)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertFalse((self.tmp / "out.safetensors").exists())
        self.assert_clean(self.tmp)

    def test_mistakes(self):
        """No base, no partner, other shapes, DoRA, ranks that contradict the metadata: errors with names."""
        plain, state, _, config = self.make()
        a = "transformer_blocks.0.attn1.to_q.lora_A.weight"
        lost = {k.replace("transformer_blocks.1", "transformer_blocks.7"): v for k, v in state.items()}
        self.refused(plain, lost, "transformer_blocks.7.attn1.to_q.lora_A.weight", "transformer_blocks.7.ff.weight")
        self.refused(plain, {k: v for k, v in state.items() if k != a}, a, "partner")
        self.refused(plain, {**state, "transformer_blocks.0.attn1.to_q.lora_magnitude_vector": torch.ones(47)}, "47 magnitudes")
        self.refused(plain, {**state, a: torch.ones(7, 48)}, a, "rank 7")
        self.refused(plain, {**state, a: torch.ones(8, 47)}, a, "47")
        self.refused(plain, {**state, a: torch.ones(8, 48, dtype=torch.int32)}, "i32")
        self.refused(plain, {"x": torch.ones(3)}, "'x'")
        self.refused(plain, state, "DoRA", "lora_magnitude_vector", metadata={"lora_adapter_metadata": '{"transformer.use_dora": true}'})
        self.refused(plain, state, "rank 4", metadata={"lora_adapter_metadata": '{"transformer.r": 4}'})
        self.refused(plain, state, "not JSON", metadata={"lora_adapter_metadata": "{"})
        self.refused(plain, state, "regular", metadata={"lora_adapter_metadata": '{"alpha_pattern": {"to_.": 3}, "lora_alpha": 2}'
                                                        .replace("to_.", "to_[qk]")})


class Diffusers(Case):
    """A folder of diffusers, and a LoRA file that diffusers itself wrote and fuses."""

    def transformer(self):
        torch.manual_seed(5)
        return CogVideoXTransformer3DModel(num_attention_heads=4, attention_head_dim=16, in_channels=4, out_channels=4,
                                           num_layers=2, text_embed_dim=32, time_embed_dim=16, sample_width=8,
                                           sample_height=8, sample_frames=9, max_text_seq_length=16)

    def write_lora(self, **config):
        trained = self.transformer()
        trained.add_adapter(peft.LoraConfig(r=6, init_lora_weights=False, **config,
                                            target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
        CogVideoXPipeline.save_lora_weights(
            self.tmp / "lora", transformer_lora_layers=peft.get_peft_model_state_dict(trained),
            transformer_lora_adapter_metadata=trained.peft_config["default"].to_dict())
        return self.tmp / "lora" / "pytorch_lora_weights.safetensors"

    def test_fuse(self):
        """As load_lora_adapter and fuse_lora do it, at any scale."""
        for config in ({"lora_alpha": 6}, {"lora_alpha": 3}, {"lora_alpha": 4, "use_rslora": True},
                       {"lora_alpha": 4, "alpha_pattern": {"to_k": 12}, "rank_pattern": {"to_q": 3}}):
            lora = self.write_lora(**config)
            base = self.transformer()
            base.save_pretrained(self.tmp / "transformer")
            base.load_lora_adapter(str(self.tmp / "lora"), weight_name=lora.name)
            base.fuse_lora(lora_scale=0.8)
            base.unload_lora()
            out = self.tmp / "merged"
            with self.subTest(**config):
                self.run_fmtconv("-f", "-t", f"lora-merge:file={lora},weight=0.8", self.tmp / "transformer", f"{out}/")
                merged = CogVideoXTransformer3DModel.from_pretrained(out).state_dict()
                for name, wanted in base.state_dict().items():
                    self.assertTrue(torch.allclose(merged[name], wanted, rtol=1e-5, atol=1e-6), name)
                self.assertFalse(torch.equal(merged["transformer_blocks.0.attn1.to_q.weight"],
                                             self.transformer().state_dict()["transformer_blocks.0.attn1.to_q.weight"]))

    def test_several(self):
        """As set_adapters weighs several and fuse_lora adds them."""
        for name, config in (("first", {"lora_alpha": 3}), ("second", {"lora_alpha": 4, "use_rslora": True})):
            self.write_lora(**config).parent.rename(self.tmp / name)
        base = self.transformer()
        base.save_pretrained(self.tmp / "transformer")
        for name in ("first", "second"):
            base.load_lora_adapter(str(self.tmp / name), weight_name="pytorch_lora_weights.safetensors", adapter_name=name)
        base.set_adapters(["first", "second"], [0.7, -0.4])
        base.fuse_lora(adapter_names=["first", "second"])
        base.unload_lora()
        self.run_fmtconv("-t", f"lora-merge:file={self.tmp / 'first'},weight=0.7", "-t",
                         f"lora-merge:file={self.tmp / 'second'},weight=-0.4", self.tmp / "transformer", f"{self.tmp}/out/")
        merged = CogVideoXTransformer3DModel.from_pretrained(self.tmp / "out").state_dict()
        for name, wanted in base.state_dict().items():
            self.assertTrue(torch.allclose(merged[name], wanted, rtol=1e-5, atol=1e-6), name)


if __name__ == "__main__":
    unittest.main()
