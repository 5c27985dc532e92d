/* core/pickle/leaf.c: finds the bytes of a pickled tensor and makes a view of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/leaf.h"
#include <fmtconv/formats.h>
#include <string.h>

int
fci_torch_from_fail (const fci_torch_from *from, int code, const fci_pickle_object *object, const char *why)
{
  return fmtconv_fail_at (from->ctx, code,
                          &(fmtconv_where){ .source = from->pickle,
                                            .offset = object ? fci_pickle_offset_of (object) : 0,
                                            .tensor = from->name },
                          "%s", why);
}

/* Returns the elements that a text stands for; NULL: an error. */
static fmtconv_source *
decode (const fci_torch_from *from, const fci_pickle_object *object, const fci_torch_tensor *t)
{
  fmtconv_ctx *ctx = from->ctx;
  fmtconv_source *source = fci_torch_text_decode (ctx, t->text);
  if (!source)
    fci_torch_from_fail (from, FMTCONV_E_FORMAT, object, "its elements are not a text of latin-1 characters");
  else if (t->is_array && fmtconv_source_size (source) != t->storage_bytes)
    fci_torch_from_fail (from, FMTCONV_E_FORMAT, object,
                         fmtconv_ctx_printf (ctx, "its elements are %llu bytes, but its shape needs %llu",
                                             (unsigned long long) fmtconv_source_size (source),
                                             (unsigned long long) t->storage_bytes));
  return fmtconv_ctx_failed (ctx) ? NULL : fmtconv_source_window (source, t->at, t->storage_bytes, "storage");
}

/* Returns the elements of a storage inside the pickle. */
static fmtconv_source *
inside (const fci_torch_from *from, const fci_pickle_object *object, const fci_torch_tensor *t)
{
  if (t->text)
    return decode (from, object, t);
  uint64_t at = t->inside ? (uint64_t) (t->inside - from->pickled) : 0;
  return fmtconv_source_window (from->pickle, at, t->storage_bytes, "storage");
}

/* Returns the storage, which must have exactly the size that the pickle says; NULL: an error. */
static fmtconv_source *
find_record (const fci_torch_from *from, const fci_pickle_object *object, const fci_torch_tensor *t)
{
  fmtconv_ctx *ctx = from->ctx;
  fmtconv_source *source = fci_torch_record (from->archive, t->key);
  if (!source && !from->archive->zip && !from->archive->legacy)
    fmtconv_fail_at (ctx, FMTCONV_E_FORMAT,
                     &(fmtconv_where){ .source = from->pickle,
                                       .offset = fci_pickle_offset_of (object),
                                       .tensor = from->name,
                                       .hint = "give the whole file of torch.save, not the pickle in it" },
                     "its elements are in the storage '%.*s', but a pickle alone has no storages",
                     (int) t->key->len, t->key->v.s);
  else if (!source)
    fci_torch_from_fail (
        from, FMTCONV_E_FORMAT, object,
        fmtconv_ctx_printf (ctx, "its storage '%.*s' is not in the file", (int) t->key->len, t->key->v.s));
  else if (fmtconv_source_size (source) != t->storage_bytes)
    fci_torch_from_fail (
        from, FMTCONV_E_FORMAT, object,
        fmtconv_ctx_printf (ctx, "its storage '%.*s' has %llu bytes, but the pickle says %llu",
                            (int) t->key->len, t->key->v.s, (unsigned long long) fmtconv_source_size (source),
                            (unsigned long long) t->storage_bytes));
  return fmtconv_ctx_failed (ctx) ? NULL : source;
}

/* Returns whether the elements are in the pickle itself. */
static bool
is_inside (const fci_torch_tensor *t)
{
  return t->is_array || t->inside;
}

/* Rejects big-endian elements of untyped storages: torch does not byte-swap them, so their meaning is
 * ambiguous. */
static int
check_order (const fci_torch_from *from, const fci_pickle_object *object, const fci_torch_tensor *t)
{
  if (!from->archive->big_endian || is_inside (t) || t->item == 1 || !t->untyped)
    return 0;
  return fci_torch_from_fail (
      from, FMTCONV_E_UNSUPPORTED, object,
      "its elements are big-endian in an untyped storage, which torch does not byte-swap");
}

static fmtconv_view *
view_of (const fci_torch_from *from, const fci_torch_tensor *t, fmtconv_source *source)
{
  int64_t strides[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < t->rank; i++)
    strides[i] = t->shape[i] > 1 ? (int64_t) (t->stride[i] * t->item) : 0;
  bool empty = t->elements == 0;
  fmtconv_view *leaf = fmtconv_view_leaf (source, empty ? 0 : (t->first + t->offset) * t->item, t->dtype,
                                          t->rank, t->shape, empty ? NULL : strides);
  bool swap = t->item > 1 && (is_inside (t) ? t->swap : from->archive->big_endian);
  return swap ? fmtconv_view_byteswap (leaf) : leaf;
}

fmtconv_view *
fci_torch_leaf (const fci_torch_from *from, const fci_pickle_object *object, const fci_torch_tensor *t)
{
  fmtconv_source *source = is_inside (t) ? inside (from, object, t) : find_record (from, object, t);
  return source && check_order (from, object, t) == 0 ? view_of (from, t, source) : NULL;
}
