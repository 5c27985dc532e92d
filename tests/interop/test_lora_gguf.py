# SPDX-License-Identifier: Apache-2.0
"""LoRAs of language models as adapters of llama.cpp, and merged on the way to a GGUF file.

A model whose weights are the changes themselves goes through llama.cpp's converter: its tensors are the products of the adapter's
matrices.  llama.cpp continues a text with model and adapter as with the model into which peft merged it.  The converter is installed
as for test_tokenizer.py.  Keys and names: llama.cpp, convert_lora_to_gguf.py.

A difference that is meant: GPT-2, whose matrices convert_lora_to_gguf.py exchanges, so that llama.cpp refuses its file.
"""
# Plugins: diffusers gguf lora-gguf lora-merge model-card quantize safetensors select tokenizer

import json
import unittest

import llmmake
import numpy as np
import peft
import torch
import transformers
from llmfile import Compared, ask, gguf, read, serve, xllamacpp
from safetensors.torch import load_file, save_file
from test_llm import TABLE, named
from transformers.pytorch_utils import Conv1D

KEYS = {"general.architecture", "general.type", "general.name", "general.size_label", "general.file_type", "general.quantization_version",
        "general.alignment", "adapter.type", "adapter.lora.alpha"}
CHOSEN = {"deepseek2": {"target_modules": r".*self_attn\.(q_proj|q_a_proj|q_b_proj|kv_a_proj_with_mqa|o_proj)"}}  # kv_b is divided by columns, experts are parameters


def arrays(path):
    """The tensors of a file of plain numbers."""
    return {t.name: t.data.reshape(tuple(reversed(t.shape.tolist()))) for t in gguf.GGUFReader(path).tensors}


def products(path):
    """What the adapter adds to each weight, as llama.cpp computes it."""
    found, made = arrays(path), {}
    alpha = read(path)[0]["adapter.lora.alpha"][1]
    for name in (n.removesuffix(".lora_a") for n in found if n.endswith(".lora_a")):
        a, b = found[f"{name}.lora_a"], found[f"{name}.lora_b"]
        made[name] = alpha / b.shape[-1] * (a @ b.T if name == "token_embd.weight" else b @ a)
    return made


def answers(path, adapter=None):
    """The tokens with which llama.cpp continues a text, and the logarithms of their probabilities."""
    more = {}
    if adapter:
        info = xllamacpp.CommonAdapterLoraInfo()
        info.path, info.scale = str(adapter), 1.0
        more["lora_adapters"] = [info]
    said = ask(serve(path, **more), "/completion", prompt=[7, 100, 33, 250], n_predict=6, n_probs=1, temperature=0, ignore_eos=True,
               cache_prompt=False)["completion_probabilities"]
    return [c["id"] for c in said], np.array([c["logprob"] for c in said])


