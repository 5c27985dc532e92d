"""Open checkpoints: mappings of names to tensors, which are read when they are asked for."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import builtins
import ctypes as C
import math
import os
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from . import _abi as abi
from . import _dtypes, _lib
from ._context import Context, Limits, Progress, Size
from ._convert import StrPath, Transforms, name_of, transforms_of
from ._errors import Error, SystemCallError

if TYPE_CHECKING:
    import numpy as _numpy
    import torch as _torch


class _Info(NamedTuple):
    """A tensor as the library describes it."""

    component: str
    name: str
    dtype: str
    block: int
    block_bytes: int
    shape: tuple[int, ...]
    nbytes: int


class Checkpoint(Mapping[str, "Tensor"]):
    """An open file or folder.  open() makes it; close() or `with` closes it.

    A mapping of names to tensors, in the order of the file; a tensor of a pipeline is named "component/name".  Any
    thread may use it; reads follow each other, each on all threads.  After a fork, the child opens the path again.
    """

    def __init__(
        self,
        path: StrPath,
        reader: Optional[str],
        transforms: Optional[Transforms],
        limits: Limits,
        progress: Optional[Progress],
    ) -> None:
        self._path = os.path.abspath(os.fsencode(path))
        self._reader = reader
        self._transforms = transforms_of(transforms)
        self._limits = limits
        self._progress = progress
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._closed = False
        self._ctx: Optional[Context] = None
        self._pointer: Optional[int] = None
        with self._lock:
            self._open()
            self._about: dict[str, Any] = self._context().tree(_lib.checkpoint_describe(self._pointer))
            self._infos = self._list()
        self._numbers = {_key(info): i for i, info in enumerate(self._infos)}

    # -- The context

    def _open(self) -> None:
        ctx = Context(0, self._limits)
        options = _lib.make(
            abi.fmtconv_open_options,
            path=self._path,
            reader=name_of(self._reader),
            transforms=_lib.strings(self._transforms),
            n_transforms=len(self._transforms),
        )
        try:
            self._pointer = ctx.run(lambda: _lib.checkpoint_open(ctx.pointer, C.byref(options)))
            ctx.check()
        except BaseException:
            ctx.close()
            raise
        self._ctx = ctx

    def _list(self) -> list[_Info]:
        ctx = self._context()
        infos = []
        for i in range(_lib.checkpoint_count(self._pointer)):
            t = _lib.make(abi.fmtconv_tensor_info)
            if _lib.checkpoint_tensor(self._pointer, i, C.byref(t)):
                raise ctx.error()
            shape = tuple(t.shape[axis] for axis in range(t.rank))
            names = t.component.decode(), t.name.decode(), t.dtype.decode()
            infos.append(_Info(*names, t.block, t.block_bytes, shape, t.bytes))
        return infos

    def _context(self) -> Context:
        """Returns the context, opened again if a fork or a failed read left it unusable.  For holders of the lock."""
        if self._closed:
            raise ValueError("the checkpoint is closed")
        if self._ctx is None:
            self._open()
            if self._list() != self._infos:
                raise SystemCallError(f"{os.fsdecode(self._path)}: its tensors changed since it was opened")
        assert self._ctx is not None
        return self._ctx

    def _leave_parent(self) -> None:
        """After a fork: another thread of the parent may have held the lock and used the context."""
        if self._pid != os.getpid():
            self._ctx = None
            self._lock = threading.RLock()
            self._pid = os.getpid()

    def _drop(self) -> None:
        """Closes a context that failed, which keeps its error."""
        ctx, self._ctx = self._ctx, None
        if ctx:
            ctx.close()

    def _read(self, request: Any, address: int, size: int, progress: Optional[Progress]) -> None:
        """Reads into memory."""
        self._leave_parent()
        with self._lock:
            ctx = self._context()
            try:
                pointer = self._pointer
                ctx.run(
                    lambda: _lib.checkpoint_read(pointer, C.byref(request), address, size),
                    progress or self._progress,
                )
                ctx.check()
            except BaseException:
                self._drop()
                raise

    def _size(self, request: Any) -> int:
        """Returns the bytes that a read gives."""
        self._leave_parent()
        with self._lock:
            ctx = self._context()
            size = int(_lib.checkpoint_size(self._pointer, C.byref(request)))
            try:
                ctx.check()
            except Error:
                self._drop()
                raise
            return size

    # -- What it is

    @property
    def reader(self) -> str:
        """The plugin that reads it."""
        return str(self._about["reader"])

    @property
    def attributes(self) -> dict[str, Any]:
        """What the file says besides tensors: configuration, metadata."""
        return dict(self._about["attributes"])

    @property
    def components(self) -> list[dict[str, Any]]:
        """The components of a pipeline with their attributes; [] for other checkpoints."""
        return list(self._about["components"])

    @property
    def skipped(self) -> list[dict[str, Any]]:
        """Items of the file that are not tensors, with the reason why they were skipped."""
        return list(self._about["skipped"])

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Closes the files.  Arrays and tensors that were read stay valid."""
        self._leave_parent()
        with self._lock:
            self._closed = True
            self._drop()

    def __enter__(self) -> Checkpoint:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    # -- The mapping

    def __getitem__(self, name: str) -> Tensor:
        number = self._numbers[name]
        return Tensor(self, number, self._infos[number], 0, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        state = "closed" if self._closed else f"{len(self)} tensors"
        return f"<fmtconv.Checkpoint {os.fsdecode(self._path)!r} {state}>"


def _key(info: _Info) -> str:
    return f"{info.component}/{info.name}" if info.component else info.name


class Tensor:
    """A tensor, or consecutive indices of its first axis: t[2:5], t[0].  Nothing is read until .numpy(), .torch(), ..."""

    def __init__(
        self, checkpoint: Checkpoint, number: int, info: _Info, first: int, rows: Optional[int]
    ) -> None:
        self._checkpoint = checkpoint
        self._number = number
        self._info = info
        self._first = first
        self._rows = rows  # None: all
        self._is_item = False  # a single index: the first axis is gone

    # -- What it is

    @property
    def name(self) -> str:
        """Its name in its component."""
        return self._info.name

    @property
    def component(self) -> str:
        """The name of its component; "" if there are none."""
        return self._info.component

    @property
    def dtype(self) -> str:
        """The data type by the library's name: "bf16", "q4_K"."""
        return self._info.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        if self._rows is None:
            return self._info.shape
        return self._info.shape[1:] if self._is_item else (self._rows, *self._info.shape[1:])

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements, in the tensor's data type."""
        return self._info.nbytes if self._rows is None else self._size(None)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a tensor without axes has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<fmtconv.Tensor {_key(self._info)!r} {self.dtype} {self.shape}>"

    # -- Rows

    def __getitem__(self, index: Any) -> Tensor:
        """Returns the tensor with only these indices of the first axis, which alone are read."""
        if not self.shape or self._is_item:
            raise TypeError("only the first axis is cut before it is read: use .numpy()[...] for others")
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError("rows are read in order: use .numpy()[...] for a step")
            return self._cut(start, max(0, stop - start))
        try:
            at = index.__index__()
        except AttributeError:
            raise TypeError(f"an index is an integer or a slice, not {index!r}") from None
        if not -len(self) <= at < len(self):
            raise IndexError(f"index {at} of an axis of {len(self)}")
        cut = self._cut(at % len(self), 1)
        cut._is_item = True
        return cut

    def __iter__(self) -> Iterator[Tensor]:
        for i in range(len(self)):
            yield self[i]

    def _cut(self, start: int, count: int) -> Tensor:
        return Tensor(self._checkpoint, self._number, self._info, self._first + start, count)

    # -- Reading

    def _request(self, dtype: Optional[str]) -> Any:
        return _lib.make(
            abi.fmtconv_read_request,
            tensor=self._number,
            dtype=name_of(dtype),
            first=self._first,
            rows=self._rows or 0,
        )

    def _size(self, dtype: Optional[str]) -> int:
        return 0 if self._rows == 0 else self._checkpoint._size(self._request(dtype))

    def _fill(self, dtype: Optional[str], address: int, size: int, progress: Optional[Progress]) -> None:
        if size:
            self._checkpoint._read(self._request(dtype), address, size, progress)

    def numpy(
        self, dtype: Any = None, *, raw: bool = False, progress: Optional[Progress] = None
    ) -> _numpy.ndarray[Any, Any]:
        """Reads it into a new array.

        dtype  convert to this data type, as torch's Tensor.to: "f32", numpy.float32, torch.float32
        raw    the bytes, as an array of u1 whose last axis is that of the bytes of a row
        """
        import numpy

        wanted = None if dtype is None else _dtypes.name_of(dtype)
        array: _numpy.ndarray[Any, Any]
        if raw:
            size = self._size(wanted)
            rows = math.prod(self.shape[:-1])
            array = numpy.empty((*self.shape[:-1], size // rows if rows else 0), "u1")
        else:
            array = numpy.empty(self.shape, _dtypes.numpy_of(wanted or self.dtype))
        self._fill(wanted, array.ctypes.data, array.nbytes, progress)
        return array

    def torch(self, dtype: Any = None, *, progress: Optional[Progress] = None) -> _torch.Tensor:
        """Reads it into the memory of a new tensor; dtype as in numpy()."""
        import torch

        wanted = None if dtype is None else _dtypes.name_of(dtype)
        tensor = torch.empty(self.shape, dtype=_dtypes.torch_of(wanted or self.dtype))
        self._fill(wanted, tensor.data_ptr(), tensor.numel() * tensor.element_size(), progress)
        return tensor

    def tobytes(self, dtype: Optional[str] = None) -> bytes:
        """Reads the elements, row-major, as they are in a file."""
        return bytes(self._buffer(dtype))

    def read_into(self, buffer: Any, dtype: Any = None, *, progress: Optional[Progress] = None) -> None:
        """Reads into a buffer that can be written to and has exactly the bytes of the elements."""
        wanted = None if dtype is None else _dtypes.name_of(dtype)
        view = builtins.memoryview(buffer)
        if view.readonly or not view.c_contiguous:
            raise ValueError("the buffer is read-only or not contiguous")
        size = self._size(wanted)
        if view.nbytes != size:
            raise ValueError(f"the buffer has {view.nbytes} bytes, but the elements have {size}")
        if size:
            memory = (C.c_char * size).from_buffer(view.cast("B") if view.ndim else view)
            self._fill(wanted, C.addressof(memory), size, progress)

    def _buffer(self, dtype: Optional[str]) -> bytearray:
        memory = bytearray(self._size(dtype))
        if memory:
            self._fill(dtype, C.addressof((C.c_char * len(memory)).from_buffer(memory)), len(memory), None)
        return memory

    def memoryview(self) -> builtins.memoryview:
        """Reads it as a memoryview with its shape; of unsigned bytes if the struct module has no such data type."""
        letter = _dtypes.format_of(self.dtype)
        view: Any = builtins.memoryview(self._buffer(None))
        shaped: builtins.memoryview = view.cast(letter, self.shape) if letter and self.size else view
        return shaped

    def __buffer__(self, flags: int) -> builtins.memoryview:
        """The buffer protocol, in Python 3.12 and later."""
        return self.memoryview()

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> _numpy.ndarray[Any, Any]:
        """What numpy.asarray() calls."""
        if copy is False:
            raise ValueError("a tensor is read into a new array: it cannot be had without a copy")
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)


def open(
    path: StrPath,
    *,
    reader: Optional[str] = None,
    transforms: Optional[Transforms] = None,
    threads: Optional[int] = None,
    memory: Optional[Size] = None,
    parse_memory: Optional[Size] = None,
    progress: Optional[Progress] = None,
) -> Checkpoint:
    """Opens a file or folder; headers are read, tensors when they are asked for.

    reader      "NAME" or "NAME:key=value,..."; None: detected
    transforms  "NAME" or "NAME:key=value,...", in order; None: the tensors as they are in the file
    threads, memory, parse_memory, progress   of each read, as in convert()
    """
    return Checkpoint(path, reader, transforms, Limits(threads, memory, parse_memory), progress)
