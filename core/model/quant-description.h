/* core/model/quant-description.h: what a file says of the quantization of its tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * ComfyUI describes layers in two places (comfy/utils.py, convert_old_quants; comfy/ops.py, MixedPrecisionOps): entry
 * `_quantization_metadata` of the safetensors header, a JSON text {"layers": {LAYER: {"format": FORMAT}}}, and tensors
 * LAYER.comfy_quant, whose bytes are the JSON text {"format": FORMAT}.  The header counts if both are there.  FORMAT
 * settles the type of the codes, the order of two codes in a byte, and the order of the scales. */
#ifndef FCI_MODEL_QUANT_DESCRIPTION_H
#define FCI_MODEL_QUANT_DESCRIPTION_H

#include "core/model/scope.h"
#include <fmtconv/model.h>
#include <stdbool.h>

typedef enum fci_quant_format
{
  FCI_QUANT_NONE,   /* the file does not describe the tensor */
  FCI_QUANT_SCALED, /* codes times their scales, in row-major order */
  FCI_QUANT_MXFP8,  /* fp8 codes with a scale for 32 of a row; scales in tiles */
  FCI_QUANT_NVFP4, /* fp4 codes, the first in the upper half of a byte, a scale for 16 of a row; scales in tiles */
  FCI_QUANT_OTHER /* fmtconv cannot decode it */
} fci_quant_format;

typedef struct fci_quant_description
{
  fci_quant_format format;
  const char *name; /* FORMAT, or what else makes it FCI_QUANT_OTHER; NULL: not described */
} fci_quant_description;

/* Returns whether the model's header, or a tensor next to `codes`, describes how `codes` are quantized.  Records no
 * error and reads no data. */
bool fci_quant_is_described (const fmtconv_model *model, const fmtconv_tensor *codes);

/* Finds the description of `codes`.  Returns 0, or the code of the error if it cannot be read. */
int fci_quant_describe (const fmtconv_model *model, const fmtconv_tensor *codes,
                        fci_quant_description *found);

/* Keeps the header's description of a transform's result true: an entry follows its codes to another name, and is
 * removed if the result lacks them.  For a model without components whose origins are recorded.  Returns 0 or the
 * code of an error. */
int fci_quant_follow (fmtconv_model *model, const fci_transform_scope *scope);

#endif
