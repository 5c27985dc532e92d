#!/usr/bin/env python3
"""tests/faults/check_faults.py SHIM SOURCE TIER [SCENARIO...]: one call fails in each of many runs, which must say so or not matter.
SPDX-License-Identifier: Apache-2.0

A run in which the call fails exits with 1 and a message that names the file, and leaves all files as they were, or gives the
same results as without the failure.  TIER says which calls fail:

  sample  each place in the code once, by any scenario, with its first error
  sites   each place in the code in each scenario, with each error
  all     each call in each scenario, with each error
"""
import concurrent.futures
import errno
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import scenarios  # noqa: E402

SHORT = 0
E = errno
ERRORS = {
    "alloc": [E.ENOMEM], "open": [E.EIO, E.EMFILE, E.EINTR], "fopen": [E.EIO, E.EMFILE], "opendir": [E.EIO, E.ENOMEM], "readdir": [E.EIO],
    "stat": [E.EIO, E.ENOMEM], "access": [E.EIO], "readlink": [E.EIO], "realpath": [E.EIO], "dlopen": [E.ENOMEM],
    "read": [E.EIO, SHORT, E.EINTR], "write": [E.ENOSPC, SHORT, E.EINTR, E.EIO], "copy": [E.EIO, SHORT, E.EINTR, E.ENOSPC],
    "fallocate": [E.ENOSPC, E.EIO], "ftruncate": [E.ENOSPC], "fsync": [E.EIO, E.ENOSPC], "close": [E.EIO], "rename": [E.EIO, E.ENOSPC],
    "link": [E.EIO], "unlink": [E.EIO], "mkdir": [E.ENOSPC], "chmod": [E.EIO], "flock": [E.EIO], "statvfs": [E.EIO], "thread": [E.EAGAIN],
}
SECONDS = 60
WORKERS = int(os.environ.get("FAULT_WORKERS", "2"))
shim, source, tier = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
only = set(sys.argv[4:])
work = pathlib.Path(tempfile.mkdtemp(prefix="fmtconv-faults."))
inputs = work / "inputs"
failures, lock = [], threading.Lock()


def program():
    """Returns the program itself; libtool's wrapper would be a shell in which calls fail."""
    named = pathlib.Path(os.environ["FMTCONV"])
    real = named.parent / ".libs" / named.name
    return real if real.exists() else named


