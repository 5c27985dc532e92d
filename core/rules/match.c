/* core/rules/match.c: finds prefix, family of rules and captures for every tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/map.h"
#include "core/base/size.h"
#include "core/model/model.h"
#include "core/rules/index.h"
#include "core/rules/match.h"
#include "core/rules/pattern-match.h"
#include "core/rules/run.h"
#include "core/rules/shortlist.h"
#include "core/rules/sites.h"
#include "core/rules/values.h"
#include <string.h>

enum
{
  MAX_GAPS = 1024 /* missing numbers up to which a capture counts as nearly dense */
};

static bool
begins (fci_text_span text, fci_text_span with)
{
  return text.len >= with.len && memcmp (text.at, with.at, with.len) == 0;
}

static bool
ends (fci_text_span text, fci_text_span with)
{
  return text.len >= with.len && memcmp (text.at + text.len - with.len, with.at, with.len) == 0;
}

static size_t
count_digits (fci_text_span text)
{
  size_t n = 0;
  while (n < text.len && text.at[n] >= '0' && text.at[n] <= '9')
    n++;
  return n;
}

/* Adds the patterns of a head that may match `name`. */
static void
add_candidates (const fci_table *table, const fci_rule_head *head, fci_text_span name, uint64_t *candidates)
{
  if (!begins (name, head->text))
    return;
  fci_text_span rest = { name.at + head->text.len, name.len - head->text.len };
  size_t digits = count_digits (rest);
  const fci_text_span behind = { rest.at + digits, rest.len - digits };
  for (size_t w = 0; w < (table->n_patterns + 63) / 64; w++)
    for (uint64_t bits = head->patterns[w]; bits; bits &= bits - 1)
      {
        const fci_family *family = table->pattern[w * 64 + (size_t) __builtin_ctzll (bits)];
        if ((!family->mid.len || (digits && begins (behind, family->mid))) && ends (name, family->tail))
          candidates[w] |= bits & -bits;
      }
}

/* Returns the first family of a plain name; NULL: it is none. */
static fci_family *
find_plain (const fci_table *table, fci_text_span full, fci_text_span stripped)
{
  uintptr_t found[2] = { 0 };
  if (!table->plain[0])
    return NULL;
  if (stripped.at)
    fci_map_get (table->plain[0], stripped.at, stripped.len, &found[0]);
  fci_map_get (table->plain[1], full.at, full.len, &found[1]);
  const bool second = found[1] && (!found[0] || found[1] < found[0]);
  return (fci_family *) found[second];
}

/* Collects the patterns that may match a name, by the texts that they begin with. */
static void
find_candidates (const fci_table *table, fci_text_span full, fci_text_span stripped, uint64_t *candidates)
{
  memset (candidates, 0, (table->n_patterns + 63) / 64 * sizeof *candidates);
  for (unsigned i = 0; i < table->n_heads; i++)
    {
      const fci_rule_head *head = &table->head[i];
      const fci_text_span *seen = head->anchored ? &full : &stripped;
      if (seen->at && (head->byte < 0 || head->byte == (unsigned char) *seen->at))
        add_candidates (table, head, *seen, candidates);
    }
}

/* Returns the first family that takes the tensor; rest: its name after the prefix, NULL: it lacks the
 * prefix; list: its shortlist; NULL: all patterns are compared. */
static fci_family *
find_family (const fci_table *table, const char *name, const char *rest, const uint64_t *list,
             fci_value *values)
{
  const fci_text_span full = FCI_TEXT_SPAN (name),
                      stripped = { rest, rest ? full.len - (size_t) (rest - name) : 0 };
  uint64_t candidates[FCI_MAX_PATTERNS / 64];
  size_t words = (table->n_patterns + 63) / 64;
  fci_family *plain = find_plain (table, full, stripped);
  if (!list)
    find_candidates (table, full, stripped, candidates);
  for (size_t w = 0; w < words; w++)
    for (uint64_t bits = list ? list[w] : candidates[w]; bits; bits &= bits - 1)
      {
        fci_family *family = table->pattern[w * 64 + (size_t) __builtin_ctzll (bits)];
        const fci_text_span *seen = family->anchored ? &full : &stripped;
        if (plain && plain < family)
          return plain;
        if (seen->at && fci_pattern_match (&family->in, seen->at, seen->len, values))
          return family;
      }
  return plain;
}

