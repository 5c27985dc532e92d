/* core/convert/placeholders.c: warns of weights without values, whose values another file has.
 * SPDX-License-Identifier: Apache-2.0
 *
 * DeepSpeed's ZeRO-3 keeps each parameter as an empty tensor and its values in the files of the ranks
 * (deepspeed/runtime/zero/partition_parameters.py), and what saves the model without gathering it first saves those, in
 * any format. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/placeholders.h"
#include "core/model/model.h"
#include "core/source/input.h"

enum
{
  LISTED = 64 /* names; all are counted */
};

static bool
is_placeholder (const fmtconv_tensor *t)
{
  static const char *const names[] = { "weight", "*.weight", "bias", "*.bias" };
  for (size_t i = 0; t->rank == 1 && t->shape[0] == 0 && i < sizeof names / sizeof *names; i++)
    if (fmtconv_glob_match (names[i], t->name))
      return true;
  return false;
}

int
fci_warn_of_placeholders (fmtconv_ctx *ctx, fmtconv_input *in, const fmtconv_model *model)
{
  size_t n = 0;
  if (!fci_input_is_named (in))
    return 0;
  FCI_FOREACH_LEAF (leaf, model)
    FMTCONV_FOREACH (t, leaf)
      if (is_placeholder (t) && n++ < LISTED)
        fmtconv_detail (ctx, "%s", t->name);
  if (n == 0)
    return 0;
  return fmtconv_warn (
      ctx,
      n == 1
          ? "%zu weight has shape [0]: DeepSpeed's ZeRO-3 leaves such placeholders, and keeps the values "
            "in other files; set stage3_gather_16bit_weights_on_model_save and save again"
          : "%zu weights have shape [0]: DeepSpeed's ZeRO-3 leaves such placeholders, and keeps the values "
            "in other files; set stage3_gather_16bit_weights_on_model_save and save again",
      n);
}
