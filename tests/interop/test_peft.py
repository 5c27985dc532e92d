# SPDX-License-Identifier: Apache-2.0
"""Adapters as peft saves them and as it keeps them in a model, merged as its merge_and_unload does, or refused by name."""
# Plugins: dequantize diffusers lora-merge safetensors torch

import json
import unittest

import peft
import torch
from safetensors.torch import load_file, save_file
from support import Case
from transformers.pytorch_utils import Conv1D


class Net(torch.nn.Module):
    """Square, wide and tied weights, some with biases."""

    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(10, 6)
        self.block = torch.nn.ModuleList(torch.nn.ModuleDict({"q": torch.nn.Linear(6, 6), "up": torch.nn.Linear(6, 9)})
                                         for _ in range(2))
        self.head = torch.nn.Linear(6, 10, bias=False)


def net(tied=False):
    torch.manual_seed(4)
    made = Net()
    if tied:
        made.head.weight = made.embed.weight
    return made


def state(module):
    return {k: v.detach().clone() for k, v in module.state_dict().items()}


def config(**more):
    return peft.LoraConfig(**{"r": 2, "lora_alpha": 16, "target_modules": ["q", "up"], "init_lora_weights": False, **more})


class Peft(Case):
    """Helpers of the tests: adapters of a seed, merges, refusals."""

    def wrapped(self, module=None, seed=0, **more):
        torch.manual_seed(seed)
        return peft.get_peft_model(module or net(), config(**more))

    def saved(self, wrapped, name="ad"):
        wrapped.save_pretrained(self.tmp / name)
        return self.tmp / name

    def merged(self, wrapped, **more):
        return state(wrapped.merge_and_unload(**more))

    def base(self, tensors, name="base.safetensors"):
        save_file({k: v.contiguous() for k, v in tensors.items()}, self.tmp / name)
        return self.tmp / name

    def merge(self, tensors, *options, status=0, arguments=()):
        """Returns the tensors and the messages; after an error, the messages."""
        source, out = self.base(tensors), self.tmp / "out.safetensors"
        out.unlink(missing_ok=True)
        chain = [x for o in options for x in ("-t", f"lora-merge:{o}" if o else "lora-merge")]
        run = self.run_fmtconv(*arguments, *chain, source, out, status=status)
        self.assertEqual(out.exists(), status == 0)
        self.assert_clean(self.tmp)
        return (load_file(out), run.stderr) if status == 0 else run.stderr

    def close(self, got, wanted):
        self.assertEqual(sorted(got), sorted(wanted))
        for name, w in wanted.items():
            self.assertEqual((got[name].dtype, got[name].shape), (w.dtype, w.shape), name)
            self.assertTrue(torch.allclose(got[name], w, rtol=1e-5, atol=1e-6), name)

    def same_as_peft(self, folder, wrapped, *options, base=None):
        base = state(net()) if base is None else base
        wanted = self.merged(wrapped)
        for path in (folder, folder / "adapter_model.safetensors"):
            got, said = self.merge(base, *(options or (f"file={path}",)))
            self.close(got, wanted)
            self.assertNotIn("warning", said)

    def change(self, folder, **fields):
        path = folder / "adapter_config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))
        return folder

    def refused(self, folder, *words, base=None):
        said = self.merge(state(net()) if base is None else base, f"file={folder}", status=1)
        for word in words:
            self.assertIn(word, said)


