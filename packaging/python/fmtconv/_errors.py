"""What the library reports as an error, as exceptions."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno as _errno
from typing import Any, Optional

from . import _abi as abi


class Error(Exception):
    """A call failed.  str() is the whole line that the program prints; the parts are attributes.

    message  what failed, alone
    hint     what to do, or None
    file     the file that is at fault, or None
    offset   the byte in it, or None
    tensor   the name of the tensor, or None
    plugin   the plugin that ran, or None
    code     the name of the code: "FORMAT", "MISSING" ...
    errno    the number of the system's error, or None
    details  further lines, such as the names of all tensors that are missing
    """

    code: str = "INTERNAL"
    errno: Optional[int] = None

    def __init__(
        self,
        text: str,
        *,
        message: Optional[str] = None,
        hint: Optional[str] = None,
        file: Optional[str] = None,
        offset: Optional[int] = None,
        tensor: Optional[str] = None,
        plugin: Optional[str] = None,
        errno: Optional[int] = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(text)
        self.text = text
        self.message = text if message is None else message
        self.hint = hint
        self.file = file
        self.offset = offset
        self.tensor = tensor
        self.plugin = plugin
        self.details = details
        self.errno = errno

    def __str__(self) -> str:
        return "\n".join([self.text, *(f"  {line}" for line in self.details)])

    def __reduce__(self) -> Any:
        fields = ("message", "hint", "file", "offset", "tensor", "plugin", "errno", "details")
        return _restore, (type(self), self.text, {name: getattr(self, name) for name in fields})


def _restore(kind: type[Error], text: str, fields: dict[str, Any]) -> Error:
    return kind(text, **fields)


class FormatError(Error, ValueError):
    """The input is malformed."""

    code = "FORMAT"


class UnsupportedError(Error):
    """The input is valid, but not supported."""

    code = "UNSUPPORTED"


class LimitError(Error):
    """A limit is exceeded: of memory, of a format, or a compiled-in one."""

    code = "LIMIT"


class MissingError(Error):
    """A file, a tensor or a key that is needed is absent."""

    code = "MISSING"


class LossyError(Error):
    """The conversion would lose information, which allow_lossy=True accepts."""

    code = "LOSSY"


class SystemCallError(Error, OSError):
    """A call of the operating system failed; errno says why.  An OSError."""

    code = "IO"


class NotFoundError(MissingError, SystemCallError, FileNotFoundError):
    """A file does not exist.  A MissingError and a FileNotFoundError."""


class NotPermittedError(SystemCallError, PermissionError):
    """A file may not be opened.  A PermissionError."""


class OutOfMemoryError(Error, MemoryError):
    """There is not enough memory."""

    code = "NOMEM"


class UsageError(Error, ValueError):
    """An argument is wrong: a plugin, a parameter, a path, a spec."""

    code = "USAGE"


class CancelledError(Error):
    """The call was stopped."""

    code = "CANCELLED"


class InternalError(Error):
    """A defect of a plugin or of the library."""

    code = "INTERNAL"


class StrictError(Error):
    """A warning, with strict=True."""

    code = "STRICT"


class OutputError(Error):
    """The output cannot be created there: it exists, is an input, or its folder does not exist."""

    code = "OUTPUT"


_KINDS: dict[int, type[Error]] = {
    getattr(abi, f"FMTCONV_E_{kind.code}"): kind
    for kind in (
        FormatError,
        UnsupportedError,
        LimitError,
        MissingError,
        LossyError,
        SystemCallError,
        OutOfMemoryError,
        UsageError,
        CancelledError,
        InternalError,
        StrictError,
        OutputError,
    )
}
_OF_ERRNO: dict[int, type[Error]] = {
    _errno.ENOENT: NotFoundError,
    _errno.EACCES: NotPermittedError,
    _errno.EPERM: NotPermittedError,
}


def kind_of(code: int, errno: Optional[int]) -> type[Error]:
    """Returns the class for a code of the library."""
    kind = _KINDS.get(code, InternalError)
    return _OF_ERRNO.get(errno or 0, kind) if kind in (SystemCallError, MissingError) else kind
