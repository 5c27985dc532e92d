/* plugins/torch/storage.h: the persistent id of a storage, and the tensor's own account of errors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_STORAGE_H
#define TORCH_STORAGE_H

#include "plugins/torch/tensor.h"

/* Note what is wrong with a tensor; the value is `code`, which is not 0. */
#define torch_wrong(ctx, t, c, ...) ((t)->why = fmtconv_ctx_printf (ctx, __VA_ARGS__), (t)->code = (c))

/* The type, key and size of the storage `id`.  dtype: what the tensor says of its elements, 0: nothing. */
int torch_storage_read (fmtconv_ctx *ctx, const pk_value *id, uint32_t dtype, torch_tensor *t);

/* The key of any storage, bytes of an element, and t->storage_bytes, also where its elements cannot be read. */
int torch_storage_extent (fmtconv_ctx *ctx, const pk_value *id, torch_tensor *t, const pk_value **key,
                          uint64_t *item);

#endif
