/* core/pickle/global.c: the globals that the reader interprets; all others are opaque.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/pickle/value.h"
#include <string.h>

#define STORAGE(name, dtype)                                      \
  {                                                               \
    { "torch", name "Storage", 0 }, NULL, FCI_ROLE_STORAGE, dtype \
  }
#define NO_STORAGE(name, why, size)                             \
  {                                                             \
    { "torch", name "Storage", 0 }, why, FCI_ROLE_STORAGE, size \
  }
#define DTYPE(name, dtype)                                \
  {                                                       \
    { "torch", name, dtype }, NULL, FCI_ROLE_DTYPE, dtype \
  }
#define NO_DTYPE(name)                                                    \
  {                                                                       \
    { "torch", name, 0 }, "a type that only torch has", FCI_ROLE_DTYPE, 0 \
  }
#define REBUILD(name, role)                                \
  {                                                        \
    { "torch._utils", "_rebuild_" name, 0 }, NULL, role, 0 \
  }
#define REFUSED(name, why)                                            \
  {                                                                   \
    { "torch._utils", "_rebuild_" name, 0 }, why, FCI_ROLE_REFUSED, 0 \
  }
#define QUANTIZED "quantized by torch"

static const fci_pickle_global known[] = {
  { { "collections", "OrderedDict", 0 }, NULL, FCI_ROLE_DICT, 0 },
  { { "collections", "defaultdict", 0 }, NULL, FCI_ROLE_DICT, 0 },
  { { "torch", "Size", 0 }, NULL, FCI_ROLE_SIZE, 0 },
  { { "_codecs", "encode", 0 }, NULL, FCI_ROLE_ENCODE, 0 },
  { { "builtins", "bytes", 0 }, NULL, FCI_ROLE_NO_BYTES, 0 },
  { { "__builtin__", "bytes", 0 }, NULL, FCI_ROLE_NO_BYTES, 0 },

  /* The modules of numpy 2, then those of numpy 1. */
  { { "numpy", "dtype", 0 }, NULL, FCI_ROLE_NUMPY_DTYPE, 0 },
  { { "numpy._core.multiarray", "_reconstruct", 0 }, NULL, FCI_ROLE_ARRAY, 0 },
  { { "numpy.core.multiarray", "_reconstruct", 0 }, NULL, FCI_ROLE_ARRAY, 0 },
  { { "numpy._core.numeric", "_frombuffer", 0 }, NULL, FCI_ROLE_BUFFER, 0 },
  { { "numpy.core.numeric", "_frombuffer", 0 }, NULL, FCI_ROLE_BUFFER, 0 },

  REBUILD ("tensor", FCI_ROLE_TENSOR),
  REBUILD ("tensor_v2", FCI_ROLE_TENSOR_V2),
  REBUILD ("tensor_v3", FCI_ROLE_TENSOR_V3),
  REBUILD ("parameter", FCI_ROLE_PARAMETER),
  REBUILD ("parameter_with_state", FCI_ROLE_PARAMETER_STATE),
  { { "torch.nn.parameter", "Parameter", 0 }, NULL, FCI_ROLE_NN_PARAMETER, 0 },
  { { "torch.nn", "Parameter", 0 }, NULL, FCI_ROLE_NN_PARAMETER, 0 },
  { { "torch._tensor", "_rebuild_from_type_v2", 0 }, NULL, FCI_ROLE_FROM_TYPE, 0 },
  { { "torch._tensor", "_rebuild_from_type", 0 }, NULL, FCI_ROLE_FROM_TYPE, 0 },
  REFUSED ("meta_tensor_no_storage", "a meta tensor, which has no data"),
  REFUSED ("sparse_tensor", "a sparse tensor"),
  REFUSED ("sparse_csr_tensor", "a sparse tensor"),
  REFUSED ("qtensor", "a tensor " QUANTIZED),
  REFUSED ("nested_tensor", "a nested tensor"),
  REFUSED ("wrapper_subclass", "a wrapper subclass, whose data is elsewhere"),
  REFUSED ("device_tensor_from_numpy", "a tensor kept as a numpy array"),
  REFUSED ("device_tensor_from_cpu_tensor", "a copy of a tensor of another type"),
  REFUSED ("xla_tensor", "an XLA tensor"),

  STORAGE ("Float", FMTCONV_F32),
  STORAGE ("Half", FMTCONV_F16),
  STORAGE ("BFloat16", FMTCONV_BF16),
  STORAGE ("Double", FMTCONV_F64),
  STORAGE ("Long", FMTCONV_I64),
  STORAGE ("Int", FMTCONV_I32),
  STORAGE ("Short", FMTCONV_I16),
  STORAGE ("Char", FMTCONV_I8),
  STORAGE ("Byte", FMTCONV_U8),
  STORAGE ("Bool", FMTCONV_BOOL),
  STORAGE ("ComplexFloat", FMTCONV_C64),
  STORAGE ("ComplexDouble", FMTCONV_C128),
  /* The data type only gives the size of an element. */
  NO_STORAGE ("QInt8", QUANTIZED, FMTCONV_I8),
  NO_STORAGE ("QInt32", QUANTIZED, FMTCONV_I32),
  NO_STORAGE ("QUInt8", QUANTIZED, FMTCONV_U8),
  NO_STORAGE ("QUInt4x2", QUANTIZED, FMTCONV_U8),
  NO_STORAGE ("QUInt2x4", QUANTIZED, FMTCONV_U8),
  { { "torch.storage", "UntypedStorage", 0 }, NULL, FCI_ROLE_UNTYPED, 0 },
  { { "torch", "UntypedStorage", 0 }, NULL, FCI_ROLE_UNTYPED, 0 },
  { { "torch.storage", "TypedStorage", 0 }, NULL, FCI_ROLE_TYPED, 0 },
  { { "torch", "TypedStorage", 0 }, NULL, FCI_ROLE_TYPED, 0 },
  { { "torch.storage", "_load_from_bytes", 0 }, NULL, FCI_ROLE_BYTES, 0 },

  DTYPE ("float32", FMTCONV_F32),
  DTYPE ("float16", FMTCONV_F16),
  DTYPE ("bfloat16", FMTCONV_BF16),
  DTYPE ("float64", FMTCONV_F64),
  DTYPE ("int64", FMTCONV_I64),
  DTYPE ("int32", FMTCONV_I32),
  DTYPE ("int16", FMTCONV_I16),
  DTYPE ("int8", FMTCONV_I8),
  DTYPE ("uint64", FMTCONV_U64),
  DTYPE ("uint32", FMTCONV_U32),
  DTYPE ("uint16", FMTCONV_U16),
  DTYPE ("uint8", FMTCONV_U8),
  DTYPE ("bool", FMTCONV_BOOL),
  DTYPE ("complex32", FMTCONV_C32),
  DTYPE ("complex64", FMTCONV_C64),
  DTYPE ("complex128", FMTCONV_C128),
  DTYPE ("float8_e4m3fn", FMTCONV_F8_E4M3),
  DTYPE ("float8_e5m2", FMTCONV_F8_E5M2),
  DTYPE ("float8_e4m3fnuz", FMTCONV_F8_E4M3FNUZ),
  DTYPE ("float8_e5m2fnuz", FMTCONV_F8_E5M2FNUZ),
  DTYPE ("float8_e8m0fnu", FMTCONV_F8_E8M0),
  NO_DTYPE ("float4_e2m1fn_x2"),
  NO_DTYPE ("quint8"),
  NO_DTYPE ("qint8"),
  NO_DTYPE ("qint32"),
  NO_DTYPE ("quint4x2"),
  NO_DTYPE ("quint2x4"),
  NO_DTYPE ("bits1x8"),
  NO_DTYPE ("bits2x4"),
  NO_DTYPE ("bits4x2"),
  NO_DTYPE ("bits8"),
  NO_DTYPE ("bits16"),
};

/* Older torch versions name the storages of a GPU as classes of torch.cuda. */
static bool
same_module (const fci_pickle_global *global, const fci_pickle_global *with)
{
  return !strcmp (global->public.module, with->public.module)
         || (with->role == FCI_ROLE_STORAGE && !strcmp (global->public.module, "torch.cuda"));
}

void
fci_torch_global_know (fci_pickle_global *global)
{
  global->role = FCI_ROLE_OPAQUE;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp (global->public.name, known[i].public.name) && same_module (global, &known[i]))
      {
        global->role = known[i].role;
        global->dtype = known[i].dtype;
        global->public.dtype = known[i].public.dtype;
        global->why = known[i].why;
        return;
      }
}
