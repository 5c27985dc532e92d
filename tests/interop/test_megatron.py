# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of Megatron-Core and folders of transformers: the same weights in both layouts, in both directions.

The layout of Megatron is written here from its own tools (NVIDIA/Megatron-LM, tools/checkpoint/loader_mixtral_hf.py and
schema_core.py); transformers opens what is made of it, and has the weights of its own model."""
# Plugins: diffusers safetensors torch

import argparse
import io
import unittest

import torch
import transformers
from safetensors.torch import load_file, save_file
from support import Case

transformers.logging.set_verbosity(transformers.logging.ERROR)
transformers.logging.disable_progress_bar()
H, FF, HEADS, KV, D, VOCAB, PADDED, LAYERS = 64, 96, 8, 2, 16, 120, 128, 2
COMMON = {"hidden_size": H, "intermediate_size": FF, "num_attention_heads": HEADS, "num_key_value_heads": KV, "head_dim": D, "vocab_size": VOCAB,
          "num_hidden_layers": LAYERS, "tie_word_embeddings": False}
ARGS = {"num_attention_heads": HEADS, "group_query_attention": True, "num_query_groups": KV, "norm_epsilon": 1e-5, "rotary_base": 10000,
        "max_position_embeddings": 512, "vocab_size": VOCAB, "padded_vocab_size": PADDED, "params_dtype": torch.bfloat16}


def random(shapes):
    generator = torch.Generator().manual_seed(7)
    return {n: torch.randn(s, generator=generator).to(torch.bfloat16) for n, s in shapes.items()}


def padded(table):
    """The rows that Megatron's tools add are copies of the last."""
    return torch.cat([table, table[-1:].expand(PADDED - len(table), -1)])


def fused(q, k, v, groups):
    """Queries, key and value of each group, in rows."""
    return torch.cat([x.reshape(groups, -1, *q.shape[1:]) for x in (q, k, v)], dim=1).reshape(-1, *q.shape[1:])


def blocks(w, made):
    """What Llama and Mixtral share."""
    made |= {"embedding.word_embeddings.weight": padded(w["model.embed_tokens.weight"]), "output_layer.weight": padded(w["lm_head.weight"]),
             "decoder.final_layernorm.weight": w["model.norm.weight"]}
    for i in range(LAYERS):
        at, to = f"model.layers.{i}.", f"decoder.layers.{i}."
        made[to + "self_attention.linear_qkv.layer_norm_weight"] = w[at + "input_layernorm.weight"]
        for x in ("weight", "bias"):
            if f"{at}self_attn.q_proj.{x}" in w:
                made[f"{to}self_attention.linear_qkv.{x}"] = fused(*(w[f"{at}self_attn.{p}_proj.{x}"] for p in "qkv"), KV)
        made[to + "self_attention.linear_proj.weight"] = w[at + "self_attn.o_proj.weight"]
    return made


def llama(w):
    made = blocks(w, {})
    for i in range(LAYERS):
        at, to = f"model.layers.{i}.", f"decoder.layers.{i}.mlp.linear_fc"
        made |= {to + "1.layer_norm_weight": w[at + "post_attention_layernorm.weight"], to + "2.weight": w[at + "mlp.down_proj.weight"],
                 to + "1.weight": torch.cat([w[at + "mlp.gate_proj.weight"], w[at + "mlp.up_proj.weight"]])}
    return made


def mixtral(w):
    made = blocks(w, {})
    for i in range(LAYERS):
        at, to = f"model.layers.{i}.", f"decoder.layers.{i}."
        made |= {to + "pre_mlp_layernorm.weight": w[at + "post_attention_layernorm.weight"],
                 to + "mlp.router.weight": w[at + "block_sparse_moe.gate.weight"]}
        for e in range(3):
            own, expert = f"{at}block_sparse_moe.experts.{e}.", f"{to}mlp.experts.local_experts.{e}.linear_fc"
            made |= {expert + "1.weight": torch.cat([w[own + "w1.weight"], w[own + "w3.weight"]]), expert + "2.weight": w[own + "w2.weight"]}
    return made


