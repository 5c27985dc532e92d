# SPDX-License-Identifier: Apache-2.0
# Plugins: diffusers map safetensors
"""Values, conditions and parts of unequal size in rules: Flux as diffusers converts it, heads as transformers orders them."""

import inspect
import json
import re
import sys
import textwrap
import unittest
from pathlib import Path

import torch
from diffusers import FluxTransformer2DModel
from diffusers.loaders import single_file_utils
from safetensors.torch import load_file, save_file
from support import Case
from transformers.modeling_gguf_pytorch_utils import LlamaTensorProcessor

FLUX = """fmtconv-rules: 1
prefix: "|model.diffusion_model."
lists: "w=weight,bias"
complete: "i j"
dense: yes
let: {mlp: 4}
when:
  - "!has(distilled_guidance_layer.{x*})"
  - "shape(single_blocks.0.linear2.weight, 1) == (1 + mlp) * h"
rules:
  - {from: "time_in.{n:in,out}_layer.{w}", to: "time_text_embed.timestep_embedder.linear_{n:1,2}.{w}"}
  - {from: "vector_in.{n:in,out}_layer.{w}", to: "time_text_embed.text_embedder.linear_{n:1,2}.{w}"}
  - {from: "guidance_in.{n:in,out}_layer.{w}", to: "time_text_embed.guidance_embedder.linear_{n:1,2}.{w}", optional: all}
  - {from: "txt_in.{w}", to: "context_embedder.{w}", shape: "h,e|h"}
  - {from: "img_in.{w}", to: "x_embedder.{w}", shape: "h,c|h"}
  - {from: "double_blocks.{i}.{s:img,txt}_mod.lin.{w}", to: "transformer_blocks.{i}.norm1{s:,_context}.linear.{w}", shape: "6h,h|6h"}
  - {from: "double_blocks.{i}.img_attn.qkv.{w}", to: "transformer_blocks.{i}.attn.to_{p:q,k,v}.{w}", shape: "3h,h|3h"}
  - {from: "double_blocks.{i}.txt_attn.qkv.{w}", to: "transformer_blocks.{i}.attn.add_{p:q,k,v}_proj.{w}", shape: "3h,h|3h"}
  - {from: "double_blocks.{i}.{s:img,txt}_attn.norm.{n:query,key}_norm.scale", to: "transformer_blocks.{i}.attn.norm_{s:,added_}{n:q,k}.weight", shape: "d"}
  - {from: "double_blocks.{i}.{s:img,txt}_mlp.{n:0,2}.{w}", to: "transformer_blocks.{i}.ff{s:,_context}.net.{n:0.proj,2}.{w}"}
  - {from: "double_blocks.{i}.{s:img,txt}_attn.proj.{w}", to: "transformer_blocks.{i}.attn.{s:to_out.0,to_add_out}.{w}", shape: "h,h|h"}
  - {from: "single_blocks.{j}.modulation.lin.{w}", to: "single_transformer_blocks.{j}.norm.linear.{w}", shape: "3h,h|3h"}
  - {from: "single_blocks.{j}.linear1.{w}", to: "single_transformer_blocks.{j}.{p:attn.to_q,attn.to_k,attn.to_v,proj_mlp}.{w}", shape: "3h+mlp*h,h|3h+mlp*h", parts: "h,h,h,mlp*h"}
  - {from: "single_blocks.{j}.norm.{n:query,key}_norm.scale", to: "single_transformer_blocks.{j}.attn.norm_{n:q,k}.weight", shape: "d"}
  - {from: "single_blocks.{j}.linear2.{w}", to: "single_transformer_blocks.{j}.proj_out.{w}"}
  - {from: "final_layer.linear.{w}", to: "proj_out.{w}"}
  - {from: "final_layer.adaLN_modulation.1.{w}", to: "norm_out.linear.{w}", shape: "2h,h|2h", pick: "1,0/2"}
"""

