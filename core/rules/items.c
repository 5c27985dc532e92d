/* core/rules/items.c: the output tensors: their sources and names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/map.h"
#include "core/model/model.h"
#include "core/rules/complete.h"
#include "core/rules/index.h"
#include "core/rules/items.h"
#include "core/rules/match.h"
#include "core/rules/run.h"
#include "core/rules/sites.h"
#include <fmtconv/formats.h>
#include <string.h>

struct maker
{
  fci_rule_run *run;
  fci_rule_index names;
  size_t n_named;
  fci_element_bytes **named; /* by number in `names` */
};

const fmtconv_tensor *
fci_rule_item_tensor (const fci_rule_run *run, const fci_element_bytes *item, unsigned k)
{
  uint32_t i = item->rule ? item->site->tensors[item->combo + item->rule->join[k]] : item->first;
  return fci_model_tensor (run->in, i);
}

const char *
fci_rule_item_name (const fci_rule_run *run, const fci_element_bytes *item)
{
  return run->weights ? run->weights[item->first].name : fci_rule_item_tensor (run, item, 0)->name;
}

/* Returns whether all tensors to fuse are present and `combo` represents them: fused lists are at 0. */
static bool
is_whole (const fci_site *site, const fci_rule *rule, uint32_t combo)
{
  for (unsigned slot = 0; slot < site->family->in.n_slots; slot++)
    {
      const fci_token *list = site->family->list[slot];
      if (list && !fci_pattern_token (&rule->out, list->capture)
          && combo / site->family->weight[slot] % list->count)
        return false;
    }
  for (unsigned k = 0; k < rule->n_join; k++)
    if (site->tensors[combo + rule->join[k]] == FCI_RULE_NONE)
      return false;
  return true;
}

static size_t
count_items (const fci_rule_run *run)
{
  size_t n = run->n_tensors;
  for (size_t i = 0; i < run->n_sites; i++)
    for (const fci_rule *rule = run->site[i]->family->rules; rule; rule = rule->sibling)
      for (uint32_t combo = 0; combo < run->site[i]->family->combos; combo++)
        n += is_whole (run->site[i], rule, combo) ? rule->n_split : 0;
  return n;
}

static bool
same_name (const void *arg, uint32_t id)
{
  const struct maker *m = arg;
  return strcmp (m->named[id]->name, m->named[m->n_named]->name) == 0;
}

/* Joins the parts that several rules pick from one tensor under its name. Returns false if they are not
 * such parts. */
static bool
join_picks (const fci_rule_run *run, fci_element_bytes *first, fci_element_bytes *item)
{
  if (!run->table.reverse || !first->rule || !item->rule || !item->rule->leader)
    return false;
  if (first->rule->leader != item->rule->leader)
    return false;
  for (;; first = first->next_pick)
    if (first->rule == item->rule)
      return false;
    else if (!first->next_pick)
      break;
  first->next_pick = item;
  return true;
}

/* Leaves out the tensor of an item. */
static void
leave_out (fci_rule_run *run, const fci_element_bytes *item)
{
  if (!run->spare)
    run->spare = fci_rule_run_alloc (run, run->n_tensors, sizeof *run->spare);
  if (run->spare)
    run->spare[item->first] = item->rule->declared->why;
}

/* Returns whether a rule says why its tensor can be left out for another one. */
static bool
is_spare (const fci_element_bytes *item)
{
  return item->rule && item->rule->declared->why && item->rule->n_join == 1;
}

/* Keeps one of two tensors that become the same name, that of the earlier rule, if the rule of the other says why.  Returns
 * false if it does not. */
static bool
choose_one (fci_rule_run *run, fci_element_bytes *first, const fci_element_bytes *item)
{
  if (run->table.reverse || !first->rule || !item->rule || first->rule == item->rule)
    return false;
  const bool is_first = first->rule->number < item->rule->number;
  if (!is_spare (is_first ? item : first))
    return false;
  leave_out (run, is_first ? item : first);
  if (!is_first)
    *first = *item;
  return true;
}

static void
add_item (struct maker *m, fci_element_bytes *item)
{
  fci_rule_run *run = m->run;
  uint64_t hash = fci_hash (run->ctx->hash_seed, item->name, strlen (item->name));
  m->named[m->n_named] = item;
  uint32_t id = fci_rule_index_find (&m->names, hash, same_name, m);
  if (id == FCI_RULE_NONE)
    {
      fci_rule_index_add (run, &m->names, hash, (uint32_t) m->n_named++);
      run->item[run->n_items++] = item;
    }
  else if (!join_picks (run, m->named[id], item) && !choose_one (run, m->named[id], item))
    fci_rule_run_problem (run, FCI_PROBLEM_NAME, "'%s' and '%s' both become '%s'",
                          fci_rule_item_tensor (run, m->named[id], 0)->name,
                          fci_rule_item_tensor (run, item, 0)->name, item->name);
}

