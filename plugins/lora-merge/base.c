/* plugins/lora-merge/base.c: finds the tensor that a term is added to.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <stdlib.h>
#include <string.h>

static int
compare (const void *left, const void *right)
{
  const struct merge_term *a = left, *b = right;
  if (a->first != b->first)
    return (uintptr_t) a->first < (uintptr_t) b->first ? -1 : 1;
  if (a->group->index != b->group->index)
    return a->group->index < b->group->index ? -1 : 1;
  if (a->order != b->order || !a->at)
    return (a->order > b->order) - (a->order < b->order);
  if (a->group->first_row != b->group->first_row)
    return a->group->first_row < b->group->first_row ? -1 : 1;
  return strcmp (a->at->name, b->at->name);
}

static int
fail_twice (const struct merge *m, const struct merge_term *t)
{
  return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->b->name },
                          "'%s' belongs to the same weight, '%s'", t[-1].b->name, t->at->name);
}

/* Checks that the n sorted terms of a weight of SAT are its parts 0 … n-1, each once. */
static int
check_parts (const struct merge *m, struct merge_term *terms, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      struct merge_term *t = &terms[i];
      if (i > 0 && t->group->index == t[-1].group->index)
        return fail_twice (m, t);
      if (t->group->index != i)
        return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .tensor = t->a->name },
                                "'%s.matrix_A.%zu' of the same weight is missing", t->group->module, i);
      t->n_parts = n;
    }
  return 0;
}

/* Returns whether a term is for other rows of the weight than the one before it. */
static bool
is_apart (const struct merge_term *before, const struct merge_term *t)
{
  return before->group->n_rows && t->group->n_rows
         && before->group->first_row + before->group->n_rows <= t->group->first_row;
}

/* Checks that the n sorted terms of another tensor differ in the adapter, in the group's kind of part, or in the name
 * of the (tied) tensor, and that none replaces it. */
static int
check_sum (const struct merge *m, struct merge_term *terms, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      const struct merge_term *before = &terms[i] - 1;
      terms[i].n_parts = 1;
      if (i == 0 || terms[i].order < 0)
        continue;
      if (terms[i].kind == MERGE_SET || before->kind == MERGE_SET
          || (terms[i].order == before->order && terms[i].at == before->at && terms[i].group != before->group
              && !is_apart (before, &terms[i])))
        return fail_twice (m, &terms[i]);
    }
  return 0;
}

static int
check_weights (const struct merge *m)
{
  int code = 0;
  for (size_t i = 0, n; i < m->n && code == 0; i += n)
    {
      struct merge_term *terms = &m->terms[i];
      int sat = terms->group->is_sat;
      for (n = 1; i + n < m->n && terms[n].first == terms->first; n++)
        sat |= terms[n].group->is_sat;
      if (terms->at)
        code = sat ? check_parts (m, terms, n) : check_sum (m, terms, n);
    }
  return code;
}

/* How many terms of each component are wanted, and how many of them have no tensor. */
struct tally
{
  size_t wanted[LORA_COMPONENTS];
  size_t lost[LORA_COMPONENTS];
};

static struct tally
count (const struct merge *m)
{
  struct tally c = { 0 };
  for (size_t i = 0; i < m->n; i++)
    if (m->terms[i].order >= 0)
      {
        const int component = lora_component_of (m->terms[i].group->module);
        c.wanted[component]++;
        c.lost[component] += !m->terms[i].at;
      }
  return c;
}

/* Leaves out a component of the LoRA. */
static void
leave_out (struct merge *m, int component, size_t n)
{
  for (size_t i = 0; i < m->n; i++)
    if (m->terms[i].order >= 0 && lora_component_of (m->terms[i].group->module) == component)
      m->terms[i].order = MERGE_NO_COMPONENT;
  const char *what = component == LORA_MODEL ? "transformer or unet" : lora_component_name (component);
  fmtconv_note (m->ctx,
                n == 1
                    ? "%zu change of the LoRA is left out: it is for the %s, which is not in this model"
                    : "%zu changes of the LoRA are left out: they are for the %s, which is not in this model",
                n, what);
}

/* Leaves out the components of which nothing is in the model, if all of another component is. */
static void
leave_out_components (struct merge *m, const struct tally *c)
{
  int whole = 0;
  for (int i = 0; i < LORA_COMPONENTS; i++)
    {
      if (c->lost[i] > 0 && (i == LORA_ANY || c->lost[i] < c->wanted[i]))
        return;
      whole |= c->wanted[i] > 0 && c->lost[i] == 0;
    }
  for (int i = 0; i < LORA_COMPONENTS && whole; i++)
    if (c->lost[i] > 0)
      leave_out (m, i, c->lost[i]);
}

