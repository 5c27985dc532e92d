/* plugins/torch/arrays.c: arrays of numpy; only those of numbers are tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/arrays.h"
#include <string.h>

/* numpy 2 renamed the modules. */
static const char *const modules[] = { "numpy._core.multiarray", "numpy.core.multiarray",
                                       "numpy._core.numeric", "numpy.core.numeric" };

bool
torch_is_array (const fmtconv_value *value)
{
  const fmtconv_global *made_by =
      fmtconv_value_kind (value) == FMTCONV_VALUE_OBJECT ? fmtconv_value_global (value) : NULL;
  if (!made_by || (strcmp (made_by->name, "_reconstruct") && strcmp (made_by->name, "_frombuffer")))
    return false;
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
    if (!strcmp (made_by->module, modules[i]))
      return true;
  return false;
}

/* The last part of the state has the elements, or the first argument: bytes, or before protocol 3 a call with a text that
 * stands for them. */
uint64_t
torch_array_size (const fmtconv_value *array)
{
  size_t n;
  const fmtconv_value *state = fmtconv_value_state (array), *args = fmtconv_value_args (array);
  const bool has_state = fmtconv_value_kind (state) == FMTCONV_VALUE_TUPLE;
  const fmtconv_value *bytes =
      has_state ? fmtconv_value_at (state, fmtconv_value_count (state) - 1) : fmtconv_value_at (args, 0);
  if (fmtconv_value_args (bytes))
    bytes = fmtconv_value_at (fmtconv_value_args (bytes), 0);
  return fmtconv_value_text (bytes, &n) ? n : 0;
}
