/* tests/unit/rules-values.c: expressions in tables: values, conditions, dimensions, parts of unequal size, and numbers
 * of names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite (rules_values, .timeout = 20);

#define EXPECT(tensors, expected_code, expected, ...)                  \
  do                                                                   \
    {                                                                  \
      world *w_ = world_new ();                                        \
      const fmtconv_rules rules_ = { __VA_ARGS__ };                    \
      cr_expect_str_eq (outcome (w_, &rules_, (tensors)), (expected)); \
      cr_expect_eq (w_->code, (expected_code));                        \
      world_free (w_);                                                 \
    }                                                                  \
  while (0)

#define LAW(tensors, ...)                           \
  do                                                \
    {                                               \
      world *w_ = world_new ();                     \
      const fmtconv_rules rules_ = { __VA_ARGS__ }; \
      check_law (w_, &rules_, (tensors));           \
      world_free (w_);                              \
    }                                               \
  while (0)

#define EXPECT_BAD(expected, ...)                                            \
  do                                                                         \
    {                                                                        \
      world *w_ = world_new ();                                              \
      const fmtconv_rules rules_ = { __VA_ARGS__ };                          \
      cr_expect_eq (fci_rules_check (w_->ctx, &rules_), FMTCONV_E_INTERNAL); \
      cr_expect_str_eq (w_->said, expected);                                 \
      world_free (w_);                                                       \
    }                                                                        \
  while (0)

#define KEEP_A .rules = RULES ({ "a", .to = "=", .shape = "h,w" })
#define ONE(...) .rules = RULES ({ "a", .to = "=", __VA_ARGS__ })
#define UNMET "this model does not meet the conditions of the rules\n"

/* Returns what the condition gives for a tensor 'a' of 6 x 4: "holds", or the line that says why not. */
static const char *
judge (world *w, const char *condition)
{
  const fmtconv_rules rules = { .let = "six=6; text='it'", .when = condition, KEEP_A };
  const char *said = outcome (w, &rules, "a:6,4");
  if (!w->code)
    return "holds";
  cr_expect_eq (w->code, FMTCONV_E_UNSUPPORTED);
  const char *detail = strchr (said, '\n');
  return detail ? detail + 1 : said;
}

#define JUDGE(condition, expected)                            \
  do                                                          \
    {                                                         \
      world *w_ = world_new ();                               \
      cr_expect_str_eq (judge (w_, (condition)), (expected)); \
      world_free (w_);                                        \
    }                                                         \
  while (0)
#define HOLDS(condition) JUDGE (condition, "holds")
#define FAILS(condition) JUDGE (condition, "condition '" condition "' does not hold")
#define HAS_NONE(condition, reason) JUDGE (condition, "condition '" condition "': " reason)

Test (rules_values, operators)
{
  HOLDS ("h == 6 && w == 4");
  HOLDS ("1 + 2 * 3 == 7");
  HOLDS ("(1 + 2) * 3 == 9");
  HOLDS ("10 - 3 - 2 == 5");
  HOLDS ("24 / 4 / 2 == 3");
  HOLDS ("7 % 4 == 3 && -7 % 4 == -3");
  HOLDS ("2h == 12 && 2h / 4 == 3");
  HOLDS ("--h == 6 && -h == 0 - 6");
  HOLDS ("h < 7 && h <= 6 && h > 5 && h >= 6 && h != 5");
  HOLDS ("!(h == 5) && !false");
  HOLDS ("false || true && true");
  HOLDS ("(h > w ? h : w) == 6");
  HOLDS ("(h < w ? 1 : h == 6 ? 2 : 3) == 2");
  HOLDS ("text == 'it' && text != \"that\"");
  HOLDS ("six == h; w == 4");
  FAILS ("h == 5");
  FAILS ("text == 'IT'");
}

