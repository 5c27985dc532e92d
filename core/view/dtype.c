/* core/view/dtype.c: the data types and their names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/block-types.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/view/dtype.h"
#include <fmtconv/formats.h>
#include <string.h>
#include <strings.h>

enum
{
  N_DTYPES = FMTCONV_Q2_0 + 1,
  OTHERS = 64 /* types of plugins that a message lists */
};

#define PLAIN(n, d, size) [d] = { .name = n, .dtype = d, .block = 1, .block_bytes = (size) }
#define BLOCK(n, d, elements, size) \
  [d] = { .name = n, .dtype = d, .block = (elements), .block_bytes = (size) }

static const fmtconv_dtype_info infos[N_DTYPES] = {
  PLAIN ("bool", FMTCONV_BOOL, 1),
  PLAIN ("u8", FMTCONV_U8, 1),
  PLAIN ("i8", FMTCONV_I8, 1),
  PLAIN ("u16", FMTCONV_U16, 2),
  PLAIN ("i16", FMTCONV_I16, 2),
  PLAIN ("u32", FMTCONV_U32, 4),
  PLAIN ("i32", FMTCONV_I32, 4),
  PLAIN ("u64", FMTCONV_U64, 8),
  PLAIN ("i64", FMTCONV_I64, 8),
  PLAIN ("f16", FMTCONV_F16, 2),
  PLAIN ("bf16", FMTCONV_BF16, 2),
  PLAIN ("f32", FMTCONV_F32, 4),
  PLAIN ("f64", FMTCONV_F64, 8),
  PLAIN ("c32", FMTCONV_C32, 4),
  PLAIN ("c64", FMTCONV_C64, 8),
  PLAIN ("c128", FMTCONV_C128, 16),
  PLAIN ("f8_e4m3", FMTCONV_F8_E4M3, 1),
  PLAIN ("f8_e5m2", FMTCONV_F8_E5M2, 1),
  PLAIN ("f8_e4m3fnuz", FMTCONV_F8_E4M3FNUZ, 1),
  PLAIN ("f8_e5m2fnuz", FMTCONV_F8_E5M2FNUZ, 1),
  PLAIN ("f8_e8m0", FMTCONV_F8_E8M0, 1),
  BLOCK ("f6_e2m3", FMTCONV_F6_E2M3, 4, 3),
  BLOCK ("f6_e3m2", FMTCONV_F6_E3M2, 4, 3),
  BLOCK ("f4_e2m1", FMTCONV_F4_E2M1, 2, 1),
  BLOCK ("q4_0", FMTCONV_Q4_0, 32, 18),
  BLOCK ("q4_1", FMTCONV_Q4_1, 32, 20),
  BLOCK ("q5_0", FMTCONV_Q5_0, 32, 22),
  BLOCK ("q5_1", FMTCONV_Q5_1, 32, 24),
  BLOCK ("q8_0", FMTCONV_Q8_0, 32, 34),
  BLOCK ("q2_K", FMTCONV_Q2_K, 256, 84),
  BLOCK ("q3_K", FMTCONV_Q3_K, 256, 110),
  BLOCK ("q4_K", FMTCONV_Q4_K, 256, 144),
  BLOCK ("q5_K", FMTCONV_Q5_K, 256, 176),
  BLOCK ("q6_K", FMTCONV_Q6_K, 256, 210),
  BLOCK ("iq2_xxs", FMTCONV_IQ2_XXS, 256, 66),
  BLOCK ("iq2_xs", FMTCONV_IQ2_XS, 256, 74),
  BLOCK ("iq3_xxs", FMTCONV_IQ3_XXS, 256, 98),
  BLOCK ("iq1_s", FMTCONV_IQ1_S, 256, 50),
  BLOCK ("iq4_nl", FMTCONV_IQ4_NL, 32, 18),
  BLOCK ("iq3_s", FMTCONV_IQ3_S, 256, 110),
  BLOCK ("iq2_s", FMTCONV_IQ2_S, 256, 82),
  BLOCK ("iq4_xs", FMTCONV_IQ4_XS, 256, 136),
  BLOCK ("iq1_m", FMTCONV_IQ1_M, 256, 56),
  BLOCK ("tq1_0", FMTCONV_TQ1_0, 256, 54),
  BLOCK ("tq2_0", FMTCONV_TQ2_0, 256, 66),
  BLOCK ("mxfp4", FMTCONV_MXFP4, 32, 17),
  BLOCK ("nvfp4", FMTCONV_NVFP4, 64, 36),
  BLOCK ("q1_0", FMTCONV_Q1_0, 128, 18),
  BLOCK ("q2_0", FMTCONV_Q2_0, 64, 18),
};

