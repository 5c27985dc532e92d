/* plugins/dequantize/packed.h: tensors that a quantizer stores as integers with parts of its scheme.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PACKED_H
#define PACKED_H

#include <fmtconv/formats.h>

/* How GPTQ's zero points are stored; positions in the choices of zeros=. */
enum
{
  ZEROS_CONFIG,
  ZEROS_LESS_ONE,
  ZEROS_EXACT
};

/* A tensor that is decoded. */
typedef struct packed
{
  fmtconv_ctx *ctx;
  const fmtconv_model *in;
  const fmtconv_scaling *scaling;
  int zeros;
} packed;

/* Returns the tensor's values, rounded as the scheme's own software rounds them. NULL: an error was recorded, with a
 * way forward if the scheme is not decoded. */
fmtconv_view *packed_values (const packed *p);

/* Returns the part of the tensor with that name ending, or NULL. */
const fmtconv_tensor *packed_part (const packed *p, const char *ending);

/* Records that the tensor cannot be decoded. Returns NULL. */
fmtconv_view *packed_refuse (const packed *p, const char *hint, const char *format, ...) FMTCONV_PRINTF (3);

/* Returns an entry of the configuration's quantization_config, or NULL. */
const char *packed_config (const packed *p, const char *key);

/* Return the values of one scheme. */
fmtconv_view *gptq_values (const packed *p);
fmtconv_view *compressed_values (const packed *p);
fmtconv_view *int8_values (const packed *p);
fmtconv_view *bnb_values (const packed *p);
fmtconv_view *bnb_int8_values (const packed *p);

#endif