Test (rules_values, fractions)
{
  HOLDS ("0.5 + h == 6.5 && h / 4.0 == 1.5 && 1.0e-6 * 1000000 == 1");
  HOLDS ("float(h) == 6 && float(h) / 4 == 1.5 && 2.5 > 2 && 2.5 != 2");
  HOLDS ("int(2.0) == 2 && int(0 - 2.0) == -2 && int(h) == 6");
  HOLDS ("floor(2.9) == 2 && floor(0 - 2.9) == -3 && floor(h) == 6 && floor(null) == null");
  HOLDS ("sqrt(2.25) == 1.5 && log(1) == 0 && float(null) == null");
  HOLDS ("null == null && null != 1 && 'a' != null");
  HAS_NONE ("1.0 / 0 == 1", "a result is not a finite number");
  HOLDS ("gcd(128, 192) == 64 && gcd(24, 0) == 24 && gcd(0, 0) == 0 && gcd(7, 4) == 1 && gcd(2h, h) == h");
  HAS_NONE ("gcd(4, 2.0) == 2", "gcd needs integers");
  HAS_NONE ("gcd(4, 0-2) == 2", "gcd has the negative argument -2");
  HAS_NONE ("gcd('4', 2) == 2", "a text stands where a number is needed");
  HAS_NONE ("sqrt(0 - 1.0) == 1", "a result is not a finite number");
  HAS_NONE ("2.5 % 2 == 1", "'%' needs integers");
  HAS_NONE ("int(1.0e+30) == 1", "a fraction is too large for an integer");
  HAS_NONE ("floor(1.0e+30) == 1", "a fraction is too large for an integer");
  HAS_NONE ("int(256.7) == 256", "256.7 is not an integer");
  HAS_NONE ("float('a') == 1", "a text stands where a number is needed");
  HAS_NONE ("length(flags(a.b, 'x')) == 1", "the input has no list 'a.b' in config.json");
  HAS_NONE ("length(texts(a.b, 'x', 'y')) == 1", "the input has no list 'a.b'");
  HAS_NONE ("length(texts(a.b, 'x', 2)) == 1", "texts(KEY, YES, NO) needs two texts");
  HAS_NONE ("length(texts(a.b)) == 1", "texts(KEY, YES, NO) needs two texts");
  HAS_NONE ("length(values(a.b)) == 1", "the input has no object 'a.b' in config.json");
  HAS_NONE ("length(values(a.b, 1)) == 1", "values(KEY) has one argument");
  HAS_NONE ("rope_factors(a.b, 8) == 1", "a.b: the input's config.json does not have it");
  HOLDS ("length(null) == null");
  HAS_NONE ("length('a') == 1", "a text stands where a list is needed");
}

Test (rules_values, what_does_not_decide_is_not_evaluated)
{
  HOLDS ("h == 6 || 1 / 0 == 1");
  FAILS ("h == 5 && 1 / 0 == 1");
  HOLDS ("(h == 6 ? 1 : 1 / 0) == 1");
}

Test (rules_values, what_has_no_value)
{
  HAS_NONE ("h / 4 == 1", "6 does not divide by 4");
  HAS_NONE ("h / 0 == 1", "6 is divided by 0");
  HAS_NONE ("h % 0 == 1", "6 is divided by 0");
  HAS_NONE ("999999999999999 * 999999999999999 == 1", "a result does not fit into 64 bits");
  HAS_NONE ("(0 - 9223372 * 1000000000000 - 36854775808 * 10 - 8) * 99 == 1",
            "a result does not fit into 64 bits");
  HAS_NONE ("h", "a number stands where a truth value is needed");
  HAS_NONE ("h + true == 1", "a truth value stands where a number is needed");
  HAS_NONE ("h == 'six'", "a number is compared with a text");
  HAS_NONE ("text < 'z'", "a text has no order");
  HAS_NONE ("config(heads) == 1", "the input has no entry of config.json 'heads'");
  HAS_NONE ("gguf(a.b) == 1", "the input has no GGUF key 'a.b'");
  HAS_NONE ("shape(b, 0) == 1", "the tensor 'b' is missing");
  HAS_NONE ("shape(a, 2) == 1", "'a' has no axis 2");
  HAS_NONE ("shape(a) == 1", "shape(a) needs an axis: shape(a, 0)");
  HAS_NONE ("has(a[) && true", "pattern 'a[': '[' is not followed by plain text and ']'");
}

