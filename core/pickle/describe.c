/* core/pickle/describe.c: descriptions of values for messages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/access.h"
#include "core/pickle/numpy.h"

const char *
fmtconv_value_describe (fmtconv_ctx *ctx, const fmtconv_value *value)
{
  static const char *const plain[] = {
    [FMTCONV_VALUE_ABSENT] = "nothing",
    [FMTCONV_VALUE_NONE] = "none",
    [FMTCONV_VALUE_BOOL] = "bool",
    [FMTCONV_VALUE_INT] = "int",
    [FMTCONV_VALUE_LONG] = "long int",
    [FMTCONV_VALUE_FLOAT] = "float",
    [FMTCONV_VALUE_STRING] = "string",
    [FMTCONV_VALUE_BYTES] = "bytes",
    [FMTCONV_VALUE_TUPLE] = "tuple",
    [FMTCONV_VALUE_LIST] = "list",
    [FMTCONV_VALUE_DICT] = "dict",
    [FMTCONV_VALUE_SET] = "set",
    [FMTCONV_VALUE_GLOBAL] = "class",
    [FMTCONV_VALUE_OBJECT] = "object",
    [FMTCONV_VALUE_STORAGE] = "bare storage",
  };
  if (value && fci_pickle_is_container (value))
    return fmtconv_ctx_printf (ctx, "%s of %zu", plain[value->kind], fmtconv_value_count (value));
  if (value && value->kind == FMTCONV_VALUE_OBJECT && fci_torch_is_array (value->v.object))
    return "numpy array";
  if (value && fci_pickle_is_tensor (value))
    return "tensor";
  const fmtconv_global *global = fmtconv_value_global (value);
  if (global)
    return fmtconv_ctx_printf (ctx, "%s %.100s.%.100s",
                               value->kind == FMTCONV_VALUE_GLOBAL ? "global" : "object of", global->module,
                               global->name);
  return plain[fmtconv_value_kind (value)];
}
