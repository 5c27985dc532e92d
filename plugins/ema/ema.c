/* plugins/ema/ema.c: the transform that replaces weights by their exponential moving averages.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Training with such averages saves them next to the weights: latent-diffusion's LitEma as 'model_ema.' and the name
 * without its dots (ldm/modules/ema.py), others as 'ema.' or 'ema_model.' and the name. */
#include "config.h"

#include "plugins/common/text.h"
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdlib.h>
#include <string.h>

struct params
{
  const char *prefix;
  const char *of;
};

static const fmtconv_param params[] = {
  { "prefix", FMTCONV_PARAM_TEXT, offsetof (struct params, prefix), NULL,
    "prefix of the averages' names; default: model_ema., ema_model. or ema., as found" },
  { "of", FMTCONV_PARAM_TEXT, offsetof (struct params, of), NULL,
    "prefix of the weights' names; default: model. with model_ema., else none" },
  { 0 },
};

/* The prefixes of averages and of weights. */
struct names
{
  const char *prefix;
  const char *of;
};

static int
has_prefix (const fmtconv_model *in, const char *prefix)
{
  FMTCONV_FOREACH (t, in)
    if (text_starts_with (t->name, prefix))
      return 1;
  return 0;
}

static int
find_names (const struct params *p, const fmtconv_model *in, struct names *n)
{
  static const char *const known[] = { "model_ema.", "ema_model.", "ema." };
  n->prefix = p->prefix;
  for (size_t i = 0; i < sizeof known / sizeof *known && !n->prefix; i++)
    if (has_prefix (in, known[i]))
      n->prefix = known[i];
  if (!n->prefix || !*n->prefix || !has_prefix (in, n->prefix))
    return fmtconv_model_fail_absent (in,
                                      n->prefix ? "averaged weights with that prefix" : "averaged weights");
  n->of = p->of ? p->of : strcmp (n->prefix, "model_ema.") ? "" : "model.";
  return 0;
}

/* Returns whether a name without the prefix is a counter of LitEma, not an average. */
static int
is_counter (const char *rest)
{
  return !strcmp (rest, "decay") || !strcmp (rest, "num_updates");
}

static const char *
strip_dots (fmtconv_ctx *ctx, const char *name)
{
  char *text = fmtconv_ctx_printf (ctx, "%s", name), *to = text;
  for (const char *s = text; text && *s; s++)
    if (*s != '.')
      *to++ = *s;
  if (to)
    *to = '\0';
  return text;
}

/* Returns the average of a weight, by its name or its name without dots; NULL if it has none. */
static const fmtconv_tensor *
average_of (fmtconv_ctx *ctx, const struct names *n, const fmtconv_model *in, const fmtconv_tensor *weight)
{
  if (text_starts_with (weight->name, n->prefix) || !text_starts_with (weight->name, n->of))
    return NULL;
  const char *rest = weight->name + strlen (n->of);
  const fmtconv_tensor *t = fmtconv_model_find (in, fmtconv_ctx_printf (ctx, "%s%s", n->prefix, rest));
  return t ? t : fmtconv_model_find (in, fmtconv_ctx_printf (ctx, "%s%s", n->prefix, strip_dots (ctx, rest)));
}

static int
same_shape (const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  return a->rank == b->rank && (!a->rank || !memcmp (a->shape, b->shape, a->rank * sizeof *a->shape));
}

/* The average of one of several tied weights. */
struct shared
{
  const fmtconv_tensor *first; /* represents all of them */
  const fmtconv_tensor *average;
  size_t index; /* in the list before it is sorted */
};

/* Returns the tensor that represents a group of tied tensors.  fmtconv_model_tied returns the first of a group for
 * all others, and the second for the first, so both are found from any of them. */
static const fmtconv_tensor *
first_tied (const fmtconv_model *in, const fmtconv_tensor *t)
{
  const fmtconv_tensor *one = fmtconv_model_tied (in, t);
  const fmtconv_tensor *other = one ? fmtconv_model_tied (in, one) : t;
  return one && (uintptr_t) one < (uintptr_t) other ? one : other;
}

