/* tests/unit/rules-apply.c: results of small tables on small models.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/freeze.h"
#include "core/model/scope.h"
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>

TestSuite (rules_apply, .timeout = 20);

#define EXPECT(tensors, expected, ...)                                 \
  do                                                                   \
    {                                                                  \
      world *w_ = world_new ();                                        \
      const fmtconv_rules rules_ = { __VA_ARGS__ };                    \
      cr_expect_str_eq (outcome (w_, &rules_, (tensors)), (expected)); \
      cr_expect_eq (w_->code, 0);                                      \
      world_free (w_);                                                 \
    }                                                                  \
  while (0)

Test (rules_apply, names)
{
  EXPECT ("a.1.b:2 a.12.b:2", "x.1.y:2 x.12.y:2", .rules = RULES ({ "a.{i}.b", "x.{i}.y" }));
  EXPECT ("a.opt.b:", "a.b:", .rules = RULES ({ "a[.opt].b", .to = "=" }));
  EXPECT ("a.b:", "a.b:", .rules = RULES ({ "a[.opt].b", .to = "=" }));
  EXPECT ("a.foo.w:", "b.foo/foo:", .rules = RULES ({ "a.{x}.w", "b.{x}/{x}" }));
  EXPECT ("a.b.c.w:", "{b.c[:", .rules = RULES ({ "a.{x*}.w", "{{{x*}[[" }));
  EXPECT ("n.2.w:", "n.b.w:", .rules = RULES ({ "n.{p:0,2}.w", "n.{p:a,b}.w" }));
  EXPECT ("a.weight: a.bias:", "b.w: b.b:", .lists = "w=weight,bias  v=w,b",
          .rules = RULES ({ "a.{w}", "b.{w:w,b}" }));
}

Test (rules_apply, arithmetic)
{
  EXPECT ("b.1: b.2:", "r.0: r.1:", .rules = RULES ({ "b.{m}", "r.{m-1}" }));
  EXPECT ("r.0: r.1:", "b.1: b.2:", .rules = RULES ({ "r.{m-1}", "b.{m}" }));
  EXPECT ("u.0: u.1: u.2: u.3:", "d.0: d.1: d.2: d.3:", .rules = RULES ({ "u.{k}", "d.{3-k}" }));
  EXPECT ("u.0:9 u.1:8 u.2:7", "d.0:7 d.1:8 d.2:9", .rules = RULES ({ "u.{k}", "d.{#k-1-k}" }));
  EXPECT ("d.0:9 d.1:8 d.2:7", "u.0:7 u.1:8 u.2:9", .rules = RULES ({ "d.{#k-1-k}", "u.{k}" }));
  EXPECT ("u.0: u.1:", "d.3: d.4:", .rules = RULES ({ "u.{k}", "d.{k+5-#k}" }));
  EXPECT ("d.3: d.4:", "u.0: u.1:", .rules = RULES ({ "d.{k+5-#k}", "u.{k}" }));
  /* a negative number does not match: the next rule applies */
  EXPECT ("u.3: u.4:", "d.0: e.4:", .rules = RULES ({ "u.{3-k}", "d.{k}" }, { "u.{k}", "e.{k}" }));
}

Test (rules_apply, the_first_rule_takes_it)
{
  EXPECT ("a.1: a.x:", "n.1: w.x:", .rules = RULES ({ "a.{i}", "n.{i}" }, { "a.{x}", "w.{x}" }));
  EXPECT ("a.1: b:", "b:",
          .rules = RULES ({ "a.{i}", .why = "not wanted" },
                          { "a.{x}", "w.{x}", .flags = FMTCONV_RULE_OPTIONAL }, { "b", .to = "=" }));
}

