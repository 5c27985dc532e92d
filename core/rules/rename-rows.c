/* core/rules/rename-rows.c: the rows of given weights that a new weight is made of: fused, picked, cut.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/parts.h"
#include "core/rules/rename.h"
#include <inttypes.h>
#include <string.h>

enum
{
  MAX_ROWS = 2 * FCI_MAX_PARTS /* ranges of one weight */
};

/* Ranges of rows, in order. */
struct rows
{
  size_t n;
  uint64_t sum;
  fmtconv_weight_rows range[MAX_ROWS];
};

/* Appends a range, or makes the last one longer. */
static bool
append (struct rows *to, size_t weight, uint64_t start, uint64_t count)
{
  fmtconv_weight_rows *last = to->n ? &to->range[to->n - 1] : NULL;
  to->sum += count;
  if (last && last->weight == weight && (weight == FMTCONV_NO_WEIGHT || last->start + last->count == start))
    last->count += count;
  else if (to->n < MAX_ROWS)
    to->range[to->n++] = (fmtconv_weight_rows){ weight, weight == FMTCONV_NO_WEIGHT ? 0 : start, count };
  else
    return false;
  return true;
}

/* Appends the rows start … start + count - 1 of `from`. */
static bool
slice (struct rows *to, const struct rows *from, uint64_t start, uint64_t count)
{
  uint64_t at = 0;
  for (size_t i = 0; i < from->n && count; at += from->range[i++].count)
    {
      const fmtconv_weight_rows *range = &from->range[i];
      if (start >= at + range->count)
        continue;
      const uint64_t skip = start - at, left = range->count - skip, take = left < count ? left : count;
      if (!append (to, range->weight, range->start + skip, take))
        return false;
      start += take;
      count -= take;
    }
  return count == 0;
}

/* Joins what one rule fuses. */
static bool
join (fci_rename *r, const fci_new_weight *w, struct rows *to)
{
  for (unsigned k = 0; k < w->rule->n_join; k++)
    {
      const uint64_t rows = fci_rename_part_rows (r, w, k);
      const size_t weight = w->from[k] == FCI_RULE_NONE ? FMTCONV_NO_WEIGHT : w->from[k];
      if (!rows || !append (to, weight, 0, rows))
        return false;
    }
  return true;
}

/* Appends the parts that .pick names, in its order. */
static bool
pick (const fci_rule *rule, const struct rows *whole, struct rows *to)
{
  const uint64_t unit = whole->sum / rule->pick_of;
  bool fits = whole->sum % rule->pick_of == 0;
  for (unsigned k = 0; fits && k < rule->n_pick; k++)
    fits = slice (to, whole, rule->pick[k] * unit, unit);
  return fits;
}

/* Returns the new weight whose rule picks part k, and its place in the pick; NULL: none is given. */
static const fci_new_weight *
owner (const fci_new_weight *w, unsigned k, unsigned *place)
{
  for (; w; w = w->next_pick)
    for (unsigned i = 0; i < w->rule->n_pick; i++)
      if (w->rule->pick[i] == k)
        {
          *place = i;
          return w;
        }
  return NULL;
}

/* Appends, in reverse, the parts of all rules that picked, in their original order. */
static bool
unpick (fci_rename *r, const fci_new_weight *w, struct rows *to)
{
  struct rows part = { 0 };
  if (!join (r, w, &part) || part.sum % w->rule->n_pick)
    return false;
  const uint64_t unit = part.sum / w->rule->n_pick;
  for (unsigned k = 0, place = 0; k < w->rule->pick_of; k++)
    {
      const fci_new_weight *from = owner (w, k, &place);
      part = (struct rows){ 0 };
      if (!from)
        {
          if (!append (to, FMTCONV_NO_WEIGHT, 0, unit))
            return false;
        }
      else if (!join (r, from, &part) || part.sum != unit * from->rule->n_pick
               || !slice (to, &part, place * unit, unit))
        return false;
    }
  return true;
}

