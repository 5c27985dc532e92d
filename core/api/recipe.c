/* core/api/recipe.c: describes the operations on a tensor's elements, and the tensors that they come from.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/recipe.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/model/freeze.h"
#include "core/view/origins.h"
#include "core/view/place.h"
#include <string.h>

/* Returns whether the box's elements are contiguous in its source, in the order in which they are written. */
static bool
is_dense (const fci_box *box, unsigned rank)
{
  const uint64_t *extent = FCI_EXTENT (box, rank);
  const int64_t *stride = FCI_STRIDE (box, rank);
  uint64_t expected = fci_dtype_step (box->dtype);
  for (unsigned axis = rank; axis-- > 0; expected *= extent[axis])
    if (extent[axis] != 1 && (uint64_t) stride[axis] != expected)
      return false;
  return true;
}

static const char *
dtype_name (uint32_t dtype)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (dtype);
  return info ? info->name : "?";
}

/* Returns the operations as text, in the order applied: ", swap, scale 0.5, round f16". The list is stored
 * in reverse. */
static const char *
ops_text (fmtconv_ctx *ctx, const fci_op *op)
{
  const char *text = "";
  for (; op && text; op = op->before)
    if (op->kind == FCI_OP_BYTESWAP)
      text = fmtconv_ctx_printf (ctx, ", swap%s", text);
    else if (op->kind == FCI_OP_CAST)
      text = fmtconv_ctx_printf (ctx, ", round %s%s", dtype_name (op->dtype), text);
    else if (op->kind == FCI_OP_SCALE)
      text = fmtconv_ctx_printf (ctx, ", scale %.9g%s", op->factor, text);
    else if (op->kind == FCI_OP_ADD_SCALAR)
      text = fmtconv_ctx_printf (ctx, ", add %.9g%s", op->factor, text);
    else if (op->kind == FCI_OP_QUANTIZE)
      text = fmtconv_ctx_printf (ctx, ", quantize %s%s%s", dtype_name (op->dtype),
                                 op->importance ? " by importance" : "", text);
    else if (op->kind == FCI_OP_LOWRANK)
      text = fmtconv_ctx_printf (ctx, ", add %.9g times a product of rank %llu%s", op->factor,
                                 (unsigned long long) op->product->rank, text);
    else if (op->kind == FCI_OP_ADD)
      text = fmtconv_ctx_printf (ctx, ", add %.9g times %s elements%s", op->factor,
                                 dtype_name (op->by->dtype), text);
    else if (op->by)
      text = fmtconv_ctx_printf (ctx, ", %s %s factors%s", op->kind == FCI_OP_DIVIDE ? "divided by" : "times",
                                 dtype_name (op->by->dtype), text);
  return text;
}

/* Returns whether the last operation gives f32, which is rounded when it is written. */
static bool
rounds_at_write (const fci_op *op)
{
  while (op && op->kind == FCI_OP_WATCH)
    op = op->before;
  return op && (op->kind == FCI_OP_SCALE || op->kind == FCI_OP_ADD_SCALAR || op->product || op->by);
}

/* Returns the text of operations after decoding, whose result is f32 already. */
static const char *
decoded_text (fmtconv_ctx *ctx, uint32_t dtype, const char *text)
{
  static const char to_f32[] = ", round f32";
  const size_t len = sizeof to_f32 - 1;
  if (strncmp (text, to_f32, len) == 0 && (!text[len] || text[len] == ','))
    text += len;
  return fmtconv_ctx_printf (ctx, ", decode %s%s", dtype_name (dtype), text);
}

static const char *
box_text (fmtconv_view *view, const fci_box *box)
{
  const char *text = ops_text (view->ctx, box->ops);
  if (text && rounds_at_write (box->ops))
    text = fmtconv_ctx_printf (view->ctx, "%s, round %s", text, dtype_name (view->dtype));
  if (text && *text && fci_is_blocks (box->dtype))
    text = decoded_text (view->ctx, box->dtype, text);
  if (text && !is_dense (box, view->rank))
    text = fmtconv_ctx_printf (view->ctx, ", gather%s", text);
  return !text ? "" : *text ? text + 2 : "copy";
}

/* Returns the operation that applies to all boxes of a view, or the list of them if they differ. */
static const char *
boxes_text (fmtconv_view *view)
{
  const char *text = view->n_boxes ? box_text (view, &view->boxes[0]) : "empty", *last = text;
  for (size_t i = 1; i < view->n_boxes && i < 16; i++)
    {
      const char *next = box_text (view, &view->boxes[i]);
      if (strcmp (next, last))
        text = fmtconv_ctx_printf (view->ctx, "%s; %s", text ? text : "", next);
      last = next;
    }
  return text ? text : "";
}

/* Returns whether the view is measured, or compared, before it is written. */
static bool
requires (fmtconv_view *view, bool measures)
{
  for (size_t i = 0; view->requirements && i < view->requirements->n; i++)
    if (measures == (view->requirements->item[i]->measure != NULL))
      return true;
  return false;
}

const char *
fci_view_recipe (fmtconv_view *view)
{
  const char *text = boxes_text (view);
  for (unsigned measures = 0; text && measures < 2; measures++)
    if (requires (view, measures))
      text = fmtconv_ctx_printf (view->ctx, "%s, %s", measures ? "measure" : "compare", text);
  return text ? text : "";
}

/* Adds the names of the input tensors of a written view. The view's boxes know only the tensors of the
 * last stage. */
static void
add_from (fmtconv_attr *object, const fci_tensor_lineage *account, fmtconv_view *view)
{
  fmtconv_attr *from = fci_add_array (object, "from");
  size_t n;
  const uint32_t *numbers = fci_view_origin_numbers (view, &n);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < account->n_from[numbers[i]]; k++)
      fmtconv_attr_set_string (from, NULL,
                               fci_origin_tensor (account->ctx, account->from[numbers[i]][k])->name);
}

void
fci_add_tensors (fmtconv_attr *object, const fmtconv_layout *layout, const fci_tensor_lineage *account)
{
  fmtconv_attr *list = fci_add_array (object, "tensors");
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    for (const fci_region *region = file->first; region; region = region->next)
      {
        if (!fci_region_is_tensor (region))
          continue;
        fmtconv_attr *node = fci_add_object (list);
        if (!node)
          return;
        fci_add_tensor (node, region->u.tensor.name, region->u.tensor.view);
        fci_add_text (node, "file", file->name);
        add_from (node, account, region->u.tensor.view);
        fmtconv_attr_set_string (node, "how", fci_view_recipe (region->u.tensor.view));
        fci_add_count (node, "at", region->at);
      }
}
