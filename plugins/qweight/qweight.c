/* plugins/qweight/qweight.c: the transform that quantizes CogVideoX for ComfyUI-CogVideoXWrapper.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The wrapper (mz_gguf_loader.py, model_loading.py) reads safetensors with diffusers names, in which the weight of
 * a quantized linear layer is MODULE.Q8_0_qweight or MODULE.Q4_0_qweight, the bytes of its blocks; all other
 * tensors are plain. */
#include "config.h"

#include "plugins/common/linear.h"
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdbool.h>
#include <string.h>

struct params
{
  uint32_t to;
};

static const fmtconv_param params[] = {
  { "to", FMTCONV_PARAM_DTYPE, offsetof (struct params, to), NULL, "q8_0 or q4_0" },
  { 0 },
};

/* The properties by which the wrapper distinguishes models. */
struct model
{
  bool is_2b;
  bool is_i2v;
  bool is_1_5;
};

/* Linear layers that the wrapper does not expect in blocks, in all models or in 1.5 only. */
static const struct plain
{
  const char *glob;
  bool in_1_5;
} plain[] = {
  { "*patch_embed*", false },       { "*pos_embedding*", false }, { "*time_embedding*", false },
  { "*norm1.linear.weight", true }, { "*ofs_embedding*", true },  { "*norm_final*", true },
  { "*norm_out*", true },           { "proj_out*", true },
};

/* Reads the properties of the model from its patch embedding.  Fails if it is not a CogVideoX transformer. */
static int
read_properties (fmtconv_ctx *ctx, const fmtconv_model *in, struct model *model)
{
  const fmtconv_tensor *proj = fmtconv_model_find (in, "patch_embed.proj.weight");
  if (!proj || (proj->rank != 4 && proj->rank != 2))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint = "for a SAT checkpoint: -t cogvideox-transformer -t qweight:to=…" },
        "not a CogVideoX transformer with diffusers names: patch_embed.proj.weight is missing");
  *model = (struct model){ .is_2b = proj->shape[0] == 1920, .is_1_5 = proj->rank == 2 };
  model->is_i2v = proj->shape[1] == (model->is_1_5 ? 256 : 32);
  return 0;
}

static bool
is_convertible (uint32_t dtype)
{
  return fmtconv_dtype_is_float (dtype) || fmtconv_dtype_is_blocks (dtype);
}

static const char suffix[] = ".weight";

/* Returns whether a tensor is the weight of a linear layer that can be quantized to `to`. */
static bool
is_linear (const fmtconv_tensor *t, const struct model *model, uint32_t to)
{
  size_t len = strlen (t->name), tail = sizeof suffix - 1;
  if (!is_convertible (t->dtype) || t->rank != 2 || linear_refusal (t) || len <= tail
      || strcmp (t->name + len - tail, suffix) != 0 || t->shape[1] % fmtconv_dtype_get (to)->block != 0)
    return false;
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if ((model->is_1_5 || !plain[i].in_1_5) && fmtconv_glob_match (plain[i].glob, t->name))
      return false;
  return true;
}

static fmtconv_view *
as_f16 (const fmtconv_tensor *t)
{
  if (!is_convertible (t->dtype) || t->dtype == FMTCONV_F16)
    return t->view;
  return fmtconv_view_cast (fmtconv_view_watch (t->view, FMTCONV_FINDING_OVERFLOW | FMTCONV_FINDING_UNDERFLOW,
                                                FMTCONV_SEVERITY_WARN, "the wrapper computes in f16"),
                            FMTCONV_F16);
}

/* Notes the file name by which the wrapper recognizes the model; it does not support 1.5 text-to-video. */
static int
note_file_name (fmtconv_ctx *ctx, const struct model *model, const char *type)
{
  const char *name =
      fmtconv_ctx_printf (ctx, "CogVideoX_%s%s%s_GGUF_%s.safetensors", model->is_2b ? "2b" : "5b",
                          model->is_1_5 ? "_1_5" : "", model->is_i2v ? "_I2V" : "", type);
  if (model->is_1_5 && !model->is_i2v)
    return fmtconv_warn (ctx, "ComfyUI-CogVideoXWrapper does not support quantized CogVideoX 1.5 "
                              "text-to-video: it would load this as a model with other patches");
  return fmtconv_note (ctx, "ComfyUI-CogVideoXWrapper recognizes models by the file name: name the file %s",
                       name);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct model model = { 0 };
  size_t linear = 0, again = 0;
  if (p->to != FMTCONV_Q8_0 && p->to != FMTCONV_Q4_0)
    return fmtconv_fail (
        ctx, FMTCONV_E_USAGE,
        "ComfyUI-CogVideoXWrapper reads q8_0 and q4_0 only: qweight:to=q8_0 or qweight:to=q4_0");
  if (read_properties (ctx, in, &model))
    return fmtconv_ctx_failed (ctx);
  const char *type = p->to == FMTCONV_Q8_0 ? "Q8_0" : "Q4_0";
  FMTCONV_FOREACH (t, in)
    {
      if (!is_linear (t, &model, p->to))
        {
          fmtconv_model_put (out, t->name, as_f16 (t));
          continue;
        }
      int stem = (int) (strlen (t->name) - (sizeof suffix - 1));
      fmtconv_view *blocks = fmtconv_view_quantize (t->view, p->to, NULL);
      fmtconv_model_put (out, fmtconv_ctx_printf (ctx, "%.*s.%s_qweight", stem, t->name, type),
                         fmtconv_view_bytes (blocks));
      again += fmtconv_dtype_is_blocks (t->dtype) && t->dtype != p->to;
      linear++;
    }
  if (again
      && fmtconv_lossy (ctx, "%zu tensors are already quantized and would be quantized again, to %s", again,
                        type))
    return fmtconv_ctx_failed (ctx);
  fmtconv_note (ctx, "%zu of %zu tensors are quantized to %s; the others are f16", linear,
                fmtconv_model_count (in), type);
  return note_file_name (ctx, &model, type);
}

FMTCONV_PLUGIN (qweight, .name = "qweight", .summary = "quantizes CogVideoX for ComfyUI-CogVideoXWrapper",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "to=TYPE", .values = "to=q8_0|q4_0",
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply));
