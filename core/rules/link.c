/* core/rules/link.c: links the rules of a table, and the two sides of each.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/map.h"
#include "core/rules/link.h"
#include "core/rules/lists.h"
#include "core/rules/table.h"
#include <string.h>

/* Returns the map for the name that a rule matches, or NULL: it is a pattern, or the table is so small that all are. */
static fci_map *
plain_of (const fci_table *table, const fci_rule *rule)
{
  const bool is_plain = rule->in.n_tokens == 1 && rule->in.token->kind == FCI_T_TEXT;
  return is_plain ? table->plain[rule->anchored && !table->reverse] : NULL;
}

static fci_family *
find_family (fci_table *table, const fci_rule *rule)
{
  const fci_map *plain = plain_of (table, rule);
  uintptr_t found = 0;
  if (plain)
    return fci_map_get (plain, rule->in.text, strlen (rule->in.text), &found) ? (fci_family *) found : NULL;
  for (unsigned i = 0; i < table->n_patterns; i++)
    if (strcmp (table->pattern[i]->in.text, rule->in.text) == 0
        && (table->reverse || table->pattern[i]->anchored == rule->anchored))
      return table->pattern[i];
  return NULL;
}

/* Records that there are more patterns than a table may have, and returns false. */
static bool
too_many (fci_table *table)
{
  return fci_table_bad (
      table, 0,
      "the table has more than %d patterns: write names that differ in a number or a word as "
      "one pattern, with {i} or {w}",
      FCI_MAX_PATTERNS);
}

/* Returns a new family for the text that the rule matches, or NULL: a fault. */
static fci_family *
add_family (fci_table *table, const fci_rule *rule)
{
  fci_map *plain = plain_of (table, rule);
  fci_family *family = &table->family[table->n_families];
  if (!plain && table->n_patterns == FCI_MAX_PATTERNS)
    {
      too_many (table);
      return NULL;
    }
  if (plain && !fci_map_add (plain, rule->in.text, strlen (rule->in.text), (uintptr_t) family, NULL))
    {
      table->code = FMTCONV_E_NOMEM;
      return NULL;
    }
  if (!plain)
    table->pattern[table->n_patterns++] = family;
  table->n_families++;
  *family = (fci_family){ .in = rule->in, .anchored = rule->anchored && !table->reverse };
  return family;
}

bool
fci_table_many (fci_table *table)
{
  for (unsigned i = 0; i < 2; i++)
    if (!(table->plain[i] = fci_map_new (table->ctx)))
      {
        table->code = FMTCONV_E_NOMEM;
        return false;
      }
  return true;
}

/* Adds the rule to the family of its `in` text. In reverse a name has one source: the first rule. */
bool
fci_table_join (fci_table *table, fci_rule *rule, bool drop)
{
  fci_family *family = find_family (table, rule);
  const unsigned flags = rule->declared->flags;
  const bool optional = flags & (FMTCONV_RULE_OPTIONAL | FMTCONV_RULE_ALL_OR_NONE);
  if (family && table->reverse)
    return true;
  if (family && (drop || family->why))
    return fci_table_bad (table, rule->number, "a rule that drops and another rule have the same `from`");
  if (!family && !(family = add_family (table, rule)))
    return false;
  if (drop)
    {
      family->why = rule->declared->why;
      return true;
    }
  if (family->rules)
    family->last_rule->sibling = rule;
  else
    family->rules = rule;
  family->last_rule = rule;
  rule->family = family;
  family->required |= !optional;
  family->all_or_none |= (flags & FMTCONV_RULE_ALL_OR_NONE) != 0;
  return true;
}

static bool
link_out (fci_table *table, fci_rule *rule, const fci_token *token)
{
  const fci_token *other = fci_pattern_token (&rule->in, token->capture);
  if (other && other->kind == token->kind && other->count == token->count)
    return true;
  if (other)
    return fci_table_bad (table, rule->number, "{%.*s} differs between the two sides", (int) token->name.len,
                          token->name.at);
  if (token->kind == FCI_T_NUMBER && !token->times)
    return true;
  if (token->kind != FCI_T_LIST)
    return fci_table_bad (table, rule->number, "{%.*s} is not bound by the other side", (int) token->name.len,
                          token->name.at);
  if (!token->again)
    rule->n_split *= token->count;
  return rule->n_split <= FCI_MAX_PARTS
         || fci_table_bad (table, rule->number, "it splits into too many parts");
}

/* Returns the list of .copies, which only `in` has; NULL: there is none, or a fault. */
static const fci_token *
copied (const fci_table *table, const fci_rule *rule)
{
  const char *name = rule->declared->copies;
  const unsigned capture = name ? fci_table_capture (table, FCI_TEXT_SPAN (name)) : FCI_RULE_NONE;
  const fci_token *list = capture == FCI_RULE_NONE ? NULL : fci_pattern_token (&rule->in, capture);
  return list && list->kind == FCI_T_LIST && !fci_pattern_token (&rule->out, capture) ? list : NULL;
}

static bool
link_copies (fci_table *table, fci_rule *rule)
{
  const fci_token *list = copied (table, rule);
  if (!rule->declared->copies)
    return true;
  if (table->reverse)
    return fci_table_bad (table, rule->number, "it compares copies, of which one is left");
  if (!list)
    return fci_table_bad (table, rule->number, ".copies names no list that is in `from` alone");
  rule->n_copies = list->count;
  return true;
}

