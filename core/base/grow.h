/* core/base/grow.h: a text that becomes longer, piece by piece, in the context's arena.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_GROW_H
#define FCI_GROW_H

#include <fmtconv/types.h>

typedef struct fci_grow
{
  fmtconv_ctx *ctx;
  char *text; /* always ends with a NUL; NULL: nothing yet */
  size_t len;
  size_t room;
} fci_grow;

/* Add n bytes; a string; several strings, the last one followed by NULL.  After an error nothing happens. */
void fci_grow_bytes (fci_grow *grow, const char *s, size_t n);
void fci_grow_text (fci_grow *grow, const char *s);
void fci_grow_texts (fci_grow *grow, const char *s, ...) __attribute__ ((sentinel));

/* What it is; "" after an error. */
const char *fci_grown (const fci_grow *grow);

#endif
