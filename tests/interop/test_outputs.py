# SPDX-License-Identifier: Apache-2.0
"""Several outputs of one pass: each equals that of a separate run, the source is read once, and all or none are
published."""
# Plugins: cast cogvideox-transformer dequantize diffusers gguf prefix quantize safetensors sat torch transpose
# Marks: data

import json
import os
import subprocess
import unittest
import zipfile

import cogmake
import ggmlfile
import safetensors.torch
import torch
from oracle import Ggml
from support import FMTCONV, Case
from test_quantize import read, weights

GGUF = "gguf:architecture=test"
OUTPUTS = {"f16.safetensors": ("safetensors", "cast:to=f16"),
           "q8.gguf": (GGUF, "quantize:to=q8_0"),
           "q4.gguf": (GGUF, "quantize:to=q4_K")}
SPEC = """fmtconv: 1
read: "${input}"
transform: none
write:
  - safetensors: {path: f16.safetensors}
    transform: [{cast: {to: f16}}]
  - {gguf: {path: q8.gguf, architecture: test}, transform: [{quantize: {to: q8_0}}]}
  - {gguf: {path: q4.gguf, architecture: test}, transform: {quantize: {to: q4_K}}}
"""


def model(scale=1):
    """Matrices of several types: columns of one with gaps, a transposed one, small ones, a shared one."""
    wide = weights(64 * scale, 768, seed=1)
    tensors = {"a.weight": weights(300 * scale, 512, seed=2), "a.bias": weights(300, seed=3),
               "wide.left.weight": wide[:, :256], "wide.right.weight": wide[:, 256:], "turned.weight": weights(512, 256, seed=4).t(),
               "half.weight": weights(200, 256, dtype=torch.float16, seed=5),
               "brain.weight": weights(100, 256, dtype=torch.bfloat16, seed=6), "odd": weights(37, 41, seed=7),
               "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 256)}
    tensors["tied"] = tensors["half.weight"]
    tensors.update({f"small.{i}": weights(32, seed=10 + i) for i in range(200)})
    return tensors


class Outputs(Case):
    def setUp(self):
        super().setUp()
        self.spec = self.tmp / "three.yaml"
        self.spec.write_text(SPEC)

    def save(self, kind, tensors):
        path = self.tmp / f"in.{kind}"
        if kind == "pt":
            torch.save(tensors, path)
        else:
            safetensors.torch.save_file({n: t.contiguous().clone() for n, t in tensors.items()}, path)
        return path

    def together(self, source, *more, status=0):
        return self.run_fmtconv("-p", self.spec, *more, source, status=status)

    def alone(self, source):
        """Returns the bytes of each output of a separate run."""
        found = {}
        (self.tmp / "alone").mkdir(exist_ok=True)
        for name, (writer, transform) in OUTPUTS.items():
            path = self.tmp / "alone" / name
            self.run_fmtconv("-q", "-f", "-t", transform, "-w", writer, source, path)
            found[name] = path.read_bytes()
        return found

    def assert_written(self, wanted, what=""):
        for name, content in wanted.items():
            self.assertEqual((self.tmp / name).read_bytes(), content, f"{what} {name}")

    def assert_nothing(self):
        self.assertEqual([n for n in OUTPUTS if (self.tmp / n).exists()], [])
        self.assert_clean(self.tmp)

    def test_as_alone(self):
        """Byte for byte, whatever the threads and the memory; --verify reads all of them."""
        tensors = model()
        for kind in ("pt", "safetensors"):
            source = self.save(kind, tensors)
            wanted = self.alone(source)
            for more in ("-j1", "-j2", "-j8", "--memory=1M"), ("-j1",), ("-j8", "--memory=64M"), ("--verify",):
                with self.subTest(kind=kind, more=more):
                    said = self.together(source, "-f", *more).stderr
                    self.assert_written(wanted, more)
                    self.assertIn("3 outputs in one pass:", said)
                    if "--verify" in more:
                        self.assertIn(f"verified  {3 * len(tensors)} tensors", said)

    def test_reference_libraries(self):
        """The content read by safetensors, gguf-py and ggml equals torch's and ggml's results."""
        tensors, oracle = model(), Ggml()
        del tensors["scalar"]  # which gguf-py's arrays cannot show
        self.together(self.save("pt", tensors))
        self.assert_same(safetensors.torch.load_file(self.tmp / "f16.safetensors"),
                         {n: t.to(torch.float16) for n, t in tensors.items()})
        for name, dtype in ("q8.gguf", "q8_0"), ("q4.gguf", "q4_K"):
            self.assertIsNotNone(ggmlfile.read(self.tmp / name), name)
            found = read(self.tmp / name)
            for tensor in ("a.weight", "wide.right.weight", "turned.weight", "half.weight", "brain.weight"):
                self.assertEqual(found[tensor][0], dtype, tensor)
                wanted = oracle.quantize(dtype, tensors[tensor].contiguous())
                self.assertTrue(torch.equal(found[tensor][1].reshape(-1), wanted.reshape(-1)), f"{name} {tensor}")

    def kernel_reads(self, *arguments):
        """Bytes that a run asked the kernel for, as the kernel counted them."""
        process = subprocess.Popen([FMTCONV, *map(str, arguments)], stderr=subprocess.PIPE, text=True)
        said = process.stderr.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        try:
            with open(f"/proc/{process.pid}/io") as f:
                counted = dict(line.split(": ") for line in f)
        except OSError as e:
            process.wait()
            self.skipTest(f"the kernel does not tell: {e}")
        self.assertEqual(process.wait(), 0, said)
        return int(counted["rchar"])

    def test_reads_once(self):
        """Reads are counted by the kernel and by the program; reads other than of tensors are less than 1 MiB."""
        source = self.save("safetensors", {f"{i}.weight": weights(1024, 1024, seed=i) for i in range(6)})
        size, slack = source.stat().st_size, 1 << 20
        one = self.kernel_reads("-q", "-p", self.spec, source)
        self.assertGreaterEqual(one, size)
        self.assertLess(one, size + slack)
        three = sum(self.kernel_reads("-q", "-t", t, "-w", w, source, self.tmp / f"alone-{n}")
                    for n, (w, t) in OUTPUTS.items())
        self.assertGreaterEqual(three, 3 * size)
        report = json.loads(self.together(source, "-f", "--json").stdout.splitlines()[-1])
        self.assertEqual(report["bytes"]["fetched"], 6 * 4 * 1024 * 1024)
        self.assertEqual(report["bytes"]["read"], 6 * 4 * 1024 * 1024)
        self.assertEqual([(o["path"], o["written"]) for o in report["outputs"]],
                         [(str(self.tmp / n), (self.tmp / n).stat().st_size) for n in OUTPUTS])

    def test_checksums(self):
        """Checksums of a torch file are compared, once each; after a mismatch nothing is published, and older files
        stay."""
        source = self.save("pt", model())
        said = self.together(source).stderr
        with zipfile.ZipFile(source) as z:
            members = [i for i in z.infolist() if "/data/" in i.filename and i.file_size]
        self.assertIn(f"checked   {len(members)} checksums of the input, all correct", said)
        self.assertNotIn("unchecked", said)
        before = {n: (self.tmp / n).read_bytes() for n in OUTPUTS}
        content = bytearray(source.read_bytes())
        largest = max(members, key=lambda i: i.file_size)
        content[largest.header_offset + largest.file_size // 2] ^= 1
        source.write_bytes(content)
        self.assertIn("checksum mismatch", self.together(source, "-f", status=1).stderr)
        self.assert_written(before)
        for name in OUTPUTS:
            (self.tmp / name).unlink()
        self.together(source, status=1)
        self.assert_nothing()

    def test_all_or_none(self):
        """One that cannot be written keeps the others from appearing."""
        source = self.save("safetensors", {"a": weights(32, 256), "b": weights(2, 2, 2, 2, 2, 2)})
        self.assertIn("6", self.together(source, status=1).stderr)  # dimensions that GGUF does not have
        self.assert_nothing()
        source = self.save("safetensors", {"a": weights(32, 256)})
        (self.tmp / "q4.gguf").write_text("old")
        self.assertIn("q4.gguf: the output already exists", self.together(source, status=1).stderr)
        self.assertEqual((self.tmp / "q4.gguf").read_text(), "old")
        (self.tmp / "q4.gguf").unlink()
        self.assert_nothing()
        self.together(source, "--dry-run")
        self.assert_nothing()

    def test_recognized(self):
        """Absent parts are detected for all outputs; a folder next to a file; common steps come first."""
        m = cogmake.MODELS[0]
        source = self.tmp / "model.pt"
        torch.save({"module": cogmake.transformer(m)}, source)
        self.spec.write_text("""fmtconv: 1
read: "${input}"
write:
  - {diffusers: {path: folder}}
  - {safetensors: {path: one.safetensors}, transform: [{prefix: {add: x.}}, {cast: {to: bf16}}]}
""")
        self.together(source)
        self.run_fmtconv(source, f"{self.tmp}/alone/")
        self.run_fmtconv("-t", "cogvideox-transformer", "-t", "prefix:add=x.", "-t", "cast:to=bf16", source,
                         self.tmp / "alone.safetensors")
        self.assertEqual((self.tmp / "one.safetensors").read_bytes(), (self.tmp / "alone.safetensors").read_bytes())
        found, wanted = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
                         for f in (self.tmp / "folder", self.tmp / "alone"))
        self.assertEqual(found, wanted)
        self.assertGreater(len(found), 1)

    def test_of_a_spec(self):
        """A spec as the input is read once, too."""
        source = self.save("safetensors", {"a": weights(512, 512)})
        (self.tmp / "inner.yaml").write_text("fmtconv: 1\nread: in.safetensors\ntransform: {prefix: {add: x.}}\n")
        self.spec.write_text(SPEC.replace('read: "${input}"', "read: {spec: {path: inner.yaml}}"))
        report = json.loads(self.run_fmtconv("-p", self.spec, "--json").stdout.splitlines()[-1])
        self.assertEqual(report["bytes"]["fetched"], 4 * 512 * 512)
        self.run_fmtconv("-t", "prefix:add=x.", "-t", "quantize:to=q8_0", "-w", GGUF, source, self.tmp / "alone.gguf")
        self.assertEqual((self.tmp / "q8.gguf").read_bytes(), (self.tmp / "alone.gguf").read_bytes())

    def test_scaled(self):
        """Scales of two kinds are measured first; then the scaled tensors are written to three files."""
        source = self.save("pt", {f"{i}.weight": weights(300, 512, seed=i) for i in range(3)})
        kinds = ("tensor", "row")
        self.spec.write_text("fmtconv: 1\nread: in.pt\ntransform: none\nwrite:\n" + "".join(
            f"  - {{safetensors: {{path: {k}.safetensors}}, transform: [{{quantize: {{to: F8_E4M3, scale: {k}}}}}]}}\n"
            for k in kinds))
        said = self.run_fmtconv("-p", self.spec, "--memory=1M").stderr
        self.assertIn("3 checksums of the input, all correct", said)
        for kind in kinds:
            made, alone = self.tmp / f"{kind}.safetensors", self.tmp / "alone"
            self.run_fmtconv("-f", "-t", f"quantize:to=F8_E4M3,scale={kind}", "-w", "safetensors", source, alone)
            self.assertEqual(made.read_bytes(), alone.read_bytes(), kind)
            self.spec.write_text(SPEC.replace("transform: none", "transform: dequantize"))
            self.together(made, "-f", "--memory=1M")
            for name, (writer, transform) in OUTPUTS.items():
                self.run_fmtconv("-f", "-t", "dequantize", "-t", transform, "-w", writer, made, alone)
                self.assertEqual((self.tmp / name).read_bytes(), alone.read_bytes(), f"{kind} {name}")

    def test_another_order(self):
        """A matrix that one output transposes is read again, correctly."""
        tensors = {"a": weights(700, 513, seed=1), "b": weights(64, 512, seed=2)}
        source = self.save("safetensors", tensors)
        self.spec.write_text("""fmtconv: 1
read: "${input}"
transform: {prefix: {add: m.}}
write:
  - {safetensors: {path: turned.safetensors}, transform: [{transpose: {name: "*"}}]}
  - {safetensors: {path: plain.safetensors}}
  - {torch: {path: half.pt}, transform: [{cast: {to: f16}}]}
""")
        self.together(source, "--memory=1M")
        named = {f"m.{n}": t for n, t in tensors.items()}
        self.assert_same(safetensors.torch.load_file(self.tmp / "turned.safetensors"),
                         {n: t.t().contiguous() for n, t in named.items()})
        self.assert_same(safetensors.torch.load_file(self.tmp / "plain.safetensors"), named)
        self.assert_same(torch.load(self.tmp / "half.pt", weights_only=True), {n: t.half() for n, t in named.items()})


if __name__ == "__main__":
    unittest.main()
