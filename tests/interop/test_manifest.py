# SPDX-License-Identifier: Apache-2.0
"""Manifests: sha256sum reads them and agrees; they are published, replaced and removed with the files that they list.
Provenance: safetensors and gguf read it, and it depends on the content of the input alone."""
# Plugins: cast diffusers gguf merge safetensors torch
# Marks: data

import hashlib
import json
import shutil
import subprocess
import unittest

import gguf
import safetensors
import torch
from support import Case, files


class Manifest(Case):
    def setUp(self):
        super().setUp()
        self.input = self.tmp / "in.pt"
        self.out = self.tmp / "out"
        self.out.mkdir()
        self.tensors = {f"layer.{i}.weight": torch.arange(64.0).reshape(8, 8) + i for i in range(5)}
        torch.save(self.tensors, self.input)

    def check(self, manifest, listed, folder=None):
        """sha256sum accepts the manifest, which lists exactly these files."""
        folder = folder or self.out
        result = subprocess.run(["sha256sum", "--strict", "-c", manifest], cwd=folder, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(result.stdout.splitlines(), [f"{name}: OK" for name in listed])

    def test_of_a_file(self):
        for name, writer in ("x.safetensors", "safetensors"), ("x.gguf", "gguf:architecture=x"), ("x.pt", "torch"):
            self.run_fmtconv("--manifest", "-w", writer, self.input, self.out / name)
            self.check(f"{name}.sha256", [name])
            line = (self.out / f"{name}.sha256").read_text()
            self.assertEqual(line, f"{hashlib.sha256((self.out / name).read_bytes()).hexdigest()}  {name}\n")

    def test_of_shards(self):
        self.run_fmtconv("--verify", "--manifest", "-t", "none", "-w", "safetensors:max-shard-size=600", self.input, self.out / "x.safetensors")
        names = [f"x-{i:05}-of-00003.safetensors" for i in (1, 2, 3)] + ["x.safetensors.index.json"]
        self.check("x.safetensors.sha256", names)

    def test_of_a_folder(self):
        folder = self.tmp / "model"
        self.run_fmtconv("--manifest", "--verify", "-w", "diffusers", self.input, f"{folder}/")
        listed = sorted(name for name in files(folder) if name != "SHA256SUMS")
        self.check("SHA256SUMS", listed, folder)

    def test_names_that_are_escaped(self):
        for i, name in enumerate(["a\\b.pt", "a\nb.pt", "a\rb.pt", "two  spaces.pt", "-c.pt", "é*[x].pt"]):
            self.run_fmtconv("--manifest=SUMS", "-w", "torch", self.input, f"{self.out}/{name}")
            result = subprocess.run(["sha256sum", "--strict", "-c", "SUMS"], cwd=self.out, capture_output=True)
            self.assertEqual(result.returncode, 0, (name, result))
            theirs = subprocess.run(["sha256sum", "--", name], cwd=self.out, capture_output=True, check=True).stdout
            self.assertEqual((self.out / "SUMS").read_bytes(), theirs, name)
            (self.out / "SUMS").unlink()

    def test_an_older_one_is_not_left(self):
        target = self.out / "x.safetensors"
        self.run_fmtconv("--manifest", self.input, target)
        refused = self.run_fmtconv(self.input, target, status=1)
        self.assertIn("already exists", refused.stderr)
        self.run_fmtconv("-f", self.input, target)
        self.assertEqual(list(files(self.out)), ["x.safetensors"])
        self.run_fmtconv("-f", "--manifest", self.input, target)
        self.run_fmtconv("-f", "--manifest", "--dtype", "f16", self.input, target)
        self.check("x.safetensors.sha256", ["x.safetensors"])
        self.run_fmtconv("-f", "--manifest=other", self.input, target)
        self.check("other", ["x.safetensors"])
        self.assertNotIn("x.safetensors.sha256", files(self.out))

    def test_those_of_others_are_kept(self):
        """A manifest that lists other files is not this output's, nor is a file of another form."""
        folder = self.tmp / "d"
        folder.mkdir()
        (folder / "mine.bin").write_bytes(b"mine")
        mine = f"{hashlib.sha256(b'mine').hexdigest()}  mine.bin\n"
        own = f"{'0' * 64}  diffusion_pytorch_model.safetensors\n"
        tagged = f"SHA256 (diffusion_pytorch_model.safetensors) = {'0' * 64}\n"
        for content, kept in ((mine, True), (own + mine, True), ("# notes\n" + own, True), ("0" * 64, True), ("", True), (own, False),
                              (own.replace("\n", "\r\n"), False), (tagged, False)):
            (folder / "SHA256SUMS").write_text(content)
            result = self.run_fmtconv("-f", "-t", "none", "-w", "diffusers", self.input, f"{folder}/")
            self.assertEqual("SHA256SUMS" in files(folder), kept, content)
            self.assertEqual("kept SHA256SUMS" in result.stderr, kept, content)
            if kept:
                self.assertEqual((folder / "SHA256SUMS").read_text(), content)
            self.assertEqual((folder / "mine.bin").read_bytes(), b"mine")
        sums = self.out / "x.safetensors.sha256"
        sums.write_text(mine)
        self.run_fmtconv(self.input, self.out / "x.safetensors")
        self.run_fmtconv("-f", self.input, self.out / "x.safetensors")
        self.assertEqual(sums.read_text(), mine)

    def test_replaces_manifests_only(self):
        script = self.out / "edit.py"
        script.write_text("print (1)\n")
        result = self.run_fmtconv("-f", "--manifest=edit.py", self.input, self.out / "x.safetensors", status=1)
        self.assertIn("not a manifest", result.stderr)
        self.assertEqual(files(self.out), {"edit.py": b"print (1)\n"})

    def test_all_or_nothing(self):
        target = self.out / "x.safetensors"
        (self.out / "x.safetensors.sha256").mkdir()
        self.run_fmtconv("-f", "--manifest", self.input, target, status=1)
        self.assertEqual(files(self.out), {})
        self.assert_clean(self.out)

    def test_names_that_are_refused(self):
        for name in "a/b", "../x", "x.safetensors", ".", "..":
            result = self.run_fmtconv(f"--manifest={name}", self.input, self.out / "x.safetensors", status=2)
            self.assertIn("manifest", result.stderr)
            self.assertEqual(files(self.out), {}, name)

    def test_report(self):
        result = self.run_fmtconv("--json", "--verify", "--manifest", self.input, self.out / "x.safetensors")
        report = json.loads(result.stdout.splitlines()[-1])
        size = sum(len(content) for content in files(self.out).values())
        self.assertEqual(report["checks"]["verified_files"], 2)
        self.assertEqual(report["checks"]["verified_bytes"], size)
        self.assertEqual([f["path"].split("/")[-1] for f in report["files"]], ["x.safetensors", "x.safetensors.sha256"])

    def test_of_several_outputs(self):
        spec = self.tmp / "two.yaml"
        spec.write_text('fmtconv: 1\nread: "${input}"\ntransform: none\nwrite:\n  - safetensors: {path: out/a.safetensors}\n'
                        "  - {torch: {path: out/b.pt}, transform: [{cast: {to: f16}}]}\n")
        self.run_fmtconv("--manifest", "-p", spec, self.input)
        self.check("a.safetensors.sha256", ["a.safetensors"])
        self.check("b.pt.sha256", ["b.pt"])


class Provenance(Case):
    def setUp(self):
        super().setUp()
        self.input = self.tmp / "in.pt"
        self.tensors = {f"layer.{i}.weight": torch.arange(64.0).reshape(8, 8) + i for i in range(5)}
        torch.save(self.tensors, self.input)

    def metadata(self, path):
        with safetensors.safe_open(path, "pt") as f:
            return f.metadata()

    def line(self, path):
        return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"

    def check(self, metadata, chain, *sources):
        self.assertRegex(metadata["fmtconv_version"], r"^\d+\.\d+\.\d+$")
        self.assertEqual(metadata["fmtconv_chain"], chain)
        self.assertRegex(metadata["fmtconv_plan"], r"^[0-9a-f]{64}$")
        self.assertEqual(json.loads(metadata["fmtconv_sources"]), sorted(self.line(s) for s in sources))

    def test_safetensors(self):
        out = self.tmp / "out.safetensors"
        self.run_fmtconv("--provenance", "--verify", "--dtype", "f16", self.input, out)
        self.check(self.metadata(out), "-r torch -t none -w safetensors --dtype f16", self.input)

    def test_gguf(self):
        out = self.tmp / "out.gguf"
        self.run_fmtconv("--provenance", "-t", "none", "-w", "gguf:architecture=x", self.input, out)
        fields = gguf.GGUFReader(out).fields
        found = {key: bytes(fields[f"fmtconv.metadata.{key}"].parts[-1]).decode()
                 for key in ("fmtconv_version", "fmtconv_chain", "fmtconv_plan", "fmtconv_sources")}
        self.check(found, "-r torch -t none -w gguf:architecture=x", self.input)

    def test_folder_and_merge(self):
        """Each file that was opened counts: configuration, index, shards, and the input of a transform."""
        folder = self.tmp / "model"
        self.run_fmtconv("-q", "-t", "none", "-w", "diffusers:max-shard-size=600", self.input, f"{folder}/")
        (folder / "config.json").write_text('{"_class_name": "Thing"}')
        out, other = self.tmp / "out.safetensors", self.tmp / "other.safetensors"
        self.run_fmtconv("-q", self.input, other)
        self.run_fmtconv("-q", "--provenance", "-t", f"merge:file={other},weight=0.5", folder, out)
        found = self.metadata(out)
        self.assertIn("-t merge:file=", found["fmtconv_chain"])
        self.assertEqual(json.loads(found["fmtconv_sources"]), sorted(self.line(p) for p in [other, *folder.iterdir()]))

    def test_same_bytes(self):
        """Elsewhere, later, with any number of threads."""
        first = self.tmp / "out.safetensors"
        self.run_fmtconv("-q", "--provenance", "-j1", "-t", "none", self.input, first)
        elsewhere = self.tmp / "elsewhere"
        elsewhere.mkdir()
        shutil.copy(self.input, elsewhere)
        self.run_fmtconv("-q", "--provenance", "-j4", "-t", "none", elsewhere / self.input.name, elsewhere / "out.safetensors")
        self.assertEqual(files(elsewhere)["out.safetensors"], first.read_bytes())
        self.run_fmtconv("verify", "--provenance", "--against", self.input, "-t", "none", first)
        self.run_fmtconv("verify", "--against", self.input, "-t", "none", first, status=1)
        plan = self.run_fmtconv("-n", "--provenance", "-t", "none", self.input, self.tmp / "plan.safetensors")
        self.assertIn(f"{first.stat().st_size / 1024:.1f} KiB", plan.stderr)

    def test_plan(self):
        """It changes with what tensors are computed from, not with their values, nor with the number of threads."""
        def plan(path, *options):
            out = self.tmp / "out.safetensors"
            self.run_fmtconv("-q", "-f", "--provenance", "-t", "none", *options, path, out)
            return self.metadata(out)["fmtconv_plan"]

        first = plan(self.input)
        other = self.tmp / "other"
        other.mkdir()
        torch.save({name: tensor + 1 for name, tensor in self.tensors.items()}, other / self.input.name)
        self.assertEqual(plan(other / self.input.name, "-j3"), first)
        torch.save({name: tensor.t() for name, tensor in self.tensors.items()}, other / self.input.name)
        self.assertEqual(len({first, plan(other / self.input.name), plan(self.input, "--dtype", "bf16")}), 3)

    def test_of_an_earlier_conversion(self):
        """It is removed, or replaced; other metadata stays."""
        first, second = self.tmp / "first.safetensors", self.tmp / "second.safetensors"
        self.run_fmtconv("-q", "--provenance", self.input, first)
        self.run_fmtconv("-q", "-f", first, second)
        self.assertEqual(self.metadata(second), {"format": "pt"})
        self.run_fmtconv("-q", "-f", "--provenance", "-t", "none", first, second)
        self.check(self.metadata(second), "-r safetensors -t none -w safetensors", first)


if __name__ == "__main__":
    unittest.main()
