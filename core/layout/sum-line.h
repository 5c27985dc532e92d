/* core/layout/sum-line.h: lines of a manifest, in the forms that sha256sum -c reads.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_SUM_LINE_H
#define FCI_LAYOUT_SUM_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum
{
  FCI_SUM_MANIFEST = 16 << 20 /* most bytes of a manifest */
};

typedef enum fci_sum_kind
{
  FCI_SUM_FILE,    /* a digest and a name */
  FCI_SUM_COMMENT, /* begins with '#' */
  FCI_SUM_OTHER    /* not a line of sha256sum, or one without its end */
} fci_sum_kind;

/* A line: it refers to the text of the manifest. */
typedef struct fci_sum_line
{
  fci_sum_kind kind;
  size_t at;          /* offset of the line */
  const char *digest; /* FCI_SHA256_TEXT hexadecimal digits, of either case … */
  const char *name;   /* … of this file, without the escapes of sha256sum */
} fci_sum_line;

/* The text of a manifest, which is changed while it is read. */
typedef struct fci_sum_text
{
  char *bytes; /* size + 1 */
  size_t size;
  size_t next; /* offset of the next line */
} fci_sum_text;

/* Reads the next line: "DIGEST  NAME", "DIGEST *NAME" or "SHA256 (NAME) = DIGEST", which may end in CR LF.  Returns false at the
 * end of the text. */
bool fci_sum_line_next (fci_sum_text *text, fci_sum_line *line);

#endif
