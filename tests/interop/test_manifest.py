# SPDX-License-Identifier: Apache-2.0
"""Manifests: sha256sum reads them and agrees; they are published, replaced and removed with the files that they list."""
# Plugins: diffusers gguf safetensors torch
# Marks: data

import hashlib
import json
import subprocess
import unittest

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


if __name__ == "__main__":
    unittest.main()