class Saved(Peft):
    """Folders of save_pretrained: adapter_config.json has facts that the weights lack."""

    def test_alpha(self):
        """alpha, patterns and rslora of the configuration; the folder or the file in it."""
        for more in ({}, {"lora_alpha": 3}, {"use_rslora": True}, {"rank_pattern": {"up": 5}},
                     {"alpha_pattern": {"block.1.q": 5, "q": 7}}, {"alpha_pattern": {r"^block\.0\.q": 5, ".*.up": 3}}):
            wrapped = self.wrapped(**more)
            folder = self.saved(wrapped)
            with self.subTest(**more):
                self.same_as_peft(folder, wrapped)

    def test_patterns_of_whole_names(self):
        """A key with '^' is compared with the whole name in the model, which may begin as a prefix does."""
        for outer in ("model", "transformer", "module"):
            for key in ("^OUT.block.0.q", "^OUT.*q", "^block.0.q", "OUT.block.0.q", "block.0.q", "^.*q", r"^OUT\.block\.1\.up", "model.OUT.block.0.q"):
                key = key.replace("OUT", outer)
                with self.subTest(key=key):
                    base = state(torch.nn.ModuleDict({outer: net()}))
                    wrapped = self.wrapped(torch.nn.ModuleDict({outer: net()}), alpha_pattern={key: 48})
                    folder = self.saved(wrapped)
                    self.same_as_peft(folder, wrapped, base=base)

    def test_order_of_patterns(self):
        """The first key that matches counts, whatever it is."""
        for keys in (["q", "block.1.q"], ["block.1.q", "q"], [".*q", "block.0.q"], ["block.0.q", ".*q"], [r"^block\.0\.q", "block.0.q"],
                     ["block.0.q", r"^block\.0\.q"], [r"block\.0\.q", "block.0.q"], ["up", ".*0.up", "^block.*", "q"], ["k", "lock.0.q", ""]):
            with self.subTest(keys=keys):
                folder = self.change(self.saved(self.wrapped()), alpha_pattern={k: 3 + i for i, k in enumerate(keys)})
                self.same_as_peft(folder, peft.PeftModel.from_pretrained(net(), folder))

    def test_pickle(self):
        wrapped = self.wrapped()
        folder = self.saved(wrapped)
        weights = load_file(folder / "adapter_model.safetensors")
        (folder / "adapter_model.safetensors").unlink()
        torch.save(weights, folder / "adapter_model.bin")
        wanted = self.merged(wrapped)
        for path in (folder, folder / "adapter_model.bin"):
            self.close(self.merge(state(net()), f"file={path}")[0], wanted)

    def test_embedding(self):
        """The matrices of an embedding are transposed."""
        wrapped = self.wrapped(target_modules=["embed", "q"])
        wrapped.save_pretrained(self.tmp / "ad", save_embedding_layers=False)
        self.same_as_peft(self.tmp / "ad", wrapped)

    def test_bias(self):
        """lora_bias: the bias gets its share, too."""
        wrapped = self.wrapped(lora_bias=True)
        self.same_as_peft(self.saved(wrapped), wrapped)
        base = {k: v for k, v in state(net()).items() if k != "block.1.up.bias"}
        self.refused(self.tmp / "ad", "block.1.up.lora_B.bias", "block.1.up.bias", base=base)

    def test_trained_in_full(self):
        """Modules that were trained in full replace those of the model, and so do trained biases."""
        for more in ({"modules_to_save": ["head"]}, {"bias": "all"}, {"bias": "lora_only"},
                     {"bias": "all", "modules_to_save": ["head", "embed"]}):
            with self.subTest(**more):
                wrapped = self.wrapped(**more)
                for name, p in wrapped.named_parameters():
                    if p.requires_grad and "lora_" not in name:
                        p.data += torch.randn_like(p)
                folder = self.saved(wrapped)
                self.same_as_peft(folder, wrapped)
                if "modules_to_save" in more:
                    wrapped = peft.PeftModel.from_pretrained(net(), folder)
                    got, _ = self.merge(state(wrapped), "alpha=16")
                    self.close(got, {"base_model.model." + k: v for k, v in self.merged(wrapped).items()})
        said = self.merge(state(net()), f"file={folder},weight=0.5", status=1)
        for word in ("replaces the model's", "weight 0.5", "at weight 1"):
            self.assertIn(word, said)

    def test_folder_alone(self):
        """An adapter is copied with its configuration, as peft loads it."""
        wrapped = self.wrapped(r=3)
        folder = self.saved(wrapped)
        self.run_fmtconv(folder, f"{self.tmp}/copy/")
        again = peft.PeftModel.from_pretrained(net(), self.tmp / "copy")
        self.assertEqual((self.tmp / "copy" / "adapter_config.json").exists(), True)
        self.close(self.merged(again), self.merged(wrapped))

    def test_weights(self):
        """Several adapters with weights give the same as peft's combination "cat"."""
        wrapped = self.wrapped(seed=1)
        torch.manual_seed(2)
        wrapped.add_adapter("style", config(r=3, lora_alpha=5, use_rslora=True))
        folder = self.saved(wrapped)
        wrapped.add_weighted_adapter(["default", "style"], [0.75, -0.5], "both", combination_type="cat")
        wrapped.set_adapter("both")
        got, _ = self.merge(state(net()), f"file={folder},weight=0.75", f"file={folder / 'style'},weight=-0.5")
        self.close(got, self.merged(wrapped))

    def test_f64(self):
        """Arithmetic is in f32; tensors that lose precision are counted in a warning."""
        folder = self.saved(self.wrapped())
        base = {k: v.double() + 1e-12 for k, v in state(net()).items()}
        got, said = self.merge(base, f"file={folder}")
        wanted = self.merged(peft.PeftModel.from_pretrained(net().double(), folder))
        self.assertEqual(got["block.0.q.weight"].dtype, torch.float64)
        self.assertTrue(torch.equal(got["head.weight"], base["head.weight"]))
        for name, w in wanted.items():
            self.assertTrue(torch.allclose(got[name], w, rtol=1e-5, atol=1e-6), name)
        self.assertRegex(said, "warning: 4 f64 tensors .* f32")
        self.merge(base, f"file={folder}", status=1, arguments=["--strict"])
        self.assertNotIn("f64", self.merge(state(net()), f"file={folder}")[1])

    def test_scaled(self):
        """fp8 values without their scales are refused, and merged after they are dequantized."""
        wrapped = self.wrapped(target_modules=["q"])
        folder = self.saved(wrapped)
        scale = torch.tensor(0.01)
        base = state(net())
        codes = (base["block.0.q.weight"] / scale).to(torch.float8_e4m3fn)
        scaled = {**base, "block.0.q.weight": codes, "block.0.q.weight_scale": scale}
        said = self.merge(scaled, f"file={folder}", status=1)
        for word in ("'block.0.q.weight'", "'block.0.q.weight_scale'", "-t dequantize"):
            self.assertIn(word, said)
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("-t", "dequantize:to=f32", "-t", f"lora-merge:file={folder}", self.base(scaled), out)
        weight = codes.float() * scale
        wanted = self.merged(wrapped)
        wanted["block.0.q.weight"] += weight - base["block.0.q.weight"]
        self.close(load_file(out), wanted)
        lora = load_file(folder / "adapter_model.safetensors")
        name = "base_model.model.block.0.q.lora_A.weight"
        lora |= {name: lora[name].to(torch.float8_e4m3fn), name + "_scale": scale}
        save_file(lora, folder / "adapter_model.safetensors")
        self.refused(folder, f"'{name}_scale'")

    def test_alpha_by_hand(self):
        folder = self.saved(self.wrapped())
        got, _ = self.merge(state(net()), f"file={folder},alpha=5")
        self.close(got, self.merged(self.wrapped(lora_alpha=5)))

    def test_without_configuration(self):
        """Without an alpha, the rank is used, with a warning."""
        folder = self.saved(self.wrapped())
        (folder / "adapter_config.json").unlink()
        got, said = self.merge(state(net()), f"file={folder / 'adapter_model.safetensors'}")
        self.close(got, self.merged(self.wrapped(lora_alpha=2)))
        for word in ("warning", "the LoRA does not state alpha", "lora-merge:alpha=N"):
            self.assertIn(word, said)
        said = self.merge(state(net()), f"file={folder / 'adapter_model.safetensors'}", status=1, arguments=["--strict"])
        self.assertIn("alpha", said)

    def test_what_is_refused(self):
        """Whatever would make another result is named."""
        folder = self.saved(self.wrapped())
        for fields in ({"layer_replication": [[0, 1], [0, 1]]}, {"target_parameters": ["w"]},
                       {"trainable_token_indices": [1]},
                       {"use_qalora": True}, {"ensure_weight_tying": True}, {"alora_invocation_tokens": [1]},
                       {"peft_type": "VERA"}, {"init_lora_weights": "pissa"}, {"of_the_future": 1}):
            before = (folder / "adapter_config.json").read_text()
            with self.subTest(**fields):
                self.refused(self.change(folder, **fields), "adapter_config.json", next(iter(fields)), "lora-merge does not support")
            (folder / "adapter_config.json").write_text(before)
        for fields, words in (({"lora_alpha": "16"}, ("lora_alpha", "not a finite number")), ({"lora_alpha": None}, ("lora_alpha",)),
                              ({"r": 3}, ("rank 3", "rank 2")), ({"alpha_pattern": {"q": "3"}}, ("alpha_pattern", "not a finite number")),
                              ({"alpha_pattern": {"[qk]": 3}}, ("alpha_pattern", "[qk]")), ({"use_rslora": "yes"}, ("use_rslora",)),
                              ({"alpha_pattern": 3}, ("alpha_pattern",))):
            before = (folder / "adapter_config.json").read_text()
            with self.subTest(**fields):
                self.refused(self.change(folder, **fields), *words)
            (folder / "adapter_config.json").write_text(before)
        (folder / "adapter_config.json").write_text("{")
        self.refused(folder, "adapter_config.json")


