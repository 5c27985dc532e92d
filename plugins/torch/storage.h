/* plugins/torch/storage.h: reads the persistent ids of storages, and records the errors of a tensor.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_STORAGE_H
#define TORCH_STORAGE_H

#include "plugins/torch/tensor.h"

/* Records an error of a tensor; the value is the code `c`, which is not 0. */
#define torch_wrong(ctx, t, c, ...) ((t)->why = fmtconv_ctx_printf (ctx, __VA_ARGS__), (t)->code = (c))

/* Reads type, key and size of the storage `id` into *t.  dtype: the element type that the tensor names, 0:
 * none. Returns 0 or t->code. */
int torch_storage_read (fmtconv_ctx *ctx, const pk_value *id, uint32_t dtype, torch_tensor *t);

/* Reads the key, the bytes per element and t->storage_bytes of a storage, even if its element type is not
 * supported. Returns 0 or t->code. */
int torch_storage_extent (fmtconv_ctx *ctx, const pk_value *id, torch_tensor *t, const pk_value **key,
                          uint64_t *item);

#endif
