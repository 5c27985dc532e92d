/* core/base/text.h: escaping and formatting of text that people will see.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_TEXT_H
#define FCI_BASE_TEXT_H

#include <fmtconv/types.h>
#include <locale.h>

enum
{
  FCI_TEXT_BYTES = 256 /* bytes of one string that are shown before it is cut with "…" */
};

/* One string, escaped and cut. */
char *fci_escape (fmtconv_ctx *ctx, const char *s, size_t len);

/* A number of bytes for people: "1.5 GiB". */
const char *fci_size_text (fmtconv_ctx *ctx, uint64_t bytes);

/* Bytes from "64M", "5GB", "1048576"; false: none. */
int fci_parse_size (const char *text, uint64_t *bytes);

/* The nearest of n names to a mistyped one by edit distance, or NULL where none is near. */
const char *fci_spell_nearest (const char *typed, const char *const *names, size_t n);

/* Valid UTF-8 without NUL, overlong forms and surrogates? */
int fci_is_utf8 (const char *s, size_t len);

/* Between begin and end this thread's printf and strtod are the C locale's.  end takes what begin gave. */
locale_t fci_c_locale_begin (void);
void fci_c_locale_end (locale_t before);

#endif
