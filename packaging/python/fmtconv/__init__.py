"""fmtconv: converts model checkpoints between formats, and reads them.

>>> import fmtconv
>>> report = fmtconv.convert("model.pt", "model.safetensors", dtype="bf16")  # doctest: +SKIP

README.md of the package, and `help(fmtconv.convert)`, say more.
"""
# SPDX-License-Identifier: Apache-2.0
from . import _lib
from ._checkpoint import Checkpoint, Tensor, open
from ._convert import convert, diff, inspect, plan, plugins, presets, verify
from ._edit import edit
from ._errors import (
    CancelledError,
    Error,
    FormatError,
    InternalError,
    LimitError,
    LossyError,
    MissingError,
    NotFoundError,
    NotPermittedError,
    OutOfMemoryError,
    OutputError,
    StrictError,
    SystemCallError,
    UnsupportedError,
    UsageError,
)

__version__: str = _lib.version().decode()

__all__ = [
    "CancelledError",
    "Checkpoint",
    "Error",
    "FormatError",
    "InternalError",
    "LimitError",
    "LossyError",
    "MissingError",
    "NotFoundError",
    "NotPermittedError",
    "OutOfMemoryError",
    "OutputError",
    "StrictError",
    "SystemCallError",
    "Tensor",
    "UnsupportedError",
    "UsageError",
    "__version__",
    "convert",
    "diff",
    "edit",
    "inspect",
    "open",
    "plan",
    "plugins",
    "presets",
    "verify",
]

# Names in messages are those that users import.
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