/* Appends the part of a split. */
static bool
cut (fci_rename *r, const fci_new_weight *w, const struct rows *whole, struct rows *to)
{
  uint64_t size[FCI_MAX_PARTS], sum = 0, start = 0;
  const unsigned n = w->rule->n_split;
  if (!w->rule->part)
    return whole->sum % n == 0 && slice (to, whole, w->part * (whole->sum / n), whole->sum / n);
  if (!fci_rule_parts_sizes (&r->run, w->rule, size, &sum) || sum != whole->sum)
    return false;
  for (unsigned k = 0; k < w->part; k++)
    start += size[k];
  return slice (to, whole, start, size[w->part]);
}

/* Computes the rows of a new weight. */
static bool
compute (fci_rename *r, const fci_new_weight *w, struct rows *rows)
{
  const fci_rule *rule = w->rule;
  struct rows whole = { 0 }, picked = { 0 };
  const bool is_pick = rule->n_pick > 0;
  if (r->run.table.reverse && rule->leader ? !unpick (r, w, &whole) : !join (r, w, &whole))
    return false;
  if (!r->run.table.reverse && is_pick && !pick (rule, &whole, &picked))
    return false;
  const struct rows *from = !r->run.table.reverse && is_pick ? &picked : &whole;
  return rule->n_split > 1 ? cut (r, w, from, rows) : slice (rows, from, 0, from->sum);
}

/* Sets the rows of a new weight, in the context's memory.  Returns false if they are not known: a problem. */
static bool
set_rows (fci_rename *r, const fci_new_weight *w, fmtconv_new_weight *out)
{
  struct rows rows = { 0 };
  const bool is_plain = w->rule->n_join == 1 && w->rule->n_split == 1 && !w->rule->n_pick;
  const bool has_rows = r->given[w->first].rank > 0;
  if (is_plain)
    append (&rows, w->first, 0, 0);
  else if (!has_rows || !compute (r, w, &rows))
    {
      fci_rule_run_problem (&r->run, FCI_PROBLEM_SHAPE, "'%s': it cannot be cut into the parts of '%s'",
                            r->given[w->first].name, w->name);
      return false;
    }
  fmtconv_weight_rows *copy = fmtconv_ctx_alloc (r->run.ctx, rows.n, sizeof *copy);
  if (!copy)
    return false;
  memcpy (copy, rows.range, rows.n * sizeof *copy);
  *out = (fmtconv_new_weight){ .n = is_plain ? 0 : rows.n, .rows = copy };
  if (r->has_config)
    fci_rename_set_ops (r, w, is_plain && has_rows ? r->given[w->first].shape[0] : rows.sum, out);
  return true;
}

/* Copies the given weights with their exact names to the context. */
static void
keep_all (fci_rename *r, fci_renamed *out)
{
  fmtconv_ctx *ctx = r->run.ctx;
  fmtconv_weight_rows *rows = fmtconv_ctx_alloc (ctx, r->n_given + 1, sizeof *rows);
  out->weight = fmtconv_ctx_alloc (ctx, r->n_given + 1, sizeof *out->weight);
  for (size_t i = 0; rows && out->weight && i < r->n_given; i++)
    {
      rows[i] = (fmtconv_weight_rows){ .weight = i };
      out->weight[out->n++] =
          (fmtconv_new_weight){ .name = fmtconv_ctx_printf (ctx, "%s", r->exact[i]), .rows = &rows[i] };
    }
}

void
fci_rename_put (fci_rename *r, fci_renamed *out)
{
  fmtconv_ctx *ctx = r->run.ctx;
  if (r->is_kept)
    {
      keep_all (r, out);
      return;
    }
  out->weight = fmtconv_ctx_alloc (ctx, r->n + 1, sizeof *out->weight);
  for (size_t i = 0; out->weight && i < r->n && !r->run.code; i++)
    {
      if (!set_rows (r, r->made[i], &out->weight[i]))
        continue;
      out->weight[i].name = fmtconv_ctx_printf (ctx, "%s", r->made[i]->name);
      out->n++;
    }
}
