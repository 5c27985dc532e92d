"""Kills conversions and continues them with --resume: the same bytes, the same report, and nothing is left.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program; KILLED: tests/cli/killed.  Each SAMPLE-th call of each case is tried.
"""

import array
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

FMTCONV = os.environ["FMTCONV"]
KILLED = os.environ["KILLED"]
LONG = bool(os.environ.get("FMTCONV_LONG"))
SAMPLE = 1 if LONG else 11
N = 12  # tensors of 256 KiB
SPEC = """fmtconv: 1
read: "m.safetensors"
transform: none
write:
  - safetensors: {path: out/one.safetensors}
  - torch: {path: out/two.pt}
  - diffusers: {path: out/three, max-shard-size: 300KB}
"""
# Each case: the arguments before --resume and OUTPUT, the input, the output.  Threads: units end in another order.
CASES = {
    "one file": (["-j1", "-t", "none"], "m.safetensors", "out/x.safetensors"),
    "checksums of an archive, and findings": (["-j2", "-t", "none", "--dtype", "f16"], "m.safetensors", "out/x.pt"),
    "checksums of the input": (["-j1", "-t", "none", "--dtype", "bf16", "--verify"], "m.pt", "out/x.safetensors"),
    "a folder of shards and a manifest": (["-j2", "-t", "none", "-w", "diffusers:max-shard-size=600KB", "--manifest"], "m.safetensors", "out/m"),
    "several outputs": (["-j1", "-p", "tee.yaml"], None, None),
    "blocks": (["-j2", "-t", "quantize:to=Q4_K,rule=*=Q4_K", "-w", "gguf:architecture=test"], "m.safetensors", "out/x.gguf"),
    "a transposed matrix": (["-j2", "-t", "transpose:l.*", "--dtype", "bf16"], "m.safetensors", "out/x.safetensors"),
    "measured scales": (["-j1", "-t", "quantize:to=f8_e4m3,scale=tensor"], "m.safetensors", "out/x.safetensors"),
}


def content(folder):
    """Returns the bytes of all visible files, and the hidden names."""
    files, hidden = {}, []
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if any(part.startswith(".") for part in Path(name).parts):
            hidden.append(name)
        elif path.is_file():
            files[name] = (path.read_bytes(), path.stat().st_mode)
        elif path.is_dir():
            files[name] = ("", path.stat().st_mode)
    return files, hidden


def write_model(path, scale=1.0):
    rnd = random.Random(1)
    header = json.dumps({f"l.{i}.weight": {"dtype": "F32", "shape": [256, 256], "data_offsets": [i << 18, (i + 1) << 18]}
                         for i in range(N)}).encode()
    header += b" " * (-len(header) % 8)
    values = array.array("f", [scale * rnd.gauss(0, 1) * 10 ** rnd.uniform(-9, 3) for _ in range(N << 16)])
    path.write_bytes(struct.pack("<Q", len(header)) + header + values.tobytes())


