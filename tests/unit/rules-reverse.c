/* tests/unit/rules-reverse.c: rules in reverse, and the law that reverse (apply (m)) is m.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>

TestSuite (rules_reverse, .timeout = 20);

#define LAW(tensors, ...)                           \
  do                                                \
    {                                               \
      world *w_ = world_new ();                     \
      const fmtconv_rules rules_ = { __VA_ARGS__ }; \
      check_law (w_, &rules_, (tensors));           \
      world_free (w_);                              \
    }                                               \
  while (0)

Test (rules_reverse, law)
{
  LAW ("m.a.1.b:2 m.a.12.b:2", .prefix = "m.[x.]|n.", .rules = RULES ({ "a.{i}[.o].b", "x.{i}.y" }));
  LAW ("a.b.c.w:3 n.2.w:4", .rules = RULES ({ "a.{x*}.w", "x.{x*}" }, { "n.{p:0,2}.w", "n.{p:a,b}.w" }));
  LAW ("t.a:1 m.b:2", .prefix = "m.", .rules = RULES ({ "/t.{x}", "y.{x}" }, { "b", "c" }));
  LAW ("u.0:1 u.1:2 u.2:3 b.1:4", .complete = "k", .dense = 1,
       .rules = RULES ({ "u.{k}", "d.{#k-1-k}" }, { "b.{m}", "r.{m-1}" }));
  LAW ("qkv.weight:6,2 qkv.bias:6", .lists = "w=weight,bias", .complete = "",
       .rules = RULES ({ "qkv.{w}", "to_{p:q,k,v}.{w}", .shape = "3h,h|3h" }));
  LAW ("q:2,3 k:2,3", .rules = RULES ({ "{p:q,k}", "qk", .axis = 1, .shape = "h,2e" }));
  LAW ("m.0.w:12,2 m.0.b:12 m.1.w:12,2 m.1.b:12", .complete = "i",
       .rules = RULES ({ "m.{i}.{x:w,b}", "a.{i}.{x:w,b}", .pick = "0,1,4/6" },
                       { "m.{i}.{x:w,b}", "c.{x:w,b}.{i}", .pick = "5,3,2/6" }));
  LAW ("m:12,4", .rules = RULES ({ "m", "a{p:0,1}", .pick = "1,0/4", .axis = 1, .ops = "permute 1,0" },
                                 { "m", "b", .pick = "3,2/4", .axis = 1, .shape = "t,?" }));
  LAW ("m:24,2", .let = "r=2",
       .rules = RULES ({ "m", "a", .pick = "0..r-1;r;r+1/r+2", .groups = "3", .shape = "h,?" }));
  LAW ("a:2,12 b:4", .rules = RULES ({ "a", .to = "=", .shape = "r,3h", .ops = "permute 1,0; reshape 3,h,r" },
                                     { "b", .to = "=", .shape = "h" }));
  LAW ("a:6,2 b:2", .rules = RULES ({ "a", "a{p:x,y}", .shape = "2t,h", .ops = "reshape t,1,h" },
                                    { "b", .to = "=", .shape = "h" }));
  LAW ("a.1:2 a.12:2", .rules = RULES ({ "a.{i}", "[+t.]b.{i}" }));
  LAW ("a:1 x:1 y:1", .unmatched = FMTCONV_UNMATCHED_KEEP, .rules = RULES ({ "a", "b" }));
}

static const char *
outcome_in_reverse (world *w, const fmtconv_rules *rules, const char *tensors)
{
  const fmtconv_model *out = reverse_rules (rules, model_of (w, tensors));
  return w->code ? w->said : names_of (out);
}

#define EXPECT_REVERSE(tensors, expected_code, expected, ...)                     \
  do                                                                              \
    {                                                                             \
      world *w_ = world_new ();                                                   \
      const fmtconv_rules rules_ = { __VA_ARGS__ };                               \
      cr_expect_str_eq (outcome_in_reverse (w_, &rules_, (tensors)), (expected)); \
      cr_expect_eq (w_->code, (expected_code));                                   \
      world_free (w_);                                                            \
    }                                                                             \
  while (0)

Test (rules_reverse, names_are_normalized)
{
  EXPECT_REVERSE ("x.1:2 x.0:3", 0, "m.a.0.b:3 m.a.1.b:2", .prefix = "m.[o.]|",
                  .rules = RULES ({ "a.{i}[.c].b", "x.{i}" }));
  EXPECT_REVERSE ("x.1:2 y.x.0:3", 0, "m.a.c.0:3 m.a.c.1:2", .prefix = "m.",
                  .rules = RULES ({ "a[+.c].{i}", "[+y.]x.{i}" }));
}

Test (rules_reverse, a_name_has_one_source)
{
  EXPECT_REVERSE ("n:1", 0, "new:1",
                  .rules = RULES ({ "new", "n", .flags = FMTCONV_RULE_OPTIONAL },
                                  { "old", "n", .flags = FMTCONV_RULE_OPTIONAL }));
}

Test (rules_reverse, drops_are_skipped)
{
  EXPECT_REVERSE ("b:1", 0, "a:1", .rules = RULES ({ "a", "b" }, { "c", .why = "no" }));
}

Test (rules_reverse, what_is_missing)
{
  EXPECT_REVERSE ("to_q.0:2 to_v.0:2", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'to_k.0'",
                  .complete = "i", .rules = RULES ({ "qkv.{i}", "to_{p:q,k,v}.{i}" }));
  EXPECT_REVERSE ("a.0:2 b.0:2 b.1:2", FMTCONV_E_MISSING, "tensors: 1 missing\nmissing: 'a.1'",
                  .rules = RULES ({ "m.{i}", "a.{i}", .pick = "0/2" }, { "m.{i}", "b.{i}", .pick = "1/2" }));
  EXPECT_REVERSE ("a:2 b:3", FMTCONV_E_FORMAT,
                  "tensors: 1 with a wrong shape\n'a' is f16[2], 'b' is f16[3]: they cannot be fused",
                  .rules = RULES ({ "m", "a", .pick = "0/2" }, { "m", "b", .pick = "1/2" }));
  EXPECT_REVERSE ("a:2,5", FMTCONV_E_FORMAT,
                  "tensors: 1 with a wrong shape\n'a' has the shape [2,5], which 'reshape 1,2h' does not fit",
                  .rules = RULES ({ "m", "a", .shape = "2h", .ops = "reshape 1,2h" }));
}

/* Tables can be reversed as text, without a model, and results of rules can be recognized. */
Test (rules_reverse, known_beforehand)
{
  world *w = world_new ();
  const fmtconv_rules one_way = { .rules = RULES ({ "a", "b", .ops = "cast F32" }) };
  const fmtconv_rules both = { .complete = "i", .rules = RULES ({ "qkv.{i}", "to_{p:q,k}.{i}" }) };
  fci_recognition found;
  cr_expect_str_eq (fci_rules_one_way (w->ctx, &one_way), "rule 1 ('a' to 'b'): a cast cannot be undone");
  cr_expect_null (fci_rules_one_way (w->ctx, &both));
  cr_expect_eq (fci_rules_recognize_reverse (&both, model_of (w, "to_q.0:2 to_k.0:2"), &found), 0);
  cr_expect (found.claimed == 2 && !found.missing && !found.unknown);
  cr_expect_eq (fci_rules_recognize_reverse (&both, model_of (w, "to_q.0:2 x:1"), &found), 0);
  cr_expect (found.claimed == 1 && found.missing == 1 && found.unknown == 1);
  cr_expect_eq (fci_rules_recognize_reverse (&both, model_of (w, "qkv.0:2"), &found), 0);
  cr_expect_eq (found.claimed, 0);
  cr_expect_eq (w->code, 0);
  world_free (w);
}

Test (rules_reverse, one_way_tables)
{
  EXPECT_REVERSE ("b:1", FMTCONV_E_UNSUPPORTED,
                  "these rules cannot be reversed: rule 1 ('a' to 'b'): a cast cannot be undone",
                  .rules = RULES ({ "a", "b", .ops = "cast F32" }));
  EXPECT_REVERSE ("b:1", FMTCONV_E_UNSUPPORTED,
                  "these rules cannot be reversed: rule 1 ('a' to 'b'): a reshape needs one .shape without "
                  "'?' to be undone",
                  .rules = RULES ({ "a", "b", .shape = "?,h", .ops = "reshape h" }));
  EXPECT_REVERSE (
      "b:1", FMTCONV_E_UNSUPPORTED,
      "these rules cannot be reversed: rule 1 ('a{x}' to 'b'): {x} is not bound by the other side",
      .rules = RULES ({ "a{x}", "b" }));
  EXPECT_REVERSE (
      "b:1", FMTCONV_E_UNSUPPORTED,
      "these rules cannot be reversed: rule 2 ('a' to 'c'): it copies a tensor that rule 1 already takes",
      .rules = RULES ({ "a", "b" }, { "a", "c" }));
}
