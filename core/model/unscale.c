/* core/model/unscale.c: quantized values times their scales, in the layout that the file settles.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic is f32, in the order of the schemes' own decoders: a scale is multiplied by the second one (ModelOpt:
 * modelopt/torch/quantization/qtensor/nvfp4_tensor.py, NVFP4QTensor.dequantize; ComfyUI: comfy_kitchen/backends/eager/
 * quantization.py, dequantize_nvfp4), or divided by it (compressed-tensors: quantization/lifecycle/forward.py,
 * _dequantize), and then the codes by what that gives.  Integers are multiplied in the type of their scales, and so
 * rounded there (_dequantize too).
 *
 * Two 4-bit codes lie in a byte in either order, and a matrix of scales in rows or in tiles, and the wrong choice gives
 * wrong weights without an error.  So a choice is taken only from what the file says: ComfyUI's description of the layer,
 * a scheme's own names, the configuration's quantization_config, or shapes that fit one layout alone. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/quant-description.h"
#include "core/source/recode.h"
#include "core/view/recode.h"
#include "core/view/view.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Common block sizes; the shapes determine which one applies. */
static const uint64_t block_sizes[] = { 128, 64, 32, 16, 256, 512 };

/* The values of quant_method whose writers put the first code of a byte into its lower half, and scales in rows. */
static const char *const row_methods[] = { "modelopt", "compressed-tensors", "quark" };

enum
{
  MXFP8_BLOCK = 32,
  NVFP4_BLOCK = 16
};

static bool
has_ending (const char *name, const char *ending)
{
  const size_t n = strlen (name), k = strlen (ending);
  return n > k && strcmp (name + n - k, ending) == 0;
}

/* Returns whether the codes are integers, whose scales are plain numbers. */
static bool
are_integers (const fmtconv_scaling *s)
{
  return s->codes->dtype == FMTCONV_I8
         && (s->scale->dtype == FMTCONV_F16 || s->scale->dtype == FMTCONV_BF16
             || s->scale->dtype == FMTCONV_F32);
}

/* Returns whether the codes are packed by two in bytes. */
static bool
is_packed (const fmtconv_scaling *s)
{
  return (s->codes->dtype == FMTCONV_U8 || s->codes->dtype == FMTCONV_I8) && !are_integers (s);
}

static const char *
shape_text (const fmtconv_tensor *t)
{
  const char *text = "[";
  for (unsigned i = 0; i < t->rank && text; i++)
    text =
        fmtconv_ctx_printf (t->view->ctx, "%s%s%llu", text, i ? ", " : "", (unsigned long long) t->shape[i]);
  return text ? fmtconv_ctx_printf (t->view->ctx, "%s]", text) : "";
}

static fmtconv_view *
refuse (const fmtconv_scaling *s, const char *why, const char *hint)
{
  fmtconv_fail_at (s->codes->view->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .tensor = s->codes->name,
                                     .hint = hint ? hint : "leave it out with -t dequantize:only=GLOB" },
                   "its scales '%s' cannot be applied: %s (%s %s scaled by %s %s)", s->scale->name, why,
                   fmtconv_dtype_get (s->codes->dtype)->name, shape_text (s->codes),
                   fmtconv_dtype_get (s->scale->dtype)->name, shape_text (s->scale));
  return NULL;
}

static uint64_t
up_to (uint64_t n, uint64_t multiple)
{
  return n / multiple * multiple + (n % multiple ? multiple : 0);
}

/* Returns the columns of the matrix of codes. */
static uint64_t
columns_of (const fmtconv_scaling *s)
{
  const uint64_t stored = s->codes->rank ? s->codes->shape[s->codes->rank - 1] : 1;
  return is_packed (s) ? 2 * stored : stored;
}

/* Returns whether the scales have that many rows and columns. */
static bool
scales_are (const fmtconv_scaling *s, uint64_t rows, uint64_t columns)
{
  return s->scale->rank == 2 && s->scale->shape[0] == rows && s->scale->shape[1] == columns;
}

static bool
fit_rows (const fmtconv_scaling *s, uint64_t block)
{
  return s->codes->rank == 2 && columns_of (s) % block == 0
         && scales_are (s, s->codes->shape[0], columns_of (s) / block);
}

static bool
fit_tiles (const fmtconv_scaling *s, uint64_t block)
{
  return s->codes->rank == 2 && columns_of (s) % block == 0
         && scales_are (s, up_to (s->codes->shape[0], FCI_TILE_ROWS),
                        up_to (columns_of (s) / block, FCI_TILE_COLUMNS));
}