LLAMA = """fmtconv-rules: 1
complete: i
dense: yes
let: {heads: config(num_attention_heads), kv: "config(num_key_value_heads, heads)"}
when: config(model_type) == 'llama'
rules:
  - {from: "model.layers.{i}.self_attn.q_proj.weight", to: "blk.{i}.attn_q.weight", shape: "q,h", ops: "reshape heads,2,q/heads/2,h; permute 0,2,1,3; reshape q,h"}
  - {from: "model.layers.{i}.self_attn.k_proj.weight", to: "blk.{i}.attn_k.weight", shape: "g,h", ops: "reshape kv,2,g/kv/2,h; permute 0,2,1,3; reshape g,h"}
"""


MIXTRAL = """fmtconv-rules: 1
complete: i
dense: yes
let: {experts: config(num_local_experts)}
lists: "e=0..experts-1"
rules:
  - {from: "model.layers.{i}.block_sparse_moe.experts.{e}.w{n:1,3}.weight", to: "blk.{i}.ffn_{n:gate,up}_exps.weight", shape: "experts*f,h", ops: "reshape experts,f,h"}
  - {from: "model.layers.{i}.block_sparse_moe.experts.{e}.w2.weight", to: "blk.{i}.ffn_down_exps.weight", shape: "experts*h,f", ops: "reshape experts,h,f"}
"""


def flux(guidance):
    """A small Flux: as diffusers names it."""
    torch.manual_seed(1)
    model = FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=2, num_single_layers=3, attention_head_dim=16, num_attention_heads=4,
        joint_attention_dim=40, pooled_projection_dim=24, guidance_embeds=guidance, axes_dims_rope=(4, 6, 6))
    return {k: torch.randn_like(v) for k, v in model.state_dict().items()}


def as_diffusers_converts(original):
    """diffusers' own function, with the width of the small model instead of 3072, which is a constant in it."""
    function = single_file_utils.convert_flux_transformer_checkpoint_to_diffusers
    source = textwrap.dedent(inspect.getsource(function))
    assert "inner_dim = 3072" in source
    names = dict(vars(sys.modules[function.__module__]))
    exec(source.replace("inner_dim = 3072", "inner_dim = 64"), names)
    return names[function.__name__](dict(original))


