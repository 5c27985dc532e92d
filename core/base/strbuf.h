/* core/base/strbuf.h: string builder in the context's arena.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_STRBUF_H
#define FCI_BASE_STRBUF_H

#include <fmtconv/types.h>

typedef struct fci_strbuf
{
  fmtconv_ctx *ctx;
  char *text; /* NUL-terminated; NULL: empty */
  size_t len;
  size_t capacity;
} fci_strbuf;

/* Appends n bytes, a string, or several strings followed by NULL. Does nothing after an error. */
void fci_strbuf_add_bytes (fci_strbuf *buf, const char *s, size_t n);
void fci_strbuf_add (fci_strbuf *buf, const char *s);
void fci_strbuf_add_all (fci_strbuf *buf, const char *s, ...) __attribute__ ((sentinel));

/* Returns the text; "" after an error. */
const char *fci_strbuf_text (const fci_strbuf *buf);

#endif
