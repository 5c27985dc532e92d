/* core/pickle/view.c: the tensors of a pickle, as descriptions and as views of their elements.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/leaf.h"
#include "core/pickle/open.h"
#include <string.h>

enum
{
  MAX_REPEATED = 1 << 30 /* bytes that overlapping elements (stride 0) may add, besides those of the files */
};

/* Makes the memory innermost that is for reading a tensor: one that ends with it if the parts of its object are to be made for
 * this, else the pickle's own, as others may ask for what is found on the way.  Returns the one before, for end_reading. */
static fci_scratch *
begin_reading (const fci_pickle *pickle, const fci_pickle_object *object)
{
  return object->is_folded ? fci_scratch_begin (pickle->ctx)
                           : fci_scratch_switch (pickle->ctx, pickle->scratch);
}

/* is_own: the memory was begun. */
static void
end_reading (const fci_pickle *pickle, bool is_own, fci_scratch *before)
{
  if (is_own)
    fci_scratch_end_all (pickle->ctx, before);
  else
    fci_scratch_switch (pickle->ctx, before);
}

int
fmtconv_pickle_tensor (const fmtconv_pickle *pickle, const fmtconv_value *value, fmtconv_pickled *tensor)
{
  fci_torch_tensor t;
  const fci_pickle *whole = (const fci_pickle *) pickle;
  if (!whole || !value || !fci_pickle_is_tensor (value))
    return 0;
  if (!tensor)
    return 1;
  *tensor = (fmtconv_pickled){ 0 };
  if (fmtconv_ctx_failed (whole->ctx))
    return 1;
  const bool is_own = value->v.object->is_folded;
  fci_scratch *const before = begin_reading (whole, value->v.object);
  const int code = fci_torch_tensor_read (whole->ctx, value->v.object, &t);
  end_reading (whole, is_own, before);
  if (code)
    return 1;
  tensor->dtype = t.dtype;
  tensor->rank = t.rank;
  memcpy (tensor->shape, t.shape, t.rank * sizeof *t.shape);
  tensor->bytes = t.bytes;
  return 1;
}

/* Adds the bytes that exist only because elements overlap to those of the context.  Returns 0 or an error code. */
static int
repeat (const fci_torch_from *from, const fci_pickle_object *object, const fci_torch_tensor *t)
{
  fci_pickle_sums *sums = fci_pickle_sums_of (from->ctx);
  if (!sums)
    return FMTCONV_E_NOMEM;
  const uint64_t most = sums->files < UINT64_MAX - MAX_REPEATED ? sums->files + MAX_REPEATED : UINT64_MAX;
  if (t->repeated > most - sums->repeated)
    return fci_torch_from_fail (from, FMTCONV_E_LIMIT, object,
                                fmtconv_ctx_printf (from->ctx,
                                                    "its repeated elements (stride 0) add %llu bytes; all "
                                                    "tensors together may add %llu",
                                                    (unsigned long long) t->repeated,
                                                    (unsigned long long) most));
  sums->repeated += t->repeated;
  return 0;
}

/* Returns the elements of a tensor, whose parts are in the innermost scratch. */
static fmtconv_view *
view (const fci_torch_from *from, fci_pickle_object *object)
{
  fci_torch_tensor t;
  if (fci_torch_tensor_read (from->ctx, object, &t))
    fci_torch_from_fail (from, t.code, object, t.why);
  else if (!repeat (from, object, &t))
    return fci_torch_leaf (from, object, &t);
  return NULL;
}

fmtconv_view *
fmtconv_pickle_view (const fmtconv_pickle *pickle, const fmtconv_value *value, const char *name)
{
  const fci_pickle *whole = (const fci_pickle *) pickle;
  if (!whole || fmtconv_ctx_failed (whole->ctx))
    return NULL;
  const fci_torch_from from = { .ctx = whole->ctx,
                                .pickle = pickle->source,
                                .pickled = whole->bytes,
                                .archive = &whole->archive,
                                .name = name };
  if (!value || !fci_pickle_is_tensor (value))
    {
      fci_torch_from_fail (
          &from, FMTCONV_E_FORMAT, NULL,
          fmtconv_ctx_printf (whole->ctx, "it is %s, not a tensor",
                              value ? fmtconv_value_describe (whole->ctx, value) : "absent"));
      return NULL;
    }
  const bool is_own = value->v.object->is_folded;
  fci_scratch *const before = begin_reading (whole, value->v.object);
  fmtconv_view *result = view (&from, value->v.object);
  end_reading (whole, is_own, before);
  return result;
}
