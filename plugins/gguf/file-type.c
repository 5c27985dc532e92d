/* plugins/gguf/file-type.c: general.file_type, the type that most of a file's numbers have.
 * SPDX-License-Identifier: Apache-2.0 */
#include "gguf.h"

/* LlamaFileType of gguf-py (gguf/constants.py); of several of one data type, what llama.cpp makes unasked. */
static const struct
{
  uint32_t dtype;
  int file_type;
} types[] = {
  { FMTCONV_F32, 0 },      { FMTCONV_F16, 1 },     { FMTCONV_Q4_0, 2 },     { FMTCONV_Q4_1, 3 },
  { FMTCONV_Q8_0, 7 },     { FMTCONV_Q5_0, 8 },    { FMTCONV_Q5_1, 9 },     { FMTCONV_Q2_K, 10 },
  { FMTCONV_Q3_K, 12 },    { FMTCONV_Q4_K, 15 },   { FMTCONV_Q5_K, 17 },    { FMTCONV_Q6_K, 18 },
  { FMTCONV_IQ2_XXS, 19 }, { FMTCONV_IQ2_XS, 20 }, { FMTCONV_IQ3_XXS, 23 }, { FMTCONV_IQ1_S, 24 },
  { FMTCONV_IQ4_NL, 25 },  { FMTCONV_IQ3_S, 26 },  { FMTCONV_IQ2_S, 28 },   { FMTCONV_IQ4_XS, 30 },
  { FMTCONV_IQ1_M, 31 },   { FMTCONV_BF16, 32 },   { FMTCONV_TQ1_0, 36 },   { FMTCONV_TQ2_0, 37 },
  { FMTCONV_MXFP4, 38 },   { FMTCONV_NVFP4, 39 },  { FMTCONV_Q1_0, 40 },    { FMTCONV_Q3_K, 11 },
  { FMTCONV_Q3_K, 13 },    { FMTCONV_Q4_K, 14 },   { FMTCONV_Q5_K, 16 },    { FMTCONV_Q2_K, 21 },
  { FMTCONV_IQ3_S, 22 },   { FMTCONV_IQ3_S, 27 },  { FMTCONV_IQ2_S, 29 },
};

enum
{
  TYPES = sizeof types / sizeof *types
};

/* The data type of most bytes, 0: there are none. */
static uint32_t
most (const fmtconv_model *model)
{
  uint64_t bytes[FMTCONV_Q2_0 + 1] = { 0 };
  uint32_t best = 0;
  for
    FMTCONV_EACH (t, model)
  if (t->dtype <= FMTCONV_Q2_0)
    bytes[t->dtype] += t->bytes;
  for (uint32_t d = 1; d <= FMTCONV_Q2_0; d++)
    if (bytes[d] > bytes[best])
      best = d;
  return best;
}

static int
has (const fmtconv_model *model, uint32_t dtype)
{
  for
    FMTCONV_EACH (t, model)
  if (t->dtype == dtype)
    return 1;
  return 0;
}

int
gguf_file_type (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_attrs (model);
  const char *asked = fmtconv_get_string (attrs, "quantised", NULL);
  int64_t before = fmtconv_get_int (fmtconv_get (attrs, "gguf"), GGUF_FILE_TYPE, -1);
  uint32_t dtype = asked ? fmtconv_dtype_of (ctx, asked) : 0;
  int found = -1;
  if (!dtype || !has (model, dtype))
    dtype = most (model);
  for (int i = TYPES - 1; i >= 0; i--)
    if (types[i].dtype == dtype)
      {
        found = types[i].file_type;
        if (found == before)
          return found;
      }
  return found;
}