class Adapters(Compared):
    def new(self, name):
        """A path that is not there yet."""
        return self.tmp / f"{name}-{len(list(self.tmp.glob(f'{name}-*')))}"

    def base(self, model, variant=0, **config):
        return llmmake.folder(self.new("base"), model.cls, model.files(), dtype=torch.float32, **model.variants[variant] | config)

    def loaded(self, folder, model):
        return getattr(transformers, model.cls).from_pretrained(folder, dtype=torch.float32)

    def adapter(self, folder, model, integers=False, dtype=torch.float32, name="Ad", **more):
        """Saves an adapter of random matrices, by default of all layers but the head."""
        whole = self.loaded(folder, model)
        layers = [n for n, m in whole.named_modules() if isinstance(m, (torch.nn.Linear, Conv1D)) and n != "lm_head" and "vision" not in n]
        wrapped = peft.get_peft_model(whole, peft.LoraConfig(**{"r": 4, "lora_alpha": 8, "target_modules": layers} | more))
        rng = torch.Generator().manual_seed(3)
        for n, p in wrapped.named_parameters():
            if ".lora_" in n:
                p.data = torch.randint(-2, 3, p.shape, generator=rng).float() if integers else torch.randn(p.shape, generator=rng) * 0.2
        wrapped.to(dtype).save_pretrained(self.tmp / name, save_embedding_layers=False)
        return self.tmp / name

    def convert(self, folder, adapter, name="ad-f32.gguf", *options, status=0):
        return self.run_fmtconv("-f", *options, "-t", f"lora-gguf:base={folder}", adapter, self.tmp / name, status=status)

    def whole(self, folder, model, tensors):
        """The converter's file of a model with these weights."""
        made = self.new("whole")
        made.mkdir()
        for f in folder.iterdir():
            if f.suffix != ".safetensors":
                (made / f.name).write_bytes(f.read_bytes())
        save_file({n: t.contiguous() for n, t in tensors.items()}, made / "model.safetensors", {"format": "pt"})
        return arrays(super().reference(made, model.cls, model.pre, "f32", model.given))

    def merged(self, folder, model, adapter):
        """peft's merged model."""
        return peft.PeftModel.from_pretrained(self.loaded(folder, model), adapter).merge_and_unload()

    def changes(self, folder, model, adapter):
        """What peft adds to the weights: it merges into a model of zeros."""
        whole = self.loaded(folder, model)
        for p in whole.state_dict().values():
            p.zero_()
        peft.PeftModel.from_pretrained(whole, adapter).merge_and_unload().save_pretrained(self.tmp / "changes")
        return load_file(self.tmp / "changes/model.safetensors")

    def same_products(self, got, wanted):
        self.assertEqual(sorted(got), sorted(n for n, t in wanted.items() if "norm" not in n and not n.startswith("rope_") and t.any()))
        for name, product in got.items():
            self.assertEqual(product.shape, wanted[name].shape, name)
            self.assertTrue(np.array_equal(product, wanted[name]), name)

    def test_models(self):
        """All models that have rules: names, order of rows, fused and stored axes."""
        for model in TABLE:
            with self.subTest(model.name, cls=model.cls, **model.variants[0]):
                folder = self.base(model)
                adapter = self.adapter(folder, model, True, **CHOSEN.get(model.name, {}))
                self.convert(folder, adapter)
                self.same_products(products(self.tmp / "ad-f32.gguf"), self.whole(folder, model, self.changes(folder, model, adapter)))

    def test_embedding_and_head(self):
        """The matrices of token_embd are those of the transposed product."""
        for name in ("llama", "qwen2", "gpt2"):
            with self.subTest(name):
                model = named(name)
                folder = self.base(model, tie_word_embeddings=False)
                tokens = "wte" if name == "gpt2" else "embed_tokens"
                adapter = self.adapter(folder, model, True, target_modules=[tokens, "lm_head", "c_proj" if name == "gpt2" else "o_proj"])
                self.convert(folder, adapter)
                found = arrays(self.tmp / "ad-f32.gguf")
                self.assertEqual(found["token_embd.weight.lora_a"].shape[1], 4)
                self.assertEqual(found["token_embd.weight.lora_b"].shape[1], 4)
                self.same_products(products(self.tmp / "ad-f32.gguf"), self.whole(folder, model, self.changes(folder, model, adapter)))

    def test_experts(self):
        """Names that peft gave before the experts were one parameter; experts without a LoRA; another alpha for one."""
        for name, of, parts in (("mixtral", "block_sparse_moe.experts", ("w1", "w2", "w3")),
                                ("qwen3-moe", "mlp.experts", ("gate_proj", "up_proj", "down_proj"))):
            with self.subTest(name):
                model = named(name)
                folder = self.base(model)
                weights = load_file(folder / "model.safetensors")
                delta, pairs, rng = {n: torch.zeros_like(t) for n, t in weights.items()}, {}, torch.Generator().manual_seed(5)
                for layer, expert in ((0, 0), (0, 2), (1, 1), (1, 2), (1, 3)):
                    for part in parts:
                        module = f"model.layers.{layer}.{of}.{expert}.{part}"
                        rows, columns = weights[f"{module}.weight"].shape
                        a, b = (torch.randint(-2, 3, s, generator=rng).float() for s in ((2, columns), (rows, 2)))
                        pairs |= {f"base_model.model.{module}.lora_A.weight": a, f"base_model.model.{module}.lora_B.weight": b}
                        delta[f"{module}.weight"] = b @ a * (4 if (layer, expert, part) == (1, 2, parts[0]) else 2)
                (self.tmp / "ad").mkdir(exist_ok=True)
                save_file(pairs, self.tmp / "ad/adapter_model.safetensors")
                config = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 4,
                          "alpha_pattern": {f"model.layers.1.{of}.2.{parts[0]}": 8}, "target_modules": list(parts)}
                (self.tmp / "ad/adapter_config.json").write_text(json.dumps(config))
                self.convert(folder, self.tmp / "ad")
                self.assertEqual(arrays(self.tmp / "ad-f32.gguf")["blk.0.ffn_down_exps.weight.lora_a"].shape[:2], (4, 2))
                self.same_products(products(self.tmp / "ad-f32.gguf"), self.whole(folder, model, delta))
                (folder / "model.safetensors").unlink()
                self.convert(folder, self.tmp / "ad")  # config.json is enough
                pairs.pop("base_model.model." + module + ".lora_A.weight")
                save_file(pairs, self.tmp / "ad/adapter_model.safetensors")
                self.assertIn("lora_A.weight", self.convert(folder, self.tmp / "ad", "no.gguf", status=1).stderr)

    def test_alpha(self):
        """One alpha for all: others are multiplied into B; that of rsLoRA is in the key."""
        model = named("llama")
        folder = self.base(model)
        layers = ["q_proj", "up_proj", "down_proj"]
        for more, alpha in (({"use_rslora": True}, 16.0), ({"alpha_pattern": {"up_proj": 16, "layers.1.*.down_proj": 2}}, 8.0),
                            ({"rank_pattern": {"q_proj": 8}}, None), ({"lora_alpha": 6, "use_rslora": True, "r": 16}, 24.0)):
            with self.subTest(**more):
                adapter = self.adapter(folder, model, True, target_modules=layers, **more)
                self.convert(folder, adapter)
                got = read(self.tmp / "ad-f32.gguf")[0]["adapter.lora.alpha"][1]
                self.assertIn(got, (alpha,) if alpha else (8.0, 16.0))
                self.same_products(products(self.tmp / "ad-f32.gguf"), self.whole(folder, model, self.changes(folder, model, adapter)))
        adapter = self.adapter(folder, model, target_modules=layers)
        tensors = load_file(adapter / "adapter_model.safetensors")
        found = arrays(self.tmp / "ad-f32.gguf") if self.convert(folder, adapter) else None
        for n in ("lora_A", "lora_B"):  # no bit is changed where one alpha is enough
            self.assertTrue(np.array_equal(found[f"blk.1.ffn_up.weight.lora_{n[-1].lower()}"],
                                           tensors[f"base_model.model.model.layers.1.mlp.up_proj.{n}.weight"].numpy()))

    def test_keys_and_types(self):
        """Keys of the reference, and its types; those of the base model are not in the file."""
        folder = self.base(named("qwen2"))
        adapter = self.adapter(folder, named("qwen2"), r=32, lora_alpha=48)
        (adapter / "README.md").unlink()
        for kind, types in (("f32", {"F32"}), ("f16", {"F16"}), ("bf16", {"BF16"}), ("q8_0", {"Q8_0"})):
            self.convert(folder, adapter, f"ad-{kind}.gguf")
            keys, tensors = read(self.tmp / f"ad-{kind}.gguf")
            self.assertEqual(set(keys), KEYS)
            self.assertEqual({t[0].name for t in tensors.values()}, types)
        self.assertEqual([keys[n][1] for n in ("general.architecture", "general.type", "adapter.type", "adapter.lora.alpha")],
                         ["qwen2", "adapter", "lora", 48.0])
        self.assertEqual(keys["adapter.lora.alpha"][0], (gguf.GGUFValueType.FLOAT32,))
        size = sum(p.size for p in products(self.tmp / "ad-f32.gguf").values())
        self.assertEqual(keys["general.size_label"][1], gguf.size_label(size, size, 0, 0))
        self.assertEqual(len(tensors), 2 * 14)
        self.run_fmtconv("-f", "--dtype", "f16", "-t", f"lora-gguf:base={folder}/config.json", adapter, self.tmp / "as.gguf")
        self.assertEqual((self.tmp / "as.gguf").read_bytes(), (self.tmp / "ad-f16.gguf").read_bytes())
        self.convert(folder, self.adapter(folder, named("qwen2"), dtype=torch.bfloat16), "auto.gguf")
        self.assertEqual({t[0].name for t in read(self.tmp / "auto.gguf")[1].values()}, {"BF16"})

    def test_runs(self):
        """llama.cpp continues a text with the adapter as with peft's merged model, and with the one that was merged on the way."""
        for name, more in (("llama", {}), ("qwen2", {}), ("gemma", {}), ("phi3", {}), ("gpt2", {}), ("qwen3", {"use_rslora": True})):
            with self.subTest(name):
                model = named(name)
                folder = self.base(model)
                if name in ("llama", "qwen2"):
                    more = {"target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj", "embed_tokens", "lm_head"]}
                adapter = self.adapter(folder, model, **more)
                self.convert(folder, adapter)
                self.run_fmtconv("-f", folder, self.tmp / "base-f32.gguf")
                self.run_fmtconv("-f", "-t", f"lora-merge:file={adapter}", folder, self.tmp / "merged-f32.gguf")
                wanted = self.new("wanted")
                self.merged(folder, model, adapter).save_pretrained(wanted)
                for f in folder.iterdir():
                    if f.suffix != ".safetensors":
                        (wanted / f.name).write_bytes(f.read_bytes())
                self.run_fmtconv("-f", wanted, self.tmp / "wanted-f32.gguf")
                tokens, chances = answers(self.tmp / "wanted-f32.gguf")
                plain = answers(self.tmp / "base-f32.gguf")
                self.assertFalse(plain[0] == tokens and np.allclose(plain[1], chances, atol=1e-2))
                for got in (answers(self.tmp / "base-f32.gguf", self.tmp / "ad-f32.gguf"), answers(self.tmp / "merged-f32.gguf")):
                    self.assertEqual(got[0], tokens)
                    self.assertTrue(np.allclose(got[1], chances, atol=1e-3), (got, chances))

    def test_merged_on_the_way(self):
        """Merged, renamed and quantized in one pass: the same bytes as in two."""
        model = named("qwen2")
        size = {"hidden_size": 256, "intermediate_size": 512, "num_attention_heads": 8}
        folder = llmmake.folder(self.tmp / "Narrow", model.cls, model.files(), **size)
        adapter = self.adapter(folder, model, target_modules=["q_proj", "v_proj", "gate_proj"])
        merge = f"lora-merge:file={adapter}"
        (self.tmp / "two").mkdir()
        self.run_fmtconv("-t", merge, folder, f"{self.tmp}/two/Narrow/")
        for kind in ("Q4_K_M", "bf16", "f32"):
            for options in ((), ("-t", f"quantize:{kind}"), *([] if kind == "Q4_K_M" else [("--dtype", kind)])):
                name = "plain" if options else f"merged-{kind}"
                said = self.run_fmtconv("-f", "-t", merge, *options, folder, self.tmp / f"{name}.gguf").stderr
                self.assertIn(f"-t {merge} -t tokenizer -t qwen2 -t model-card -t quantize:", said)
                self.run_fmtconv("-f", self.tmp / "two/Narrow", self.tmp / f"wanted-{kind}.gguf")
                (keys, tensors), (wanted_keys, wanted) = read(self.tmp / f"{name}.gguf"), read(self.tmp / f"wanted-{kind}.gguf")
                self.assertEqual(keys, wanted_keys)
                self.assertEqual({n: t[:2] for n, t in tensors.items()}, {n: t[:2] for n, t in wanted.items()})
                if kind != "f32":
                    continue
                exact = {n: t.to(torch.float32).numpy() for n, t in self.merged(folder, model, adapter).state_dict().items()}
                self.assertTrue(np.allclose(arrays(self.tmp / f"{name}.gguf")["blk.0.ffn_gate.weight"],
                                            exact["model.layers.0.mlp.gate_proj.weight"], rtol=1e-5, atol=1e-6))
        self.run_fmtconv("-f", "-t", f"merge:file={folder},weight=0.5", folder, self.tmp / "average-f32.gguf")
        self.run_fmtconv("-f", folder, self.tmp / "same-f32.gguf")
        self.assertEqual(read(self.tmp / "average-f32.gguf"), read(self.tmp / "same-f32.gguf"))
        self.assertIn(f"fmtconv -t lora-gguf:base=MODEL/ {adapter} OUTPUT.gguf", self.run_fmtconv("inspect", adapter).stdout)
        self.run_fmtconv("-f", "-t", merge, folder, self.tmp / "out.safetensors")  # other writers: nothing is added
        self.assertEqual(set(load_file(self.tmp / "out.safetensors")), set(load_file(folder / "model.safetensors")))

    def test_norms(self):
        """Norms that were trained in full are kept, as the reference does, and llama.cpp's way is told."""
        for name in ("llama", "gemma"):
            model = named(name)
            folder = self.base(model)
            adapter = self.adapter(folder, model, True)
            tensors = load_file(adapter / "adapter_model.safetensors")
            norm = torch.arange(64).float()
            tensors["base_model.model.model.layers.1.post_attention_layernorm.weight"] = norm
            save_file(tensors, adapter / "adapter_model.safetensors")
            self.assertIn("llama.cpp ignores it", self.convert(folder, adapter).stderr)
            got = arrays(self.tmp / "ad-f32.gguf")["blk.1.ffn_norm.weight"]
            self.assertTrue(np.array_equal(got, norm.numpy() + (name == "gemma")))

    def refuse(self, folder, adapter, *said):
        result = self.convert(folder, adapter, "bad.gguf", status=1) if folder else self.run_fmtconv(adapter, self.tmp / "bad.gguf", status=1)
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertFalse((self.tmp / "bad.gguf").exists())
        self.assert_clean(self.tmp)

    def changed(self, adapter, change, config=None):
        """A copy of an adapter with other tensors or fields."""
        tensors = load_file(adapter / "adapter_model.safetensors")
        change(tensors)
        copy = self.tmp / "changed"
        copy.mkdir(exist_ok=True)
        save_file({n: t.contiguous() for n, t in tensors.items()}, copy / "adapter_model.safetensors")
        fields = json.loads((adapter / "adapter_config.json").read_text()) | (config or {})
        (copy / "adapter_config.json").write_text(json.dumps(fields))
        return copy

    def test_bad_input(self):
        """What is wrong is named, with what to type, and nothing is written."""
        model = named("llama")
        folder = self.base(model)
        adapter = self.adapter(folder, model)
        q = "base_model.model.model.layers.0.self_attn.q_proj"
        self.refuse(None, adapter, "the configuration of the base model, which is not given", str(folder), "-t lora-gguf:base=FOLDER")
        (self.tmp / "empty").mkdir()
        self.refuse(self.tmp / "empty", adapter, "has no config.json", "-t lora-gguf:base=FOLDER")
        config = json.loads((folder / "config.json").read_text())
        for entries, said in (({"hidden_size": 128}, ["down_proj", "[64,96], not [128,96]"]), ({"num_key_value_heads": 1}, ["k_proj", "[32,64]"]),
                              ({"num_hidden_layers": 1}, ["blk.1.", "has 1 layers"]),
                              ({"architectures": ["GPT2LMHeadModel"]}, ["the rules of 'gpt2'", "do not take 14 of 14", "model.layers.0.self_attn.q_proj"]),
                              ({"architectures": ["UnknownForCausalLM"]}, ["no installed model file", "UnknownForCausalLM"]),
                              ({"architectures": None}, ["'architectures' is missing"])):
            with self.subTest(**entries):
                (self.tmp / "other").mkdir(exist_ok=True)
                (self.tmp / "other/config.json").write_text(json.dumps(config | entries))
                self.refuse(self.tmp / "other", adapter, *said)
        self.refuse(folder, self.changed(adapter, lambda t: t.pop(f"{q}.lora_B.weight")), f"{q}.lora_A.weight", "has no tensor 'lora_B.weight'")
        self.refuse(folder, self.changed(adapter, lambda t: t.update({f"{q}.lora_A.weight": torch.zeros(0, 64),
                                                                      f"{q}.lora_B.weight": torch.zeros(64, 0)})), q, "a rank of 1 or more")
        self.refuse(folder, self.changed(adapter, lambda t: t.update({f"{q}.lora_A.weight": torch.zeros(3, 64)})), q, "A has 3 rows")
        for name, why in ((f"{q}.lora_magnitude_vector", "magnitude of a DoRA"), ("base_model.model.lm_head.weight", "trained in full"),
                          (f"{q}.lora_B.bias", "it is a bias"), (f"{q}.bias", "it is a bias"), ("x.y", "not part of a LoRA")):
            with self.subTest(name):
                self.refuse(folder, self.changed(adapter, lambda t, n=name: t.update({n: torch.ones(64, 4)})), name, why, "lora-merge")
        unknown = "base_model.model.model.layers.0.self_attn.x_proj"
        self.refuse(folder, self.changed(adapter, lambda t: t.update({f"{unknown}.lora_A.weight": torch.ones(4, 64),
                                                                      f"{unknown}.lora_B.weight": torch.ones(64, 4)})), "x_proj", "do not take 1 of")
        self.refuse(folder, self.changed(adapter, lambda t: None, {"lora_alpha": 0}), "alpha is 0")
        self.refuse(folder, self.changed(adapter, lambda t: None, {"r": 5}), "rank 5")
        tied = self.base(named("qwen2"), tie_word_embeddings=True)
        self.refuse(tied, self.adapter(tied, named("qwen2"), target_modules=["lm_head", "q_proj"], name="tied"), "its embedding", "lora-merge")

    def test_base_weights(self):
        """Weights of the model that peft saves with an adapter of the embedding are left out, and compared before a merge."""
        model = named("llama")
        folder = self.base(model)
        adapter = self.adapter(folder, model, target_modules=["embed_tokens", "q_proj"])
        self.convert(folder, adapter)
        wanted = read(self.tmp / "ad-f32.gguf")[1]
        self.run_fmtconv("-f", "-t", f"lora-merge:file={adapter}", folder, self.tmp / "wanted.safetensors")
        name, own = "model.embed_tokens.{}weight", load_file(folder / "model.safetensors")
        with_base = self.changed(adapter, lambda t: t.update({f"base_model.model.{name.format('base_layer.')}": own[name.format("")]}))
        for more in ({}, {"modules_to_save": ["norm"]}):
            fields = json.loads((with_base / "adapter_config.json").read_text())
            (with_base / "adapter_config.json").write_text(json.dumps(fields | more))
            self.convert(folder, with_base)
            self.assertEqual(read(self.tmp / "ad-f32.gguf")[1], wanted)
            self.run_fmtconv("-f", "-t", f"lora-merge:file={with_base}", folder, self.tmp / "merged.safetensors")
            self.assert_same(load_file(self.tmp / "merged.safetensors"), load_file(self.tmp / "wanted.safetensors"))
        other = self.changed(adapter, lambda t: t.update({f"base_model.model.{name.format('base_layer.')}": own[name.format("")] + 1}))
        said = self.run_fmtconv("-f", "-t", f"lora-merge:file={other}", folder, self.tmp / "no.safetensors", status=1).stderr
        self.assertIn("embed_tokens.base_layer.weight' is not that of the model", said)
        self.assertFalse((self.tmp / "no.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