Test (rules_values, functions)
{
  HOLDS ("has(a) && !has(b) && has({x})");
  HOLDS ("shape(a, 0) == h && shape(a, w - 3) == w");
  HOLDS ("config(heads, 3) == 3 && config(a.b, gguf(c, h)) == h");
}

/* The names of conditions are those of `from`, also in reverse. */
Test (rules_values, conditions_in_reverse)
{
  const fmtconv_rules rules = { .prefix = "m.|",
                                .when = "has(a.{i}) && !has(b) && shape(a.0, 0) == 2",
                                .rules = RULES ({ "a.{i}", "b.{i}" }, { "q{p:0,1}", "q", .shape = "2h" },
                                                { "c", "b", .flags = FMTCONV_RULE_OPTIONAL }) };
  world *w = world_new ();
  check_law (w, &rules, "m.a.0:2 m.q0:1 m.q1:1");
  world_free (w);
  w = world_new ();
  reverse_rules (&rules, model_of (w, "b.0:3 q:2"));
  cr_expect_str_eq (w->said, UNMET "condition 'has(a.{i}) && !has(b) && shape(a.0, 0) == 2' does not hold");
  world_free (w);
}

Test (rules_values, config_of_the_input)
{
  world *w = world_new ();
  fmtconv_model *in = model_of (w, "a:6,4");
  fmtconv_attr *config = fmtconv_attr_literal (
      w->ctx, FMTCONV_JSON ({ "heads" : 3, "deep" : { "list" : [ 1, 2 ] }, "name" : "llama", "on" : true }));
  fmtconv_attr_set (fmtconv_model_attrs (in), "config", config);
  const fmtconv_rules rules = {
    .let = "heads=config(heads)",
    .when = "config(deep.list.1) == 2; config(name) == 'llama'; config(on); h / heads == 2",
    .rules = RULES ({ "a", .to = "=", .shape = "2*heads,w", .ops = "reshape heads,h/heads,w" },
                    { "b", .to = "=", .shape = "h", .flags = FMTCONV_RULE_OPTIONAL }),
  };
  const fmtconv_rules bound = { .let = rules.let,
                                .when = rules.when,
                                ONE (.shape = "h,w", .ops = "reshape heads,h/heads,w") };
  fmtconv_model *out = apply_rules (&bound, in);
  cr_expect_str_eq (names_of (out), "a:3,2,4");
  cr_expect_eq (fmtconv_rules_variable (out, "heads"), 3);
  apply_rules (&rules, in);
  cr_expect_str_eq (w->said, "tensors: 1 with a wrong shape\n'a' has the shape [6,4], which 'reshape "
                             "heads,h/heads,w' does not fit: no tensor gives 'h' a value");
  world_free (w);
}

