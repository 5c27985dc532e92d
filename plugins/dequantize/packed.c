/* plugins/dequantize/packed.c: chooses how a quantizer's integers are decoded.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/dequantize/packed.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Schemes as fmtconv_model_scaling names them. */
static const struct
{
  const char *scheme;
  fmtconv_view *(*values) (const packed *p);
} decoders[] = {
  { "GPTQ or AWQ", gptq_values },           { "compressed-tensors packed integers", compressed_values },
  { "int8 with zero points", int8_values }, { "bitsandbytes 4-bit", bnb_values },
  { "bitsandbytes int8", bnb_int8_values },
};

fmtconv_view *
packed_values (const packed *p)
{
  for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
    if (strcmp (p->scaling->scheme, decoders[i].scheme) == 0)
      return decoders[i].values (p);
  return packed_refuse (
      p,
      "convert the model that it was quantized from, or copy it unchanged with -t none, or leave it "
      "out with -t dequantize:only=GLOB",
      "fmtconv does not decode %s", p->scaling->scheme);
}

const fmtconv_tensor *
packed_part (const packed *p, const char *ending)
{
  const char *name = fmtconv_ctx_printf (p->ctx, "%s%s", p->scaling->stem, ending);
  return name ? fmtconv_model_find (p->in, name) : NULL;
}

fmtconv_view *
packed_refuse (const packed *p, const char *hint, const char *format, ...)
{
  char why[512];
  va_list ap;
  va_start (ap, format);
  vsnprintf (why, sizeof why, format, ap);
  va_end (ap);
  fmtconv_fail_at (p->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .tensor = p->scaling->codes->name, .hint = hint },
                   "cannot be decoded: %s", why);
  return NULL;
}

const char *
packed_config (const packed *p, const char *key)
{
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (p->in), "config");
  return fmtconv_attr_get_string (fmtconv_attr_get (config, "quantization_config"), key, NULL);
}
