/* core/rules/order.c: the order of the output: nested loops over the captures that rules share.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/rules/index.h"
#include "core/rules/order.h"
#include "core/rules/run.h"
#include "core/rules/sites.h"
#include <stdlib.h>

static const fci_token *
leftmost_number (const fci_pattern *out, uint64_t bound)
{
  for (unsigned i = 0; i < out->n_tokens; i++)
    if (out->token[i].kind == FCI_T_NUMBER && out->token[i].times && !(bound >> out->token[i].capture & 1))
      return &out->token[i];
  return NULL;
}

static const fci_token *
number_token (const fci_pattern *out, unsigned capture)
{
  for (unsigned i = 0; i < out->n_tokens; i++)
    if (out->token[i].kind == FCI_T_NUMBER && out->token[i].capture == capture)
      return &out->token[i];
  return NULL;
}

/* Divides rules [from, to), which are inside the loops of `bound`, into runs: each a loop or a single
 * rule. */
static void
nest (fci_table *table, unsigned from, unsigned to, unsigned depth, uint64_t bound)
{
  unsigned run = 0;
  for (unsigned a = from, b; a < to; a = b, run++)
    {
      const fci_token *loop = leftmost_number (&table->rule[a].out, bound);
      for (b = a + 1; loop && b < to && number_token (&table->rule[b].out, loop->capture); b++)
        ;
      for (unsigned r = a; r < b; r++)
        {
          const fci_token *own = loop ? number_token (&table->rule[r].out, loop->capture) : NULL;
          table->rule[r].step[depth] = (fci_rule_step){ .run = run, .loop = own };
          table->rule[r].n_steps = depth + 1;
        }
      if (loop)
        nest (table, a, b, depth + 1, bound | UINT64_C (1) << loop->capture);
    }
}

/* Six letters are numbers, so at most FCI_RULE_MAX_STEPS - 1 loops can nest. */
void
fci_table_order (fci_table *table)
{
  nest (table, 0, table->n_rules, 0, 0);
}

/* Writes the sort key: the loops, then the lists in the order of the target. */
static unsigned
rule_key (const fci_element_bytes *item, int64_t *key)
{
  const fci_rule *rule = item->rule;
  fci_value bound[FCI_MAX_CAPTURES];
  uint32_t each = rule->n_split;
  unsigned n = 0;
  fci_site_bind (item->site, item->combo, bound);
  for (unsigned i = 0; i < rule->n_steps; i++)
    {
      const fci_token *loop = rule->step[i].loop;
      key[n++] = rule->step[i].run;
      if (loop)
        key[n++] = fci_token_printed (loop, bound[loop->capture].number);
    }
  for (unsigned t = 0; t < rule->out.n_tokens; t++)
    {
      const fci_token *token = &rule->out.token[t];
      if (token->kind != FCI_T_LIST || token->again)
        continue;
      bool split = !fci_pattern_token (&rule->in, token->capture);
      if (split)
        each /= token->count;
      key[n++] = split ? (int64_t) (item->part / each % token->count) : bound[token->capture].number;
    }
  return n;
}

/* Makes the sort key of an item; kept tensors come last. */
static void
make_key (fci_rule_run *run, fci_element_bytes *item)
{
  const fci_rule *rule = item->rule;
  item->key =
      fci_rule_run_alloc (run, rule ? 2 * rule->n_steps + rule->out.n_slots + 1 : 2, sizeof *item->key);
  if (!item->key)
    return;
  if (rule)
    item->n_key = rule_key (item, item->key);
  else
    item->key[item->n_key++] = INT64_MAX;
  item->key[item->n_key++] = item->first;
}

static int
compare (const void *a, const void *b)
{
  const fci_element_bytes *x = *(fci_element_bytes *const *) a, *y = *(fci_element_bytes *const *) b;
  for (unsigned i = 0; i < x->n_key && i < y->n_key; i++)
    if (x->key[i] != y->key[i])
      return x->key[i] < y->key[i] ? -1 : 1;
  return (x->n_key > y->n_key) - (x->n_key < y->n_key);
}

void
fci_rule_run_sort (fci_rule_run *run)
{
  for (size_t i = 0; i < run->n_items && !run->code; i++)
    make_key (run, run->item[i]);
  if (!run->code && run->n_items)
    qsort (run->item, run->n_items, sizeof *run->item, compare);
}
