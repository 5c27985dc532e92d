# SPDX-License-Identifier: Apache-2.0
"""Archives of NeMo as Python's tarfile and tar write them: the weights are those in them, and malformed archives are refused."""
# Plugins: diffusers safetensors torch dcp megatron nemo

import io
import json
import re
import shutil
import subprocess
import tarfile
import unittest

import test_megatron_ranks as ranks
import torch
import torch.distributed.checkpoint as dcp
from safetensors.torch import load_file
from support import Case

FORMATS = {"pax": tarfile.PAX_FORMAT, "ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT}
LONG = "tokenizers/" + "a-long-name-" * 20 + ".model"


def tensors():
    torch.manual_seed(2)
    return {"model.decoder.weight": torch.randn(300, 7).bfloat16(), "model.bias": torch.arange(5), "model.none": torch.empty(0, 3)}


class Nemo(Case):
    def packed(self, members, name="m.nemo", form="pax", change=lambda info: None):
        """Writes an archive of names and bytes; None: a folder."""
        path = self.tmp / name
        with tarfile.open(path, "w", format=FORMATS[form]) as archive:
            for member, data in members.items():
                info = tarfile.TarInfo(member)
                info.type, info.size = (tarfile.DIRTYPE, 0) if data is None else (tarfile.REGTYPE, len(data))
                change(info)
                archive.addfile(info, io.BytesIO(data or b""))
        return path

    def members(self, dot="./"):
        data = io.BytesIO()
        torch.save(tensors(), data)
        return {dot or "x/": None, dot + "model_config.yaml": b"name: m\nmodel: {hidden_size: 7}\n", dot + "model_weights.ckpt": data.getvalue()}

    def convert(self, source, wanted):
        out = self.tmp / "out.safetensors"
        said = self.run_fmtconv("-f", "--verify", "-v", "-t", "none", source, out)
        self.assert_same(load_file(out), wanted)
        return said.stdout + said.stderr

    def refuse(self, source, *says):
        out = self.tmp / "none.safetensors"
        out.unlink(missing_ok=True)
        said = self.run_fmtconv("-t", "none", source, out, status=1).stderr
        for text in says:
            self.assertIn(text, said)
        self.assertFalse(out.exists())

    def test_archives(self):
        for form in FORMATS:
            for dot in ("./", ""):
                for long in ((LONG,), ()) if form != "ustar" else ((),):
                    with self.subTest(form=form, dot=dot, long=long):
                        path = self.packed({dot + name: b"x" * 700 for name in long} | self.members(dot) | {dot + "vocab.txt": b""}, form=form)
                        said = self.convert(path, tensors())
                        self.assertIn("vocab.txt", said)
        shown = self.run_fmtconv("inspect", "--json", path).stdout
        self.assertIn('"nemo"', shown)
        self.assertIn("hidden_size", shown)

    def test_of_tar(self):
        """What tar packs, and the folder that it unpacks."""
        folder = self.tmp / "unpacked"
        folder.mkdir()
        for name, data in self.members("").items():
            if data is not None:
                (folder / name).write_bytes(data)
        for form in ("gnu", "posix", "ustar"):
            subprocess.run(["tar", "-cf", self.tmp / "t.nemo", f"--format={form}", "-C", folder, "."], check=True)
            self.convert(self.tmp / "t.nemo", tensors())
        self.convert(folder, tensors())

    def test_distributed(self):
        dcp.save(tensors(), checkpoint_id=self.tmp / "d/model_weights", no_dist=True)
        (self.tmp / "d/model_config.yaml").write_text("name: m\n")
        with tarfile.open(self.tmp / "d.nemo", "w") as archive:
            archive.add(self.tmp / "d", ".")
        self.convert(self.tmp / "d.nemo", tensors())
        self.convert(self.tmp / "d", tensors())

    def ranks(self, whole, tp, pp=1, config=None, names=lambda n: "model." + n, gated=True, tied=False, head="output_layer.weight", share=ranks.share):
        """The members of an archive as NLPSaveRestoreConnector.save_to makes it; stages number their layers from 0."""
        config = {"tensor_model_parallel_size": tp, "pipeline_model_parallel_size": pp, "virtual_pipeline_model_parallel_size": None, "num_layers": ranks.LAYERS,
                  "hidden_size": ranks.H, "ffn_hidden_size": ranks.FF, "num_attention_heads": ranks.HEADS, "num_query_groups": ranks.KV, "kv_channels": None,
                  "max_position_embeddings": 16, "layernorm_epsilon": 1e-05, "normalization": "rmsnorm", "mcore_gpt": True, "activation": "fast-swiglu" if gated else "gelu",
                  "position_embedding_type": "rope" if gated else "learned_absolute", "share_embeddings_and_output_weights": tied,
                  "target": "nemo.collections.nlp.models.language_modeling.megatron_gpt_model.MegatronGPTModel"} | (config or {})
        members = {"./model_config.yaml": "".join(f"{k}: {json.dumps(v)}\n" for k, v in config.items()).encode(), "./abc_tokenizer.model": b"x"}
        for t in range(tp):
            for p in range(pp):
                state = {names(own): share(name, tensor, t, tp, gated).clone() for name, tensor in whole.items() if (own := ranks.stage_of(name, p, pp, tied))}
                if tied and pp > 1 and p == pp - 1:
                    state[head] = share("output_layer.weight", whole["embedding.word_embeddings.weight"], t, tp, gated).clone()
                data = io.BytesIO()
                torch.save(state, data)
                members[("./" + (f"mp_rank_{t:02d}" if pp == 1 else f"tp_rank_{t:02d}_pp_rank_{p:03d}")) + "/model_weights.ckpt"] = data.getvalue()
        return members

    def test_ranks(self):
        """Folders of model-parallel ranks, of Megatron-Core (with and without megatron_amp_O2) and of NeMo's own layers."""
        for tp, pp in (2, 1), (1, 2), (2, 2), (4, 2):
            for prefix in "model.", "model.module.":
                with self.subTest(tp=tp, pp=pp, prefix=prefix):
                    whole = ranks.llama()
                    members = self.ranks(whole, tp, pp, names=lambda n, p=prefix: p + n)
                    said = self.convert(self.packed(members), whole)
                    self.assertIn(f"tensor-parallel ranks: {tp}, stages of the pipeline: {pp}", said)
                    self.assertIn("abc_tokenizer.model", said)
        folder = self.tmp / "unpacked"
        for name, data in members.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        self.convert(folder, whole)
        self.run_fmtconv(self.packed(members), f"{self.tmp}/llama/")
        config = json.loads((self.tmp / "llama/config.json").read_text())
        self.assertEqual((config["model_type"], config["num_key_value_heads"], config["rms_norm_eps"], config["vocab_size"]), ("llama", ranks.KV, 1e-5, ranks.PADDED))
        members = self.ranks(whole, 2, config={"activation": "fast-geglu"})
        self.assertIn("args(activation", self.run_fmtconv(self.packed(members), f"{self.tmp}/geglu/", status=1).stderr)

    def early(self, name):
        names = {"decoder.": "language_model.encoder.", "^embedding": "language_model.embedding", "^output_layer": "language_model.output_layer",
                 "linear_qkv.layer_norm_": "input_layernorm.", "self_attention.input": "input", "linear_qkv": "query_key_value", "linear_proj": "dense",
                 "mlp.linear_fc1.layer_norm_": "post_attention_layernorm.", "linear_fc1": "dense_h_to_4h", "linear_fc2": "dense_4h_to_h"}
        for own, other in names.items():
            name = re.sub(own, other, name)
        return "model." + name

    def test_ranks_of_earlier_layers(self):
        """The names of NeMo's own layers, its two matrices of a gated layer, and with megatron_legacy the order before checkpoint_version 2."""
        config = {"mcore_gpt": False, "num_query_groups": None}
        for tp, pp in (2, 1), (2, 2):
            with self.subTest(tp=tp, pp=pp):
                whole = ranks.gpt()
                self.convert(self.packed(self.ranks(whole, tp, pp, config, self.early, False, True, "model.word_embeddings.weight")), whole)

                def legacy(name, tensor, rank, ranks_, gated):
                    own = ranks.share(name, tensor, rank, ranks_, gated)
                    return ranks.before(own, 0, ranks.HEADS // ranks_) if "linear_qkv." in name and "norm" not in name else own

                members = self.ranks(whole, tp, pp, config | {"megatron_legacy": True}, self.early, False, True, "model.word_embeddings.weight", legacy)
                self.convert(self.packed(members), whole)
        whole = ranks.llama()
        two = {}
        for name, tensor in whole.items():
            if "linear_fc1.weight" in name:
                two |= {name: tensor.chunk(2)[0], name.replace("linear_fc1", "linear_fc1_2"): tensor.chunk(2)[1]}
            else:
                two[name] = tensor

        def rows(name, tensor, rank, ranks_, gated):
            return tensor.chunk(ranks_)[rank] if "linear_fc1_2" in name else ranks.share(name, tensor, rank, ranks_, gated)

        members = self.ranks(two, 2, 2, config | {"activation": "swiglu"}, lambda n: self.early(n), False, False, share=rows)
        self.convert(self.packed(members), whole)

    def test_ranks_that_do_not_fit(self):
        whole = ranks.llama()
        members = self.ranks(whole, 2, 2)
        gone = {n: d for n, d in members.items() if "tp_rank_01_pp_rank_001" not in n}
        self.refuse(self.packed(gone), "tp_rank_01_pp_rank_001", "1 of 4 ranks are missing")
        self.refuse(self.packed({n: d for n, d in members.items() if "yaml" not in n}), "no model_config.yaml in ")
        self.refuse(self.packed(members | {"./model_config.yaml": b"- a"}), "it is not a map", "model_config.yaml")
        self.refuse(self.packed(members | {"./mp_rank_00/model_weights.ckpt": b""}), "ranks of two checkpoints")
        for config, says in (({"tensor_model_parallel_size": 4}, "4 of 8 ranks are missing"), ({"num_layers": 9}, "9 layers, but the stages"),
                             ({"tensor_model_parallel_size": "${x}"}, "model_config.yaml says no valid number of ranks"),
                             ({"virtual_pipeline_model_parallel_size": 2}, "2 stages of each pipeline rank"), ({"pipeline_model_parallel_size": 1}, "1 pipeline-parallel")):
            with self.subTest(says):
                changed = self.ranks(whole, 2, 2, config=config)
                self.refuse(self.packed(changed), says)
        self.refuse(self.packed(self.ranks(whole | {"decoder.new.weight": torch.ones(3)}, 2)), "decoder.new.weight", "unknown")

    def test_other_weights(self):
        for members, says in (({"model_config.yaml": b"a: 1\n"}, "neither model_weights.ckpt nor"), ({"model_config.yaml": b"a: 1\n", "mp_rank_00/model_weights.ckpt": b""}, "model_weights.ckpt"),
                              ({"model_weights/.zattrs": b"{}"}, "neither model_weights.ckpt nor"), ({"./": None}, "neither model_weights.ckpt nor")):
            with self.subTest(members):
                self.refuse(self.packed(members), says)

    def test_malformed(self):
        good = self.members("")
        weights = "model_weights.ckpt"

        def kind(code):
            def change(info):
                info.type = code if info.name == weights else info.type
                info.linkname = "a"
            return change

        for says, members, change in (("a link is not", good, kind(tarfile.SYMTYPE)), ("a link is not", good, kind(tarfile.LNKTYPE)),
                                      ("neither a file nor a folder", good, kind(tarfile.FIFOTYPE)), ("leads out", good | {"../a": b""}, lambda i: None),
                                      ("leads out", good | {"a//b": b""}, lambda i: None), ("leads out", good | {"/a": b""}, lambda i: None),
                                      ("leads out", good | {"a/./b": b""}, lambda i: None), ("a file and a folder", good | {weights + "/b": b""}, lambda i: None),
                                      ("a file and a folder", {"a/b": b""} | good | {"a": b""}, lambda i: None), ("a member twice", good | {"./" + weights: b""}, lambda i: None),
                                      ("too many folders", good | {"a/" * 40 + "b": b""}, lambda i: None),
                                      ("a path or size for all", good, None), ("sparse", good, {"GNU.sparse.major": "1"}), ("a size is not", good, {"size": "1x"}),
                                      ("a member extends past", good, {"size": "99999999"}), ("a size is not", good, {"size": "99999999999999999999999"})):
            with self.subTest(says):
                if callable(change):
                    path = self.packed(members, change=change)
                else:
                    path = self.tmp / "m.nemo"
                    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, pax_headers={"path": "x"} if change is None else {}) as archive:
                        for name, data in members.items():
                            info = tarfile.TarInfo(name)
                            info.size, info.pax_headers = len(data or b""), change or {}
                            archive.addfile(info, io.BytesIO(data or b""))
                self.refuse(path, says)

    def test_bytes(self):
        whole = self.packed(self.members("")).read_bytes()
        path = self.tmp / "b.nemo"
        end = len(whole.rstrip(b"\0"))
        end += -end % 512
        for says, data in (("it ends without an end", whole[:end]), ("its end is missing", whole[:end] + bytes(512)), ("other bytes follow", whole + b"x"),
                           ("a member extends past", whole[:3000]), ("not a header", whole[:512] + b"x" + whole[513:]), ("other bytes follow", whole[:end] + bytes(2 << 20))):
            with self.subTest(says):
                path.write_bytes(data)
                self.refuse(path, says)
        path.write_bytes(whole[:end] + bytes(1024))
        self.convert(path, tensors())
        for at, field, says in ((512, b"-0000000001\0", "a size is not"), (512, b"\x80" + b"\xff" * 11, "a size is not"), (512, b"\xff" * 12, "a size is not"),
                                (512, b"\x80\0\0\0\x7f" + b"\xff" * 7, "a member extends past"), (512, b"77777777777\0", "a member extends past"),
                                (0, b"00000000001\0", "a folder has bytes")):
            with self.subTest(field):
                changed = bytearray(whole)
                changed[at + 124:at + 136] = field
                changed[at + 148:at + 156] = b" " * 8
                changed[at + 148:at + 156] = b"%06o\0 " % sum(changed[at:at + 512])
                path.write_bytes(changed)
                self.refuse(path, says)
        shutil.copy(__file__, path)
        self.assertNotEqual(self.run_fmtconv("-r", "nemo", "-t", "none", path, self.tmp / "n.safetensors", status=1).stderr, "")


if __name__ == "__main__":
    unittest.main()
