"""verify: finds defects of files alone, differences from a conversion, and every flipped bit.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program; FLIP: tests/cli/flip.
"""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

FMTCONV = os.environ["FMTCONV"]
FLIP = os.environ["FLIP"]
FLIPS = 200  # of each output
OUTPUTS = {"one.safetensors": "safetensors", "shards.safetensors": "safetensors:max-shard-size=600", "x.gguf": "gguf:architecture=x",
           "y.pt": "torch", "folder": "diffusers"}


def write_model(path, n=5, value=1.0):
    """A safetensors file with metadata, in which every byte counts."""
    names = [f"layer.{i}.weight" for i in range(n)]
    header = json.dumps({"__metadata__": {"format": "pt"}} | {
        name: {"dtype": "F32", "shape": [8, 8], "data_offsets": [256 * i, 256 * i + 256]} for i, name in enumerate(names)}).encode()
    data = b"".join(struct.pack("<64f", *(value + i + k / 64 for k in range(64))) for i in range(n))
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)


def flip(path, at, bit=0):
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    path.write_bytes(content)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="fmtconv-verify-")
        self.addCleanup(folder.cleanup)
        self.tmp = Path(folder.name)
        self.input = self.tmp / "in.safetensors"
        self.out = self.tmp / "out"
        self.out.mkdir()
        write_model(self.input)

    def run_fmtconv(self, *arguments, status=0):
        result = subprocess.run([FMTCONV, *map(str, arguments)], capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stdout}\n{result.stderr}")
        return result

    def convert(self, name, *more):
        """Returns the output of that name; a folder gets a configuration, so that there are files of all kinds."""
        path = self.out / name
        source = self.input
        if name == "folder":
            source = self.tmp / "source"
            source.mkdir(exist_ok=True)
            shutil.copy(self.input, source / "diffusion_pytorch_model.safetensors")
            (source / "config.json").write_text('{"_class_name": "Thing", "heads": 3}')
        self.run_fmtconv("-q", "-t", "none", "-w", OUTPUTS[name], *more, source, path)
        return source, path

    def verify(self, *arguments, defects=None):
        """Returns the report; defects: parts of each expected line, in order."""
        expected = defects or []
        result = self.run_fmtconv("verify", "--json", *arguments, status=1 if expected else 0)
        report = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual(report["event"], "verify")
        self.assertEqual(report["fine"], not expected)
        found = [" ".join(str(v) for v in d.values() if v is not None) for d in report["defects"]]
        self.assertEqual(len(found), len(expected), found)
        for line, parts in zip(found, expected):
            for part in parts:
                self.assertIn(part, line)
        return report