/* Names in torch, numpy and common use. */
static const fmtconv_dtype_name aliases[] = {
  { FMTCONV_U8, "uint8", 0 },
  { FMTCONV_I8, "int8", 0 },
  { FMTCONV_U16, "uint16", 0 },
  { FMTCONV_I16, "int16", 0 },
  { FMTCONV_I16, "short", 0 },
  { FMTCONV_U32, "uint32", 0 },
  { FMTCONV_I32, "int32", 0 },
  { FMTCONV_I32, "int", 0 },
  { FMTCONV_U64, "uint64", 0 },
  { FMTCONV_I64, "int64", 0 },
  { FMTCONV_I64, "long", 0 },
  { FMTCONV_F16, "float16", 0 },
  { FMTCONV_F16, "fp16", 0 },
  { FMTCONV_F16, "half", 0 },
  { FMTCONV_BF16, "bfloat16", 0 },
  { FMTCONV_F32, "float32", 0 },
  { FMTCONV_F32, "fp32", 0 },
  { FMTCONV_F32, "float", 0 },
  { FMTCONV_F64, "float64", 0 },
  { FMTCONV_F64, "fp64", 0 },
  { FMTCONV_F64, "double", 0 },
  { FMTCONV_C32, "complex32", 0 },
  { FMTCONV_C64, "complex64", 0 },
  { FMTCONV_C128, "complex128", 0 },
  { FMTCONV_F8_E4M3, "float8_e4m3fn", 0 },
  { FMTCONV_F8_E4M3, "f8_e4m3fn", 0 },
  { FMTCONV_F8_E5M2, "float8_e5m2", 0 },
  { FMTCONV_F8_E4M3FNUZ, "float8_e4m3fnuz", 0 },
  { FMTCONV_F8_E5M2FNUZ, "float8_e5m2fnuz", 0 },
  { FMTCONV_F8_E8M0, "float8_e8m0fnu", 0 },
  { 0 },
};

const fmtconv_dtype_info *
fmtconv_dtype_get (uint32_t dtype)
{
  if (dtype < N_DTYPES)
    return infos[dtype].name ? &infos[dtype] : NULL;
  const fci_block_type *registered = dtype >= FMTCONV_PLUGIN_TYPE ? fci_block_type_get (dtype) : NULL;
  return registered ? &registered->info : NULL;
}

int
fmtconv_dtype_is_float (uint32_t dtype)
{
  return (dtype >= FMTCONV_F16 && dtype <= FMTCONV_F64)
         || (dtype >= FMTCONV_F8_E4M3 && dtype <= FMTCONV_F8_E5M2FNUZ);
}

int
fmtconv_dtype_is_blocks (uint32_t dtype)
{
  return dtype >= FMTCONV_GGML;
}

static int
fail_unknown (fmtconv_ctx *ctx, const char *name)
{
  const char *names[N_DTYPES + OTHERS], *list = "";
  size_t n = 0;
  for (uint32_t d = 0; d < N_DTYPES; d++)
    if (infos[d].name)
      names[n++] = infos[d].name;
  for (size_t i = 0; i < OTHERS && fci_block_type_at (i); i++)
    names[n++] = fci_block_type_at (i)->info.name;
  for (size_t i = 0; i < n && list; i++)
    list = fmtconv_ctx_printf (ctx, "%s%s%s", list, *list ? ", " : "", names[i]);
  const char *nearest = fci_spell_nearest (name, names, n);
  const char *hint = nearest ? fmtconv_ctx_printf (ctx, "did you mean %s?", nearest)
                             : fmtconv_ctx_printf (ctx, "known: %s", list);
  fmtconv_where where = { .hint = hint };
  return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "'%s' is not a data type", name);
}

uint32_t
fci_dtype_named (const char *name)
{
  for (uint32_t d = 0; d < N_DTYPES; d++)
    if (infos[d].name && strcasecmp (infos[d].name, name) == 0)
      return d;
  for (const fmtconv_dtype_name *alias = aliases; alias->name; alias++)
    if (strcasecmp (alias->name, name) == 0)
      return alias->dtype;
  return 0;
}

uint32_t
fmtconv_dtype_parse (fmtconv_ctx *ctx, const char *name)
{
  if (!ctx || ctx->failed || !name)
    return 0;
  const uint32_t own = fci_dtype_named (name);
  const fci_block_type *registered = own ? NULL : fci_block_type_named (name);
  if (!own && !registered && fci_block_types_load (ctx, name, 0) == 0)
    registered = fci_block_type_named (name);
  if (own || registered)
    return own ? own : registered->info.dtype;
  fail_unknown (ctx, name);
  return 0;
}

uint32_t
fmtconv_dtype_of_gguf (fmtconv_ctx *ctx, uint32_t number)
{
  if (!ctx || ctx->failed || number <= FMTCONV_PLUGIN_TYPE - FMTCONV_GGML || number > UINT16_MAX)
    return 0;
  const uint32_t dtype = FMTCONV_GGML + number;
  if (!fci_block_type_get (dtype) && fci_block_types_load (ctx, NULL, number))
    return 0;
  return fci_block_type_get (dtype) ? dtype : 0;
}

const fmtconv_dtype_name *
fmtconv_dtype_table_by_name (const fmtconv_dtype_name *table, const char *name)
{
  for (const fmtconv_dtype_name *entry = table; name && entry && entry->name; entry++)
    if (strcmp (entry->name, name) == 0)
      return entry;
  return NULL;
}

/* Returns whether it is a type of a plugin with a number in GGUF files. */
static bool
has_gguf_number (uint32_t dtype)
{
  return dtype > FMTCONV_PLUGIN_TYPE && dtype <= FMTCONV_GGML + UINT16_MAX;
}

const fmtconv_dtype_name *
fmtconv_dtype_table_by_dtype (const fmtconv_dtype_name *table, uint32_t dtype)
{
  for (const fmtconv_dtype_name *entry = table; entry && entry->name; entry++)
    if (entry->dtype == dtype || (entry->dtype == FMTCONV_PLUGIN_TYPE && has_gguf_number (dtype)))
      return entry;
  return NULL;
}
