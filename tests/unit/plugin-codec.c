/* tests/unit/plugin-codec.c: block types of plugins: checks, numbers, names, and threads that add them at once.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/base/block-types.h"
#include "core/plugin/codec.h"
#include "core/plugin/descriptor.h"
#include "messages.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <pthread.h>
#include <string.h>

enum
{
  THREADS = 8,
  TYPES = 50
};

static void
decode (const void *blocks, size_t n, float *to)
{
  (void) blocks;
  memset (to, 0, n * sizeof *to);
}

static void
decode_differently (const void *blocks, size_t n, float *to)
{
  decode (blocks, n, to);
}

static const fmtconv_block_type good =
    FMTCONV_BLOCK_TYPE (.name = "z4_k", .block = 64, .block_bytes = 36, .gguf = 139, .decode = decode);

/* Checks and adds a plugin with one type.  Returns why it is refused; NULL: it is not. */
static const char *
add (fmtconv_ctx *ctx, const char *name, const fmtconv_block_type *type)
{
  const fmtconv_plugin plugin = { .abi = FMTCONV_ABI,
                                  .struct_size = sizeof plugin,
                                  .name = name,
                                  .codec = FMTCONV_BLOCK_CODEC (.types = (const fmtconv_block_type *const[]){
                                                                    type, NULL }) };
  const char *error = NULL;
  const fmtconv_plugin *checked = fci_descriptor_check (ctx, &plugin, name, &error);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  return checked ? fci_codec_add (ctx, checked) : error;
}

static void
expect_refused (fmtconv_block_type type, const char *says)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const char *error = add (ctx, "my-plugin", &type);
  cr_expect (error && strstr (error, says), "'%s' instead of '%s'", error ? error : "(none)", says);
  fmtconv_ctx_free (ctx);
}

#define REFUSED(says, ...)            \
  do                                  \
    {                                 \
      fmtconv_block_type type = good; \
      type.__VA_ARGS__;               \
      expect_refused (type, says);    \
    }                                 \
  while (0)

Test (codec, refusals)
{
  REFUSED ("has no struct_size", struct_size = 0);
  REFUSED ("no name of at most 31", name = NULL);
  REFUSED ("no name of at most 31", name = "Z4");
  REFUSED ("no name of at most 31", name = "z4-k");
  REFUSED ("no name of at most 31", name = "z12345678901234567890123456789012");
  REFUSED ("'q4_k' is a data type of fmtconv itself", name = "q4_k");
  REFUSED ("'half' is a data type of fmtconv itself", name = "half");
  REFUSED ("elements", block = 1);
  REFUSED ("elements", block = 257);
  REFUSED ("elements", block = 3);
  REFUSED ("elements", block = 96);
  REFUSED ("bytes", block_bytes = 0);
  REFUSED ("bytes", block_bytes = 129);
  REFUSED ("is ggml's own", gguf = 12);
  REFUSED ("is ggml's own", gguf = 64);
  REFUSED ("or too large", gguf = 65536);
  REFUSED ("'z4_k' has no decode callback", decode = NULL);
  cr_expect_null (fci_block_type_at (0), "a refused plugin has no types");
}

Test (codec, no_types)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_str_eq (add (ctx, "my-plugin", NULL), "its codec has no block types");
  fmtconv_ctx_free (ctx);
}

