"""Loses power after each call that changes files: old files, new files, or a set that is refused and repaired.
SPDX-License-Identifier: Apache-2.0

Python's standard library only.  FMTCONV: the program; RECORDER: tests/faults/recorder.c as a library; WITHOUT:
tests/cli/without.  The calls of a conversion are recorded once.  From each beginning of that list, states of the disk are
made: what was synced is there.  Of what was not, a file has all, a part, its size with zeros, or nothing, and a folder the
changes of its names up to any of them, in their order, which file systems with a log keep.  A sample is judged; with
FMTCONV_LONG, all.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cli"))
import test_kills  # noqa: E402

LONG = bool(os.environ.get("FMTCONV_LONG"))
SAMPLE = 4  # states of each case; all with LONG
EXCHANGE, NOREPLACE = 2, 1
JOURNAL = ".fmtconv.journal"
# The cases of test_kills.py by name, one more, and the calls that the system then lacks.
CASES = {
    "a new file": ((None, ["-t", "none", "new.safetensors", "out/x.pt"], ["out/x.pt"]), None),
    "one file": (test_kills.CASES["one file"], None),
    "one file without exchange": (test_kills.CASES["one file"], "renameat2=ENOSYS"),
    "edit": (test_kills.CASES["edit"], None),
    "edit in place": (test_kills.CASES["edit in place"], None),
    "new folder": (test_kills.CASES["new folder"], None),
    "folder onto a set": (test_kills.CASES["folder onto a set"], None),
    "folder onto more shards, one by one": (test_kills.CASES["folder onto more shards"], "renameat2=ENOSYS"),
    "several outputs": (test_kills.CASES["several outputs"], None),
    "several outputs onto a set": (test_kills.CASES["several outputs onto a set"], None),
}


def program():
    """Returns the program itself, not libtool's wrapper, and the folder of its library."""
    named = Path(os.environ["FMTCONV"])
    real = named.parent / ".libs" / named.name
    return str(real if real.exists() else named), str(real.parent)


class File:
    """A file: bytes and time on the disk, and what was done since the last sync."""

    def __init__(self, inode, data=b"", time=0):
        self.inode, self.data, self.time, self.pending = inode, data, time, []

    def after(self, n):
        """Returns bytes and time after the first n pending changes."""
        data, time = bytearray(self.data), self.time
        for kind, at, what, when in self.pending[:n]:
            if kind == "size":
                data = data[:at] + b"\0" * (at - len(data))
            else:
                data.extend(b"\0" * (at + len(what) - len(data)))
                data[at:at + len(what)] = what
            time = when
        return bytes(data), time

    def sync(self):
        self.data, self.time = self.after(len(self.pending))
        self.pending = []

    def lost(self, how, rnd):
        """Returns bytes and time after a crash."""
        if how == "none" or not self.pending:
            return self.data, self.time
        data, time = self.after(len(self.pending))
        if how == "all":
            return data, time
        if how == "zeros":
            return self.data[:len(data)] + b"\0" * (len(data) - len(self.data)), time
        return self.after(rnd.randrange(len(self.pending) + 1))


class Folder:
    """A folder: names on the disk, and changes since the last sync."""

    def __init__(self, inode):
        self.inode, self.names, self.pending = inode, {}, []

    def after(self, n):
        names = dict(self.names)
        for kind, name, what in self.pending[:n]:
            if kind == "add":
                names[name] = what
            elif kind == "remove":
                names.pop(name, None)
            elif kind == "exchange":
                names[name], names[what] = names[what], names[name]
            else:
                names[what] = names.pop(name)
        return names

    def sync(self):
        self.names = self.after(len(self.pending))
        self.pending = []


