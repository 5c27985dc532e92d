/* core/rules/sites.c: sites: groups of tensors that differ only in the lists of their pattern.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/map.h"
#include "core/model/model.h"
#include "core/rules/index.h"
#include "core/rules/lists.h"
#include "core/rules/run.h"
#include "core/rules/sites.h"
#include "core/rules/values.h"
#include <string.h>

enum
{
  FIRST_SITES = 64
};

struct wanted
{
  const fci_rule_run *run;
  const fci_family *family;
  const fci_value *values;
};

static bool
is_number (const fci_family *family, unsigned slot)
{
  return family->seen[slot] != NULL;
}

static bool
same_site (const struct wanted *w, const fci_site *site)
{
  if (site->family != w->family)
    return false;
  for (unsigned slot = 0; slot < w->family->in.n_slots; slot++)
    if (w->family->list[slot])
      continue;
    else if (is_number (w->family, slot)
                 ? site->value[slot].number != w->values[slot].number
                 : !fci_text_span_equal (site->value[slot].text, w->values[slot].text))
      return false;
  return true;
}

static bool
is_wanted (const void *arg, uint32_t id)
{
  const struct wanted *w = arg;
  return same_site (w, w->run->site[id]);
}

static uint64_t
hash_site (const fci_rule_run *run, const fci_family *family, const fci_value *values)
{
  uint64_t hash = (uint64_t) (family - run->table.family) * UINT64_C (0x9e3779b97f4a7c15);
  for (unsigned slot = 0; slot < family->in.n_slots; slot++)
    {
      const uint64_t seed[2] = { run->ctx->hash_seed[0] ^ hash, run->ctx->hash_seed[1] };
      if (family->list[slot])
        continue;
      if (is_number (family, slot))
        hash = fci_hash (seed, &values[slot].number, sizeof values[slot].number);
      else
        hash = fci_hash (seed, values[slot].text.at, values[slot].text.len);
    }
  return hash;
}

static fci_site *
new_site (fci_rule_run *run, fci_family *family, const fci_value *values, uint32_t tensor)
{
  unsigned slots = family->in.n_slots;
  fci_site *site = fci_rule_run_alloc (run, 1, sizeof *site + family->combos * sizeof *site->tensors);
  fci_value *kept = slots ? fci_rule_run_alloc (run, slots, sizeof *kept) : NULL;
  if (run->code)
    return NULL;
  site->family = family;
  site->first = tensor;
  site->value = kept;
  memset (site->tensors, 0xff, family->combos * sizeof *site->tensors);
  for (unsigned slot = 0; slot < slots; slot++)
    {
      kept[slot] = values[slot];
      if (family->seen[slot] && !fci_values_add (&run->arena, family->seen[slot], values[slot].number))
        run->code = FMTCONV_E_NOMEM;
    }
  return family->last = site;
}

/* Numbers a site.  Returns false if memory ran out. */
static bool
append (fci_rule_run *run, fci_site *site)
{
  if (run->n_sites == run->site_capacity)
    {
      fci_site **old = run->site;
      const size_t n = run->n_sites, capacity = n ? 2 * n : FIRST_SITES;
      run->site = fci_rule_run_alloc (run, capacity, sizeof *run->site);
      if (!run->site)
        return false;
      if (n)
        memcpy (run->site, old, n * sizeof *old);
      if (n)
        fci_arena_release (&run->arena, old, n * sizeof *old);
      run->site_capacity = capacity;
    }
  run->site[run->n_sites++] = site;
  return true;
}

/* Returns the site of a tensor. Neighbors are often in one site, the family's last. */
static fci_site *
find_site (fci_rule_run *run, fci_family *family, const fci_value *values, uint32_t tensor)
{
  const struct wanted wanted = { run, family, values };
  if (family->last && same_site (&wanted, family->last))
    return family->last;
  uint64_t hash = hash_site (run, family, values);
  uint32_t id = fci_rule_index_find (&run->sites, hash, is_wanted, &wanted);
  if (id != FCI_RULE_NONE)
    return run->site[id];
  fci_site *site = new_site (run, family, values, tensor);
  if (site && append (run, site))
    fci_rule_index_add (run, &run->sites, hash, (uint32_t) run->n_sites - 1);
  return run->code ? NULL : site;
}

void
fci_site_add (fci_rule_run *run, fci_family *family, const fci_value *values, uint32_t tensor)
{
  fci_site *site = find_site (run, family, values, tensor);
  uint32_t combo = 0;
  for (unsigned slot = 0; slot < family->in.n_slots; slot++)
    if (family->list[slot])
      combo += family->weight[slot] * (uint32_t) values[slot].number;
  if (site && site->tensors[combo] == FCI_RULE_NONE)
    site->tensors[combo] = tensor;
  else if (site)
    fci_rule_run_problem (run, FCI_PROBLEM_NAME, "'%s' and '%s' match the same rule with the same captures",
                          fci_model_tensor (run->in, site->tensors[combo])->name,
                          fci_model_tensor (run->in, tensor)->name);
}

void
fci_combo_bind (const fci_family *family, uint32_t combo, fci_value *bound, uint64_t *known)
{
  for (unsigned slot = 0; slot < family->in.n_slots; slot++)
    if (family->list[slot])
      {
        const fci_token *list = family->list[slot];
        bound[list->capture].number = combo / family->weight[slot] % list->count;
        *known |= UINT64_C (1) << list->capture;
      }
}

uint64_t
fci_site_bind (const fci_site *site, uint32_t combo, fci_value *bound)
{
  const fci_pattern *in = &site->family->in;
  uint64_t known = 0;
  for (unsigned t = 0; t < in->n_tokens; t++)
    if (in->token[t].kind > FCI_T_MAYBE)
      {
        bound[in->token[t].capture] = site->value[in->token[t].slot];
        known |= UINT64_C (1) << in->token[t].capture;
      }
  fci_combo_bind (site->family, combo, bound, &known);
  return known;
}
