/* tests/unit/rules.c: the pattern language and the globs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/rules/pattern-match.h"
#include "core/rules/pattern.h"
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <string.h>

TestSuite (rules, .timeout = 20);

static const struct
{
  const char *pattern, *name;
  int matches;
} patterns[] = {
  { "a.b", "a.b", 1 },
  { "a.b", "a.b.", 0 },
  { "a.b", "aab", 0 },
  { "a[.x].b", "a.b", 1 },
  { "a[.x].b", "a.x.b", 1 },
  { "a[.x].b", "a.x.x.b", 0 },
  { "a[x]xb", "axb", 1 },
  { "a[+.x].b", "a.b", 1 },
  { "a[+.x].b", "a.x.b", 1 },
  { "a[+.x].b", "a+.x.b", 0 },
  { "a{{b", "a{b", 1 },
  { "a[[b]", "a[b]", 1 },
  { "{i}", "0", 1 },
  { "{i}", "10", 1 },
  { "{i}", "01", 0 },
  { "{i}", "", 0 },
  { "{i}", "-1", 0 },
  { "{i}", "1a", 0 },
  { "{i}", "999999999999999999", 1 },
  { "{i}", "9999999999999999999", 0 },
  { "{i}2", "112", 1 },
  { "{i}{j}", "12", 1 },
  { "{i}{j}", "1", 0 },
  { "{i}.{i}", "7.7", 1 },
  { "{i}.{i}", "7.8", 0 },
  { "{i}.{i+1}", "7.8", 1 },
  { "{m-1}", "0", 1 },
  { "{3-k}", "3", 1 },
  { "{3-k}", "4", 0 },
  { "{k+2}", "1", 0 },
  { "{k+2}", "2", 1 },
  { "{10-2-k}", "8", 1 },
  { "{10-2-k}", "9", 0 },
  { "{#k-1-k}", "5", 1 },
  { "{x}", "abc", 1 },
  { "{x}", "a.c", 0 },
  { "{x}", "", 0 },
  { "{x*}", "a.c", 1 },
  { "{x*}", "", 1 },
  { "{x*}.sin", "a.b.sin", 1 },
  { "{x*}.sin", ".sin", 1 },
  { "{x*}.sin", "sin", 0 },
  { "{x}.{y}", "a.b", 1 },
  { "{x}.{x}", "a.b", 0 },
  { "{x}.{x}", "ab.ab", 1 },
  { "{p:q,k,v}", "k", 1 },
  { "{p:q,k,v}", "x", 0 },
  { "{p:q,k,v}", "q,k", 0 },
  { "{p:a,ab}b", "ab", 1 },
  { "{p:a,ab}b", "abb", 1 },
  { "{p:a,ab}b", "abbb", 0 },
  { "{p:,x.}a", "a", 1 },
  { "{p:,x.}a", "x.a", 1 },
  { "{n:0,2}", "2", 1 },
  { "{n:0,2}", "1", 0 },
  { "{p:0,1}{p:x,y}", "1y", 1 },
  { "{p:0,1}{p:x,y}", "1x", 0 },
  /* not patterns */
  { "", "", 0 },
  { "{", "{", 0 },
  { "{x", "{x", 0 },
  { "{}", "{}", 0 },
  { "[x", "[x", 0 },
  { "[]", "[]", 0 },
  { "[{x}]", "a", 0 },
  { "{x*}{y*}", "ab", 0 },
  { "{x}{x*}", "aa", 0 },
  { "{x+1}", "1", 0 },
  { "{i+j}", "1", 0 },
  { "{1+2}", "3", 0 },
  { "{i!}", "1", 0 },
  { "{i+}", "1", 0 },
  { "{i+1000000000}", "1000000000", 0 },
  { "{p:a,a}", "a", 0 },
};

Test (rules, patterns_match_whole_names)
{
  for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
    cr_expect_eq (fmtconv_pattern_match (patterns[i].pattern, patterns[i].name), patterns[i].matches,
                  "'%s' and '%s'", patterns[i].pattern, patterns[i].name);
  cr_expect_eq (fmtconv_pattern_match (NULL, "a"), 0);
  cr_expect_eq (fmtconv_pattern_match ("a", NULL), 0);
}

