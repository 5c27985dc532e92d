/* core/model/scaling.c: finds quantized tensors with separate tensors of scales, by names and types.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/ending.h"
#include "core/model/model.h"
#include "core/model/packed.h"
#include "core/model/quant-description.h"
#include "core/model/scaling.h"
#include "core/view/view.h"
#include <string.h>

/* The name endings of one scheme's tensors, after a shared stem. */
typedef struct scheme
{
  const char *codes;
  const char *scale;
  const char *second; /* a single number for the tensor; NULL: none */
  bool divided;       /* the scale is divided by the second, else multiplied */
} scheme;

static const scheme schemes[] = {
  { "_packed", "_scale", "_global_scale", true }, /* compressed-tensors, of 4 bits */
  { ".weight", ".scale_weight", NULL, false },    /* ComfyUI */
  { "", "_scale_inv", NULL, false },              /* DeepSeek: a factor despite its name */
  { "", "_scale", "_scale_2", false },            /* ModelOpt, compressed-tensors, microscaling */
};

enum
{
  N_SCHEMES = sizeof schemes / sizeof *schemes
};

/* Endings of tensors next to a scaled tensor that are useless without its codes. */
static const char *const companions[] = { ".input_scale", ".scale_input", ".input_global_scale",
                                          ".comfy_quant" };
static const char *const weights[] = { ".weight", ".weight_packed" };

static bool
is_fp8 (uint32_t dtype)
{
  return dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E5M2 || dtype == FMTCONV_F8_E4M3FNUZ
         || dtype == FMTCONV_F8_E5M2FNUZ;
}

/* Two 4-bit codes per byte. */
static bool
is_bytes (uint32_t dtype)
{
  return dtype == FMTCONV_U8 || dtype == FMTCONV_I8;
}

static bool
may_be_codes (uint32_t dtype)
{
  return is_fp8 (dtype) || dtype == FMTCONV_F4_E2M1 || is_bytes (dtype);
}

static bool
is_number (uint32_t dtype)
{
  return dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 || dtype == FMTCONV_F32;
}

static bool
may_be_scale (uint32_t dtype)
{
  return is_number (dtype) || dtype == FMTCONV_F64 || dtype == FMTCONV_F8_E4M3 || dtype == FMTCONV_F8_E8M0
         || dtype == FMTCONV_U8;
}

/* Returns whether the tensors are codes and their scale. Byte tensors are common, so packed codes are
 * recognized by the type of their scales, or because the file describes them. Signed bytes with a scale that
 * is a plain number are integers. */
static bool
is_pair (const fmtconv_model *model, const fmtconv_tensor *codes, const fmtconv_tensor *scale)
{
  if (!scale || !may_be_scale (scale->dtype))
    return false;
  if (!is_bytes (codes->dtype))
    return true;
  return scale->dtype == FMTCONV_F8_E4M3 || scale->dtype == FMTCONV_F8_E8M0
         || (codes->dtype == FMTCONV_I8 && is_number (scale->dtype))
         || (scale->dtype == FMTCONV_U8
             && (fci_name_stem (codes->name, "_packed") || fci_quant_is_described (model, codes)));
}

/* Returns the scheme and the scale of a tensor of codes; NULL: none. */
static const scheme *
scheme_of (const fmtconv_model *model, const fmtconv_tensor *codes, const fmtconv_tensor **scale,
           size_t *stem)
{
  if (!may_be_codes (codes->dtype))
    return NULL;
  for (size_t i = 0; i < N_SCHEMES; i++)
    {
      *stem = *schemes[i].codes ? fci_name_stem (codes->name, schemes[i].codes) : strlen (codes->name);
      *scale = *stem ? fci_model_find_ending (model, codes->name, *stem, schemes[i].scale) : NULL;
      if (is_pair (model, codes, *scale))
        return &schemes[i];
    }
  return NULL;
}

size_t
fci_model_scaled (const fmtconv_model *model)
{
  const fmtconv_tensor *scale;
  const bool may_be_packed = fci_packed_may_occur (model);
  size_t stem, n = 0;
  FMTCONV_FOREACH (t, model)
    n += (may_be_packed && fci_packed_is_codes (model, t)) || scheme_of (model, t, &scale, &stem) != NULL;
  return n;
}

/* Returns whether it is the scale, or the second scale, of a tensor of codes. */
static bool
is_scale (const fmtconv_model *model, const fmtconv_tensor *t)
{
  for (size_t i = 0; i < N_SCHEMES; i++)
    {
      const char *const endings[] = { schemes[i].scale, schemes[i].second };
      for (unsigned k = 0; k < 2 && endings[k]; k++)
        {
          const fmtconv_tensor *scale, *codes;
          size_t n = fci_name_stem (t->name, endings[k]), stem;
          if (n && (codes = fci_model_find_ending (model, t->name, n, schemes[i].codes))
              && scheme_of (model, codes, &scale, &stem) == &schemes[i])
            return true;
        }
    }
  return false;
}

/* Returns whether it describes a scaled tensor and is useless without its codes. */
static bool
is_companion (const fmtconv_model *model, const fmtconv_tensor *t)
{
  const fmtconv_tensor *codes, *scale;
  size_t stem;
  if (strcmp (t->name, "scaled_fp8") == 0 || fci_name_stem (t->name, ".scaled_fp8"))
    return (fci_model_features (model) & FMTCONV_FEATURE_SCALED) != 0; /* known of frozen models */
  for (size_t i = 0; i < sizeof companions / sizeof *companions; i++)
    for (size_t k = 0; k < sizeof weights / sizeof *weights; k++)
      {
        const size_t n = fci_name_stem (t->name, companions[i]);
        if (n && (codes = fci_model_find_ending (model, t->name, n, weights[k]))
            && scheme_of (model, codes, &scale, &stem))
          return true;
      }
  return false;
}

int
fmtconv_model_scaling (const fmtconv_model *model, const fmtconv_tensor *tensor, fmtconv_scaling *scaling)
{
  fmtconv_scaling s = { .codes = tensor };
  size_t stem;
  const int packed = fci_packed_role (model, tensor, scaling);
  if (packed != FMTCONV_SCALING_NONE)
    return packed;
  const scheme *named = scheme_of (model, tensor, &s.scale, &stem);
  if (!named)
    return is_scale (model, tensor)       ? FMTCONV_SCALING_SCALE
           : is_companion (model, tensor) ? FMTCONV_SCALING_COMPANION
                                          : FMTCONV_SCALING_NONE;
  if (!scaling)
    return FMTCONV_SCALING_CODES;
  const size_t whole = fci_name_stem (tensor->name, "_packed");
  s.name = fmtconv_ctx_printf (tensor->view->ctx, "%.*s", (int) (whole ? whole : strlen (tensor->name)),
                               tensor->name);
  s.second = named->second ? fci_model_find_ending (model, tensor->name, stem, named->second) : NULL;
  *scaling = s;
  return FMTCONV_SCALING_CODES;
}