FMTCONV = program()
ENV = {"PATH": os.environ["PATH"], "HOME": str(work / "home"), "LC_ALL": "C.UTF-8", "TMPDIR": str(work),
       "LD_LIBRARY_PATH": f"{FMTCONV.parent}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
for variable in ("FMTCONV_PLUGIN_PATH", "FMTCONV_PIPELINE_PATH"):
    ENV[variable] = os.environ.get(variable, "")


def content(folder):
    """Returns a digest of each file below a folder."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() and ".work" not in p.name else "" for p in sorted(folder.rglob("*"))}


class Place:
    """A folder of a worker, in which it runs one command after the other."""

    def __init__(self, number):
        self.top = work / f"w{number}"
        self.top.mkdir()
        self.out, self.hit = self.top / "out", self.top / "hit"

    def run(self, words, **faults):
        """Returns status, standard output and errors, and the files after."""
        scenarios.prepare(self.out, inputs)
        self.hit.unlink(missing_ok=True)
        words = [w.replace("{in}", str(inputs)).replace("{out}", str(self.out)) for w in words]
        self.is_diff = words[0] in ("diff", "verify")
        self.keeps = "--resume" in words or "--share=1/2" in words
        if not {"-j4", "plugins", "help", "map", "diff", "inspect"} & set(words):
            words.append("-j1")
        env = dict(ENV, LD_PRELOAD=str(shim), FAULT_HIT=str(self.hit), **{f"FAULT_{k.upper()}": str(v) for k, v in faults.items()})
        try:
            done = subprocess.run([str(FMTCONV), *words], env=env, capture_output=True, timeout=SECONDS, cwd=self.top, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return "hangs", "", "", {}
        own = str(self.top)
        said = done.stdout.decode(errors="replace").replace(own, "")
        return done.returncode, said, done.stderr.decode(errors="replace"), content(self.out)


def names_file(text, hit, place):
    """Returns whether a message names the file of the call, a folder above it, or the output."""
    kind, _, path = hit.partition(" ")
    if kind in ("alloc", "thread"):
        return re.search(r"memory|thread|cannot be allocated", text) is not None
    parts = [p for p in pathlib.PurePath(path).parts if len(p) > 2]
    return str(place.out) in text or (path == "/" and "fmtconv: /:" in text) or any(p in text for p in parts)


def is_complete(files, good, err):
    """Returns whether all files of a run without failures are there, and a note names the temporary that is left."""
    left = {pathlib.PurePath(path).parts[0] for path in files.keys() - good.keys()}
    return good.items() <= files.items() and all(".fmtconv-" in name and f"/{name}" in err for name in left)


def judge(result, good, before, hit, place):
    """Returns what is wrong with a run; None: nothing."""
    status, out, err, files = result
    if status == good[0]:
        if files != good[3] and not is_complete(files, good[3], err) and not (hit.startswith("unlink") and good[3].items() <= files.items()):
            return "other files, with the usual status"
        return None if out == good[1] else "another output, with the usual status"
    if status != (2 if place.is_diff else 1):
        return f"status {status}"
    if not re.search(r"^fmtconv: |\"level\": *\"error\"", err + out, re.M):
        return "no message"
    if not names_file(err + out, hit, place):
        return "the message does not name the file"
    if files != before and not hit.startswith("unlink"):
        new, gone = sorted(set(files) - set(before)), sorted(set(before) - set(files))
        if place.keeps and not gone and all(".fmtconv-" in pathlib.PurePath(path).parts[0] for path in new):
            return None  # the next run continues
        return f"left: {new}" if new else f"gone: {gone}" if gone else "a changed old file"
    return None


def calls_of(place, words):
    """Returns the result without failures, and the calls: (class, number, callers)."""
    trace = place.top / "trace"
    trace.unlink(missing_ok=True)
    good = place.run(words, trace=trace)
    seen, calls = {}, []
    for line in trace.read_text().splitlines():
        kind, callers = line.split()
        seen[kind] = seen.get(kind, 0) + 1
        calls.append((kind, seen[kind], callers))
    return good, calls


def selected(calls, known):
    """Yields (class, number, error) of the calls that shall fail."""
    for kind, at, callers in calls:
        if tier != "all" and (kind, callers) in known:
            continue
        known.add((kind, callers))
        for number in ERRORS[kind][: 1 if tier == "sample" else None]:
            yield kind, at, number


def fail_one(place, name, words, good, before, fault):
    kind, at, number = fault
    result = place.run(words, **{"class": kind, "at": at, "errno": number})
    if not place.hit.exists() or not place.hit.stat().st_size:
        return 0  # threads made fewer calls this time
    hit = place.hit.read_text().strip()
    wrong = judge(result, good, before, hit, place)
    if wrong:
        with lock:
            failures.append((name, wrong, f"{kind} {at} {errno.errorcode.get(number, 'short')}", hit, result[2].strip()[:300]))
    return 1


def run_scenario(pool, places, name, words, known):
    place = places[0]
    good, calls = calls_of(place, words)
    if good[0] not in (0, 1) or (good[0] == 1 and words[0] != "diff"):
        print(f"FAIL: {name}: without failures: status {good[0]}: {good[2]}")
        failures.append((name, "does not run", "", "", good[2]))
        return 0
    scenarios.prepare(place.out, inputs)
    before = content(place.out)
    faults = list(selected(calls, known))
    shares = [faults[i::len(places)] for i in range(len(places))]

    def work_on(place, share):
        return sum(fail_one(place, name, words, good, before, fault) for fault in share)

    return sum(pool.map(work_on, places, shares))


def main():
    (work / "home").mkdir()
    scenarios.make(inputs, [os.environ["FMTCONV"]], source)
    places = [Place(i) for i in range(WORKERS)]
    known, total = set(), 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for name, words in scenarios.SCENARIOS:
            if only and name not in only:
                continue
            before = len(failures)
            n = run_scenario(pool, places, name, words, known if tier == "sample" else set())
            total += n
            print(f"{name}: {n} failing calls, {len(failures) - before} wrong", flush=True)
    for name, wrong, fault, hit, text in failures:
        print(f"FAIL: {name}: {fault}: {wrong}\n    {hit}\n    {text}")
    print(f"{len(scenarios.SCENARIOS)} scenarios, {total} failing calls, {len(failures)} wrong")
    return bool(failures) or (not only and total < 300)


try:
    code = main()
finally:
    shutil.rmtree(work, ignore_errors=True)
sys.exit(code)
