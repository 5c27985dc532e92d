/* core/plan/encoder.c: adds the encoder of a quantized tensor to the plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/kernel/quant.h"
#include "core/plan/encoder.h"
#include "core/plan/program.h"
#include "core/plan/run.h"

/* Adds the findings that are always reported: NaN and infinity as errors, overflow as a warning. */
static void
add_default_findings (fci_point *point)
{
  static const fci_op wanted[] = {
    { .kind = FCI_OP_WATCH,
      .findings = FMTCONV_FINDING_NAN | FMTCONV_FINDING_INF,
      .severity = FMTCONV_SEVERITY_ERROR,
      .hint = "quantized blocks cannot store them: keep the tensor in f16 or f32" },
    { .kind = FCI_OP_WATCH,
      .findings = FMTCONV_FINDING_OVERFLOW,
      .severity = FMTCONV_SEVERITY_WARN,
      .hint = "choose another data type to keep them" },
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    fci_point_watch (point, &wanted[i]);
}

/* Returns the importance that a box was quantized with.  NULL: it is a box of stored blocks, or has none. */
static fmtconv_view *
importance_of (fmtconv_view *view, size_t box)
{
  const fci_op *op = fci_ops_encoder (view->boxes[box].ops);
  return op ? op->importance : NULL;
}

/* Makes rows of the importance of columns.  NULL: an error was recorded. */
static const fci_importance *
make_importance (fci_plan *plan, const fci_rows *rows, fmtconv_view *view)
{
  fci_importance *importance = fci_new (plan->ctx, fci_importance);
  if (!importance)
    return NULL;
  importance->rows = fci_rows_of (plan, rows->name, view);
  importance->divided = view->shape[0] > rows->view->shape[rows->view->rank - 1];
  return importance->rows ? importance : NULL;
}

/* Adds the importance of each box's columns to the encoder, which then takes whole rows: views do not cut or join these.
 * Returns false if an error was recorded. */
static bool
take_importance (fci_plan *plan, fci_rows *rows, fci_encoder *encoder)
{
  fmtconv_view *view = rows->view;
  encoder->of_box = fmtconv_ctx_alloc (plan->ctx, view->n_boxes, sizeof *encoder->of_box);
  for (size_t i = 0; encoder->of_box && i < view->n_boxes; i++)
    {
      fmtconv_view *own = importance_of (view, i);
      if (i && own == importance_of (view, i - 1))
        encoder->of_box[i] = encoder->of_box[i - 1];
      else if (own && !(encoder->of_box[i] = make_importance (plan, rows, own)))
        return false;
    }
  const uint64_t columns = view->shape[view->rank - 1];
  rows->grain_bytes = rows->grain_bytes * (columns / rows->grain);
  rows->grain = columns;
  return encoder->of_box != NULL;
}

bool
fci_encoder_of (fci_plan *plan, fci_rows *rows)
{
  fmtconv_view *view = rows->view;
  bool weighed = false;
  if (!fci_view_is_encoded (view))
    return true;
  fci_encoder *encoder = fci_new (plan->ctx, fci_encoder);
  if (!encoder)
    return false;
  *encoder = (fci_encoder){
    .name = rows->name, .dtype = view->dtype, .tally = plan->n_tallies++, .number = plan->n_encoders++
  };
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_op *own = fci_ops_encoder (view->boxes[i].ops);
      if (own)
        fci_point_watch (&encoder->point, own->before);
      encoder->mixed = encoder->mixed || !own;
      weighed = weighed || (own && own->importance);
    }
  add_default_findings (&encoder->point);
  if (!fci_quant_can_encode (view->dtype))
    {
      fmtconv_fail_at (plan->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = rows->name },
                       "quantizing to %s is not supported", fmtconv_dtype_get (view->dtype)->name);
      return false;
    }
  if (weighed && fci_quant_uses_importance (view->dtype) && !take_importance (plan, rows, encoder))
    return false;
  uint64_t capacity = sizeof (float) * (encoder->of_box ? 2 * rows->grain + 1 : rows->grain);
  plan->row_capacity = capacity > plan->row_capacity ? capacity : plan->row_capacity;
  rows->encoder = encoder;
  return true;
}
