"""Converts by several processes that mpirun starts: the bytes and the report of one process; failing and killed ranks.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program; KILLED, WITHOUT: tests/cli/killed, tests/cli/without.
"""

import array
import json
import os
import random
import shutil
import struct
import subprocess
import unittest
from pathlib import Path

import test_resume
from test_resume import FMTCONV, KILLED, LONG, SAMPLE, content, write_model

WITHOUT = os.environ["WITHOUT"]
CASES = {**test_resume.CASES,
         "a merged LoRA": (["-j2", "-t", "lora-merge:file=lora.safetensors,alpha=8", "--dtype", "bf16"], "m.safetensors", "out/x.safetensors")}
NAMES = [name for name in CASES if name != "several outputs"]
ONE = NAMES[0]
CHECKED = "checksums of the input"
RANK = "$OMPI_COMM_WORLD_RANK"


def write_lora(path):
    rnd = random.Random(2)
    shapes = {f"l.{i}.lora_{side}.weight": shape for i in range(0, 12, 2) for side, shape in (("A", [8, 256]), ("B", [256, 8]))}
    header, at = {}, 0
    for name, shape in shapes.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + 8192]}
        at += 8192
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + array.array("f", [rnd.gauss(0, 1) for _ in range(at // 4)]).tobytes())


class Mpi(test_resume.Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_lora(cls.top / "lora.safetensors")
        (cls.top / "copies").mkdir()
        test_resume.CASES = CASES

    def ranks(self, n, command, json_events=True):
        """Runs a command of the shell in each rank; "$@" is the program with its options."""
        program = ["mpirun", "-n", str(n), "sh", "-c", command, "sh", FMTCONV]
        program += ["--json"] if json_events else []
        return lambda *options: subprocess.run([*program, *options], cwd=self.top, capture_output=True, text=True, check=False, timeout=120)

    def together(self, case, n, more=(), command='exec "$@"', json_events=True):
        options, *paths = CASES[case]
        return self.ranks(n, command, json_events)(*options, *more, *(path for path in paths if path))

    def whole(self, done):
        """Returns the whole report without what differs from run to run, and the notes."""
        _, notes = self.result(done)
        report = next(json.loads(line) for line in done.stdout.splitlines() if '"event":"result"' in line)
        for key in ("seconds", "plan_seconds", "memory"):
            del report[key]
        del report["bytes"]["fetched"]  # what lies at a border is read twice
        return report, notes

    def check(self, what, done, wanted):
        report, notes = self.whole(done)
        files, hidden = content(self.top / "out")
        self.assertEqual([name for name in wanted[1] if files.get(name) != wanted[1][name]], [], what)
        self.assertEqual((sorted(files), hidden), (sorted(wanted[1]), []), what)
        self.assertEqual(report, wanted[0], what)
        self.assertEqual(done.stdout.count('"event":"result"'), 1, "rank 0 alone reports")
        return notes

    def expected(self, case):
        self.restart()
        done = self.run_in(case)
        files, _ = content(self.top / "out")
        self.restart()
        return self.whole(done)[0], files

    def refused(self, done, *texts, code=1, n=1):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        errors = [line for line in done.stdout.splitlines() if '"level":"error"' in line]
        self.assertEqual(len(errors), n, done.stdout + done.stderr)
        for text in texts:
            self.assertIn(text, json.loads(errors[0])["text"])
        self.assertNotIn('"event":"result"', done.stdout)

    def is_clean(self, left=()):
        files, hidden = content(self.top / "out")
        self.assertEqual((sorted(files), hidden), (sorted(left), []))

    def test_bytes(self):
        """Each case with another number of ranks, and one with each; in the long run each with each."""
        for i, case in enumerate(NAMES):
            wanted = self.expected(case)
            for n in range(1, 5) if LONG or case == "a folder of shards and a manifest" else (2 + i % 3,):
                with self.subTest(case, n=n):
                    self.restart()
                    self.check(f"{n} ranks", self.together(case, n), wanted)

    def test_printed_once(self):
        self.restart()
        done = self.together(ONE, 3, ["--progress"], json_events=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count("x.safetensors: 3.0 MiB"), 1, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertNotIn("--publish", done.stderr)

    def test_rank_without_space(self):
        """A rank that cannot write ends all: its reason, no output, nothing left; with --resume what is written stays."""
        full = f'test {RANK} = 1 && exec "{WITHOUT}" pwrite64=ENOSPC "$@"; exec "$@"'
        if subprocess.run([WITHOUT, "pwrite64=ENOSPC", "true"], check=False).returncode == 77:
            self.skipTest("no filters of system calls here")
        wanted = self.expected(ONE)
        self.refused(self.together(ONE, 3, command=full), "rank 1 on ", "No space left on device")
        self.is_clean()
        self.refused(self.together(ONE, 3, ["--resume"], command=full), "rank 1 on ", "No space left on device")
        self.assertEqual(content(self.top / "out")[0], {})
        self.assertNotEqual(content(self.top / "out")[1], [])
        self.check("continued", self.together(ONE, 3, ["--resume"]), wanted)

    def test_rank_without_input(self):
        """One that fails before it has a plan."""
        self.restart()
        done = self.ranks(3, f'test {RANK} = 2 && cd copies; exec "$@"')("-t", "none", "m.safetensors", str(self.top / "out/x.safetensors"))
        self.refused(done, "rank 2 on ", "m.safetensors: No such file or directory")
        self.is_clean()

    def test_no_input(self):
        """All fail; one says why."""
        self.restart()
        done = self.ranks(3, 'exec "$@"')("nothing.safetensors", "out/x.safetensors")
        self.refused(done, "nothing.safetensors: No such file or directory")
        self.assertNotIn("rank", json.loads(done.stdout.splitlines()[0])["text"])

    def test_wrong_checksum(self):
        """What only all shares together show."""
        data = bytearray((self.top / "m.pt").read_bytes())
        kept = bytes(data)
        data[len(data) // 2] ^= 1
        (self.top / "m.pt").write_bytes(data)
        try:
            self.restart()
            self.refused(self.together(CHECKED, 3), "m.pt: ", "checksum mismatch")
            self.is_clean()
        finally:
            (self.top / "m.pt").write_bytes(kept)

    def test_other_inputs(self):
        """Ranks that read different files write nothing."""
        shutil.copy(self.top / "m.safetensors", self.top / "other.safetensors")
        self.restart()
        done = self.ranks(2, f'test {RANK} = 1 && set -- "$@" other.safetensors || set -- "$@" m.safetensors; exec "$@" out/x.safetensors')("-t", "none")
        self.refused(done, "rank 1 on ", "has other inputs, options or plugins", code=2)
        self.is_clean()

    def test_other_commands(self):
        self.restart()
        done = self.together(ONE, 2, command=f'test {RANK} = 1 && set -- "$@" --dry-run; exec "$@"')
        self.refused(done, "rank 1 on ", "does something else", code=2)
        self.is_clean()

    def test_killed_rank(self):
        """Rank 1, or 0, dies: no output; --resume continues, and a run without it begins anew."""
        case = "checksums of an archive, and findings"
        wanted = self.expected(case)
        counted = self.together(case, 3, command=f'test {RANK} = 1 && exec "{KILLED}" {1 << 30} "$@"; exec "$@"')
        calls = int(next(line for line in counted.stdout.splitlines() if not line.startswith("{")).split()[0])
        continued = 0
        for rank, k, more in ((1, calls // 2, ["--resume"]), (0, calls // 2, ["--resume"]), (1, calls - 12, [])) \
                if not LONG else [(rank, k, ["--resume"]) for rank in (0, 1) for k in range(1, calls, SAMPLE)]:
            with self.subTest(rank=rank, call=k, calls=calls):
                self.restart()
                done = self.together(case, 3, command=f'test {RANK} = {rank} && exec "{KILLED}" {k} "$@"; exec "$@"')
                if done.returncode == 0:
                    continue
                self.assertEqual(content(self.top / "out")[0], {}, "a killed rank leaves no output")
                notes = self.check("after a kill", self.together(case, 3, more), wanted)
                continued += any("continuing" in note for note in notes)
        self.assertGreater(continued, 0)

    def test_missing_plugin(self):
        """Processes that would all write one output are refused, and told what to type; each alone is as ever."""
        self.restart()
        (self.top / "plugins").mkdir()
        for path in Path(os.environ["FMTCONV_PLUGIN_PATH"].split(":")[0]).glob("*.so"):
            if path.name != "mpi.so":
                (self.top / "plugins" / path.name).symlink_to(path.resolve())
        index = next(Path(os.environ["FMTCONV_PLUGIN_PATH"].split(":")[0]).glob("fmtconv.yaml"))
        shutil.copy(index, self.top / "plugins")
        less = f'export FMTCONV_PLUGIN_PATH={self.top / "plugins"} FMTCONV_INDEX_PATH=; exec "$@"'
        try:
            done = self.together(ONE, 3, command=less)
            self.refused(done, "the plugin 'mpi', by which several processes do one conversion together, is not installed",
                         "--share", "--no-mpi", n=done.stdout.count('"level":"error"'))  # mpirun cancels the others as soon as one ends
            self.is_clean()
            share = f'export FMTCONV_PLUGIN_PATH={self.top / "plugins"}; exec "$@" --share $(({RANK} + 1))/3 m.safetensors out/x.safetensors'
            done = self.ranks(3, share)("-t", "none")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        finally:
            shutil.rmtree(self.top / "plugins")

    def test_alone(self):
        """--no-mpi: each process converts alone; so do other commands."""
        self.restart()
        done = self.ranks(2, f'exec "$@" --no-mpi -t none m.safetensors out/x{RANK}.safetensors')()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.is_clean(["x0.safetensors", "x1.safetensors"])
        self.assertEqual(self.ranks(2, 'exec "$@"')("inspect", "m.safetensors").stdout.count('"format":"safetensors"'), 2)

    def test_other_launcher(self):
        """Processes of a launcher that is not of this MPI would each take itself for the only one."""
        self.restart()
        environment = {**os.environ, "PMI_SIZE": "2", "PMI_RANK": "0"}
        options, *paths = CASES[ONE]
        done = subprocess.run([FMTCONV, *options, *paths], cwd=self.top, env=environment, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("the launcher started 2 processes, and MPI joined 1", done.stderr)
        self.is_clean()

    def test_several_outputs(self):
        self.restart()
        self.refused(self.together("several outputs", 2), "has one output, not 3", code=2)
        self.is_clean()

    def test_existing(self):
        """The output stays as it was unless -f is given."""
        self.restart()
        (self.top / "out/x.safetensors").write_bytes(b"kept")
        self.refused(self.together(ONE, 2), "x.safetensors")
        self.assertEqual((self.top / "out/x.safetensors").read_bytes(), b"kept")
        wanted = self.expected(ONE)
        (self.top / "out/x.safetensors").write_bytes(b"kept")
        self.check("-f", self.together(ONE, 2, ["-f"]), wanted)


if __name__ == "__main__":
    unittest.main()
