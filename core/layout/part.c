/* core/layout/part.c: the part of a layout that one call of a writer describes, and the tensors that it drops.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/layout/part.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include <fmtconv/formats.h>

fci_layout_part *
fci_layout_part_begin (fmtconv_layout *layout, const char *writer, const char *params,
                       const fmtconv_model *model)
{
  fci_layout_part *part = fci_new (layout->ctx, fci_layout_part);
  const bool to_folder = layout->is_folder && !layout->is_inner;
  if (!part)
    return NULL;
  *part = (fci_layout_part){
    .outer = layout->part, .writer = writer, .params = params, .model = model, .before = layout->last
  };
  part->target = to_folder ? "" : fmtconv_ctx_printf (layout->ctx, "%s%s", layout->within, layout->target);
  layout->part = part;
  return part->target ? part : NULL;
}

void
fci_layout_part_end (fmtconv_layout *layout, fci_layout_part *part)
{
  part->last = layout->last;
  layout->part = part->outer;
  if (layout->last_part)
    layout->last_part->next = part;
  else
    layout->first_part = part;
  layout->last_part = part;
}

const fmtconv_file *
fci_layout_part_next (const fmtconv_layout *layout, const fci_layout_part *part, const fmtconv_file *file)
{
  if (part->before == part->last)
    return NULL;
  if (!file)
    return part->before ? part->before->next : layout->first;
  return file == part->last ? NULL : file->next;
}

const char *
fci_layout_dropped (const fci_layout_part *part, uint32_t number)
{
  return number < part->n_dropped ? part->dropped[number] : NULL;
}

void
fci_layout_keep (fci_layout_part *part, uint32_t number)
{
  if (number < part->n_dropped)
    part->dropped[number] = NULL;
}

/* Returns whether the tensor is one of those that the running writer received. */
static bool
is_given (const fci_layout_part *part, const fmtconv_tensor *tensor)
{
  const fmtconv_model *of = fci_tensor_model (tensor);
  bool found = false;
  FCI_FOREACH_LEAF (leaf, part->model)
    found = found || leaf == of;
  return found;
}

/* Records the reason, in the parts of all writers that were given the tensor. */
static void
record (fmtconv_ctx *ctx, fci_layout_part *part, const fmtconv_tensor *tensor, const char *why)
{
  const uint32_t number = fci_model_base (fci_tensor_model (tensor)) + (uint32_t) fci_tensor_index (tensor);
  for (; part; part = part->outer)
    {
      if (!part->dropped)
        {
          part->n_dropped = fci_origins (ctx);
          part->dropped = fmtconv_ctx_alloc (ctx, part->n_dropped + 1, sizeof *part->dropped);
        }
      if (!part->dropped || number >= part->n_dropped)
        return;
      part->dropped[number] = part->dropped[number] ? part->dropped[number] : why;
    }
}

void
fmtconv_layout_drop (fmtconv_layout *layout, const fmtconv_tensor *tensor, const char *why)
{
  if (!layout || !fci_has_argument (layout->ctx, "fmtconv_layout_drop", "tensor", tensor))
    return;
  fmtconv_ctx *ctx = layout->ctx;
  const fmtconv_where where = { .tensor = tensor->name };
  if (!layout->part)
    fmtconv_fail_at (ctx, FMTCONV_E_INTERNAL, &where, "a tensor was dropped, but no writer runs");
  else if (!why || !*why)
    fmtconv_fail_at (ctx, FMTCONV_E_INTERNAL, &where, "the writer '%s' dropped it without a reason",
                     layout->part->writer);
  else if (!is_given (layout->part, tensor))
    fmtconv_fail_at (ctx, FMTCONV_E_INTERNAL, &where,
                     "the writer '%s' dropped a tensor that it was not given", layout->part->writer);
  else if ((why = fci_strdup (ctx, why)))
    record (ctx, layout->part, tensor, why);
}