Test (rules_values, dimensions)
{
  EXPECT ("a:6,4 b:10", 0, "b:10 a:6,4",
          .rules = RULES ({ "b", .to = "=", .shape = "h+w" }, { "a", .to = "=", .shape = "h,w" }));
  EXPECT ("a:6,4 b:11", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'b' has the shape [11], not [10] (h+w)",
          .rules = RULES ({ "a", .to = "=", .shape = "h,w" }, { "b", .to = "=", .shape = "h+w" }));
  EXPECT ("b:11 a:6,4", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'b' has the shape [11], not [10] (h+w)",
          .rules = RULES ({ "b", .to = "=", .shape = "h+w" }, { "a", .to = "=", .shape = "h,w" }));
  EXPECT ("a:5", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'a' has the shape [5], not 3*(n-1): let 'n' has no value",
          .let = "n=", ONE (.shape = "3*(n-1)"));
  EXPECT ("a:12,2", 0, "a:3,4,2", .let = "n=3", ONE (.shape = "n*d,h", .ops = "reshape n,d,h"));
  EXPECT ("a:11,2", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'a' has the shape [11,2], not n*d,h: no tensor gives 'd' a value",
          .let = "n=3", ONE (.shape = "n*d,h"));
#define SUM { "q", "{p:a,b,c}", .shape = "h+2*k", .parts = "h,k,k" }
  EXPECT ("h:8 q:20", 0, "h:8 a:8 b:6 c:6", .rules = RULES ({ "h", .to = "=", .shape = "h" }, SUM));
  EXPECT ("q:20 h:8", 0, "a:8 b:6 c:6 h:8", .rules = RULES (SUM, { "h", .to = "=", .shape = "h" }));
  LAW ("q:20 h:8", .rules = RULES (SUM, { "h", .to = "=", .shape = "h" }));
  LAW ("a:12,2", .let = "n=3",
       ONE (.shape = "q,h", .ops = "reshape n,2,q/n/2,h; permute 0,2,1,3; reshape q,h"));
}

Test (rules_values, counts)
{
  EXPECT ("b.0:1 b.1:1 t:2", 0, "b.0:1 b.1:1 t:2",
          .rules = RULES ({ "b.{i}", .to = "=" }, { "t", .to = "=", .shape = "#i" }));
  EXPECT ("b.0:1 t:2", FMTCONV_E_FORMAT, "tensors: 1 with a wrong shape\n't' has the shape [2], not [1] (#i)",
          .rules = RULES ({ "b.{i}", .to = "=" }, { "t", .to = "=", .shape = "#i" }));
}

Test (rules_values, parts)
{
  const char *lists = "w=weight,bias";
  EXPECT (
      "l.weight:7,1 l.bias:7 h:1", 0, "q.weight:1,1 q.bias:1 k.weight:2,1 k.bias:2 m.weight:4,1 m.bias:4 h:1",
      .lists = lists, .let = "m=4",
      .rules = RULES ({ "l.{w}", "{p:q,k,m}.{w}", .parts = "h,2h,m*h" }, { "h", .to = "=", .shape = "h" }));
  LAW ("l.weight:7,1 l.bias:7 h:1", .lists = lists, .let = "m=4",
       .rules = RULES ({ "l.{w}", "{p:q,k,m}.{w}", .parts = "h,2h,m*h" }, { "h", .to = "=", .shape = "h" }));
  LAW ("a:2,3 b:2,1 h:1",
       .rules = RULES ({ "{p:a,b}", "ab", .parts = "3h,h", .axis = 1, .ops = "permute 1,0" },
                       { "h", .to = "=", .shape = "h" }));
  LAW ("m:4,6 h:2", .rules = RULES ({ "m", "m{p:0,1}", .parts = "h,2h", .axis = 1, .ops = "permute 1,0" },
                                    { "h", .to = "=", .shape = "h" }));
  EXPECT ("l:8 h:1", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'l': axis 0 of [8] does not have the parts 'h,2h,4h'",
          .rules = RULES ({ "l", "{p:q,k,m}", .parts = "h,2h,4h" }, { "h", .to = "=", .shape = "h" }));
  EXPECT ("l:2", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'l': axis 0 of [2] does not have the parts '2,n': part 2 of '2,n' "
          "would not "
          "be positive",
          .let = "n=0", .rules = RULES ({ "l", "{p:q,k}", .parts = "2,n" }));
  EXPECT ("a:2 b:3", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'a': axis 0 of [5] does not have the parts '3,2'",
          .rules = RULES ({ "{p:a,b}", "ab", .parts = "3,2" }));
  EXPECT ("a:3,2 b:2,3", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'a' is f16[3,2], 'b' is f16[2,3]: they cannot be fused",
          .rules = RULES ({ "{p:a,b}", "ab", .parts = "3,2" }));
}

