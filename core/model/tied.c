/* core/model/tied.c: finds tensors of a model with identical bytes. Tensors are sorted by the position of
 * their first byte, then by the rest of their normal form, so that equal tensors become neighbors, whatever
 * names a file gives them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/sort.h"
#include "core/model/private.h"
#include "core/model/tied.h"
#include "core/view/equal.h"
#include <fmtconv/plugin.h>
#include <stdlib.h>
#include <string.h>

/* The properties that are compared first. */
typedef struct key
{
  uintptr_t base; /* the open file, or a source that is not measured yet; 0: memory */
  uint64_t offset;
  uint64_t bytes;
  const fci_model_entry *entry;
} key;

static int
order (uint64_t a, uint64_t b)
{
  return (a > b) - (a < b);
}

static int
compare_keys (const key *a, const key *b)
{
  int r = order (a->base, b->base);
  r = r ? r : order (a->offset, b->offset);
  r = r ? r : order (a->bytes, b->bytes);
  return r ? r : fci_view_order (a->entry->tensor.view, b->entry->tensor.view);
}

static int
compare (const void *left, const void *right)
{
  const key *a = left;
  const key *b = right;
  int r = compare_keys (a, b);
  return r ? r : order (a->entry->index, b->entry->index);
}

/* Ties the tensors of keys[from … to), which have the same bytes, in the order of their numbers. */
static void
tie (const fmtconv_model *model, const key *keys, size_t from, size_t to)
{
  int32_t first = (int32_t) keys[from].entry->index;
  model->entries[first]->tied = (int32_t) keys[from + 1].entry->index;
  for (size_t i = from + 1; i < to; i++)
    model->entries[keys[i].entry->index]->tied = first;
}

/* Clears all ties. */
static bool
tie_nothing (fmtconv_model *model)
{
  for (fci_model_entry *entry = model->first; entry; entry = entry->next)
    entry->tied = FCI_NO_TENSOR;
  model->features &= ~(unsigned) FMTCONV_FEATURE_TIED;
  return true;
}

bool
fci_model_tie (fmtconv_model *model)
{
  if (model->untied)
    return tie_nothing (model);
  key *keys = malloc ((model->count + 1) * sizeof *keys);
  if (!keys)
    {
      fci_nomem (model->ctx);
      return false;
    }
  size_t n = 0;
  for (fci_model_entry *entry = model->first; entry; entry = entry->next)
    {
      fmtconv_view *view = entry->tensor.view;
      entry->tied = FCI_NO_TENSOR;
      if (view->n_boxes > 0)
        keys[n++] = (key){ .base = fci_box_base (&view->boxes[0]),
                           .offset = fci_box_byte (&view->boxes[0]),
                           .bytes = entry->tensor.bytes,
                           .entry = entry };
    }
  fci_sort_plain (keys, n, sizeof *keys, compare);
  model->features &= ~(unsigned) FMTCONV_FEATURE_TIED;
  for (size_t i = 0; i < n;)
    {
      size_t end = i + 1;
      while (end < n && compare_keys (&keys[i], &keys[end]) == 0)
        end++;
      if (end > i + 1)
        {
          tie (model, keys, i, end);
          model->features |= FMTCONV_FEATURE_TIED;
        }
      i = end;
    }
  free (keys);
  return true;
}
