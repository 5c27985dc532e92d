/* core/rules/complete.c: finds required tensors that the model lacks, and tensors that no rule takes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/model.h"
#include "core/rules/complete.h"
#include "core/rules/index.h"
#include "core/rules/match.h"
#include "core/rules/run.h"
#include "core/rules/sites.h"
#include "core/rules/values.h"
#include <inttypes.h>
#include <string.h>

enum
{
  NAMED = 32 /* more than an error lists */
};

const char *
fci_rule_run_name (fci_rule_run *run, const fci_pattern *pattern, bool prefixed, const fci_value *bound,
                   uint64_t known)
{
  size_t before = prefixed ? fci_pattern_print (run->prefix, bound, 0, NULL, 0) : 0;
  size_t n = fci_pattern_print (pattern, bound, known, NULL, 0);
  char *name = fci_rule_run_alloc (run, before + n + 1, 1);
  if (!name)
    return NULL;
  if (prefixed)
    fci_pattern_print (run->prefix, bound, 0, name, before + 1);
  fci_pattern_print (pattern, bound, known, name + before, n + 1);
  return name;
}

/* Counts a missing tensor and lists its name; beyond the printed limit only counts, because a hostile file
 * can lack millions. */
static void
miss (fci_rule_run *run, const fci_family *family, const fci_value *bound, uint64_t known)
{
  bool prefixed = !run->table.reverse && !family->anchored;
  bool named = !run->silent && run->problems[FCI_PROBLEM_MISSING] < NAMED;
  const char *name = named ? fci_rule_run_name (run, &family->in, prefixed, bound, known) : "";
  if (name)
    fci_rule_run_problem (run, FCI_PROBLEM_MISSING, "missing: '%s'", name);
}

/* Counts all combinations of the family's lists as missing, with the captures bound so far. */
static void
miss_lists (fci_rule_run *run, const fci_family *family, fci_value *bound, uint64_t known)
{
  for (uint32_t combo = 0; combo < family->combos; combo++)
    {
      fci_combo_bind (family, combo, bound, &known);
      miss (run, family, bound, known);
    }
}

/* Returns the i-th value that a complete capture must have. */
static int64_t
expected (const fci_rule_run *run, const fci_capture *capture, size_t i)
{
  return fci_rule_run_dense (run, capture) ? (int64_t) i : capture->values.sorted[i];
}

static size_t
n_expected (const fci_rule_run *run, const fci_capture *capture)
{
  const fci_values *set = &capture->values;
  return fci_rule_run_dense (run, capture) && set->n ? (size_t) set->sorted[set->n - 1] + 1 : set->n;
}

/* Finds the values of one capture that other rules have, or that are in between, and this family lacks. */
static void
check_values (fci_rule_run *run, const fci_family *family, const fci_token *token)
{
  const fci_capture *capture = &run->table.capture[token->capture];
  fci_value bound[FCI_MAX_CAPTURES] = { 0 };
  for (size_t i = 0; i < n_expected (run, capture); i++)
    {
      int64_t value = expected (run, capture, i);
      bound[token->capture].number = value;
      if (!fci_values_has (family->seen[token->slot], value))
        miss_lists (run, family, bound, UINT64_C (1) << token->capture);
    }
}

static void
check_required (fci_rule_run *run, const fci_family *family)
{
  fci_value bound[FCI_MAX_CAPTURES] = { 0 };
  bool listed = false;
  for (unsigned t = 0; t < family->in.n_tokens; t++)
    {
      const fci_token *token = &family->in.token[t];
      if (token->kind != FCI_T_NUMBER || token->again || !run->table.capture[token->capture].complete)
        continue;
      if (!family->last && (listed || !run->table.capture[token->capture].values.n))
        continue;
      check_values (run, family, token);
      listed = true;
    }
  if (!family->last && !listed)
    miss_lists (run, family, bound, 0);
}

/* Returns whether a tensor is present that would be fused with the missing one at `combo`. */
static bool
is_part (const fci_site *site, uint32_t combo)
{
  const fci_family *family = site->family;
  for (const fci_rule *rule = family->rules; rule; rule = rule->sibling)
    {
      uint32_t base = combo;
      for (unsigned slot = 0; slot < family->in.n_slots; slot++)
        if (family->list[slot] && !fci_pattern_token (&rule->out, family->list[slot]->capture))
          base -= combo / family->weight[slot] % family->list[slot]->count * family->weight[slot];
      for (unsigned k = 0; rule->n_join > 1 && k < rule->n_join; k++)
        if (site->tensors[base + rule->join[k]] != FCI_RULE_NONE)
          return true;
    }
  return false;
}

static void
check_lists (fci_rule_run *run, const fci_site *site)
{
  const fci_family *family = site->family;
  bool all = run->table.declared->complete != NULL || family->all_or_none;
  for (uint32_t combo = 0; (all || family->joins) && combo < family->combos; combo++)
    if (site->tensors[combo] == FCI_RULE_NONE && (all || is_part (site, combo)))
      {
        fci_value bound[FCI_MAX_CAPTURES];
        miss (run, family, bound, run->silent ? 0 : fci_site_bind (site, combo, bound));
      }
}

static void
check_dense (fci_rule_run *run)
{
  for (unsigned c = 0; run->table.declared->dense && c < run->table.n_captures; c++)
    {
      const fci_capture *capture = &run->table.capture[c];
      if (capture->complete && capture->values.n && !fci_rule_run_dense (run, capture))
        fci_rule_run_problem (run, FCI_PROBLEM_MISSING,
                              "missing: most of {%.*s} from 0 to %" PRId64 " (%zu are present)",
                              (int) capture->name.len, capture->name.at,
                              capture->values.sorted[capture->values.n - 1], capture->values.n);
    }
}

static bool
is_required (const fci_family *family)
{
  return !family->why && (family->required || (family->all_or_none && family->last));
}

void
fci_rule_run_complete (fci_rule_run *run)
{
  check_dense (run);
  for (unsigned f = 0; f < run->table.n_families && !run->code; f++)
    if (is_required (&run->table.family[f]))
      check_required (run, &run->table.family[f]);
  for (size_t i = 0; i < run->n_sites && !run->code; i++)
    check_lists (run, run->site[i]);
}

void
fci_rule_run_unmatched (fci_rule_run *run)
{
  for (size_t i = 0; !run->table.declared->unmatched && i < run->n_tensors; i++)
    if (run->taken[i] == FCI_RULE_NONE && !fci_rule_run_is_outside (run, i))
      fci_rule_run_problem (run, FCI_PROBLEM_UNKNOWN, "unknown: '%s'", fci_model_tensor (run->in, i)->name);
}
