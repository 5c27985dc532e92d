/* core/convert/links.h: runs transforms, on a model or on a component of several.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_LINKS_H
#define FCI_CONVERT_LINKS_H

#include "core/convert/link.h"

/* Transforms in order. */
typedef struct fci_links
{
  fci_link *link;
  size_t n;
  bool none; /* "none" was typed, or nothing was recognized */
} fci_links;

/* Room for one more transform at the end.  NULL: out of memory. */
fci_link *fci_links_add (fmtconv_ctx *ctx, fci_links *links);

/* How many of the first n transforms of both are the same, parameters included. */
size_t fci_links_common (const fci_links *a, const fci_links *b, size_t n);

/* Run transforms on *model, one by one, but those that ran already. */
int fci_links_run (fmtconv_ctx *ctx, const fci_links *links, const fmtconv_model **model);

#endif
