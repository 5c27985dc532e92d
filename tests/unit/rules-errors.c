/* tests/unit/rules-errors.c: errors for models that do not fit, and for invalid tables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite (rules_errors, .timeout = 20);

#define EXPECT_ERROR(tensors, expected_code, expected, ...)            \
  do                                                                   \
    {                                                                  \
      world *w_ = world_new ();                                        \
      const fmtconv_rules rules_ = { __VA_ARGS__ };                    \
      cr_expect_str_eq (outcome (w_, &rules_, (tensors)), (expected)); \
      cr_expect_eq (w_->code, (expected_code));                        \
      world_free (w_);                                                 \
    }                                                                  \
  while (0)

Test (rules_errors, missing_tensors_have_the_name_they_should_have)
{
  EXPECT_ERROR ("m.l.0.a:1 m.l.1.a:1 m.l.0.b:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'm.l.1.b'",
                .prefix = "m.[o.]|", .complete = "i",
                .rules = RULES ({ "l.{i}.a", "x.{i}" }, { "l.{i}.b", "y.{i}" }));
  EXPECT_ERROR ("a:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'b'",
                .rules = RULES ({ "a", .to = "=" }, { "b", .to = "=" }));
  EXPECT_ERROR ("a.0:1", FMTCONV_E_MISSING, "tensors: 2 missing\nmissing: 'b.0.{j}.w'\nmissing: 'b.0.{j}.v'",
                .complete = "i", .rules = RULES ({ "a.{i}", .to = "=" }, { "b.{i}.{j}.{x:w,v}", .to = "=" }));
  EXPECT_ERROR ("a:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'b.{i}'", .complete = "i",
                .rules = RULES ({ "a", .to = "=" }, { "b.{i}", .to = "=" }));
}

Test (rules_errors, many_that_are_missing_are_counted)
{
  world *w = world_new ();
  fmtconv_model *in = fci_model_new (w->ctx, NULL);
  for (int i = 0; i < 100; i++)
    put_leaf (w, in, fmtconv_ctx_printf (w->ctx, "a.%d", i), 0, NULL);
  cr_assert_eq (fci_model_freeze (in, "test"), 0);
  const fmtconv_rules rules = { .complete = "i",
                                .rules = RULES ({ "a.{i}", .to = "=" }, { "b.{i}", .to = "=" }) };
  apply_rules (&rules, in);
  cr_expect_eq (w->code, FMTCONV_E_MISSING);
  cr_expect (strstr (w->said, "tensors: 100 missing\nmissing: 'b.0'\n") == w->said, "%s", w->said);
  cr_expect (strstr (w->said, "'b.19'"), "%s", w->said);
  world_free (w);
}

Test (rules_errors, lists_are_complete_even_where_a_rule_is_optional)
{
  EXPECT_ERROR (
      "a.weight:1 o.0.bias:1", FMTCONV_E_MISSING,
      "tensors: 2 missing\nmissing: 'a.bias'\nmissing: 'o.0.weight'", .lists = "w=weight,bias",
      .complete = "i",
      .rules = RULES ({ "a.{w}", .to = "=" }, { "o.{i}.{w}", .to = "=", .flags = FMTCONV_RULE_OPTIONAL }));
}

Test (rules_errors, dense_captures_have_no_gaps)
{
  EXPECT_ERROR ("l.0:1 l.3:1", FMTCONV_E_MISSING, "tensors: 2 missing\nmissing: 'l.1'\nmissing: 'l.2'",
                .complete = "i", .dense = 1, .rules = RULES ({ "l.{i}", .to = "=" }));
  EXPECT_ERROR ("l.0:1 l.999999999999:1", FMTCONV_E_MISSING,
                "tensors: 1 missing\nmissing: most of {i} from 0 to 999999999999 (2 are present)",
                .complete = "i", .dense = 1, .rules = RULES ({ "l.{i}", .to = "=" }));
  EXPECT_ERROR ("u.0:1 u.2:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'u.1'", .complete = "k",
                .dense = 1, .rules = RULES ({ "u.{k}", "d.{#k-1-k}" }));
  EXPECT_ERROR ("u.0:1 u.2:1", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'u.1'", .complete = "k",
                .dense = 1, .rules = RULES ({ "u.{#k-1-k}", "d.{k}" }));
}

Test (rules_errors, fused_parts_must_all_be_there)
{
  EXPECT_ERROR ("to_q:2 to_v:2", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'to_k'",
                .rules = RULES ({ "to_{p:q,k,v}", "qkv" }));
}

Test (rules_errors, unknown_tensors_are_listed)
{
  EXPECT_ERROR ("a:1 x.{y:1 z:1", FMTCONV_E_FORMAT,
                "tensors: 2 unknown to this transform\nunknown: 'x.{y'\nunknown: 'z'",
                .rules = RULES ({ "a", .to = "=" }));
}

Test (rules_errors, nothing_known)
{
  EXPECT_ERROR ("x:1 y:1", FMTCONV_E_MISSING,
                "this transform recognizes none of the 2 tensors\nfound: 'x'\nfound: 'y'",
                .unmatched = "not ours", .rules = RULES ({ "a", .to = "=" }, { "x", .why = "no" }));
  EXPECT_ERROR ("", FMTCONV_E_MISSING, "this transform recognizes none of the 0 tensors",
                .rules = RULES ({ "a", .to = "=" }));
}

Test (rules_errors, two_tensors_that_become_one_name)
{
  EXPECT_ERROR ("a:1 b:1", FMTCONV_E_FORMAT,
                "tensors: 1 with a conflicting name\n'a' and 'b' both become 'c'",
                .rules = RULES ({ "a", "c" }, { "b", "c" }));
  EXPECT_ERROR ("a.x:1 a.y:1", FMTCONV_E_FORMAT,
                "tensors: 1 with a conflicting name\n'a.x' and 'a.y' both become 'c'",
                .rules = RULES ({ "a.{x}", "c" }));
  EXPECT_ERROR (
      "a:1 a.o:1", FMTCONV_E_FORMAT,
      "tensors: 1 with a conflicting name\n'a' and 'a.o' match the same rule with the same captures",
      .rules = RULES ({ "a[.o]", "c" }));
  EXPECT_ERROR ("a:1 c:1", FMTCONV_E_FORMAT,
                "tensors: 1 with a conflicting name\n'a' and 'c' both become 'c'",
                .unmatched = FMTCONV_UNMATCHED_KEEP, .rules = RULES ({ "a", "c" }));
  EXPECT_ERROR ("a.5:1", FMTCONV_E_FORMAT,
                "tensors: 1 with a conflicting name\n'a.5': the new name would have a negative number",
                .rules = RULES ({ "a.{k}", "b.{4-k}" }));
}

Test (rules_errors, shapes_that_disagree)
{
  const char *lists = "w=weight,bias";
  EXPECT_ERROR ("a:4,2 b:4,3", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'b' has the shape [4,3]: r would be 3, but 'a' gives 2",
                .rules = RULES ({ "a", .to = "=", .shape = "h,r" }, { "b", .to = "=", .shape = "h,r" }));
  EXPECT_ERROR ("a:25", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'a' has the shape [25], not 12h,t|12h",
                .rules = RULES ({ "a", .to = "=", .shape = "12h,t|12h" }));
  EXPECT_ERROR ("a:2 b:7", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'b' has the shape [7], not [8] (4h)",
                .rules = RULES ({ "a", .to = "=", .shape = "h" }, { "b", .to = "=", .shape = "4h" }));
  EXPECT_ERROR ("a:1,2,3", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'a' has the shape [1,2,3], not h,r|h",
                .rules = RULES ({ "a", .to = "=", .shape = "h,r|h" }));
  EXPECT_ERROR ("a:2,5", FMTCONV_E_FORMAT, "tensors: 1 with a wrong shape\n'a' has the shape [2,5], not 1,s",
                .rules = RULES ({ "a", .to = "=", .shape = "1,s" }));
  EXPECT_ERROR ("a:", FMTCONV_E_FORMAT, "tensors: 1 with a wrong shape\n'a' has the shape [], not h",
                .rules = RULES ({ "a", .to = "=", .shape = "h" }));
  EXPECT_ERROR (
      "a.weight:7,3 a.bias:6", FMTCONV_E_FORMAT,
      "tensors: 1 with a wrong shape\n'a.weight' has the shape [7,3]: axis 0 does not divide into 3 parts",
      .lists = lists, .rules = RULES ({ "a.{w}", "to_{p:q,k,v}.{w}" }));
  EXPECT_ERROR ("m:10", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'm' has the shape [10]: axis 0 does not divide into 4 parts",
                .rules = RULES ({ "m", "a", .pick = "0,3,1,2/4" }));
  EXPECT_ERROR ("m:", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'm' has the shape [], and no axis 0 to cut",
                .rules = RULES ({ "m", "a{p:x,y}" }));
  EXPECT_ERROR ("q:2,3 k:2,4", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'q' is f16[2,3], 'k' is f16[2,4]: they cannot be fused",
                .rules = RULES ({ "{p:q,k}", "qk" }));
  EXPECT_ERROR ("a:4", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'a' has the shape [4], which 'permute 1,0' does not fit",
                .rules = RULES ({ "a", .to = "=", .ops = "permute 1,0" }));
  EXPECT_ERROR ("a:4 b:3", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape\n'a' has the shape [4], which 'reshape h,2' does not fit",
                .rules = RULES ({ "a", .to = "=", .ops = "reshape h,2" }, { "b", .to = "=", .shape = "h" }));
}

Test (rules_errors, all_problems_in_one_error)
{
  EXPECT_ERROR ("a:1 b:2 x:1", FMTCONV_E_FORMAT,
                "tensors: 1 with a wrong shape, 1 missing, 1 unknown to this transform\n"
                "'b' has the shape [2]: h would be 2, but 'a' gives 1\nmissing: 'c'\nunknown: 'x'",
                .rules = RULES ({ "a", .to = "=", .shape = "h" }, { "b", .to = "=", .shape = "h" },
                                { "c", .to = "=" }));
}

/* ---- Tables */
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