class Gpt(torch.nn.Module):
    """Modules of GPT-2, whose weights have the axes [in, out]."""

    def __init__(self, last="c_proj"):
        super().__init__()
        self.c_attn = Conv1D(18, 6)
        self.c_proj = Conv1D(6, 6)
        if last == "linear":
            self.linear = torch.nn.Linear(6, 6)


class Transposed(Peft):
    """fan_in_fan_out."""

    def made(self, **more):
        torch.manual_seed(7)
        module = Gpt(**more)
        base = state(module)
        return base, self.wrapped(module, target_modules=list(dict(module.named_children())))

    def test_conv1d(self):
        """By the configuration, and without one by the shapes."""
        base, wrapped = self.made()
        folder = self.saved(wrapped)
        self.assertIn('"fan_in_fan_out": true', (folder / "adapter_config.json").read_text())
        self.same_as_peft(folder, wrapped, base=base)

    def test_inside(self):
        """In a model, only other weights show the axes of a square weight; the user can give them."""
        _, wrapped = self.made()
        tensors, wanted = state(wrapped), {"base_model.model." + k: v for k, v in self.merged(wrapped).items()}
        got, _ = self.merge(tensors, "alpha=16,fan-in-fan-out=yes")
        self.close(got, wanted)
        said = self.merge(tensors, "alpha=16", status=1)
        for word in ("c_proj", "fan-in-fan-out="):
            self.assertIn(word, said)
        self.close(self.merge({k: v for k, v in tensors.items() if "c_attn" in k}, "alpha=16")[0],
                   {k: v for k, v in wanted.items() if "c_attn" in k})

    def test_both_kinds(self):
        """A configuration holds for the last module that peft wrapped: square weights are refused then."""
        base, wrapped = self.made(last="linear")
        folder = self.saved(wrapped)
        self.refused(folder, "c_proj", "fan-in-fan-out=", base=base)

    def test_conv1d_by_shape(self):
        """As peft loads it: the class decides, not the configuration."""
        torch.manual_seed(7)
        module = torch.nn.ModuleDict({"c_attn": Conv1D(18, 6), "up": torch.nn.Linear(6, 9)})
        base = state(module)
        wrapped = self.wrapped(module, target_modules=["c_attn", "up"])
        self.same_as_peft(self.saved(wrapped), wrapped, base=base)


