/* core/base/state.h: state that a folder of the core keeps in a context.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_STATE_H
#define FCI_BASE_STATE_H

#include <fmtconv/types.h>
#include <stddef.h>

/* Identifies one struct of each context. A file declares its key as a static object, so that no other file
 * can use it. */
typedef struct fci_state_key
{
  const char *name; /* name of the file; it also identifies the struct if a program loads the library twice */
  size_t size;      /* bytes of the struct */
} fci_state_key;

/* Returns the struct of that key, which lives as long as the context; the first call allocates it, zeroed.
 * NULL: an error, or out of memory. For the thread that owns the context. */
void *fci_state (fmtconv_ctx *ctx, const fci_state_key *key);

/* Returns the struct of that key, or NULL if it does not exist yet. */
void *fci_state_find (const fmtconv_ctx *ctx, const fci_state_key *key);

#endif
