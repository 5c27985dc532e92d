/* tests/unit/index.c: the index of known plugins: its file, evidence of readers, and what detection makes of it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/index.h"
#include "core/convert/detect.h"
#include "core/convert/recognize.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/plugin/agree.h"
#include "core/plugin/registry.h"
#include "messages.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

/* Every test has a folder of its plugins and its index, and sees no other. */
static void
set_up (void)
{
  strcpy (folder, "/tmp/fmtconv-index-XXXXXX");
  cr_assert_not_null (mkdtemp (folder));
  unsetenv ("FMTCONV_PLUGIN_PATH");
  unsetenv ("FMTCONV_INDEX_PATH");
  setenv ("XDG_CONFIG_HOME", folder, 1);
}

static void
tear_down (void)
{
  char command[128];
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  cr_assert_eq (system (command), 0);
}

TestSuite (index, .init = set_up, .fini = tear_down);

/* Writes the index, with the head of such a file. */
static void
write_index (const char *plugins)
{
  char path[128];
  snprintf (path, sizeof path, "%s/fmtconv.yaml", folder);
  FILE *f = fopen (path, "w");
  cr_assert_not_null (f);
  fprintf (f, "fmtconv-index: 1\nplugins:\n%s", plugins);
  fclose (f);
}

/* ---- Bytes */

