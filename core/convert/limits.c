/* core/convert/limits.c: refuses a model that the next stage cannot represent, listing every offending tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/limits.h"
#include "core/plugin/registry.h"
#include "core/view/view.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Properties of a tensor that exceed the limits. */
enum
{
  BAD_DTYPE = 1,
  BAD_RANK = 2,
  BAD_NAME = 4
};

/* Kinds of block types among the offenders. */
enum
{
  GGUF_BLOCKS = 1, /* a gguf file can store them */
  OTHER_BLOCKS = 2 /* of a plugin, without a number in GGUF files */
};

static unsigned
blocks_of (uint32_t dtype)
{
  const fmtconv_block_type *type = fmtconv_block_type_get (dtype);
  if (!fci_is_blocks (dtype))
    return 0;
  return type && !type->gguf ? OTHER_BLOCKS : GGUF_BLOCKS;
}

static const char *
dtype_name (uint32_t dtype)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  return info ? info->name : "an unknown data type";
}

/* Lists the tied tensors. Returns their number. */
static size_t
list_tied (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      {
        const fmtconv_tensor *duplicate = fmtconv_model_tied (leaf, t);
        if (duplicate)
          {
            fmtconv_detail (ctx, "'%s' is tied to '%s'", t->name, duplicate->name);
            n++;
          }
      }
  return n;
}

/* Lists the scaled tensors. Returns their number. */
static size_t
list_scaled (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t n = 0;
  fmtconv_scaling scaling;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      if (fmtconv_model_scaling (leaf, t, &scaling) == FMTCONV_SCALING_CODES)
        {
          fmtconv_detail (ctx, "'%s' (%s) is scaled by '%s' (%s)%s%s", t->name, dtype_name (t->dtype),
                          scaling.scale->name, dtype_name (scaling.scale->dtype), scaling.scheme ? ": " : "",
                          scaling.scheme ? scaling.scheme : "");
          n++;
        }
  return n;
}

int
fci_features_check (fmtconv_ctx *ctx, const char *owner, unsigned understands, const fmtconv_model *model)
{
  unsigned strange = fci_model_features (model) & ~understands;
  if (strange & FMTCONV_FEATURE_COMPONENTS)
    {
      size_t n = 0;
      const fmtconv_model *largest = NULL;
      for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (model, c)); n++)
        {
          fmtconv_detail (ctx, "%s: %zu tensors", fmtconv_model_name (c), fmtconv_model_count (c));
          if (!largest || fmtconv_model_count (c) > fmtconv_model_count (largest))
            largest = c;
        }
      const fmtconv_where where = {
        .hint = fmtconv_ctx_printf (
            ctx, "convert one component, such as INPUT/%s if the input is a folder of components",
            largest ? fmtconv_model_name (largest) : "NAME")
      };
      return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where,
                              n == 1 ? "%s takes one model, but the input has %zu component"
                                     : "%s takes one model, but the input has %zu components",
                              owner, n);
    }
  if (strange & FMTCONV_FEATURE_TIED)
    {
      size_t n = list_tied (ctx, model);
      return fmtconv_fail (
          ctx, FMTCONV_E_UNSUPPORTED,
          "%s does not support tied tensors (two names for the same bytes); the model has %zu", owner, n);
    }
  if (strange & FMTCONV_FEATURE_SCALED)
    {
      size_t n = list_scaled (ctx, model);
      return fmtconv_fail_at (
          ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "add -t dequantize before it" },
          "%s does not support scaled tensors (quantized values with separate scales); the model has %zu",
          owner, n);
    }
  return ctx->failed;
}

static unsigned
faults_of (const fmtconv_limits *limits, const fmtconv_tensor *t)
{
  unsigned bad = 0;
  if (limits->dtypes && !fmtconv_dtype_table_by_dtype (limits->dtypes, t->dtype))
    bad |= BAD_DTYPE;
  if (limits->rank && t->rank > limits->rank)
    bad |= BAD_RANK;
  if (limits->name_bytes && strlen (t->name) > limits->name_bytes)
    bad |= BAD_NAME;
  return bad;
}

