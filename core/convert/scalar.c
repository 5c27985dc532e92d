/* core/convert/scalar.c: reads numbers that are stored as tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/kernel/decode.h"
#include "core/source/source.h"
#include "core/view/view.h"
#include <errno.h>
#include <string.h>

int
fmtconv_tensor_scalar (const fmtconv_tensor *tensor, double *value)
{
  fmtconv_view *view = tensor ? tensor->view : NULL;
  unsigned char element[16];
  char text[FCI_ERROR_TEXT];
  if (!view || fmtconv_ctx_failed (view->ctx))
    return view ? fmtconv_ctx_failed (view->ctx) : FMTCONV_E_INTERNAL;
  fmtconv_where where = { .tensor = tensor->name };
  if (view->elements != 1 || view->boxes[0].ops)
    return fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &where,
                            "the tensor is not a single stored number");
  const fci_box *box = &view->boxes[0];
  where.source = box->source;
  where.offset = box->offset;
  if (!box->source->disk && !box->source->memory)
    return fmtconv_fail_at (view->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = tensor->name },
                            "the tensor is computed from data that is not read yet");
  int error =
      fci_source_read (box->source, box->offset, element, fmtconv_dtype_get (box->dtype)->block_bytes);
  if (error != 0)
    return fci_fail_system (view->ctx, FMTCONV_E_IO, error > 0 ? error : 0, NULL, &where,
                            "cannot read the tensor: %s",
                            error > 0                 ? fci_os_error_text (error, text)
                            : error == FCI_READ_SHORT ? "the file has become shorter"
                                                      : "the file changed during the conversion");
  *value = fci_element (box->dtype, element);
  return 0;
}
