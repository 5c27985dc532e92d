/* plugins/lora-merge/magnitude.c: scales the rows or columns of a weight to the norms that a DoRA learned.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft, src/peft/tuners/lora/dora.py: a vector, or [1, out, 1, 1] of a convolution, for the outputs.  LyCORIS,
 * lycoris/functional/general.py: a column for the outputs, or a row for the inputs. */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>
#include <string.h>

static uint64_t
elements (const fmtconv_tensor *t)
{
  uint64_t n = 1;
  for (unsigned i = 0; i < t->rank; i++)
    n *= t->shape[i];
  return n;
}

/* Returns whether the magnitudes are those of the inputs. */
static bool
is_of_inputs (const fmtconv_tensor *magnitude)
{
  const char *dot = strrchr (magnitude->name, '.');
  return magnitude->rank > 1 && magnitude->shape[0] == 1 && magnitude->shape[1] > 1 && dot
         && strcmp (dot, ".dora_scale") == 0;
}

static fmtconv_view *
transposed (fmtconv_view *view)
{
  return fmtconv_view_permute (view, (const unsigned[]){ 1, 0 });
}

/* Returns a matrix whose rows have the given norms. */
static fmtconv_view *
scaled_rows (fmtconv_view *view, fmtconv_view *norms)
{
  return fmtconv_view_multiply (fmtconv_view_divide (view, fmtconv_view_norm (view), NULL), norms, NULL);
}

fmtconv_view *
merge_apply_magnitude (struct merge *m, fmtconv_view *view, const struct merge_term *t)
{
  const fmtconv_tensor *magnitude = t->group->part[LORA_MAGNITUDE];
  if (!view || !magnitude)
    return view;
  const bool by_columns = is_of_inputs (magnitude) || t->is_transposed;
  const uint64_t n = elements (magnitude), wanted = fmtconv_view_shape (view)[by_columns];
  if (n != wanted || t->group->is_embedding || (is_of_inputs (magnitude) && t->at->rank > 2))
    {
      fmtconv_fail_at (
          m->ctx, FMTCONV_E_UNSUPPORTED,
          &(fmtconv_where){ .tensor = magnitude->name, .hint = "merge it with the trainer's own tool" },
          "its %llu magnitudes are not those of the rows or columns of '%s'", (unsigned long long) n,
          t->at->name);
      return NULL;
    }
  fmtconv_view *norms = fmtconv_view_reshape (magnitude->view, 2, (const uint64_t[]){ n, 1 });
  return by_columns ? transposed (scaled_rows (transposed (view), norms)) : scaled_rows (view, norms);
}
