/* core/base/strbuf.h: a text that becomes longer, piece by piece, in the context's arena.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_STRBUF_H
#define FCI_BASE_STRBUF_H

#include <fmtconv/types.h>

typedef struct fci_strbuf
{
  fmtconv_ctx *ctx;
  char *text; /* always ends with a NUL; NULL: nothing yet */
  size_t len;
  size_t capacity;
} fci_strbuf;

/* Add n bytes; a string; several strings, the last one followed by NULL.  After an error nothing happens. */
void fci_strbuf_add_bytes (fci_strbuf *grow, const char *s, size_t n);
void fci_strbuf_add (fci_strbuf *grow, const char *s);
void fci_strbuf_add_all (fci_strbuf *grow, const char *s, ...) __attribute__ ((sentinel));

/* What it is; "" after an error. */
const char *fci_strbuf_text (const fci_strbuf *grow);

#endif
