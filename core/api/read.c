/* core/api/read.c: fmtconv_checkpoint_size and fmtconv_checkpoint_read: rows of a tensor to memory.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/checkpoint.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/structs.h"
#include "core/view/inspect.h"

/* A request, checked: a range of bytes of one loader. */
typedef struct range
{
  fci_loader *loader;
  uint64_t at;
  uint64_t size;
} range;

/* Returns the values of a view as another data type, after they were rounded to its own. */
static fmtconv_view *
view_as (fmtconv_view *view, uint32_t dtype)
{
  return dtype == view->dtype ? view : fmtconv_view_cast (fmtconv_view_cast (view, view->dtype), dtype);
}

/* Returns the tensor as a data type, compiled at the first request.  NULL: an error was recorded. */
static fci_loaded *
load_as (fmtconv_ctx *ctx, fci_entry *entry, uint32_t dtype)
{
  fci_loaded *loaded = entry->loaded;
  while (loaded && loaded->dtype != dtype)
    loaded = loaded->next;
  if (loaded || !(loaded = fci_new (ctx, fci_loaded)))
    return loaded;
  fmtconv_view *view = view_as (entry->tensor->view, dtype);
  *loaded = (fci_loaded){ .next = entry->loaded,
                          .dtype = dtype,
                          .view = view,
                          .loader = fci_loader_new (ctx, entry->tensor->name, view) };
  if (!loaded->loader)
    return NULL;
  return entry->loaded = loaded;
}

/* Turns rows into bytes. */
static int
find_range (fmtconv_ctx *ctx, const fci_entry *entry, const fci_loaded *loaded,
            const fmtconv_read_request *request, range *out)
{
  const fmtconv_where where = { .tensor = entry->tensor->name };
  const fmtconv_dtype_info *type = fmtconv_dtype_get (loaded->dtype);
  const uint64_t height = entry->tensor->rank ? entry->tensor->shape[0] : 1;
  if (request->first > height || request->rows > height - request->first)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where,
                            "rows from %llu on were requested, but the first axis has %llu",
                            (unsigned long long) request->first, (unsigned long long) height);
  const uint64_t rows = request->rows ? request->rows : height - request->first,
                 row = height ? loaded->view->elements / height : 0;
  const uint64_t first = request->first * row, count = rows * row;
  out->loader = loaded->loader;
  out->at = first / type->block * type->block_bytes;
  out->size = rows == height ? fci_view_bytes (loaded->view) : count / type->block * type->block_bytes;
  const uint64_t grain = fci_loader_grain (loaded->loader);
  if (rows == height
      || (first % type->block == 0 && count % type->block == 0 && out->at % grain == 0
          && out->size % grain == 0))
    return 0;
  return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "blocks of %s cannot be cut: read all rows",
                          type->name);
}

/* Checks a request.  Returns 0 or a code. */
static int
resolve (fmtconv_checkpoint *c, const fmtconv_read_request *given, range *out)
{
  fmtconv_read_request request;
  if (fci_call_begin (c->ctx, given != NULL, "a request to read is required")
      || fci_struct_take (c->ctx, FCI_STRUCT (fmtconv_read_request), given, &request))
    return c->ctx->failed;
  fci_entry *entry = fci_checkpoint_entry (c, request.tensor);
  if (!entry)
    return c->ctx->failed;
  const uint32_t dtype = request.dtype ? fmtconv_dtype_parse (c->ctx, request.dtype) : entry->tensor->dtype;
  fci_loaded *loaded = dtype ? load_as (c->ctx, entry, dtype) : NULL;
  return loaded ? find_range (c->ctx, entry, loaded, &request, out) : c->ctx->failed;
}

uint64_t
fmtconv_checkpoint_size (fmtconv_checkpoint *checkpoint, const fmtconv_read_request *request)
{
  range r = { 0 };
  return checkpoint && resolve (checkpoint, request, &r) == 0 ? r.size : 0;
}

int
fmtconv_checkpoint_read (fmtconv_checkpoint *checkpoint, const fmtconv_read_request *request, void *buffer,
                         uint64_t size)
{
  range r = { 0 };
  if (!checkpoint)
    return FMTCONV_E_USAGE;
  int code = resolve (checkpoint, request, &r);
  if (code != 0)
    return code;
  if (size != r.size || (!buffer && size))
    return fmtconv_fail (checkpoint->ctx, FMTCONV_E_USAGE,
                         "the buffer has %llu bytes, but the elements have %llu",
                         (unsigned long long) (buffer ? size : 0), (unsigned long long) r.size);
  return fci_load (r.loader, r.at, r.size, buffer);
}
