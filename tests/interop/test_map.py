# SPDX-License-Identifier: Apache-2.0
# Plugins: cogvideox-lora cogvideox-transformer cogvideox-vae map safetensors sat t5-encoder torch
"""Rules in files: those of the transforms give the same results as the transforms, and errors have a line number."""

import json
import unittest

import torch
from cogmake import MODELS, T5, transformer, text_encoder, vae
from safetensors.torch import load_file, save_file
from support import Case

TABLE = """fmtconv-rules: 1
prefix: "model.|"
lists: "w=weight,bias"
complete: i
dense: yes
unmatched: "not wanted"
rules:
  - {from: "layers.{i}.qkv.{w}", to: "blocks.{i}.to_{p:q,k,v}.{w}", shape: "3h,h|3h"}
  - {from: "layers.{i}.norm", to: "blocks.{i}.norm1.weight", shape: "h"}
  - {from: "head.{w}", to: "proj.{w}", shape: "o,h|o", optional: yes}
"""


def small():
    torch.manual_seed(3)
    tensors = {f"model.layers.{i}.{n}": torch.randn(s) for i in range(3)
               for n, s in (("qkv.weight", (12, 4)), ("qkv.bias", (12,)), ("norm", (4,)))}
    return tensors | {"optimizer.step": torch.ones(1)}


