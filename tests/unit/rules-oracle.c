/* tests/unit/rules-oracle.c: patterns against the C library's regular expressions, globs against fnmatch.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/rules/pattern-match.h"
#include "core/rules/pattern.h"
#include "core/rules/shortlist.h"
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <fnmatch.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

TestSuite (rules_oracle, .timeout = 60);

/* The items of a pattern, and the same as a regular expression. */
static const struct
{
  const char *pattern, *regex;
} pieces[] = {
  { "a", "a" },
  { ".", "\\." },
  { "1", "1" },
  { "[a]", "a?" },
  { "[.1]", "(\\.1)?" },
  { "[+a.]", "(a\\.)?" },
  { "{i}", "(0|[1-9][0-9]*)" },
  { "{j}", "(0|[1-9][0-9]*)" },
  { "{x}", "([^.]+)" },
  { "{y}", "([^.]+)" },
  { "{z*}", "(.*)" },
  { "{p:a,aa,1.}", "(a|aa|1\\.)" },
  { "{q:1,0}", "(1|0)" },
};

enum
{
  PIECES = sizeof pieces / sizeof *pieces,
  ROUNDS = 3000,
  NAMES = 20
};

static unsigned
draw (uint64_t *state, unsigned n)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned) (*state >> 33) % n;
}

static void
draw_name (uint64_t *state, const char *letters, char name[12])
{
  unsigned n = draw (state, 11);
  for (unsigned i = 0; i < n; i++)
    name[i] = letters[draw (state, (unsigned) strlen (letters))];
  name[n] = 0;
}

/* Makes a pattern of up to six items, each capture once. */
static void
draw_pattern (uint64_t *state, char pattern[128], char regex[256])
{
  unsigned used = 0;
  size_t p = 0, r = (size_t) snprintf (regex, 256, "^");
  for (unsigned i = 1 + draw (state, 6); i-- > 0;)
    {
      unsigned k = draw (state, PIECES);
      if (used & 1u << k && pieces[k].pattern[0] == '{')
        continue;
      used |= 1u << k;
      p += (size_t) snprintf (pattern + p, 128 - p, "%s", pieces[k].pattern);
      r += (size_t) snprintf (regex + r, 256 - r, "%s", pieces[k].regex);
    }
  snprintf (regex + r, 256 - r, "$");
}

/* Without optional text, a matched name is printed unchanged. */
static void
check_print (const char *pattern, const char *name)
{
  fci_pattern compiled;
  fci_token capacity[FCI_MAX_TOKENS];
  fci_value values[FCI_MAX_SLOTS], bound[FCI_MAX_SLOTS];
  char printed[64];
  cr_assert_null (fci_pattern_compile (&compiled, capacity, pattern, NULL));
  cr_assert (fci_pattern_match (&compiled, name, strlen (name), values));
  for (unsigned t = 0; t < compiled.n_tokens; t++)
    {
      capacity[t].capture = capacity[t].slot;
      bound[capacity[t].slot] = values[capacity[t].slot];
    }
  size_t n = fci_pattern_print (&compiled, bound, UINT64_MAX, printed, sizeof printed);
  cr_expect_eq (n, strlen (name));
  cr_expect_str_eq (printed, name, "'%s'", pattern);
}

Test (rules_oracle, patterns_agree_with_regular_expressions)
{
  uint64_t state = 1;
  unsigned found = 0;
  for (unsigned round = 0; round < ROUNDS; round++)
    {
      char pattern[128], expression[256], name[12];
      regex_t regex;
      draw_pattern (&state, pattern, expression);
      cr_assert_eq (regcomp (&regex, expression, REG_EXTENDED | REG_NOSUB), 0, "%s", expression);
      for (unsigned k = 0; k < NAMES; k++)
        {
          draw_name (&state, "aa.10", name);
          int matches = regexec (&regex, name, 0, NULL, 0) == 0;
          cr_expect_eq (fmtconv_pattern_match (pattern, name), matches, "'%s' and '%s'", pattern, name);
          if (matches && !strchr (pattern, '['))
            check_print (pattern, name);
          found += (unsigned) matches;
        }
      regfree (&regex);
    }
  cr_expect_gt (found, ROUNDS / 2u, "%u names matched", found);
}

/* Writes the skeleton of a name: one '0' for each number. */
static void
draw_skeleton (const char *name, char skeleton[12])
{
  size_t n = 0;
  for (; *name; name++)
    if (!strchr ("0123456789", *name))
      skeleton[n++] = *name;
    else if (!n || skeleton[n - 1] != '0')
      skeleton[n++] = '0';
  skeleton[n] = 0;
}

/* A pattern that matches a name may match its skeleton, also after a prefix; most others do not. */
Test (rules_oracle, skeletons_of_matched_names_may_match)
{
  static const char *const prefixes[] = { "", "a", "1.", "[a.]", "a[1]." };
  uint64_t state = 3;
  unsigned matched = 0, may = 0, tried = 0;
  for (unsigned round = 0; round < ROUNDS; round++)
    {
      char text[128], expression[256], name[12], skeleton[12];
      fci_pattern pattern, prefix = { .text = "" };
      fci_token capacity[FCI_MAX_TOKENS], before[FCI_MAX_TOKENS];
      fci_value values[FCI_MAX_SLOTS];
      const char *first = prefixes[draw (&state, sizeof prefixes / sizeof *prefixes)];
      draw_pattern (&state, text, expression);
      cr_assert_null (fci_pattern_compile (&pattern, capacity, text, NULL));
      if (*first)
        cr_assert_null (fci_pattern_compile (&prefix, before, first, NULL));
      for (unsigned k = 0; k < NAMES; k++)
        {
          draw_name (&state, "aa.10", name);
          draw_skeleton (name, skeleton);
          const char *rest = fci_pattern_strip (&prefix, name);
          const bool matches = rest && fci_pattern_match (&pattern, rest, strlen (rest), values),
                     may_match = fci_pattern_may_match (&prefix, &pattern, skeleton);
          cr_expect (may_match || !matches, "'%s' '%s' and '%s'", first, text, name);
          matched += matches;
          may += may_match;
          tried++;
        }
    }
  cr_expect_gt (matched, ROUNDS / 4u, "%u names matched", matched);
  cr_expect_lt (may, tried / 4, "%u of %u may match", may, tried);
}

Test (rules_oracle, globs_agree_with_fnmatch)
{
  static const char *const parts[] = { "a", "b", ".", "*", "?", "[ab]", "[!a]", "[a-b]", "*." };
  uint64_t state = 2;
  unsigned found = 0;
  for (unsigned round = 0; round < 20 * ROUNDS; round++)
    {
      char glob[64] = "", name[12];
      for (unsigned i = draw (&state, 7); i-- > 0;)
        strcat (glob, parts[draw (&state, sizeof parts / sizeof *parts)]);
      draw_name (&state, "ab.", name);
      int matches = fnmatch (glob, name, FNM_NOESCAPE) == 0;
      cr_expect_eq (fmtconv_glob_match (glob, name), matches, "'%s' and '%s'", glob, name);
      found += (unsigned) matches;
    }
  cr_expect_gt (found, (unsigned) ROUNDS, "%u names matched", found);
}
