# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of Megatron's tensor- and pipeline-parallel ranks make the model that was divided, and nothing else is read.

The division is written here from Megatron-Core (tensor_parallel/layers.py, transformer/mlp.py, tools/checkpoint/saver_base.py):
chunks of rows or columns, halves of a gated layer each by itself, and layers numbered anew in each stage.  The models of
megatron-core itself are in test_megatron_models.py."""
# Plugins: diffusers safetensors torch megatron

import argparse
import io
import re
import shutil
import unittest

import torch
from safetensors.torch import load_file
from support import Case

H, FF, HEADS, KV, D, VOCAB, PADDED, LAYERS = 32, 48, 8, 4, 4, 120, 128, 8
ARGS = {"num_layers": LAYERS, "hidden_size": H, "ffn_hidden_size": FF, "num_attention_heads": HEADS, "group_query_attention": True, "num_query_groups": KV,
        "norm_epsilon": 1e-5, "rotary_base": 10000, "max_position_embeddings": 16, "vocab_size": VOCAB, "padded_vocab_size": PADDED,
        "params_dtype": torch.float32, "normalization": "RMSNorm", "expert_model_parallel_size": 1}


ARGS_MOE = {"num_experts": 4, "moe_router_topk": 2}


def expert_of(name):
    number = re.search(r"local_experts\.(\d+)\.", name)
    return int(number[1]) if number else None


def mixture(gated=True):
    """A model with experts, one that all tokens use, and their router."""
    shapes = {n: tuple(t.shape) for n, t in llama().items() if "mlp.linear_fc" not in n}
    for i in range(LAYERS):
        at, rows = f"decoder.layers.{i}.", (1 + gated) * FF
        shapes |= {at + "pre_mlp_layernorm.weight": (H,), at + "mlp.router.weight": (4, H), at + "mlp.shared_experts.linear_fc1.weight": (rows, H),
                   at + "mlp.shared_experts.linear_fc2.weight": (H, FF), at + "mlp.shared_experts.gate_weight": (1, H)}
        for e in range(4):
            expert = f"{at}mlp.experts.local_experts.{e}.linear_fc"
            shapes |= {expert + "1.weight": (rows, H), expert + "2.weight": (H, FF)}
            shapes |= {} if gated else {expert + "1.bias": (rows,), expert + "2.bias": (H,)}
    return made(shapes)


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


def before(rows, version, heads):
    """The order of query_key_value before checkpoint_version 2, of which fix_query_key_value_ordering makes that of today."""
    parts = rows.reshape(heads, 3, -1, *rows.shape[1:])
    return (parts.transpose(0, 1) if version == 0 else parts.transpose(1, 2)).reshape(rows.shape)


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
    def save(self, whole, tp, pp=1, vp=1, folder="run", args=(), gated=True, tied=False, names=lambda n: n, head="output_layer.weight", version=3.0, ep=1, etp=None, experts=lambda state: state, rows=None):
        """Writes the folders of all ranks; stage v * pp + p of the pipeline is model v of rank p.  Process n of a stage is tensor-parallel rank n % tp, and with
        experts rank n % etp of expert rank n // etp; those with all experts before any is repeated write (RankGenerator of megatron-core, save_checkpoint)."""
        args = ARGS | {"tensor_model_parallel_size": tp, "pipeline_model_parallel_size": pp, "swiglu": gated,
                       "virtual_pipeline_model_parallel_size": vp if vp > 1 else None, "untie_embeddings_and_output_weights": not tied} | dict(args)
        run = self.tmp / folder
        within = etp or tp
        args |= {"expert_model_parallel_size": ep, "expert_tensor_parallel_size": etp} if ep > 1 or etp else {}
        for n in range(within * ep):
            t, e, local = n % tp, n // within, ARGS_MOE["num_experts"] // ep
            for p in range(pp):
                models = []
                for v in range(vp):
                    stage, state = v * pp + p, {}
                    for name, tensor in whole.items():
                        own = stage_of(name, stage, pp * vp, tied)
                        of = expert_of(name)
                        if own and of is None:
                            state[names(own)] = (tensor.chunk(tp)[t] if rows and re.search(rows, name) else share(name, tensor, t, tp, gated)).clone()
                        elif own and of // local == e:
                            own = own.replace(f"local_experts.{of}.", f"local_experts.{of % local}.")
                            state[names(own)] = share(name, tensor, n % within, within, gated).clone()
                    if tied and pp * vp > 1 and stage == pp * vp - 1:
                        state[head] = share(head, whole["embedding.word_embeddings.weight"], t, tp, gated).clone()
                    models.append(experts(state) | {"decoder.layers.0.self_attention.linear_qkv._extra_state": io.BytesIO(b"")})
                at = run / "iter_0000005" / (f"mp_rank_{t:02d}" + (f"_{p:03d}" if pp > 1 else "") + (f"_{e:03d}" if ep > 1 else ""))
                at.mkdir(parents=True, exist_ok=True)
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
        whole = llama() | made({f"decoder.layers.{i}.self_attention.linear_new.weight": (3, H) for i in range(LAYERS)})
        self.convert(self.save(whole, 1, 2, folder="one"), whole)
        self.refuse(self.save(whole, 2, 2), "linear_new", "unknown")

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
        self.refuse(self.save(whole, 2, 2, gated=False, tied=True, version=1.5), "checkpoint_version is 1.5", "save it again")

    def test_orders_before_version_2(self):
        """Rows of query_key_value as versions 0 and 1 had them, by the inverse of Megatron-LM's fix_query_key_value_ordering; the first names of layers."""
        whole = gpt()
        names = {"decoder.": "language_model.transformer.", "^embedding": "language_model.embedding", "linear_qkv.layer_norm_": "input_layernorm.",
                 "self_attention.input": "input", "linear_qkv": "query_key_value", "linear_proj": "dense", "self_attention": "attention",
                 "mlp.linear_fc1.layer_norm_": "post_attention_layernorm.", "linear_fc1": "dense_h_to_4h", "linear_fc2": "dense_4h_to_h"}

        def early(name):
            for own, other in names.items():
                name = re.sub(own, other, name)
            return name

        for version, (tp, pp), encoder in (0, (1, 1), False), (0, (2, 1), False), (0, (4, 2), True), (1.0, (2, 1), False), (1.0, (2, 2), True), (None, (2, 1), False):
            with self.subTest(version=version, tp=tp, pp=pp):
                run = self.save(whole, tp, pp, folder=f"{version}{tp}{pp}", gated=False, tied=True, head="word_embeddings_for_head.weight",
                                names=lambda n: early(n).replace("transformer", "encoder").replace(".attention", ".self_attention") if encoder else early(n), version=version)

                def older(state):
                    for name, rows in state["model"].items():
                        if "query_key_value" in name:
                            state["model"][name] = before(rows, version or 0, HEADS // tp)
                    if version is None:
                        state.pop("checkpoint_version")
                    if not version and pp == 1:
                        state["args"].model_parallel_size = state["args"].__dict__.pop("tensor_model_parallel_size")

                for path in run.rglob("mp_rank*"):
                    self.change(run, path.name, older)
                self.convert(run, whole)

    def test_experts(self):
        """Experts that all ranks share; the router is a copy."""
        whole = {n: t for n, t in mixture().items() if "shared" not in n}
        run = self.save(whole, 2, 2, args=ARGS_MOE)
        self.convert(run, whole)
        self.assertIn("-t megatron-mixtral ", self.run_fmtconv(run, f"{self.tmp}/m/").stderr)

    @staticmethod
    def grouped(state):
        """The names of TEGroupedMLP."""
        return {re.sub(r"local_experts\.(\d+)\.(linear_fc.\.\w+)$", r"\2\1", n): t for n, t in state.items()}

    @staticmethod
    def joint(state):
        """The matrices of GroupedMLP: those of all experts with inputs as rows, under another shape."""
        made = {n: t for n, t in state.items() if "local_experts" not in n}
        for name in [n for n in state if ".local_experts.0." in n]:
            stacked = torch.stack([state[n].T for e in range(4) if (n := name.replace("experts.0.", f"experts.{e}.")) in state])
            first = "linear_fc1" in name
            made[name.split("local_experts")[0] + ("weight1" if first else "weight2")] = stacked.reshape((H, -1) if first else (-1, H))
        return made

    def test_expert_ranks(self):
        """Experts numbered from 0 in each rank, in the three ways that megatron-core stores them; everything else is a copy."""
        whole = mixture()
        for tp, pp, ep, etp, experts in ((1, 1, 2, None, self.joint), (2, 1, 2, None, self.joint), (2, 2, 2, None, self.grouped), (1, 2, 4, None, lambda s: s), (2, 1, 4, 1, lambda s: s),
                                         (4, 1, 2, 2, self.joint), (4, 2, 4, 1, self.grouped), (2, 1, 2, 2, lambda s: s)):
            with self.subTest(tp=tp, pp=pp, ep=ep, etp=etp):
                run = self.save(whole, tp, pp, args=ARGS_MOE, ep=ep, etp=etp, experts=experts)
                self.assertIn(f"expert-parallel: {ep}", self.convert(run, whole))
                shutil.rmtree(run)
        whole = mixture(False)
        self.convert(self.save(whole, 2, 2, folder="ungated", args=ARGS_MOE, ep=2, etp=1, gated=False, experts=self.grouped), whole)

    def test_expert_ranks_that_do_not_fit(self):
        whole = mixture()

        def without(folder):
            shutil.rmtree(run / "iter_0000005" / folder)

        run = self.save(whole, 2, 2, args=ARGS_MOE, ep=2)
        without("mp_rank_01_001_001")
        self.refuse(run, "mp_rank_01_001_001", "1 of 8 ranks are missing")
        shutil.rmtree(run)
        run = self.save(whole, 4, args=ARGS_MOE, ep=4, etp=1)
        without("mp_rank_02_002")
        self.refuse(run, "mp_rank_02_002", "1 of 4 ranks are missing")
        shutil.rmtree(run)
        for tp, ep, etp in (4, 2, 1), (1, 2, 2), (3, 1, 2):
            run = self.save({n: t for n, t in whole.items() if "embedding" in n}, tp, args=ARGS_MOE, ep=ep, etp=etp)
            self.refuse(run, "do not hold all shares", f"expert_tensor_parallel_size of {etp}")
            shutil.rmtree(run)
        run = self.save(whole, 2, 1, args=ARGS_MOE | {"num_experts": 3}, ep=2)
        self.refuse(run, "3 experts, which cannot be divided over 2 ranks")
        shutil.rmtree(run)
        own = "decoder.layers.1.mlp.experts.local_experts.1.linear_fc1.weight"
        for edit, says in ((lambda s: s["model"].update({own.replace("experts.1", "experts.2"): s["model"][own]}), ("expert 2", "2 of each rank")),
                           (lambda s: s["model"].pop(own), (own.replace("experts.1", "experts.3"), "missing")),
                           (lambda s: s["model"]["decoder.layers.1.mlp.router.weight"].mul_(2), ("decoder.layers.1.mlp.router.weight", "differ")),
                           (lambda s: setattr(s["args"], "expert_model_parallel_size", 4), ("expert_model_parallel_size 2", "says 4"))):
            run = self.save(whole, 2, args=ARGS_MOE, ep=2)
            self.change(run, "mp_rank_01_001", edit)
            self.refuse(run, *says)
            shutil.rmtree(run)
        run = self.save(whole, 2, args=ARGS_MOE, ep=2, experts=self.joint)
        self.change(run, "mp_rank_01_001", lambda s: s["model"].update({"decoder.layers.1.mlp.experts.weight1": torch.ones(H, 3)}))
        self.refuse(run, "decoder.layers.1.mlp.experts.weight1", "not a matrix of 2 experts")
        shutil.rmtree(run)
        run = self.save(whole, 2, args=ARGS_MOE, ep=2)
        for path in sorted((run / "iter_0000005").iterdir()):
            path.rename(path.with_name(path.name[:10]) if path.name.endswith("_000") else path.with_name("other_" + path.name))
        self.refuse(run, "4 of 4 ranks are missing", "mp_rank_00_001")

    def test_latent_attention(self):
        """Down projections that all ranks have whole (Transformer Engine), or divided; norms in the up projections, or apart."""
        for divided in False, True:
            shapes = {"embedding.word_embeddings.weight": (PADDED, H), "decoder.final_layernorm.weight": (H,), "output_layer.weight": (PADDED, H)}
            for at in [f"decoder.layers.{i}." for i in range(LAYERS)] + ["mtp.layers.0.transformer_layer."]:
                a = at + "self_attention."
                shapes |= {at + "input_layernorm.weight": (H,), at + "mlp.linear_fc1.layer_norm_weight": (H,), at + "mlp.linear_fc1.weight": (2 * FF, H),
                           at + "mlp.linear_fc2.weight": (H, FF), a + "linear_q_down_proj.weight": (16, H), a + "linear_q_up_proj.weight": (HEADS * 6, 16),
                           a + "linear_kv_down_proj.weight": (12, H), a + "linear_kv_up_proj.weight": (HEADS * 8, 8), a + "linear_proj.weight": (H, HEADS * D)}
                shapes |= {a + "q_layernorm.weight": (16,), a + "kv_layernorm.weight": (8,)} if divided else {a + f"linear_{x}_up_proj.layer_norm_weight": (s,) for x, s in (("q", 16), ("kv", 8))}
            shapes |= {f"mtp.layers.0.{x}.weight": (H,) for x in ("enorm", "hnorm", "final_layernorm")} | {"mtp.layers.0.eh_proj.weight": (H, 2 * H)}
            whole = made(shapes)
            args = {"multi_latent_attention": True, "q_lora_rank": 16, "kv_lora_rank": 8, "qk_pos_emb_head_dim": 4}
            rows = r"linear_(q|kv)_up_proj\.weight$|eh_proj\.weight$" + (r"|_down_proj\.weight$" if divided else "")
            for model in "transformer_layer", "mtp_model_layer":
                with self.subTest(divided=divided, model=model):
                    run = self.save(whole, 4, args=args, folder=f"{divided}{model}", names=lambda n: n.replace("transformer_layer", model), rows=rows)
                    self.convert(run, whole)
        self.change(run, "mp_rank_00", lambda s: setattr(s["args"], "q_lora_rank", 20))
        for path in run.rglob("mp_rank*"):
            self.change(run, path.name, lambda s: setattr(s["args"], "q_lora_rank", 20))
        self.refuse(run, "linear_q_down_proj", "unknown")

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
                                  (unknown, ["00_001", "01_001"], ("linear_new", "unknown")), (short, ["00_000", "01_000"], ("8 layers, but the stages", "7")),
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
