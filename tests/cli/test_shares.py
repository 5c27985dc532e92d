"""Converts in shares, one process for each: in any order, at once, and killed; the output is that of one process.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program; KILLED: tests/cli/killed.
"""

import itertools
import json
import shutil
import subprocess
import unittest

import test_resume
from test_resume import CASES, FMTCONV, KILLED, SAMPLE, content, write_model

NAMES = [name for name in CASES if name != "several outputs"]
N = 3


class Shares(test_resume.Base):
    def share(self, case, i, n=N, before=(), more=()):
        return self.run_in(case, before, [f"--share={i}/{n}", *more])

    def do_share(self, case, i, n=N, more=()):
        done = self.share(case, i, n, more=more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def publish(self, what, case, wanted, more=()):
        report, _ = self.result(self.run_in(case, more=["--publish", *more]))
        files, hidden = content(self.top / "out")
        self.assertEqual([name for name in wanted[1] if files.get(name) != wanted[1][name]], [], what)
        self.assertEqual((sorted(files), hidden), (sorted(wanted[1]), []), what)
        self.assertEqual(report, wanted[0], what)

    def refused(self, done, *texts):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for text in texts:
            self.assertIn(text, done.stdout)

    def visible(self):
        return [name for name in content(self.top / "out")[0]]

    def test_orders(self):
        """Shares in any order, of any number; more than there are units, too."""
        for case in NAMES:
            wanted = self.wanted(case)
            for n, order in ((1, (1,)), (2, (2, 1)), (5, (3, 1, 5, 2, 4)), (40, range(40, 0, -1))):
                with self.subTest(case, n=n):
                    self.restart()
                    for i in order:
                        self.do_share(case, i, n)
                        self.assertEqual(self.visible(), [], "nothing has its name yet")
                    self.publish(f"{n} shares", case, wanted)

    def test_at_once(self):
        for case in NAMES:
            with self.subTest(case):
                wanted = self.wanted(case)
                options, *paths = CASES[case]
                runs = [subprocess.Popen([FMTCONV, "-q", *options, f"--share={i}/8", *(p for p in paths if p)], cwd=self.top,
                                         stderr=subprocess.PIPE, text=True) for i in range(8, 0, -1)]
                for run in runs:
                    _, text = run.communicate(timeout=120)
                    self.assertEqual(run.returncode, 0, text)
                self.publish("at once", case, wanted)

    def test_killed(self):
        """A share that is killed at any call is done again; meanwhile nothing can be published."""
        for case in NAMES[1:4]:
            with self.subTest(case):
                wanted = self.wanted(case)
                self.restart()
                self.do_share(case, 1)  # which creates the files
                done = self.share(case, 2, N, [KILLED, str(1 << 30)])
                calls = int([line.split()[0] for line in done.stdout.splitlines() if not line.startswith("{")][0])
                for k in range(1, calls + 1, 3 * SAMPLE):
                    self.restart()
                    self.do_share(case, 1)
                    killed = self.share(case, 2, N, [KILLED, str(k)]).returncode == 137
                    self.do_share(case, 3)
                    if killed and k < calls - 2:  # the last calls flush a map that is complete
                        self.refused(self.run_in(case, more=["--publish"]), "share 2 of 3 is not there")
                    self.do_share(case, 2)
                    self.publish(f"{case}, call {k} of {calls}", case, wanted)

    def test_killed_publication(self):
        case = NAMES[3]
        wanted = self.wanted(case)
        for i in range(1, N + 1):
            self.do_share(case, i)
        shutil.rmtree(self.top / "base", ignore_errors=True)
        shutil.copytree(self.top / "out", self.top / "base")
        shutil.rmtree(self.top / "out")
        (self.top / "base").rename(self.top / "out")
        self.refused(self.run_in(case, more=["--publish"]), "wrote other files")
        for k in itertools.count(1, SAMPLE):
            self.restart()
            for i in range(1, N + 1):
                self.do_share(case, i)
            if self.run_in(case, [KILLED, str(k)], ["--publish"]).returncode != 137:
                break
            if self.visible():
                self.assertTrue(content(self.top / "out")[0] == wanted[1])
            else:
                self.publish(f"call {k}", case, wanted)
        self.assertGreater(k, SAMPLE)

    def test_twice(self):
        """A share that is complete has nothing to do."""
        case = NAMES[0]
        wanted = self.wanted(case)
        for i in (1, 2, 2, 3, 1):
            self.do_share(case, i)
        self.publish("twice", case, wanted)

    def test_other_threads(self):
        """Processes may have other threads and memory: borders of shares do not depend on them."""
        case = NAMES[1]
        wanted = self.wanted(case)
        for i in range(1, 5):
            self.do_share(case, i, 4, [f"-j{i}", f"--memory={2 * i}M"])
        self.publish("threads", case, wanted, ["-j3"])

    def test_missing(self):
        case = NAMES[0]
        self.refused(self.run_in(case, more=["--publish"]), "no share of this conversion has been written", "--share 1/N")
        for i in (1, 2, 4, 5, 6, 8):
            self.do_share(case, i, 8)
        self.refused(self.run_in(case, more=["--publish"]), "shares 3, 7 of 8 are not there")
        self.assertEqual(self.visible(), [])

    def test_other_number(self):
        case = NAMES[0]
        self.do_share(case, 1, 8)
        self.refused(self.share(case, 1, 4), "in 4 shares and in 8 shares")

    def test_other_inputs(self):
        case = NAMES[0]
        for i in (1, 2, 3):
            self.do_share(case, i)
        kept = (self.top / "m.safetensors").read_bytes()
        try:
            write_model(self.top / "m.safetensors", 2.0)
            self.assertIn("starting anew", self.do_share(case, 2))
            self.refused(self.run_in(case, more=["--publish"]), "shares 1, 3 of 3 are of other inputs or options")
            for i in (1, 3):
                self.do_share(case, i)
            shutil.copytree(self.top / "out", self.top / "kept")
            self.result(self.run_in(case, more=["--publish"]))
            files = content(self.top / "out")[0]
            self.assertTrue(files == self.wanted(case)[1])
        finally:
            (self.top / "m.safetensors").write_bytes(kept)
            shutil.rmtree(self.top / "kept", ignore_errors=True)

    def test_other_options(self):
        self.do_share(NAMES[0], 1)
        done = subprocess.run([FMTCONV, "--json", "-t", "none", "--dtype", "f16", "--publish", "m.safetensors", "out/x.safetensors"],
                              cwd=self.top, capture_output=True, text=True, check=False)
        self.refused(done, "not there")

    def test_missing_files(self):
        case = NAMES[0]
        for i in (1, 2, 3):
            self.do_share(case, i)
        for path in (self.top / "out").iterdir():
            if ".work-" not in path.name:
                path.unlink()
        self.refused(self.run_in(case, more=["--publish"]), "is not there")
        self.do_share(case, 1)
        self.refused(self.run_in(case, more=["--publish"]), "wrote other files")

    def test_plain_conversion(self):
        """A conversion without shares removes what shares wrote."""
        case = NAMES[3]
        wanted = self.wanted(case)
        self.do_share(case, 1)
        self.result(self.run_in(case))
        self.assertEqual(content(self.top / "out"), (wanted[1], []))

    def test_refusals(self):
        case = NAMES[0]
        for text in ("0/3", "4/3", "0/0", "1", "1/", "/3", "1/3/5", "-1/3", "1/1000000", " 1/3", "+1/3"):
            done = self.run_in(case, more=[f"--share={text}"])
            self.assertEqual(done.returncode, 2, text)
            self.assertIn("--share takes I/N", done.stdout + done.stderr)
        done = self.run_in(case, more=["--share=1/2", "--publish"])
        self.assertEqual(done.returncode, 2)
        done = self.run_in("several outputs", more=["--share=1/2"])
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("has one output, not 3", done.stdout)
        (self.top / "out/m").mkdir()
        self.refused(self.share(NAMES[3], 1, 2), "cannot replace a folder")
        self.assertEqual(sorted(self.visible()), ["m"])

    def test_in_use(self):
        """Two processes cannot do one share; others go on."""
        import fcntl
        case = NAMES[0]
        self.do_share(case, 1)
        self.do_share(case, 2)
        path = next(p for p in (self.top / "out").iterdir() if ".work-1-3." in p.name)
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.refused(self.share(case, 1), "another process is writing")
            self.do_share(case, 3)
            self.refused(self.run_in(case, more=["--publish"]), "share 1 of 3 is still running")
        self.result(self.run_in(case, more=["--publish"]))

    def test_events(self):
        text = self.do_share(NAMES[0], 2)
        self.assertTrue(any("share 2 of 3 is written" in json.loads(line).get("text", "") for line in text.splitlines()))


if __name__ == "__main__":
    unittest.main()
