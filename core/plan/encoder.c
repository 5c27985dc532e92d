/* core/plan/encoder.c: tensors that are quantized: what their rows need, and what is asked of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/kernel/quant.h"
#include "core/plan/encoder.h"
#include "core/plan/program.h"
#include "core/plan/run.h"

/* What must not be, whoever asks. */
static void
ask_defaults (fci_point *point)
{
  static const fci_op wanted[] = {
    { .kind = FCI_OP_WATCH,
      .findings = FMTCONV_FINDING_NAN | FMTCONV_FINDING_INF,
      .severity = FMTCONV_SEVERITY_ERROR,
      .hint = "blocks cannot hold them: keep the tensor in f16 or f32" },
    { .kind = FCI_OP_WATCH,
      .findings = FMTCONV_FINDING_OVERFLOW,
      .severity = FMTCONV_SEVERITY_WARN,
      .hint = "another data type would keep them" },
  };
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    fci_point_watch (point, &wanted[i]);
}

/* The importance of the columns, as rows of its own. */
static bool
take_importance (fci_plan *plan, fci_rows *rows, fci_coder *coder, fmtconv_view *importance)
{
  uint64_t columns = rows->view->shape[rows->view->rank - 1];
  coder->importance = fci_rows_of (plan, rows->name, importance);
  rows->grain_bytes = rows->grain_bytes * (columns / rows->grain);
  rows->grain = columns;
  coder->divided = importance->shape[0] > columns;
  return coder->importance != NULL;
}

bool
fci_coder_of (fci_plan *plan, fci_rows *rows)
{
  fmtconv_view *view = rows->view;
  const fci_op *op = NULL;
  if (!fci_view_is_coded (view))
    return true;
  fci_coder *coder = fci_new (plan->ctx, fci_coder);
  if (!coder)
    return false;
  *coder = (fci_coder){ .dtype = view->dtype, .tally = plan->n_tallies++, .number = plan->n_coders++ };
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_op *own = fci_ops_coder (view->boxes[i].ops);
      if (own && op && own->importance != op->importance)
        return fmtconv_fail_at (plan->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = rows->name },
                                "its parts were quantized by different importance")
               == 0;
      if (own)
        fci_point_watch (&coder->point, own->before);
      coder->mixed = coder->mixed || !own;
      op = own ? own : op;
    }
  ask_defaults (&coder->point);
  if (!fci_quant_can_encode (view->dtype))
    return fmtconv_fail_at (plan->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = rows->name },
                            "nothing can be quantized to %s", fmtconv_dtype_get (view->dtype)->name)
           == 0;
  if (op->importance && fci_quant_uses_importance (view->dtype)
      && !take_importance (plan, rows, coder, op->importance))
    return false;
  uint64_t room = sizeof (float) * (coder->importance ? 2 * rows->grain + 1 : rows->grain);
  plan->row_room = room > plan->row_room ? room : plan->row_room;
  rows->coder = coder;
  return true;
}