class Disk:
    """The files below a folder, changed by recorded calls."""

    def __init__(self, top):
        self.known = {}
        self.top = self.scan(top)

    def scan(self, path):
        if path.is_dir():
            node = Folder(path.stat().st_ino)
            node.names = {child.name: self.scan(child) for child in path.iterdir()}
        else:
            node = File(path.stat().st_ino, path.read_bytes(), path.stat().st_mtime_ns)
        return self.known.setdefault(node.inode, node)

    def apply(self, line):
        """Performs a call; returns whether it changed anything that can be lost or kept."""
        kind, inode, *words = line.split()
        node = self.known.get(int(inode))
        if node is None:
            return False
        if kind == "sync":
            node.sync()
        elif kind == "write":
            node.pending.append(("write", int(words[0]), bytes.fromhex(words[3]), int(words[1]) * 10**9 + int(words[2])))
        elif kind == "size":
            node.pending.append(("size", int(words[0]), b"", int(words[1]) * 10**9 + int(words[2])))
        elif kind == "unlink":
            node.pending.append(("remove", words[0], None))
        elif kind == "rename":
            node.pending.append(("exchange" if int(words[2]) == EXCHANGE else "rename", words[0], words[1]))
        else:
            made = {"create": File, "mkdir": Folder}.get(kind)
            other = self.known[int(words[1])] if made is None else self.known.setdefault(int(words[1]), made(int(words[1])))
            node.pending.append(("add", words[0], other))
        return True

    def crash(self, names, data, rnd):
        """Returns a state: {path: (node, bytes, time) or (node, None, 0) of a folder}.

        names: none, all or some changes of the names of each folder; data: see File.lost."""
        state = {}

        def walk(folder, at):
            n = len(folder.pending)
            kept = {"none": 0, "all": n}.get(names, rnd.randrange(n + 1))
            for name, node in sorted(folder.after(kept).items()):
                path = f"{at}{name}"
                if isinstance(node, Folder):
                    state[path] = (node, None, 0)
                    walk(node, f"{path}/")
                else:
                    how = data if data != "some" else rnd.choice(["none", "all", "zeros", "part"])
                    state[path] = (node, *next((v[1:] for v in state.values() if v[0] is node), node.lost(how, rnd)))

        walk(self.top, "")
        return state


def key_of(state):
    return tuple((path, node.inode, data, time) for path, (node, data, time) in sorted(state.items()))


def translated(data, inodes):
    """Returns a journal with the inode numbers that its files have now."""
    def other(match):
        return match[1] + b"/".join(re.sub(rb"^\d+", lambda n: inodes.get(n[0], n[0]), word) for word in match[2].split(b"/"))
    return re.sub(rb"(move |old )((?:[\d.]+/)+)", lambda m: other(m), data)


def build(state, top):
    """Makes the files of a state, whose journals name them by what they have become."""
    shutil.rmtree(top)
    top.mkdir()
    first, inodes = {}, {}
    for path, (node, data, time) in sorted(state.items()):
        target = top / path
        if data is None:
            target.mkdir()
        elif node in first:
            os.link(first[node], target)
        else:
            target.write_bytes(data)
            os.utime(target, ns=(time, time))
            first[node] = target
        inodes[b"%d" % node.inode] = b"%d" % target.stat().st_ino
    for path, (_, data, _) in state.items():
        if path.endswith(JOURNAL):
            (top / path).write_bytes(translated(data, inodes))


