"""What the program does besides printing: signals, full disks, modes, memory, terminals, JSON.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program.
"""

import json
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

FMTCONV = os.environ["FMTCONV"]
SAMPLE = Path(__file__).resolve().parent.parent / "data/ckpts_2b_lora"
MIB = 1 << 20
SLOW = ["-q", "-j1", "--memory", "1M", "--dtype", "bf16"]


def is_sanitized():
    real = Path(FMTCONV).parent / ".libs" / Path(FMTCONV).name
    return b"__asan_init" in (real if real.exists() else Path(FMTCONV)).read_bytes()


def write_sparse(path, mib):
    """A safetensors file of zeros in eight f32 tensors, which takes no room."""
    size = mib * MIB // 8
    header = json.dumps({f"t{i}": {"dtype": "F32", "shape": [size // 4], "data_offsets": [i * size, (i + 1) * size]}
                         for i in range(8)}).encode()
    with path.open("wb") as f:
        f.write(struct.pack("<Q", len(header)) + header)
        f.truncate(8 + len(header) + 8 * size)


def write_ones(path, names):
    """A safetensors file with a [1, 1] matrix under each name."""
    header = json.dumps({n: {"dtype": "F32", "shape": [1, 1], "data_offsets": [4 * i, 4 * i + 4]} for i, n in enumerate(names)}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 1) * len(names))


def default_signals():
    """A shell starts background jobs with SIGINT ignored, and fmtconv respects that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Behavior(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fmtconv-behavior-")
        cls.input = Path(cls.folder.name) / "in.safetensors"
        write_sparse(cls.input, 1024)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        own = tempfile.TemporaryDirectory(dir=self.folder.name)
        self.addCleanup(own.cleanup)
        self.out = Path(own.name)
        self.target = self.out / "out.safetensors"

    def left(self):
        return sorted(p.name for p in self.out.iterdir())

    def temporaries(self):
        """Without the work map; locked and of their full size: a moment before, another run could still take them over."""
        return [p for p in self.out.glob(".*.tmp") if p.stat().st_size and ".work." not in p.name]

    def start(self, *arguments, **options):
        """A slow conversion, stopped in the middle: its temporary is there, its output is not."""
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("preexec_fn", default_signals)
        process = subprocess.Popen([FMTCONV, *SLOW, *arguments, str(self.input), str(self.target)], **options)
        self.addCleanup(self.end, process)
        for _ in range(10000):
            if self.temporaries():
                break
            self.assertIsNone(process.poll(), "it ended before its temporary was seen")
            time.sleep(0.001)
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        self.assertTrue(self.temporaries())
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.communicate()

    def run_here(self, *arguments, **options):
        return subprocess.run([FMTCONV, *map(str, arguments)], capture_output=True, text=True, check=False, **options)

    def test_signals_stop_it(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                process = self.start()
                process.send_signal(number)
                process.send_signal(signal.SIGCONT)
                _, said = process.communicate(timeout=2)
                self.assertEqual(process.returncode, -number, said)
                self.assertEqual(self.left(), [])

    def test_signal_keeps_the_old_output(self):
        self.target.write_text("old")
        process = self.start("-f")
        self.assertEqual(self.target.read_text(), "old")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=2)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(self.target.read_text(), "old")
        self.assertEqual(self.left(), ["out.safetensors"])

    def test_ignored_hangup_stays_ignored(self):
        process = self.start(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGCONT)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(self.left(), ["out.safetensors"])

    def test_force_replaces_when_complete(self):
        self.target.write_text("old")
        process = self.start("-f")
        self.assertEqual(self.target.read_text(), "old")
        process.send_signal(signal.SIGCONT)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, said)
        self.assertEqual(self.left(), ["out.safetensors"])
        self.assertGreater(self.target.stat().st_size, 512 * MIB)

    def test_kill_and_again(self):
        for old in (None, "old"):
            with self.subTest(old):
                arguments = ()
                if old:
                    self.target.write_text(old)
                    arguments = ("-f",)
                process = self.start(*arguments)
                process.kill()
                process.communicate(timeout=2)
                self.assertEqual(process.returncode, -signal.SIGKILL)
                self.assertEqual(self.target.read_text() if old else self.target.exists(), old or False)
                self.assertEqual(len(self.temporaries()), 1)
                again = self.run_here(*SLOW, *arguments, self.input, self.target)
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assertEqual(self.left(), ["out.safetensors"])
                self.target.unlink()

    def test_two_at_once(self):
        process = self.start()
        second = self.run_here(*SLOW, self.input, self.target)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another process is writing this output", second.stderr)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.left(), ["out.safetensors"])

    def make_folder(self):
        """An output folder with a file of others and an older one."""
        small, folder = self.out / "small.safetensors", self.out / "lower/model"
        write_sparse(small, 1)
        folder.mkdir(parents=True)
        (folder / "mine.txt").write_text("mine")
        (folder / "diffusion_pytorch_model.safetensors").write_text("old")
        return small, folder

    # Prints what such a folder holds in the end: the file is new, the other one is there, and nothing else is next to the folder.
    FORCE = f'at=$1; shift; "{FMTCONV}" -q -f -w diffusers "$@" "$at" && ls -A "$at" && cat "$at/mine.txt" && ls -A "$at/.." && ' \
            'test "$(stat -c %s "$at/diffusion_pytorch_model.safetensors")" -gt 500000'
    FORCED = "diffusion_pytorch_model.safetensors\nmine.txt\nminemodel\n"

    def test_force_onto_an_immutable_file(self):
        small, folder = self.make_folder()
        if subprocess.run(["chattr", "+i", str(folder / "mine.txt")], capture_output=True, check=False).returncode:
            self.skipTest("no file can be made immutable here")
        try:
            done = subprocess.run(["sh", "-c", self.FORCE, "sh", str(folder), str(small)], capture_output=True, text=True, check=False)
        finally:
            subprocess.run(["chattr", "-i", str(folder / "mine.txt")], check=True)
        self.assertEqual(done.stdout, self.FORCED, done.stderr)
        self.assertEqual(done.returncode, 0)

    def test_force_onto_mounts(self):
        small, _ = self.make_folder()
        for name in ("upper", "work", "all"):
            (self.out / name).mkdir()
        bind = "mount --bind lower/model/mine.txt lower/model/mine.txt"
        layers = "mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none all"
        for mount, at in ((layers, "all/model"), (bind, "lower/model")):
            with self.subTest(mount):
                script = f'cd "$0" && {mount} || exit 77; {self.FORCE}'
                done = subprocess.run(["unshare", "-rm", "sh", "-c", script, str(self.out), at, str(small)],
                                      capture_output=True, text=True, check=False)
                if done.returncode == 77 or "unshare" in done.stderr:
                    self.skipTest("this cannot be mounted here: " + done.stderr.strip())
                self.assertEqual(done.stdout, self.FORCED, done.stderr)
                self.assertEqual(done.returncode, 0)

    def test_limit_of_file_size(self):
        done = self.run_here(*SLOW, self.input, self.target,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("out.safetensors: cannot allocate disk space for it", done.stderr)
        self.assertEqual(self.left(), [])

    def test_full_disk(self):
        script = 'mount -t tmpfs -o size=4m none "$1" || exit 77; shift; "$@"; status=$?; ls -A "$0"; exit $status'
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script, str(self.out), str(self.out), FMTCONV, *SLOW,
                               str(self.input), str(self.target)], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or "unshare" in done.stderr:
            self.skipTest("no file system can be mounted here: " + done.stderr.strip())
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, "the output needs 512.0 MiB; the file system has .* left")
        self.assertEqual(done.stdout, "")

    def test_read_only_folder(self):
        if os.geteuid() == 0:
            self.skipTest("root writes everywhere")
        self.out.chmod(0o555)
        done = self.run_here("-q", self.input, self.target)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot create the output here: Permission denied", done.stderr)
        self.assertEqual(self.left(), [])

    def test_modes(self):
        small = self.out / "small.safetensors"
        write_sparse(small, 1)
        for mask in (0, 0o022, 0o077, 0o007):
            done = self.run_here("-q", small, self.target, umask=mask)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.target.stat().st_mode & 0o7777, 0o666 & ~mask)
            self.target.unlink()
        self.target.touch()
        self.target.chmod(0o604)
        self.run_here("-q", "-f", small, self.target)
        self.assertEqual(self.target.stat().st_mode & 0o7777, 0o604)

    def test_closed_streams(self):
        """No file gets the number of a closed stream, and with it the messages."""
        with tempfile.TemporaryDirectory() as folder:
            small, usual, out = (Path(folder) / f"{name}.safetensors" for name in ("small", "usual", "out"))
            write_ones(small, [f"t{i}" for i in range(9)])
            subprocess.run([FMTCONV, "-q", "-t", "none", "--dtype", "f16", small, usual], check=True)
            for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
                words = [FMTCONV, "-v", "-f", "-t", "none", "--dtype", "f16", small, out]
                subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *words], stderr=subprocess.DEVNULL, check=True)
                self.assertEqual(out.read_bytes(), usual.read_bytes(), closed)

    @unittest.skipIf(is_sanitized(), "a sanitizer takes memory of its own")
    def test_memory(self):
        self.input = self.out / "in.safetensors"
        write_sparse(self.input, 300)
        for scratch in (16, 64):
            for arguments in (("--dtype", "bf16"), ("-t", "none"), ("--dtype", "bf16", "--verify")):
                with self.subTest(scratch=scratch, arguments=arguments):
                    pid = os.posix_spawn(FMTCONV, [FMTCONV, "-q", "-f", "--memory", f"{scratch}M", *arguments,
                                                   str(self.input), str(self.target)], os.environ)
                    _, status, usage = os.wait4(pid, 0)
                    self.assertEqual(status, 0)
                    self.assertLessEqual(usage.ru_maxrss, (32 + scratch) * 1024)

    @unittest.skipIf(is_sanitized(), "a sanitizer takes memory of its own")
    def test_memory_of_patterns(self):
        """An adapter with a key of alpha_pattern for each module takes memory for each once."""
        modules = [f"blocks.{i:04}.q" for i in range(6000)]
        adapter, model = self.out / "adapter", self.out / "in.safetensors"
        adapter.mkdir()
        write_ones(adapter / "adapter_model.safetensors", [f"base_model.model.{m}.lora_{x}.weight" for m in modules for x in "AB"])
        write_ones(model, [m + ".weight" for m in modules])
        (adapter / "adapter_config.json").write_text(json.dumps({
            "peft_type": "LORA", "r": 1, "lora_alpha": 1, "target_modules": ["q"],
            "alpha_pattern": {m: i for i, m in reversed(list(enumerate(modules)))}}))
        pid = os.posix_spawn(FMTCONV, [FMTCONV, "-q", "-t", f"lora-merge:file={adapter}/adapter_model.safetensors", str(model), str(self.target)], os.environ)
        _, status, usage = os.wait4(pid, 0)
        self.assertEqual(status, 0)
        self.assertLessEqual(usage.ru_maxrss, 100 * 1024)
        self.assertEqual(struct.unpack("<2f", self.target.read_bytes()[-8:]), (5999, 6000))

    def on_terminal(self, *arguments, pause=0.0, **environment):
        """Returns the output on a terminal as stderr, as [(seconds, text)], and the exit status."""
        try:
            master, slave = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal can be made here: {error}")
        variables = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        variables.update({"TERM": "xterm", **environment})
        process = subprocess.Popen([FMTCONV, *map(str, arguments)], stderr=slave, env=variables)
        os.close(slave)
        if pause:
            while not self.temporaries() and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGSTOP)
            time.sleep(pause)
            process.send_signal(signal.SIGCONT)
        pieces, started = [], time.monotonic()
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            pieces.append((time.monotonic() - started, data.decode()))
        os.close(master)
        return pieces, process.wait()

    def test_progress_on_a_terminal(self):
        pieces, status = self.on_terminal("-j1", "--memory", "1M", "--dtype", "bf16", self.input, self.target, pause=0.5)
        text = "".join(piece for _, piece in pieces)
        self.assertEqual(status, 0, text)
        states = re.findall(r"\r[^\r\n]*? %  [^\r\n]*? left\x1b\[K", text)
        self.assertGreater(len(states), 0, text)
        self.assertLessEqual(len(states), 6 * (pieces[-1][0] + 1))
        clean = re.sub(r"\r[^\r\n]*? left\x1b\[K", "", text)
        if not clean.startswith("\r\x1b[K"):
            self.assertIn("\r\x1b[K", clean, "the last state was not cleared")
        self.assertNotRegex(re.sub(r"\r\x1b\[K", "", clean), r"\x1b\[K|left")

    def test_progress_elsewhere(self):
        done = self.run_here("-j1", "--memory", "1M", "--dtype", "bf16", self.input, self.target)
        self.assertNotRegex(done.stderr, r"[\r\x1b]")
        self.assertNotIn(" left", done.stderr)
        self.target.unlink()
        process = self.start("--progress")
        time.sleep(1.1)
        process.send_signal(signal.SIGCONT)
        _, said = process.communicate(timeout=60)
        self.assertRegex(said.decode(), r"(?m)^ *\d+ %  .* of .*  .*/s  .* left$")
        self.assertNotRegex(said.decode(), r"[\r\x1b]")

    def test_color(self):
        wrong = ("nothing.safetensors", "out.safetensors")
        color = "\x1b[1;31m"
        for expected, arguments, environment in ((True, (), {}), (False, (), {"NO_COLOR": "1"}),
                                                 (True, (), {"NO_COLOR": ""}), (False, ("--color=never",), {}),
                                                 (True, ("--color=always",), {"NO_COLOR": "1"}),
                                                 (False, (), {"TERM": "dumb"})):
            with self.subTest(arguments=arguments, environment=environment):
                pieces, _ = self.on_terminal(*arguments, *wrong, **environment)
                self.assertEqual(color in "".join(piece for _, piece in pieces), expected)
        self.assertNotIn("\x1b", self.run_here(*wrong).stderr)
        self.assertIn(color, self.run_here("--color=always", *wrong).stderr)

    def events(self, *arguments, status=0):
        done = self.run_here(*arguments)
        self.assertEqual((done.returncode, done.stderr), (status, ""))

        def unique(pairs):
            self.assertEqual(len({key for key, _ in pairs}), len(pairs), pairs)
            return dict(pairs)

        lines = [json.loads(line, object_pairs_hook=unique) for line in done.stdout.splitlines()]
        for line in lines:
            self.assertIn("event", line)
        return lines

    def test_json(self):
        small = self.out / 'a "small" \\ fi\nle.safetensors'
        write_sparse(small, 1)
        result = self.events("--json", small, self.target)[-1]
        self.assertEqual((result["event"], result["account"]["out"], result["bytes"]["copied"]), ("result", 8, MIB))
        self.assertEqual(result["files"], [{"path": str(self.target), "bytes": self.target.stat().st_size, "tensors": 8}])
        error = self.events("--json", small, self.target, status=1)[-1]
        self.assertEqual((error["event"], error["level"], error["hint"]), ("message", "error", "-f overwrites it"))
        self.assertEqual(len(self.events("inspect", "--json", "--tensors", small)[-1]["list"]), 8)
        self.assertEqual(self.events("--json", "-n", "--dtype", "f16", small, self.out / "x.safetensors")[-1]["dry_run"], True)
        listed = self.events("plugins", "--json")
        names = [plugin["name"] for plugin in listed if plugin["event"] == "plugin"]
        presets = [preset["name"] for preset in listed if preset["event"] == "preset"]
        self.assertEqual(names, sorted(names))
        self.assertEqual(presets, sorted(presets))
        self.assertIn("cogvideox-lora", presets)
        self.events("--json", "-r", "nothing", small, self.target, status=2)
        if "sat" in names and "cogvideox-lora" in names:
            report = self.events("inspect", "--json", SAMPLE)[-1]
            self.assertEqual((report["kind"], report["tensors"]), ("lora", 805))
            report = self.events("--json", "-f", "-v", SAMPLE, self.target)[-1]
            self.assertEqual(report["account"]["out"], 240)


class Environment(unittest.TestCase):
    """Closed descriptors, few descriptors, names of files that are meant for the terminal."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="fmtconv-environment-")
        self.top = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        write_ones(self.top / "in.safetensors", ["a", "b"])

    def run_in(self, args, **options):
        return subprocess.run([FMTCONV, *args], cwd=self.top, check=False, timeout=120, **options)

    def test_closed_descriptors(self):
        def close_all():
            for fd in (0, 1, 2):
                os.close(fd)

        good = self.run_in(["-q", "-t", "none", "in.safetensors", "good.safetensors"])
        self.assertEqual(good.returncode, 0)
        done = self.run_in(["-v", "-t", "none", "in.safetensors", "x.safetensors"], preexec_fn=close_all)
        self.assertEqual(done.returncode, 0)
        self.assertEqual((self.top / "x.safetensors").read_bytes(), (self.top / "good.safetensors").read_bytes())
        self.assertNotEqual(self.run_in(["inspect", "in.safetensors"], preexec_fn=close_all).returncode, 0)

    def test_more_shards_than_descriptors(self):
        folder = self.top / "shards"
        folder.mkdir()
        names = [f"model-{i:05d}-of-00300.safetensors" for i in range(1, 301)]
        for i, name in enumerate(names):
            write_ones(folder / name, [f"t{i}"])
        index = {"weight_map": {f"t{i}": name for i, name in enumerate(names)}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        done = self.run_in(["-q", "-t", "none", "shards", "x.safetensors"], capture_output=True, text=True,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_arguments_are_escaped(self):
        bad = "x\033]0;t\007\u202e.pt"
        for args in ([bad], ["--memory", bad, "a", "b"], ["-" + bad], ["-j", bad, "a", "b"], ["inspect", bad], ["inspect", bad, bad],
                     ["new-plugin", bad], ["--dtype", bad, "a", "b"], ["--" + bad], ["help", bad], ["-D", bad, "a", "b"]):
            done = self.run_in(args, capture_output=True, text=True)
            for character in "\033\007\u202e":
                self.assertNotIn(character, done.stderr + done.stdout, args)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
