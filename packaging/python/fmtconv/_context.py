"""Contexts of the library, and the way in which Python waits for their calls.

A call runs on a thread of its own, while the thread of the caller waits for what it reports: the caller's thread logs
messages, runs the progress callback and handles signals, so that an exception of a callback and Ctrl-C stop the call at
once.  The call is always finished when control returns to the caller.
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes as C
import json
import logging
import os
import queue
import signal
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Optional, Union

from . import _abi as abi
from . import _lib
from ._errors import Error, InternalError, OutOfMemoryError, kind_of

logger = logging.getLogger("fmtconv")

Progress = Callable[[int, int], object]
Size = Union[int, str]

_POLL = 0.1  # seconds after which a waiting thread looks for signals, where none woke it
_LEVELS = {abi.FMTCONV_MSG_WARNING: logging.WARNING, abi.FMTCONV_MSG_NOTE: logging.INFO}
_UNKNOWN = 2**64 - 1
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _text(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else value.decode("utf-8", "replace")


def size_of(value: Optional[Size]) -> int:
    """Returns the bytes of a size: 1048576, "64M"; 0 for None."""
    if value is None:
        return 0
    if isinstance(value, int):
        if value <= 0:
            raise ValueError(f"memory is a number of bytes above 0, not {value}")
        return value
    number, unit = value[:-1], value[-1:].upper()
    if unit in _UNITS and number.isdecimal() and int(number) > 0:
        return int(number) * _UNITS[unit]
    raise ValueError(f"memory is a number of bytes or a text such as '64M', not {value!r}")


class Limits(NamedTuple):
    """What a context may take: threads, bytes for data of tensors, and bytes for all else; None: as the library does."""

    threads: Optional[int] = None
    memory: Optional[Size] = None
    parse_memory: Optional[Size] = None


class _Message:
    """A copy of a message of the library, which is valid only during its callback."""

    def __init__(self, m: Any) -> None:
        self.level: int = m.level
        self.code: int = m.code
        self.text = _text(m.text) or ""
        self.errno: Optional[int] = m.os_errno or None
        self.details = tuple(_text(m.details[i]) or "" for i in range(m.n_details))
        if m.n_more:
            self.details += (f"and {m.n_more} more",)
        self.fields: dict[str, Any] = {
            "message": _text(m.what),
            "hint": _text(m.hint),
            "file": _text(m.file),
            "offset": None if m.offset == _UNKNOWN else m.offset,
            "tensor": _text(m.tensor),
            "plugin": _text(m.plugin),
        }

    def error(self) -> Error:
        kind = kind_of(self.code, self.errno)
        return kind(self.text, errno=self.errno, details=self.details, **self.fields)

    def log(self) -> None:
        level = _LEVELS.get(self.level, logging.ERROR)
        if logger.isEnabledFor(level):
            text = "\n  ".join([self.text, *self.details])
            logger.log(level, "%s", text, extra={f"fmtconv_{k}": v for k, v in self.fields.items()})


class Context:
    """One context: freed by close(), or with the object."""

    def __init__(self, flags: int = 0, limits: Limits = Limits()) -> None:
        if limits.threads is not None and limits.threads < 1:
            raise ValueError(f"threads is a number above 0, not {limits.threads}")
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._pid = os.getpid()
        self._first_error: Optional[_Message] = None
        self._thread = threading.Thread()  # that of the last call
        fields: dict[str, Any] = {field[0]: field[1] for field in abi.fmtconv_options._fields_}
        self._on_message = fields["message"](self._hear)
        self._on_progress = fields["progress"](self._beat)
        options = _lib.make(
            abi.fmtconv_options,
            flags=flags,
            threads=limits.threads or 0,
            memory=size_of(limits.memory),
            parse_memory=size_of(limits.parse_memory),
            message=self._on_message,
            progress=self._on_progress,
        )
        self.pointer: Optional[int] = _lib.ctx_new(C.byref(options))
        if not self.pointer:
            raise OutOfMemoryError("out of memory")

    def _hear(self, _: Any, message: Any) -> None:
        """Runs on the thread of the call, as a callback of the library."""
        one = _Message(message.contents)
        if one.level == abi.FMTCONV_MSG_ERROR:
            self._first_error = self._first_error or one
        else:
            self._events.put(one)

    def _beat(self, _: Any, progress: Any) -> None:
        self._events.put((progress.contents.done, progress.contents.total))

    def close(self) -> None:
        """Frees the context.  A child of a fork only forgets it, as a thread of the parent may have been using it."""
        if self.pointer and self._pid == os.getpid():
            try:
                self._finish()
            finally:
                pointer, self.pointer = self.pointer, None
                _lib.ctx_free(pointer)
        self.pointer = None

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "pointer", None):
            self.close()

    def run(self, call: Callable[[], Any], progress: Optional[Progress] = None) -> Any:
        """Runs a call of the library and returns its result; raises what a callback, a signal or the library raises."""
        result: list[Any] = []
        self._thread = threading.Thread(target=self._work, args=(call, result), name="fmtconv")
        try:
            self._start()
            self._wait(progress)
        except BaseException:
            _lib.ctx_cancel(self.pointer)
            self._finish()
            raise
        self._finish()
        if isinstance(result[0], BaseException):
            raise result[0]
        return result[0]

    def _start(self) -> None:
        """Starts the thread with all signals blocked, as signals are for the thread that waits."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._thread.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _work(self, call: Callable[[], Any], result: list[Any]) -> None:
        try:
            result.append(call())
        except BaseException as e:
            result.append(e)
        finally:
            self._events.put(None)

    def _wait(self, progress: Optional[Progress]) -> None:
        """Handles what the call reports until it ends."""
        while True:
            try:
                event = self._events.get(timeout=_POLL)
            except queue.Empty:
                continue
            if event is None:
                return
            if isinstance(event, _Message):
                event.log()
            elif progress:
                progress(*event)

    def _finish(self) -> None:
        """Waits for the end of a call, however often the user presses Ctrl-C, which counts when the call has ended."""
        interrupt: Optional[KeyboardInterrupt] = None
        while self._thread.is_alive():
            try:
                self._thread.join()
            except KeyboardInterrupt as e:
                interrupt = e
        if interrupt:
            raise interrupt

    def error(self) -> Error:
        """Returns the error that this context keeps."""
        if self._first_error:
            return self._first_error.error()
        code = _lib.ctx_failed(self.pointer)
        return kind_of(code, None)(f"failed with code {code}") if code else InternalError("failed without a message")

    def check(self) -> None:
        """Raises the error that this context keeps, if there is one."""
        if _lib.ctx_failed(self.pointer):
            raise self.error()

    def tree(self, node: Optional[int]) -> Any:
        """Returns an attribute tree of the library as Python's data."""
        text = _lib.json_text(node, 0) if node else None
        if text is None:
            raise self.error()
        return json.loads(text)
