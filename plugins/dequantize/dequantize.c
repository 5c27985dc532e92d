/* plugins/dequantize/dequantize.c: the transform that decodes tensors stored in blocks or with scales.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/dequantize/packed.h"
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

struct params
{
  uint32_t to;
  fmtconv_pairs only;
  int layout; /* enum fmtconv_scaling_layout */
  int zeros;
};

static const fmtconv_param params[] = {
  { "to", FMTCONV_PARAM_DTYPE, offsetof (struct params, to), "f32",
    "data type of decoded tensors: f32 (exact), f16 or bf16" },
  { "only", FMTCONV_PARAM_PAIRS, offsetof (struct params, only), NULL,
    "decode only tensors whose names match this glob; may be repeated" },
  { "layout", FMTCONV_PARAM_CHOICE, offsetof (struct params, layout), "auto|rows|tiles",
    "order of codes and scales that the file does not settle: rows (ModelOpt, torch) or tiles (ComfyUI)" },
  { "zeros", FMTCONV_PARAM_CHOICE, offsetof (struct params, zeros), "config|less-one|exact",
    "zero points of GPTQ: as config.json says, stored less one (checkpoint_format gptq), or exact "
    "(gptq_v2)" },
  { 0 },
};

/* Numbers of tensors. */
struct counts
{
  size_t decoded;
  size_t scaled;      /* multiplied by their scales */
  size_t kept_blocks; /* not matched by only= */
  size_t kept_scaled;
  size_t unpacked; /* decoded from integers of a quantizer */
  size_t kept_packed;
};

static int
is_named (const struct params *p, const char *name)
{
  int wanted = p->only.n == 0;
  for (size_t i = 0; i < p->only.n && !wanted; i++)
    wanted = fmtconv_glob_match (p->only.value[i], name);
  return wanted;
}

static int
is_stored_in_blocks (const fmtconv_tensor *t)
{
  return fmtconv_dtype_is_blocks (t->dtype) || t->dtype == FMTCONV_F4_E2M1;
}

/* Puts a tensor that has no scales, decoded if it is in blocks and matched. */
static void
decode (const struct params *p, const fmtconv_tensor *t, fmtconv_model *out, struct counts *n)
{
  const int blocks = is_stored_in_blocks (t), wanted = blocks && is_named (p, t->name);
  n->decoded += (size_t) wanted;
  n->kept_blocks += (size_t) (blocks && !wanted);
  fmtconv_model_put (out, t->name, wanted ? fmtconv_view_cast (t->view, p->to) : t->view);
}

/* Puts quantized values times their scales as one tensor, or both unchanged if only= does not match. */
static void
unscale (const struct params *p, const fmtconv_model *in, fmtconv_scaling *s, fmtconv_model *out,
         struct counts *n)
{
  if (is_named (p, s->codes->name))
    {
      n->scaled++;
      s->layout = p->layout;
      fmtconv_model_put (out, s->name, fmtconv_view_cast (fmtconv_model_unscale (in, s), p->to));
      return;
    }
  n->kept_scaled++;
  fmtconv_model_put (out, s->codes->name, s->codes->view);
  fmtconv_model_put (out, s->scale->name, s->scale->view);
  if (s->second)
    fmtconv_model_put (out, s->second->name, s->second->view);
}

/* Puts what the integers of a quantizer encode, or the integers if only= does not match. */
static void
unpack (const struct params *p, fmtconv_ctx *ctx, const fmtconv_model *in, const fmtconv_scaling *s,
        fmtconv_model *out, struct counts *n)
{
  if (is_named (p, s->codes->name))
    {
      const packed tensor = { .ctx = ctx, .in = in, .scaling = s, .zeros = p->zeros };
      n->unpacked++;
      fmtconv_model_put (out, s->name, fmtconv_view_cast (packed_values (&tensor), p->to));
      return;
    }
  n->kept_packed++;
  fmtconv_model_put (out, s->codes->name, s->codes->view);
}

