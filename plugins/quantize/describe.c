/* plugins/quantize/describe.c: describes 8-bit floats for the program that will load them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ComfyUI reads entry _quantization_metadata of the safetensors header (comfy/utils.py, convert_old_quants; QUANTIZATION.md).
 * vLLM and transformers read quantization_config in config.json: that of compressed-tensors (quantization/quant_config.py,
 * QuantizationConfig), or that of DeepSeek-V3 (transformers: FineGrainedFP8Config). */
#include "config.h"

#include "plugins/common/linear.h"
#include "quantize.h"
#include <string.h>

/* What a loader can read. */
static const struct loader
{
  const char *name; /* as typed */
  unsigned scales;  /* a bit for each QUANTIZE_TENSOR … */
  int scale_name;
  bool e5m2;
} loaders[] = {
  [QUANTIZE_COMFY] = { "comfy", 1 << QUANTIZE_TENSOR, QUANTIZE_WEIGHT_SCALE, true },
  [QUANTIZE_COMPRESSED_TENSORS] = { "compressed-tensors",
                                    1 << QUANTIZE_TENSOR | 1 << QUANTIZE_ROW | 1 << QUANTIZE_BLOCK,
                                    QUANTIZE_WEIGHT_SCALE, false },
  [QUANTIZE_DEEPSEEK] = { "deepseek", 1 << QUANTIZE_BLOCK, QUANTIZE_WEIGHT_SCALE_INV, false },
};

int
quantize_read_loader (fmtconv_ctx *ctx, const struct quantize_params *p, struct quantize_scaling *scaling)
{
  const struct loader *loader = &loaders[p->meta];
  scaling->loader = p->meta;
  if (p->meta == QUANTIZE_NO_LOADER)
    return 0;
  if (!(loader->scales & 1u << p->scale))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "meta=%s needs %s", loader->name,
                         p->meta == QUANTIZE_COMFY      ? "scale=tensor"
                         : p->meta == QUANTIZE_DEEPSEEK ? "scale=block"
                                                        : "scale=tensor, scale=row or scale=block");
  if (p->scale_name != QUANTIZE_DEFAULT_NAME && p->scale_name != loader->scale_name)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "meta=%s sets the names of scales: leave out scale-name=", loader->name);
  scaling->name = loader->scale_name;
  return 0;
}

/* Returns the module of a weight; NULL after an error, or if the tensor is not called weight. */
static const char *
module_of (fmtconv_ctx *ctx, const char *name)
{
  return fmtconv_glob_match ("*.weight", name)
             ? fmtconv_ctx_printf (ctx, "%.*s", (int) (strlen (name) - strlen (".weight")), name)
             : NULL;
}

struct quantize_description
quantize_description_start (fmtconv_ctx *ctx, int loader)
{
  return (struct quantize_description){ .loader = loader,
                                        .layers = fmtconv_attr_object (ctx),
                                        .plain = fmtconv_attr_literal (ctx, "[]") };
}

void
quantize_describe (fmtconv_ctx *ctx, struct quantize_description *d, const fmtconv_tensor *t, uint32_t dtype)
{
  const struct loader *loader = &loaders[d->loader];
  const char *module = module_of (ctx, t->name);
  if (d->loader == QUANTIZE_NO_LOADER)
    return;
  if (!dtype)
    {
      if (module && !linear_refusal (t))
        fmtconv_attr_set_string (d->plain, NULL, module);
      return;
    }
  if (!module || (dtype == FMTCONV_F8_E5M2 && !loader->e5m2))
    {
      fmtconv_fail_at (
          ctx, FMTCONV_E_UNSUPPORTED,
          &(fmtconv_where){ .tensor = t->name, .hint = "leave it out with keep=GLOB, or leave out meta=" },
          "meta=%s cannot describe %s", loader->name,
          module ? "f8_e5m2 weights" : "a tensor that is not called weight");
      return;
    }
  fmtconv_attr *layer = fmtconv_attr_object (ctx);
  fmtconv_attr_set_string (layer, "format", dtype == FMTCONV_F8_E5M2 ? "float8_e5m2" : "float8_e4m3fn");
  fmtconv_attr_set (d->layers, module, layer);
}

static fmtconv_attr *
block_of (fmtconv_ctx *ctx, const struct quantize_scaling *s)
{
  fmtconv_attr *block = fmtconv_attr_literal (ctx, "[]");
  fmtconv_attr_set_uint (block, NULL, s->block[0]);
  fmtconv_attr_set_uint (block, NULL, s->block[1]);
  return block;
}

static fmtconv_attr *
comfy (fmtconv_ctx *ctx, const struct quantize_description *d)
{
  fmtconv_attr *all = fmtconv_attr_literal (ctx, FMTCONV_JSON ({ "format_version" : "1.0" }));
  fmtconv_attr_set (all, "layers", d->layers);
  return all;
}

static fmtconv_attr *
compressed_tensors (fmtconv_ctx *ctx, const struct quantize_scaling *s, const struct quantize_description *d)
{
  static const char *const strategies[] = {
    [QUANTIZE_TENSOR] = "tensor", [QUANTIZE_ROW] = "channel", [QUANTIZE_BLOCK] = "block"
  };
  fmtconv_attr *all = fmtconv_attr_literal (
      ctx, FMTCONV_JSON ({
        "quant_method" : "compressed-tensors",
        "format" : "naive-quantized",
        "quantization_status" : "compressed",
        "config_groups" : {
          "group_0" : {
            "targets" : ["Linear"],
            "weights" : { "num_bits" : 8, "type" : "float", "symmetric" : true, "dynamic" : false }
          }
        }
      }));
  fmtconv_attr *weights = fmtconv_attr_at (all, "config_groups/group_0/weights");
  fmtconv_attr_set_string (weights, "strategy", strategies[s->per]);
  if (s->per == QUANTIZE_BLOCK)
    fmtconv_attr_set (weights, "block_structure", block_of (ctx, s));
  fmtconv_attr_set (all, "ignore", d->plain);
  return all;
}

static fmtconv_attr *
deepseek (fmtconv_ctx *ctx, const struct quantize_scaling *s, const struct quantize_description *d)
{
  fmtconv_attr *all = fmtconv_attr_literal (
      ctx, FMTCONV_JSON ({ "quant_method" : "fp8", "fmt" : "e4m3", "activation_scheme" : "dynamic" }));
  fmtconv_attr_set (all, "weight_block_size", block_of (ctx, s));
  fmtconv_attr_set (all, "modules_to_not_convert", d->plain);
  return all;
}

int
quantize_put_description (fmtconv_ctx *ctx, const struct quantize_scaling *s,
                          const struct quantize_description *d, fmtconv_model *out)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *config = fmtconv_attr_get (attrs, "config");
  if (d->loader == QUANTIZE_NO_LOADER || d->layers->len == 0)
    return fmtconv_ctx_failed (ctx);
  if (d->loader == QUANTIZE_COMFY)
    fmtconv_attr_set_string (fmtconv_attr_make (attrs, "metadata"), "_quantization_metadata",
                             fmtconv_attr_json_text (comfy (ctx, d), 0));
  else if (!config)
    return fmtconv_fail_at (ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "convert a folder with a config.json" },
                            "meta=%s describes the weights in the model's configuration, and it has none",
                            loaders[d->loader].name);
  else
    fmtconv_attr_set (config, "quantization_config",
                      d->loader == QUANTIZE_DEEPSEEK ? deepseek (ctx, s, d) : compressed_tensors (ctx, s, d));
  return fmtconv_ctx_failed (ctx);
}
