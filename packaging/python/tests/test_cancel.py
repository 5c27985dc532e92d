"""Stopping: Ctrl-C, exceptions of callbacks.  Nothing is left, and the next call works."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

import fmtconv

pytestmark = pytest.mark.usefixtures("ctrl_c")


def interrupt_soon(after):
    """Sends SIGINT to this process, as a terminal does; returns a list that receives the time."""
    sent = []

    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(after, send).start()
    return sent


def test_ctrl_c_stops_a_conversion(large, tmp_path, nothing_left):
    sent = interrupt_soon(0.2)
    with pytest.raises(KeyboardInterrupt):
        fmtconv.convert(large, tmp_path / "out.safetensors", dtype="f16")
    print(f"stopped {time.monotonic() - sent[0]:.3f} s after the signal")
    assert fmtconv.plugins("cast")


def test_ctrl_c_stops_a_read(large):
    with fmtconv.open(large, transforms="cast:to=f16") as f:
        buffer = bytearray(f["z"].nbytes)
        sent = interrupt_soon(0.1)
        with pytest.raises(KeyboardInterrupt):
            while True:  # a fast machine reads it more than once
                f["z"].read_into(buffer)
        print(f"stopped {time.monotonic() - sent[0]:.3f} s after the signal")
        assert f["z"][:1].tobytes() == bytes(2 << 14)


def test_an_exception_of_progress_stops_a_conversion(large, tmp_path, nothing_left):
    class Stop(Exception):
        pass

    def progress(done, total):
        raise Stop("enough")

    with pytest.raises(Stop, match="enough"):
        fmtconv.convert(large, tmp_path / "out.safetensors", dtype="f16", progress=progress)


def test_ctrl_c_in_progress(large, tmp_path, nothing_left):
    def progress(done, total):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        fmtconv.convert(large, tmp_path / "out.safetensors", dtype="f16", progress=progress)


def test_an_exception_of_a_logging_handler_propagates(tmp_path, model, caplog):
    class Broken(logging.Handler):
        def emit(self, record):
            raise RuntimeError("no log")

    handler = Broken()
    logger = logging.getLogger("fmtconv")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with pytest.raises(RuntimeError, match="no log"):
            fmtconv.convert(model, tmp_path / "out.safetensors")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def test_ctrl_c_ends_a_script_as_usual(large, tmp_path, nothing_left):
    code = (
        "import fmtconv, sys\n"
        "show = lambda done, total: done or print('ready', flush=True)\n"
        "fmtconv.convert(sys.argv[1], sys.argv[2], dtype='f16', progress=show)\n"
    )
    p = subprocess.Popen(
        [sys.executable, "-c", code, large, tmp_path / "out.safetensors"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert p.stdout.readline() == "ready\n"
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=60)
    assert p.returncode == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")