Test (rules_apply, prefixes)
{
  const char *in = "m.a.1: m._c.a.2: t.x:";
  EXPECT (in, "b.1: b.2:", .prefix = "z.|m.[_c.]|", .unmatched = "other",
          .rules = RULES ({ "a.{i}", "b.{i}" }));
  EXPECT (in, "b.1: b.2: y.x:", .prefix = "m.[_c.]|",
          .rules = RULES ({ "a.{i}", "b.{i}" }, { "/t.{x}", "y.{x}" }));
  EXPECT ("a.1: m.a.1:", "b.1:", .prefix = "|m.", .unmatched = "other",
          .rules = RULES ({ "a.{i}", "b.{i}" }));
  EXPECT ("a.1: m.a.1:", "b.1: m.a.1:", .prefix = "|m.", .unmatched = FMTCONV_UNMATCHED_KEEP,
          .rules = RULES ({ "a.{i}", "b.{i}" }));
  /* a drop does not choose the prefix */
  EXPECT ("x.a.1: y.b.1:", "c.1:", .prefix = "x.|y.", .unmatched = "other",
          .rules = RULES ({ "a.{i}", .why = "no" }, { "b.{i}", "c.{i}" }));
}

Test (rules_apply, chunks)
{
  world *w = world_new ();
  const fmtconv_rules split = { .rules = RULES ({ "qkv.{w}", "to_{p:q,k,v}.{w}", .shape = "3h,h|3h" }),
                                .lists = "w=weight,bias" };
  const fmtconv_model *out = apply_rules (&split, model_of (w, "qkv.weight:6,2 qkv.bias:6"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_str_eq (names_of (out),
                    "to_q.weight:2,2 to_q.bias:2 to_k.weight:2,2 to_k.bias:2 to_v.weight:2,2 to_v.bias:2");
  cr_expect_str_eq (value_of (out, "to_k.weight"), "f16[2,2] = box [0,0]+[2,2] <- tensors@8 f16 (4,2)");
  cr_expect_str_eq (value_of (out, "to_v.bias"), "f16[2] = box [0]+[2] <- tensors@32 f16 (2)");
  cr_expect_eq (fmtconv_rules_variable (out, "h"), 2);
  world_free (w);
}

Test (rules_apply, fuse_along_an_axis)
{
  world *w = world_new ();
  const fmtconv_rules fuse = { .rules = RULES ({ "to_{p:q,k}", "qk", .shape = "h,2e", .axis = 1 }) };
  const fmtconv_model *out = apply_rules (&fuse, model_of (w, "to_k:2,3 to_q:2,3"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_str_eq (value_of (out, "qk"), "f16[2,6] = box [0,0]+[2,3] <- tensors@12 f16 (6,2); box "
                                          "[0,3]+[2,3] <- tensors@0 f16 (6,2)");
  cr_expect_eq (fmtconv_rules_variable (out, "h"), 2);
  cr_expect_eq (fmtconv_rules_variable (out, "e"), 3);
  world_free (w);
}

Test (rules_apply, picks_of_a_family)
{
  world *w = world_new ();
  const fmtconv_rules pick = { .rules = RULES ({ "m", "a", .pick = "0,1,4/6" }, { "b", .to = "=" },
                                               { "m", "c", .pick = "5,3,2/6" }) };
  const fmtconv_model *out = apply_rules (&pick, model_of (w, "m:12 b:1"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_str_eq (names_of (out), "a:6 b:1 c:6");
  cr_expect_str_eq (value_of (out, "a"),
                    "f16[6] = box [0]+[4] <- tensors@0 f16 (2); box [4]+[2] <- tensors@16 f16 (2)");
  cr_expect_str_eq (value_of (out, "c"),
                    "f16[6] = box [0]+[2] <- tensors@20 f16 (2); box [2]+[2] <- tensors@12 f16 "
                    "(2); box [4]+[2] <- tensors@8 f16 (2)");
  world_free (w);
}

/* Two groups of two queries and a key: all queries, then all keys. */
Test (rules_apply, picks_of_lists)
{
  world *w = world_new ();
  const fmtconv_rules pick = { .let = "r=2",
                               .rules = RULES ({ "m", "a", .pick = "0..r-1;r/r+1", .groups = "2" }) };
  const fmtconv_model *out = apply_rules (&pick, model_of (w, "m:6"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_str_eq (value_of (out, "a"),
                    "f16[6] = box [0]+[2] <- tensors@0 f16 (2); box [2]+[2] <- tensors@6 f16 (2); "
                    "box [4]+[1] <- tensors@4 f16 (0); box [5]+[1] <- tensors@10 f16 (0)");
  world_free (w);
}

Test (rules_apply, one_source_for_several_targets)
{
  EXPECT ("e:4,2", "a:4,2 b:4,2", .rules = RULES ({ "e", "a" }, { "e", "b" }));
}

Test (rules_apply, operations)
{
  world *w = world_new ();
  const fmtconv_rules ops = { .rules = RULES ({ "a", .to = "=", .shape = "r,3h",
                                                .ops = "permute 1,0; reshape 3,h,r;scale 0.5 ; cast F32" },
                                              { "b", .to = "=", .shape = "h" }) };
  const fmtconv_model *out = apply_rules (&ops, model_of (w, "a:2,12 b:4"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_str_eq (names_of (out), "a:3,4,2 b:4");
  cr_expect_str_eq (value_of (out, "a"),
                    "f32[3,4,2] = box [0,0,0]+[3,4,2] <- tensors@0 f16 (8,2,24) | scale 0.5 | "
                    "cast f32");
  world_free (w);
}

Test (rules_apply, an_addition_and_its_reverse)
{
  world *w = world_new ();
  const fmtconv_rules ops = { .rules = RULES ({ "a", "b", .ops = "add 1; permute 1,0" }) };
  const fmtconv_model *out = apply_rules (&ops, model_of (w, "a:2,3"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_str_eq (value_of (out, "b"), "f16[3,2] = box [0,0]+[3,2] <- tensors@0 f16 (2,6) | add 1");
  out = reverse_rules (&ops, model_of (w, "b:3,2"));
  cr_expect_str_eq (value_of (out, "a"), "f16[2,3] = box [0,0]+[2,3] <- tensors@12 f16 (2,4) | add -1");
  world_free (w);
}

Test (rules_apply, unmatched)
{
  const fmtconv_rule *a = RULES ({ "a", "b" });
  EXPECT ("x: a: y:", "b: x: y:", .unmatched = FMTCONV_UNMATCHED_KEEP, .rules = a);
  EXPECT ("x: a: y:", "b:", .unmatched = "left out", .rules = a);
  EXPECT ("x: y:", "y:", .unmatched = FMTCONV_UNMATCHED_KEEP,
          .rules = RULES ({ "x", .why = "only this goes" }));
}

Test (rules_apply, drops_say_why)
{
  world *w = world_new ();
  const fmtconv_rules rules = { .unmatched = "is something else",
                                .rules = RULES ({ "a", .to = "=" }, { "b", .why = "a buffer" }) };
  const fmtconv_model *out = apply_rules (&rules, model_of (w, "a: b: c:"));
  cr_expect_null (fci_model_dropped (out, fci_model_base (fci_model_input (out, 0)) + 0));
  cr_expect_str_eq (fci_model_dropped (out, fci_model_base (fci_model_input (out, 0)) + 1), "a buffer");
  cr_expect_str_eq (fci_model_dropped (out, fci_model_base (fci_model_input (out, 0)) + 2),
                    "is something else");
  world_free (w);
}

Test (rules_apply, order_is_nested_loops)
{
  const char *in =
      "b.1.y:1 b.0.y:2 a.10.0.x.bias:3 a.2.1.x.bias:4 a.2.0.x.weight:5 a.2.1.x.weight:6 a.2.0.x.bias:7 "
      "a.10.0.x.weight:8 s.2:9 s.10:10 z:11";
  EXPECT (in,
          "z:11 L.2.B.0.weight:5 L.2.B.0.bias:7 L.2.B.1.weight:6 L.2.B.1.bias:4 L.2.s:9 L.10.B.0.weight:8 "
          "L.10.B.0.bias:3 L.10.s:10 y.0:2 y.1:1",
          .lists = "w=weight,bias",
          .rules = RULES ({ "z", .to = "=" }, { "a.{i}.{j}.x.{w}", "L.{i}.B.{j}.{w}" },
                          { "unused", .why = "in between" }, { "s.{i}", "L.{i}.s" }, { "b.{k}.y", "y.{k}" }));
  /* rows are ordered by printed values, and by the source if they are text */
  EXPECT ("u.0.b:1 u.0.a:2 u.1.a:3", "d.0.a:3 d.1.b:1 d.1.a:2",
          .rules = RULES ({ "u.{k}.{x*}", "d.{1-k}.{x*}" }));
  /* lists in the order of the target */
  EXPECT ("w.q:1 w.k:2 b.q:3 b.k:4", "q.w:1 q.b:3 k.w:2 k.b:4",
          .rules = RULES ({ "{a:w,b}.{p:q,k}", "{p:q,k}.{a:w,b}" }));
}

Test (rules_apply, variables_and_counts)
{
  world *w = world_new ();
  const fmtconv_rules rules = {
    .complete = "i",
    .dense = 1,
    .rules = RULES ({ "l.{i}.{j}", .to = "=", .shape = "12h,t|12h" }, { "s", .to = "=", .shape = "?,3" },
                    { "o", .to = "=", .shape = "o", .flags = FMTCONV_RULE_OPTIONAL })
  };
  const fmtconv_model *out = apply_rules (&rules, model_of (w, "l.0.0:24,5 l.0.7:24 l.1.7:24 s:9,3"));
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_eq (fmtconv_rules_variable (out, "h"), 2);
  cr_expect_eq (fmtconv_rules_variable (out, "t"), 5);
  cr_expect_eq (fmtconv_rules_variable (out, "o"), 0);
  cr_expect_eq (fmtconv_rules_variable (out, "#i"), 2);
  cr_expect_eq (fmtconv_rules_variable (out, "#j"), 2);
  cr_expect_eq (fmtconv_rules_variable (out, "#z"), 0);
  world_free (w);
}

Test (rules_apply, recognition)
{
  world *w = world_new ();
  const fmtconv_model *model = model_of (w, "p.l.0.weight:4 p.l.0.bias:4 p.l.1.weight:4 p.drop:9 x:7");
  const fmtconv_rules rules = { .prefix = "p.",
                                .lists = "w=weight,bias",
                                .complete = "i",
                                .dense = 1,
                                .rules = RULES ({ "l.{i}.{w}", .to = "=" }, { "n", .to = "=" },
                                                { "drop", .why = "no" },
                                                { "o.{i}", .to = "=", .flags = FMTCONV_RULE_OPTIONAL }) };
  fci_recognition seen;
  cr_expect_eq (fci_rules_recognize (&rules, model, &seen), 0);
  cr_expect_eq (seen.claimed, 3);
  cr_expect_eq (seen.bytes, 24);
  cr_expect_eq (seen.missing, 2, "%zu", seen.missing); /* l.1.bias, n */
  cr_expect_str_eq (seen.first, "p.l.0.weight");
  const fmtconv_rules other = { .rules = RULES ({ "none", .to = "=" }, { "x", .why = "no" }) };
  cr_expect_eq (fci_rules_recognize (&other, model, &seen), 0);
  cr_expect_eq (seen.claimed, 0);
  cr_expect_eq (seen.missing, 1);
  cr_expect_null (seen.first);
  cr_expect_eq (w->code, 0);
  cr_expect_eq (fmtconv_ctx_failed (w->ctx), 0);
  world_free (w);
}