def gpt(w):
    made = {"embedding.word_embeddings.weight": padded(w["transformer.wte.weight"]), "embedding.position_embeddings.weight": w["transformer.wpe.weight"]}
    names = {"ln_1": "self_attention.linear_qkv.layer_norm_", "attn.c_proj": "self_attention.linear_proj.", "ln_2": "mlp.linear_fc1.layer_norm_",
             "mlp.c_fc": "mlp.linear_fc1.", "mlp.c_proj": "mlp.linear_fc2."}
    for x in ("weight", "bias"):
        made[f"decoder.final_layernorm.{x}"] = w[f"transformer.ln_f.{x}"]
        for i in range(LAYERS):
            at, to = f"transformer.h.{i}.", f"decoder.layers.{i}."
            made |= {to + n + x: w[f"{at}{own}.{x}"].T if own.split(".")[-1][:2] == "c_" and x == "weight" else w[f"{at}{own}.{x}"]
                     for own, n in names.items()}
            made[f"{to}self_attention.linear_qkv.{x}"] = fused(*w[f"{at}attn.c_attn.{x}"].T.chunk(3), HEADS)
    return made


def experts(shapes):
    """The names of published files of Mixtral, where transformers joins experts when it loads them."""
    found = {n: s for n, s in shapes.items() if ".mlp." not in n}
    for i in range(LAYERS):
        at = f"model.layers.{i}.block_sparse_moe."
        found[at + "gate.weight"] = (3, H)
        found |= {f"{at}experts.{e}.{w}.weight": (H, FF) if w == "w2" else (FF, H) for e in range(3) for w in ("w1", "w2", "w3")}
    return found


MODELS = [("megatron-llama", "LlamaForCausalLM", transformers.LlamaConfig(**COMMON), llama, ARGS),
          ("megatron-mixtral", "MixtralForCausalLM", transformers.MixtralConfig(**COMMON, num_local_experts=3), mixtral,
           ARGS | {"num_experts": 3, "moe_router_topk": 2}),
          ("megatron-gpt", "GPT2LMHeadModel", transformers.GPT2Config(n_embd=H, n_head=HEADS, n_layer=LAYERS, n_positions=32, n_inner=FF, vocab_size=VOCAB),
           gpt, {k: v for k, v in ARGS.items() if k != "group_query_attention"})]