class Tied(Peft):
    """Weights that share bytes stay tied, as in peft, which changes them in place."""

    def base_file(self):
        torch.save(net(tied=True).state_dict(), self.tmp / "base.pt")
        return self.tmp / "base.pt"

    def to_torch(self, *options, source=None):
        out = self.tmp / "out.pt"
        chain = [x for o in options for x in ("-t", o)]
        self.run_fmtconv("-f", *chain, source or self.base_file(), out)
        return torch.load(out)

    def test_one_of_two(self):
        for targets in (["head"], ["embed"], ["embed", "head"]):
            wrapped = self.wrapped(net(tied=True), target_modules=targets)
            wrapped.save_pretrained(self.tmp / "ad", save_embedding_layers=False)
            wanted = self.merged(wrapped)
            got = self.to_torch(f"lora-merge:file={self.tmp / 'ad'}")
            with self.subTest(targets=targets):
                self.assertTrue(torch.equal(wanted["embed.weight"], wanted["head.weight"]))
                self.assertEqual(got["embed.weight"].data_ptr(), got["head.weight"].data_ptr())
                self.close(got, wanted)
                self.assertFalse(torch.allclose(got["head.weight"], net(tied=True).head.weight))

    def test_three_and_inside(self):
        """More than two names, one of them wrapped."""
        wrapped = self.wrapped(net(tied=True), target_modules=["head"])
        tensors = dict(wrapped.state_dict())
        tensors["again.weight"] = tensors["base_model.model.embed.weight"]
        torch.save(tensors, self.tmp / "wrapped.pt")
        got = self.to_torch("lora-merge:alpha=16", source=self.tmp / "wrapped.pt")
        wanted = {"base_model.model." + k: v for k, v in self.merged(wrapped).items()}
        wanted["again.weight"] = wanted["base_model.model.head.weight"]
        self.close(got, wanted)
        self.assertEqual(len({got[n].data_ptr() for n in got if n.split(".")[-2] in ("embed", "head", "again")}), 1)

    def test_untied(self):
        """Equal values that are two tensors are two."""
        plain = {k: v.clone() for k, v in state(net(tied=True)).items()}
        wrapped = self.wrapped(net(tied=True), target_modules=["head"])
        folder = self.saved(wrapped)
        got, _ = self.merge(plain, f"file={folder}")
        self.assertTrue(torch.equal(got["embed.weight"], plain["embed.weight"]))
        self.assertFalse(torch.allclose(got["head.weight"], plain["embed.weight"]))


