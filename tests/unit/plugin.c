/* tests/unit/plugin.c: parameters as typed, and the checks of a plugin's descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/descriptor.h"
#include "core/plugin/params-check.h"
#include "core/plugin/params.h"
#include "core/plugin/suggest.h"
#include "messages.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

struct params
{
  int flag;
  int64_t number;
  double factor;
  uint64_t size;
  const char *text;
  int choice;
  uint32_t dtype;
  fmtconv_pairs metadata;
  int64_t preset;
  fmtconv_pairs rules;
};

static const fmtconv_param table[] = {
  { "flag", FMTCONV_PARAM_BOOL, offsetof (struct params, flag), NULL, "a flag" },
  { "number", FMTCONV_PARAM_INT, offsetof (struct params, number), NULL, "a number" },
  { "factor", FMTCONV_PARAM_FLOAT, offsetof (struct params, factor), NULL, "a factor" },
  { "size", FMTCONV_PARAM_SIZE, offsetof (struct params, size), NULL, "a size" },
  { "text", FMTCONV_PARAM_TEXT, offsetof (struct params, text), NULL, "a text" },
  { "choice", FMTCONV_PARAM_CHOICE, offsetof (struct params, choice), "bake|metadata|none", "a choice" },
  { "dtype", FMTCONV_PARAM_DTYPE, offsetof (struct params, dtype), NULL, "a dtype" },
  { "metadata.*", FMTCONV_PARAM_PAIRS, offsetof (struct params, metadata), NULL, "pairs" },
  { "preset", FMTCONV_PARAM_INT, offsetof (struct params, preset), "42", "a default" },
  { "rule|keep", FMTCONV_PARAM_PAIRS, offsetof (struct params, rules), NULL, "rules" },
  { 0 },
};

/* Returns the struct that `text` is parsed to. The caller frees the context *ctx. */
static const struct params *
parse (fmtconv_ctx **ctx, captured *h, const char *text)
{
  *ctx = capturing_ctx (h, 0, NULL);
  return fci_params_parse (*ctx, "writer 'x'", table, text);
}

/* The reader that verifies an output gets the writer's parameters that both have, as typed. */
Test (params, shared)
{
  static const struct
  {
    const char *text;
    const char *shared;
  } cases[] = { { "", "" },
                { NULL, "" },
                { "other=1", "" },
                { "other=a\\,number=7,text=x", "text=x" },
                { "text=a\\,b\\=c\\\\,other=1,metadata.x=1=2,number=5",
                  "text=a\\,b\\=c\\\\,metadata.x=1=2,number=5" } };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_str_eq (fci_params_shared (ctx, table, cases[i].text), cases[i].shared);
  cr_expect_str_eq (fci_params_shared (ctx, NULL, "text=x"), "");
  fmtconv_ctx_free (ctx);
}

Test (params, not_given)
{
  captured h;
  fmtconv_ctx *ctx;
  const struct params *p = parse (&ctx, &h, "");
  cr_assert_not_null (p);
  cr_expect_eq (p->flag, -1);
  cr_expect_eq (p->number, INT64_MIN);
  cr_expect (isnan (p->factor));
  cr_expect_eq (p->size, UINT64_MAX);
  cr_expect_null (p->text);
  cr_expect_eq (p->choice, 0);
  cr_expect_eq (p->dtype, 0);
  cr_expect_eq (p->metadata.n, 0);
  cr_expect_eq (p->preset, 42);
  fmtconv_ctx_free (ctx);
}

Test (params, every_type)
{
  captured h;
  fmtconv_ctx *ctx;
  const struct params *p =
      parse (&ctx, &h, "flag=yes,number=-7,factor=2.5e-1,size=64M,text=a b,choice=none,dtype=BF16,preset=0");
  cr_assert_not_null (p, "%s", h.error);
  cr_expect_eq (p->flag, 1);
  cr_expect_eq (p->number, -7);
  cr_expect_eq (p->factor, 0.25);
  cr_expect_eq (p->size, UINT64_C (64) << 20);
  cr_expect_str_eq (p->text, "a b");
  cr_expect_eq (p->choice, 2);
  cr_expect_eq (p->dtype, FMTCONV_BF16);
  cr_expect_eq (p->preset, 0);
  fmtconv_ctx_free (ctx);
}

