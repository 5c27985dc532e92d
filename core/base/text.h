/* core/base/text.h: escaping and formatting of text for people.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_TEXT_H
#define FCI_BASE_TEXT_H

#include <fmtconv/types.h>

enum
{
  FCI_TEXT_BYTES = 256 /* bytes of one string before it is cut with "…" */
};

/* Returns a string escaped and cut, in the arena. */
char *fci_escape (fmtconv_ctx *ctx, const char *s, size_t len);

/* Returns a number of bytes for people: "1.5 GiB". */
const char *fci_size_text (fmtconv_ctx *ctx, uint64_t bytes);

/* Parses "64M", "5GB" or "1048576". Returns false if the text is not a size. */
int fci_parse_size (const char *text, uint64_t *bytes);

/* Returns the name nearest to a mistyped name by edit distance, or NULL if no name is close. */
const char *fci_spell_nearest (const char *typed, const char *const *names, size_t n);

/* Returns whether the text is valid UTF-8 without NULs, overlong forms and surrogates. */
int fci_is_utf8 (const char *s, size_t len);

#endif
