/* plugins/reshape/reshape.c: the transform that gives tensors another shape.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/plugin.h>
#include <stdlib.h>
#include <string.h>

struct params
{
  fmtconv_pairs name;
  const char *shape;
};

static const fmtconv_param params[] = {
  { "name", FMTCONV_PARAM_PAIRS, offsetof (struct params, name), NULL,
    "reshape tensors whose names match this glob; may be repeated" },
  { "shape", FMTCONV_PARAM_TEXT, offsetof (struct params, shape), NULL,
    "the shape: 2x3x4; one dimension may be *, computed from the others; empty: a scalar" },
  { 0 },
};

enum
{
  FREE = -1 /* the dimension that is computed from the others */
};

struct shape
{
  unsigned rank;
  int64_t n[FMTCONV_MAX_RANK];
};

/* Parses a shape such as "2x3x*".  Returns 0 if `text` is not a shape. */
static int
parse (const char *text, struct shape *s)
{
  int n_free = 0;
  for (s->rank = 0; *text; s->rank++)
    {
      char *end = (char *) text + 1;
      if (s->rank == FMTCONV_MAX_RANK || (*text != '*' && (*text < '0' || *text > '9')))
        return 0;
      s->n[s->rank] = *text == '*' ? FREE : strtoll (text, &end, 10);
      n_free += s->n[s->rank] == FREE;
      if (*end && (*end != 'x' || !end[1]))
        return 0;
      text = end + (*end == 'x');
    }
  return n_free <= 1;
}

static uint64_t
elements_of (const fmtconv_tensor *t)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < t->rank; i++)
    n *= t->shape[i];
  return n;
}

/* Computes the dimensions for that many elements.  Returns 0 if they do not fit. */
static int
resolve (const struct shape *s, uint64_t elements, uint64_t *dims)
{
  uint64_t known = 1;
  int has_free = 0;
  for (unsigned i = 0; i < s->rank; i++)
    if (s->n[i] == FREE)
      has_free = 1;
    else if (__builtin_mul_overflow (known, (uint64_t) s->n[i], &known))
      return 0;
  if (has_free ? !known || elements % known : known != elements)
    return 0;
  for (unsigned i = 0; i < s->rank; i++)
    dims[i] = s->n[i] == FREE ? elements / known : (uint64_t) s->n[i];
  return 1;
}

static fmtconv_view *
reshaped (fmtconv_ctx *ctx, const struct params *p, const struct shape *s, const fmtconv_tensor *t)
{
  uint64_t dims[FMTCONV_MAX_RANK];
  if (resolve (s, elements_of (t), dims))
    return fmtconv_view_reshape (t->view, s->rank, dims);
  fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .tensor = t->name },
                   "its %llu elements do not fit shape=%s", (unsigned long long) elements_of (t), p->shape);
  return NULL;
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct shape s;
  if (fmtconv_globs_check (&p->name, in, "reshape:name=GLOB,shape=2x3"))
    return fmtconv_ctx_failed (ctx);
  if (!p->shape)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no shape given: reshape:name=GLOB,shape=2x3");
  if (!parse (p->shape, &s))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "shape=%s is not a shape: give numbers separated by 'x', at most one of them *",
                         p->shape);
  FMTCONV_FOREACH (t, in)
    {
      int wanted = fmtconv_globs_match (&p->name, t->name);
      fmtconv_model_put (out, t->name, wanted ? reshaped (ctx, p, &s, t) : t->view);
    }
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (reshape, .name = "reshape", .summary = "gives tensors another shape",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "name=GLOB",
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply));