Test (params, bools)
{
  static const struct
  {
    const char *text;
    int value;
  } cases[] = { { "flag=yes", 1 },   { "flag=no", 0 },       { "flag=true", 1 },
                { "flag=false", 0 }, { "flag=1", 1 },        { "flag=0", 0 },
                { "flag", 1 },       { "flag,number=1", 1 }, { "number=1,flag", 1 } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      captured h;
      fmtconv_ctx *ctx;
      const struct params *p = parse (&ctx, &h, cases[i].text);
      cr_assert_not_null (p, "%s", h.error);
      cr_expect_eq (p->flag, cases[i].value, "%s", cases[i].text);
      fmtconv_ctx_free (ctx);
    }
}

Test (params, escapes)
{
  captured h;
  fmtconv_ctx *ctx;
  const struct params *p = parse (&ctx, &h, "text=a\\,b\\=c\\:d\\\\e=f:g,metadata.x\\=y=1");
  cr_assert_not_null (p, "%s", h.error);
  cr_expect_str_eq (p->text, "a,b=c:d\\e=f:g");
  cr_assert_eq (p->metadata.n, 1);
  cr_expect_str_eq (p->metadata.key[0], "x=y");
  fmtconv_ctx_free (ctx);
}

Test (params, pairs_keep_their_order)
{
  captured h;
  fmtconv_ctx *ctx;
  const struct params *p =
      parse (&ctx, &h, "metadata.e=5,metadata.d=,metadata.c.x=3,metadata.b=2,metadata.a=1,metadata.f=6");
  static const char *const keys[] = { "e", "d", "c.x", "b", "a", "f" };
  static const char *const values[] = { "5", "", "3", "2", "1", "6" };
  cr_assert_not_null (p, "%s", h.error);
  cr_assert_eq (p->metadata.n, 6);
  for (size_t i = 0; i < 6; i++)
    {
      cr_expect_str_eq (p->metadata.key[i], keys[i]);
      cr_expect_str_eq (p->metadata.value[i], values[i]);
    }
  fmtconv_ctx_free (ctx);
}

Test (params, repeated_keys_keep_their_order)
{
  captured h;
  fmtconv_ctx *ctx;
  const struct params *p = parse (&ctx, &h, "rule=a=1,keep=b,number=3,rule=a=1,keep=c");
  static const char *const keys[] = { "rule", "keep", "rule", "keep" };
  static const char *const values[] = { "a=1", "b", "a=1", "c" };
  cr_assert_not_null (p, "%s", h.error);
  cr_assert_eq (p->rules.n, 4);
  for (size_t i = 0; i < 4; i++)
    {
      cr_expect_str_eq (p->rules.key[i], keys[i]);
      cr_expect_str_eq (p->rules.value[i], values[i]);
    }
  fmtconv_ctx_free (ctx);
}

