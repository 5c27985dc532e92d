# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of Megatron's tensor- and pipeline-parallel ranks make the model that was divided, and nothing else is read.

The division is written here from Megatron-Core (tensor_parallel/layers.py, transformer/mlp.py, tools/checkpoint/saver_base.py):
chunks of rows or columns, halves of a gated layer each by itself, and layers numbered anew in each stage.  Where megatron-core is
installed, its own model is saved, too (megatronsave.py)."""
# Plugins: diffusers safetensors torch megatron

import argparse
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import torch
from safetensors.torch import load_file
from support import Case

H, FF, HEADS, KV, D, VOCAB, PADDED, LAYERS = 32, 48, 8, 4, 4, 120, 128, 8
ARGS = {"num_layers": LAYERS, "hidden_size": H, "ffn_hidden_size": FF, "num_attention_heads": HEADS, "group_query_attention": True, "num_query_groups": KV,
        "norm_epsilon": 1e-5, "rotary_base": 10000, "max_position_embeddings": 16, "vocab_size": VOCAB, "padded_vocab_size": PADDED,
        "params_dtype": torch.float32, "normalization": "RMSNorm", "expert_model_parallel_size": 1}


def llama(tied=False):
    """The whole model, with the names of the layers of Transformer Engine."""
    shapes = {"embedding.word_embeddings.weight": (PADDED, H)}
    for i in range(LAYERS):
        at = f"decoder.layers.{i}."
        shapes |= {at + "self_attention.linear_qkv.layer_norm_weight": (H,), at + "self_attention.linear_qkv.weight": ((HEADS + 2 * KV) * D, H),
                   at + "self_attention.linear_proj.weight": (H, HEADS * D), at + "mlp.linear_fc1.layer_norm_weight": (H,),
                   at + "mlp.linear_fc1.weight": (2 * FF, H), at + "mlp.linear_fc2.weight": (H, FF)}
    shapes |= {"decoder.final_layernorm.weight": (H,)} | ({} if tied else {"output_layer.weight": (PADDED, H)})
    return made(shapes)


def gpt():
    """The whole model: biases, learned positions, an embedding that is the output layer, too."""
    shapes = {"embedding.word_embeddings.weight": (PADDED, H), "embedding.position_embeddings.weight": (16, H)}
    for i in range(LAYERS):
        at = f"decoder.layers.{i}."
        for x in ("weight", "bias"):
            cut = (H,) if x == "weight" else ()
            shapes |= {at + f"self_attention.linear_qkv.layer_norm_{x}": (H,), at + f"self_attention.linear_qkv.{x}": (3 * H, *cut),
                       at + f"self_attention.linear_proj.{x}": (H, *cut), at + f"mlp.linear_fc1.layer_norm_{x}": (H,),
                       at + f"mlp.linear_fc1.{x}": (FF, *cut), at + f"mlp.linear_fc2.{x}": (H, FF) if cut else (H,)}
    return made(shapes | {f"decoder.final_layernorm.{x}": (H,) for x in ("weight", "bias")})


def made(shapes):
    generator = torch.Generator().manual_seed(3)
    return {n: torch.randn(s, generator=generator) for n, s in shapes.items()}


def share(name, whole, rank, ranks, gated):
    """What a tensor-parallel rank has of a parameter."""
    if gated and re.search(r"(linear_fc1|dense_h_to_4h)\.(weight|bias)$", name):
        return torch.cat([half.chunk(ranks)[rank] for half in whole.chunk(2)])
    if re.search(r"(linear_fc1|linear_qkv|dense_h_to_4h|query_key_value)\.(weight|bias)$|word_embeddings.*weight$|output_layer\.weight$", name):
        return whole.chunk(ranks)[rank]
    if re.search(r"(linear_fc2|linear_proj|dense_4h_to_h|attention\.dense)\.weight$", name):
        return whole.chunk(ranks, dim=1)[rank]
    return whole


def nested(state):
    """The dictionaries in each other that the models' state_dict_for_save_checkpoint made."""
    made = {}
    for name, value in state.items():
        depth = 2 if name.startswith("language_model.encoder") else 3 if "embedding." in name else 2 if name.startswith("language_model") else 1
        *path, last = name.split(".", depth)
        at = made
        for part in path:
            at = at.setdefault(part, {})
        at[last] = value
    return made


