/* tests/unit/rules-attributes.c: attributes of the output, computed forward and compared in reverse; complete "*".
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rules-help.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite (rules_attributes, .timeout = 20);

#define TABLE                               \
  .lists = "w=weight,bias", .let = "d=h/2", \
  .rules = RULES ({ "in", "first", .shape = "h,c" }, { "l.{i}.{w}", "m.{i}.{w}", .shape = "h,h|h" })
#define TENSORS "in:4,3 l.0.weight:4,4 l.0.bias:4 l.1.weight:4,4 l.1.bias:4"

/* Returns the attribute of the output as JSON, or the error. */
static const char *
made (world *w, const fmtconv_rules *rules, const char *key)
{
  const fmtconv_model *out = apply_rules (rules, model_of (w, TENSORS));
  return w->code ? w->said : fmtconv_attr_json_text (fmtconv_attr_get (fmtconv_model_attrs (out), key), 0);
}

#define EXPECT_ATTRIBUTE(json, expected)                                        \
  do                                                                            \
    {                                                                           \
      world *w_ = world_new ();                                                 \
      const fmtconv_rules rules_ = { .attributes = "{\"x\":" json "}", TABLE }; \
      cr_expect_str_eq (made (w_, &rules_, "x"), (expected));                   \
      world_free (w_);                                                          \
    }                                                                           \
  while (0)

Test (rules_attributes, values)
{
  EXPECT_ATTRIBUTE ("\"{h}\"", "4");
  EXPECT_ATTRIBUTE ("\"{h == 4}\"", "true");
  EXPECT_ATTRIBUTE ("\"{h == 5 ? h : null}\"", "null");
  EXPECT_ATTRIBUTE ("\"{'a'}\"", "\"a\"");
  EXPECT_ATTRIBUTE ("\"{#i} blocks of {d}\"", "\"2 blocks of 2\"");
  EXPECT_ATTRIBUTE ("\"{{h}\"", "\"{h}\"");
  EXPECT_ATTRIBUTE ("\"\"", "\"\"");
  EXPECT_ATTRIBUTE ("\"{0..#i}\"", "[0,1,2]");
  EXPECT_ATTRIBUTE ("\"{0..h-5}\"", "[]");
  EXPECT_ATTRIBUTE ("\"{0..h-1..2}\"", "[0,2]");
  EXPECT_ATTRIBUTE ("\"{1..h..h}\"", "[1]");
  EXPECT_ATTRIBUTE ("\"{has(l.{i}.bias)}\"", "true");
  EXPECT_ATTRIBUTE ("[1, \"{c}\", {\"y\": 1e-06}]", "[1,3,{\"y\":1e-06}]");
}

Test (rules_attributes, without_a_value)
{
#define EXPECT_NO_VALUE(expr, reason) EXPECT_ATTRIBUTE ("\"" expr "\"", "x '" expr "': " reason)
  EXPECT_NO_VALUE ("{h/3}", "4 does not divide by 3");
  EXPECT_NO_VALUE ("{shape(none, 0)}", "the tensor 'none' is missing");
  EXPECT_NO_VALUE ("{0..h*h*h*h*h*h*h}", "an array is longer than 4096 numbers");
  EXPECT_NO_VALUE ("{0..h*h*h*h*h*h*h..h-3}", "an array is longer than 4096 numbers");
  EXPECT_NO_VALUE ("{0..h..d-2}", "the step of an array is not above 0");
}

#define EXPECT_BAD(json, expected)                                           \
  do                                                                         \
    {                                                                        \
      world *w_ = world_new ();                                              \
      const fmtconv_rules rules_ = { .attributes = json, TABLE };            \
      cr_expect_eq (fci_rules_check (w_->ctx, &rules_), FMTCONV_E_INTERNAL); \
      cr_expect_str_eq (w_->said, expected);                                 \
      world_free (w_);                                                       \
    }                                                                        \
  while (0)