class Base(unittest.TestCase):
    """What tests of interrupted and of shared conversions need."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fmtconv-resume-")
        cls.top = Path(cls.folder.name)
        write_model(cls.top / "m.safetensors")
        (cls.top / "tee.yaml").write_text(SPEC)
        subprocess.run([FMTCONV, "-q", "-t", "none", "m.safetensors", "m.pt"], cwd=cls.top, check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.restart()

    def restart(self):
        shutil.rmtree(self.top / "out", ignore_errors=True)
        (self.top / "out").mkdir()

    def run_in(self, case, before=(), more=()):
        options, *paths = CASES[case]
        program = [*before, FMTCONV, "--json", *options, *more, *(path for path in paths if path)]
        return subprocess.run(program, cwd=self.top, capture_output=True, text=True, check=False, timeout=120)

    def result(self, done):
        """Returns what the report says of the data, and the notes."""
        self.assertEqual(done.returncode, 0, done.stdout)
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        report = [event for event in events if event["event"] == "result"][0]
        return {key: report[key] for key in ("findings", "checks")}, [event["text"] for event in events if event.get("level") == "note"]

    def wanted(self, case):
        self.restart()
        report, _ = self.result(self.run_in(case))
        files, hidden = content(self.top / "out")
        self.assertEqual(hidden, [])
        self.restart()
        return report, files


class Resume(Base):
    def kill(self, n, case, more=()):
        """Returns whether the run was killed, and its count of calls."""
        done = self.run_in(case, [KILLED, str(n)], more)
        if done.returncode == 77:
            self.skipTest("processes cannot be traced here")
        self.assertIn(done.returncode, (0, 137), done.stderr)
        count = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith("{")]
        return done.returncode == 137, int(count[0])

    def check_end(self, what, case, wanted, more=()):
        """Continues, and returns whether something was there to continue."""
        report, notes = self.result(self.run_in(case, more=["--resume", *more]))
        files, hidden = content(self.top / "out")
        self.assertEqual(sorted(files), sorted(wanted[1]), what)
        self.assertEqual([name for name in files if files[name] != wanted[1][name]], [], what)
        self.assertEqual(report, wanted[0], what)
        self.assertEqual(hidden, [], what)
        return any("continuing an interrupted conversion" in note for note in notes)

    def test_each_case(self):
        for case in CASES:
            with self.subTest(case):
                wanted = self.wanted(case)
                _, calls = self.kill(1 << 30, case)
                continued = 0
                for n in range(1, calls + 1, SAMPLE):
                    self.restart()
                    killed, _ = self.kill(n, case)
                    files, hidden = content(self.top / "out")
                    if killed and files != wanted[1]:  # killed between two names: the next run finishes that first
                        more = ["-f"] if files or any("journal" in name for name in hidden) else []
                        continued += self.check_end(f"{case}, call {n} of {calls}", case, wanted, more)
                self.assertGreater(continued, 0, case)

    def test_killed_again(self):
        """A run that continues is killed, too."""
        for case in CASES:
            with self.subTest(case):
                wanted = self.wanted(case)
                _, calls = self.kill(1 << 30, case)
                for first in (calls // 3, calls // 2):
                    for again in range(2, calls // 2, 3 * SAMPLE):
                        self.restart()
                        self.kill(first, case)
                        self.kill(again, case, ["--resume"])
                        if content(self.top / "out")[0] != wanted[1]:
                            self.check_end(f"{case}, calls {first} and {again} of {calls}", case, wanted)

    def half(self, case):
        _, calls = self.kill(1 << 30, case)
        self.restart()
        self.kill(calls // 2, case)

    def test_without_the_option(self):
        """What was left is removed, and the note tells of the option."""
        case = "one file"
        wanted = self.wanted(case)
        self.half(case)
        _, notes = self.result(self.run_in(case))
        self.assertTrue(any("--resume would have continued it" in note for note in notes), notes)
        self.assertEqual(content(self.top / "out"), (wanted[1], []))

    def test_other_input(self):
        """Work on another input is not continued."""
        case = "one file"
        self.half(case)
        kept = (self.top / "m.safetensors").read_bytes()
        write_model(self.top / "m.safetensors", 2.0)
        try:
            _, notes = self.result(self.run_in(case, more=["--resume"]))
            files, hidden = content(self.top / "out")
            self.assertTrue(any("starting anew" in note for note in notes), notes)
            self.assertFalse(any("continuing" in note for note in notes), notes)
            wanted = self.wanted(case)
            self.assertTrue(files == wanted[1])
            self.assertEqual(hidden, [])
        finally:
            (self.top / "m.safetensors").write_bytes(kept)

    def test_other_threads(self):
        """Units of another cut are written again."""
        case = "checksums of an archive, and findings"
        wanted = self.wanted(case)
        self.half(case)
        report, _ = self.result(self.run_in(case, more=["--resume", "-j1", "--memory=8M"]))
        self.assertEqual((report, content(self.top / "out")), (wanted[0], (wanted[1], [])))

    def test_damaged_map(self):
        """A map that is cut or changed at any place only costs time."""
        case = "checksums of an archive, and findings"
        wanted = self.wanted(case)
        self.half(case)
        shutil.copytree(self.top / "out", self.top / "base")
        name = next(path.name for path in (self.top / "base").iterdir() if ".work." in path.name)
        data = (self.top / "base" / name).read_bytes()
        for at in range(0, len(data), 97 if LONG else 487):
            for cut in (True, False):
                self.restart()
                for path in (self.top / "base").iterdir():
                    shutil.copy2(path, self.top / "out" / path.name)
                (self.top / "out" / name).write_bytes(data[:at] if cut else data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                self.check_end(f"byte {at}", case, wanted)
        shutil.rmtree(self.top / "base")

    def test_missing_file(self):
        """Without one of the temporaries nothing of the others is taken over."""
        case = "several outputs"
        wanted = self.wanted(case)
        self.half(case)
        next(path for path in (self.top / "out").iterdir() if path.name.startswith(".two.pt")).unlink()
        self.assertFalse(self.check_end("missing", case, wanted))

    def test_interrupted(self):
        """With the option, a signal leaves what is written."""
        case = "one file"
        wanted = self.wanted(case)
        for _ in range(20):
            self.restart()
            options, *paths = CASES[case]
            run = subprocess.Popen([FMTCONV, "-q", *options, "--resume", *paths], cwd=self.top, stderr=subprocess.DEVNULL)
            end = time.monotonic() + 10
            while run.poll() is None and time.monotonic() < end and not content(self.top / "out")[1]:
                pass
            run.send_signal(signal.SIGTERM)
            if run.wait() != 0 and content(self.top / "out")[1]:
                break
        else:
            self.skipTest("this machine is too fast")
        self.check_end("SIGTERM", case, wanted)

    def test_nothing_to_continue(self):
        case = "one file"
        wanted = self.wanted(case)
        self.assertFalse(self.check_end("fresh", case, wanted))


if __name__ == "__main__":
    unittest.main()
