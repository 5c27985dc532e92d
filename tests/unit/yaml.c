/* tests/unit/yaml.c: foreign YAML to attribute trees; PyYAML's safe_load is the reference.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/attr/attr.h"
#include "core/attr/yaml-scalar.h"
#include "core/source/source.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *
load (fmtconv_ctx *ctx, const char *text, size_t len)
{
  const char *why = "?";
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, text, len, "training_config.yaml"));
  fmtconv_attr *tree = fmtconv_cursor_take_yaml (&cursor, len, &why);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "no error is recorded");
  return tree ? fmtconv_attr_json_text (tree, 0) : fmtconv_ctx_printf (ctx, "! %s", why);
}

static const char training_config[] = "args:\n"
                                      "  mode: finetune\n"
                                      "  experiment_name: lora-sample\n"
                                      "  model_parallel_size: 1\n"
                                      "model:\n"
                                      "  scale_factor: 1.15258426\n"
                                      "  not_trainable_prefixes:\n"
                                      "  - all\n"
                                      "  network_config:\n"
                                      "    target: dit_video_concat.DiffusionTransformer\n"
                                      "    params:\n"
                                      "      num_layers: 30\n"
                                      "      patch_size: [1, 2, 2]\n"
                                      "      transformer_args:\n"
                                      "        checkpoint_activations: true ## using gradient checkpointing\n"
                                      "        is_decoder: [false]\n"
                                      "      modules:\n"
                                      "        lora_config:\n"
                                      "          target: sat.model.finetune.lora2.LoraMixin\n"
                                      "          params:\n"
                                      "            r: 128\n"
                                      "            lora_alpha: 64.0\n"
                                      "            layer_range:\n"
                                      "            - 0\n"
                                      "            - 5\n"
                                      "deepspeed:\n"
                                      "  bf16:\n"
                                      "    enabled: False\n"
                                      "  optimizer:\n"
                                      "    params: {lr: 1.0e-05, betas: [0.9, 0.95], eps: 1e-8}\n"
                                      "  steps_per_print: 50\n"
                                      "  none:\n"
                                      "  text: \"x: 1\"\n";

Test (yaml, training_config)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  cr_expect_str_eq (
      load (ctx, training_config, sizeof training_config - 1),
      "{\"args\":{\"mode\":\"finetune\",\"experiment_name\":\"lora-sample\",\"model_parallel_size\":1},"
      "\"model\":{\"scale_factor\":1.15258426,\"not_trainable_prefixes\":[\"all\"],\"network_config\":{"
      "\"target\":\"dit_video_concat.DiffusionTransformer\",\"params\":{\"num_layers\":30,\"patch_size\":[1,"
      "2,2],"
      "\"transformer_args\":{\"checkpoint_activations\":true,\"is_decoder\":[false]},\"modules\":{\"lora_"
      "config\":{"
      "\"target\":\"sat.model.finetune.lora2.LoraMixin\",\"params\":{\"r\":128,\"lora_alpha\":64.0,"
      "\"layer_range\":[0,5]}}}}}},\"deepspeed\":{\"bf16\":{\"enabled\":false},\"optimizer\":{\"params\":{"
      "\"lr\":1e-05,\"betas\":[0.9,0.95],\"eps\":1e-08}},\"steps_per_print\":50,\"none\":null,\"text\":\"x: "
      "1\"}}");
  const char *why;
  fmtconv_cursor cursor = fmtconv_cursor_start (
      fci_source_memory (ctx, training_config, sizeof training_config - 1, "training_config.yaml"));
  fmtconv_attr *tree = fmtconv_cursor_take_yaml (&cursor, sizeof training_config - 1, &why);
  fmtconv_attr *params = fmtconv_attr_at (tree, "model/network_config/params/modules/lora_config/params");
  cr_expect_eq (fmtconv_attr_get_float (params, "lora_alpha", 0), 64.0);
  fmtconv_ctx_free (ctx);
}

/* As PyYAML resolves them, except that floats with an exponent and without a point are floats, as in YAML
 * 1.2. */
Test (yaml, scalars)
{
  static const struct
  {
    const char *yaml, *json;
  } table[] = {
    { "~", "null" },
    { "null", "null" },
    { "NULL", "null" },
    { "nUll", "\"nUll\"" },
    { "yes", "true" },
    { "On", "true" },
    { "TRUE", "true" },
    { "tRUE", "\"tRUE\"" },
    { "no", "false" },
    { "Off", "false" },
    { "y", "\"y\"" },
    { "0", "0" },
    { "-12", "-12" },
    { "+3", "3" },
    { "1_000", "1000" },
    { "0x1F", "31" },
    { "010", "8" },
    { "0b11", "3" },
    { "9223372036854775807", "9223372036854775807" },
    { "-9223372036854775808", "-9223372036854775808" },
    { "18446744073709551615", "18446744073709551615" },
    { "1.0", "1.0" },
    { ".5", "0.5" },
    { "1.", "1.0" },
    { "-2.5e-3", "-0.0025" },
    { "1e-5", "1e-05" },
    { "1e", "\"1e\"" },
    { ".", "\".\"" },
    { "+", "\"+\"" },
    { "1.2.3", "\"1.2.3\"" },
    { "0x", "\"0x\"" },
    { "12a", "\"12a\"" },
    { "'12'", "\"12\"" },
    { "\"true\"", "\"true\"" },
    { "''", "\"\"" },
    { "!!python/tuple [1, 2]", "[1,2]" },
    { "|\n  a\n  b\n", "\"a\\nb\\n\"" },
    { "{1: a, true: b, null: c}", "{\"1\":\"a\",\"true\":\"b\",\"null\":\"c\"}" },
    { "[]", "[]" },
    { "{}", "{}" },
    { "{a: 1, b: 2, a: 3}", "{\"a\":3,\"b\":2}" },
    { "{a: &x 1, a: 2, b: *x}", "{\"a\":2,\"b\":1}" },
    { "[&a {x: &b [1, 2]}, *a, *b]", "[{\"x\":[1,2]},{\"x\":[1,2]},[1,2]]" },
    { "{&k key: 1, v: *k}", "{\"key\":1,\"v\":\"key\"}" },
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    {
      fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
      cr_expect_str_eq (load (ctx, table[i].yaml, strlen (table[i].yaml)), table[i].json);
      fmtconv_ctx_free (ctx);
    }
}

Test (yaml, no_numbers)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  cr_expect_eq (fci_yaml_scalar (ctx, ".inf", 4)->v.f, INFINITY);
  cr_expect_eq (fci_yaml_scalar (ctx, "-.Inf", 5)->v.f, -INFINITY);
  cr_expect (isnan (fci_yaml_scalar (ctx, ".NaN", 4)->v.f));
  fmtconv_ctx_free (ctx);
}

