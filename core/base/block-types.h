/* core/base/block-types.h: the block types of plugins, known to the whole process.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Modules stay resident, and so do their types: the list only grows.  The number of a type follows from what it says of
 * itself, not from the order in which plugins are loaded: FMTCONV_GGML plus its number in GGUF files, else a hash of its
 * name.  All calls but those with a context are thread-safe. */
#ifndef FCI_BASE_BLOCK_TYPES_H
#define FCI_BASE_BLOCK_TYPES_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

enum
{
  FCI_MAX_BLOCK = 256, /* elements: as many as of ggml's types, for which buffers are made */
  FCI_MAX_ELEMENT_BYTES =
      2 /* bytes of a block for each element: blocks that are decoded in a worker's buffer fit in one */
};

/* A registered type. */
typedef struct fci_block_type
{
  fmtconv_dtype_info info;
  fmtconv_block_type type;
  char plugin[64];
} fci_block_type;

/* Returns the number that a type gets. */
uint32_t fci_block_type_number (const fmtconv_block_type *type);

/* Adds the checked types of a plugin, a list up to NULL: all, or none.  Returns NULL, also for types that were added before
 * just so, or why one cannot be added, in the context's arena. */
const char *fci_block_types_add (fmtconv_ctx *ctx, const char *plugin, const fmtconv_block_type *const *list);

/* Return a type by number, name in any case, or position; NULL: none. */
const fci_block_type *fci_block_type_get (uint32_t dtype);
const fci_block_type *fci_block_type_named (const char *name);
const fci_block_type *fci_block_type_at (size_t i);

/* Loads the plugins that may have a type that is not known: that of a name, or for NULL that of a number in GGUF files.
 * Returns 0 or the code of an error. */
typedef int fci_block_type_loader (fmtconv_ctx *ctx, const char *name, uint32_t gguf);

/* Gives the context its loader.  Returns 0 or a code. */
int fci_block_types_hold (fmtconv_ctx *ctx, fci_block_type_loader *loader);

/* Calls the loader, if the context has one.  Returns 0 or the code of an error. */
int fci_block_types_load (fmtconv_ctx *ctx, const char *name, uint32_t gguf);

#endif