class Power(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="fmtconv-power-")
        cls.top = Path(cls.folder.name)
        for name, value in (("old", 1.0), ("new", 2.0)):
            test_kills.write_model(cls.top / f"{name}.safetensors", value)
            (cls.top / f"{name}.yaml").write_text(test_kills.SPEC.format(path=f"{name}.safetensors"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_in(self, args, before=(), **more):
        fmtconv, libraries = program()
        path = f"{libraries}:{Path(libraries).parent}:{os.environ.get('LD_LIBRARY_PATH', '')}"
        env = dict(os.environ, LD_LIBRARY_PATH=path, **more)
        return subprocess.run([*before, fmtconv, "-q", *args], cwd=self.top, env=env, capture_output=True, text=True, check=False, timeout=120)

    def convert(self, args, **more):
        done = self.run_in([*test_kills.options_of(args), *args], **more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def recorded(self, old, new, without):
        """Returns the disk before the conversion, its calls, and the files before and after."""
        out = self.top / "out"
        shutil.rmtree(out, ignore_errors=True)
        (out / "m").mkdir(parents=True)
        (out / "m/mine.txt").write_text("mine")
        if old is None and "out/m" in new:
            shutil.rmtree(out / "m")
        if old:
            self.convert(old)
        before, disk = test_kills.content(out)[0], Disk(out)
        tools = [os.environ["WITHOUT"], without] if without else []
        held = [os.open(path, os.O_RDONLY) for path in out.rglob("*")]  # keeps the inode numbers
        self.convert(new, before=tools, LD_PRELOAD=os.environ["RECORDER"], RECORD=str(self.top / "record"))
        for fd in held:
            os.close(fd)
        return disk, (self.top / "record").read_text().splitlines(), before, test_kills.content(out)[0]

    def states(self, name, disk, calls):
        """Yields the states after each beginning of the calls, each once."""
        seen, rnd = set(), random.Random(name)
        for n, call in enumerate(["", *calls]):
            if call and not disk.apply(call):
                continue
            for names, data in (("none", "none"), ("all", "none"), ("all", "zeros"), ("none", "all"), ("all", "all"), *[("some", "some")] * 4):
                state = disk.crash(names, data, rnd)
                if key_of(state) not in seen:
                    seen.add(key_of(state))
                    yield f"{name}, call {n} of {len(calls)} ({call[:60]}), names {names}, data {data}", state

    def read(self, paths, what):
        """Returns whether each path can be read; a refusal must say why."""
        fine = True
        for path in paths:
            done = self.run_in(["inspect", path]) if (self.top / path).exists() else None
            if done and done.returncode != 0:
                self.assertTrue(any(why in done.stderr for why in test_kills.REFUSED), f"{what}: {done.stderr}")
                fine = False
        return fine

    def judge(self, what, state, new, before, after, paths):
        out = self.top / "out"
        build(state, out)
        files, hidden = test_kills.content(out)
        if files not in (before, after):
            self.assertTrue(any(name.endswith(JOURNAL) for name in hidden), f"{what}: {sorted(files)} {hidden}")
            self.assertFalse(self.read(paths, what), f"{what}: a mixed set was read")
        done = self.run_in([*test_kills.options_of(new), *new])
        self.assertEqual(done.returncode, 0, f"{what}: {done.stderr}")
        files, hidden = test_kills.content(out)
        self.assertEqual(sorted(files), sorted(after), what)
        self.assertTrue(files == after, what)
        self.assertEqual(hidden, [], what)

    def test_each_case(self):
        total = judged = 0
        for name, ((old, new, paths), without) in CASES.items():
            if without and subprocess.run([os.environ["WITHOUT"], without, "true"], check=False).returncode != 0:
                continue
            with self.subTest(name):
                disk, calls, before, after = self.recorded(old, new, without)
                states = list(self.states(name, disk, calls))
                total += len(states)
                step = 1 if LONG else max(1, len(states) // SAMPLE)
                linked = [(what, state) for what, state in states if re.search(rf"\(link \d+ {re.escape(JOURNAL)} ", what)]
                for what, state in [*states[step // 2::step], *linked[:1]]:
                    judged += 1
                    with self.subTest(what):
                        self.judge(what, state, new, before, after, paths)
        print(f"{judged} of {total} states", file=sys.stderr)
        self.assertGreaterEqual(total, 500)

    def test_the_test(self):
        """States in which nothing was synced are told from those of a conversion that syncs."""
        (old, new, _), _ = CASES["several outputs onto a set"]
        disk, calls, before, after = self.recorded(old, new, None)
        wrong = 0
        for _, state in self.states("never synced", disk, [call for call in calls if not call.startswith("sync")]):
            files = {path: data for path, (_, data, _) in state.items() if data is not None and "/." not in f"/{path}"}
            wrong += files not in (before, after) and not any(path.endswith(JOURNAL) for path in state)
        self.assertGreater(wrong, 5)


if __name__ == "__main__":
    unittest.main()