Test (rules_values, parts_in_reverse_must_have_their_sizes)
{
  const fmtconv_rules rules = { .rules = RULES ({ "l", "{p:q,k}", .parts = "2,3" }) };
  world *w = world_new ();
  reverse_rules (&rules, model_of (w, "q:3 k:2"));
  cr_expect_str_eq (w->said,
                    "tensors: 1 with a wrong shape\n'q': axis 0 of [5] does not have the parts '2,3'");
  world_free (w);
}

Test (rules_values, all_or_none)
{
#define PAIR \
  .rules = RULES ({ "l.{i}", .to = "=" }, { "g.{i}.{p:a,b}", .to = "=", .flags = FMTCONV_RULE_ALL_OR_NONE })
  EXPECT ("l.0:1 l.1:1", 0, "l.0:1 l.1:1", .complete = "i", PAIR);
  EXPECT ("l.0:1 l.1:1 g.0.a:1 g.0.b:1 g.1.a:1 g.1.b:1", 0, "l.0:1 g.0.a:1 g.0.b:1 l.1:1 g.1.a:1 g.1.b:1",
          .complete = "i", PAIR);
  EXPECT ("l.0:1 l.1:1 g.0.a:1 g.1.a:1 g.1.b:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'g.0.b'",
          .complete = "i", PAIR);
  EXPECT ("l.0:1 l.1:1 g.1.a:1 g.1.b:1", FMTCONV_E_MISSING,
          "tensors: 2 missing\nmissing: 'g.0.a'\nmissing: 'g.0.b'", .complete = "i", PAIR);
  EXPECT ("l.0:1 g.0.a:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'g.0.b'", PAIR);
}

Test (rules_values, numbers_of_names)
{
#define STEPS .complete = "k", .dense = 1, .rules = RULES ({ "in.{3*k+1}", "down.{k}" })
  EXPECT ("in.1:1 in.4:1 in.7:1", 0, "down.0:1 down.1:1 down.2:1", STEPS);
  LAW ("in.1:1 in.4:1 in.7:1", STEPS);
  EXPECT ("in.1:1 in.7:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'in.4'", STEPS);
  EXPECT ("in.1:1 in.5:1", FMTCONV_E_FORMAT, "tensors: 1 unknown to this transform\nunknown: 'in.5'", STEPS);
#define LAST \
  .complete = "i", .dense = 1, .rules = RULES ({ "l.{i}.w", "b.{i}.w" }, { "l.{#i-1}.x", "b.{#i}.x" })
  EXPECT ("l.0.w:1 l.1.w:1 l.1.x:1", 0, "b.0.w:1 b.1.w:1 b.2.x:1", LAST);
  LAW ("l.0.w:1 l.1.w:1 l.1.x:1", LAST);
  EXPECT ("l.0.w:1 l.1.w:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'l.1.x'", LAST);
  EXPECT ("l.0.w:1 l.1.w:1 l.0.x:1", FMTCONV_E_FORMAT,
          "tensors: 1 missing, 1 unknown to this transform\nmissing: 'l.1.x'\nunknown: 'l.0.x'", LAST);
  EXPECT (
      "a.999999999999999999:1", FMTCONV_E_FORMAT,
      "tensors: 1 with a conflicting name\n'a.999999999999999999': the new name would have a negative number",
      .rules = RULES ({ "a.{k}", "b.{999999999*k}" }));
}

/* The first indices of an axis. */
Test (rules_values, skipped_indices)
{
#define SKIP(how) .rules = RULES ({ "a", "x", .shape = "n,h", .ops = how })
  EXPECT ("a:5,2", 0, "x:3,2", SKIP ("skip 0: 2"));
  EXPECT ("a:5,2", 0, "x:5,1", SKIP ("skip 1: config(n,0)+1"));
  EXPECT ("a:5,2", 0, "x:5,2", SKIP ("skip 0: 0"));
  EXPECT ("a:2,2", FMTCONV_E_FORMAT,
          "tensors: 1 with a wrong shape\n'a' has the shape [2,2], which 'skip 0: 2' does not fit",
          SKIP ("skip 0: 2"));
  EXPECT ("a:2,2", FMTCONV_E_MISSING,
          "rules: skip: the size '0-1' is not a number from 0 to 65536; give values with "
          "let.NAME=NUMBER",
          SKIP ("skip 0: 0-1"));
}