class Values(Case):
    def convert(self, rules, source, target, *more, status=0):
        path = self.tmp / "rules.yaml"
        path.write_text(rules)
        return self.run_fmtconv("-f", "-t", ",".join([f"map:rules={path}", *more]), source, target, status=status)

    def flux_files(self, guidance):
        """Writes a small Flux in diffusers' names, and makes the original of it."""
        wanted = flux(guidance)
        save_file(wanted, self.tmp / "diffusers.safetensors")
        self.convert(FLUX, self.tmp / "diffusers.safetensors", self.tmp / "original.safetensors", "reverse")
        return wanted, load_file(self.tmp / "original.safetensors")

    def test_flux(self):
        for guidance in (True, False):
            with self.subTest(guidance=guidance):
                wanted, original = self.flux_files(guidance)
                self.assertEqual(original["single_blocks.0.linear1.weight"].shape, (448, 64))
                self.assert_same(as_diffusers_converts(original), wanted)
                save_file({"model.diffusion_model." + k: v for k, v in original.items()}, self.tmp / "comfy.safetensors")
                self.convert(FLUX, self.tmp / "comfy.safetensors", self.tmp / "out.safetensors")
                self.assert_same(load_file(self.tmp / "out.safetensors"), wanted)

    def test_the_prefix_of_the_way_back(self):
        wanted, original = self.flux_files(True)
        source, target = self.tmp / "diffusers.safetensors", self.tmp / "prefixed.safetensors"
        self.convert(FLUX, source, target, "reverse", "prefix=model.diffusion_model.")
        self.assert_same(load_file(target), {"model.diffusion_model." + k: v for k, v in original.items()})
        self.convert(FLUX, source, target, "reverse", "prefix=")
        self.assert_same(load_file(target), original)
        error = self.convert(FLUX, source, target, "reverse", "prefix=model.", status=2).stderr
        self.assertIn("'model.' is not one of the prefixes '|model.diffusion_model.'", error)
        self.assertIn("prefix= is for reverse", self.convert(FLUX, source, target, "prefix=model.", status=2).stderr)

    def test_kin_and_cut_files_are_refused(self):
        _, original = self.flux_files(True)
        source, target = self.tmp / "in.safetensors", self.tmp / "out.safetensors"
        target.unlink(missing_ok=True)

        def refused(change, *expected, parameter=(), status=1):
            tensors = dict(original)
            change(tensors)
            save_file(tensors, source)
            error = self.convert(FLUX, source, target, *parameter, status=status).stderr
            for words in expected:
                self.assertIn(words, error)
            self.assertFalse(target.exists())

        refused(lambda t: t.pop("guidance_in.out_layer.bias"), "missing: 'guidance_in.out_layer.bias'")
        refused(lambda t: t.update({"single_blocks.1.linear1.bias": torch.zeros(447)}), "[447], not [448] (3h+mlp*h,h|3h+mlp*h)")
        refused(lambda t: t.update({"single_blocks.0.linear2.weight": torch.zeros(64, 64)}),
                "does not meet the conditions", "'shape(single_blocks.0.linear2.weight, 1) == (1 + mlp) * h' does not hold")
        refused(lambda t: None, "[448,64], not [384,64]", parameter=["let.mlp=3"])
        refused(lambda t: None, "has no value 'heads' to change", "mlp", parameter=["let.heads=3"], status=2)

    def test_heads_from_config(self):
        heads, kv, size, width = 6, 2, 8, 48
        torch.manual_seed(2)
        tensors = {}
        for i in range(2):
            tensors[f"model.layers.{i}.self_attn.q_proj.weight"] = torch.randn(heads * size, width)
            tensors[f"model.layers.{i}.self_attn.k_proj.weight"] = torch.randn(kv * size, width)
        folder, out = self.tmp / "llama", self.tmp / "out.safetensors"
        folder.mkdir()
        save_file(tensors, folder / "model.safetensors")
        config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_attention_heads": heads, "num_key_value_heads": kv}
        (folder / "config.json").write_text(json.dumps(config))
        self.convert(LLAMA, folder, out)
        processor = LlamaTensorProcessor(config={})
        for name, t in load_file(out).items():
            _, i, kind, _ = name.split(".")
            original = tensors[f"model.layers.{i}.self_attn.{kind[-1]}_proj.weight"]
            n = heads if kind == "attn_q" else kv
            back = processor._reverse_permute_weights(t.numpy(), heads, n)
            self.assert_same({name: torch.from_numpy(back.copy())}, {name: original})
        # The way back needs the numbers, which the file of GGUF names does not have.
        error = self.convert(LLAMA, out, self.tmp / "back.safetensors", "reverse", status=1).stderr
        self.assertIn("the input has no entry of config.json 'num_attention_heads'", error)
        back = LLAMA.replace("when:", "# ")
        self.convert(back, out, self.tmp / "back.safetensors", "reverse", f"let.heads={heads}", f"let.kv={kv}")
        self.assert_same(load_file(self.tmp / "back.safetensors"), tensors)
        error = self.convert(LLAMA, folder, self.tmp / "none.safetensors", "let.heads=7", status=1).stderr
        self.assertIn("48 does not divide by 7", error)

    def test_experts_are_stacked(self):
        """More than nine experts, so that 1 and 10 are told apart; as torch stacks them."""
        torch.manual_seed(3)
        names = {"w1": "gate", "w2": "down", "w3": "up"}
        tensors = {f"model.layers.{i}.block_sparse_moe.experts.{e}.{w}.weight": torch.randn((6, 4) if w != "w2" else (4, 6))
                   for i in range(2) for e in range(12) for w in names}
        folder, out = self.tmp / "mixtral", self.tmp / "out.safetensors"
        folder.mkdir()
        save_file(tensors, folder / "model.safetensors")
        config = {"model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "num_local_experts": 12}
        (folder / "config.json").write_text(json.dumps(config))
        self.convert(MIXTRAL, folder, out)
        wanted = {f"blk.{i}.ffn_{n}_exps.weight": torch.stack(
            [tensors[f"model.layers.{i}.block_sparse_moe.experts.{e}.{w}.weight"] for e in range(12)])
            for i in range(2) for w, n in names.items()}
        self.assert_same(load_file(out), wanted)
        self.convert(MIXTRAL, out, self.tmp / "back.safetensors", "reverse", "let.experts=12")
        self.assert_same(load_file(self.tmp / "back.safetensors"), tensors)
        error = self.convert(MIXTRAL, out, self.tmp / "none.safetensors", "reverse", status=1).stderr
        self.assertIn("the numbers of the list 'e' are not known: let 'experts' (line ", error)
        error = self.convert(MIXTRAL, folder, self.tmp / "none.safetensors", "let.experts=13", status=1).stderr
        self.assertIn("missing: 'model.layers.0.block_sparse_moe.experts.12.w1.weight'", error)

    def test_value_that_cannot_be_computed(self):
        """The error names its line, and what to type instead."""
        save_file({"a": torch.zeros(4, 8), "b": torch.zeros(5)}, self.tmp / "in.safetensors")
        rules = 'fmtconv-rules: 1\nlet:\n  d: shape(b, 0)/2\nunmatched: keep\nrules:\n  - {from: a, to: "=", shape: "h,d*h"}\n'
        error = self.convert(rules, self.tmp / "in.safetensors", self.tmp / "none.safetensors", status=1).stderr
        self.assertIn("rules.yaml:3:6: tensors: 1 with a wrong shape (hint: type another value: let.d=VALUE", error)
        self.assertIn("'a' has the shape [4,8], not h,d*h: let 'd' (line 3): 5 does not divide by 2", error)
        self.convert(rules, self.tmp / "in.safetensors", self.tmp / "out.safetensors", "let.d=2")

    def test_the_examples_of_the_manual(self):
        page = (Path(__file__).parents[2] / "doc" / "fmtconv-rules.5").read_text()
        examples = re.findall(r"\.Bd -literal[^\n]*\n(.*?)\.Ed", page, re.S)
        self.assertEqual(len(examples), 4)
        for text in examples:
            (self.tmp / "rules.yaml").write_text(text)
            said = self.run_fmtconv("map", "--check", self.tmp / "rules.yaml").stdout
            self.assertRegex(said, r"\d rules?, well-formed, reversible")

        # The last is the file that is there: both ways, the value that is not made, and others that are not left out.
        layers = {f"encoder.{i}.weight": torch.randn(5, 5).half() for i in range(2)}
        wanted = {n.replace("encoder", "layers"): t for n, t in layers.items()} | {"text_projection.weight": torch.eye(5).half()}
        source, made, back = (self.tmp / f"{n}.safetensors" for n in ("in", "made", "back"))

        def run(*options, source, to, status=0):
            return self.run_fmtconv("-f", "-t", ",".join([f"map:rules={self.tmp}/rules.yaml", *options]), source, to, status=status)

        save_file(layers, source)
        run(source=source, to=made)
        self.assert_same(load_file(made), wanted)
        run("reverse", source=made, to=back)
        self.assert_same(load_file(back), layers)
        run("let.projection=false", source=source, to=back)
        self.assert_same(load_file(back), {n: t for n, t in wanted.items() if n in load_file(back)})
        self.assertNotIn("text_projection.weight", load_file(back))
        other = wanted["text_projection.weight"].clone()
        other[3, 1] = 1e-4
        for tensor, text in ((other, "it must be the identity matrix to be left out, but differs at index [3,1]"), (None, "missing: 'text_projection.weight'"),
                             (torch.eye(4), "'text_projection.weight' has the shape [4,4], not [5,5] (h,h)"),
                             (torch.eye(5).int(), "'text_projection.weight' is i32, and cannot be compared with a constant")):
            with self.subTest(text):
                save_file({n: t for n, t in (wanted | {"text_projection.weight": tensor}).items() if t is not None}, made)
                self.assertIn(text, run("reverse", source=made, to=back, status=1).stderr)
        error = run("reverse", "let.projection=false", source=made, to=back, status=1).stderr
        self.assertIn("unknown: 'text_projection.weight'", error)

    def test_constants(self):
        """Each text is a rule, and each error what --check says of it; None: what the rule makes is compared with torch."""
        head = "fmtconv-rules: 1\nrules:\n  - {from: a, to: b, shape: 'h,c'}\n  - "
        cases = {
            "{make: 0.3, to: s, shape: 'c'}": torch.full((3,), 0.3).bfloat16(),
            "{make: 0.3, to: s, shape: 'c', dtype: f32}": torch.full((3,), 0.3),
            "{make: -2, to: s, shape: '2,h', dtype: f16}": torch.full((2, 5), -2.0).half(),
            "{make: identity, to: s, shape: 'h,h', dtype: f8_e4m3}": torch.eye(5).to(torch.float8_e4m3fn),
            "{make: 1, to: s, shape: '2*h+1'}": torch.ones(11).bfloat16(),
            "{make: one, to: s, shape: h}": "'s': make is 'identity' or a number, not 'one'",
            "{make: 1, shape: h}": "make needs a name without captures",
            "{make: 1, to: 's.{i}', shape: h}": "make needs a name without captures",
            "{make: 1, to: s}": "make needs one .shape without '?'",
            "{make: 1, to: s, shape: 'h|h,h'}": "make needs one .shape without '?'",
            "{make: identity, to: s, shape: h}": "an identity has two dimensions",
            "{make: 1, to: s, shape: h, dtype: i8}": "'i8' is not a floating-point data type",
            "{make: 1, to: s, shape: h, from: a}": "a rule with 'make' does not have 'from'",
            "{make: 1, to: s, shape: h, optional: all}": "'optional' of a rule with 'make' must be yes or no",
            "{make: 1, to: s, shape: h, when: h == 3}": "'h'",
            "{from: c, to: d, dtype: f32}": "'dtype' is for a rule with 'make'",
            "{from: c, to: d, when: h == 3}": "'h'",
        }
        rules, source, out, back = (self.tmp / n for n in ("r.yaml", "in.safetensors", "out.safetensors", "back.safetensors"))
        tensors = {"a": torch.randn(5, 3).bfloat16()}
        save_file(tensors, source)
        for rule, wanted in cases.items():
            with self.subTest(rule):
                rules.write_text(head + rule + "\n")
                if isinstance(wanted, str):
                    self.assertIn(wanted, self.run_fmtconv("map", "--check", rules, status=1).stderr)
                    continue
                self.run_fmtconv("-f", "--verify", "-t", f"map:rules={rules}", source, out)
                self.assert_same(load_file(out), {"b": tensors["a"], "s": wanted})
                self.run_fmtconv("-f", "-t", f"map:rules={rules},reverse", out, back)
                self.assert_same(load_file(back), tensors)
        rules.write_text(head + "{make: identity, to: s, shape: 'h,c'}\n")
        self.assertIn("'s': an identity is a square, which h,c is not", self.run_fmtconv("-f", "-t", f"map:rules={rules}", source, out, status=1).stderr)
        rules.write_text(head + "{make: identity, to: s, shape: 'h,h'}\n")
        save_file({"a": torch.zeros(20000, 0)}, source)
        self.assertIn("an identity of 20000 rows is too large", self.run_fmtconv("-f", "-t", f"map:rules={rules}", source, out, status=1).stderr)
        rules.write_text(head + "{make: 1, to: s, shape: 'h,h,h'}\n")
        self.assertIn("repeats only 4 stored bytes", self.run_fmtconv("-f", "-t", f"map:rules={rules}", source, out, status=1).stderr)
        rules.write_text(head + "{make: 1, to: s, shape: 'x'}\n")
        self.assertIn("'s': its shape x is not known", self.run_fmtconv("-f", "-t", f"map:rules={rules}", source, out, status=1).stderr)


if __name__ == "__main__":
    unittest.main()