Test (rules_attributes, that_make_no_sense)
{
  EXPECT_BAD ("[]", "rules: .attributes: it is not an object");
  EXPECT_BAD ("{\"x\": \"{h\"}", "rules: .attributes 'x': '{h': '{' is not closed");
  EXPECT_BAD ("{\"x\": \"{h h}\"}", "rules: .attributes 'x': '{h h}': an unexpected character");
  EXPECT_BAD ("{\"x\": {\"y\": [\"{1 +}\"]}}",
              "rules: .attributes 'y': '{1 +}': it ends where a number or a name is expected");
  EXPECT_BAD ("{\"x\": \"{z}\"}", "rules: 'z' is neither a let above it nor a shape variable nor a count");
}

/* Returns what the reverse makes of the output of the rules, whose config says `n`. */
static const char *
back (world *w, int64_t n, const char *key)
{
  const fmtconv_rules rules = { .attributes = "{\"title\":\"{#i}\",\"config\":{\"n\":\"{#i}\",\"m\":null}}",
                                TABLE };
  fmtconv_model *there = apply_rules (&rules, model_of (w, TENSORS));
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (there), "config");
  fmtconv_attr_set_int (config, "n", n);
  fmtconv_attr_set_int (config, "m", 7);
  const fmtconv_model *again = reverse_rules (&rules, there);
  const fmtconv_attr *found = w->code ? NULL : fmtconv_attr_get (fmtconv_model_attrs (again), key);
  return w->code ? w->said : found ? fmtconv_attr_json_text ((fmtconv_attr *) found, 0) : "none";
}

Test (rules_attributes, in_reverse)
{
  world *w = world_new ();
  cr_expect_str_eq (back (w, 2, "title"), "2");
  cr_expect_str_eq (back (w, 2, "config"), "none");
  cr_expect_str_eq (back (w, 3, "config"),
                    "config.json contradicts the tensors\nn: 3 in config.json, 2 by the tensors");
  world_free (w);
}

Test (rules_attributes, complete_without_names)
{
  static const struct
  {
    const char *complete;
    const char *expected;
  } cases[] = {
    { "*", "tensors: 1 missing\nmissing: 'l.1.b'" },
    { "* -i", "m.0.a:1 m.0.b:1 m.1.a:1" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      world *w = world_new ();
      const fmtconv_rules rules = { .complete = cases[i].complete,
                                    .dense = 1,
                                    .rules = RULES ({ "l.{i}.a", "m.{i}.a" }, { "l.{i}.b", "m.{i}.b" }) };
      cr_expect_str_eq (outcome (w, &rules, "l.0.a:1 l.0.b:1 l.1.a:1"), cases[i].expected);
      world_free (w);
    }
}

/* Returns an attribute of the output for a GGUF file, whose input has a key. */
static const char *
keys (world *w, const char *json, const char *key)
{
  const fmtconv_rules rules = { .attributes = json, TABLE };
  fmtconv_model *in = model_of (w, TENSORS);
  fmtconv_attr_set_int (fmtconv_attr_make (fmtconv_model_attrs (in), "gguf"), "a.b", 7);
  const fmtconv_model *out = apply_rules (&rules, in);
  return w->code ? w->said : fmtconv_attr_json_text (fmtconv_attr_get (fmtconv_model_attrs (out), key), 0);
}

/* A key with '/' does not begin with the architecture, and replaces that of the input. */
Test (rules_attributes, whole_keys)
{
#define WHOLE "{\"gguf\": {\"n\": \"{#i}\", \"/x.y\": [true, \"{h}\"], \"/x.z\": \"{null}\", \"/a.b\": 3}}"
  world *w = world_new ();
  cr_expect_str_eq (keys (w, WHOLE, "config"), "{\"n\":2}");
  cr_expect_str_eq (keys (w, WHOLE, "gguf"), "{\"a.b\":3,\"x.y\":[true,4]}");
  cr_expect_str_eq (keys (w, "{\"gguf\": {\"/x.y\": {\"a\": 1}}}", "gguf"),
                    "this model does not meet the conditions of the rules\n"
                    "'x.y' of the output is an object, not a value");
  /* In reverse no keys are made. */
  const fmtconv_rules rules = { .attributes = WHOLE, TABLE };
  world *other = world_new ();
  const fmtconv_model *again = reverse_rules (&rules, apply_rules (&rules, model_of (other, TENSORS)));
  cr_expect_null (fmtconv_attr_get (fmtconv_model_attrs (again), "config"));
  world_free (other);
  world_free (w);
}