Test (yaml, refused)
{
  static const struct
  {
    const char *yaml, *why;
  } table[] = {
    { "", "! it has no document" },
    { "# nothing\n", "! it has no document" },
    { "--- 1\n--- 2\n", "! line 2: more than one document" },
    { "a: [1, 2\n", "! line 2: did not find expected ',' or ']'" },
    { "a: *x\n", "! line 1: an alias to itself or to an unknown anchor" },
    { "a: &x [1, *x]\n", "! line 1: an alias to itself or to an unknown anchor" },
    { "? [1]\n: 2\n", "! line 1: a key is not a plain text" },
    { "x: 1\n\"a\\nb\": 1\n", "! line 2: a control character in a key" },
    { "a: \"\\0\"\n", "! line 1: a scalar contains a NUL byte or is not valid UTF-8" },
    { "a: \x1b\n", "! line 1: control characters are not allowed" },
    { "a: \xff\n", "! line 1: invalid leading UTF-8 octet" },
    { "a:\n\t- b\n", "! line 2: found character that cannot start any token" },
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    {
      fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
      cr_expect_str_eq (load (ctx, table[i].yaml, strlen (table[i].yaml)), table[i].why);
      fmtconv_ctx_free (ctx);
    }
}

Test (yaml, depth)
{
  char text[200];
  for (size_t n = 31; n <= 33; n++)
    {
      fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
      memset (text, '[', n);
      memset (text + n, ']', n);
      const char *result = load (ctx, text, 2 * n);
      cr_expect_eq (strcmp (result, "! line 1: nested deeper than 32") == 0, n == 33, "%s", result);
      fmtconv_ctx_free (ctx);
    }
  /* An alias counts with its whole subtree. */
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  const char *deep = "[&a [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]], [[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]";
  cr_expect_str_eq (load (ctx, deep, strlen (deep)), "! line 1: nested deeper than 32");
  fmtconv_ctx_free (ctx);
}

/* Ten levels of ten aliases expand to 10^10 nodes. */
Test (yaml, alias_bomb)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  char text[2000] = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i <= 10; i++)
    {
      char line[128];
      int p = i - 1;
      snprintf (line, sizeof line, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, p,
                p, p, p, p, p, p, p, p, p);
      strcat (text, line);
    }
  const char *result = load (ctx, text, strlen (text));
  cr_expect (strstr (result, "more than 100000 events"), "%s", result);
  cr_expect_leq (ctx->arena.total, 64 << 20);
  fmtconv_ctx_free (ctx);
}

/* A thousand aliases of a text of 64 KiB. */
Test (yaml, text_bomb)
{
  const size_t n = 64 * 1024;
  char *text = malloc (n + 5000), *at = text;
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  at += sprintf (at, "[&a ");
  memset (at, 'x', n);
  at += n;
  for (int i = 0; i < 1000; i++)
    at += sprintf (at, ",*a ");
  *at++ = ']';
  const char *result = load (ctx, text, (size_t) (at - text));
  cr_expect_str_eq (result, "! line 1: anchors and aliases expand to more than 8 MiB of text");
  cr_expect_leq (ctx->arena.total, 16 << 20);
  free (text);
  fmtconv_ctx_free (ctx);
}

Test (yaml, events)
{
  enum
  {
    N = 100000
  };
  char *text = malloc (2 * N + 2);
  for (size_t i = 0; i < N; i++)
    memcpy (text + 2 * i, i ? ",1" : "[1", 2);
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  text[2 * N] = ']';
  cr_expect (strstr (load (ctx, text, 2 * N + 1), "more than 100000 events"));
  size_t max = N - 6; /* stream, document, sequence: two events each */
  text[2 * max] = ']';
  cr_expect_eq (load (ctx, text, 2 * max + 1)[0], '[');
  text[2 * max] = ',';
  text[2 * max + 2] = ']';
  cr_expect (strstr (load (ctx, text, 2 * max + 3), "more than 100000 events"));
  free (text);
  fmtconv_ctx_free (ctx);
}

Test (yaml, bytes)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  size_t n = 1024 * 1024 + 1;
  char *text = malloc (n);
  memset (text, ' ', n);
  text[0] = '1';
  cr_expect_str_eq (load (ctx, text, n), "! longer than 1 MiB");
  cr_expect_str_eq (load (ctx, text, n - 1), "1");
  const char *why;
  fmtconv_cursor cursor = fmtconv_cursor_start (fci_source_memory (ctx, text, 10, "f"));
  cr_expect_null (fmtconv_cursor_take_yaml (&cursor, 11, &why));
  cr_expect_str_eq (why, "it ends too early");
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  free (text);
  fmtconv_ctx_free (ctx);
}
