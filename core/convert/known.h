/* core/convert/known.h: files and folders of known formats that no reader reads, and what users can do with them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_KNOWN_H
#define FCI_CONVERT_KNOWN_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* A row of the table.  It matches if all the conditions that it has are met. */
typedef struct fci_known
{
  const char *what; /* "a tar archive" */
  const char *hint; /* what to type; FILE stands for the path */
  unsigned bits;    /* evidence, as a reader's bid; 1: the name alone, or too little for more */
  bool is_folder;
  bool is_placeholder; /* it stands in for a checkpoint: refused for every reader */
  bool is_text;        /* `magic` in any case, after white space */
  int at;              /* position of `magic`; < 0: from the end of the file */
  unsigned n;          /* bytes of `magic`; 0: no condition */
  const char *magic;
  const char *inside; /* text in the first or the last 4096 bytes */
  const char *
      names; /* space-separated globs: one matches the usual name of a file; a folder has an entry for each */
  bool needs_name; /* a file must have such a name; always so if the row has no other condition */
} fci_known;

/* The table, in core/convert/known-table.c. */
extern const fci_known fci_known_table[];
extern const size_t fci_known_rows;

/* Returns the row with the most evidence; NULL: none. */
const fci_known *fci_known_find (const fmtconv_peek *peek);

/* Returns whether the name is one that files of that row have. */
bool fci_known_has_name (const fci_known *known, const fmtconv_peek *peek);

/* Fails with what the file is and what to type. Returns the error code. */
int fci_known_refuse (fmtconv_ctx *ctx, const fmtconv_peek *peek, const fci_known *known);

/* Fails if the file is empty or stands in for a checkpoint, such as a web page. Returns 0 or an error code. */
int fci_refuse_placeholder (fmtconv_ctx *ctx, const fmtconv_peek *peek);

#endif
