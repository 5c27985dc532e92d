/* plugins/common/lora-describe.c: describes a LoRA for the command inspect.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/lora-describe.h"
#include "plugins/common/lora-translate.h"
#include <math.h>
#include <string.h>

/* Parts that no other model has, and what the adapter is called. */
static const struct
{
  int part;
  const char *what;
} kinds[] = { { LORA_MAGNITUDE, "DoRA" },
              { LORA_HADA_W1_A, "LoHa" },
              { LORA_KRON_W1, "LoKr" },
              { LORA_KRON_W1_A, "LoKr" },
              { LORA_DOWN, "LoRA" } };

enum
{
  N_KINDS = sizeof kinds / sizeof *kinds,
  MAX_ALPHAS = 1000 /* that are read: each is an access to the file */
};

/* Returns whether every tensor has the name of an adapter's tensor, without grouping them. */
static bool
is_adapter (const fmtconv_model *model)
{
  struct lora_name name;
  FMTCONV_FOREACH (t, model)
    if (!lora_name_parse (t->name, &name) || name.index >= 0)
      return false;
  return fmtconv_model_count (model) > 0;
}

static const char *
kind_of (const struct lora_groups *groups)
{
  for (size_t k = 0; k < N_KINDS; k++)
    for (size_t i = 0; i < groups->n; i++)
      if (groups->group[i].part[kinds[k].part])
        return kinds[k].what;
  return NULL;
}

/* The smallest and largest rank and alpha of all groups; alpha NaN: not in tensors. */
struct range
{
  double rank[2];
  double alpha[2];
};

static void
widen (double *range, double value)
{
  range[0] = isnan (range[0]) || value < range[0] ? value : range[0];
  range[1] = isnan (range[1]) || value > range[1] ? value : range[1];
}

static struct range
range_of (const struct lora_groups *groups)
{
  struct range r = { { NAN, NAN }, { NAN, NAN } };
  for (size_t i = 0; i < groups->n; i++)
    {
      const struct lora_group *g = &groups->group[i];
      const uint64_t rank = lora_group_rank (g);
      double alpha;
      if (rank)
        widen (r.rank, (double) rank);
      if (g->part[LORA_ALPHA] && g->part[LORA_ALPHA]->bytes <= sizeof (double) && i < MAX_ALPHAS
          && fmtconv_tensor_scalar (g->part[LORA_ALPHA], &alpha) == 0)
        widen (r.alpha, alpha);
    }
  return r;
}

static const char *
range_text (fmtconv_ctx *ctx, const char *what, const double *range)
{
  if (isnan (range[0]))
    return "";
  return range[0] == range[1] ? fmtconv_ctx_printf (ctx, "%s %g", what, range[0])
                              : fmtconv_ctx_printf (ctx, "%s %g to %g", what, range[0], range[1]);
}

/* Returns which model has modules with these names: " of flux, names of bfl"; of several, their names.  Names of diffusers are
 * not looked at: models share them. */
static const char *
model_text (fmtconv_ctx *ctx, const struct lora_groups *groups)
{
  fmtconv_renaming renaming;
  if (lora_recognize (ctx, groups, &renaming))
    return NULL;
  if (renaming.several)
    return fmtconv_ctx_printf (ctx, " of one of %s", renaming.several);
  if (!renaming.model || strcmp (renaming.from, renaming.to) == 0)
    return "";
  return renaming.models == renaming.model
             ? fmtconv_ctx_printf (ctx, " of %s, names of %s", renaming.model, renaming.from)
             : fmtconv_ctx_printf (ctx, " of one of %s", renaming.models);
}

const char *
lora_describe (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  struct lora_groups groups;
  if (!is_adapter (model) || lora_groups_collect (ctx, model, LORA_FILE, &groups))
    return NULL;
  const char *kind = kind_of (&groups);
  const struct range r = range_of (&groups);
  const char *rank = range_text (ctx, " of rank", r.rank), *alpha = range_text (ctx, ", alpha", r.alpha);
  const char *of = kind && rank && alpha ? model_text (ctx, &groups) : NULL;
  if (!of)
    return NULL;
  return fmtconv_ctx_printf (ctx, "%s%s%s, for %zu module%s%s: %s", kind, rank, alpha, groups.n,
                             groups.n == 1 ? "" : "s", of, fmtconv_model_next (model, NULL)->name);
}
