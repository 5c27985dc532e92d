# SPDX-License-Identifier: Apache-2.0
"""Helpers of the interoperability tests: running fmtconv, temporary folders, bit comparison."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import torch

FMTCONV = os.environ["FMTCONV"]


class Case(unittest.TestCase):
    """A test with a separate folder and helpers to run the program."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tmp = Path(self.folder.name)

    def run_fmtconv(self, *arguments, status=0):
        result = subprocess.run([FMTCONV, *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(result.returncode, status, f"{arguments}\n{result.stdout}\n{result.stderr}")
        return result

    def assert_same(self, got, wanted, what=""):
        """Equal names, in order of names, data types, shapes and bits."""
        self.assertEqual(sorted(got), sorted(wanted), what)
        for name, w in wanted.items():
            g = got[name]
            self.assertEqual((g.dtype, tuple(g.shape)), (w.dtype, tuple(w.shape)), f"{what} {name}")
            self.assertTrue(torch.equal(bits(g), bits(w)), f"{what} {name}: bits differ")

    def assert_clean(self, folder):
        """No output and no temporary in `folder`."""
        left = [p.name for p in Path(folder).iterdir() if ".tmp" in p.name or p.name.startswith(".")]
        self.assertEqual(left, [])


def files(folder):
    """Returns all files of a folder: path → bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def bits(tensor):
    """The bytes of a tensor, so that NaN and -0 count."""
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8)
