/* core/rules/parts.c: parts of unequal size that a rule cuts or fuses.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/size.h"
#include "core/rules/env.h"
#include "core/rules/parts.h"
#include <stdio.h>
#include <string.h>

static bool
has_reshape (const fci_rule *rule)
{
  for (unsigned i = 0; i < rule->n_ops; i++)
    if (rule->op[i].kind == FCI_RULE_RESHAPE)
      return true;
  return false;
}

bool
fci_rule_parts_parse (fci_table *table, fci_rule *rule)
{
  const char *s = rule->declared->parts, *end = s ? s + strlen (s) : NULL, *error = NULL;
  const unsigned wanted = rule->n_split > 1 ? rule->n_split : rule->n_join;
  unsigned n = 0;
  if (!s)
    return true;
  if (wanted == 1 || (rule->n_split > 1 && rule->n_join > 1))
    return fci_table_bad (table, rule->number,
                          ".parts needs one list that is in `from` alone or in `to` alone");
  if (rule->n_copies > 1)
    return fci_table_bad (table, rule->number, ".parts cannot be combined with .copies");
  if (rule->n_pick || has_reshape (rule))
    return fci_table_bad (table, rule->number, ".parts cannot be combined with .pick or a reshape");
  rule->part = fci_table_alloc (table, wanted, sizeof *rule->part);
  for (; rule->part && n < wanted; n++, s++)
    {
      error = fci_expr_parse (table->arena, &s, end, false, &rule->part[n]);
      if (error || *s != ',')
        break;
    }
  if (!rule->part)
    return false;
  if (error || *s || n + 1 != wanted)
    return fci_table_bad (table, rule->number, ".parts '%.80s': %s", rule->declared->parts,
                          error ? error : "there must be one size for each part");
  return true;
}

bool
fci_rule_parts_sizes (fci_rule_run *run, const fci_rule *rule, uint64_t size[FCI_MAX_PARTS], uint64_t *sum)
{
  const unsigned n = rule->n_split > 1 ? rule->n_split : rule->n_join;
  *sum = 0;
  for (unsigned i = 0; i < n; i++)
    {
      int64_t value = 0;
      if (!fci_rule_run_number (run, rule->part[i], &value))
        return false;
      size[i] = (uint64_t) value;
      if (value > 0 && fci_size_add (*sum, size[i], sum))
        continue;
      snprintf (run->reason, sizeof run->reason, "part %u of '%.80s' would not be positive", i + 1,
                rule->declared->parts);
      return false;
    }
  return true;
}
