/* core/convert/typed.h: plugins and their parameters as typed, "NAME:key=value", become links.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_TYPED_H
#define FCI_CONVERT_TYPED_H

#include "core/convert/links.h"

/* Parses "NAME:key=value" to a link of that role.  Parses the parameters, too, so that typing errors are reported before a
 * file is opened.  Returns 0 or an error code. */
int fci_link_parse (fmtconv_ctx *ctx, const char *text, fci_role role, fci_link *out);

/* Parse "NAME:key=value" of a reader, and n texts of transforms, into links. Return 0 or an error code. */
int fci_reader_parse (fmtconv_ctx *ctx, const char *text, fci_link *out);
int fci_links_parse (fmtconv_ctx *ctx, const char *const *texts, size_t n, fci_links *out);

#endif
