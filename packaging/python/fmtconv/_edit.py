"""Changes of names and metadata of a file."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from . import _abi as abi
from . import _lib
from ._context import Context, Limits, Progress, Size
from ._convert import StrPath, _flags

Value = Union[str, int, float, bool, list[Any]]


def _change(kind: int, name: str, value: Optional[str]) -> Any:
    return _lib.make(
        abi.fmtconv_change,
        name=os.fsencode(name),
        value=None if value is None else os.fsencode(value),
        kind=kind,
    )


def edit(
    path: StrPath,
    *,
    set: Optional[Mapping[str, Value]] = None,
    unset: Iterable[str] = (),
    rename: Optional[Mapping[str, str]] = None,
    dry_run: bool = False,
    force: bool = False,
    strict: bool = False,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
    progress: Optional[Progress] = None,
) -> dict[str, Any]:
    """Changes names and metadata of a safetensors or GGUF file, and nothing else; report["way"] says how.

    set      key to value: entries of __metadata__, or keys of GGUF, of which a new one is "KEY:TYPE" ("n:u32", "n:[f32]")
    unset    keys to remove
    rename   old to new names, of tensors or keys
    dry_run  only say how
    force    remove a manifest of the file, which would no longer be true
    """
    texts = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in (set or {}).items()
    }
    changes = [
        *[_change(abi.FMTCONV_CHANGE_SET, key, text) for key, text in texts.items()],
        *[_change(abi.FMTCONV_CHANGE_UNSET, key, None) for key in unset],
        *[_change(abi.FMTCONV_CHANGE_RENAME, old, new) for old, new in (rename or {}).items()],
    ]
    array = (abi.fmtconv_change * max(1, len(changes)))(*changes)
    flags = _flags(dry_run=dry_run, force=force, strict=strict)
    with Context(flags, Limits(threads, memory, parse_memory)) as ctx:
        report: dict[str, Any] = ctx.run(
            lambda: ctx.tree(_lib.edit(ctx.pointer, os.fsencode(path), array, len(changes))), progress
        )
        return report
