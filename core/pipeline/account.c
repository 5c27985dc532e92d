/* core/pipeline/account.c: what became of every tensor of the input, through all stages.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/pipeline/account.h"
#include <stdlib.h>
#include <string.h>

/* Of each tensor of one stage, the numbers of the input's tensors it was made of. */
typedef struct origins
{
  const uint32_t **from;
  size_t *n;
} origins;

static int
by_number (const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
  return (x > y) - (x < y);
}

static int
new_origins (fmtconv_ctx *ctx, size_t count, origins *out)
{
  out->from = fmtconv_alloc (ctx, count + 1, sizeof *out->from);
  out->n = fmtconv_alloc (ctx, count + 1, sizeof *out->n);
  return ctx->failed;
}

/* The input's own: each tensor is made of itself. */
static int
identity (fmtconv_ctx *ctx, size_t count, origins *out)
{
  uint32_t *numbers = fmtconv_alloc (ctx, count + 1, sizeof *numbers);
  if (!numbers || new_origins (ctx, count, out))
    return ctx->failed;
  for (size_t i = 0; i < count; i++)
    {
      numbers[i] = (uint32_t) i;
      out->from[i] = &numbers[i];
      out->n[i] = 1;
    }
  return 0;
}

/* The union of the origins of several tensors, ascending. */
static const uint32_t *
unite (fmtconv_ctx *ctx, const origins *before, const uint32_t *parts, size_t n_parts, size_t *n)
{
  size_t total = 0, kept = 0;
  for (size_t i = 0; i < n_parts; i++)
    total += before->n[parts[i]];
  uint32_t *all = fmtconv_alloc (ctx, total + 1, sizeof *all);
  if (!all)
    return NULL;
  for (size_t i = 0; i < n_parts; i++)
    for (size_t k = 0; k < before->n[parts[i]]; k++)
      all[kept++] = before->from[parts[i]][k];
  qsort (all, total, sizeof *all, by_number);
  kept = 0;
  for (size_t i = 0; i < total; i++)
    if (!kept || all[kept - 1] != all[i])
      all[kept++] = all[i];
  *n = kept;
  return all;
}

/* From one stage to the next.  Almost every tensor stems from one, and shares its list. */
static int
step (fmtconv_ctx *ctx, const fmtconv_model *model, const origins *before, origins *out)
{
  size_t i = 0;
  if (new_origins (ctx, fmtconv_count (model), out))
    return ctx->failed;
  for
    FMTCONV_EACH (t, model)
    {
      size_t n;
      const uint32_t *parts = fci_tensor_from (model, t, &n);
      if (n == 1)
        {
          out->from[i] = before->from[parts[0]];
          out->n[i] = before->n[parts[0]];
        }
      else if (n)
        out->from[i] = unite (ctx, before, parts, n, &out->n[i]);
      i++;
    }
  return ctx->failed;
}

/* For each tensor of `before`, why nothing of it is left, given the same of `model`, the stage behind it. */
static const char **
step_back (fmtconv_ctx *ctx, const fmtconv_model *before, const fmtconv_model *model, const char *const *why)
{
  size_t count = fmtconv_count (before), j = 0;
  const char **reasons = fmtconv_alloc (ctx, count + 1, sizeof *reasons);
  bool *used = fmtconv_alloc (ctx, count + 1, sizeof *used);
  if (!reasons || !used)
    return NULL;
  for (size_t i = 0; i < count; i++)
    reasons[i] = fci_model_dropped (model, i);
  for
    FMTCONV_EACH (t, model)
    {
      size_t n;
      const uint32_t *parts = fci_tensor_from (model, t, &n);
      for (size_t k = 0; k < n; k++)
        {
          used[parts[k]] = used[parts[k]] || !why[j];
          reasons[parts[k]] = reasons[parts[k]] ? reasons[parts[k]] : why[j];
        }
      j++;
    }
  for (size_t i = 0; i < count; i++)
    reasons[i] = used[i] ? NULL : reasons[i];
  return reasons;
}

/* Where each tensor of the input went: how many results it is in, the last of them, and whether it shares
 * one. */
typedef struct fate
{
  uint32_t uses;
  uint32_t last;
  bool shares;
} fate;

static void
classify (fci_account *a, const fate *fates)
{
  size_t i = 0;
  for
    FMTCONV_EACH (t, a->first)
    {
      const fate *f = &fates[i];
      if (!f->uses)
        {
          a->dropped++;
          a->why[i] = a->why[i] ? a->why[i] : "nothing of it is left";
        }
      else if (f->shares)
        a->merged++;
      else if (f->uses > 1)
        a->split++;
      else if (strcmp (t->name, fci_model_tensor (a->last, f->last)->name))
        a->renamed++;
      else
        a->kept++;
      i++;
    }
}

static int
find_fates (fmtconv_ctx *ctx, fci_account *a)
{
  fate *fates = fmtconv_alloc (ctx, a->in + 1, sizeof *fates);
  if (!fates)
    return ctx->failed;
  for (size_t j = 0; j < a->out; j++)
    for (size_t k = 0; k < a->n_from[j]; k++)
      {
        fate *f = &fates[a->from[j][k]];
        f->uses++;
        f->last = (uint32_t) j;
        f->shares = f->shares || a->n_from[j] > 1;
      }
  classify (a, fates);
  return 0;
}

int
fci_account_make (fmtconv_ctx *ctx, const fmtconv_model *const *stages, size_t n, fci_account *out)
{
  *out = (fci_account){ .first = stages[0], .last = stages[n - 1] };
  out->in = fmtconv_count (out->first);
  out->out = fmtconv_count (out->last);
  origins at = { 0 }, next;
  if (identity (ctx, out->in, &at))
    return ctx->failed;
  for (size_t k = 1; k < n; k++, at = next)
    if (step (ctx, stages[k], &at, &next))
      return ctx->failed;
  const char **why = fmtconv_alloc (ctx, out->out + 1, sizeof *why);
  for (size_t k = n - 1; why && k > 0; k--)
    why = step_back (ctx, stages[k - 1], stages[k], why);
  if (!why)
    return ctx->failed;
  out->why = why;
  out->from = at.from;
  out->n_from = at.n;
  return find_fates (ctx, out);
}

const fci_dropped *
fci_account_dropped (fmtconv_ctx *ctx, const fci_account *account, size_t *n)
{
  fci_map *seen = fci_map_new (ctx);
  size_t count = 0, room = 8, i = 0;
  fci_dropped *all = fmtconv_alloc (ctx, room, sizeof *all);
  *n = 0;
  for
    FMTCONV_EACH (t, account->first)
    {
      const char *why = account->why[i++];
      uintptr_t at = count;
      if (!why || !seen || !all)
        continue;
      if (fci_map_add (seen, why, strlen (why), count, &at))
        {
          if (count == room)
            {
              fci_dropped *more = fmtconv_alloc (ctx, 2 * room, sizeof *more);
              if (!more)
                return NULL;
              memcpy (more, all, room * sizeof *more);
              all = more;
              room *= 2;
            }
          all[count++] = (fci_dropped){ .why = why, .first = t->name };
        }
      else if (ctx->failed)
        return NULL;
      all[at].tensors++;
      all[at].bytes += t->bytes;
    }
  *n = count;
  return ctx->failed ? NULL : all;
}