/* Of two tensors that become the same, the later rule leaves out its own if it says why. */
Test (rules_values, spare_tensors)
{
#define SPARE                                                                    \
  .rules = RULES ({ "a", "x", .flags = FMTCONV_RULE_OPTIONAL },                  \
                  { "b", "x", .flags = FMTCONV_RULE_OPTIONAL, .why = "a copy" }, \
                  { "c", "x", .flags = FMTCONV_RULE_OPTIONAL })
  EXPECT ("a:1 b:1", 0, "x:1", SPARE);
  EXPECT ("b:1 a:1", 0, "x:1", SPARE);
  EXPECT ("b:2", 0, "x:2", SPARE);
  EXPECT ("a:1 c:1", FMTCONV_E_FORMAT, "tensors: 1 with a conflicting name\n'a' and 'c' both become 'x'",
          SPARE);
  EXPECT ("b:1 c:1", FMTCONV_E_FORMAT, "tensors: 1 with a conflicting name\n'b' and 'c' both become 'x'",
          SPARE);
}

/* Lists of consecutive numbers, such as the experts of a layer. */
Test (rules_values, ranges)
{
#define EXPERTS                                       \
  .let = "n=3", .lists = "e=0..n-1", .complete = "i", \
  .rules = RULES ({ "l.{i}.e.{e}.w", "b.{i}.w", .shape = "n*r,c", .ops = "reshape n,r,c" })
  EXPECT ("l.0.e.0.w:2,4 l.0.e.1.w:2,4 l.0.e.2.w:2,4", 0, "b.0.w:3,2,4", EXPERTS);
  LAW ("l.0.e.0.w:2,4 l.0.e.1.w:2,4 l.0.e.2.w:2,4", EXPERTS);
  EXPECT ("l.0.e.0.w:2,4 l.0.e.1.w:2,4", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'l.0.e.2.w'",
          EXPERTS);
  EXPECT ("l.0.e.0.w:2,4 l.0.e.1.w:2,4 l.0.e.2.w:2,4 l.0.e.3.w:2,4", FMTCONV_E_FORMAT,
          "tensors: 1 unknown to this transform\nunknown: 'l.0.e.3.w'", EXPERTS);
  EXPECT ("a.10:1 a.9:1 a.11:1", 0, "b.9:1 b.10:1 b.11:1", .lists = "e=9..11",
          .rules = RULES ({ "a.{e}", "b.{e}" }));
  EXPECT ("a.0:1 a.1:1", 0, "b.0:1 b.1:1", .lists = "e=0..config(n,1)",
          .rules = RULES ({ "a.{e}", "b.{e}" }));
  EXPECT ("a.0:1", FMTCONV_E_MISSING,
          "rules: the numbers of the list 'e' are not known: the tensors have not been matched yet",
          .let = "n=#i", .lists = "e=0..n", .rules = RULES ({ "a.{i}", "b.{i}" }));
  EXPECT ("a.0:1", FMTCONV_E_MISSING,
          "rules: the numbers of the list 'e' are not known: the tensors have not been matched yet",
          .let = "n=has(a.0) ? 1 : 0", .lists = "e=0..n", .rules = RULES ({ "a.{e}", "b.{e}" }));
  EXPECT ("a.0:1", FMTCONV_E_MISSING,
          "rules: the numbers of the list 'e' are not known: the input has no entry of config.json 'n'",
          .lists = "e=0..config(n)-1", .rules = RULES ({ "a.{e}", "b.{e}" }));
  EXPECT ("a.0:1", FMTCONV_E_LIMIT,
          "rules: the list 'e' would be 0..512: it may have up to 512 numbers from 0 on", .lists = "e=0..512",
          .rules = RULES ({ "a.{e}", "b.{e}" }));
  EXPECT ("a:1", 0, "b:1", .lists = "e=0..config(n,0)-1",
          .rules = RULES ({ "x.{e}.{y*}", .why = "" }, { "c.{e}", "d.{e}" }, { "e", "f.{e}" }, { "a", "b" }));
  EXPECT ("a:1 x.0:1", FMTCONV_E_FORMAT, "tensors: 1 unknown to this transform\nunknown: 'x.0'",
          .lists = "e=5..config(n,4)", .rules = RULES ({ "x.{e}", "y.{e}" }, { "a", "b" }));
  EXPECT ("a:1", FMTCONV_E_LIMIT,
          "rules: the list 'e' would be 5..3: it may have up to 512 numbers from 0 on", .lists = "e=5..3",
          .rules = RULES ({ "x.{e}", "y.{e}" }, { "a", "b" }));
  EXPECT_BAD ("rules: .lists 'e': a number, a name, a text or '(' is missing", .lists = "e=0..)", KEEP_A);
  EXPECT_BAD ("rules: 'h' is neither a let above it nor a shape variable nor a count", .lists = "e=0..h",
              KEEP_A);
}