/* Keeps a part of a scheme with its integers; of decoded ones, drops what only describes them. */
static void
put_part (const struct params *p, const fmtconv_tensor *t, const fmtconv_scaling *s, int role,
          fmtconv_model *out)
{
  if (!is_named (p, s->codes->name))
    fmtconv_model_put (out, t->name, t->view);
  else if (role == FMTCONV_SCALING_COMPANION)
    fmtconv_model_drop (out, t, "describes quantized values, which are now decoded");
}

/* Puts a tensor of a model with scales of numbers. */
static void
put_scaled (const struct params *p, const fmtconv_model *in, const fmtconv_tensor *t, int role,
            fmtconv_scaling *scaling, fmtconv_model *out, struct counts *n)
{
  switch (role)
    {
    case FMTCONV_SCALING_CODES:
      unscale (p, in, scaling, out, n);
      break;
    case FMTCONV_SCALING_SCALE: /* put with the tensor that it scales */
      break;
    case FMTCONV_SCALING_COMPANION:
      if (p->only.n == 0)
        fmtconv_model_drop (out, t, "describes quantized values, which are now decoded");
      else
        fmtconv_model_put (out, t->name, t->view);
      break;
    default:
      decode (p, t, out, n);
    }
}

static void
put_all (const struct params *p, fmtconv_ctx *ctx, const fmtconv_model *in, fmtconv_model *out,
         struct counts *n)
{
  FMTCONV_FOREACH (t, in)
    {
      fmtconv_scaling scaling = { 0 };
      const int role = fmtconv_model_scaling (in, t, &scaling);
      if (!scaling.scheme)
        put_scaled (p, in, t, role, &scaling, out, n);
      else if (role == FMTCONV_SCALING_CODES)
        unpack (p, ctx, in, &scaling, out, n);
      else
        put_part (p, t, &scaling, role, out);
    }
}

/* Removes quantization_config from the configuration, or a loader would expect quantized tensors. */
static void
fix_config (fmtconv_ctx *ctx, fmtconv_model *out)
{
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (out), "config");
  if (!fmtconv_attr_get (config, "quantization_config"))
    return;
  fmtconv_attr_unset (config, "quantization_config");
  fmtconv_note (ctx, "removed quantization_config from the configuration: no tensor is quantized any more");
}

/* Notes how many tensors are decoded, in a sentence for one or several, and how many stay as they are. */
static void
note_done (fmtconv_ctx *ctx, const char *one, const char *several, const char *to, size_t done, size_t kept,
           const char *how)
{
  const char *what = done == 1 ? one : several;
  if (kept)
    fmtconv_note (ctx, "%zu %s %s; %zu %s", done, what, to, kept, how);
  else if (done)
    fmtconv_note (ctx, "%zu %s %s", done, what, to);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct counts n = { 0 };
  if (p->to != FMTCONV_F32 && p->to != FMTCONV_F16 && p->to != FMTCONV_BF16)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "to=%s: tensors can be decoded to f32, f16 or bf16 only",
                         fmtconv_dtype_get (p->to)->name);
  if (p->only.n && fmtconv_globs_check (&p->only, in, "dequantize:only=GLOB"))
    return fmtconv_ctx_failed (ctx);
  put_all (p, ctx, in, out, &n);
  if (n.scaled + n.unpacked && !n.kept_scaled && !n.kept_packed)
    fix_config (ctx, out);
  if (n.decoded + n.kept_blocks + n.scaled + n.kept_scaled + n.unpacked + n.kept_packed == 0)
    return fmtconv_note (ctx, "nothing to decode: no tensor is stored in blocks or has scales");
  const char *to = fmtconv_dtype_get (p->to)->name;
  note_done (ctx, "tensor is decoded to", "tensors are decoded to", to, n.decoded, n.kept_blocks,
             "stay in blocks");
  note_done (ctx, "tensor is multiplied by its scales, to", "tensors are multiplied by their scales, to", to,
             n.scaled, n.kept_scaled, "keep their quantized values and scales");
  note_done (ctx, "tensor of a quantizer is decoded to", "tensors of a quantizer are decoded to", to,
             n.unpacked, n.kept_packed, "keep their integers");
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (dequantize, .name = "dequantize",
                .summary = "decodes tensors stored in blocks, with scales, or as integers of a quantizer",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "to=TYPE",
                                                .values = "to=f32|f16|bf16",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