/* Returns whether the configuration names a writer of rows. */
static bool
is_row_method (const fmtconv_model *model)
{
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (model), "config");
  const char *method =
      fmtconv_attr_get_string (fmtconv_attr_get (config, "quantization_config"), "quant_method", "");
  for (size_t i = 0; i < sizeof row_methods / sizeof *row_methods; i++)
    if (strcmp (method, row_methods[i]) == 0)
      return true;
  return false;
}

/* Returns the elements that share a scale in the formats whose scales may be in tiles; 0: another format. */
static uint64_t
tile_block (const fmtconv_scaling *s)
{
  const bool exponents = s->scale->dtype == FMTCONV_F8_E8M0 || (s->scale->dtype == FMTCONV_U8 && !s->second);
  if (s->codes->dtype == FMTCONV_F8_E4M3 || s->codes->dtype == FMTCONV_F8_E5M2)
    return exponents ? MXFP8_BLOCK : 0;
  return is_packed (s) || s->codes->dtype == FMTCONV_F4_E2M1 ? (exponents ? MXFP8_BLOCK : NVFP4_BLOCK) : 0;
}

/* Returns the layout of scales that no description, name or configuration settles; FMTCONV_LAYOUT_UNKNOWN after an
 * error. */
static int
layout_by_shape (const fmtconv_scaling *s)
{
  static const char hint[] =
      "say which program wrote the file: -t dequantize:layout=rows for ModelOpt and torch, "
      "-t dequantize:layout=tiles for ComfyUI";
  const uint64_t block = tile_block (s);
  if (s->layout != FMTCONV_LAYOUT_UNKNOWN || !block)
    return block ? s->layout : FMTCONV_LAYOUT_ROWS;
  if (is_packed (s))
    refuse (s, "the file does not say which of two codes in a byte is the first", hint);
  else if (!fit_tiles (s, block))
    return FMTCONV_LAYOUT_ROWS;
  else if (!fit_rows (s, block))
    return FMTCONV_LAYOUT_TILES;
  else
    refuse (s, "the file does not say whether they are stored in rows or in tiles", hint);
  return FMTCONV_LAYOUT_UNKNOWN;
}

/* Refuses tensors that are not those of the described format. */
static int
refuse_format (const fmtconv_scaling *s, const fci_quant_description *d)
{
  refuse (s,
          fmtconv_ctx_printf (s->codes->view->ctx,
                              "the tensors are not those of the format %s that the file names", d->name),
          NULL);
  return FMTCONV_LAYOUT_UNKNOWN;
}

/* Returns the layout of a tensor's codes and scales; FMTCONV_LAYOUT_UNKNOWN after an error. */
static int
layout_of (const fmtconv_model *model, const fmtconv_scaling *s)
{
  fci_quant_description d;
  if (fci_quant_describe (model, s->codes, &d))
    return FMTCONV_LAYOUT_UNKNOWN;
  switch (d.format)
    {
    case FCI_QUANT_SCALED:
      return is_packed (s) ? refuse_format (s, &d) : FMTCONV_LAYOUT_ROWS;
    case FCI_QUANT_MXFP8:
      return is_packed (s) || !tile_block (s) ? refuse_format (s, &d) : FMTCONV_LAYOUT_TILES;
    case FCI_QUANT_NVFP4:
      return is_packed (s) && s->second ? FMTCONV_LAYOUT_TILES : refuse_format (s, &d);
    case FCI_QUANT_OTHER:
      refuse (s, fmtconv_ctx_printf (s->codes->view->ctx, "fmtconv does not decode their format, %s", d.name),
              NULL);
      return FMTCONV_LAYOUT_UNKNOWN;
    default:
      return has_ending (s->codes->name, "_packed") || is_row_method (model) ? FMTCONV_LAYOUT_ROWS
                                                                             : layout_by_shape (s);
    }
}

/* Returns the number of indices of an axis that share a scale; 0: the shapes do not fit. */
static uint64_t
block_of (uint64_t extent, uint64_t scales)
{
  if (scales == extent || scales == 1)
    return scales == 1 ? extent : 1;
  for (size_t i = 0; i < sizeof block_sizes / sizeof *block_sizes; i++)
    if (extent / block_sizes[i] + (extent % block_sizes[i] != 0) == scales)
      return block_sizes[i];
  return scales && extent % scales == 0 ? extent / scales : 0;
}

/* Returns the scales with as many axes as the codes; adds missing axes at the end. */
static fmtconv_view *
with_axes (fmtconv_view *scale, unsigned rank)
{
  uint64_t shape[FMTCONV_MAX_RANK];
  if (!scale || scale->elements == 1 || scale->rank >= rank)
    return scale;
  for (unsigned i = 0; i < rank; i++)
    shape[i] = i < scale->rank ? scale->shape[i] : 1;
  return fmtconv_view_reshape (scale, rank, shape);
}

