/* plugins/common/pickled.h: what the readers of torch.save's files have in common.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PICKLED_H
#define PICKLED_H

#include <fmtconv/formats.h>
#include <fmtconv/pickle.h>
#include <stdbool.h>
#include <string.h>

enum
{
  PICKLED_NAME_MAX = 4096 /* bytes; one memoized text can be the name of many values */
};

/* Returns whether a file begins as torch.save writes it: an archive, or in the old format a pickle. */
static inline bool
pickled_by_torch (const fmtconv_peek *peek)
{
  return peek->head_len >= 4
         && (!memcmp (peek->head, "PK\3\4", 4) || (peek->head[0] == 0x80 && peek->head[1] <= 5));
}

/* Returns a pickled text as the name of a tensor, in the innermost scratch; NULL if it cannot be one, or after an error. */
static inline const char *
pickled_name (fmtconv_ctx *ctx, const fmtconv_value *text)
{
  size_t n;
  const char *bytes =
      fmtconv_value_kind (text) == FMTCONV_VALUE_STRING ? fmtconv_value_text (text, &n) : NULL;
  return bytes && n <= PICKLED_NAME_MAX && !memchr (bytes, 0, n)
             ? fmtconv_scratch_printf (ctx, "%.*s", (int) n, bytes)
             : NULL;
}

#endif