/* Returns whether no rule takes any tensor of the model. */
static bool
fits_none (const fci_table *table, const fci_shortlists *lists)
{
  return lists->are_empty && !table->plain[0];
}

/* Returns the first family that takes the i-th tensor, whose name may begin with a prefix.  NULL: none does. */
static fci_family *
family_of (const fci_rule_run *run, const fci_pattern *prefix, const fci_shortlists *lists, size_t i,
           fci_value *values)
{
  const uint16_t skeleton = lists->of ? lists->of[i] : 0;
  if (lists->of && lists->is_empty[skeleton] && !run->table.plain[0])
    return NULL;
  const char *name = fci_model_tensor (run->in, i)->name;
  return find_family (&run->table, name, fci_pattern_strip (prefix, name),
                      lists->of ? lists->patterns + skeleton * lists->n_words : NULL, values);
}

bool
fci_rule_run_is_outside (const fci_rule_run *run, size_t i)
{
  if (!run->table.declared->is_part || run->table.reverse) /* names have no prefix there */
    return false;
  const char *like =
      run->lists.skeleton ? run->lists.skeleton[run->lists.of[i]] : fci_model_tensor (run->in, i)->name;
  return !fci_pattern_strip (run->prefix, like);
}

/* Returns whether names with that prefix, which is not the only one, are of the table. */
static bool
serves (fci_rule_run *run, const fci_pattern *prefix)
{
  fci_value values[FCI_MAX_SLOTS];
  fci_shortlists lists;
  if (!fci_shortlists_make (&run->table, prefix, run->in, &lists))
    run->code = FMTCONV_E_NOMEM;
  if (fits_none (&run->table, &lists))
    return false;
  for (size_t i = 0; i < run->n_tensors && !run->code; i++)
    {
      const fci_family *family = family_of (run, prefix, &lists, i, values);
      if (family && !family->why && !family->anchored)
        return true;
    }
  return false;
}

/* Chooses the prefix. In reverse names have no prefix. */
static void
choose_prefix (fci_rule_run *run)
{
  static const fci_pattern none = { .text = "" };
  run->prefix = run->table.reverse ? &none : &run->table.prefix[0];
  for (unsigned i = 0; !run->table.reverse && run->table.n_prefixes > 1 && i < run->table.n_prefixes; i++)
    if (serves (run, &run->table.prefix[i]))
      {
        run->prefix = &run->table.prefix[i];
        return;
      }
}

static void
claim (fci_rule_run *run, fci_family *family, const fci_value *values, size_t i)
{
  const fmtconv_tensor *tensor = fci_model_tensor (run->in, i);
  if (!run->claimed++)
    run->first = tensor->name;
  if (!fci_size_add (run->bytes, tensor->bytes, &run->bytes))
    run->bytes = UINT64_MAX;
  fci_site_add (run, family, values, (uint32_t) i);
}

static void
match_all (fci_rule_run *run)
{
  fci_value values[FCI_MAX_SLOTS];
  if (!fci_shortlists_make (&run->table, run->prefix, run->in, &run->lists))
    run->code = FMTCONV_E_NOMEM;
  if (fits_none (&run->table, &run->lists))
    {
      memset (run->taken, 0xff, run->n_tensors * sizeof *run->taken); /* FCI_RULE_NONE */
      return;
    }
  for (size_t i = 0; i < run->n_tensors && !run->code; i++)
    {
      fci_family *family = family_of (run, run->prefix, &run->lists, i, values);
      run->taken[i] = family ? (uint32_t) (family - run->table.family) : FCI_RULE_NONE;
      if (family && !family->why)
        claim (run, family, values, i);
    }
}