/* Returns a hint with a name of the model, which shows how its names differ. */
static const char *
hint_of (const struct merge *m)
{
  const fmtconv_tensor *shown = fmtconv_model_next (m->in, NULL);
  if (m->several)
    return fmtconv_ctx_printf (
        m->ctx, "the names can be those of several models, %s: name one with lora-merge:model=NAME",
        m->several);
  FMTCONV_FOREACH (t, m->in)
    if (shown->rank < 2)
      shown = t;
  return fmtconv_ctx_printf (
      m->ctx,
      m->terms->group->is_sat
          ? "the model has names like '%s'; a LoRA with SAT names belongs into a SAT checkpoint: "
            "type -t lora-merge before -t cogvideox-transformer"
          : "the model has names like '%s': check that the LoRA is for this model; if these are "
            "SAT names, type -t cogvideox-transformer before -t lora-merge",
      shown ? shown->name : "");
}

/* Fails if wanted terms have no tensor. */
static int
check_found (struct merge *m)
{
  size_t lost = 0, wanted = 0;
  for (size_t i = 0; i < m->n; i++)
    {
      const struct merge_term *t = &m->terms[i];
      wanted += t->order >= 0;
      if (t->at || t->order < 0)
        continue;
      if (t->a)
        fmtconv_detail (m->ctx, "'%s' and '%s': no '%s.%s'", t->a->name, t->b->name, t->group->module,
                        t->leaf);
      else
        fmtconv_detail (m->ctx, "'%s': no '%s.%s'", t->b->name, t->group->module, t->leaf);
      lost++;
    }
  if (lost == 0)
    return fmtconv_ctx_failed (m->ctx);
  return fmtconv_fail_at (m->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = hint_of (m) },
                          "%llu of %llu matrices of the LoRA have no weight in the model",
                          2 * (unsigned long long) lost, 2 * (unsigned long long) wanted);
}

static int
find_all (struct merge *m)
{
  struct lora_index index;
  const bool exact = m->lora == m->in;
  if (lora_index_make (m->ctx, m->in, &index))
    return fmtconv_ctx_failed (m->ctx);
  for (size_t i = 0; i < m->n; i++)
    {
      struct merge_term *t = &m->terms[i];
      t->at = lora_index_find (&index, t->group->module, t->leaf, t->a ? t->a->name : t->b->name, exact);
      t->first = t->at ? lora_first_tied (m->in, t->at) : NULL;
      if (fmtconv_ctx_failed (m->ctx))
        return fmtconv_ctx_failed (m->ctx);
    }
  return 0;
}

/* Returns whether nothing of the denoiser has its weight: the names are those of another side, or another model's. */
static bool
lacks_model (const struct merge *m)
{
  size_t lost = 0, wanted = 0;
  for (size_t i = 0; i < m->n; i++)
    if (m->terms[i].order >= 0 && lora_translates (m->terms[i].group))
      {
        wanted++;
        lost += !m->terms[i].at;
      }
  return wanted && lost == wanted;
}

/* Translates the LoRA's names, if the model's are those of the other side of a model file. */
static int
translate (struct merge *m)
{
  const struct lora_translation how = { .model = m->params->model, .apart = true };
  fmtconv_renaming renaming;
  if (m->params->model && m->lora == m->in)
    return fmtconv_fail (m->ctx, FMTCONV_E_USAGE, "model= is for a LoRA in another file, which file= names");
  if (m->lora == m->in || !lacks_model (m))
    return 0;
  if (lora_translate (&m->facts, &how, &m->groups, &renaming))
    return fmtconv_ctx_failed (m->ctx);
  m->several = renaming.several;
  if (!renaming.model)
    return 0;
  if (merge_list_terms (m) || merge_choose_adapters (m) || find_all (m))
    return fmtconv_ctx_failed (m->ctx);
  if (renaming.models == renaming.model)
    fmtconv_note (m->ctx, "the LoRA is for the model %s: its names of %s are taken for those of %s",
                  renaming.model, renaming.from, renaming.to);
  else
    fmtconv_note (m->ctx, "the LoRA is for one of the models %s: its names are translated", renaming.models);
  return 0;
}

int
merge_find_bases (struct merge *m)
{
  if (find_all (m) || translate (m))
    return fmtconv_ctx_failed (m->ctx);
  const struct tally c = count (m);
  leave_out_components (m, &c);
  if (check_found (m))
    return fmtconv_ctx_failed (m->ctx);
  merge_drop_unused (m);
  qsort (m->terms, m->n, sizeof *m->terms, compare);
  return fmtconv_ctx_failed (m->ctx) ? fmtconv_ctx_failed (m->ctx) : check_weights (m);
}
