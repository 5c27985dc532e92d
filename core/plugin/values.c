/* core/plugin/values.c: parses one parameter's value into the field of a plugin's struct.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/plugin/values.h"
#include "core/source/input.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
  size_t size;
  const char *name;
} types[] = {
  [FMTCONV_PARAM_BOOL] = { sizeof (int), "bool" },
  [FMTCONV_PARAM_INT] = { sizeof (int64_t), "integer" },
  [FMTCONV_PARAM_FLOAT] = { sizeof (double), "number" },
  [FMTCONV_PARAM_SIZE] = { sizeof (uint64_t), "size" },
  [FMTCONV_PARAM_TEXT] = { sizeof (char *), "text" },
  [FMTCONV_PARAM_CHOICE] = { sizeof (int), "choice" },
  [FMTCONV_PARAM_DTYPE] = { sizeof (uint32_t), "dtype" },
  [FMTCONV_PARAM_PAIRS] = { sizeof (fmtconv_pairs), "pairs" },
  [FMTCONV_PARAM_INPUT] = { sizeof (fmtconv_input *), "input" },
  [FMTCONV_PARAM_INPUTS] = { sizeof (fmtconv_inputs), "inputs" },
};

size_t
fci_value_size (int type)
{
  return type >= 0 && (size_t) type < sizeof types / sizeof *types ? types[type].size : 0;
}

bool
fci_param_is_path (const fmtconv_param *param)
{
  return param->type == FMTCONV_PARAM_INPUT || param->type == FMTCONV_PARAM_INPUTS;
}

const char *
fci_param_type (const fmtconv_param *param)
{
  if (param->type == FMTCONV_PARAM_CHOICE && param->otherwise)
    return param->otherwise;
  return fci_value_size (param->type) ? types[param->type].name : "unknown";
}

/* Copies a value to its field, at an offset that the plugin's compiler aligned. */
static void
store (const fmtconv_param *param, void *block, const void *value)
{
  memcpy ((char *) block + param->offset, value, types[param->type].size);
}

void
fci_value_unset (const fmtconv_param *param, void *block)
{
  const int no_bool = -1;
  const int64_t no_int = INT64_MIN;
  const double no_float = NAN;
  const uint64_t no_size = UINT64_MAX;
  const void
      *const
          none
              [] = {
                [FMTCONV_PARAM_BOOL] = &no_bool,   [FMTCONV_PARAM_INT] = &no_int,
                [FMTCONV_PARAM_FLOAT] = &no_float, [FMTCONV_PARAM_SIZE] = &no_size,
                [FMTCONV_PARAM_INPUTS] = NULL, /* zero already, as are the omitted types */
              };
  if (none[param->type])
    store (param, block, none[param->type]);
}

static int
wrong (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *param, const char *text, const char *is_no)
{
  return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: %s=%s: '%s' is %s", owner, param->key, text, text, is_no);
}

static bool
parse_bool (const char *text, int *value)
{
  static const char *const words[] = { "no", "yes", "false", "true", "0", "1" };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp (text, words[i]))
      {
        *value = i & 1;
        return true;
      }
  return false;
}

/* Parses an integer; INT64_MIN is reserved for 'not given'. */
static bool
parse_int (const char *text, int64_t *value)
{
  char *end;
  const char *digits = text + (*text == '-' || *text == '+');
  errno = 0;
  *value = strtoll (text, &end, 10);
  return *digits >= '0' && *digits <= '9' && !*end && !errno && *value != INT64_MIN;
}

/* Parses a finite number with a decimal point, in any locale. */
static bool
parse_float (const char *text, double *value)
{
  char *end = NULL;
  const char *digits = text + (*text == '-' || *text == '+');
  *value = fci_os_strtod (text, &end);
  return strchr ("0123456789.", *digits) && end != text && !*end && isfinite (*value);
}

static bool
parse_choice (const char *text, const char *choices, int *value)
{
  size_t len = strlen (text);
  *value = 0;
  for (const char *at = choices; len; at++, ++*value)
    {
      size_t n = strcspn (at, "|");
      if (n == len && !memcmp (at, text, n))
        return true;
      at += n;
      if (!*at)
        break;
    }
  return false;
}

static int
set_number (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *param, const char *text, void *block)
{
  int64_t i;
  double f;
  uint64_t size;
  if (param->type == FMTCONV_PARAM_INT)
    {
      if (!parse_int (text, &i))
        return wrong (ctx, owner, param, text, "not an integer");
      store (param, block, &i);
    }
  else if (param->type == FMTCONV_PARAM_FLOAT)
    {
      if (!parse_float (text, &f))
        return wrong (ctx, owner, param, text, "not a finite number");
      store (param, block, &f);
    }
  else
    {
      if (!fci_parse_size (text, &size) || size == UINT64_MAX)
        return wrong (ctx, owner, param, text, "not a size such as 64M or 5GB");
      store (param, block, &size);
    }
  return 0;
}

static int
set_word (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *param, const char *text, void *block)
{
  int i;
  if (param->type == FMTCONV_PARAM_BOOL)
    {
      if (!parse_bool (text, &i))
        return wrong (ctx, owner, param, text, "neither yes nor no");
    }
  else if (!parse_choice (text, param->otherwise, &i))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s: %s=%s: '%s' is not one of %s", owner, param->key, text,
                         text, param->otherwise);
  store (param, block, &i);
  return 0;
}

bool
fci_param_repeats (const fmtconv_param *param)
{
  return param->type == FMTCONV_PARAM_PAIRS || param->type == FMTCONV_PARAM_INPUTS;
}

/* Appends another file or folder; the array doubles at powers of two.  Returns 0 or a code. */
static int
add_input (fmtconv_ctx *ctx, const fmtconv_param *param, const char *text, void *block)
{
  fmtconv_inputs *inputs = (fmtconv_inputs *) (void *) ((char *) block + param->offset);
  if (!(inputs->n & (inputs->n - 1)))
    {
      fmtconv_input **more = fmtconv_ctx_alloc (ctx, inputs->n ? 2 * inputs->n : 1, sizeof *more);
      for (size_t i = 0; more && i < inputs->n; i++)
        more[i] = inputs->item[i];
      if (!more)
        return fmtconv_ctx_failed (ctx);
      inputs->item = more;
    }
  ((fmtconv_input **) inputs->item)[inputs->n++] = fci_input_user (ctx, text);
  return fmtconv_ctx_failed (ctx);
}

int
fci_value_set (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *param, const char *text, void *block)
{
  switch (param->type)
    {
    case FMTCONV_PARAM_BOOL:
    case FMTCONV_PARAM_CHOICE:
      return set_word (ctx, owner, param, text, block);
    case FMTCONV_PARAM_INT:
    case FMTCONV_PARAM_FLOAT:
    case FMTCONV_PARAM_SIZE:
      return set_number (ctx, owner, param, text, block);
    case FMTCONV_PARAM_DTYPE:
      {
        uint32_t dtype = fmtconv_dtype_parse (ctx, text);
        store (param, block, &dtype);
        return fmtconv_ctx_failed (ctx);
      }
    case FMTCONV_PARAM_INPUT:
      {
        fmtconv_input *in = fci_input_user (ctx, text);
        store (param, block, &in);
        return fmtconv_ctx_failed (ctx);
      }
    case FMTCONV_PARAM_INPUTS:
      return add_input (ctx, param, text, block);
    default:
      {
        const char *copy = fci_strdup (ctx, text);
        store (param, block, &copy);
        return fmtconv_ctx_failed (ctx);
      }
    }
}