/* Collects the values of every capture over all families. */
static void
collect_values (fci_rule_run *run)
{
  fci_table *table = &run->table;
  bool ok = true;
  for (unsigned c = 0; c < table->n_captures; c++)
    {
      memset (&table->capture[c].values, 0, sizeof table->capture[c].values);
      memset (&table->capture[c].raw, 0, sizeof table->capture[c].raw);
    }
  for (unsigned f = 0; f < table->n_families; f++)
    for (unsigned t = 0; t < table->family[f].in.n_tokens; t++)
      {
        const fci_token *token = &table->family[f].in.token[t];
        fci_values *seen = token->kind == FCI_T_NUMBER ? table->family[f].seen[token->slot] : NULL;
        fci_capture *capture = &table->capture[token->capture];
        if (!seen || token->again)
          continue;
        ok = ok && fci_values_merge (&run->arena, token->open ? &capture->raw : &capture->values, seen)
             && fci_values_close (&run->arena, seen);
      }
  for (unsigned c = 0; c < table->n_captures; c++)
    ok = ok && fci_values_close (&run->arena, &table->capture[c].values)
         && fci_values_close (&run->arena, &table->capture[c].raw);
  if (!ok)
    run->code = FMTCONV_E_NOMEM;
}

static bool
nearly_dense (const fci_table *table, const fci_capture *capture, const fci_values *set)
{
  return table->declared->dense && capture->complete && set->n
         && set->sorted[set->n - 1] < (int64_t) set->n + MAX_GAPS;
}

bool
fci_rule_run_dense (const fci_rule_run *run, const fci_capture *capture)
{
  return nearly_dense (&run->table, capture, &capture->values);
}

/* Returns the number of values of a capture; includes a few missing values of a dense one, so that they
 * are reported under the right name. */
static int64_t
count_of (const fci_table *table, const fci_capture *capture)
{
  const fci_values *set = capture->values.n ? &capture->values : &capture->raw;
  return nearly_dense (table, capture, set) ? set->sorted[set->n - 1] + 1 : (int64_t) set->n;
}

static void
close_sums (fci_table *table, fci_pattern *pattern)
{
  for (unsigned t = 0; t < pattern->n_tokens; t++)
    {
      fci_token *token = &pattern->token[t];
      token->sum = token->constant;
      for (unsigned c = 0; c < token->n_counted; c++)
        {
          unsigned capture = fci_table_capture (table, token->counted[c]);
          token->sum += token->counted_sign[c] * count_of (table, &table->capture[capture]);
        }
      token->open = false;
    }
}

void
fci_rule_close_sums (fci_table *table)
{
  for (unsigned f = 0; f < table->n_families; f++)
    close_sums (table, &table->family[f].in);
  for (unsigned r = 0; r < table->n_rules; r++)
    {
      close_sums (table, &table->rule[r].in);
      close_sums (table, &table->rule[r].out);
    }
}

static bool
is_open (const fci_table *table)
{
  for (unsigned f = 0; f < table->n_families; f++)
    for (unsigned t = 0; t < table->family[f].in.n_tokens; t++)
      if (table->family[f].in.token[t].open)
        return true;
  return false;
}

static void
start (fci_rule_run *run)
{
  for (unsigned f = 0; f < run->table.n_families; f++)
    {
      fci_family *family = &run->table.family[f];
      family->last = NULL;
      for (unsigned slot = 0; slot < FCI_MAX_SLOTS; slot++)
        if (family->seen[slot])
          memset (family->seen[slot], 0, sizeof *family->seen[slot]);
    }
  run->n_sites = run->claimed = 0;
  run->bytes = 0;
  memset (run->problems, 0, sizeof run->problems);
  run->sites.capacity = run->sites.n = 0;
}

/* A match side with '#c' sums needs a first pass that only counts. */
void
fci_rule_run_match (fci_rule_run *run)
{
  bool silent = run->silent, counting = is_open (&run->table);
  run->taken = fci_rule_run_alloc (run, run->n_tensors, sizeof *run->taken);
  if (run->code)
    return;
  start (run);
  choose_prefix (run);
  if (run->code)
    return;
  run->silent = silent || counting;
  match_all (run);
  run->silent = silent;
  if (run->code)
    return;
  collect_values (run);
  fci_rule_close_sums (&run->table);
  if (run->code || !counting)
    return;
  start (run);
  match_all (run);
  collect_values (run);
}
