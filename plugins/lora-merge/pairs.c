/* plugins/lora-merge/pairs.c: pairs the matrices of a LoRA.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

static int
by_address (const void *left, const void *right)
{
  const fmtconv_tensor *const *a = left, *const *b = right;
  return ((uintptr_t) *a > (uintptr_t) *b) - ((uintptr_t) *a < (uintptr_t) *b);
}

int
merge_is_used (const struct merge *m, const fmtconv_tensor *t)
{
  return m->n_used && bsearch (&t, m->used, m->n_used, sizeof *m->used, by_address) != NULL;
}

/* Adds the pair of `a`, whose parsed name is `parsed`, and `b`. */
static struct merge_pair *
add_pair (struct merge *m, const fmtconv_tensor *a, const fmtconv_tensor *b, const struct merge_name *parsed)
{
  struct merge_pair *pair = &m->pairs[m->n++];
  *pair = (struct merge_pair){ .module = fmtconv_ctx_printf (m->ctx, "%.*s", (int) parsed->module, a->name),
                               .adapter = fmtconv_ctx_printf (m->ctx, "%.*s", (int) parsed->adapter_len,
                                                              parsed->adapter),
                               .a = a,
                               .b = b,
                               .is_embedding = strstr (a->name + parsed->module, ".lora_embedding_") != NULL,
                               .is_sat = parsed->index >= 0,
                               .part = parsed->index >= 0 ? (uint64_t) parsed->index : 0 };
  if (!pair->is_sat && pair->module)
    pair->alpha = fmtconv_model_find (m->lora, fmtconv_ctx_printf (m->ctx, "%s.alpha", pair->module));
  return pair;
}

/* Adds the pair of `a` if it is a matrix A, and the pair of its bias. */
static void
add_pairs (struct merge *m, const fmtconv_tensor *a)
{
  struct merge_name parsed;
  if (!merge_parse (a->name, &parsed) || parsed.part != MERGE_A)
    return;
  const char *name = merge_other_part (m->ctx, a->name, &parsed, MERGE_B);
  const fmtconv_tensor *b = name ? fmtconv_model_find (m->lora, name) : NULL;
  if (!b)
    return;
  add_pair (m, a, b, &parsed);
  name = merge_other_part (m->ctx, a->name, &parsed, MERGE_BIAS);
  if (name && (b = fmtconv_model_find (m->lora, name)))
    add_pair (m, a, b, &parsed)->is_bias = 1;
}

/* Lists the tensors of all pairs, sorted by address. */
static int
list_used (struct merge *m)
{
  m->used = fmtconv_ctx_alloc (m->ctx, 3 * m->n + 1, sizeof *m->used);
  for (size_t i = 0; m->used && i < m->n; i++)
    {
      m->used[m->n_used++] = m->pairs[i].a;
      m->used[m->n_used++] = m->pairs[i].b;
      if (m->pairs[i].alpha)
        m->used[m->n_used++] = m->pairs[i].alpha;
    }
  if (m->n_used)
    qsort (m->used, m->n_used, sizeof *m->used, by_address);
  return fmtconv_ctx_failed (m->ctx);
}

/* Returns the name of the missing partner of a LoRA's tensor, or NULL if `t` is not one or misses none. */
static const char *
lost_partner (const struct merge *m, const fmtconv_tensor *t)
{
  struct merge_name parsed;
  if (!merge_parse (t->name, &parsed))
    return NULL;
  const char *a = merge_other_part (m->ctx, t->name, &parsed, MERGE_A);
  const char *b = merge_other_part (m->ctx, t->name, &parsed, MERGE_B);
  return a && fmtconv_model_find (m->lora, a) ? b : a;
}

/* Drops or lists a tensor that is in no pair; *wrong counts the listed tensors. */
static void
handle_other (struct merge *m, const fmtconv_tensor *t, int is_sat, size_t *wrong)
{
  const int is_own_file = m->lora != m->in;
  const char *partner = lost_partner (m, t);
  const char *why = partner ? NULL : merge_skip_reason (t->name, is_own_file);
  if (partner)
    fmtconv_detail (m->ctx, "'%s' has no '%s'", t->name, partner);
  else if (is_own_file && is_sat)
    fmtconv_model_drop (m->out, t, "only the LoRA is used from this file");
  else if (why)
    fmtconv_detail (m->ctx, "'%s' %s", t->name, why);
  *wrong += partner || (why && !(is_own_file && is_sat));
}

/* Drops tensors that are used but not merged: alphas, and the matrices of other adapters. */
static void
drop_unmerged (struct merge *m)
{
  struct merge_name parsed;
  FMTCONV_FOREACH (t, m->lora)
    if (merge_is_used (m, t) && !merge_parse (t->name, &parsed))
      fmtconv_model_drop (m->out, t, "part of the LoRA's factor");
  for (size_t i = 0; i < m->n; i++)
    if (m->pairs[i].order == MERGE_NOT_WANTED)
      {
        if (!m->pairs[i].is_bias)
          fmtconv_model_drop (m->out, m->pairs[i].a, "of another adapter");
        fmtconv_model_drop (m->out, m->pairs[i].b, "of another adapter");
      }
}

static int
fail_absent (const struct merge *m)
{
  if (m->params->file)
    return fmtconv_fail (m->ctx, FMTCONV_E_MISSING, "'%s' holds no LoRA",
                         fmtconv_input_path (m->params->file));
  return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint = "give the LoRA's file: lora-merge:file=PATH" },
                          "the model holds no LoRA");
}

static int
check_others (struct merge *m)
{
  size_t wrong = 0;
  /* A SAT checkpoint also holds the base weights, which are not needed. */
  const int is_sat = fmtconv_model_find_pattern (m->lora, "{x*}.matrix_{m:A,B}.{i}") != NULL;
  FMTCONV_FOREACH (t, m->lora)
    if (!merge_is_used (m, t))
      handle_other (m, t, is_sat, &wrong);
  if (wrong == 0)
    return fmtconv_ctx_failed (m->ctx);
  return fmtconv_fail (m->ctx, FMTCONV_E_MISSING,
                       wrong == 1 ? "%llu tensor of the LoRA has no partner or cannot be merged:"
                                  : "%llu tensors of the LoRA have no partner or cannot be merged:",
                       (unsigned long long) wrong);
}

int
merge_collect (struct merge *m)
{
  m->pairs = fmtconv_ctx_alloc (m->ctx, fmtconv_model_count (m->lora) + 1, sizeof *m->pairs);
  FMTCONV_FOREACH (t, m->lora)
    if (m->pairs)
      add_pairs (m, t);
  if (fmtconv_ctx_failed (m->ctx) || list_used (m) || check_others (m))
    return fmtconv_ctx_failed (m->ctx);
  if (m->n == 0)
    return fail_absent (m);
  if (merge_choose_adapters (m))
    return fmtconv_ctx_failed (m->ctx);
  drop_unmerged (m);
  return fmtconv_ctx_failed (m->ctx);
}
