"""Several threads, and processes that fork."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import struct
import threading
import traceback

import pytest
from conftest import VALUES, write_safetensors

import fmtconv

ROWS = 64


@pytest.fixture
def rows(tmp_path):
    data = b"".join(struct.pack("<256f", *[float(i)] * 256) for i in range(ROWS))
    return write_safetensors(tmp_path / "rows.safetensors", {"w": ("F32", (ROWS, 256), data)})


def in_threads(n, work):
    """Runs work(i) on n threads, and raises what one of them raised."""
    failures = []

    def guarded(i):
        try:
            work(i)
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        raise failures[0]


def in_child(work):
    """Runs work() in a forked process, which must return."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


def test_conversions_at_the_same_time(model, tmp_path):
    in_threads(8, lambda i: fmtconv.convert(model, tmp_path / f"{i}.safetensors", dtype="f16", threads=1))
    outputs = {(tmp_path / f"{i}.safetensors").read_bytes() for i in range(8)}
    assert len(outputs) == 1


def test_one_checkpoint_for_all_threads(rows):
    with fmtconv.open(rows, transforms="cast:to=f64") as f:

        def read(i):
            for row in range(i, ROWS, 8):
                assert f["w"][row].tobytes() == struct.pack("<256d", *[float(row)] * 256)

        in_threads(8, read)


def test_fork_converts(model, tmp_path):
    fmtconv.convert(model, tmp_path / "parent.safetensors", dtype="f16")
    in_child(lambda: fmtconv.convert(model, tmp_path / "child.safetensors", dtype="f16"))
    assert (tmp_path / "parent.safetensors").read_bytes() == (tmp_path / "child.safetensors").read_bytes()


def test_fork_with_an_open_checkpoint(model):
    with fmtconv.open(model) as f:

        def read():
            assert f["w"].tobytes() == struct.pack("<6f", *VALUES)

        read()
        in_child(read)
        read()


def test_fork_while_another_thread_reads(rows):
    with fmtconv.open(rows) as f:
        stop = threading.Event()

        def read():
            while not stop.is_set():
                f["w"].tobytes()

        thread = threading.Thread(target=read)
        thread.start()
        try:
            for _ in range(10):
                in_child(lambda: f["w"][1].tobytes())
        finally:
            stop.set()
            thread.join()
