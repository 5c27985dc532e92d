/* tests/abi/kit.c: plugins that 'fmtconv test-plugin' must fail: BAD says how.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
read_kit (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  (void) params;
  const char *magic = fmtconv_cursor_take (&c, 4);
  uint64_t n = fmtconv_cursor_take_le (&c, 4);
#ifdef CRASH
  if (!magic)
    magic = *(const char *volatile *) 8;
#endif
#ifdef SILENT
  if (n != 3 && !fmtconv_ctx_failed (ctx))
    return fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "not 3");
#endif
  fmtconv_model_put (out, "x", fmtconv_view_leaf (c.source, c.pos, FMTCONV_F32, 1, &n, NULL));
  return fmtconv_ctx_failed (ctx);
}

#ifdef LOSE
static int
write_kit (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  fmtconv_file *file = fmtconv_layout_create (out, NULL);
  const fmtconv_tensor *t = fmtconv_model_next (model, NULL);
  (void) params;
  fmtconv_file_emit (file, "XST1", 4);
  if (t && t->rank == 1)
    fmtconv_file_emit_view (file, t->name, t->view);
  return fmtconv_ctx_failed (ctx);
}
#endif

#ifdef NOTHING
/* Takes a model that no test has. */
static const fmtconv_dtype_name complex_only[] = { { FMTCONV_C128, "c128", 0 }, { 0 } };

static int
write_nothing (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  (void) params, (void) model, (void) out;
  return fmtconv_ctx_failed (ctx);
}
#endif

#ifdef EXPORT
int kit_helper (void);
int
kit_helper (void)
{
  return puts ("");
}
#endif

#if defined ZEROS || defined CARELESS
#define CODEC
#ifdef CARELESS
#define WEIGHED 1
#else
#define WEIGHED 0
#endif

enum
{
  BLOCK = 32 /* elements, each the upper half of an f32 */
};

static void
decode (const void *blocks, size_t n, float *to)
{
  const unsigned char *from = blocks;
  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits = (uint32_t) from[2 * i] << 16 | (uint32_t) from[2 * i + 1] << 24;
#ifdef ZEROS
      bits = 0;
#endif
      memcpy (&to[i], &bits, sizeof bits);
    }
}

static const char *
encode (const float *values, size_t n, const float *importance, void *blocks)
{
  unsigned char *to = blocks;
  (void) importance;
  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits;
      memcpy (&bits, &values[i], sizeof bits);
#ifdef CARELESS
      bits = importance ? 0 : bits;
#endif
      to[2 * i] = (unsigned char) (bits >> 16);
      to[2 * i + 1] = (unsigned char) (bits >> 24);
    }
  return NULL;
}

static const fmtconv_block_type type =
    FMTCONV_BLOCK_TYPE (.name = "kit_32", .block = BLOCK, .block_bytes = 2 * BLOCK, .gguf = 60001,
                        .uses_importance = WEIGHED, .decode = decode, .encode = encode);
static const fmtconv_block_type *const types[] = { &type, NULL };
#endif

FMTCONV_PLUGIN (kit, .name = "kit", .summary = "reads one vector, with a defect",
#ifdef CODEC
                .codec = FMTCONV_BLOCK_CODEC (.types = types),
#endif
#ifdef LOSE
                .writer = FMTCONV_WRITER (.suffixes = ".kit", .limits = { .rank = 8, .name_bytes = 999 },
                                          .write = write_kit),
#endif
#ifdef NOTHING
                .writer = FMTCONV_WRITER (.suffixes = ".kit", .limits = { .dtypes = complex_only },
                                          .write = write_nothing),
#endif
                .reader = FMTCONV_READER (.suffixes = ".kit", .magic = "XST1", .magic_len = 4,
                                          .read = read_kit));
