/* core/model/packed.c: the table of quantizers that store integers, known by the names and types of their tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What a scheme's integers mean is for a decoder (fmtconv_view_decode); that they are not plain numbers is known here,
 * for every plugin. */
#include "config.h"

#include "core/model/ending.h"
#include "core/model/packed.h"
#include "core/model/skeleton.h"
#include "core/view/view.h"
#include <string.h>

enum
{
  PARTS = 9,
  NOTES = 3
};

/* The name endings of one scheme's tensors, after a shared stem. */
typedef struct packing
{
  const char *scheme;
  const char *codes;
  const char *values;       /* ending of the tensor that they encode */
  uint32_t dtype;           /* of the codes; ANY */
  uint32_t scale;           /* type of the first part; ANY_FLOAT, ANY */
  const char *needs;        /* another part that must exist; NULL: none */
  const char *parts[PARTS]; /* tensors of numbers; the first must exist, and is called the scale */
  const char *notes[NOTES]; /* tensors without use unless there are codes */
  bool column;              /* the codes have one axis, or one column */
} packing;

/* No data types. */
enum
{
  ANY_FLOAT = UINT16_MAX,
  ANY
};

static const packing packings[] = {
  { "GPTQ or AWQ",
    ".qweight",
    ".weight",
    FMTCONV_I32,
    ANY_FLOAT,
    NULL,
    { ".scales", ".qzeros", ".g_idx" },
    { NULL } },
  { "compressed-tensors packed integers",
    "_packed",
    "",
    FMTCONV_I32,
    ANY_FLOAT,
    NULL,
    { "_scale", "_zero_point", "_g_idx" },
    { "_shape" } },
  { "int8 with zero points",
    "",
    "",
    FMTCONV_I8,
    ANY_FLOAT,
    "_zero_point",
    { "_scale", "_zero_point" },
    { NULL } },
  { "bitsandbytes 4-bit",
    "",
    "",
    ANY, /* bytes, or other types that a program moves more easily */
    ANY,
    NULL,
    { ".absmax", ".nested_absmax", ".nested_quant_map" },
    { ".quant_map", ".quant_state.bitsandbytes__nf4", ".quant_state.bitsandbytes__fp4" },
    true },
  { "bitsandbytes int8",
    ".weight",
    ".weight",
    FMTCONV_I8,
    FMTCONV_F32,
    NULL,
    { ".SCB" },
    { ".weight_format" } },
  { "unsigned bytes with scales",
    "",
    "",
    FMTCONV_U8,
    ANY_FLOAT,
    NULL,
    { "_scale", "_zero_point" },
    { NULL } },
  { "SVDQuant",
    ".qweight",
    ".weight",
    FMTCONV_I8,
    ANY,
    NULL,
    { ".wscales", ".wzeros", ".wtscale", ".wcscales", ".smooth", ".lora_down", ".lora_up", ".proj_down",
      ".proj_up" },
    { ".smooth_factor", ".smooth_factor_orig", ".smooth_orig" } },
  { "EETQ", ".weight", ".weight", FMTCONV_I8, ANY_FLOAT, NULL, { ".weight_scales" }, { NULL } },
  { "quanto", "._data", "", FMTCONV_U8, ANY_FLOAT, NULL, { "._scale", "._shift" }, { NULL } },
  { "quanto", "._data", "", FMTCONV_I8, ANY_FLOAT, NULL, { "._scale", "._shift" }, { NULL } },
  { "torchao", "_qdata", "", ANY, ANY, NULL, { "_scale", "_zero_point" }, { NULL } },
  { "torchao", ":qdata", "", ANY, ANY, NULL, { ":scale", ":zero_point" }, { NULL } },
  { "HQQ", ".W_q", ".weight", FMTCONV_U8, ANY_FLOAT, NULL, { ".scale", ".zero" }, { ".meta" } },
  { "EXL2",
    ".q_weight",
    ".weight",
    FMTCONV_I32,
    ANY,
    NULL,
    { ".q_scale", ".q_scale_max", ".q_groups", ".q_invperm" },
    { NULL } },
  { "AQLM", ".codes", ".weight", FMTCONV_I8, ANY_FLOAT, NULL, { ".codebooks", ".scales" }, { NULL } },
};