#define ONE(...) .rules = RULES ({ __VA_ARGS__ })

Test (rules_errors, patterns_that_make_no_sense)
{
  EXPECT_BAD ("rules: the table is empty", .rules = RULES ({ 0 }));
  EXPECT_BAD ("rule 1 ('a' to ''): a drop needs .why", ONE ("a"));
  EXPECT_BAD ("rule 1 ('a{' to 'b'): pattern 'a{': '{' is not closed", ONE ("a{", "b"));
  EXPECT_BAD ("rule 1 ('a[' to 'b'): pattern 'a[': '[' is not followed by plain text and ']'",
              ONE ("a[", "b"));
  EXPECT_BAD ("rule 1 ('/' to 'b'): pattern '': it is empty", ONE ("/", "b"));
  EXPECT_BAD ("rule 1 ('a{}' to 'b'): pattern 'a{}': a capture has no name", ONE ("a{}", "b"));
  EXPECT_BAD ("rule 1 ('{x*}{y*}' to 'b'): pattern '{x*}{y*}': '{x*}' appears twice", ONE ("{x*}{y*}", "b"));
  EXPECT_BAD ("rule 1 ('{x}{x:a,b}' to 'b'): pattern '{x}{x:a,b}': a capture has two meanings",
              ONE ("{x}{x:a,b}", "b"));
  EXPECT_BAD ("rule 1 ('{x+1}' to 'b'): pattern '{x+1}': a sum has a capture that is not a number (one "
              "letter from i to n)",
              ONE ("{x+1}", "b"));
  EXPECT_BAD ("rule 1 ('{x:a,a}' to 'b'): pattern '{x:a,a}': a list has an alternative twice",
              ONE ("{x:a,a}", "b"));
  EXPECT_BAD ("rule 1 ('a' to 'b.{x}'): {x} is not bound by the other side", ONE ("a", "b.{x}"));
  EXPECT_BAD ("rule 1 ('a.{x}' to 'b.{x*}'): {x} differs between the two sides", ONE ("a.{x}", "b.{x*}"));
  EXPECT_BAD ("rule 1 ('a.{p:0,1}' to 'b.{p:q,k,v}'): {p} differs between the two sides",
              ONE ("a.{p:0,1}", "b.{p:q,k,v}"));
  EXPECT_BAD ("rule 1 ('a.{k}' to 'b.{#j-k}'): '#j' does not name a number capture",
              ONE ("a.{k}", "b.{#j-k}"));
  EXPECT_BAD ("rule 2 ('a' to ''): a rule that drops and another rule have the same `from`",
              .rules = RULES ({ "a", "b" }, { "a", .why = "no" }));
}