static void
list_faults (fmtconv_ctx *ctx, const fmtconv_limits *limits, const fmtconv_tensor *t, unsigned bad)
{
  if (bad & BAD_DTYPE)
    fmtconv_detail (ctx, "tensor '%s': %s cannot be stored", t->name, dtype_name (t->dtype));
  if (bad & BAD_RANK)
    fmtconv_detail (ctx, "tensor '%s': %u dimensions, at most %u", t->name, t->rank, limits->rank);
  if (bad & BAD_NAME)
    fmtconv_detail (ctx, "tensor '%s': the name has %zu bytes, at most %zu", t->name, strlen (t->name),
                    limits->name_bytes);
}

/* Returns a hint that names a data type of the writer for floats, or NULL. */
static const char *
other_dtype (fmtconv_ctx *ctx, const fmtconv_limits *limits, unsigned blocks)
{
  if (blocks & OTHER_BLOCKS)
    return "add -t dequantize to decode them";
  if (blocks)
    return "add -t dequantize to decode them, or write a gguf file to keep them unchanged";
  static const uint32_t wanted[] = { FMTCONV_F32, FMTCONV_F16, FMTCONV_BF16 };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (fmtconv_dtype_table_by_dtype (limits->dtypes, wanted[i]))
      return fmtconv_ctx_printf (ctx, "--dtype %s", dtype_name (wanted[i]));
  return NULL;
}

/* Returns a hint if all offenders exceed the same limit, else NULL. */
static const char *
advice (fmtconv_ctx *ctx, const fmtconv_writer *writer, unsigned bad, bool only_floats, unsigned blocks)
{
  switch (bad)
    {
    case BAD_DTYPE:
      return only_floats ? other_dtype (ctx, &writer->limits, blocks) : NULL;
    case BAD_RANK:
      return writer->rank_hint;
    case BAD_NAME:
      return writer->name_hint;
    default:
      return NULL;
    }
}

/* Returns the writer's limits for these parameters. */
static fmtconv_limits
limits_of (const fmtconv_plugin *writer, const void *params)
{
  fmtconv_limits limits = writer->writer->limits;
  if (writer->writer->adjust)
    writer->writer->adjust (params, &limits);
  return limits;
}

int
fci_limits_check (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const void *params,
                  const fmtconv_model *model)
{
  fmtconv_limits moved = limits_of (writer, params);
  const fmtconv_limits *limits = &moved;
  const char *owner = fci_plugin_title (ctx, "writer", writer);
  size_t offenders = 0, count = fci_model_tensors (model);
  unsigned all_bad = 0, blocks = 0;
  bool only_floats = true;
  if (fci_features_check (ctx, owner, limits->understands, model))
    return ctx->failed;
  if (writer->writer->adjust_to)
    writer->writer->adjust_to (params, model, &moved);
  if (limits->tensors && count > limits->tensors)
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED, "%s can store at most %zu tensors; the model has %zu",
                         owner, limits->tensors, count);
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      {
        unsigned bad = faults_of (limits, t);
        if (!bad)
          continue;
        offenders++;
        all_bad |= bad;
        only_floats = only_floats && (fmtconv_dtype_is_float (t->dtype) || fci_is_blocks (t->dtype));
        blocks |= blocks_of (t->dtype);
        list_faults (ctx, limits, t, bad);
      }
  if (!offenders)
    return ctx->failed;
  fmtconv_where where = { .hint = advice (ctx, writer->writer, all_bad, only_floats, blocks) };
  return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where, "%s cannot store %zu of %zu tensors", owner,
                          offenders, count);
}

int
fci_files_warn (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const void *params,
                const fmtconv_model *model)
{
  size_t n = 0;
  if (!(fci_model_features (model) & ~limits_of (writer, params).understands & FMTCONV_FEATURE_BLOBS))
    return 0;
  FCI_FOREACH_LEAF (leaf, model)
    for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (leaf, blob)); n++)
      fmtconv_detail (ctx, "%s", blob->name);
  return fmtconv_warn (ctx,
                       n == 1 ? "%s stores only tensors; %zu other file is dropped:"
                              : "%s stores only tensors; %zu other files are dropped:",
                       fci_plugin_title (ctx, "writer", writer), n);
}