class Inside(Peft):
    """Adapters in the state dict of the wrapped model, under any name."""

    def inside(self, wrapped, *options, **more):
        tensors = state(wrapped)
        return self.merge(tensors, *(options or ("alpha=16",)), **more)

    def wanted(self, wrapped, **more):
        return {"base_model.model." + k: v for k, v in self.merged(wrapped, **more).items()}

    def two(self):
        wrapped = self.wrapped()
        torch.manual_seed(5)
        wrapped.add_adapter("style", config(r=3, target_modules=["q"]))
        return wrapped

    def test_any_name(self):
        for targets in (["q", "up"], ["embed"]):
            torch.manual_seed(3)
            wrapped = peft.get_peft_model(net(), config(target_modules=targets), adapter_name="style-1")
            got, _ = self.inside(wrapped)
            self.close(got, self.wanted(wrapped))

    def test_one_of_two(self):
        """adapter= chooses; several are added; the others are dropped, with a note."""
        got, said = self.inside(self.two(), "alpha=16,adapter=style")
        self.close(got, self.wanted(self.two(), adapter_names=["style"]))
        self.assertRegex(said, "dropped +8 tensors, .*adapter")
        got, _ = self.inside(self.two(), "alpha=16,adapter=default")
        self.close(got, self.wanted(self.two(), adapter_names=["default"]))
        got, _ = self.inside(self.two(), "alpha=16,adapter=style,adapter=default")
        self.close(got, self.wanted(self.two(), adapter_names=["style", "default"]))

    def test_weights(self):
        """adapter=NAME@WEIGHT: what peft's concatenation at these weights gives; negative ones take away."""
        wrapped = self.two()
        got, _ = self.inside(wrapped, "alpha=16,adapter=style@-0.5,adapter=default@0.75")
        wrapped.add_weighted_adapter(["style", "default"], [-0.5, 0.75], "both", combination_type="cat")
        self.close(got, self.wanted(wrapped, adapter_names=["both"]))
        got, _ = self.inside(self.two(), "alpha=16,weight=-2,adapter=style@0.25")
        plain = state(net())
        wanted = self.wanted(self.two(), adapter_names=["style"])
        self.close(got, {k: plain[n] - 0.5 * (w - plain[n]) for k, w in wanted.items() for n in [k[len("base_model.model."):]]})
        self.assertIn("no adapter 'style@x'", self.inside(self.two(), "alpha=16,adapter=style@x", status=2))

    def test_which(self):
        for option, status in (("alpha=16", 1), ("adapter=nobody", 2)):
            said = self.inside(self.two(), option, status=status)
            for word in ("'default'", "'style'", "adapter=NAME"):
                self.assertIn(word, said)
        self.assertIn("no LoRA", self.merge(state(net()), "adapter=x", status=1))

    def test_bias(self):
        wrapped = self.wrapped(lora_bias=True)
        got, _ = self.inside(wrapped)
        self.close(got, self.wanted(wrapped))

    def test_nothing_is_left(self):
        """Tensors of an adapter that cannot be merged are an error that names them."""
        for name in ("q.dora_scale", "q.lora_C.default.weight", "x.lora_B.default.bias", "q.lora_magnitude_vector"):
            wrapped = {**state(self.wrapped()), name: torch.ones(2)}
            self.assertIn(f"'{name}'", self.merge(wrapped, "alpha=16", status=1))