Test (rules_errors, tables_that_make_no_sense)
{
  EXPECT_BAD ("rules: .lists is not of the form 'name=a,b name=c,d'", .lists = "w", ONE ("a", "b"));
  EXPECT_BAD ("rules: .lists declares a list twice", .lists = "w=a w=b", ONE ("a", "b"));
  EXPECT_BAD ("rules: .prefix has a capture", .prefix = "a.{i}.|", ONE ("a", "b"));
  EXPECT_BAD ("rules: pattern 'a[': '[' is not followed by plain text and ']'", .prefix = "a[",
              ONE ("a", "b"));
  EXPECT_BAD ("rules: .complete names 'j', which is not a number capture", .complete = "i j",
              ONE ("a{i}", "b{i}"));
  EXPECT_BAD ("rules: .complete names 'x', which is not a number capture", .complete = "x",
              ONE ("a{x}", "b{x}"));
  EXPECT_BAD ("rules: .dense needs .complete", .dense = 1, ONE ("a{i}", "b{i}"));
}

Test (rules_errors, details_that_make_no_sense)
{
  EXPECT_BAD ("rule 1 ('a' to 'b'): .axis is too large", ONE ("a", "b", .axis = 8));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick is not of the form '0,2/4'", ONE ("a", "b", .pick = "0,1"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick is not of the form '0,2/4'", ONE ("a", "b", .pick = "0;1/2"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick is not of the form '0,2/4'",
              ONE ("a", "b", .pick = "0;/2", .groups = "2"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick is not of the form '0,2/4'",
              ONE ("a", "b", .pick = "0;1;2;3;4;5;6;7;8/9", .groups = "2"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick is not of the form '0,2/4'", ONE ("a", "b", .pick = "0/0"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick names a part out of range, or too many parts",
              ONE ("a", "b", .pick = "0,2/2"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .pick: 1 of 2 parts are not used", ONE ("a", "b", .pick = "0/2"));
  EXPECT_BAD ("rule 2 ('a' to 'c'): .pick takes part 0 again",
              .rules = RULES ({ "a", "b", .pick = "0/2" }, { "a", "c", .pick = "0/2" }));
  EXPECT_BAD ("rule 2 ('a' to 'c'): .pick divides into other parts than rule 1",
              .rules = RULES ({ "a", "b", .pick = "0/2" }, { "a", "c", .pick = "1/3" }));
  EXPECT_BAD ("rule 2 ('a' to 'c'): either all or none of the same `from` has a .pick",
              .rules = RULES ({ "a", "b", .pick = "0/2" }, { "a", "c" }));
  EXPECT_BAD ("rule 1 ('a' to 'b'): 'h,-' is not a shape", ONE ("a", "b", .shape = "h,-"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): '0h' is not a shape", ONE ("a", "b", .shape = "0h"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): 'h,' is not a shape", ONE ("a", "b", .shape = "h,"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .shape has two alternatives of rank 1", ONE ("a", "b", .shape = "h|t"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'turn 1,0' is not an operation", ONE ("a", "b", .ops = "turn 1,0"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'permute 1,1' is not an operation",
              ONE ("a", "b", .ops = "permute 1,1"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'cast q17' is not an operation", ONE ("a", "b", .ops = "cast q17"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'scale 0' is not an operation", ONE ("a", "b", .ops = "scale 0"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'add inf' is not an operation", ONE ("a", "b", .ops = "add inf"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'scale 0.5x' is not an operation",
              ONE ("a", "b", .ops = "cast F32; scale 0.5x"));
  EXPECT_BAD ("rule 1 ('a' to 'b'): .ops: 'reshape ?,h' is not an operation",
              ONE ("a", "b", .ops = "reshape ?,h"));
}

Test (rules_errors, a_bad_table_fails_when_it_is_used)
{
  world *w = world_new ();
  const fmtconv_rules bad = { .rules = RULES ({ "a{", "b" }) };
  fci_recognition seen;
  const fmtconv_model *in = model_of (w, "a:1");
  cr_expect_eq (fci_rules_recognize (&bad, in, &seen), FMTCONV_E_INTERNAL);
  cr_expect_eq (w->code, 0);
  apply_rules (&bad, in);
  cr_expect_eq (w->code, FMTCONV_E_INTERNAL);
  world_free (w);
}
