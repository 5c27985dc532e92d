/* plugins/torch/put.c: finds the bytes of a tensor and puts it into the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/walk.h"
#include <fmtconv/formats.h>
#include <string.h>

int
torch_walk_fail (const torch_walk *w, int code, const pk_object *object, const char *why)
{
  return fmtconv_fail_at (
      w->load->ctx, code,
      &(fmtconv_where){ .source = w->load->pickle, .offset = object ? object->at : 0, .tensor = w->name },
      "%s", why);
}

/* Returns the elements that a text stands for; NULL: an error. */
static fmtconv_source *
decode (const torch_walk *w, const pk_object *object, const torch_tensor *t)
{
  fmtconv_ctx *ctx = w->load->ctx;
  fmtconv_source *source = torch_text_decode (ctx, t->text);
  if (!source)
    torch_walk_fail (w, FMTCONV_E_FORMAT, object, "its elements are not a text of latin-1 characters");
  else if (t->is_array && fmtconv_source_size (source) != t->storage_bytes)
    torch_walk_fail (w, FMTCONV_E_FORMAT, object,
                     fmtconv_ctx_printf (ctx, "its elements are %llu bytes, but its shape needs %llu",
                                         (unsigned long long) fmtconv_source_size (source),
                                         (unsigned long long) t->storage_bytes));
  return fmtconv_ctx_failed (ctx) ? NULL : fmtconv_source_window (source, t->at, t->storage_bytes, "storage");
}

/* Returns the elements of a storage inside the pickle. */
static fmtconv_source *
inside (const torch_walk *w, const pk_object *object, const torch_tensor *t)
{
  if (t->text)
    return decode (w, object, t);
  uint64_t at = t->inside ? (uint64_t) (t->inside - w->load->pickled) : 0;
  return fmtconv_source_window (w->load->pickle, at, t->storage_bytes, "storage");
}

/* Returns the storage, which must have exactly the size that the pickle says; NULL: an error. */
static fmtconv_source *
find_record (const torch_walk *w, const pk_object *object, const torch_tensor *t)
{
  fmtconv_ctx *ctx = w->load->ctx;
  fmtconv_source *source = torch_record (w->load->archive, t->key);
  if (!source)
    torch_walk_fail (w, FMTCONV_E_FORMAT, object,
                     fmtconv_ctx_printf (ctx, "its storage '%s' is not in the file", t->key));
  else if (fmtconv_source_size (source) != t->storage_bytes)
    torch_walk_fail (w, FMTCONV_E_FORMAT, object,
                     fmtconv_ctx_printf (ctx, "its storage '%s' has %llu bytes, but the pickle says %llu",
                                         t->key, (unsigned long long) fmtconv_source_size (source),
                                         (unsigned long long) t->storage_bytes));
  return fmtconv_ctx_failed (ctx) ? NULL : source;
}

static int
check_totals (torch_walk *w, const pk_object *object, const torch_tensor *t)
{
  torch_load *load = w->load;
  if (++load->tensors > TORCH_MAX_TENSORS)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, object,
                            fmtconv_ctx_printf (load->ctx, "more than %d tensors", TORCH_MAX_TENSORS));
  load->name_bytes += w->length + 1;
  if (load->name_bytes > load->max_name_bytes)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, object,
                            fmtconv_ctx_printf (load->ctx, "the tensor names exceed %llu bytes in total",
                                                (unsigned long long) load->max_name_bytes));
  if (t->repeated > load->max_repeated - load->repeated)
    return torch_walk_fail (
        w, FMTCONV_E_LIMIT, object,
        fmtconv_ctx_printf (load->ctx,
                            "its repeated elements (stride 0) add %llu bytes, in total more than the "
                            "file's size and 1 GiB",
                            (unsigned long long) t->repeated));
  load->repeated += t->repeated;
  return 0;
}

/* Returns whether the elements are in the pickle itself. */
static bool
is_inside (const torch_tensor *t)
{
  return t->is_array || t->inside;
}

/* Rejects big-endian elements of untyped storages: torch does not byte-swap them, so their meaning is
 * ambiguous. */
static int
check_order (const torch_walk *w, const pk_object *object, const torch_tensor *t)
{
  if (!w->load->big_endian || is_inside (t) || t->item == 1 || !t->untyped)
    return 0;
  return torch_walk_fail (
      w, FMTCONV_E_UNSUPPORTED, object,
      "its elements are big-endian in an untyped storage, which torch does not byte-swap");
}

static fmtconv_view *
view_of (const torch_walk *w, const torch_tensor *t, fmtconv_source *source)
{
  int64_t strides[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < t->rank; i++)
    strides[i] = t->shape[i] > 1 ? (int64_t) (t->stride[i] * t->item) : 0;
  bool empty = t->elements == 0;
  fmtconv_view *leaf = fmtconv_view_leaf (source, empty ? 0 : (t->first + t->offset) * t->item, t->dtype,
                                          t->rank, t->shape, empty ? NULL : strides);
  bool swap = t->item > 1 && (is_inside (t) ? t->swap : w->load->big_endian);
  return swap ? fmtconv_view_byteswap (leaf) : leaf;
}

/* Marks the tensor as part of the model, so that it is not counted again where it is left out. */
int
torch_walk_put (torch_walk *w, pk_object *object)
{
  torch_tensor t;
  if (torch_tensor_read (w->load->ctx, object, &t))
    return torch_walk_fail (w, t.code, object, t.why);
  fmtconv_source *source = is_inside (&t) ? inside (w, object, &t) : find_record (w, object, &t);
  if (!source || check_totals (w, object, &t) || check_order (w, object, &t))
    return fmtconv_ctx_failed (w->load->ctx);
  object->mark.seen = w->load->scan.walk;
  w->load->arrays += t.is_array;
  fmtconv_model_put (w->load->out, w->name, view_of (w, &t, source));
  return fmtconv_ctx_failed (w->load->ctx);
}