Test (bytes, malformed)
{
  static const struct
  {
    const char *text;
    const char *why;
  } cases[] = {
    { "", "begins with the place" },
    { "50 4b", "begins with the place" },
    { "5000: 50", "from -4096 to 4095" },
    { "0:", "no bytes" },
    { "0: 5", "two hexadecimal digits" },
    { "0: 5G", "two hexadecimal digits" },
    { "0: 5A", "two hexadecimal digits" },
    { "0: 504b", "a space between" },
    { "0: 02-", "a range ends in" },
    { "0: 02-5", "a range ends in" },
    { "0: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
      "more than 32" },
    { "0: 05-02", "ends before it begins" },
    { "4095: 00 00", "beyond the first 4096 bytes" },
    { "-1: 43 00", "beyond the end of the file" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      fci_bytes run;
      const char *why = fci_bytes_parse (cases[i].text, &run);
      cr_expect (why && strstr (why, cases[i].why), "'%s': %s", cases[i].text, why ? why : "accepted");
    }
}

static unsigned
bits_of (const char *bytes, const char *head, size_t len)
{
  fci_evidence row = { .bits = 8, .n_bytes = 1 };
  cr_assert_null (fci_bytes_parse (bytes, &row.bytes[0]));
  const uint8_t *at = (const uint8_t *) head;
  const fmtconv_peek peek = {
    .path = "x", .base = "x", .head = at, .head_len = len, .tail = at, .tail_len = len, .size = len
  };
  return fci_evidence_bits (&row, &peek);
}

Test (bytes, match)
{
  cr_expect_eq (bits_of ("0: 41 42", "ABC", 3), 8u);
  cr_expect_eq (bits_of ("1: 42 43", "ABC", 3), 8u);
  cr_expect_eq (bits_of ("2: 43 00", "ABC", 3), 0u, "past the end");
  cr_expect_eq (bits_of ("0: 40-42", "ABC", 3), 8u);
  cr_expect_eq (bits_of ("0: 42-43", "ABC", 3), 0u);
  cr_expect_eq (bits_of ("-1: 43", "ABC", 3), 8u);
  cr_expect_eq (bits_of ("-3: 41 42 43", "ABC", 3), 8u);
  cr_expect_eq (bits_of ("-4: 41", "ABC", 3), 0u, "before the start");
}

/* ---- Files */

Test (index, malformed)
{
  static const struct
  {
    const char *text;
    const char *why;
  } cases[] = {
    { "- {}\n", "3:3: a plugin needs 'name'" },
    { "- {name: Upper, reader: {}}\n", "3:10: 'Upper' is not a plugin name" },
    { "- {name: a}\n", "3:3: a plugin needs a role" },
    { "- {name: a, models: {}}\n", "'models'" },
    { "- {name: a, reader: yes}\n", "3:21" },
    { "- {name: a, reader: {sufixes: .x}}\n", "did you mean 'suffixes'" },
    { "- {name: a, reader: {evidence: [{names: x}]}}\n", "needs 'bits'" },
    { "- {name: a, reader: {evidence: [{bits: 8}]}}\n", "needs 'bytes', 'inside' or 'names'" },
    { "- {name: a, reader: {evidence: [{bits: many, names: x}]}}\n", "a number from 0 to 65535, not 'many'" },
    { "- {name: a, reader: {evidence: [{bits: 8, bytes: [\"0: zz\"]}]}}\n", "3:51: '0: zz': a byte is" },
    { "- {name: a, reader: {evidence: [{bits: 8, names: x, entries: [y]}]}}\n", "'entries' are of a folder" },
    { "- {name: a, reader: {evidence: [{bits: 8, inside: ''}]}}\n", "'inside' is empty" },
    { "- {name: a, reader: {evidence: [{bits: 8, entries: ['']}]}}\n", "there must be a glob" },
    { "- {name: a, reader: {evidence: [{bits: 8, names: 'x "
      "012345678901234567890123456789012345678901234567890123"
      "456789012345678901234567890123456789012345 y'}]}}\n",
      "none of more than 95 bytes" },
    { "- {name: a, transform: {tensors: [x]}}\n", "'tensors' needs 'kind'" },
    { "- {name: a, transform: {kind: toy}}\n", "the key 'tensors' is missing" },
    { "- {name: a, transform: {kind: toy, tensors: [{maybe: x}]}}\n", "'maybe'" },
    { "- {name: a, transform: {kind: toy, tensors: [{optional: x, ignored: y}]}}\n", "has one pattern" },
    { "- {name: a, transform: {kind: toy, tensors: [{shape: h}]}}\n", "has one pattern" },
    { "- {name: a, transform: {kind: toy, unmatched: drop, tensors: [x]}}\n",
      "'error' or 'ignore', not 'drop'" },
    { "- {name: a, writer: {folder: 1}}\n", "3:30" },
    { "- {name: a, writer: {}, writer: {}}\n", "3:" },
    { "- {name: a, codec: {}}\n", "the key 'types' is missing" },
    { "- {name: a, codec: {types: {}}}\n", "3:28" },
    { "- {name: a, codec: {types: [x]}}\n", "3:29" },
    { "- {name: a, codec: {types: [{gguf: 139}]}}\n", "needs 'name'" },
    { "- {name: a, codec: {types: [{name: x, gguf: 65536}]}}\n", "a number from 0 to 65535" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      captured h;
      size_t n;
      write_index (cases[i].text);
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
      cr_expect_null (fci_index (ctx, &n), "%s", cases[i].text);
      cr_expect (strstr (h.error, "fmtconv.yaml:") && strstr (h.error, cases[i].why), "%s: %s", cases[i].text,
                 h.error);
      fmtconv_ctx_free (ctx);
    }
}

Test (index, named_twice)
{
  captured h;
  size_t n;
  write_index ("- {name: b, package: first, reader: {}}\n- {name: a, reader: {}}\n"
               "- {name: b, package: second, reader: {}}\n- {name: b, package: third, reader: {}}\n");
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  const fci_index_entry *entries = fci_index (ctx, &n);
  cr_assert (entries && n == 2, "%zu: %s", n, h.error);
  cr_expect_str_eq (entries[1].package, "first");
  cr_expect_eq (h.warnings, 2);
  cr_expect (strstr (h.last, "fmtconv.yaml:6: the plugin 'b' is described already, in "), "%s", h.last);
  cr_expect (strstr (h.last, "fmtconv.yaml:3: this entry is ignored"), "%s", h.last);
  fmtconv_ctx_free (ctx);
}

Test (index, missing_file)
{
  captured h;
  size_t n;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  if (fci_index (ctx, &n) && !n)
    {
      cr_expect_eq (h.warnings, 1);
      cr_expect (strstr (h.last, "fmtconv.yaml is missing"), "%s", h.last);
    }
  fmtconv_ctx_free (ctx);
}

/* ---- Detection with plugins that are not installed */

static const char known[] =
    "- name: adapter\n  package: pkg-lora\n  transform:\n    kind: lora\n    precedence: 1\n"
    "    unmatched: ignore\n    tensors: [\"a.{i}\"]\n"
    "- name: base\n  package: pkg-base\n  transform:\n    kind: transformer\n    complete: i\n    dense: "
    "yes\n"
    "    let: n=h\n    when: n!=7\n"
    "    tensors: [{required: \"b.{i}\", shape: h}, \"c.{i}\", together: \"d.{i}\", ignored: \"a.{x*}\"]\n"
    "- name: npy\n  package: pkg-npy\n  reader:\n    suffixes: .npy\n"
    "    evidence: [{bits: 48, bytes: [\"0: 93 4e 55 4d 50 59\"]}]\n  writer: {suffixes: .npy}\n"
    "- name: tree\n  package: pkg-tree\n  reader:\n"
    "    evidence: [{bits: 9, entries: [\"*.leaf\", root], except: bad.leaf}]\n  writer: {folder: yes}\n"
    "- name: types\n  package: pkg-types\n  codec: {types: [{name: z4, gguf: 139}, {name: z5}]}\n";

static fmtconv_ctx *
ctx_of_known (captured *h)
{
  write_index (known);
  return capturing_ctx (h, 0, folder);
}

/* Returns the error of detecting a reader. */
static const char *
reader_error (captured *h, const fmtconv_peek *peek)
{
  size_t n;
  fmtconv_ctx *ctx = ctx_of_known (h);
  fci_module *modules = fci_modules (ctx, &n);
  cr_assert_not_null (modules, "%s", h->error);
  cr_expect_null (fci_pick_reader (ctx, modules, n, peek));
  fmtconv_ctx_free (ctx);
  return h->error;
}

Test (index, absent_reader)
{
  captured h;
  static const uint8_t head[] = "\223NUMPY\1\0";
  fmtconv_peek peek = {
    .path = "a", .base = "a", .head = head, .head_len = 8, .tail = head, .tail_len = 8, .size = 8
  };
  const char *error = reader_error (&h, &peek);
  cr_expect (strstr (error, "a: the plugin 'npy', which reads such a file, is not installed"), "%s", error);
  cr_expect (strstr (error, "install the package pkg-npy, or name another reader with -r"), "%s", error);
  cr_expect_eq (h.code, FMTCONV_E_MISSING);
  peek.base = peek.path = "a.npy";
  peek.size = peek.head_len = peek.tail_len = 0;
  error = reader_error (&h, &peek);
  cr_expect (strstr (error, "the file is empty"), "what is wrong with the file comes first: %s", error);
  const char *const tree[] = { "bad.leaf", "good.leaf", "root" };
  fmtconv_peek dir = { .path = "d", .base = "d", .is_folder = 1, .entries = tree, .n_entries = 3 };
  error = reader_error (&h, &dir);
  cr_expect (strstr (error, "'tree', which reads such a folder"), "%s", error);
  dir.entries = (const char *const[]){ "bad.leaf", "root" };
  dir.n_entries = 2;
  error = reader_error (&h, &dir);
  cr_expect_null (strstr (error, "tree"), "%s", error);
}

/* Returns the error of an unknown data type: by name, or for NULL by number. */
static const char *
type_error (captured *h, const char *name, uint32_t gguf)
{
  fmtconv_ctx *ctx = ctx_of_known (h);
  cr_expect_eq (name ? fmtconv_dtype_parse (ctx, name) : fmtconv_dtype_of_gguf (ctx, gguf), 0u);
  fmtconv_ctx_free (ctx);
  return h->errors ? h->error : "";
}

Test (index, absent_block_types)
{
  captured h;
  const char *error = type_error (&h, "Z5", 0);
  cr_expect (strstr (error, "the plugin 'types', which has the data type Z5, is not installed"), "%s", error);
  cr_expect (strstr (error, "install the package pkg-types"), "%s", error);
  error = type_error (&h, NULL, 139);
  cr_expect (strstr (error, "'types', which has the data type number 139 of GGUF files"), "%s", error);
  cr_expect_str_eq (type_error (&h, NULL, 140), "", "nobody has it, which is no error of this call");
  error = type_error (&h, "z6", 0);
  cr_expect (strstr (error, "'z6' is not a data type"), "%s", error);
}

static void
decode (const void *blocks, size_t n, float *to)
{
  (void) blocks;
  memset (to, 0, n * sizeof *to);
}

/* A plugin that has the type is used, although the index names another one before it that is not installed. */
Test (index, absent_block_types_of_another)
{
  captured h;
  static const fmtconv_block_type z4 =
      FMTCONV_BLOCK_TYPE (.name = "z4", .block = 32, .block_bytes = 18, .gguf = 139, .decode = decode);
  const fmtconv_plugin plugin = { .abi = FMTCONV_ABI,
                                  .struct_size = sizeof plugin,
                                  .name = "zz",
                                  .codec = FMTCONV_BLOCK_CODEC (.types = (const fmtconv_block_type *const[]){
                                                                    &z4, NULL }) };
  const fmtconv_plugin *const builtins[] = { &plugin, NULL };
  fmtconv_ctx *ctx = ctx_of_known (&h);
  fci_registry_hold (ctx, builtins);
  cr_expect_eq (fmtconv_dtype_of_gguf (ctx, 139), FMTCONV_GGML + 139u, "%s", h.errors ? h.error : "");
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  fmtconv_ctx_free (ctx);
}

/* ---- Entries that differ from their modules */

static void
expect_difference (const fmtconv_rules *own, const char *says)
{
  captured h;
  fmtconv_ctx *ctx = ctx_of_known (&h);
  const fci_index_entry *entry = fci_index_find (ctx, "base");
  const fmtconv_transform transform = { .struct_size = sizeof transform,
                                        .kind = "transformer",
                                        .rules = own };
  const fmtconv_plugin plugin = { .struct_size = sizeof plugin, .name = "base", .transform = &transform };
  cr_assert_not_null (entry);
  const char *text = fci_index_disagrees (ctx, entry, &plugin);
  cr_expect_str_eq (text ? text : "", says);
  fmtconv_ctx_free (ctx);
}

#define DIFFERS(says, ...)                                                                               \
  do                                                                                                     \
    {                                                                                                    \
      fmtconv_rule rules[] = { { "b.{i}", "x.{i}", .shape = "h" },                                       \
                               { "c.{i}", "y.{i}" },                                                     \
                               { "c.{i}", "z.{i}" },                                                     \
                               { "d.{i}", "d.{i}", .flags = FMTCONV_RULE_ALL_OR_NONE },                  \
                               { "a.{x*}", .why = "not used" },                                          \
                               { 0 } };                                                                  \
      fmtconv_rules own = { .rules = rules, .complete = "i", .dense = 1, .let = "n=h", .when = "n!=7" }; \
      __VA_ARGS__;                                                                                       \
      expect_difference (&own, says);                                                                    \
    }                                                                                                    \
  while (0)

Test (index, rules_that_differ)
{
  DIFFERS ("", (void) 0);
  DIFFERS ("complete is 'i' in the index, and '' in the module", own.complete = NULL);
  DIFFERS ("dense is 'yes' in the index, and '' in the module", own.dense = 0);
  DIFFERS ("when is 'n!=7' in the index, and 'n!=8' in the module", own.when = "n!=8");
  DIFFERS ("unmatched is 'error' in the index, and 'ignore' in the module", own.unmatched = "");
  DIFFERS ("an element of tensors is 'c.{i}' in the index, and 'e.{i}' in the module",
           rules[1].from = "e.{i}");
  DIFFERS ("an element of tensors is 'a.{x*}' in the index, and '' in the module", rules[4].from = NULL);
  DIFFERS ("the element 'd.{i}' of tensors is 'together' in the index, and 'optional' in the module",
           rules[3].flags = FMTCONV_RULE_OPTIONAL);
  DIFFERS ("the element 'a.{x*}' of tensors is 'ignored' in the index, and 'required' in the module",
           rules[4].to = "=");
  DIFFERS ("the shape of the element 'b.{i}' of tensors is 'h' in the index, and '' in the module",
           rules[0].shape = NULL);
}

Test (index, absent_writer)
{
  captured h;
  size_t n;
  fmtconv_ctx *ctx = ctx_of_known (&h);
  fci_module *modules = fci_modules (ctx, &n);
  cr_expect_null (fci_pick_writer (ctx, modules, n, "x/out.npy"));
  cr_expect (
      strstr (h.error,
              "'npy', which writes such an output, is not installed (hint: install the package pkg-npy"),
      "%s", h.error);
  fmtconv_ctx_free (ctx);
}

Test (index, absent_by_name)
{
  captured h;
  fmtconv_ctx *ctx = ctx_of_known (&h);
  cr_expect_null (fci_plugin_find (ctx, "npy", FCI_WRITER));
  cr_expect_eq (h.code, FMTCONV_E_MISSING);
  cr_expect (strstr (h.error, "the writer 'npy' is not installed (hint: install the package pkg-npy)"), "%s",
             h.error);
  fmtconv_ctx_free (ctx);
  ctx = ctx_of_known (&h);
  cr_expect_null (fci_plugin_find (ctx, "npy", FCI_TRANSFORM));
  cr_expect_eq (h.code, FMTCONV_E_USAGE, "it has no such role");
  fmtconv_ctx_free (ctx);
  ctx = ctx_of_known (&h);
  cr_expect_null (fci_plugin_find (ctx, "adaptor", FCI_TRANSFORM));
  cr_expect (strstr (h.error, "did you mean 'adapter'"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

static void
add (fmtconv_model *model, const char *format, size_t n, uint64_t one)
{
  static const float zeroes[8];
  fmtconv_ctx *ctx = fci_model_ctx (model);
  for (size_t i = 0; i < n; i++)
    {
      char name[32];
      snprintf (name, sizeof name, "%s.%zu", format, i);
      fmtconv_model_put (model, name, fmtconv_view_constant (ctx, FMTCONV_F32, 1, &one, zeroes));
    }
}

/* Returns the names of the claims of a.0 …, b.0 …, c.0 …, d.0 … and x.0 …, of that size; those after '|' are near matches. */
static const char *
claims_of (size_t a, size_t b, size_t c, size_t d, size_t x, uint64_t size)
{
  static char text[128];
  captured h;
  size_t n;
  fci_claims claims;
  fmtconv_ctx *ctx = ctx_of_known (&h);
  fmtconv_model *model = fci_model_new (ctx, NULL);
  add (model, "a", a, size);
  add (model, "b", b, size);
  add (model, "c", c, size);
  add (model, "d", d, size);
  add (model, "x", x, size);
  cr_assert_eq (fci_model_freeze (model, "test"), 0);
  fci_module *modules = fci_modules (ctx, &n);
  cr_assert_eq (fci_claims_make (ctx, modules, n, model, NULL, &claims), 0, "%s", h.error);
  *text = '\0';
  for (size_t i = 0; i < claims.n; i++)
    {
      cr_expect (claims.claim[i].module->is_absent);
      snprintf (text + strlen (text), sizeof text - strlen (text), "%s%s ", i == claims.complete ? "| " : "",
                claims.claim[i].plugin->name);
    }
  fmtconv_ctx_free (ctx);
  return text;
}

Test (index, absent_transforms)
{
  cr_expect_str_eq (claims_of (0, 0, 0, 0, 9, 1), "", "another model");
  cr_expect_str_eq (claims_of (0, 8, 8, 0, 0, 1), "base ");
  cr_expect_str_eq (claims_of (0, 8, 8, 8, 0, 1), "base ");
  cr_expect_str_eq (claims_of (0, 8, 8, 7, 0, 1), "| base ", "some of those that are there together");
  cr_expect_str_eq (claims_of (4, 8, 8, 0, 0, 1), "adapter base ");
  cr_expect_str_eq (claims_of (0, 8, 7, 0, 0, 1), "| base ", "a near match, as with the module");
  cr_expect_str_eq (claims_of (0, 8, 0, 0, 0, 1), "", "half of the names are of another model");
  cr_expect_str_eq (claims_of (0, 2, 2, 0, 40, 1), "");
  cr_expect_str_eq (claims_of (0, 8, 8, 0, 0, 7), "", "a condition does not hold");
}
