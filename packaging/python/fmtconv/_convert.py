"""Conversions, and what there is to say about files and plugins."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes as C
import os
from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from . import _abi as abi
from . import _lib
from ._context import Context, Limits, Progress, Size

StrPath = Union[str, "os.PathLike[str]"]
Transforms = Union[str, Iterable[str]]
Manifest = Union[bool, str]


def path_of(path: Optional[StrPath]) -> Optional[bytes]:
    return None if path is None else os.fsencode(path)


def name_of(value: Optional[str]) -> Optional[bytes]:
    return None if value is None else os.fsencode(value)


def transforms_of(given: Optional[Transforms]) -> list[str]:
    """Returns a list of transforms; a single one may be given as a string."""
    if given is None:
        return []
    return [given] if isinstance(given, str) else list(given)


def _flags(**given: bool) -> int:
    return sum(int(getattr(abi, f"FMTCONV_{name.upper()}")) for name, is_set in given.items() if is_set)


def _typed_job(
    src: Optional[StrPath],
    dst: Optional[StrPath],
    transforms: Optional[Transforms],
    reader: Optional[str],
    writer: Optional[str],
) -> Any:
    chain = ["none"] if transforms is not None and not transforms_of(transforms) else transforms_of(transforms)
    job = _lib.make(
        abi.fmtconv_job,
        reader=name_of(reader),
        transforms=_lib.strings(chain),
        n_transforms=len(chain),
        writer=name_of(writer),
        input=path_of(src),
        output=path_of(dst),
    )
    return C.pointer(job)


def _spec_job(
    ctx: Context,
    spec: StrPath,
    variables: Mapping[str, StrPath],
    src: Optional[StrPath],
    dst: Optional[StrPath],
) -> Any:
    values = (abi.fmtconv_spec_variable * max(1, len(variables)))(
        *[
            _lib.make(abi.fmtconv_spec_variable, name=name.encode(), value=os.fsencode(value))
            for name, value in variables.items()
        ]
    )
    job = _lib.job_from_spec(
        ctx.pointer, os.fsencode(spec), values, len(variables), path_of(src), path_of(dst)
    )
    if not job:
        raise ctx.error()
    return job


def _manifest_of(given: Manifest) -> Optional[bytes]:
    """Returns the name of a manifest: True means the default one, which the library knows as ""."""
    return None if given is False else b"" if given is True else os.fsencode(given)


def _run(
    what: Any,
    src: Optional[StrPath],
    dst: Optional[StrPath],
    flags: int,
    transforms: Optional[Transforms],
    reader: Optional[str],
    writer: Optional[str],
    dtype: Optional[str],
    spec: Optional[StrPath],
    variables: Optional[Mapping[str, StrPath]],
    limits: Limits,
    progress: Optional[Progress],
    manifest: Manifest = False,
) -> dict[str, Any]:
    """Calls `what`, which takes a job, and returns its report."""
    if spec is not None and (transforms is not None or reader or writer):
        raise ValueError("spec replaces transforms, reader and writer")
    if spec is None and variables:
        raise ValueError("variables belong to a spec")
    with Context(flags, limits) as ctx:

        def call() -> Any:
            if spec is None:
                job = _typed_job(src, dst, transforms, reader, writer)
            else:
                job = _spec_job(ctx, spec, variables or {}, src, dst)
            if dtype is not None:
                job.contents.dtype = name_of(dtype)
            job.contents.manifest = _manifest_of(manifest)
            return ctx.tree(what(ctx.pointer, job))

        report: dict[str, Any] = ctx.run(call, progress)
        return report


def convert(
    src: Optional[StrPath] = None,
    dst: Optional[StrPath] = None,
    *,
    transforms: Optional[Transforms] = None,
    reader: Optional[str] = None,
    writer: Optional[str] = None,
    dtype: Optional[str] = None,
    spec: Optional[StrPath] = None,
    variables: Optional[Mapping[str, StrPath]] = None,
    force: bool = False,
    strict: bool = False,
    allow_lossy: bool = False,
    allow_paths: bool = False,
    verify: bool = False,
    manifest: Manifest = False,
    provenance: bool = False,
    resume: bool = False,
    tensors: bool = False,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
    progress: Optional[Progress] = None,
) -> dict[str, Any]:
    """Converts src to dst and returns the report, which `fmtconv --json` prints too.

    transforms   "NAME" or "NAME:key=value,...", in order; None: recognized from the tensors; []: none
    reader, writer   "NAME" or "NAME:key=value,..."; None: detected from src, and from the name of dst
    dtype        convert to this data type at last, except models that keep theirs (a VAE)
    spec         a file of fmtconv-spec(5) or the name of a preset, instead of transforms, reader and writer;
                 variables are its variables
    force        replace dst if it exists
    strict       warnings are errors
    allow_lossy  a loss of information is a warning
    allow_paths  a spec may name paths outside of its folder
    verify       read the output again and compare it, before it gets its name
    manifest     write also the SHA-256 of all files, as sha256sum -c reads them; a string: under this name
    provenance   say in the metadata of the output which version made it, from what and by which plan
    resume       continue where the same conversion was interrupted, and keep what is written if this one is, too
    tensors      the report lists every tensor
    threads, memory   at most so many threads and bytes of scratch ("64M")
    parse_memory at most so many bytes for headers, configs, specs and plans, and 4 KiB for each tensor
    progress     called as progress(done, total), in bytes: at the start, about 10 times a second, and at the end; an
                 exception stops the conversion

    Raises fmtconv.Error.  After an error, an exception of progress, or Ctrl-C, nothing new is at dst.
    """
    flags = _flags(
        force=force,
        strict=strict,
        allow_lossy=allow_lossy,
        verify=verify,
        list=tensors,
        allow_paths=allow_paths,
        provenance=provenance,
        resume=resume,
    )
    return _run(
        _lib.convert,
        src,
        dst,
        flags,
        transforms,
        reader,
        writer,
        dtype,
        spec,
        variables,
        Limits(threads, memory, parse_memory),
        progress,
        manifest,
    )


def plan(
    src: Optional[StrPath] = None,
    dst: Optional[StrPath] = None,
    *,
    transforms: Optional[Transforms] = None,
    reader: Optional[str] = None,
    writer: Optional[str] = None,
    dtype: Optional[str] = None,
    spec: Optional[StrPath] = None,
    variables: Optional[Mapping[str, StrPath]] = None,
    force: bool = False,
    strict: bool = False,
    allow_lossy: bool = False,
    allow_paths: bool = False,
    tensors: bool = True,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
) -> dict[str, Any]:
    """Returns the report of a conversion without doing it: what would be written where, and from which tensors."""
    flags = _flags(force=force, strict=strict, allow_lossy=allow_lossy, list=tensors, dry_run=True, allow_paths=allow_paths)
    return _run(
        _lib.convert,
        src,
        dst,
        flags,
        transforms,
        reader,
        writer,
        dtype,
        spec,
        variables,
        Limits(threads, memory, parse_memory),
        None,
    )


def verify(
    path: Optional[StrPath] = None,
    *,
    against: Optional[StrPath] = None,
    transforms: Optional[Transforms] = None,
    reader: Optional[str] = None,
    writer: Optional[str] = None,
    dtype: Optional[str] = None,
    spec: Optional[StrPath] = None,
    variables: Optional[Mapping[str, StrPath]] = None,
    allow_lossy: bool = False,
    allow_paths: bool = False,
    manifest: Manifest = False,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
    progress: Optional[Progress] = None,
) -> dict[str, Any]:
    """Examines the output of a conversion; report["fine"] says whether there is no defect, report["defects"] lists them.

    against      the input of the conversion, whose other arguments are those of convert(): each byte is compared with
                 what it gives.  Without it and without spec, path is read by the rules of its format
    manifest     a manifest has to be there; a string: of this name.  One of the default name is always checked
    """
    if against is None and spec is None and (transforms is not None or writer or dtype):
        raise ValueError("transforms, writer and dtype are those of a conversion: give its input as against")
    src, dst = (path, None) if spec is not None and against is None else (against, path)
    flags = _flags(allow_lossy=allow_lossy, allow_paths=allow_paths)
    return _run(
        _lib.verify,
        src,
        dst,
        flags,
        transforms,
        reader,
        writer,
        dtype,
        spec,
        variables,
        Limits(threads, memory, parse_memory),
        progress,
        manifest,
    )


def inspect(
    path: StrPath,
    *,
    reader: Optional[str] = None,
    tensors: bool = False,
    stats: bool = False,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
    progress: Optional[Progress] = None,
) -> dict[str, Any]:
    """Describes a file or folder: its format, its model, its tensors, and the commands that convert it.

    tensors  list every tensor
    stats    read all data: minimum, maximum, mean, NaN ...
    """
    with Context(_flags(list=tensors, stats=stats), Limits(threads, memory, parse_memory)) as ctx:
        report: dict[str, Any] = ctx.run(
            lambda: ctx.tree(_lib.inspect(ctx.pointer, os.fsencode(path), name_of(reader))), progress
        )
        return report


def _side(path: StrPath, reader: Optional[str], transforms: Optional[Transforms]) -> Any:
    chain = transforms_of(transforms)
    return _lib.make(
        abi.fmtconv_diff_side,
        path=os.fsencode(path),
        reader=name_of(reader),
        transforms=_lib.strings(chain),
        n_transforms=len(chain),
    )


def diff(
    a: StrPath,
    b: StrPath,
    *,
    reader_a: Optional[str] = None,
    reader_b: Optional[str] = None,
    transforms_a: Optional[Transforms] = None,
    transforms_b: Optional[Transforms] = None,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
    progress: Optional[Progress] = None,
) -> dict[str, Any]:
    """Compares two checkpoints of any formats, tensor by tensor; report["equal"] says whether they are the same."""
    with Context(0, Limits(threads, memory, parse_memory)) as ctx:
        sides = _side(a, reader_a, transforms_a), _side(b, reader_b, transforms_b)
        report: dict[str, Any] = ctx.run(
            lambda: ctx.tree(_lib.diff(ctx.pointer, C.byref(sides[0]), C.byref(sides[1]))), progress
        )
        return report


def plugins(name: Optional[str] = None) -> list[dict[str, Any]]:
    """Returns the plugins: name, summary, roles, parameters ...; name: only that one."""
    with Context() as ctx:
        found: list[dict[str, Any]] = ctx.run(lambda: ctx.tree(_lib.plugin_list(ctx.pointer, name_of(name))))
        return found


def presets(name: Optional[str] = None) -> list[dict[str, Any]]:
    """Returns the specs that convert(spec=NAME) finds; name: only that one, with its variables."""
    with Context() as ctx:
        found: list[dict[str, Any]] = ctx.run(lambda: ctx.tree(_lib.preset_list(ctx.pointer, name_of(name))))
        return found