class Alone(Case):
    def test_all_writers(self):
        for name, writer in OUTPUTS.items():
            _, path = self.convert(name, "--manifest")
            report = self.verify(path)
            self.assertEqual((report["reader"], report["tensors"]), (writer.split(":")[0], 5))
            files = sum(1 for p in path.rglob("*") if p.is_file()) - 1 if path.is_dir() else 1
            listed = 3 if name.startswith("shards") else files
            self.assertEqual([m["files"] for m in report["manifests"]], [4 if name.startswith("shards") else files], name)
            self.assertGreaterEqual(report["files"], listed, name)

    def test_little(self):
        """What is written of a model without configuration or tensors is fine, or nothing is written."""
        self.run_fmtconv("-q", self.input, f"{self.out / 'folder'}/")
        self.assertFalse((self.out / "folder/config.json").exists())
        self.verify(self.out / "folder")
        write_model(self.input, n=0)
        self.run_fmtconv("-q", self.input, self.out / "x.safetensors")
        self.verify(self.out / "x.safetensors")
        refused = self.run_fmtconv(self.input, self.out / "x.pt", status=1)
        self.assertIn("nothing to write: the model has no tensors", refused.stderr)
        self.assertFalse((self.out / "x.pt").exists())

    def test_form(self):
        _, path = self.convert("one.safetensors")
        path.write_bytes(path.read_bytes()[:-1])
        self.verify(path, defects=[["one.safetensors", "layer.4.weight"]])

    def test_checksums_of_an_archive(self):
        """Also of members that no reader needs."""
        _, path = self.convert("y.pt")
        with zipfile.ZipFile(path) as archive:
            members = {i.filename: i for i in archive.infolist()}
        for name in members:
            info = members[name]
            if not info.file_size:
                continue
            content = path.read_bytes()
            at = info.header_offset + 30 + struct.unpack_from("<HH", content, info.header_offset + 26)[0]
            at += struct.unpack_from("<HH", content, info.header_offset + 26)[1]
            flip(path, at + info.file_size - 1)
            result = self.run_fmtconv("verify", path, status=1)
            self.assertIn(" at byte " if "data.pkl" in name and "checksum" not in result.stdout else "checksum", result.stdout, name)
            path.write_bytes(content)

    def test_compressed_member(self):
        """One that no reader needs is inflated, compared, and not kept."""
        _, path = self.convert("y.pt")
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            prefix = archive.namelist()[0].split("/")[0]
            archive.writestr(f"{prefix}/notes", b"0" * (20 << 20))
            at = archive.getinfo(f"{prefix}/notes").header_offset
        report = self.verify(path)
        self.assertEqual((report["files"], report["bytes"]), (1, path.stat().st_size))
        content = bytearray(path.read_bytes())
        for i in (at + 14, content.rindex(b"PK\1\2") + 16):
            content[i] ^= 1
        path.write_bytes(content)
        self.verify(path, defects=[["notes", "checksum"]])

    def test_unsupported(self):
        """What a recognized format allows, but is not supported, does not hide other defects."""
        _, path = self.convert("y.pt", "--manifest")
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        flip(path, path.read_bytes().rindex(b"PK\5\6") + 4)
        self.verify(path, defects=[["split over several disks"], ["SHA-256"]])

    def test_manifest_of_shards(self):
        """It is found by the name of the output, of the index and of each shard."""
        self.convert("shards.safetensors", "--manifest")
        self.run_fmtconv("-q", "--manifest", "-t", "none", "-w", "gguf:architecture=x,split-max-size=600", self.input, self.out / "x.gguf")
        splits = sorted(p.name for p in self.out.glob("x-*-of-*.gguf"))
        self.assertGreater(len(splits), 1)
        for name in "shards.safetensors", "shards.safetensors.index.json", splits[0]:
            manifests = self.verify(self.out / name)["manifests"]
            self.assertEqual([m["files"] for m in manifests], [len(splits) if name == splits[0] else 4], name)
        flip(self.out / splits[1], 500)
        self.run_fmtconv("verify", self.out / splits[0], status=1)

    def test_index(self):
        self.convert("shards.safetensors")
        index = self.out / "shards.safetensors.index.json"
        original = index.read_text()
        content = json.loads(original)
        name = next(iter(content["weight_map"]))
        del content["weight_map"][name]
        index.write_text(json.dumps(content))
        self.verify(index, defects=[[name]])
        index.write_text(original)
        (self.out / "shards-00002-of-00003.safetensors").unlink()
        self.verify(index, defects=[["shards-00002-of-00003.safetensors"]])

    def test_configurations(self):
        _, path = self.convert("folder")
        (path / "tokenizer").mkdir()
        broken = path / "tokenizer" / "vocab.json"
        broken.write_text('{"a": 1, "b": }')
        self.verify(path, defects=[["tokenizer/vocab.json", "15"]])
        broken.write_text('[{"a": 1}, 2, ]')
        self.verify(path, defects=[["tokenizer/vocab.json", "15"]])
        for text in '{"a": 1}', '[{"a": 1}, 2]', "[]", "{}", '"text"', "5", "null":
            broken.write_text(text)
            self.verify(path)
        for number in "NaN", "Infinity", "-Infinity":
            broken.write_text(json.dumps({"a": float(number), "b": 1}))
            self.verify(path, defects=[["tokenizer/vocab.json", "JSON has no NaN"]])

    def test_leftovers(self):
        _, path = self.convert("folder")
        left = path / ".config.json.fmtconv-0123abcd.tmp"
        left.write_text("x")
        self.verify(path, defects=[[left.name, "interrupted"]])
        left.unlink()
        (path / "part").mkdir()
        left = path / "part" / left.name
        left.write_text("x")
        self.verify(path, defects=[[f"part/{left.name}", "interrupted"]])
        left.unlink()
        left = self.out / ".folder.fmtconv-0123abcd.tmp"
        left.mkdir()
        self.verify(path, defects=[[left.name, "interrupted"]])
        left.rmdir()
        _, path = self.convert("x.gguf")
        (self.out / ".x.gguf.fmtconv-0123abcd.tmp").write_text("x")
        (self.out / ".other.gguf.fmtconv-0123abcd.tmp").write_text("x")
        self.verify(path, defects=[[".x.gguf.fmtconv-0123abcd.tmp", "interrupted"]])

    def test_leftovers_of_shards(self):
        """A temporary has the name of its file, which is not that of the output."""
        source, path = self.convert("shards.safetensors", "--manifest")
        others = self.out / ".shard-00001-of-00003.safetensors.fmtconv-0123abcd.tmp"
        others.write_text("x")
        for name in "shards-00001-of-00003.safetensors", "shards.safetensors.index.json", "shards.safetensors.sha256":
            left = self.out / f".{name}.fmtconv-0123abcd.tmp"
            left.write_text("x")
            for arguments in ([path], [f"{path}.index.json"], ["--against", source, "-t", "none", "-w", OUTPUTS["shards.safetensors"], path]):
                self.verify(*arguments, defects=[[left.name, "interrupted"]])
            left.unlink()

    @unittest.skipIf(os.geteuid() == 0, "root lists every folder")
    def test_folder_that_cannot_be_listed(self):
        _, path = self.convert("folder")
        (path / "part").mkdir(mode=0)
        self.run_fmtconv("verify", path, status=2)

    def test_manifest(self):
        _, path = self.convert("one.safetensors", "--manifest")
        sums = self.out / "one.safetensors.sha256"
        line = sums.read_text()
        tagged = f"SHA256 (one.safetensors) = {line[:64]}\n"
        flip(path, path.stat().st_size - 1)
        self.verify(path, defects=[["one.safetensors", "SHA-256"]])
        flip(path, path.stat().st_size - 1)
        for text, expected in ((line + "nonsense\n", [["nonsense"[:0], "line of sha256sum"]]),
                               (line + line.replace("one", "two"), [["two.safetensors", "missing"]]),
                               (line + line.replace("one", "../out/one"), [["not in the folder"]]),
                               (line.replace("  ", " *").upper().replace("ONE.SAFETENSORS", "one.safetensors"), None),
                               ("# comment\n" + line, None), (line.replace("\n", "\r\n"), None), (tagged, None),
                               (line + "\n" * 5000, [["line of sha256sum"]] * 1000 + [["no other is checked"]]),
                               (line + tagged, [["earlier line"]]), (line + f"{'0' * 64}  {'n' * 300}\n", [["missing"]]),
                               ("# nothing\n", [["one.safetensors", "does not list it"]]),
                               ("", [["line of sha256sum"], ["does not list it"]]),
                               (line.rstrip("\n"), [["line of sha256sum"], ["not list it"]]),
                               (line.replace("\n", "\0\n"), [["line of sha256sum"], ["not list it"]])):
            sums.write_text(text)
            self.verify(path, defects=expected)
        sums.unlink()
        self.assertEqual(self.verify(path)["manifests"], [])
        self.verify("--manifest", path, defects=[["one.safetensors.sha256", "missing"]])
        self.verify("--manifest=other", path, defects=[["other", "missing"]])

    def test_trouble(self):
        self.run_fmtconv("verify", self.out / "absent", status=2)
        self.run_fmtconv("verify", status=2)
        self.run_fmtconv("verify", "--dtype", "f16", self.input, status=2)
        (self.out / "text.txt").write_text("hello")
        self.run_fmtconv("verify", self.out / "text.txt", status=2)
        self.run_fmtconv("verify", "-r", "nonsense", self.input, status=2)