/* Computes the block sizes of all axes. Returns false if the shapes do not fit. */
static bool
take_blocks (fmtconv_view *codes, fmtconv_view *scale, uint64_t *block)
{
  if (scale->elements == 1)
    return true;
  if (scale->rank != codes->rank)
    return false;
  for (unsigned i = 0; i < codes->rank; i++)
    if (!(block[i] = block_of (codes->shape[i], scale->shape[i])))
      return false;
  return true;
}

/* Returns the scales in rows, without those that fill the last tiles.  NULL: an error. */
static fmtconv_view *
in_rows (const fmtconv_scaling *s, fmtconv_view *scale)
{
  const uint64_t block = tile_block (s);
  if (!fit_tiles (s, block))
    return refuse (s,
                   fmtconv_ctx_printf (
                       scale->ctx, "the shape is not that of tiles of %d x %d with a scale for %llu codes",
                       FCI_TILE_ROWS, FCI_TILE_COLUMNS, (unsigned long long) block),
                   NULL);
  scale = fci_view_untile (scale);
  scale = fmtconv_view_slice (scale, 0, 0, s->codes->shape[0]);
  return fmtconv_view_slice (scale, 1, 0, columns_of (s) / block);
}

/* Returns the scales as numbers: bytes are exponents, or E4M3 next to a second scale. */
static fmtconv_view *
scales (const fmtconv_scaling *s, int layout)
{
  fmtconv_view *scale = layout == FMTCONV_LAYOUT_TILES ? in_rows (s, s->scale->view) : s->scale->view;
  const bool divided = s->second && has_ending (s->second->name, "_global_scale");
  if (scale && s->scale->dtype == FMTCONV_U8)
    scale = fmtconv_view_reinterpret (scale, s->second ? FMTCONV_F8_E4M3 : FMTCONV_F8_E8M0);
  if (!s->second)
    return scale;
  return divided ? fmtconv_view_divide (scale, s->second->view, NULL)
                 : fmtconv_view_multiply (scale, s->second->view, NULL);
}

/* Returns the codes as numbers. */
static fmtconv_view *
numbers (const fmtconv_scaling *s, int layout)
{
  fmtconv_view *codes = s->codes->view;
  if (is_packed (s) && layout == FMTCONV_LAYOUT_TILES)
    codes = fci_view_swap_nibbles (codes);
  if (is_packed (s))
    codes = fmtconv_view_reinterpret (codes, FMTCONV_F4_E2M1);
  return codes && (codes->dtype == FMTCONV_F4_E2M1 || are_integers (s))
             ? fmtconv_view_cast (codes, FMTCONV_F32)
             : codes;
}

/* Returns the scaled values. NULL: an error. */
static fmtconv_view *
values (const fmtconv_scaling *s, int layout)
{
  uint64_t block[FMTCONV_MAX_RANK] = { 0 };
  fmtconv_view *scale = scales (s, layout), *codes = scale ? numbers (s, layout) : NULL;
  if (!codes || !scale)
    return NULL;
  scale = with_axes (scale, codes->rank);
  if (scale && !take_blocks (codes, scale, block))
    return refuse (s, "the shapes do not fit", NULL);
  codes = fmtconv_view_multiply (codes, scale, block);
  return are_integers (s) ? fmtconv_view_cast (codes, s->scale->dtype) : codes;
}

/* Returns whether the layer's input is multiplied by numbers that the weights would have to take over (ModelOpt:
 * pre_quant_scale). */
static bool
has_input_factors (const fmtconv_model *model, const fmtconv_scaling *s)
{
  const size_t n = strlen (s->codes->name) - strlen ("weight");
  return has_ending (s->codes->name, ".weight")
         && fmtconv_model_find (
             model, fmtconv_ctx_printf (s->codes->view->ctx, "%.*spre_quant_scale", (int) n, s->codes->name));
}

fmtconv_view *
fmtconv_model_unscale (const fmtconv_model *model, const fmtconv_scaling *s)
{
  if (s->scheme)
    return refuse (s, s->scheme, "decode it with -t dequantize");
  if (s->second && s->second->view->elements != 1)
    return refuse (s, "their second scale is not a single number", NULL);
  if (has_input_factors (model, s))
    return refuse (s, "the layer multiplies its input by pre_quant_scale, which the weights do not include",
                   NULL);
  const int layout = layout_of (model, s);
  return layout == FMTCONV_LAYOUT_UNKNOWN ? NULL : values (s, layout);
}