class Map(Case):
    def rules(self, text):
        path = self.tmp / "rules.yaml"
        path.write_text(text)
        return path

    def printed(self, transform):
        return self.rules(self.run_fmtconv("map", "--print", transform).stdout)

    def assert_as_the_transform(self, transform, source, params=""):
        torch.save(source, self.tmp / "in.pt")
        rules = self.printed(transform)
        for name, chain in (("a", transform + params), ("b", f"map:rules={rules}")):
            self.run_fmtconv("-f", "-t", chain, self.tmp / "in.pt", self.tmp / f"{name}.safetensors")
        return load_file(self.tmp / "a.safetensors"), load_file(self.tmp / "b.safetensors")

    def test_the_tables_of_the_transforms(self):
        for m in MODELS[1:]:
            with self.subTest(m.name):
                version = {"5B": "5b", "5B-I2V": "5b-i2v", "1.5-5B": "1.5-5b", "1.5-5B-I2V": "1.5-5b-i2v"}[m.name]
                torch.save({"module": transformer(m)}, self.tmp / "in.pt")
                rules = self.printed("cogvideox-transformer")
                for name, chain in (("a", f"cogvideox-transformer:version={version},{m.sample}"), ("b", f"map:rules={rules}")):
                    self.run_fmtconv("-f", "-t", chain, self.tmp / "in.pt", self.tmp / f"{name}.safetensors")
                self.assert_same(load_file(self.tmp / "b.safetensors"), load_file(self.tmp / "a.safetensors"))
        a, b = self.assert_as_the_transform("cogvideox-vae", {"state_dict": vae()}, ":config.norm_num_groups=2")
        self.assert_same(b, a)
        a, b = self.assert_as_the_transform("t5-encoder", {"module": text_encoder(torch.float16, prefix=T5)})
        self.assert_same(b, a)

    def test_applied_and_undone(self):
        tensors = small()
        save_file(tensors, self.tmp / "in.safetensors")
        rules = self.rules(TABLE)
        self.run_fmtconv("-t", f"map:rules={rules}", self.tmp / "in.safetensors", self.tmp / "out.safetensors")
        wanted = {}
        for name, t in tensors.items():
            name = name.replace("model.layers", "blocks").replace(".norm", ".norm1.weight")
            if "qkv" in name:
                wanted |= {name.replace("qkv", "to_" + p): part for p, part in zip("qkv", t.chunk(3))}
            elif name != "optimizer.step":
                wanted[name] = t
        self.assert_same(load_file(self.tmp / "out.safetensors"), wanted)
        self.run_fmtconv("-t", f"map:rules={rules},reverse=yes", self.tmp / "out.safetensors", self.tmp / "back.safetensors")
        tensors.pop("optimizer.step")
        self.assert_same(load_file(self.tmp / "back.safetensors"), tensors)

    def test_a_rule_for_each_of_16000_tensors(self):
        """Plain names are found in a map: they do not count as patterns, which each name is compared with."""
        names = [f"model.block_{i:05}.w" for i in range(16000)] + [f"h.{i}.w" for i in range(4)] + ["other", "spare.0"]
        save_file({n: torch.tensor([i % 100], dtype=torch.uint8) for i, n in enumerate(names)}, self.tmp / "in.safetensors")
        lines = [f"  - {{from: block_{i:05}.w, to: layer{i}.w}}" for i in range(16000)]
        # The first rule that matches counts, whether its name is plain or a pattern.
        lines[100:100] = ['  - {from: "/h.2.w", to: "two"}', '  - {from: "/h.{i}.w", to: "k.{i}"}', '  - {from: "/h.3.w", to: "three", optional: yes}']
        lines += ['  - {from: "/other", why: "not wanted"}', '  - {from: "/spare.{j}", why: "not wanted"}']
        rules = self.rules("\n".join(["fmtconv-rules: 1", 'prefix: "model.|"', "rules:"] + lines))
        self.run_fmtconv("-q", "-t", f"map:rules={rules}", self.tmp / "in.safetensors", self.tmp / "out.safetensors")
        wanted = {f"layer{i}.w": i % 100 for i in range(16000)} | {"k.0": 0, "k.1": 1, "two": 2, "k.3": 3}
        self.assertEqual({n: t.item() for n, t in load_file(self.tmp / "out.safetensors").items()}, wanted)

    def test_a_number_is_added_as_torch_adds_it(self):
        torch.manual_seed(5)
        rules = self.rules('''fmtconv-rules: 1
rules:
  - {from: "{x*}", to: "{x*}", ops: "add 1"}
''')
        sizes = torch.tensor([1e-30, 1e-8, 1e-4, 1.0, 300.0, 1e30]).repeat_interleave(700)
        special = torch.tensor([0.0, -0.0, -1.0, float("inf"), float("-inf")])
        tensors = {}
        for dtype in torch.float32, torch.float16, torch.bfloat16, torch.float64:
            values = torch.cat([torch.randn(sizes.numel()) * sizes.clamp(max=300 if dtype == torch.float16 else 1e38), special])
            tensors[str(dtype)] = values.to(dtype)
        save_file(tensors, self.tmp / "in.safetensors")
        self.run_fmtconv("-t", f"map:rules={rules}", self.tmp / "in.safetensors", self.tmp / "out.safetensors")
        out = load_file(self.tmp / "out.safetensors")
        self.assert_same(out, {n: (t.float() + 1).to(t.dtype) for n, t in tensors.items()})
        self.run_fmtconv("-f", "-t", f"map:rules={rules}", "-t", "cast:to=f32", self.tmp / "in.safetensors", self.tmp / "wide.safetensors")
        wide = load_file(self.tmp / "wide.safetensors")
        self.assert_same(wide, {n: t.float() + 1 for n, t in tensors.items()})
        self.run_fmtconv("-t", f"map:rules={rules},reverse=yes", self.tmp / "wide.safetensors", self.tmp / "back.safetensors")
        self.assert_same(load_file(self.tmp / "back.safetensors"), {n: t - 1 for n, t in wide.items()})

    def test_indices_are_gathered_as_index_select_does(self):
        torch.manual_seed(6)
        source = {"a": torch.randn(9, 4), "b": torch.randn(3, 9, 2).half(), "c": torch.randn(9)}
        lists = {"shuffled": "8,1,0,2-4,7,6,5", "repeated": "0-8,3,3,3,0,2,4,6,8", "reversed": "8,7,6,5,4,3,2,1,0"}
        save_file(source, self.tmp / "in.safetensors")
        for name, indices in lists.items():
            rules = self.rules(f'''fmtconv-rules: 1
rules:
  - {{from: "a", to: "a", ops: "gather 0: {indices}"}}
  - {{from: "b", to: "b", ops: "cast F32; gather 1: {indices}; scale 2"}}
  - {{from: "c", to: "c", ops: "gather 0: {indices}; add 1"}}
''')
            self.run_fmtconv("-f", "--verify", "-t", f"map:rules={rules}", self.tmp / "in.safetensors", self.tmp / "out.safetensors")
            flat = [i for part in indices.split(",") for i in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)]
            at = torch.tensor(flat)
            self.assert_same(load_file(self.tmp / "out.safetensors"),
                             {"a": source["a"].index_select(0, at), "b": source["b"].float().index_select(1, at) * 2,
                              "c": source["c"].index_select(0, at) + 1})
            back = self.rules(f'fmtconv-rules: 1\nrules: [{{from: "a", to: "b", ops: "gather 0: {indices}"}}]\n')
            save_file({"a": source["a"]}, self.tmp / "one.safetensors")
            self.run_fmtconv("-f", "-t", f"map:rules={back}", self.tmp / "one.safetensors", self.tmp / "there.safetensors")
            if name == "repeated":
                self.run_fmtconv("-f", "-t", f"map:rules={back},reverse=yes", self.tmp / "there.safetensors",
                                 self.tmp / "back.safetensors", status=1)
                continue
            self.run_fmtconv("-f", "-t", f"map:rules={back},reverse=yes", self.tmp / "there.safetensors", self.tmp / "back.safetensors")
            self.assert_same(load_file(self.tmp / "back.safetensors"), {"a": source["a"]})

    def test_rows_that_are_left_out_or_do_not_exist(self):
        save_file({"a": torch.randn(4, 4)}, self.tmp / "in.safetensors")
        for indices, text in (("0,1", "a"), ("0-4", "a"), ("0-", "is not an operation"), ("3-0", "is not an operation")):
            rules = self.rules(f'fmtconv-rules: 1\nrules: [{{from: "a", to: "b", ops: "gather 0: {indices}"}}]\n')
            result = self.run_fmtconv("-f", "-t", f"map:rules={rules}", self.tmp / "in.safetensors", self.tmp / "out.safetensors",
                                      status=1)
            self.assertIn(text, result.stderr)

    def check(self, text, *arguments, status=0):
        return self.run_fmtconv("map", *arguments, "--check", self.rules(text), status=status)

    def test_copies_are_compared(self):
        """Copies that several ranks saved: the first is taken if all are equal; parts next to them are joined."""
        a, b = torch.arange(6.0).reshape(2, 3), torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
        tensors = {"tp.0.norm": a, "tp.1.norm": a.clone(), "tp.2.norm": a.clone()}
        tensors |= {f"tp.{r}.{n}": t.clone() for r, t in enumerate(b.reshape(2, 2, 3)) for n in ("in", "out")}
        rules = self.rules("""fmtconv-rules: 1
lists: "r=0,1,2"
rules:
  - {from: "tp.{r}.norm", to: "norm", shape: "n,m", copies: r, ops: "permute 1,0"}
  - {from: "tp.{s:0,1}.{c:in,out}", to: "table", shape: "2n,m", copies: c}
  - {from: "tp.{s:0,1}.none", to: "none", when: "3 < 2"}
""")
        source, out = self.tmp / "in.safetensors", self.tmp / "out.safetensors"
        save_file(tensors, source)
        said = self.run_fmtconv("--verify", "-t", f"map:rules={rules}", source, out).stderr
        self.assertIn("compared", said)
        self.assert_same(load_file(out), {"norm": a.T, "table": b})
        self.assertIn("one-way", self.run_fmtconv("map", "--check", rules).stdout)
        for name, change in (("tp.2.norm", 0), ("tp.1.out", 3)):
            save_file(tensors | {name: tensors[name].clone().index_fill_(0, torch.tensor([1]), 9)}, source)
            said = self.run_fmtconv("-f", "-t", f"map:rules={rules}", source, out, status=1).stderr
            self.assertIn({"tp.2.norm": "norm", "tp.1.out": "table"}[name], said)
        save_file(tensors | {"tp.2.norm": torch.ones(2, 4)}, source)
        self.assertIn("cannot be fused", self.run_fmtconv("-f", "-t", f"map:rules={rules}", source, out, status=1).stderr)
        for rule, says in (("from: 'a.{r}', to: 'b.{r}', copies: r", "copies names no list that is in `from` alone"),
                           ("from: 'a.{i}', to: 'b', copies: i", "copies names no list"), ("from: 'a.{r}', to: 'b', copies: x", "copies names no list"),
                           ("from: 'a.{r}', to: 'b', shape: '3n', parts: 'n,n,n', copies: r", "parts cannot be combined with .copies"),
                           ("make: 1, to: s, shape: '2', copies: r", "does not have 'copies'")):
            rules.write_text('fmtconv-rules: 1\nlists: "r=0,1,2"\nrules:\n  - {' + rule + "}\n")
            self.assertIn(says, self.run_fmtconv("map", "--check", rules, status=1).stderr)

    def test_check(self):
        save_file(small(), self.tmp / "in.safetensors")
        self.assertIn("3 rules, well-formed, reversible", self.check(TABLE).stdout)
        said = self.check(TABLE, "--against", self.tmp / "in.safetensors", "-v").stdout
        self.assertIn("10 names become 21, 1 dropped", said)
        self.assertIn("the reverse restores all names", said)
        self.assertIn("blocks.2.to_v.weight [4,4] <- model.layers.2.qkv.weight", said)
        self.assertIn("dropped: optimizer.step: not wanted", said)
        one_way = TABLE.replace('shape: "h"}', 'shape: "h", ops: "cast f32"}')
        self.assertIn("one-way: rule 2 ('layers.{i}.norm' to 'blocks.{i}.norm1.weight'): a cast cannot be undone", self.check(one_way).stdout)
        result = json.loads(self.check(TABLE, "--json", "--against", self.tmp / "in.safetensors").stdout)
        self.assertEqual((result["names"], len(result["results"]), result["changed"]), (10, 21, []))

    def test_check_against_names(self):
        names = self.tmp / "names.txt"
        lines = [f"{n} {list(t.shape)}" for n, t in small().items()]
        names.write_text("# a comment\n\n" + "\n".join(lines))
        self.assertIn("10 names become 21", self.check(TABLE, "--against", names).stdout)
        for line in ("no shape", "a [1", "a [1,,2]", "a [x]", "a [1] 2", "a"):
            names.write_text("a.b [1]\n" + line)
            self.assertIn(f"{names}:2: a line must be NAME [SHAPE]", self.check(TABLE, "--against", names, status=1).stderr)
        for wrong, says in (("a [1]\na [2]\n", f"{names}:2: tensor 'a': two tensors have this name"), ("a [1]\n\0b [2]\n", "byte 0x6: the text contains a NUL"),
                            ("\na [9000000000000000000,3]", f"{names}:2: a shape is too large: its size in bytes does not fit in 63 bits")):
            names.write_text(wrong)
            self.assertIn(says, self.check(TABLE, "--against", names, status=1).stderr)

    def test_check_against_names_of_large_tensors(self):
        names = self.tmp / "names.txt"
        names.write_text("".join(f"a.{i} [200000,100000]\n" for i in range(100)))
        rules = 'fmtconv-rules: 1\nrules:\n  - {from: "a.{i}", to: "b.{i}"}\n'
        self.assertIn("100 names become 100", self.check(rules, "--against", names).stdout)

    def test_what_does_not_fit_is_listed(self):
        save_file(small() | {"model.layers.1.norm": torch.ones(5)}, self.tmp / "in.safetensors")
        said = self.check(TABLE, "--against", self.tmp / "in.safetensors", status=1).stderr
        self.assertIn("'model.layers.1.norm' has the shape [5]", said)
        tensors = small()
        del tensors["model.layers.1.qkv.bias"]
        save_file(tensors, self.tmp / "in.safetensors")
        said = self.check(TABLE.replace('unmatched: "not wanted"', "unmatched: error"), "--against",
                          self.tmp / "in.safetensors", status=1).stderr
        self.assertIn("missing: 'model.layers.1.qkv.bias'", said)
        self.assertIn("unknown: 'optimizer.step'", said)
        clash = TABLE.replace('to: "blocks.{i}.norm1.weight"', 'to: "blocks.{i}.to_q.bias"')
        save_file(small(), self.tmp / "in.safetensors")
        self.assertIn("both become", self.check(clash, "--against", self.tmp / "in.safetensors", status=1).stderr)

    def test_mistakes_have_lines(self):
        cases = (
            ("fmtconv-rules: 1", "fmtconv-rules: 2", "1:1: a rules file must begin with 'fmtconv-rules: 1'"),
            ("prefix:", "prefux:", "2:1: a rules file has no key 'prefux'; did you mean 'prefix'?"),
            ("dense: yes", "dense: maybe", "5:8: 'dense' must be yes or no"),
            ('to: "proj.{w}"', 'two: "proj.{w}"', "10:24: a rule has no key 'two'; did you mean 'to'?"),
            ('from: "head.{w}", ', "", "10:5: a rule needs 'from', the names that it matches"),
            ('to: "proj.{w}", ', "", "10:5: a rule needs 'to', the new name"),
            ("optional: yes", "axis: 9", "axis must be a number from 0 to 7, not '9'"),
            ('"head.{w}"', '"head.{w"', "rules.yaml:10:5: 'head.{w' to 'proj.{w}':"),
            ('shape: "h"', 'shape: "h,,"', "rules.yaml:9:"),
            ("\nrules:", "\nrools:", "7:1: a rules file has no key 'rools'"),
            ("complete: i", "complete: i\ncomplete: i", "5:1:"),
            ("complete: i", "complete: &a i", "anchors"),
        )
        for old, new, message in cases:
            with self.subTest(new):
                self.assertIn(old, TABLE)
                self.assertIn(message, self.check(TABLE.replace(old, new), status=1).stderr)

    def test_usage(self):
        for arguments in ((), ("--check", "a", "--print", "b"), ("x",), ("--print", "cast"), ("--print", "nothing")):
            self.run_fmtconv("map", *arguments, status=2)
        save_file(small(), self.tmp / "in.safetensors")
        said = self.run_fmtconv("-t", "map", self.tmp / "in.safetensors", self.tmp / "out.safetensors", status=2)
        self.assertIn("no file of rules given: map:rules=FILE", said.stderr)


if __name__ == "__main__":
    unittest.main()
