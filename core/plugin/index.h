/* core/plugin/index.h: the index of known plugins: what detection needs of a plugin that is not loaded, or not installed.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_INDEX_H
#define FCI_PLUGIN_INDEX_H

#include "core/plugin/evidence.h"
#include <fmtconv/plugin.h>
#include <stdbool.h>

/* One plugin of the index. */
typedef struct fci_index_entry
{
  const char *package; /* name of the package that holds it; NULL: not known */
  const char *file;    /* path of the index file */
  size_t line;         /* of the entry in that file */

  /* What a module's descriptor would say: name and summary; of a reader the suffixes; of a transform kind, precedence,
   * joins, and rules that recognize what the module's rules recognize, and make nothing; of a writer suffixes and
   * is_folder; of a codec names and GGUF numbers of its types.  It has no callbacks. */
  fmtconv_plugin plugin;

  const fci_evidence *evidence; /* of the reader */
  size_t n_evidence;
} fci_index_entry;

/* Returns all entries, sorted by name.  A context reads the files when they are first needed.  NULL: an error was
 * recorded. */
const fci_index_entry *fci_index (fmtconv_ctx *ctx, size_t *n);

/* Returns the entry of that name.  NULL: none, or an error was recorded. */
const fci_index_entry *fci_index_find (fmtconv_ctx *ctx, const char *name);

/* Returns the bid of the entry's reader by its evidence and suffixes; 0: it has no reader, or does not recognize the
 * input. */
int fci_index_bid (const fci_index_entry *entry, const fmtconv_peek *peek);

/* Returns "install the package PACKAGE", for hints.  NULL: out of memory. */
const char *fci_index_hint (fmtconv_ctx *ctx, const fci_index_entry *entry);

#endif