Test (rules_values, tables_that_make_no_sense)
{
  EXPECT_BAD ("rules: .let is not of the form 'name=expression; …'", .let = "3=4", KEEP_A);
  EXPECT_BAD ("rules: .let is not of the form 'name=expression; …'", .let = "a", KEEP_A);
  EXPECT_BAD ("rules: .let 'gcd(4)': gcd has one argument, but needs two", .let = "a=gcd(4)", KEEP_A);
  EXPECT_BAD ("rules: .let 'texts(b, c)': texts has two arguments, but needs three", .let = "a=texts(b, c)",
              KEEP_A);
  EXPECT_BAD ("rules: .let 'n': it is declared twice", .let = "n=1; n=2", KEEP_A);
  EXPECT_BAD ("rules: .let '1 2': an unexpected character", .let = "n=1 2", KEEP_A);
  EXPECT_BAD ("rules: .let '(1': '(' is not closed", .let = "n=(1", KEEP_A);
  EXPECT_BAD ("rules: .let '1 +': it ends where a number or a name is expected", .let = "n=1 +", KEEP_A);
  EXPECT_BAD ("rules: 'n' is neither a let above it nor a shape variable nor a count", .let = "m=n+1; n=1",
              KEEP_A);
}

Test (rules_values, expressions_that_make_no_sense)
{
  EXPECT_BAD ("rules: .when 'h < 1 < 2': comparisons cannot be chained: join them with '&&'",
              .when = "h < 1 < 2", KEEP_A);
  EXPECT_BAD ("rules: .when ''a': a quoted text is not closed", .when = "'a", KEEP_A);
  EXPECT_BAD ("rules: .when 'true ? 1': ':' is missing after '?'", .when = "true ? 1", KEEP_A);
  EXPECT_BAD ("rules: .when 'has()': a function has no argument", .when = "has()", KEEP_A);
  EXPECT_BAD ("rules: .when 'has(a': ')' is missing after the arguments of a function", .when = "has(a",
              KEEP_A);
  EXPECT_BAD ("rules: .when '1234567890123456 == 1': a number is too large", .when = "1234567890123456 == 1",
              KEEP_A);
  EXPECT_BAD ("rules: 'x' is neither a let above it nor a shape variable nor a count", .when = "x == 1",
              KEEP_A);
  EXPECT_BAD ("rules: '#i' is neither a let above it nor a shape variable nor a count", .when = "#i == 1",
              KEEP_A);
  EXPECT_BAD (
      "rules: 'size' is not a function: there are config, gguf, args, source, rope_factors, rope_scaling, "
      "flags, texts, values, has, shape and rank, and float, int, floor, sqrt, log, length and gcd",
      .when = "size(a) == 1", KEEP_A);
  EXPECT_BAD ("rule 1 ('a' to '='): 'x' is neither a let above it nor a shape variable nor a count",
              ONE (.shape = "x+1"));
  EXPECT_BAD ("rule 1 ('a' to '='): 'has' can stand in let and when alone: give its value a name in let",
              ONE (.shape = "(has(b)?1:2)"));
  EXPECT_BAD ("rule 1 ('a' to '='): 'h,' is not a shape", ONE (.shape = "h,"));
  EXPECT_BAD ("rule 1 ('a' to '='): '(h' is not a shape", ONE (.shape = "(h"));
}