class Megatron(Case):
    def weights(self, cls, config):
        with torch.device("meta"):
            shapes = {n: tuple(t.shape) for n, t in getattr(transformers, cls)(config).state_dict().items()}
        if config.model_type == "gpt2":
            shapes.pop("lm_head.weight")  # tied
        return random(experts(shapes) if config.model_type == "mixtral" else shapes)

    def put(self, made, args):
        path = self.tmp / "model_optim_rng.pt"
        state = dict(made) | {"decoder.layers.0.self_attention.linear_qkv._extra_state": io.BytesIO(b"")}
        torch.save({"args": argparse.Namespace(**args), "checkpoint_version": 3.0, "iteration": 5, "model": state}, path)
        return path

    def test_both_ways(self):
        for name, cls, config, layout, args in MODELS:
            with self.subTest(name):
                weights = self.weights(cls, config)
                made = layout(weights)
                said = self.run_fmtconv("-f", self.put(made, args), f"{self.tmp}/{name}/").stderr
                self.assertIn(f"-t {name} ", said)
                self.assertIn("left out 8 rows of padding", said)
                self.assert_same(load_file(self.tmp / name / "model.safetensors"), weights)
                _, info = getattr(transformers, cls).from_pretrained(self.tmp / name, output_loading_info=True, dtype=torch.bfloat16)
                self.assertEqual({k: v for k, v in info.items() if v and k != "missing_keys"}, {})
                self.assertLessEqual(set(info["missing_keys"]), {"lm_head.weight"} if layout is gpt else set())
                self.run_fmtconv("-f", "-t", f"{name}:reverse", self.tmp / name, self.tmp / "back.safetensors")
                unpadded = {n: t[:VOCAB] if len(t) == PADDED and ("word_emb" in n or "output" in n) else t for n, t in made.items()}
                self.assert_same(load_file(self.tmp / "back.safetensors"), unpadded)

    def test_configuration_of_the_folder(self):
        weights = self.weights("LlamaForCausalLM", MODELS[0][2])
        self.run_fmtconv("-f", self.put(llama(weights), ARGS), f"{self.tmp}/m/")
        config = transformers.AutoConfig.from_pretrained(self.tmp / "m")
        self.assertEqual({k: getattr(config, k) for k in COMMON}, COMMON)
        self.assertEqual((config.rms_norm_eps, config.max_position_embeddings), (1e-5, 512))

    def test_activation_of_the_arguments(self):
        weights = self.weights("GPT2LMHeadModel", MODELS[2][2])
        for said, wanted in ({"bias_gelu_fusion": True}, "gelu_fast"), ({"bias_gelu_fusion": False}, "gelu"), \
                ({"bias_gelu_fusion": False, "openai_gelu": True}, "gelu_new"):
            self.run_fmtconv("-f", self.put(gpt(weights), MODELS[2][4] | said), f"{self.tmp}/m/")
            self.assertEqual(transformers.AutoConfig.from_pretrained(self.tmp / "m").activation_function, wanted)
        self.run_fmtconv("-f", "-t", "megatron-gpt:reverse", self.tmp / "m", self.tmp / "back.safetensors")

    def test_arguments_that_transformers_lacks_are_refused(self):
        weights = [llama(self.weights("LlamaForCausalLM", MODELS[0][2])), gpt(self.weights("GPT2LMHeadModel", MODELS[2][2]))]
        refused = [(0, {"rotary_interleaved": True}), (0, {"rotary_percent": 0.5}), (0, {"use_rope_scaling": True}), (0, {"apply_layernorm_1p": True}),
                   (0, {"normalization": "LayerNorm"}), (0, {"position_embedding_type": "none"}), (0, {"rotary_seq_len_interpolation_factor": 2}),
                   (1, {"apply_layernorm_1p": True}), (1, {"squared_relu": True})]
        for which, said in refused:
            with self.subTest(said):
                path = self.put(weights[which], MODELS[2 * which][4] | said)
                self.assertIn(next(iter(said)), self.run_fmtconv("-f", path, f"{self.tmp}/m/", status=1).stderr)
                self.assertFalse((self.tmp / "m").exists())
        usual = {"rotary_interleaved": False, "rotary_percent": 1.0, "use_rope_scaling": False, "apply_layernorm_1p": False, "normalization": "RMSNorm",
                 "position_embedding_type": "rope", "rotary_seq_len_interpolation_factor": None}
        self.run_fmtconv("-f", self.put(weights[0], ARGS | usual), f"{self.tmp}/m/")

    def test_a_size_that_is_not_one_is_refused(self):
        made = llama(self.weights("LlamaForCausalLM", MODELS[0][2]))
        said = self.run_fmtconv("-f", "-t", "megatron-llama", self.put(made, ARGS | {"vocab_size": 0}), f"{self.tmp}/m/", status=1).stderr
        self.assertIn("the size 'vocab' is not a number above 0", said)

    def test_heads_are_not_guessed(self):
        made = {n: t.contiguous() for n, t in llama(self.weights("LlamaForCausalLM", MODELS[0][2])).items()}
        save_file(made, self.tmp / "in.safetensors")
        said = self.run_fmtconv("-f", "-t", "megatron-llama", self.tmp / "in.safetensors", f"{self.tmp}/m/", status=1).stderr
        self.assertIn("num_attention_heads", said)
        self.assertIn("let.", said)
        self.assertFalse((self.tmp / "m").exists())
        rest = ",let.eps=1.0e-5,let.theta=10000.0,let.positions=512,let.vocab=120"
        said = self.run_fmtconv("-f", "-t", f"megatron-llama:let.heads=8,let.kv=4{rest}", self.tmp / "in.safetensors", f"{self.tmp}/m/", status=1).stderr
        self.assertIn("linear_", said)  # another number of groups does not fit the shapes
        self.run_fmtconv("-f", "-t", f"megatron-llama:let.heads=8,let.kv=2{rest}", self.tmp / "in.safetensors", f"{self.tmp}/m/")


if __name__ == "__main__":
    unittest.main()