enum
{
  N_PACKINGS = sizeof packings / sizeof *packings
};

static bool
is_codes (const packing *p, const fmtconv_tensor *t)
{
  return (p->dtype == ANY || t->dtype == p->dtype)
         && (!p->column || t->rank == 1 || (t->rank == 2 && t->shape[1] == 1));
}

static bool
is_scale (const packing *p, uint32_t dtype)
{
  switch (p->scale)
    {
    case ANY:
      return true;
    case ANY_FLOAT:
      return dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 || dtype == FMTCONV_F32;
    default:
      return dtype == p->scale;
    }
}

/* Returns the scale of codes whose parts' names begin with the first `stem` bytes of a name; NULL: none. */
static const fmtconv_tensor *
scale_of (const fmtconv_model *model, const packing *p, const char *name, size_t stem)
{
  const fmtconv_tensor *scale = fci_model_find_ending (model, name, stem, p->parts[0]);
  if (!scale || !is_scale (p, scale->dtype))
    return NULL;
  return !p->needs || fci_model_find_ending (model, name, stem, p->needs) ? scale : NULL;
}

/* Returns the scale of the codes named by the first `stem` bytes of a name, and *codes; NULL: none. */
static const fmtconv_tensor *
find (const fmtconv_model *model, const packing *p, const char *name, size_t stem,
      const fmtconv_tensor **codes)
{
  *codes = fci_model_find_ending (model, name, stem, p->codes);
  return *codes && is_codes (p, *codes) ? scale_of (model, p, name, stem) : NULL;
}

/* Returns the bytes of a name before one of the endings; 0: it has none of them. */
static size_t
stem_of (const char *name, const char *const *endings, size_t n)
{
  size_t stem = 0;
  for (size_t i = 0; i < n && endings[i] && !stem; i++)
    stem = fci_name_stem (name, endings[i]);
  return stem;
}

/* Returns the role of a tensor in a scheme, and the bytes of its name that its parts share. */
static int
role_of (const packing *p, const fmtconv_tensor *t, size_t *stem)
{
  if ((*stem = stem_of (t->name, p->parts, PARTS)))
    return FMTCONV_SCALING_SCALE;
  if ((*stem = stem_of (t->name, p->notes, NOTES)))
    return FMTCONV_SCALING_COMPANION;
  *stem = !is_codes (p, t) ? 0 : *p->codes ? fci_name_stem (t->name, p->codes) : strlen (t->name);
  return *stem ? FMTCONV_SCALING_CODES : FMTCONV_SCALING_NONE;
}

bool
fci_packed_may_occur (const fmtconv_model *model)
{
  for (size_t i = 0; i < N_PACKINGS; i++)
    if (fci_model_may_have_ending (model, packings[i].parts[0]))
      return true;
  return false;
}

bool
fci_packed_is_codes (const fmtconv_model *model, const fmtconv_tensor *tensor)
{
  for (size_t i = 0; i < N_PACKINGS; i++)
    {
      const packing *p = &packings[i];
      if (!is_codes (p, tensor))
        continue;
      const size_t stem = *p->codes ? fci_name_stem (tensor->name, p->codes) : strlen (tensor->name);
      if (stem && scale_of (model, p, tensor->name, stem))
        return true;
    }
  return false;
}

int
fci_packed_role (const fmtconv_model *model, const fmtconv_tensor *tensor, fmtconv_scaling *scaling)
{
  for (size_t i = 0; i < N_PACKINGS; i++)
    {
      const packing *p = &packings[i];
      const fmtconv_tensor *codes, *scale;
      size_t stem;
      const int role = role_of (p, tensor, &stem);
      if (role == FMTCONV_SCALING_NONE || !(scale = find (model, p, tensor->name, stem, &codes)))
        continue;
      if (scaling)
        {
          const char *shared = fmtconv_ctx_printf (tensor->view->ctx, "%.*s", (int) stem, tensor->name);
          *scaling = (fmtconv_scaling){ .codes = codes, .scale = scale, .scheme = p->scheme, .stem = shared };
          scaling->name = fmtconv_ctx_printf (tensor->view->ctx, "%s%s", shared ? shared : "", p->values);
        }
      return role;
    }
  return FMTCONV_SCALING_NONE;
}