class Against(Case):
    def test_all_writers(self):
        for name, writer in OUTPUTS.items():
            source, path = self.convert(name, "--manifest")
            report = self.verify("--against", source, "-t", "none", "-w", writer, path)
            self.assertEqual(report["tensors"], 5)
            self.assertEqual(len(report["manifests"]), 1)
            report = self.verify("--against", source, "-t", "none", "-w", writer, "--manifest", path)
            self.assertEqual(report["bytes"], sum(p.stat().st_size for p in self.out.rglob("*") if p.is_file()))
            shutil.rmtree(self.out)
            self.out.mkdir()

    def test_differences(self):
        source, path = self.convert("one.safetensors")
        arguments = ("--against", source, "-t", "none", path)
        size = path.stat().st_size
        flip(path, size - 1)
        flip(path, size - 256)
        flip(path, 3)
        self.verify(*arguments, defects=[["one.safetensors 3 ", "1 byte differs"], [f"{size - 256} layer.4.weight", "2 bytes differ"]])
        path.write_bytes(path.read_bytes()[:-1])
        self.verify(*arguments, defects=[[f"{size - 1} bytes", str(size)], [" 3 "], ["layer.4.weight"]])
        path.unlink()
        self.verify(*arguments, defects=[["one.safetensors", "missing"]])

    def test_what_the_conversion_refuses(self):
        path = self.out / "x.gguf"
        arguments = ("-t", "quantize:to=q8_0,rule=*=q8_0", "-w", "gguf:architecture=x")
        header = json.dumps({"layer.0.weight": {"dtype": "F32", "shape": [2, 32], "data_offsets": [0, 256]}}).encode()
        self.input.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<64f", *range(64)))
        self.run_fmtconv("-q", *arguments, self.input, path)
        self.run_fmtconv("verify", "--against", self.input, *arguments, path)
        self.input.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<64f", float("nan"), *range(1, 64)))
        result = self.run_fmtconv("verify", "--against", self.input, *arguments, path, status=2)
        self.assertIn("NaN", result.stderr)

    def test_options(self):
        path = self.out / "half.safetensors"
        self.run_fmtconv("-q", "--dtype", "f16", self.input, path)
        self.verify("--against", self.input, "--dtype", "f16", path)
        self.run_fmtconv("verify", "-q", "--against", self.input, path, status=1)
        write_model(self.input, value=2.0)
        self.run_fmtconv("verify", "-q", "--against", self.input, "--dtype", "f16", path, status=1)

    def test_shards(self):
        source, path = self.convert("shards.safetensors")
        arguments = ("--against", source, "-t", "none", "-w", OUTPUTS["shards.safetensors"], path)
        shutil.copy(self.input, self.out / "shards-00001-of-00009.safetensors")
        self.verify(*arguments, defects=[["shards-00001-of-00009.safetensors", "older"]])
        (self.out / "shards-00001-of-00009.safetensors").unlink()
        (self.out / "shards-00002-of-00003.safetensors").unlink()
        self.verify(*arguments, defects=[["shards-00002-of-00003.safetensors", "missing"]])

    def test_spec(self):
        spec = self.tmp / "two.yaml"
        spec.write_text('fmtconv: 1\nread: "${input}"\ntransform: none\nwrite:\n  - safetensors: {path: out/a.safetensors}\n'
                        "  - {torch: {path: out/b.pt}, transform: [{cast: {to: f16}}]}\n")
        self.run_fmtconv("-q", "-p", spec, self.input)
        report = self.verify("-p", spec, "--against", self.input)
        self.assertEqual((report["files"], len(report["outputs"])), (2, 2))
        flip(self.out / "b.pt", 700)
        result = self.run_fmtconv("verify", "-p", spec, "--against", self.input, status=1)
        self.assertIn("b.pt: at byte 0x2bc: ", result.stdout)

    def test_nothing_is_written(self):
        source, path = self.convert("folder")
        before = {p: p.stat().st_mtime_ns for p in self.tmp.rglob("*")}
        self.verify("--against", source, "-t", "none", "-w", "diffusers", path)
        shutil.rmtree(path)
        self.run_fmtconv("verify", "-q", "--against", source, "-t", "none", "-w", "diffusers", path, status=1)
        after = {p: p.stat().st_mtime_ns for p in self.tmp.rglob("*")}
        self.assertEqual(after, {p: t for p, t in before.items() if p in after and p != self.out} | {self.out: after[self.out]})

    def test_threads_and_memory(self):
        source, path = self.convert("one.safetensors", "--dtype", "bf16")
        for more in (), ("-j1",), ("-j8", "--memory", "1M"):
            self.verify("--against", source, "-t", "none", "--dtype", "bf16", *more, path)


class Flips(Case):
    def test_every_flip_is_found(self):
        """1000 flips in outputs of all writers, by a comparison with the input, and by the manifest."""
        found = {"against": 0, "manifest": 0}
        for seed, (name, writer) in enumerate(OUTPUTS.items()):
            source, path = self.convert(name, "--manifest")
            stem = name.split(".", maxsplit=1)[0]
            files = sorted(p for p in (path.rglob("*") if path.is_dir() else self.out.glob(f"{stem}*"))
                           if p.is_file() and "SHA256" not in p.name and p.suffix != ".sha256")
            for way, first in ("against", source), ("manifest", "-"):
                result = subprocess.run([FLIP, str(FLIPS), str(seed + 1), first, writer, path, *files], capture_output=True,
                                        text=True, check=False)
                self.assertEqual(result.returncode, 0, (name, way, result.stdout, result.stderr))
                found[way] += int(result.stdout)
        self.assertEqual(found, {"against": FLIPS * len(OUTPUTS), "manifest": FLIPS * len(OUTPUTS)})


if __name__ == "__main__":
    unittest.main()
