/* core/model/rules-sites.c: sites, the tensors that differ only in the lists of their pattern.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/rules-run.h"
#include <string.h>

struct wanted
{
  const fci_run *run;
  const fci_family *family;
  const fci_value *values;
};

static bool
is_number (const fci_family *family, unsigned slot)
{
  return family->seen[slot] != NULL;
}

static bool
same_site (const void *arg, uint32_t id)
{
  const struct wanted *w = arg;
  const fci_site *site = w->run->site[id];
  if (site->family != w->family)
    return false;
  for (unsigned slot = 0; slot < w->family->in.n_slots; slot++)
    if (w->family->list[slot])
      continue;
    else if (is_number (w->family, slot) ? site->value[slot].number != w->values[slot].number
                                         : !fci_span_same (site->value[slot].text, w->values[slot].text))
      return false;
  return true;
}

static uint64_t
hash_site (const fci_run *run, const fci_family *family, const fci_value *values)
{
  uint64_t hash = run->sites.seed ^ (uint64_t) (family - run->table.family);
  for (unsigned slot = 0; slot < family->in.n_slots; slot++)
    if (family->list[slot])
      continue;
    else if (is_number (family, slot))
      hash = fci_rules_hash (hash, &values[slot].number, sizeof values[slot].number);
    else
      hash = fci_rules_hash (hash, values[slot].text.at, values[slot].text.len);
  return hash;
}

static fci_site *
new_site (fci_run *run, fci_family *family, const fci_value *values, uint32_t tensor)
{
  unsigned slots = family->in.n_slots;
  fci_site *site = fci_run_alloc (run, 1, sizeof *site + family->combos * sizeof *site->tensors);
  fci_value *kept = slots ? fci_run_alloc (run, slots, sizeof *kept) : NULL;
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
  if (family->last)
    family->last->next = site;
  else
    family->first = site;
  return family->last = site;
}

void
fci_site_add (fci_run *run, fci_family *family, const fci_value *values, uint32_t tensor)
{
  struct wanted wanted = { run, family, values };
  uint64_t hash = hash_site (run, family, values);
  uint32_t combo = 0, id = fci_index_find (&run->sites, hash, same_site, &wanted);
  if (id == FCI_NONE)
    {
      fci_site *site = new_site (run, family, values, tensor);
      if (!site)
        return;
      id = (uint32_t) run->n_sites;
      run->site[run->n_sites++] = site;
      fci_index_add (&run->sites, hash, id);
    }
  for (unsigned slot = 0; slot < family->in.n_slots; slot++)
    if (family->list[slot])
      combo += family->weight[slot] * (uint32_t) values[slot].number;
  uint32_t *place = &run->site[id]->tensors[combo];
  if (*place == FCI_NONE)
    *place = tensor;
  else
    fci_run_problem (run, FCI_BAD_NAME, "'%s' and '%s' are the same tensor to the rules",
                     fci_model_tensor (run->in, *place)->name, fci_model_tensor (run->in, tensor)->name);
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
