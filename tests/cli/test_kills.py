"""Kills conversions at every call that changes files: old files, new files, or a set that is refused and repaired.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program; KILLED: tests/cli/killed.  Each SAMPLE-th call of each case is tried;
with FMTCONV_LONG, RANDOM runs more are killed at random, also while they repair what another left.
"""

import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FMTCONV = os.environ["FMTCONV"]
KILLED = os.environ["KILLED"]
WITHOUT = os.environ["WITHOUT"]
LONG = bool(os.environ.get("FMTCONV_LONG"))
SAMPLE = 8
RANDOM = 500
REFUSED = ("interrupted while it replaced this file", "another process is replacing")


def write_model(path, value, n=6):
    header = json.dumps({f"l.{i}.w": {"dtype": "F32", "shape": [64, 64], "data_offsets": [i << 14, (i + 1) << 14]}
                         for i in range(n)}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", value) * (n << 12))


def write_lora(path, value):
    names = ["transformer.blocks.0.attn1.to_q.lora_A.weight", "transformer.blocks.0.attn1.to_q.lora_B.weight"]
    header = json.dumps({name: {"dtype": "F32", "shape": [8, 8], "data_offsets": [i << 8, (i + 1) << 8]}
                         for i, name in enumerate(names)}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", value) * 128)


SHARDS = ["-t", "none", "-w", "diffusers:max-shard-size=40KB"]
FEWER = ["-t", "none", "-w", "diffusers:max-shard-size=80KB"]
SPEC = """fmtconv: 1
read: "{path}"
transform: none
write:
  - safetensors: {{path: out/one.safetensors}}
  - torch: {{path: out/two.pt}}
  - diffusers: {{path: out/three, max-shard-size: 40KB}}
"""
LORA = ["-t", "lora-names:to=peft", "-w", "diffusers"]
OUTPUTS = ["out/one.safetensors", "out/two.pt", "out/three"]
# Each case: the arguments that make the old set (None: there is none), those that make the new set, what readers open.
CASES = {
    "new folder": (None, [*SHARDS, "new.safetensors", "out/m"], ["out/m"]),
    "folder onto a set": ([*SHARDS, "old.safetensors", "out/m"], [*SHARDS, "new.safetensors", "out/m"], ["out/m"]),
    "folder onto more shards": ([*SHARDS, "old.safetensors", "out/m"], [*FEWER, "new.safetensors", "out/m"], ["out/m"]),
    "working folder": ([*SHARDS, "old.safetensors", "out/m"], [*SHARDS, "../../new.safetensors", "."], ["out/m"]),
    "several outputs": (None, ["-p", "new.yaml"], OUTPUTS),
    "several outputs onto a set": (["-p", "old.yaml"], ["-p", "new.yaml"], OUTPUTS),
    "one file": (["-t", "none", "old.safetensors", "out/x.pt"], ["-t", "none", "new.safetensors", "out/x.pt"], ["out/x.pt"]),
    "edit": (["-t", "none", "old.safetensors", "out/x.safetensors"], ["edit", "--set", "a=" + "b" * 600, "out/x.safetensors"], ["out/x.safetensors"]),
    "edit in place": (["-t", "none", "old.safetensors", "out/x.safetensors"], ["edit", "--set", "format=tp", "out/x.safetensors"], ["out/x.safetensors"]),
    "LoRA and its config": ([*LORA, "lora-old.safetensors", "out/m"], [*LORA, "lora-new.safetensors", "out/m"], ["out/m"]),
}


def content(folder):
    """Returns the bytes of all visible files, and the hidden names."""
    files, hidden = {}, []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if any(part.startswith(".") for part in Path(name).parts):
            hidden.append(name)
        elif path.is_file():
            files[name] = path.read_bytes()
    return files, hidden


def options_of(args, forced=True):
    """Returns the options of a run; -j1 stands after the command's name, and an edit needs no -f."""
    return [] if args[0] == "edit" else ["-j1", *(["-f"] if forced else [])]


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fmtconv-kills-")
        cls.top = Path(cls.folder.name)
        for name, value in (("old", 1.0), ("new", 2.0)):
            write_model(cls.top / f"{name}.safetensors", value)
            write_lora(cls.top / f"lora-{name}.safetensors", value)
            (cls.top / f"{name}.yaml").write_text(SPEC.format(path=f"{name}.safetensors"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        for kept in ("out", "base"):
            shutil.rmtree(self.top / kept, ignore_errors=True)

    def run_in(self, before, args, forced=True):
        at = self.top / "out/m" if args[-1] == "." else self.top
        program = [*before, FMTCONV, "-q", *options_of(args, forced), *args]
        return subprocess.run(program, cwd=at, capture_output=True, text=True, check=False, timeout=120)

    def make(self, args):
        """Makes a set, and returns its content."""
        self.make_only(args)
        files, hidden = content(self.top / "out")
        self.assertEqual(hidden, [])
        return files

    def sets(self, old, new):
        """Returns the contents of the old and of the new set; out/ holds the old one, with a file of others."""
        shutil.rmtree(self.top / "out", ignore_errors=True)
        (self.top / "out/m").mkdir(parents=True)
        (self.top / "out/m/mine.txt").write_text("mine")
        if old is None and "out/m" in new:
            shutil.rmtree(self.top / "out/m")
        before = self.make(old) if old else content(self.top / "out")[0]
        shutil.rmtree(self.top / "base", ignore_errors=True)
        shutil.copytree(self.top / "out", self.top / "base")
        return before, self.make(new)

    def restart(self):
        shutil.rmtree(self.top / "out")
        shutil.copytree(self.top / "base", self.top / "out")

    def read(self, paths):
        """Returns whether each path can be read; a refusal must say why."""
        fine = True
        for path in paths:
            if not (self.top / path).exists():
                continue
            done = subprocess.run([FMTCONV, "-q", "inspect", path], cwd=self.top, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                self.assertTrue(any(why in done.stderr for why in REFUSED), done.stderr)
                fine = False
        return fine

    def judge(self, what, before, after, paths):
        """Checks the state that a kill left."""
        files, hidden = content(self.top / "out")
        if files in (before, after):
            return
        self.assertTrue(any(name.endswith(".fmtconv.journal") for name in hidden), f"{what}: {sorted(files)} {hidden}")
        self.assertFalse(self.read(paths), f"{what}: a mixed set was read")

    def check_end(self, what, new, after):
        """The next run finishes or undoes the set, and leaves nothing."""
        done = self.run_in([], new)
        self.assertEqual(done.returncode, 0, f"{what}: {done.stderr}")
        files, hidden = content(self.top / "out")
        self.assertEqual(sorted(files), sorted(after), what)
        self.assertTrue(files == after, what)
        self.assertEqual(hidden, [], what)

    def kill(self, n, new, before=()):
        """Returns whether the run was killed, and its count of calls."""
        done = self.run_in([*before, KILLED, str(n)], new)
        if done.returncode == 77:
            self.skipTest("processes cannot be traced here")
        self.assertIn(done.returncode, (0, 137), done.stderr)
        return done.returncode == 137, int(done.stdout.split()[0])

    def check_case(self, name, without=()):
        old, new, paths = CASES[name]
        before, after = self.sets(old, new)
        self.restart()
        _, calls = self.kill(1 << 30, new, without)
        self.assertGreater(calls, 0)
        for n in range(1, calls + 1, SAMPLE if calls > 2 * SAMPLE else 1):
            self.restart()
            self.kill(n, new, without)
            self.judge(f"{name}, call {n} of {calls}", before, after, paths)
            self.check_end(f"{name}, call {n} of {calls}", new, after)

    def test_each_case(self):
        for name in CASES:
            with self.subTest(name):
                self.check_case(name)

    def test_without_calls(self):
        """The same where the system can neither exchange names nor link."""
        for calls in ("renameat2=ENOSYS", "renameat2=ENOSYS,linkat=EPERM"):
            without = [WITHOUT, calls]
            if subprocess.run([*without, "true"], check=False).returncode != 0:
                self.skipTest("system calls cannot be refused here")
            with self.subTest(calls):
                self.check_case("folder onto a set", without)

    def interrupt(self, name):
        """Returns what kills a run when some files of a set, which are replaced one by one, are old and some new."""
        without = [WITHOUT, "renameat2=ENOSYS"]
        if subprocess.run([*without, "true"], check=False).returncode != 0:
            self.skipTest("system calls cannot be refused here")
        old, new, _ = CASES[name]
        before, after = self.sets(old, new)
        self.restart()
        _, calls = self.kill(1 << 30, new, without)
        for n in range(calls, 0, -1):
            self.restart()
            self.kill(n, new, without)
            files, _ = content(self.top / "out")
            if len({file for file in files if files[file] == after.get(file)}) < len(after) - 1 and files != before:
                return (n, new, without), after
        return self.fail("no call lies between two moves")

    def test_what_others_put_there(self):
        """What got a name of the set after the kill belongs to somebody: it stays, and the set is refused."""
        case = "several outputs onto a set"
        new = CASES[case][1]
        call, after = self.interrupt(case)
        for name in sorted(after):
            for text in ("mine", None):  # edited, and another file
                with self.subTest(name, text=text):
                    self.restart()
                    self.kill(*call)
                    path = self.top / "out" / name
                    if name == "m/mine.txt" or not path.exists():
                        continue
                    if text is None:
                        shutil.copy2(path, path.with_suffix(".copy"))
                        path.with_suffix(".copy").replace(path)
                    else:
                        path.write_text(text)
                    wanted = path.read_bytes()
                    for args in (new, ["-t", "none", "new.safetensors", "out/other.safetensors"], ["-t", "none", "new.safetensors", "out/m/x.pt"]):
                        self.run_in([], args)
                        self.assertEqual(path.read_bytes(), wanted)
                    self.assertIn("its files changed since", self.run_in([], new).stderr)

    def test_two_folders(self):
        """What was interrupted in two folders is finished by a conversion to one of them: it may write in both."""
        without = [WITHOUT, "renameat2=ENOSYS"]
        if subprocess.run([*without, "true"], check=False).returncode != 0:
            self.skipTest("system calls cannot be refused here")
        spec = "fmtconv: 1\nread: {}.safetensors\ntransform: none\nwrite:\n  - safetensors: {{path: out/a/one.safetensors}}\n" \
               "  - torch: {{path: out/b/two.pt}}\n"
        shutil.rmtree(self.top / "out", ignore_errors=True)
        for name in ("old", "new"):
            (self.top / f"{name}-2.yaml").write_text(spec.format(name))
        for folder in ("a", "b"):
            (self.top / "out" / folder).mkdir(parents=True)
        self.make(["-p", "old-2.yaml"])
        shutil.copytree(self.top / "out", self.top / "base")
        after = self.make(["-p", "new-2.yaml"])
        self.restart()
        _, calls = self.kill(1 << 30, ["-p", "new-2.yaml"], without)
        for n in range(calls, 0, -1):
            self.restart()
            self.kill(n, ["-p", "new-2.yaml"], without)
            files, _ = content(self.top / "out")
            if len({name for name in files if files[name] == after[name]}) != 1:
                continue
            self.make_only(["-t", "none", "new.safetensors", "out/b/two.pt"])
            self.assertTrue(content(self.top / "out")[0] == after, f"call {n}: {sorted(files)}")
            return
        self.fail("no call lies between the folders")

    def make_only(self, args):
        done = self.run_in([], args)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_long_names(self):
        """The temporaries of files with long names are found, and those of two such names differ."""
        names = ["long-" * 49 + end + ".pt" for end in "ab"]  # 249 bytes
        spec = "fmtconv: 1\nread: new.safetensors\ntransform: none\nwrite:\n" + "".join(f"  - torch: {{path: out/{name}}}\n" for name in names)
        (self.top / "long.yaml").write_text(spec)
        (self.top / "out").mkdir()
        self.assertEqual(sorted(self.make(["-p", "long.yaml"])), names)
        self.restart_with_nothing()
        _, calls = self.kill(1 << 30, ["-p", "long.yaml"])
        self.restart_with_nothing()
        self.kill(calls // 2, ["-p", "long.yaml"])
        _, hidden = content(self.top / "out")
        self.assertEqual(len([name for name in hidden if name.startswith(".long-") and ".work." not in name]), 2, hidden)
        seen = subprocess.run([FMTCONV, "inspect", "out"], cwd=self.top, capture_output=True, text=True, check=False)
        self.assertIn("an interrupted run left these", seen.stderr)
        for name in names:  # another conversion, whose temporaries have other names
            self.make_only(["--dtype", "f16", "--allow-lossy", "-t", "none", "new.safetensors", f"out/{name}"])
        files, hidden = content(self.top / "out")
        self.assertEqual((sorted(files), hidden), (names, []))

    def restart_with_nothing(self):
        shutil.rmtree(self.top / "out")
        (self.top / "out").mkdir()

    def test_a_copy(self):
        """A copy of an interrupted set cannot be finished, as its files are others, and is refused."""
        case = "several outputs onto a set"
        _, new, paths = CASES[case]
        call, _ = self.interrupt(case)
        self.restart()
        self.kill(*call)
        shutil.copytree(self.top / "out", self.top / "copied", dirs_exist_ok=True)
        shutil.rmtree(self.top / "out")
        (self.top / "copied").rename(self.top / "out")
        self.assertFalse(self.read(paths))
        self.assertIn("its files changed since", self.run_in([], new).stderr)
        self.assertFalse(self.read(paths))

    @unittest.skipUnless(LONG, "FMTCONV_LONG is not set")
    def test_at_random(self):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", file=sys.stderr)
        rnd = random.Random(seed)
        for name, (old, new, paths) in CASES.items():
            before, after = self.sets(old, new)
            self.restart()
            _, calls = self.kill(1 << 30, new)
            for _ in range(RANDOM // len(CASES)):
                self.restart()
                at = []
                for _ in range(rnd.randrange(1, 4)):  # runs that are killed, each while it repairs the one before
                    at.append(rnd.randrange(1, calls + 12))
                    self.kill(at[-1], new)
                    self.judge(f"{name}, calls {at}", before, after, paths)
                self.check_end(f"{name}, calls {at}", new, after)


if __name__ == "__main__":
    unittest.main()
