/* core/base/state.h: what a folder of the core keeps with a context.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_STATE_H
#define FCI_BASE_STATE_H

#include <fmtconv/types.h>
#include <stddef.h>

/* Names one struct of each context.  A file has its key as a static object, so that nobody else can ask for it. */
typedef struct fci_state_key
{
  const char *name; /* of the file; a program that holds the library twice finds one struct by it */
  size_t size;      /* bytes of the struct */
} fci_state_key;

/* Returns the struct of that key, which lives as long as the context; the first call makes it, zeroed.  NULL: it is not
 * made yet, and there is an error.  For the thread that owns the context. */
void *fci_state (fmtconv_ctx *ctx, const fci_state_key *key);

/* Returns the same, or NULL if it is not made yet. */
void *fci_state_find (const fmtconv_ctx *ctx, const fci_state_key *key);

#endif