/* Files and folders, in order; any number. */
Test (params, inputs)
{
  struct files
  {
    fmtconv_inputs file;
    int64_t number;
  };
  static const fmtconv_param with_files[] = {
    { "file", FMTCONV_PARAM_INPUTS, offsetof (struct files, file), NULL, "files" },
    { "number", FMTCONV_PARAM_INT, offsetof (struct files, number), NULL, "a number" },
    { 0 },
  };
  static const fmtconv_param malformed[] = {
    { "file", FMTCONV_PARAM_INPUTS, offsetof (struct files, file), "a", "files" },
    { 0 },
  };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_eq (fci_params_check (ctx, "reader", with_files), 0, "%s", h.error);
  const struct files *p = fci_params_parse (ctx, "reader 'x'", with_files, "number=1");
  cr_assert_eq (p->file.n, 0);
  p = fci_params_parse (ctx, "reader 'x'", with_files, "file=.,file=..,number=1,file=.,file=..,file=.");
  cr_assert_not_null (p, "%s", h.error);
  cr_assert_eq (p->file.n, 5);
  for (size_t i = 0; i < 5; i++)
    cr_expect_str_eq (fmtconv_input_path (p->file.item[i]), i % 2 ? ".." : ".");
  cr_expect_null (fci_params_parse (ctx, "reader 'x'", with_files, "file=.,number=1,number=1"));
  fmtconv_ctx_free (ctx);
  ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_neq (fci_params_check (ctx, "reader", malformed), 0);
  cr_assert (strstr (h.error, "cannot have a default"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* Keys without a parameter go to the last entry, each only once. */
Test (params, any_key)
{
  static const fmtconv_param open[] = {
    { "metadata.*", FMTCONV_PARAM_PAIRS, offsetof (struct params, metadata), NULL, "pairs" },
    { "number", FMTCONV_PARAM_INT, offsetof (struct params, number), NULL, "a number" },
    { "*", FMTCONV_PARAM_PAIRS, offsetof (struct params, rules), NULL, "all others" },
    { 0 },
  };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_eq (fci_params_check (ctx, "reader", open), 0, "%s", h.error);
  const struct params *p =
      fci_params_parse (ctx, "reader 'x'", open, "b=1,number=7,metadata.b=2,metadata=3,*=4,a=\\,");
  cr_assert_not_null (p, "%s", h.error);
  cr_expect_eq (p->number, 7);
  cr_expect_eq (p->metadata.n, 1);
  static const char *const keys[] = { "b", "metadata", "*", "a" };
  static const char *const values[] = { "1", "3", "4", "," };
  cr_assert_eq (p->rules.n, 4);
  for (size_t i = 0; i < 4; i++)
    {
      cr_expect_str_eq (p->rules.key[i], keys[i]);
      cr_expect_str_eq (p->rules.value[i], values[i]);
    }
  cr_expect_null (fci_params_parse (ctx, "reader 'x'", open, "a=1,b=2,a=1"));
  cr_expect_str_eq (h.error, "reader 'x': parameter 'a' is given twice");
  fmtconv_ctx_free (ctx);
}

Test (params, refusals)
{
  static const struct
  {
    const char *text, *says;
  } cases[] = {
    { "nmber=1", "did you mean 'number'?" },
    { "zzzzzzzz=1", "has no parameter 'zzzzzzzz'" },
    { "number=1,number=1", "'number' is given twice" },
    { "metadata.a=1,metadata.a=2", "'metadata.a' is given twice" },
    { "metadata.=1", "has no parameter 'metadata.'" },
    { "rules=1", "has no parameter 'rules'" },
    { "rule|keep=1", "has no parameter" },
    { "metadata=1", "did you mean 'metadata.*'?" },
    { "number", "'number' needs a value: number=VALUE" },
    { "text,number=1", "'text' needs a value: text=VALUE" },
    { "flag,flag=no", "'flag' is given twice" },
    { "=1", "'=1' is not key=value" },
    { "number=1,", "a parameter is missing after the last comma" },
    { ",number=1", "is not key=value" },
    { "text=a\\b", "a backslash may only precede" },
    { "text=a\\", "a backslash may only precede" },
    { "flag=maybe", "neither yes nor no" },
    { "flag=", "neither yes nor no" },
    { "number=", "not an integer" },
    { "number=1x", "not an integer" },
    { "number= 1", "not an integer" },
    { "number=1.5", "not an integer" },
    { "number=9223372036854775808", "not an integer" },
    { "number=-9223372036854775808", "not an integer" },
    { "factor=nan", "not a finite number" },
    { "factor=inf", "not a finite number" },
    { "factor=1e999", "not a finite number" },
    { "factor= 1", "not a finite number" },
    { "factor=1,5", "'5' is not key=value; the parameters are:" },
    { "size=5XB", "not a size" },
    { "size=-1", "not a size" },
    { "size=18446744073709551615", "not a size" },
    { "choice=bak", "not one of bake|metadata|none" },
    { "choice=", "not one of bake|metadata|none" },
    { "choice=bake|metadata", "not one of bake|metadata|none" },
    { "dtype=f17", "f17" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      captured h;
      fmtconv_ctx *ctx;
      cr_expect_null (parse (&ctx, &h, cases[i].text), "%s", cases[i].text);
      cr_expect_eq (h.code, FMTCONV_E_USAGE, "%s", cases[i].text);
      cr_expect (strstr (h.error, cases[i].says), "%s: %s", cases[i].text, h.error);
      fmtconv_ctx_free (ctx);
    }
}

Test (params, no_table)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_not_null (fci_params_parse (ctx, "reader 'x'", NULL, ""));
  cr_expect_null (fci_params_parse (ctx, "reader 'x'", NULL, "a=1"));
  cr_expect (strstr (h.error, "reader 'x' has no parameter 'a'; it takes no parameters"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* Values without keys go to the main parameter; all other text stays as typed. */
Test (params, spelled)
{
  static const struct
  {
    const char *main, *text, *spelled;
  } cases[] = {
    { "text=WORD", "", "" },
    { "text=WORD", "a", "text=a" },
    { "text=WORD", "a,number=1", "text=a,number=1" },
    { "text=WORD", "number=1,a", "number=1,text=a" },
    { "text=WORD", "a b:c\\:d", "text=a b:c:d" },
    { "text=WORD", "a\\=b\\,c\\\\", "text=a=b\\,c\\\\" },
    { "text=WORD", "a\\,", "text=a\\," },
    { "text=WORD", "a=b", "a=b" },
    { "text=WORD", "flag,a", "flag,text=a" },
    { "text=WORD", "number", "number" },
    { "text=WORD", "metadata.a", "metadata.a" },
    { "text=WORD", "a,", "text=a," },
    { "text=WORD", "a,b", "text=a,text=b" },
    { "keep=GLOB", "a*,b*", "keep=a*,keep=b*" },
    { NULL, "a,number=1", "a,number=1" },
  };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    cr_expect_str_eq (fci_params_spell (ctx, "writer 'x'", table, cases[i].main, cases[i].text),
                      cases[i].spelled);
  cr_expect_null (fci_params_spell (ctx, "writer 'x'", table, "text=WORD", "a,,b"));
  cr_expect (strstr (h.error, "writer 'x': ',b' is not key=value"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* Messages for values without a key. */
Test (params, no_main)
{
  static const fmtconv_param one[] = { { "file", FMTCONV_PARAM_TEXT, 0, NULL, "a file" }, { 0 } };
  static const struct
  {
    const fmtconv_param *table;
    const char *says;
  } cases[] = { { table, "'x' is not key=value; the parameters are:" },
                { one, "'x' is not key=value: did you mean file=x?" },
                { NULL, "takes no parameters, but 'x' was given" } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      cr_expect_null (fci_params_parse (ctx, "writer 'x'", cases[i].table, "x"));
      cr_expect (strstr (h.error, cases[i].says), "%s", h.error);
      fmtconv_ctx_free (ctx);
    }
}

Test (params, specs)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fci_spec spec;
  cr_assert_eq (fci_spec_parse (ctx, "cogvideox-lora:alpha=64,x=a:b", &spec), 0);
  cr_expect_str_eq (spec.name, "cogvideox-lora");
  cr_expect_str_eq (spec.params, "alpha=64,x=a:b");
  cr_assert_eq (fci_spec_parse (ctx, "sat", &spec), 0);
  cr_expect_str_eq (spec.params, "");
  fmtconv_ctx_free (ctx);
  static const char *const bad[] = {
    "",    ":a=1",   "Sat",
    "9p",  "-x",     "a_b",
    "a/b", "../sat", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      ctx = capturing_ctx (&h, 0, NULL);
      cr_expect_eq (fci_spec_parse (ctx, bad[i], &spec), FMTCONV_E_USAGE, "%s", bad[i]);
      fmtconv_ctx_free (ctx);
    }
}

/* ---- Descriptors */

static int
read_nothing (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  (void) ctx, (void) params, (void) in, (void) out;
  return 0;
}

static int
apply_nothing (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  (void) ctx, (void) params, (void) in, (void) out;
  return 0;
}

static int
write_nothing (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  (void) ctx, (void) params, (void) model, (void) out;
  return 0;
}

/* A valid descriptor with all roles; each test makes one field invalid. */
typedef struct parts
{
  fmtconv_plugin plugin;
  fmtconv_reader reader;
  fmtconv_transform transform;
  fmtconv_writer writer;
} parts;

static parts *
fine (parts *p)
{
  *p = (parts){
    .plugin = { .abi = FMTCONV_ABI,
                .struct_size = sizeof (fmtconv_plugin),
                .name = "my-plugin",
                .summary = "mine",
                .reader = &p->reader,
                .transform = &p->transform,
                .writer = &p->writer },
    .reader = { .struct_size = sizeof (fmtconv_reader), .read = read_nothing },
    .transform = { .struct_size = sizeof (fmtconv_transform), .apply = apply_nothing },
    .writer = { .struct_size = sizeof (fmtconv_writer), .params = table, .write = write_nothing },
  };
  return p;
}

static void
expect_refused (const parts *p, const char *says)
{
  captured h;
  const char *error = NULL;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fci_descriptor_check (ctx, &p->plugin, "my-plugin", &error), "%s", says);
  cr_expect (error && strstr (error, says), "'%s' instead of '%s'", error ? error : "(none)", says);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "a plugin that is refused stopped the conversion");
  cr_expect_eq (h.errors, 0);
  fmtconv_ctx_free (ctx);
}

Test (descriptor, fine)
{
  captured h;
  parts p;
  const char *error = "unset";
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_plugin *plugin = fci_descriptor_check (ctx, &fine (&p)->plugin, "my-plugin", &error);
  cr_assert_not_null (plugin, "%s", error);
  cr_expect_null (error);
  cr_expect_eq (plugin->reader->read, read_nothing);
  cr_expect_eq (plugin->writer->params, table);
  fmtconv_ctx_free (ctx);
}

/* A plugin of a later version: longer structs, with unknown ends. */
Test (descriptor, longer_structs)
{
  struct
  {
    parts known;
    char more[64];
  } p;
  captured h;
  const char *error;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fine (&p.known);
  memset (p.more, 0xa5, sizeof p.more);
  p.known.plugin.struct_size += sizeof p.more;
  p.known.writer.struct_size += sizeof p.more;
  const fmtconv_plugin *plugin = fci_descriptor_check (ctx, &p.known.plugin, "my-plugin", &error);
  cr_assert_not_null (plugin, "%s", error);
  cr_expect_eq (plugin->writer->write, write_nothing);
  fmtconv_ctx_free (ctx);
}

Test (descriptor, heads)
{
  parts p;
  fine (&p)->plugin.abi = FMTCONV_ABI + 6;
  expect_refused (&p, "built for plugin ABI 7, but this fmtconv has ABI 1: rebuild the plugin");
  fine (&p)->plugin.struct_size = 0;
  expect_refused (&p, "descriptor has struct_size 0");
  fine (&p)->plugin.struct_size = offsetof (fmtconv_plugin, writer);
  expect_refused (&p, "descriptor has struct_size");
  fine (&p)->plugin.name = NULL;
  expect_refused (&p, "no name");
  fine (&p)->plugin.name = "other";
  expect_refused (&p, "its name is 'other', but its file is my-plugin.so");
  fine (&p);
  p.plugin.reader = NULL;
  p.plugin.transform = NULL;
  p.plugin.writer = NULL;
  expect_refused (&p, "no reader, transform, writer, codec or transport");
  p.plugin.transport = FMTCONV_TRANSPORT (.begin = NULL);
  expect_refused (&p, "its transport lacks a callback");
}

Test (descriptor, roles)
{
  parts p;
  fine (&p)->reader.read = NULL;
  expect_refused (&p, "its reader has no read callback");
  fine (&p)->reader.struct_size = 0;
  expect_refused (&p, "its reader has struct_size 0");
  fine (&p)->reader.magic_len = 4;
  expect_refused (&p, "magic_len without a magic");
  fine (&p)->reader.magic_len = 4097;
  p.reader.magic = "x";
  expect_refused (&p, "magic is longer than the 4096 bytes");
  fine (&p)->transform.apply = NULL;
  expect_refused (&p, "its transform has neither rules nor an apply callback");
  fine (&p)->transform.struct_size = 8;
  expect_refused (&p, "its transform has struct_size 8");
  fine (&p)->writer.write = NULL;
  expect_refused (&p, "its writer has no write callback");
  fine (&p)->writer.struct_size = offsetof (fmtconv_writer, write);
  expect_refused (&p, "its writer has struct_size");
}

Test (descriptor, rules)
{
  static const fmtconv_rule unclosed[] = { { .from = "a.{i", .to = "b" }, { 0 } };
  static const fmtconv_rules rules = { .rules = unclosed }, none = { 0 };
  parts p;
  fine (&p)->transform.rules = &rules;
  expect_refused (&p, "rule");
  fine (&p)->transform.rules = &none;
  expect_refused (&p, "rules have no table");
}

Test (descriptor, main_parameter)
{
  static const struct
  {
    const char *main, *says;
  } cases[] = {
    { "text", "main parameter 'text' is malformed: it is not KEY=WORD" },
    { "text=", "it is not KEY=WORD" },
    { "flag=WORD", "its key is not that of a parameter with values" },
    { "other=WORD", "its key is not that of a parameter with values" },
    { "=WORD", "its key is not that of a parameter with values" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      parts p;
      fine (&p)->writer.main = cases[i].main;
      expect_refused (&p, cases[i].says);
    }
}

Test (descriptor, values)
{
  static const struct
  {
    const char *values, *says;
  } cases[] = {
    { "text", "list of values 'text' is malformed: 'text' has no value" },
    { "text=a other=b", "'other' is not a parameter" },
    { "text=", "'text=' has no value" },
    { "text= flag=yes", "'text=' has no value" },
    { "text flag=yes", "'text' has no value" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      parts p;
      fine (&p)->writer.values = cases[i].values;
      expect_refused (&p, cases[i].says);
    }
}

Test (descriptor, suggested_values)
{
  static const char values[] = "too=x  to=a|b rest=c";
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  cr_expect_str_eq (fci_suggested (ctx, values, "to"), "a|b");
  cr_expect_str_eq (fci_suggested (ctx, values, "rest"), "c");
  cr_expect_str_eq (fci_suggested (ctx, values, "too"), "x");
  cr_expect_null (fci_suggested (ctx, values, "t"));
  cr_expect_null (fci_suggested (ctx, NULL, "to"));
  fmtconv_ctx_free (ctx);
}

Test (descriptor, parameters)
{
  static const struct
  {
    fmtconv_param table[3];
    const char *says;
  } cases[] = {
    { { { "a", 99, 0, NULL, "x" } }, "parameter 'a' is malformed: its type is unknown" },
    { { { "a", -1, 0, NULL, "x" } }, "its type is unknown" },
    { { { "a", FMTCONV_PARAM_INT, 4089, NULL, "x" } }, "exceeds 4096 bytes" },
    { { { "a", FMTCONV_PARAM_INT, SIZE_MAX, NULL, "x" } }, "exceeds 4096 bytes" },
    { { { "a.*", FMTCONV_PARAM_INT, 0, NULL, "x" } }, "PARAM_PAIRS" },
    { { { ".*", FMTCONV_PARAM_PAIRS, 0, NULL, "x" } }, "PARAM_PAIRS" },
    { { { "*", FMTCONV_PARAM_TEXT, 0, NULL, "x" } }, "the key * is the last and has the type PARAM_PAIRS" },
    { { { "*", FMTCONV_PARAM_PAIRS, 0, NULL, "x" }, { "a", FMTCONV_PARAM_INT, 64, NULL, "x" } },
      "the key * is the last" },
    { { { "a", FMTCONV_PARAM_CHOICE, 0, NULL, "x" } }, "its choices are missing" },
    { { { "a", FMTCONV_PARAM_INT, 0, NULL, "x" }, { "a", FMTCONV_PARAM_INT, 8, NULL, "x" } },
      "declared twice" },
    { { { "a", FMTCONV_PARAM_INT, 0, "seven", "x" } }, "'seven' is not an integer" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      parts p;
      fine (&p)->reader.params = cases[i].table;
      expect_refused (&p, cases[i].says);
    }
}
