# SPDX-License-Identifier: Apache-2.0
"""Archives of NeMo as Python's tarfile and tar write them: the weights are those in them, and malformed archives are refused."""
# Plugins: safetensors torch dcp nemo

import io
import shutil
import subprocess
import tarfile
import unittest

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

    def test_other_weights(self):
        for members, says in (({"model_config.yaml": b"a: 1\n"}, "neither model_weights.ckpt nor"), ({"model_config.yaml": b"a: 1\n", "mp_rank_00/model_weights.ckpt": b""}, "model-parallel ranks"),
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
