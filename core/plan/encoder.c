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

/* Adds the importance of the columns as rows to the encoder.  Returns false if an error was recorded. */
static bool
take_importance (fci_plan *plan, fci_rows *rows, fci_encoder *encoder, fmtconv_view *importance)
{
  uint64_t columns = rows->view->shape[rows->view->rank - 1];
  encoder->importance = fci_rows_of (plan, rows->name, importance);
  rows->grain_bytes = rows->grain_bytes * (columns / rows->grain);
  rows->grain = columns;
  encoder->divided = importance->shape[0] > columns;
  return encoder->importance != NULL;
}

bool
fci_encoder_of (fci_plan *plan, fci_rows *rows)
{
  fmtconv_view *view = rows->view;
  const fci_op *op = NULL;
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
      if (own && op && own->importance != op->importance)
        {
          fmtconv_fail_at (plan->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = rows->name },
                           "its parts were quantized with different importance weights");
          return false;
        }
      if (own)
        fci_point_watch (&encoder->point, own->before);
      encoder->mixed = encoder->mixed || !own;
      op = own ? own : op;
    }
  add_default_findings (&encoder->point);
  if (!fci_quant_can_encode (view->dtype))
    {
      fmtconv_fail_at (plan->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = rows->name },
                       "quantizing to %s is not supported", fmtconv_dtype_get (view->dtype)->name);
      return false;
    }
  if (op->importance && fci_quant_uses_importance (view->dtype)
      && !take_importance (plan, rows, encoder, op->importance))
    return false;
  uint64_t capacity = sizeof (float) * (encoder->importance ? 2 * rows->grain + 1 : rows->grain);
  plan->row_capacity = capacity > plan->row_capacity ? capacity : plan->row_capacity;
  rows->encoder = encoder;
  return true;
}