static int
by_first (const void *left, const void *right)
{
  const struct shared *a = left, *b = right;
  if (a->first != b->first)
    return (uintptr_t) a->first < (uintptr_t) b->first ? -1 : 1;
  return (a->index > b->index) - (a->index < b->index);
}

/* Returns the averages of tied weights, sorted by weight; *n: their number.  NULL only after an error. */
static const struct shared *
list_shared (fmtconv_ctx *ctx, const struct names *names, const fmtconv_model *in, size_t *n)
{
  struct shared *list = fmtconv_ctx_alloc (ctx, fmtconv_model_count (in) + 1, sizeof *list);
  *n = 0;
  if (!list)
    return NULL;
  FMTCONV_FOREACH (t, in)
    {
      const fmtconv_tensor *average = fmtconv_model_tied (in, t) ? average_of (ctx, names, in, t) : NULL;
      list[*n] =
          (struct shared){ .first = average ? first_tied (in, t) : NULL, .average = average, .index = *n };
      *n += average != NULL;
    }
  qsort (list, *n, sizeof *list, by_first);
  return list;
}

/* Returns the average of another name of a weight, or NULL if no name of it has one. */
static const fmtconv_tensor *
shared_average (const struct shared *list, size_t n, const fmtconv_model *in, const fmtconv_tensor *weight)
{
  const fmtconv_tensor *first = first_tied (in, weight);
  size_t a = 0, b = n;
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if ((uintptr_t) list[middle].first < (uintptr_t) first)
        a = middle + 1;
      else
        b = middle;
    }
  return a < n && list[a].first == first ? list[a].average : NULL;
}

/* Puts the average under the name of its weight.  Returns 0, or the code of an error if their shapes differ. */
static int
swap (fmtconv_ctx *ctx, fmtconv_model *out, const fmtconv_tensor *weight, const fmtconv_tensor *average)
{
  if (!same_shape (weight, average))
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = average->name },
                            "the average has another shape than its weight '%s'", weight->name);
  fmtconv_model_put (out, weight->name, average->view);
  fmtconv_model_drop (out, weight, "replaced by its average");
  return 0;
}

/* Fails if an average has no weight: the weights would be lost. */
static int
check_all_found (fmtconv_ctx *ctx, const struct names *n, const fmtconv_model *in, fmtconv_model *out,
                 size_t swapped)
{
  size_t averages = 0;
  FMTCONV_FOREACH (t, in)
    if (text_starts_with (t->name, n->prefix))
      {
        if (is_counter (t->name + strlen (n->prefix)))
          fmtconv_model_drop (out, t, "counter of the average");
        else
          averages++;
      }
  if (averages == swapped && averages)
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "give both prefixes: ema:prefix=…,of=…" },
      "%zu averages have the prefix '%s', but %zu weights with the prefix '%s' have an average", averages,
      n->prefix, swapped, n->of);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  struct names n = { NULL, NULL };
  size_t swapped = 0, n_shared = 0;
  const struct shared *shared = find_names (params_, in, &n) ? NULL : list_shared (ctx, &n, in, &n_shared);
  if (!shared)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    {
      const int is_weight = !text_starts_with (t->name, n.prefix);
      const fmtconv_tensor *average = average_of (ctx, &n, in, t);
      swapped += average != NULL;
      if (!average && is_weight)
        average = shared_average (shared, n_shared, in, t);
      if (average && swap (ctx, out, t, average))
        return fmtconv_ctx_failed (ctx);
      if (!average && is_weight)
        fmtconv_model_put (out, t->name, t->view);
    }
  return check_all_found (ctx, &n, in, out, swapped);
}

FMTCONV_PLUGIN (ema, .name = "ema", .summary = "replaces weights by their averages (EMA)",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "prefix=PREFIX",
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply));