Test (codec, a_type_is_a_data_type)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (add (ctx, "my-plugin", &good));
  cr_expect_null (add (ctx, "my-plugin", &good), "the same again");
  cr_expect_null (fci_block_type_at (1));
  const uint32_t dtype = fmtconv_dtype_parse (ctx, "Z4_K");
  cr_expect_eq (dtype, (uint32_t) FMTCONV_GGML + 139);
  cr_expect_eq (fmtconv_dtype_of_gguf (ctx, 139), dtype);
  cr_expect_eq (fmtconv_dtype_of_gguf (ctx, 140), 0u);
  cr_expect_eq (fmtconv_dtype_of_gguf (ctx, 12), 0u, "ggml's own");
  cr_assert_not_null (fmtconv_dtype_get (dtype));
  cr_expect_eq (fmtconv_dtype_get (dtype)->block_bytes, 36u);
  cr_expect (fmtconv_dtype_is_blocks (dtype));
  cr_expect_eq (fmtconv_block_type_get (dtype)->decode, decode);
  cr_expect_null (fmtconv_block_type_get (FMTCONV_Q4_K));
  cr_expect_null (fmtconv_dtype_get (dtype + 1));
  static const fmtconv_dtype_name all[] = { { FMTCONV_F32, "F32", 0 },
                                            { FMTCONV_PLUGIN_TYPE, "any", -1 },
                                            { 0 } };
  cr_expect_not_null (fmtconv_dtype_table_by_dtype (all, dtype));
  cr_expect_null (fmtconv_dtype_table_by_dtype (all, FMTCONV_Q4_0));
  cr_expect_eq (h.errors, 0);
  cr_expect_eq (fmtconv_dtype_parse (ctx, "z4_j"), 0u);
  cr_expect (strstr (h.error, "did you mean z4_k?"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

Test (codec, conflicts)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_block_type other = good;
  cr_expect_null (add (ctx, "first", &good));
  other.decode = decode_differently;
  cr_expect_str_eq (add (ctx, "second", &other),
                    "its block type 'z4_k' is one of the plugin 'first' already");
  other.name = "z4_l";
  cr_expect_str_eq (add (ctx, "second", &other),
                    "its block type 'z4_l' has the number of 'z4_k' of the plugin 'first'");
  other.gguf = 0;
  cr_expect_null (add (ctx, "second", &other));
  const uint32_t dtype = fmtconv_dtype_parse (ctx, "z4_l");
  cr_expect_eq (dtype, fci_block_type_number (&other), "it does not depend on the others");
  cr_expect_geq (dtype, 1u << 31);
  static const fmtconv_dtype_name all[] = { { FMTCONV_PLUGIN_TYPE, "any", -1 }, { 0 } };
  cr_expect_null (fmtconv_dtype_table_by_dtype (all, dtype), "it has no number in GGUF files");
  fmtconv_ctx_free (ctx);
}

/* Adds a plugin with two types.  Returns why it is refused; NULL: it is not. */
static const char *
add_two (fmtconv_ctx *ctx, const fmtconv_block_type *first, const fmtconv_block_type *second)
{
  const fmtconv_plugin plugin = { .name = "my-plugin",
                                  .codec = FMTCONV_BLOCK_CODEC (.types = (const fmtconv_block_type *const[]){
                                                                    first, second, NULL }) };
  return fci_codec_add (ctx, &plugin);
}

/* A refused plugin adds none of its types, and its types do not clash with each other. */
Test (codec, all_or_none)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_block_type first = good, second = good;
  first.name = "z4_l";
  cr_expect_str_eq (add_two (ctx, &good, &first), "its block types 'z4_k' and 'z4_l' have the same number");
  first.name = "z4_k";
  first.gguf = 140;
  cr_expect_str_eq (add_two (ctx, &good, &first), "it has two block types 'z4_k'");
  cr_expect_null (fci_block_type_at (0));
  cr_expect_null (add (ctx, "other", &good));
  first.name = "z4_l";
  second.gguf = 141;
  cr_expect_str_eq (add_two (ctx, &first, &second),
                    "its block type 'z4_k' is one of the plugin 'other' already");
  cr_expect_null (fci_block_type_at (1), "the type before the one that clashes");
  cr_expect_null (add_two (ctx, &first, &good), "one of which is known");
  cr_expect_not_null (fci_block_type_at (1));
  cr_expect_null (fci_block_type_at (2));
  fmtconv_ctx_free (ctx);
}

/* ---- Threads */

static char names[TYPES][16];

static void *
add_all (void *first)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const size_t start = *(const size_t *) first;
  size_t refused = 0;
  for (size_t i = 0; i < TYPES; i++)
    {
      fmtconv_block_type type = good;
      type.name = names[(start + i) % TYPES];
      type.gguf = (uint32_t) (1000 + (start + i) % TYPES);
      refused += add (ctx, "my-plugin", &type) != NULL;
      refused += fmtconv_dtype_parse (ctx, type.name) != FMTCONV_GGML + type.gguf;
    }
  fmtconv_ctx_free (ctx);
  return refused ? first : NULL;
}

Test (codec, threads)
{
  static size_t starts[THREADS];
  pthread_t threads[THREADS];
  for (size_t i = 0; i < TYPES; i++)
    snprintf (names[i], sizeof names[i], "t%zu", i);
  for (size_t i = 0; i < THREADS; i++)
    {
      starts[i] = i * 13;
      cr_assert_eq (pthread_create (&threads[i], NULL, add_all, &starts[i]), 0);
    }
  for (size_t i = 0; i < THREADS; i++)
    {
      void *result = NULL;
      pthread_join (threads[i], &result);
      cr_expect_null (result);
    }
  cr_expect_not_null (fci_block_type_at (TYPES - 1));
  cr_expect_null (fci_block_type_at (TYPES), "each is there once");
}
