/* plugins/common/facts.c: numbers and short texts of a pickle as attributes of a model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/facts.h"
#include <math.h>
#include <string.h>

const char *
facts_text (fmtconv_ctx *ctx, const fmtconv_value *value, size_t most)
{
  size_t n;
  const char *text = fmtconv_value_text (value, &n);
  if (fmtconv_value_kind (value) != FMTCONV_VALUE_STRING || n == 0 || n > most)
    return NULL;
  for (size_t i = 0; i < n; i++)
    if (text[i] < 0x20 || text[i] > 0x7e)
      return NULL;
  return fmtconv_ctx_printf (ctx, "%.*s", (int) n, text);
}

bool
facts_note (fmtconv_model *out, fmtconv_ctx *ctx, const char *to_path, const fmtconv_value *key,
            const fmtconv_value *value)
{
  int64_t number = 0;
  double fraction = 0;
  const unsigned kind = fmtconv_value_kind (value);
  const bool is_int = kind == FMTCONV_VALUE_INT && fmtconv_value_int (value, &number);
  const char *text = kind == FMTCONV_VALUE_STRING ? facts_text (ctx, value, 1024) : NULL;
  const bool is_float = fmtconv_value_float (value, &fraction) && isfinite (fraction);
  const bool is_bool = kind == FMTCONV_VALUE_BOOL;
  const char *name = is_int || text || is_float || is_bool ? facts_text (ctx, key, 100) : NULL;
  if (!name)
    return false;
  fmtconv_attr *to = fmtconv_attr_make (fmtconv_model_attrs (out), to_path);
  if (is_bool)
    fmtconv_attr_set_bool (to, name, fmtconv_value_int (value, &number) && number);
  else if (is_int)
    fmtconv_attr_set_int (to, name, number);
  else if (text)
    fmtconv_attr_set_string (to, name, text);
  else
    fmtconv_attr_set_float (to, name, fraction);
  return true;
}

void
facts_note_arguments (fmtconv_model *out, fmtconv_ctx *ctx, const fmtconv_value *value)
{
  const fmtconv_global *class = value ? fmtconv_value_global (value) : NULL;
  if (!class || strcmp (class->module, "argparse") != 0 || strcmp (class->name, "Namespace") != 0)
    return;
  const fmtconv_value *all = fmtconv_value_state (value);
  const size_t count = fmtconv_value_kind (all) == FMTCONV_VALUE_DICT ? fmtconv_value_count (all) : 0;
  unsigned facts = 0;
  for (size_t i = 0; i < count && facts < 2000; i++)
    facts +=
        facts_note (out, ctx, "source/torch/args", fmtconv_value_key (all, i), fmtconv_value_at (all, i));
}
