/* plugins/tokenizer/sampling.c: the defaults of sampling in generation_config.json.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/sampling.h"
#include "plugins/tokenizer/tokenizer.h"
#include <math.h>

static const struct
{
  const char *from;
  const char *to;
  int kind; /* FMTCONV_ATTR_… */
} names[] = {
  { "sequence", "general.sampling.sequence", FMTCONV_ATTR_STRING },
  { "top_k", "general.sampling.top_k", FMTCONV_ATTR_INT },
  { "top_p", "general.sampling.top_p", FMTCONV_ATTR_FLOAT },
  { "min_p", "general.sampling.min_p", FMTCONV_ATTR_FLOAT },
  { "xtc_probability", "general.sampling.xtc_probability", FMTCONV_ATTR_FLOAT },
  { "xtc_threshold", "general.sampling.xtc_threshold", FMTCONV_ATTR_FLOAT },
  { "temperature", "general.sampling.temp", FMTCONV_ATTR_FLOAT },
  { "penalty_last_n", "general.sampling.penalty_last_n", FMTCONV_ATTR_INT },
  { "penalty_repeat", "general.sampling.penalty_repeat", FMTCONV_ATTR_FLOAT },
  { "mirostat", "general.sampling.mirostat", FMTCONV_ATTR_INT },
  { "mirostat_tau", "general.sampling.mirostat_tau", FMTCONV_ATTR_FLOAT },
  { "mirostat_eta", "general.sampling.mirostat_eta", FMTCONV_ATTR_FLOAT },
};

/* Puts a value of that kind.  Returns whether it is one. */
static int
put (fmtconv_attr *keys, const char *key, int kind, fmtconv_attr *value)
{
  const double number = fmtconv_attr_get_float (value, NULL, NAN);
  if (kind == FMTCONV_ATTR_STRING && value->kind == FMTCONV_ATTR_STRING)
    fmtconv_attr_set_string (keys, key, value->v.s);
  else if (kind == FMTCONV_ATTR_INT && value->kind == FMTCONV_ATTR_INT && value->v.i >= INT32_MIN
           && value->v.i <= INT32_MAX)
    fmtconv_attr_set_typed_int (keys, key, value->v.i, 32);
  else if (kind == FMTCONV_ATTR_FLOAT && isfinite ((float) number))
    fmtconv_attr_set_typed_float (keys, key, number, 32);
  else
    return 0;
  return 1;
}

int
tokenizer_put_sampling (struct tokenizer *t)
{
  fmtconv_attr *config = tokenizer_read_json (t, "generation_config.json", FMTCONV_ATTR_OBJECT);
  for (size_t i = 0; config && i < sizeof names / sizeof *names; i++)
    {
      fmtconv_attr *value = fmtconv_attr_get (config, names[i].from);
      if (value && value->kind != FMTCONV_ATTR_NULL && !put (t->keys, names[i].to, names[i].kind, value)
          && fmtconv_warn (t->ctx,
                           "generation_config.json: the value of '%s' is left out, because it is not %s",
                           names[i].from,
                           names[i].kind == FMTCONV_ATTR_INT      ? "an integer of 32 bits"
                           : names[i].kind == FMTCONV_ATTR_STRING ? "a string"
                                                                  : "a number"))
        return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

void
tokenizer_back_sampling (fmtconv_attr *keys, fmtconv_attr *to)
{
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      fmtconv_attr *value = fmtconv_attr_get (keys, names[i].to);
      if (value)
        fmtconv_attr_set (to, names[i].from, value);
    }
}
