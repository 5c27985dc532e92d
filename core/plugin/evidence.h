/* core/plugin/evidence.h: by what a reader's files and folders are known without its module.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_EVIDENCE_H
#define FCI_PLUGIN_EVIDENCE_H

#include <fmtconv/input.h>
#include <stdbool.h>

enum
{
  FCI_EVIDENCE_BYTES = 32, /* of one run of bytes, at most */
  FCI_EVIDENCE_RUNS = 4,   /* of one row, at most */
  FCI_EVIDENCE_ENTRIES = 4
};

/* Bytes at a place of a file, each in a range. */
typedef struct fci_bytes
{
  int at; /* < 0: from the end of the file */
  unsigned n;
  uint8_t low[FCI_EVIDENCE_BYTES];
  uint8_t high[FCI_EVIDENCE_BYTES];
} fci_bytes;

/* A row of evidence.  It holds if all the conditions that it has are met; with `entries` it is about a folder. */
typedef struct fci_evidence
{
  unsigned bits; /* as a reader's bid */
  unsigned n_bytes;
  fci_bytes bytes[FCI_EVIDENCE_RUNS];
  const char *inside; /* text in the first or the last 4096 bytes */
  const char *names;  /* space-separated globs: one matches the file's name */
  unsigned n_entries;
  const char *entries[FCI_EVIDENCE_ENTRIES]; /* as `names`: the folder has an entry for each */
  const char *except;                        /* globs: no name of the file; entries that do not count */
} fci_evidence;

/* Parses "OFFSET: HEX HEX-HEX …".  Returns why it is malformed, or NULL. */
const char *fci_bytes_parse (const char *text, fci_bytes *out);

/* Returns whether the text is in the first or the last 4096 bytes of the file. */
bool fci_peek_has_text (const fmtconv_peek *peek, const char *text);

/* Returns the bits of the row, or 0 if it does not hold. */
unsigned fci_evidence_bits (const fci_evidence *row, const fmtconv_peek *peek);

/* Returns whether the name ends in one of the space-separated suffixes (".npy .npz"), ignoring case. */
bool fci_has_suffix (const char *name, const char *suffixes);

#endif