def stage_of(name, stage, stages, tied):
    """The name that a parameter has in a stage of the pipeline; None: it is in another."""
    layer = re.search(r"layers\.(\d+)\.", name)
    each, last = LAYERS // stages, stage == stages - 1
    if layer:
        number = int(layer[1]) - stage * each
        return name.replace(layer[0], f"layers.{number}.") if 0 <= number < each else None
    return name if (stage == 0 if "embedding" in name else last) else None


class Ranks(Case):
    def save(self, whole, tp, pp=1, vp=1, folder="run", args=(), gated=True, tied=False, names=lambda n: n, head="output_layer.weight", version=3.0):
        """Writes the folders of all ranks; stage v * pp + p of the pipeline is model v of rank p."""
        args = ARGS | {"tensor_model_parallel_size": tp, "pipeline_model_parallel_size": pp, "swiglu": gated,
                       "virtual_pipeline_model_parallel_size": vp if vp > 1 else None, "untie_embeddings_and_output_weights": not tied} | dict(args)
        run = self.tmp / folder
        for t in range(tp):
            for p in range(pp):
                models = []
                for v in range(vp):
                    stage, state = v * pp + p, {}
                    for name, tensor in whole.items():
                        own = stage_of(name, stage, pp * vp, tied)
                        if own:
                            state[names(own)] = share(name, tensor, t, tp, gated).clone()
                    if tied and pp * vp > 1 and stage == pp * vp - 1:
                        state[head] = share(head, whole["embedding.word_embeddings.weight"], t, tp, gated).clone()
                    models.append(state | {"decoder.layers.0.self_attention.linear_qkv._extra_state": io.BytesIO(b"")})
                at = run / "iter_0000005" / (f"mp_rank_{t:02d}" + (f"_{p:03d}" if pp > 1 else ""))
                at.mkdir(parents=True)
                torch.save({"args": argparse.Namespace(**args, rank=p * tp + t), "checkpoint_version": version, "iteration": 5,
                            "optimizer": {"state": {0: {"exp_avg": torch.ones(9)}}, "param_groups": [{"lr": 0.1}]}, "rng_state": [{"cuda": torch.ones(3)}]}
                           | ({"model": models[0]} if vp == 1 else {f"model{v}": m for v, m in enumerate(models)}), at / "model_optim_rng.pt")
        (run / "latest_checkpointed_iteration.txt").write_text("5")
        return run

    def convert(self, source, wanted, *options):
        out = self.tmp / "out.safetensors"
        result = self.run_fmtconv("-f", "--verify", "-t", "none", *options, source, out)
        self.assert_same(load_file(out), wanted)
        return result.stdout + result.stderr

    def refuse(self, source, *says, options=()):
        out = self.tmp / "none.safetensors"
        result = self.run_fmtconv("-t", "none", *options, source, out, status=1)
        for text in says:
            self.assertIn(text, result.stderr)
        self.assertFalse(out.exists())

    def change(self, run, rank, edit):
        """Saves the file of a rank anew after a change."""
        path = run / "iter_0000005" / rank / "model_optim_rng.pt"
        state = torch.load(path, weights_only=False)
        edit(state)
        torch.save(state, path)

    def test_meshes(self):
        for tp, pp, vp in (1, 1, 1), (2, 1, 1), (4, 1, 1), (1, 2, 1), (2, 2, 1), (4, 4, 1), (1, 2, 2), (2, 2, 2), (2, 2, 4):
            for gated, tied in ((True, False), (True, True), (False, True)):
                with self.subTest(tp=tp, pp=pp, vp=vp, gated=gated, tied=tied):
                    whole = llama(tied) if gated else gpt()
                    run = self.save(whole, tp, pp, vp, f"{tp}{pp}{vp}{gated}{tied}", gated=gated, tied=tied)
                    self.convert(run, whole)
        said = self.convert(run / "iter_0000005", whole)
        self.assertIn("reading tensor-parallel ranks: 2, stages of the pipeline: 8", said)
        self.convert(run / "iter_0000005" / "mp_rank_01_001", whole)
        self.convert(run, whole, "-r", "megatron:iteration=5")

    @unittest.skipUnless(os.environ.get("FMTCONV_LONG") and importlib.util.find_spec("megatron"), "needs megatron-core and processes: FMTCONV_LONG=1")
    def test_models_of_megatron(self):
        """GPTModel of megatron-core: the whole of each parameter by the offsets that it gives."""
        for case in ("2 2 1 1 0", "2 2 1 0 1", "2 2 2 1 0", "4 1 1 1 1"):
            run = self.tmp / case.replace(" ", "_")
            subprocess.run([sys.executable, "-W", "ignore", Path(__file__).with_name("megatronsave.py"), *case.split(), run], check=True, capture_output=True)
            wholes = [torch.load(path) for path in run.glob("whole_*.pt")]
            wanted = {}
            for name, tensor in {n: t for whole in wholes for n, t in whole.items()}.items():
                stacked = name.startswith("decoder.layers.")
                wanted |= {name.replace("layers.", f"layers.{i}.", 1): t for i, t in enumerate(tensor)} if stacked else {name: tensor}
            with self.subTest(case):
                self.convert(run, wanted)

    def test_llama_of_transformers(self):
        """The rules of the model go on from there, and the padding is cut."""
        run = self.save(llama(), 2, 2)
        said = self.run_fmtconv(run, f"{self.tmp}/m/").stderr
        self.assertIn("-t megatron-llama ", said)
        self.assertIn("left out 8 rows of padding", said)
        got, whole = load_file(self.tmp / "m/model.safetensors"), llama()
        self.assertTrue(torch.equal(got["model.embed_tokens.weight"], whole["embedding.word_embeddings.weight"][:VOCAB]))
        self.assertTrue(torch.equal(got["model.layers.5.mlp.up_proj.weight"], whole["decoder.layers.5.mlp.linear_fc1.weight"][FF:]))
        queries = whole["decoder.layers.3.self_attention.linear_qkv.weight"].reshape(KV, HEADS // KV + 2, D, H)[:, :HEADS // KV].reshape(HEADS * D, H)
        self.assertTrue(torch.equal(got["model.layers.3.self_attn.q_proj.weight"], queries))

    def test_layers_of_torch(self):
        """The layers without Transformer Engine, whose norms have other names; dist_checkpointing names them as this one does."""
        whole = llama()
        names = {"self_attention.linear_qkv.layer_norm_": "input_layernorm.", "mlp.linear_fc1.layer_norm_": "pre_mlp_layernorm."}

        def local(name):
            for own, other in names.items():
                name = name.replace(own, other)
            return "module." + name

        self.convert(self.save(whole, 2, 2, names=local), whole)

    def test_one_rank_of_any_model(self):
        """Without tensor parallelism all parameters are whole, whatever their names."""
        whole = llama() | made({f"decoder.layers.{i}.self_attention.linear_kv_down_proj.weight": (3, H) for i in range(LAYERS)})
        self.convert(self.save(whole, 1, 2, folder="one"), whole)
        self.refuse(self.save(whole, 2, 2), "linear_kv_down_proj", "unknown")

    def test_states_that_are_not_weights(self):
        """Transformer Engine's states can be tensors, too; they are left out, and listed."""
        run = self.save(llama(), 2, 2)
        name = "decoder.layers.1.self_attention.linear_proj._extra_state"
        for rank in ("mp_rank_00_001", "mp_rank_01_001"):
            self.change(run, rank, lambda s: s["model"].update({name: torch.zeros(3, dtype=torch.uint8)}))
        said = self.convert(run, llama(), "-v")
        self.assertIn(f"tp.1.{name.replace('1', '5', 1)}", said)
        self.assertIn("the state of Transformer Engine", said)

    def test_earlier_names(self):
        """Names and dictionaries of Megatron-LM before Core, by megatron/legacy/model/language_model.py."""
        for (gated, norm), version in ((True, "norm"), 3.0), ((False, "layernorm"), 2.0):
            whole = llama() if gated else gpt()
            names = {"decoder.": "language_model.encoder.", "^embedding": "language_model.embedding", "^output_layer": "language_model.output_layer",
                     "linear_qkv.layer_norm_": f"input_{norm}.", "self_attention.input": "input", "linear_qkv": "query_key_value", "linear_proj": "dense",
                     "mlp.linear_fc1.layer_norm_": f"post_attention_{norm}.", "linear_fc1": "dense_h_to_4h", "linear_fc2": "dense_4h_to_h", "final_layernorm": f"final_{norm}"}

            def early(name):
                for own, other in names.items():
                    name = re.sub(own, other, name)
                return name

            run = self.save(whole, 2, 2, folder=norm, gated=gated, tied=not gated, names=early, head="word_embeddings_for_head.weight", version=version)
            for rank in (f"mp_rank_{t:02d}_{p:03d}" for t in range(2) for p in range(2)):
                self.change(run, rank, lambda s: s.update(model=nested(s["model"])))
            self.convert(run, whole)
        self.refuse(self.save(whole, 2, 2, gated=False, tied=True, version=1.0), "checkpoint_version is 1:", "save it again")

    def test_experts(self):
        """Experts that all ranks share; the router is a copy."""
        shapes = {n: tuple(t.shape) for n, t in llama().items() if "mlp.linear_fc" not in n}
        for i in range(LAYERS):
            at = f"decoder.layers.{i}."
            shapes |= {at + "pre_mlp_layernorm.weight": (H,), at + "mlp.router.weight": (3, H)}
            for e in range(3):
                shapes |= {f"{at}mlp.experts.local_experts.{e}.linear_fc1.weight": (2 * FF, H), f"{at}mlp.experts.local_experts.{e}.linear_fc2.weight": (H, FF)}
        whole = made(shapes)
        moe = {"num_experts": 3, "moe_router_topk": 2}
        run = self.save(whole, 2, 2, args=moe)
        self.convert(run, whole)
        self.assertIn("-t megatron-mixtral ", self.run_fmtconv(run, f"{self.tmp}/m/").stderr)
        self.refuse(self.save(whole, 2, 2, folder="e", args=moe | {"expert_model_parallel_size": 2}), "expert_model_parallel_size", "not supported")
        self.refuse(self.save(whole, 2, 2, folder="t", args=moe | {"expert_tensor_parallel_size": 1}), "expert_tensor_parallel_size", "not supported")

    def test_shares(self):
        run = self.save(llama(), 2, 2)
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("-r", "megatron:join=no", "-t", "none", run, out)
        got, name = load_file(out), "decoder.layers.7.mlp.linear_fc2.weight"
        self.assertTrue(torch.equal(torch.cat([got[f"tp.0.{name}"], got[f"tp.1.{name}"]], dim=1), llama()[name]))

    def test_missing_and_extra_ranks(self):
        run = self.save(llama(), 2, 2)
        shutil.copytree(run / "iter_0000005/mp_rank_01_001", run / "iter_0000005/mp_rank_01_002")
        self.refuse(run, "say 2 tensor-parallel and 2 pipeline-parallel ranks", "2 and 3", "remove the folders")
        shutil.rmtree(run / "iter_0000005/mp_rank_01_002")
        shutil.rmtree(run / "iter_0000005/mp_rank_01_001")
        self.refuse(run, "mp_rank_01_001", "1 of 4 ranks are missing")
        shutil.rmtree(run / "iter_0000005/mp_rank_01_000")
        self.refuse(run, "mp_rank_01_000", "mp_rank_01_001", "2 of 4 ranks are missing")
        (run / "iter_0000005/mp_rank_00_001/model_optim_rng.pt").unlink()
        shutil.copytree(run / "iter_0000005/mp_rank_00_000", run / "iter_0000005/mp_rank_01_000")
        shutil.copytree(run / "iter_0000005/mp_rank_00_000", run / "iter_0000005/mp_rank_01_001")
        self.refuse(run, "no model_optim_rng.pt in ", "mp_rank_00_001")
        (run / "iter_0000005/mp_rank_00").mkdir()
        self.refuse(run, "ranks of two checkpoints")
        (run / "latest_checkpointed_iteration.txt").write_text("6")
        self.refuse(run, "no iteration '6'", "iter_0000005", "iteration=N")
        self.refuse(run, "no iteration '7'", options=["-r", "megatron:iteration=7"])

    def test_mixed_runs(self):
        whole = llama()
        for edit, says in ((lambda s: s.update(iteration=6), ("iteration 5", "says 6")), (lambda s: setattr(s["args"], "num_layers", 9), ("num_layers",)),
                           (lambda s: s.pop("args"), ("tensor_model_parallel_size", "nothing"))):
            run = self.save(whole, 2, 2)
            self.change(run, "mp_rank_01_001", edit)
            self.refuse(run, *says, "mp_rank_00_000", "mp_rank_01_001", "several saves")
            shutil.rmtree(run)

    def test_differing_copies(self):
        run = self.save(llama(True), 2, 2, tied=True)
        norm = "decoder.layers.1.mlp.linear_fc1.layer_norm_weight"
        self.change(run, "mp_rank_01_001", lambda s: s["model"][norm].mul_(2))
        self.refuse(run, norm.replace("1", "5", 1), "mp_rank_01_001", "differ")
        self.change(run, "mp_rank_01_001", lambda s: (s["model"][norm].div_(2), s["model"]["output_layer.weight"].mul_(2)))
        self.refuse(run, "embedding.word_embeddings.weight", "mp_rank_01_001")

    def test_other_contents(self):
        whole, proj = llama(), "decoder.layers.1.self_attention.linear_proj.weight"

        def resized(state):
            state["model"][proj] = state["model"][proj][:, :3].clone()

        def gone(state):
            del state["model"][proj]

        def unknown(state):
            state["model"]["decoder.layers.1.self_attention.linear_new.weight"] = torch.ones(3)

        def short(state):
            for name in [n for n in state["model"] if "layers.3." in n]:
                del state["model"][name]

        for edit, ranks, says in ((resized, ["01_001"], (proj.replace("1", "5", 1), "cannot be fused")), (gone, ["01_001"], (f"tp.1.{proj.replace('1', '5', 1)}", "missing")),
                                  (unknown, ["00_001", "01_001"], ("linear_new", "unknown")), (short, ["00_000", "01_000"], ("do not have 8 layers", "7")),
                                  (lambda s: s.pop("args"), ["00_000"], ("no 'args'", "-r torch")), (lambda s: s.pop("model"), ["00_000"], ("neither 'model' nor 'model0'",)),
                                  (lambda s: delattr(s["args"], "num_layers"), ["00_000", "00_001", "01_000", "01_001"], ("no num_layers",)),
                                  (lambda s: setattr(s["args"], "tensor_model_parallel_size", -1), ["00_000"], ("no valid number of ranks",)),
                                  (lambda s: setattr(s["args"], "virtual_pipeline_model_parallel_size", 2), ["00_000"], ("2 stages of each pipeline rank",))):
            with self.subTest(says):
                run = self.save(whole, 2, 2)
                for rank in ranks:
                    self.change(run, f"mp_rank_{rank}", edit)
                self.refuse(run, *says)
                shutil.rmtree(run)


if __name__ == "__main__":
    unittest.main()
