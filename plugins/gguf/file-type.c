/* plugins/gguf/file-type.c: finds general.file_type, the data type with the most bytes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <strings.h>

/* LlamaFileType of gguf-py (gguf/constants.py).  The first entry of a data type is its default. */
static const struct file_type
{
  int number;
  uint32_t dtype;
  const char *name;
} types[] = {
  { 0, FMTCONV_F32, "F32" },          { 1, FMTCONV_F16, "F16" },          { 32, FMTCONV_BF16, "BF16" },
  { 2, FMTCONV_Q4_0, "Q4_0" },        { 3, FMTCONV_Q4_1, "Q4_1" },        { 8, FMTCONV_Q5_0, "Q5_0" },
  { 9, FMTCONV_Q5_1, "Q5_1" },        { 7, FMTCONV_Q8_0, "Q8_0" },        { 10, FMTCONV_Q2_K, "Q2_K" },
  { 21, FMTCONV_Q2_K, "Q2_K_S" },     { 12, FMTCONV_Q3_K, "Q3_K" },       { 11, FMTCONV_Q3_K, "Q3_K_S" },
  { 12, FMTCONV_Q3_K, "Q3_K_M" },     { 13, FMTCONV_Q3_K, "Q3_K_L" },     { 15, FMTCONV_Q4_K, "Q4_K" },
  { 14, FMTCONV_Q4_K, "Q4_K_S" },     { 15, FMTCONV_Q4_K, "Q4_K_M" },     { 17, FMTCONV_Q5_K, "Q5_K" },
  { 16, FMTCONV_Q5_K, "Q5_K_S" },     { 17, FMTCONV_Q5_K, "Q5_K_M" },     { 18, FMTCONV_Q6_K, "Q6_K" },
  { 19, FMTCONV_IQ2_XXS, "IQ2_XXS" }, { 20, FMTCONV_IQ2_XS, "IQ2_XS" },   { 28, FMTCONV_IQ2_S, "IQ2_S" },
  { 29, FMTCONV_IQ2_S, "IQ2_M" },     { 23, FMTCONV_IQ3_XXS, "IQ3_XXS" }, { 26, FMTCONV_IQ3_S, "IQ3_S" },
  { 22, FMTCONV_IQ3_S, "IQ3_XS" },    { 27, FMTCONV_IQ3_S, "IQ3_M" },     { 24, FMTCONV_IQ1_S, "IQ1_S" },
  { 31, FMTCONV_IQ1_M, "IQ1_M" },     { 25, FMTCONV_IQ4_NL, "IQ4_NL" },   { 30, FMTCONV_IQ4_XS, "IQ4_XS" },
  { 36, FMTCONV_TQ1_0, "TQ1_0" },     { 37, FMTCONV_TQ2_0, "TQ2_0" },     { 38, FMTCONV_MXFP4, "MXFP4" },
  { 39, FMTCONV_NVFP4, "NVFP4" },     { 40, FMTCONV_Q1_0, "Q1_0" },
};

enum
{
  TYPES = sizeof types / sizeof *types
};

static uint64_t
bytes_of (const fmtconv_model *model, uint32_t dtype)
{
  uint64_t bytes = 0;
  FMTCONV_FOREACH (t, model)
    bytes += t->dtype == dtype ? t->bytes : 0;
  return bytes;
}

/* Returns the file type of the data type with the most bytes; NULL: it has none, as those of plugins. */
static const struct file_type *
largest (const fmtconv_model *model)
{
  uint64_t best = 0;
  const struct file_type *found = NULL;
  for (const fmtconv_dtype_name *d = gguf_dtypes; d->dtype; d++)
    {
      uint64_t bytes = bytes_of (model, d->dtype);
      if (bytes <= best)
        continue;
      best = bytes;
      found = NULL;
      for (size_t i = 0; i < TYPES && !found; i++)
        if (types[i].dtype == d->dtype)
          found = &types[i];
    }
  uint64_t foreign = 0;
  FMTCONV_FOREACH (t, model)
    foreign += t->dtype > FMTCONV_PLUGIN_TYPE ? t->bytes : 0;
  return foreign > best ? NULL : found;
}

/* Returns whether the input's file type is still right: the model has blocks of that type or, because
 * quantized models also have some F32 and F16 tensors, most of its bytes have it. */
static int
is_still (const fmtconv_model *model, const struct file_type *type, const struct file_type *largest)
{
  return fmtconv_dtype_is_blocks (type->dtype) ? bytes_of (model, type->dtype) > 0
                                               : largest && type->dtype == largest->dtype;
}

/* Returns whether there are tensors in blocks: those of a type that was asked for may all have rows that need another. */
static int
has_blocks (const fmtconv_model *model)
{
  FMTCONV_FOREACH (t, model)
    {
      if (fmtconv_dtype_is_blocks (t->dtype))
        return 1;
    }
  return 0;
}

int
gguf_file_type (const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model);
  const char *asked = fmtconv_attr_get_string (attrs, "quantized", NULL);
  int64_t before = fmtconv_attr_get_int (fmtconv_attr_get (attrs, "gguf"), GGUF_FILE_TYPE, -1);
  const struct file_type *best = largest (model);
  for (size_t i = 0; i < TYPES && asked; i++)
    if (!strcasecmp (types[i].name, asked) && (bytes_of (model, types[i].dtype) || has_blocks (model)))
      return types[i].number;
  for (size_t i = 0; i < TYPES && !asked; i++)
    if (types[i].number == before && is_still (model, &types[i], best))
      return types[i].number;
  return best ? best->number : -1;
}