Test (rules_values, nesting_is_bounded)
{
  char deep[4096] = "", wide[4096] = "1";
  for (int i = 0; i < 200; i++)
    strcat (deep, "(");
  for (int i = 0; i < 300; i++)
    strcat (wide, "+1");
  const fmtconv_rules deep_rules = { .when = deep, KEEP_A }, wide_rules = { .when = wide, KEEP_A };
  world *w = world_new ();
  cr_expect_eq (fci_rules_check (w->ctx, &deep_rules), FMTCONV_E_INTERNAL);
  cr_expect (strstr (w->said, "it nests too deeply"), "%s", w->said);
  world_free (w);
  w = world_new ();
  cr_expect_eq (fci_rules_check (w->ctx, &wide_rules), FMTCONV_E_INTERNAL);
  cr_expect (strstr (w->said, "it is too long"), "%s", w->said);
  world_free (w);
}

Test (rules_values, details_that_make_no_sense)
{
  EXPECT_BAD ("rule 1 ('a' to 'b'): .parts needs one list that is in `from` alone or in `to` alone",
              .rules = RULES ({ "a", "b", .parts = "1,2" }));
  EXPECT_BAD (
      "rule 1 ('{p:a,b}' to 'c{q:0,1}'): .parts needs one list that is in `from` alone or in `to` alone",
      .rules = RULES ({ "{p:a,b}", "c{q:0,1}", .parts = "1,2" }));
  EXPECT_BAD ("rule 1 ('a' to 'b{p:0,1}'): .parts cannot be combined with .pick or a reshape",
              .rules = RULES ({ "a", "b{p:0,1}", .parts = "1,2", .pick = "0,1/2" }));
  EXPECT_BAD ("rule 1 ('a' to 'b{p:0,1}'): .parts cannot be combined with .pick or a reshape",
              .rules = RULES ({ "a", "b{p:0,1}", .parts = "1,2", .ops = "reshape 3" }));
  EXPECT_BAD ("rule 1 ('a' to 'b{p:0,1}'): .parts '1': there must be one size for each part",
              .rules = RULES ({ "a", "b{p:0,1}", .parts = "1" }));
  EXPECT_BAD ("rule 1 ('a' to 'b{p:0,1}'): .parts '1,2,3': there must be one size for each part",
              .rules = RULES ({ "a", "b{p:0,1}", .parts = "1,2,3" }));
  EXPECT_BAD ("rule 1 ('a' to 'b{p:0,1}'): .parts '1,)': a number, a name, a text or '(' is missing",
              .rules = RULES ({ "a", "b{p:0,1}", .parts = "1,)" }));
  EXPECT_BAD ("rule 1 ('a.{k}' to 'b.{0*k}'): pattern 'b.{0*k}': a capture has the factor 0",
              .rules = RULES ({ "a.{k}", "b.{0*k}" }));
  EXPECT_BAD ("rule 1 ('a.{k}' to 'b.{2*k+#k}'): pattern 'b.{2*k+#k}': a sum with '#c' cannot have a factor",
              .rules = RULES ({ "a.{k}", "b.{2*k+#k}" }));
  EXPECT_BAD ("rule 1 ('a.{k}' to 'b.{1-2}'): pattern 'b.{1-2}': a sum has neither a capture nor a '#c'",
              .rules = RULES ({ "a.{k}", "b.{1-2}" }));
}
