/* tests/thirdparty/nf4.c: a plugin of others: decodes the 4-bit weights of bitsandbytes, with a codec.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <string.h>

#define STATE ".quant_state.bitsandbytes__nf4"

/* The 16 numbers that a code stands for, from the quantiles of a normal distribution. */
static const float table[16] = {
  -1.0F,
  -0.6961928009986877F,
  -0.5250730514526367F,
  -0.39491748809814453F,
  -0.28444138169288635F,
  -0.18477343022823334F,
  -0.09105003625154495F,
  0.0F,
  0.07958029955625534F,
  0.16093020141124725F,
  0.24611230194568634F,
  0.33791524171829224F,
  0.44070982933044434F,
  0.5626170039176941F,
  0.7229568362236023F,
  1.0F,
};

/* The codec: two codes in a byte, the first in the upper half; one scale for a block of elements. */
static const char *
decode (const void *params, const fmtconv_operand_part *in, uint64_t row, uint64_t column, size_t count,
        float *to)
{
  const uint64_t block = *(const uint64_t *) params;
  const uint8_t *codes = in[0].values;
  const float *scales = in[1].values;
  (void) row;
  for (uint64_t at = column; at < column + count; at++)
    {
      const uint8_t pair = codes[at / 2 - in[0].column];
      *to++ = table[at % 2 ? pair & 15 : pair >> 4] * scales[at / block - in[1].column];
    }
  return NULL;
}

static const fmtconv_codec codec = FMTCONV_CODEC (.name = "nf4", .decode = decode);

static const fmtconv_dtype_name dtypes[] = {
  { FMTCONV_F16, "float16", 0 }, { FMTCONV_BF16, "bfloat16", 0 }, { FMTCONV_F32, "float32", 0 }, { 0 }
};

/* A weight and the tensors that describe it. */
struct weight
{
  const char *name;
  const fmtconv_tensor *codes, *scales, *map, *state;
  uint64_t shape[FMTCONV_MAX_RANK], elements, block;
  unsigned rank;
  uint32_t dtype;
};

static const fmtconv_tensor *
part (fmtconv_ctx *ctx, const fmtconv_model *in, const char *name, const char *ending)
{
  const char *full = fmtconv_ctx_printf (ctx, "%s%s", name, ending);
  return full ? fmtconv_model_find (in, full) : NULL;
}

/* Takes the shape and the numbers of the text that describes a weight.  Returns 0: it does not. */
static int
take_state (fmtconv_ctx *ctx, struct weight *w)
{
  const char *why, *text = w->state->dtype == FMTCONV_U8 ? fmtconv_tensor_bytes (w->state) : NULL;
  fmtconv_attr *state = text ? fmtconv_attr_parse_json (ctx, text, &why) : NULL;
  const fmtconv_attr *shape = state ? fmtconv_attr_get (state, "shape") : NULL;
  const int64_t block = fmtconv_attr_get_int (state, "blocksize", 0);
  const fmtconv_dtype_name *dtype =
      fmtconv_dtype_table_by_name (dtypes, fmtconv_attr_get_string (state, "dtype", ""));
  if (!shape || shape->kind != FMTCONV_ATTR_ARRAY || !dtype || block < 2 || block > 1 << 16)
    return 0;
  w->elements = 1;
  for (const fmtconv_attr *a = shape->first; a; a = a->next)
    {
      if (w->rank == FMTCONV_MAX_RANK || a->kind != FMTCONV_ATTR_INT || a->v.i < 1
          || (uint64_t) a->v.i > INT64_MAX / 16 / w->elements)
        return 0;
      w->shape[w->rank++] = (uint64_t) a->v.i;
      w->elements *= (uint64_t) a->v.i;
    }
  w->block = (uint64_t) block;
  w->dtype = dtype->dtype;
  return 1;
}

/* Returns whether the parts have the sizes that the description gives. */
static int
is_complete (const struct weight *w)
{
  const uint64_t blocks = (w->elements + w->block - 1) / w->block;
  return w->codes && w->codes->dtype == FMTCONV_U8 && w->codes->bytes == (w->elements + 1) / 2 && w->scales
         && w->scales->dtype == FMTCONV_F32 && w->scales->bytes == blocks * sizeof (float);
}

/* Returns a tensor as one row of `n` elements. */
static fmtconv_view *
row_of (const fmtconv_tensor *t, uint64_t n)
{
  const uint64_t shape[] = { 1, n };
  return fmtconv_view_reshape (t->view, 2, shape);
}

/* Puts the values of a weight, and drops what described it. */
static void
put_weight (const struct weight *w, fmtconv_model *out)
{
  const fmtconv_operand operands[] = {
    { .view = row_of (w->codes, w->codes->bytes), .columns = { 1, 2 } },
    { .view = row_of (w->scales, w->scales->bytes / sizeof (float)), .columns = { 1, (uint32_t) w->block } },
  };
  fmtconv_view *values =
      fmtconv_view_decode (&codec, w->name, &w->block, sizeof w->block, 1, w->elements, operands, 2);
  fmtconv_model_put (out, w->name,
                     fmtconv_view_reshape (fmtconv_view_cast (values, w->dtype), w->rank, w->shape));
  fmtconv_model_drop (out, w->state, "a description of decoded weights");
  if (w->map)
    fmtconv_model_drop (out, w->map, "a description of decoded weights");
}

/* Takes the weight that a tensor describes.  Returns 0: it is another tensor, or an error was recorded. */
static int
find_weight (fmtconv_ctx *ctx, const fmtconv_model *in, const fmtconv_tensor *t, struct weight *w)
{
  const size_t n = strlen (t->name), ending = strlen (STATE);
  if (n <= ending || strcmp (t->name + n - ending, STATE))
    return 0;
  *w = (struct weight){ .name = fmtconv_ctx_printf (ctx, "%.*s", (int) (n - ending), t->name), .state = t };
  if (!w->name)
    return 0;
  w->codes = fmtconv_model_find (in, w->name);
  w->scales = part (ctx, in, w->name, ".absmax");
  w->map = part (ctx, in, w->name, ".quant_map");
  const fmtconv_where where = { .tensor = w->name };
  if (part (ctx, in, w->name, ".nested_absmax"))
    fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where, "its scales are quantized, too");
  else if (!take_state (ctx, w) || !is_complete (w))
    fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "its parts do not fit its description");
  return !fmtconv_ctx_failed (ctx);
}

static int
apply_nf4 (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  struct weight w;
  size_t found = 0;
  (void) params;
  FMTCONV_FOREACH (t, in)
    if (find_weight (ctx, in, t, &w))
      {
        put_weight (&w, out);
        found++;
      }
  if (!found && !fmtconv_ctx_failed (ctx))
    return fmtconv_model_fail_absent (in, "tensors of nf4");
  /* What is not a part of a weight stays. */
  FMTCONV_FOREACH (t, in)
    if (fmtconv_model_scaling (in, t, NULL) == FMTCONV_SCALING_NONE)
      fmtconv_model_put (out, t->name, t->view);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (nf4, .name = "nf4", .summary = "decode nf4 weights of bitsandbytes",
                .transform = FMTCONV_TRANSFORM (.understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply_nf4));
