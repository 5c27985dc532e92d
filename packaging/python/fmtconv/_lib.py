"""The C library, loaded with ctypes: its functions, with their types.

ctypes and not a compiled module: one wheel serves every Python, and a call lasts as long as its conversion, so that the
cost of a call does not matter.
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ctypes as C
import os
import pathlib
from typing import Any

from . import _abi as abi

NATIVE = pathlib.Path(__file__).resolve().parent / "_native"
PROGRAM = NATIVE / "bin" / "fmtconv"


def _path() -> str:
    """Returns the library of this package, or the one that FMTCONV_LIBRARY names: another build, for developers."""
    given = os.environ.get("FMTCONV_LIBRARY")
    if given:
        return given
    found = sorted((NATIVE / "lib").glob("libfmtconv-core.so.*"))
    if not found:
        raise ImportError(f"{NATIVE / 'lib'}: the library is missing: build the package with 'pip install .'")
    return str(found[0])


library = C.CDLL(_path())


def _call(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, name)
    function.restype = result
    function.argtypes = arguments
    return function


_P, _S, _N = C.c_void_p, C.c_char_p, C.c_size_t

version = _call("fmtconv_version", _S)
ctx_new = _call("fmtconv_ctx_new", _P, C.POINTER(abi.fmtconv_options))
ctx_free = _call("fmtconv_ctx_free", None, _P)
ctx_cancel = _call("fmtconv_ctx_cancel", None, _P)
ctx_failed = _call("fmtconv_ctx_failed", C.c_int, _P)
json_text = _call("fmtconv_attr_json_text", _S, _P, C.c_int)
convert = _call("fmtconv_convert", _P, _P, C.POINTER(abi.fmtconv_job))
verify = _call("fmtconv_verify", _P, _P, C.POINTER(abi.fmtconv_job))
edit = _call("fmtconv_edit", _P, _P, _S, C.POINTER(abi.fmtconv_change), _N)
job_from_spec = _call(
    "fmtconv_job_from_spec",
    C.POINTER(abi.fmtconv_job),
    _P,
    _S,
    C.POINTER(abi.fmtconv_spec_variable),
    _N,
    _S,
    _S,
)
inspect = _call("fmtconv_inspect", _P, _P, _S, _S)
diff = _call("fmtconv_diff", _P, _P, C.POINTER(abi.fmtconv_diff_side), C.POINTER(abi.fmtconv_diff_side))
plugin_list = _call("fmtconv_plugin_list", _P, _P, _S)
preset_list = _call("fmtconv_preset_list", _P, _P, _S)
dtype_parse = _call("fmtconv_dtype_parse", C.c_uint32, _P, _S)
dtype_get = _call("fmtconv_dtype_get", C.POINTER(abi.fmtconv_dtype_info), C.c_uint32)
checkpoint_open = _call("fmtconv_checkpoint_open", _P, _P, C.POINTER(abi.fmtconv_open_options))
checkpoint_describe = _call("fmtconv_checkpoint_describe", _P, _P)
checkpoint_count = _call("fmtconv_checkpoint_count", _N, _P)
checkpoint_tensor = _call("fmtconv_checkpoint_tensor", C.c_int, _P, _N, C.POINTER(abi.fmtconv_tensor_info))
checkpoint_size = _call("fmtconv_checkpoint_size", C.c_uint64, _P, C.POINTER(abi.fmtconv_read_request))
checkpoint_read = _call(
    "fmtconv_checkpoint_read", C.c_int, _P, C.POINTER(abi.fmtconv_read_request), _P, C.c_uint64
)


def make(struct: Any, **fields: Any) -> Any:
    """Returns a struct with these fields, its size, and zeros."""
    if any(name == "struct_size" for name, *_ in struct._fields_):
        fields["struct_size"] = C.sizeof(struct)
    return struct(**fields)


def strings(values: list[str]) -> Any:
    """Returns an array of C strings; of at least one, as ctypes has no empty arrays that C takes."""
    return (C.c_char_p * max(1, len(values)))(*[os.fsencode(v) for v in values])
