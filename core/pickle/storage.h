/* core/pickle/storage.h: reads the persistent ids of storages, and records the errors of a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_STORAGE_H
#define FCI_PICKLE_STORAGE_H

#include "core/pickle/machine.h"
#include "core/pickle/tensor.h"

/* Records an error of a tensor; the value is the code `c`, which is not 0. */
#define fci_torch_wrong(ctx, t, c, ...) ((t)->why = fmtconv_ctx_printf (ctx, __VA_ARGS__), (t)->code = (c))

/* Checks the form of a persistent id, and sets t->item and t->storage_bytes.  Every id that the machine has pushed has
 * passed.  Returns 0 or t->code. */
int fci_torch_storage_check (fmtconv_ctx *ctx, const fci_pickle_items *part, fci_torch_tensor *t);

/* Checks that the ids of a pickle which name one storage agree about its type and its size.  The ids are sorted.
 * Returns 0 or E_FORMAT. */
int fci_torch_storages_agree (fmtconv_ctx *ctx, fmtconv_source *pickle, fci_pickle_storages *ids);

/* Reads type, key and size of the storage `id` into *t.  dtype: the element type that the tensor names, 0:
 * none. Returns 0 or t->code. */
int fci_torch_storage_read (fmtconv_ctx *ctx, const fmtconv_value *id, uint32_t dtype, fci_torch_tensor *t);

/* Reads the bytes per element, t->item, and t->storage_bytes of a storage, even if its element type is not supported.
 * Returns 0 or t->code. */
int fci_torch_storage_extent (fmtconv_ctx *ctx, const fci_pickle_storage *id, fci_torch_tensor *t);

#endif
