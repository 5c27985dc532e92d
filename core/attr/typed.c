/* core/attr/typed.c: numbers with the type that a file declares.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/base/ctx.h"
#include <math.h>

/* Records that the type cannot hold the value. */
static void
fail (const fmtconv_attr *node, const char *key, const char *type, unsigned bits)
{
  if (node && !node->ctx->failed)
    fmtconv_fail (node->ctx, FMTCONV_E_INTERNAL, "attribute '%s' does not fit %s of %u bits", key ? key : "",
                  type, bits);
}

static bool
is_width (unsigned bits)
{
  return bits == 8 || bits == 16 || bits == 32 || bits == 64;
}

void
fmtconv_attr_set_typed_int (fmtconv_attr *node, const char *key, int64_t value, unsigned bits)
{
  if (!is_width (bits) || value < INT64_MIN >> (64 - bits) || value > INT64_MAX >> (64 - bits))
    fail (node, key, "an integer", bits);
  else
    fmtconv_attr_set (node, key,
                      &(fmtconv_attr){ .kind = FMTCONV_ATTR_INT, .v.i = value, .bits = (uint8_t) bits });
}

void
fmtconv_attr_set_typed_uint (fmtconv_attr *node, const char *key, uint64_t value, unsigned bits)
{
  if (!is_width (bits) || value > UINT64_MAX >> (64 - bits))
    fail (node, key, "an unsigned integer", bits);
  else
    fmtconv_attr_set (node, key,
                      &(fmtconv_attr){ .kind = value > INT64_MAX ? FMTCONV_ATTR_UINT : FMTCONV_ATTR_INT,
                                       .v.u = value,
                                       .bits = (uint8_t) bits,
                                       .is_unsigned = 1 });
}

void
fmtconv_attr_set_typed_float (fmtconv_attr *node, const char *key, double value, unsigned bits)
{
  double kept = bits == 32 ? (double) (float) value : value;
  if ((bits != 32 && bits != 64) || (isinf (kept) && !isinf (value)))
    fail (node, key, "a float", bits);
  else
    fmtconv_attr_set (node, key,
                      &(fmtconv_attr){ .kind = FMTCONV_ATTR_FLOAT, .v.f = kept, .bits = (uint8_t) bits });
}
