/* core/convert/links.h: runs transforms on a model or on one of its components.
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

/* Appends an empty link and returns it, or NULL if memory is exhausted. */
fci_link *fci_links_add (fmtconv_ctx *ctx, fci_links *links);

/* Returns how many of the first n transforms of both chains are equal, parameters included. */
size_t fci_links_common (const fci_links *a, const fci_links *b, size_t n);

/* Runs the transforms on *model in order, skipping those that already ran. Returns 0 or an error code. */
int fci_links_run (fmtconv_ctx *ctx, const fci_links *links, const fmtconv_model **model);

#endif