Test (rules, long_and_hostile_names_are_matched_in_time)
{
  char name[8192];
  memset (name, '-', sizeof name);
  name[4096] = 0;
  cr_expect_eq (fmtconv_pattern_match ("{x*}-{a}-{b}-{c}-{d}-{e}-{f}.x", name), 0);
  cr_expect_eq (fmtconv_pattern_match ("{x*}", name), 1);
  cr_expect_eq (fmtconv_pattern_match ("{a}-{b}", name), 1);
  name[4096] = '-';
  name[4097] = 0;
  cr_expect_eq (fmtconv_pattern_match ("{x*}", name), 0);
}

static fci_value
first_value (const char *pattern, const char *name)
{
  fci_pattern compiled;
  fci_token capacity[FCI_MAX_TOKENS];
  fci_value values[FCI_MAX_SLOTS] = { 0 };
  cr_assert_null (fci_pattern_compile (&compiled, capacity, pattern, NULL));
  cr_assert (fci_pattern_match (&compiled, name, strlen (name), values), "'%s' and '%s'", pattern, name);
  return values[0];
}

static size_t
first_length (const char *pattern, const char *name)
{
  return first_value (pattern, name).text.len;
}

Test (rules, captures_hold_what_they_matched)
{
  cr_expect_eq (first_value ("{i}", "42").number, 42);
  cr_expect_eq (first_value ("{m-1}", "0").number, 1);
  cr_expect_eq (first_value ("{3-k}", "1").number, 2);
  cr_expect_eq (first_value ("{i}{j}", "123").number, 1);
  cr_expect_eq (first_value ("{p:q,k,v}", "v").number, 2);
  cr_expect_eq (first_value ("{p:a,ab}b", "abb").number, 1);
  cr_expect_eq (first_length ("{x*}.{y}", "a.b.c"), 3);
  cr_expect_eq (first_length ("{x}-{y}", "a-b-c"), 1);
  cr_expect_eq (first_length ("{x}-{y}-{z}", "a-b-c"), 1);
}

static const struct
{
  const char *glob, *name;
  int matches;
} globs[] = {
  { "*", "", 1 },
  { "*", "a.b", 1 },
  { "a*", "a", 1 },
  { "*.weight", "a.b.weight", 1 },
  { "a.*.c", "a.b.b.c", 1 },
  { "a.*.c", "a.c", 0 },
  { "?", "a", 1 },
  { "?", "", 0 },
  { "a?c", "abc", 1 },
  { "[a-c]", "b", 1 },
  { "[a-c]", "d", 0 },
  { "[!a-c]", "d", 1 },
  { "[!a-c]", "b", 0 },
  { "[^a]", "b", 1 },
  { "[]a]", "]", 1 },
  { "[a-]", "-", 1 },
  { "[a", "[a", 1 },
  { "[a", "a", 0 },
  { "x[0-9]*", "x12", 1 },
  { "", "", 1 },
  { "", "a", 0 },
  { "a", "ab", 0 },
  { "*a*b", "xaxxb", 1 },
  { "*ab", "aab", 1 },
  { "**", "x", 1 },
  { "a*", "ba", 0 },
  { "*[!.]", "a.", 0 },
  { "[\x80-\xff]", "\xc3", 1 },
};

Test (rules, globs)
{
  for (size_t i = 0; i < sizeof globs / sizeof *globs; i++)
    cr_expect_eq (fmtconv_glob_match (globs[i].glob, globs[i].name), globs[i].matches, "'%s' and '%s'",
                  globs[i].glob, globs[i].name);
  char name[4001];
  memset (name, 'a', 4000);
  name[4000] = 0;
  cr_expect_eq (fmtconv_glob_match ("*a*a*a*a*a*a*a*a*a*a*a*a*b", name), 0);
}

Test (rules, first_finds_by_pattern)
{
  world *w = world_new ();
  const fmtconv_model *model = model_of (w, "a.b:1 layers.3.w:2 layers.4.w:2");
  cr_expect_str_eq (fmtconv_model_find_pattern (model, "layers.{i}.{x}")->name, "layers.3.w");
  cr_expect_null (fmtconv_model_find_pattern (model, "layers.{i}"));
  cr_expect_null (fmtconv_model_find_pattern (NULL, "x"));
  cr_expect_eq (w->code, 0);
  cr_expect_null (fmtconv_model_find_pattern (model, "layers.{i"));
  cr_expect_eq (w->code, FMTCONV_E_INTERNAL);
  world_free (w);
}
