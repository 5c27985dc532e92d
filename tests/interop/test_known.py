# SPDX-License-Identifier: Apache-2.0
"""Files of known formats that no reader reads: named as what they are, with a next step that works."""
# Plugins: diffusers safetensors torch
# Marks: data

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import unittest
import zipfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from support import Case

ELSEWHERE = "which no installed reader reads"


class Known(Case):
    def refuse(self, path, what, *words, arguments=()):
        """What fmtconv says of it, by convert, inspect and diff; returns the hint."""
        good = self.tmp / "good.safetensors"
        save_file({"a": torch.ones(1)}, good)
        out = self.tmp / "refused.safetensors"
        for command in ([*arguments, path, out], ["inspect", path], ["diff", good, path]):
            said = self.run_fmtconv(*command, status=2 if command[0] == "diff" else 1).stderr
            self.assertIn(what, said)
            self.assertIn(f"{path}: ", said)
            self.assertNotIn("begins with", said)
            self.assertNotIn("installed readers", said)
            for word in words:
                self.assertIn(word, said)
        self.assertFalse(out.exists())
        return re.search(r"\(hint: (.*)\)\n", said).group(1)

    def follow(self, hint, mark):
        """Types the command of a hint, from the mark on."""
        command = hint[hint.index(mark):].split(", then ")[0]
        work = self.tmp / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        (self.tmp / "bin").mkdir(exist_ok=True)
        python = self.tmp / "bin" / "python"
        python.write_text(f"#!/bin/sh\nexec {sys.executable} -W ignore \"$@\"\n")
        python.chmod(0o755)
        subprocess.run(["sh", "-ec", command], cwd=work, check=True, capture_output=True,
                       env={**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"})
        return work

    def converted(self, source):
        out = self.tmp / "converted.safetensors"
        self.run_fmtconv("-f", "-t", "none", source, out)
        return load_file(out)

    def state(self, name="model.safetensors"):
        state, path = {"w": torch.arange(6.0).reshape(2, 3)}, self.tmp / name
        (save_file if name.endswith("safetensors") else torch.save)(state, path)
        return state, path

    # ---- Archives

    def test_tar(self):
        state, path = self.state()
        for name, mode in (("a.tar", "w"), ("a.tar.gz", "w:gz"), ("a b.tgz", "w:gz"), ("wrong.pt", "w"), ("wrong.safetensors", "w")):
            with self.subTest(name=name):
                file = self.tmp / "files" / name
                file.parent.mkdir(exist_ok=True)
                with tarfile.open(file, mode) as archive:
                    archive.add(path, path.name)
                hint = self.refuse(file, "tar archive, " + ELSEWHERE)
                work = self.follow(hint, "mkdir")
                self.assert_same(self.converted(work / "unpacked" / path.name), state)

    def test_old_torch(self):
        """torch.load still reads the format from before torch 0.1.10: a tensor of 2 elements, packed by hand."""
        members = {"sys_info": pickle.dumps({"protocol_version": 1000, "little_endian": True}, 2),
                   "pickle": b"\x80\x02}X\x01\x00\x00\x00wK\x07Qs.",
                   "tensors": pickle.dumps(1, 2)
                   + b"\x80\x02(K\x07K\x08ctorch\nFloatTensor\nt."
                   + struct.pack("<i4xqqq", 1, 2, 1, 0),
                   "storages": pickle.dumps(1, 2)
                   + b"\x80\x02(K\x08X\x03\x00\x00\x00cpuctorch\nFloatStorage\nt."
                   + struct.pack("<q2f", 2, 1, 2) + pickle.dumps([], 2)}
        file = self.tmp / "old.pt"
        with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        wanted = torch.load(file, weights_only=False)
        self.assert_same(wanted, {"w": torch.tensor([1.0, 2.0])})
        work = self.follow(self.refuse(file, "a checkpoint of torch before 0.1.10"), "python")
        self.assert_same(self.converted(work / "model.pt"), wanted)

    def test_nemo(self):
        state, path = self.state("model_weights.ckpt")
        file = self.tmp / "m.nemo"
        with tarfile.open(file, "w:gz") as archive:
            archive.add(__file__, "./model_config.yaml")
            archive.add(path, "./model_weights.ckpt")
        hint = self.refuse(file, "a compressed NeMo archive, " + ELSEWHERE, "then give unpacked")
        work = self.follow(hint, "mkdir")
        self.assert_same(self.converted(work / "unpacked/model_weights.ckpt"), state)

    def test_compressed(self):
        state, path = self.state()
        data = path.read_bytes()
        for name, packed, program in (("gzip", gzip.compress(data), "gzip"), ("bzip2", bz2.compress(data), "bzip2"),
                                      ("xz", lzma.compress(data), "xz")):
            for suffix in (".safetensors", "." + name, ".bin", ""):
                with self.subTest(name=name, suffix=suffix):
                    file = self.tmp / f"x-{name}{suffix}"
                    file.write_bytes(packed)
                    hint = self.refuse(file, f"a file compressed with {name}, " + ELSEWHERE)
                    if shutil.which(program):
                        self.assert_same(self.converted(self.follow(hint, program) / "unpacked"), state)

    def test_magic(self):
        """By hand: what no program here writes."""
        for data, what in ((b"7z\xbc\xaf\x27\x1c", "a 7z archive"), (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
                           (b"\x28\xb5\x2f\xfd", "compressed with zstd"), (b"\x04\x22\x4d\x18", "compressed with lz4"),
                           (b"\x89HDF\r\n\x1a\n", "an HDF5 file"), (b"\0\0\0\0TFL3", "a TensorFlow Lite model"),
                           (b"lmgg", "a GGML file from before GGUF"), (b"tjgg", "a GGML file"), (b"\0\0\0\0ET12", "an ExecuTorch program"),
                           (b"ftrt", "a TensorRT engine"), (b"%PDF-1.7", "a PDF document"), (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
                           (b"\x08\x07\x12\x07pytorch", "an ONNX model")):
            for name in ("x", "x.safetensors", "x.pt"):
                file = self.tmp / name
                file.write_bytes(data + bytes(300))
                self.refuse(file, what)

    def test_zip(self):
        file = self.tmp / "x.zip"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a/b.txt", "text")
        self.refuse(file, "a zip archive without a checkpoint of torch in it", "unzip")

    # ---- Formats of weights

    def test_numpy(self):
        arrays = {"w": numpy.arange(6.0), "b.c": numpy.ones((2, 3), numpy.float16)}
        for name in ("a.npz", "a.pt", "a"):
            for save in (numpy.savez, numpy.savez_compressed):
                file = self.tmp / name
                with file.open("wb") as f:
                    save(f, **arrays)
                work = self.follow(self.refuse(file, "a NumPy archive (.npz)"), "python")
                self.assert_same(self.converted(work / "model.safetensors"), {k: torch.from_numpy(a) for k, a in arrays.items()})
        numpy.save(self.tmp / "a.npy", arrays["w"])
        work = self.follow(self.refuse(self.tmp / "a.npy", "a NumPy array"), "python")
        self.assert_same(self.converted(work / "model.safetensors"), {"array": torch.arange(6.0, dtype=torch.float64)})

    def test_torch_programs(self):
        model, script, exported = torch.nn.Linear(2, 3), self.tmp / "script.pt", self.tmp / "x.pt2"
        torch.jit.save(torch.jit.script(model), script)
        for command in (["inspect", script], [script, self.tmp / "o.safetensors"]):
            said = self.run_fmtconv(*command, status=1).stderr
            self.assertIn("a TorchScript program", said)
            self.assertIn("torch.jit.load", said)
        torch.export.save(torch.export.export(model, (torch.ones(1, 2),)), exported)
        work = self.follow(self.refuse(exported, "a program of torch.export"), "python")
        self.assert_same(self.converted(work / "model.pt"), dict(model.state_dict()))
        named = self.tmp / "export.pt"
        shutil.copy(exported, named)
        self.refuse(named, "a program of torch.export")

    def test_tensorflow(self):
        index = self.tmp / "model.ckpt.index"
        index.write_bytes(bytes(40) + bytes.fromhex("57fb808b247547db"))
        self.refuse(index, "the index of a TensorFlow checkpoint", "tf.train.load_checkpoint")
        data = self.tmp / "model.ckpt.data-00000-of-00001"
        data.write_bytes(bytes(40))
        self.refuse(data, "the data of a TensorFlow checkpoint")
        folder = self.tmp / "saved"
        (folder / "variables").mkdir(parents=True)
        (folder / "saved_model.pb").write_bytes(b"\x08\x01\x12\x00")
        self.refuse(folder, "a TensorFlow SavedModel", "tf.saved_model.load")
        self.refuse(folder / "saved_model.pb", "a TensorFlow SavedModel")
        both = self.tmp / "both"
        both.mkdir()
        for file in (index, data):
            file.rename(both / file.name)
        self.refuse(both, "a folder of a TensorFlow checkpoint")

    def test_names(self):
        """What has no magic."""
        for name, data, what in (("flax_model.msgpack", b"\x81\xa1a\x01", "a Flax model"), ("model.onnx", b"\x08\x07\x3a\x00", "an ONNX model"),
                                 ("config.json", b'{"a": 1}', "a JSON text, not weights"), ("x.gguf.part", b"abc", "an unfinished download")):
            file = self.tmp / name
            file.write_bytes(data)
            self.refuse(file, what)
        for name, what in (("flax_model.msgpack", "a Flax model"), ("tf_model.h5", "a TensorFlow model of transformers")):
            folder = self.tmp / name.replace(".", "-")
            folder.mkdir()
            (folder / name).write_bytes(b"\x81")
            (folder / "config.json").write_text("{}")
            self.refuse(folder, what, "from_")

    def test_pickles(self):
        """Objects of scikit-learn, as pickle writes them."""
        file = self.tmp / "model.pkl"
        name = "sklearn.linear_model._base"
        file.write_bytes(b"\x80\x04\x8c" + struct.pack("B", len(name)) + name.encode() + b"\x8c\x10LinearRegression\x93)\x81.")
        self.refuse(file, "an object of scikit-learn", "joblib.load")
        file.write_bytes(pickle.dumps({"w": 1}))
        self.assertNotIn("scikit", self.run_fmtconv("inspect", file, status=1).stderr)

    # ---- What stands in for a file

    def test_placeholders(self):
        for data, what in ((b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"),
                           (b"\n\n<!DOCTYPE html><html></html>", "a web page"), (b"\xef\xbb\xbf<html>", "a web page"),
                           (b"Entry not found", "an error message of a server"),
                           (b'{"error":"Invalid credentials in Authorization header"}', "an error message of a server"),
                           (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "an error message of a server")):
            for name in ("x.safetensors", "x.bin", "x"):
                file = self.tmp / name
                file.write_bytes(data)
                self.refuse(file, f"{what}, not a checkpoint")
                self.refuse(file, f"{what}, not a checkpoint", arguments=("-r", "safetensors"))

    # ---- What is not known, and what must not be caught

    def test_unknown(self):
        file = self.tmp / "x"
        file.write_bytes(b"quite unknown")
        said = self.run_fmtconv("inspect", file, status=1).stderr
        self.assertIn("begins with 71 75 69 74 65", said)
        self.assertIn("-r torch", said)

    def test_folder(self):
        """An unknown folder with a file that can be read."""
        folder = self.tmp / "folder"
        folder.mkdir()
        save_file({"a": torch.ones(1)}, folder / "mine.safetensors")
        said = self.run_fmtconv("inspect", folder, status=1).stderr
        self.assertIn("no installed reader recognizes this folder", said)
        self.assertIn("give a file in it, such as 'mine.safetensors'", said)

    def test_not_caught(self):
        """Checkpoints with odd names and odd company are read."""
        state = {"sklearn.weight": torch.ones(2), ".npy": torch.ones(1), "constants.pkl": torch.ones(1)}
        for name in ("x.tar", "x.npz", "x.json", "x.part"):
            torch.save(state, self.tmp / name)
            self.assert_same(self.converted(self.tmp / name), state)
            torch.save(state, self.tmp / name, _use_new_zipfile_serialization=False)
            self.assert_same(self.converted(self.tmp / name), state)
            save_file(state, self.tmp / name)
            self.assert_same(self.converted(self.tmp / name), state)
        torch.save({"state_dict": {"w": torch.ones(2)}, "hparams": {"p": "/archive_format"}}, self.tmp / "x.pt")
        self.assert_same(self.converted(self.tmp / "x.pt"), {"w": torch.ones(2)})
        folder = self.tmp / "folder"
        folder.mkdir()
        save_file(state, folder / "model.safetensors")
        for name in ("flax_model.msgpack", "tf_model.h5", "model.onnx", "saved_model.pb", "checkpoint-1", "zero_to_fp32.py"):
            (folder / name).write_bytes(b"")
        (folder / "config.json").write_text(json.dumps({"model_type": "x"}))
        self.assert_same(self.converted(folder), state)

    def test_order_of_a_zip(self):
        """An archive of torch that was packed again in another order, with so many records that none is seen."""
        state = {f"{n:04}": torch.full((2,), float(n)) for n in range(300)}
        torch.save(state, self.tmp / "x.pt")
        with zipfile.ZipFile(self.tmp / "x.pt") as source, zipfile.ZipFile(self.tmp / "again.pt", "w") as target:
            names = source.namelist()
            middle = len(names) // 2
            names = [n for n in names if not n.endswith("/data.pkl")]
            names.insert(middle, next(n for n in source.namelist() if n.endswith("/data.pkl")))
            for name in names:
                target.writestr(zipfile.ZipInfo(name), source.read(name))
        self.assert_same(self.converted(self.tmp / "again.pt"), state)


if __name__ == "__main__":
    unittest.main()