bool
fci_table_link (fci_table *table, fci_rule *rule)
{
  for (unsigned t = 0; t < rule->out.n_tokens; t++)
    if (rule->out.token[t].kind > FCI_T_MAYBE && !link_out (table, rule, &rule->out.token[t]))
      return false;
  for (unsigned t = 0; t < rule->in.n_tokens; t++)
    {
      const fci_token *token = &rule->in.token[t];
      if (token->kind == FCI_T_LIST && !token->again && !fci_pattern_token (&rule->out, token->capture))
        rule->n_join *= token->count;
      if (rule->n_join > FCI_MAX_PARTS)
        return fci_table_bad (table, rule->number, "it fuses too many parts");
    }
  return link_copies (table, rule);
}

/* Numbers the combinations of the family's lists; the first list is the most significant. */
static bool
number_combos (fci_table *table, fci_family *family)
{
  const fci_pattern *in = &family->in;
  family->combos = 1;
  for (unsigned t = in->n_tokens; t-- > 0;)
    {
      const fci_token *token = &in->token[t];
      if (token->kind != FCI_T_LIST || token->again)
        continue;
      family->list[token->slot] = token;
      family->weight[token->slot] = family->combos;
      family->combos *= token->count;
      if (family->combos > FCI_MAX_COMBOS)
        return fci_table_bad (table, family->rules->number, "its lists have too many combinations");
    }
  return true;
}

/* Adds the summand of the list of a slot in a combination's number to each fused tensor. *each: tensors in a row that have
 * one position in the lists before. */
static void
add_list (fci_rule *rule, unsigned slot, uint32_t *each)
{
  const fci_token *list = rule->family->list[slot];
  *each /= list->count;
  for (uint32_t k = 0; k < rule->n_join; k++)
    rule->join[k] += rule->family->weight[slot] * (k / *each % list->count);
}

/* Computes, for each fused tensor, the summand of the lists only in `in` in a combination's number. Copies of one part are
 * next to each other. */
static bool
number_join (fci_table *table, fci_rule *rule)
{
  uint32_t each = rule->n_join;
  const fci_token *copies = copied (table, rule);
  rule->join = fci_table_alloc (table, rule->n_join, sizeof *rule->join);
  if (!rule->join)
    return false;
  for (unsigned slot = 0; slot < rule->in.n_slots; slot++)
    {
      const fci_token *list = rule->family->list[slot];
      if (list && !fci_pattern_token (&rule->out, list->capture)
          && (!copies || list->capture != copies->capture))
        add_list (rule, slot, &each);
    }
  if (copies)
    add_list (rule, copies->slot, &each);
  rule->family->joins |= rule->n_join > 1;
  return true;
}

/* Finds literal texts to compare before the full pattern. */
static void
find_texts (fci_family *family)
{
  const fci_token *token = family->in.token;
  unsigned n = family->in.n_tokens;
  family->head = family->mid = family->tail = FCI_TEXT_SPAN ("");
  if (token->kind == FCI_T_TEXT)
    family->head = token->text;
  if (n > 1 && token[n - 1].kind == FCI_T_TEXT)
    family->tail = token[n - 1].text;
  if (n > 2 && token->kind == FCI_T_TEXT && token[1].kind == FCI_T_NUMBER && token[2].kind == FCI_T_TEXT
      && (*token[2].text.at < '0' || *token[2].text.at > '9'))
    family->mid = token[2].text;
}

static bool
prepare_family (fci_table *table, fci_family *family)
{
  const fci_pattern *in = &family->in;
  find_texts (family);
  if (family->why)
    return true;
  if (!number_combos (table, family))
    return false;
  for (unsigned t = 0; t < in->n_tokens; t++)
    if (in->token[t].kind == FCI_T_NUMBER && !in->token[t].again)
      {
        family->seen[in->token[t].slot] = fci_table_alloc (table, 1, sizeof **family->seen);
        if (!family->seen[in->token[t].slot])
          return false;
      }
  for (fci_rule *rule = family->rules; rule; rule = rule->sibling)
    if (!number_join (table, rule))
      return false;
  return true;
}

bool
fci_table_families (fci_table *table)
{
  for (unsigned i = 0; i < table->n_families; i++)
    if (!prepare_family (table, &table->family[i]))
      return false;
  return true;
}

static fci_rule_head *
find_head (fci_table *table, const fci_family *family)
{
  for (unsigned i = 0; i < table->n_heads; i++)
    if (table->head[i].anchored == family->anchored
        && fci_text_span_equal (table->head[i].text, family->head))
      return &table->head[i];
  fci_rule_head *head = &table->head[table->n_heads++];
  head->text = family->head;
  head->byte = head->text.len ? (unsigned char) *head->text.at : -1;
  head->anchored = family->anchored;
  return head;
}

/* Groups the patterns by the text that they begin with. */
bool
fci_table_index (fci_table *table)
{
  table->head = fci_table_alloc (table, table->n_patterns, sizeof *table->head);
  for (unsigned i = 0; table->head && i < table->n_patterns; i++)
    find_head (table, table->pattern[i])->patterns[i / 64] |= UINT64_C (1) << i % 64;
  return table->head != NULL;
}