class Others(Peft):
    """LoRA files of kohya's scripts and of LyCORIS."""

    def kohya(self, **more):
        w, down, up = torch.randn(6, 6), torch.randn(2, 6), torch.randn(6, 2)
        lora = {"lora_unet_block_0_q.lora_down.weight": down, "lora_unet_block_0_q.lora_up.weight": up,
                "lora_unet_block_0_q.alpha": torch.tensor(1.0), **more}
        return w, lora, up @ down / 2

    def test_alpha(self):
        w, lora, delta = self.kohya()
        got, said = self.merge({"block.0.q.weight": w}, f"file={self.base(lora, 'lora.safetensors')}")
        self.close(got, {"block.0.q.weight": w + delta})
        self.assertNotIn("warning", said)
        lora.pop("lora_unet_block_0_q.alpha")
        got, said = self.merge({"block.0.q.weight": w}, f"file={self.base(lora, 'lora.safetensors')}")
        self.close(got, {"block.0.q.weight": w + 2 * delta})
        self.assertIn("alpha", said)

    def test_ambiguous(self):
        """A name with underscores that can mean two weights is an error that names both, unless they are tied."""
        w, lora, delta = self.kohya()
        lora = {k.replace("block_0_q", "a_b_c"): v for k, v in lora.items()}
        path = self.base(lora, "lora.safetensors")
        two = {"a.b_c.weight": w, "a_b.c.weight": w + 1}
        said = self.merge(two, f"file={path}", status=1)
        for word in ("lora_unet_a_b_c.lora_down.weight", "'a.b_c.weight'", "'a_b.c.weight'"):
            self.assertIn(word, said)
        torch.save({"a.b_c.weight": w, "a_b.c.weight": w}, self.tmp / "tied.pt")
        self.run_fmtconv("-t", f"lora-merge:file={path}", self.tmp / "tied.pt", self.tmp / "out.pt")
        self.close(torch.load(self.tmp / "out.pt"), {"a.b_c.weight": w + delta, "a_b.c.weight": w + delta})

    def test_convolution(self):
        """A convolution of 3 × 3 followed by one of 1 × 1 is a product of 3 × 3, as in peft."""
        torch.manual_seed(6)
        module = torch.nn.ModuleDict({"conv": torch.nn.Conv2d(3, 5, 3)})
        base = state(module)
        wrapped = self.wrapped(module, target_modules=["conv"], lora_alpha=3)
        lora = {}
        for k, v in peft.get_peft_model_state_dict(wrapped).items():
            lora[k.replace("base_model.model.conv.lora_A", "lora_unet_conv.lora_down")
                  .replace("base_model.model.conv.lora_B", "lora_unet_conv.lora_up")] = v.clone()
        lora["lora_unet_conv.alpha"] = torch.tensor(3.0)
        self.assertIn("lora_unet_conv.lora_up.weight", lora)
        got, _ = self.merge(base, f"file={self.base(lora, 'lora.safetensors')}")
        self.close(got, self.merged(wrapped))

    def test_prefixes(self):
        for prefix in ("unet.", "transformer."):
            w, lora, delta = self.kohya()
            lora = {k.replace("lora_unet_block_0_q", prefix + "block.0.q"): v for k, v in lora.items()}
            got, _ = self.merge({"block.0.q.weight": w}, f"file={self.base(lora, 'lora.safetensors')}")
            self.close(got, {"block.0.q.weight": w + delta})

    def test_what_is_refused(self):
        one = torch.ones(2, 2)
        for name, word in (("lora_unet_block_0_q.hada_w1_a", "has no 'lora_unet_block_0_q.hada_w1_b'"),
                           ("lora_unet_block_0_q.lokr_w1", "has no 'lora_unet_block_0_q.lokr_w2'"),
                           ("lora_unet_block_0_q.dora_scale", "4 magnitudes are not those"),
                           ("lora_unet_block_0_q.lora_mid.weight", "does not fit"), ("lora_unet_a.lora_mid.weight", "has no 'lora_unet_a"),
                           ("foo.alpha", "alpha without a pair"), ("foo.diff", "no 'foo.weight'"), ("foo.lora_C", "foo.lora_C")):
            w, lora, _ = self.kohya(**{name: torch.ones(2, 3, 1, 1) if "q.lora_mid" in name else one})
            said = self.merge({"block.0.q.weight": w}, f"file={self.base(lora, 'lora.safetensors')}", status=1)
            self.assertIn(f"'{name}'", said)
            self.assertIn(word, said)
        w, lora, _ = self.kohya(**{"lora_unet_block_0_q.alpha": torch.tensor(float("nan"))})
        said = self.merge({"block.0.q.weight": w}, f"file={self.base(lora, 'lora.safetensors')}", status=1)
        self.assertIn("lora_unet_block_0_q.alpha", said)
        self.assertIn("nan", said)


if __name__ == "__main__":
    unittest.main()