static bool
is_negative (const fci_rule *rule, const fci_value *bound)
{
  for (unsigned t = 0; t < rule->out.n_tokens; t++)
    {
      const fci_token *token = &rule->out.token[t];
      if (token->kind == FCI_T_NUMBER
          && fci_token_printed (token, token->times ? bound[token->capture].number : 0) < 0)
        return true;
    }
  return false;
}

static void
bind_split (const fci_rule *rule, uint32_t part, fci_value *bound, uint64_t *known)
{
  uint32_t each = rule->n_split;
  for (unsigned t = 0; t < rule->out.n_tokens; t++)
    {
      const fci_token *token = &rule->out.token[t];
      if (token->kind != FCI_T_LIST || token->again || fci_pattern_token (&rule->in, token->capture))
        continue;
      each /= token->count;
      bound[token->capture].number = part / each % token->count;
      *known |= UINT64_C (1) << token->capture;
    }
}

static void
make_item (struct maker *m, const fci_element_bytes *as)
{
  fci_rule_run *run = m->run;
  fci_value bound[FCI_MAX_CAPTURES];
  uint64_t known = fci_site_bind (as->site, as->combo, bound);
  bind_split (as->rule, as->part, bound, &known);
  if (is_negative (as->rule, bound))
    {
      fci_rule_run_problem (run, FCI_PROBLEM_NAME, "'%s': the new name would have a negative number",
                            fci_rule_item_tensor (run, as, 0)->name);
      return;
    }
  fci_element_bytes *item = fci_rule_run_alloc (run, 1, sizeof *item);
  if (!item)
    return;
  *item = *as;
  item->first = as->site->tensors[as->combo];
  item->name =
      fci_rule_run_name (run, &as->rule->out, run->table.reverse && !as->rule->anchored, bound, known);
  if (item->name)
    add_item (m, item);
}

static void
make_items (struct maker *m, const fci_site *site)
{
  for (const fci_rule *rule = site->family->rules; rule; rule = rule->sibling)
    for (uint32_t combo = 0; combo < site->family->combos; combo++)
      if (is_whole (site, rule, combo))
        for (uint32_t part = 0; part < rule->n_split && !m->run->code; part++)
          make_item (m, &(fci_element_bytes){ .rule = rule, .site = site, .combo = combo, .part = part });
}

static void
keep_unmatched (struct maker *m)
{
  fci_rule_run *run = m->run;
  for (size_t i = 0; i < run->n_tensors && !run->code; i++)
    {
      const bool is_kept = run->taken[i] == FCI_RULE_NONE && !fci_rule_run_is_outside (run, i);
      fci_element_bytes *item = is_kept ? fci_rule_run_alloc (run, 1, sizeof *item) : NULL;
      if (!item)
        continue;
      item->first = (uint32_t) i;
      item->name = fci_model_tensor (run->in, i)->name;
      add_item (m, item);
    }
}

/* Checks, in reverse, that every rule that picks from the same tensor supplied its part. */
static void
check_picks (fci_rule_run *run, const fci_element_bytes *item)
{
  fci_value bound[FCI_MAX_CAPTURES] = { 0 };
  const fci_rule *rule = run->table.reverse && item->rule ? item->rule->leader : NULL;
  for (; rule; rule = rule->next_pick)
    {
      const fci_element_bytes *part = item;
      while (part && part->rule != rule)
        part = part->next_pick;
      if (part || item->part)
        continue;
      uint64_t known = fci_site_bind (item->site, item->combo, bound);
      const char *name = fci_rule_run_name (run, &rule->in, false, bound, known);
      if (name)
        fci_rule_run_problem (run, FCI_PROBLEM_MISSING, "missing: '%s'", name);
    }
}

void
fci_rule_run_items (fci_rule_run *run)
{
  const char *unmatched = run->table.declared->unmatched;
  struct maker m = { .run = run };
  size_t n = count_items (run);
  run->item = fci_rule_run_alloc (run, n + 1, sizeof (fci_element_bytes *));
  m.named = fci_rule_run_alloc (run, n + 1, sizeof (fci_element_bytes *));
  if (!run->item || !m.named)
    return;
  run->prefix = run->table.reverse ? &run->table.prefix[0] : run->prefix;
  for (size_t i = 0; i < run->n_sites && !run->code; i++)
    make_items (&m, run->site[i]);
  if (unmatched && !*unmatched)
    keep_unmatched (&m);
  for (size_t i = 0; i < run->n_items && !run->code; i++)
    check_picks (run, run->item[i]);
}
