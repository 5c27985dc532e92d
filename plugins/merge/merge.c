/* plugins/merge/merge.c: the transform that combines a model with other files: adds their tensors, or sums
 * the tensors of all of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <math.h>

static const fmtconv_param params[] = {
  { "file", FMTCONV_PARAM_INPUTS, offsetof (struct merge_params, file), NULL,
    "another checkpoint, a file or folder; may be repeated" },
  { "weight", FMTCONV_PARAM_PAIRS, offsetof (struct merge_params, weight), NULL,
    "weight of the file's tensors in a sum with those of the input; one for each file" },
  { "method", FMTCONV_PARAM_CHOICE, offsetof (struct merge_params, method),
    "auto|append|linear|slerp|add-difference",
    "how tensors are combined; auto: linear with a weight, add-difference with minus=, else append" },
  { "base-weight", FMTCONV_PARAM_FLOAT, offsetof (struct merge_params, base_weight), NULL,
    "weight of the input's tensors, with linear; default: 1 minus the weights of the files" },
  { "normalize", FMTCONV_PARAM_BOOL, offsetof (struct merge_params, normalize), NULL,
    "divide a linear sum by the sum of the weights; required if base-weight= makes them differ from 1" },
  { "minus", FMTCONV_PARAM_INPUT, offsetof (struct merge_params, minus), NULL,
    "the checkpoint that is subtracted from each file before it is added" },
  { "rule", FMTCONV_PARAM_PAIRS, offsetof (struct merge_params, rule), NULL,
    "GLOB=WEIGHT: another weight for tensors whose names match; may be repeated, the first match counts" },
  { "missing", FMTCONV_PARAM_CHOICE, offsetof (struct merge_params, missing), "error|keep",
    "keep: tensors of the input that a file lacks stay unchanged, and tensors that only files have are "
    "dropped" },
  { "reader", FMTCONV_PARAM_TEXT, offsetof (struct merge_params, reader), NULL,
    "the reader of the files, with parameters; default: detected" },
  { "prefix", FMTCONV_PARAM_TEXT, offsetof (struct merge_params, prefix), "",
    "prefix for the names of the files' tensors" },
  { 0 },
};

int
merge_method_of (const struct merge_params *p)
{
  if (p->method != MERGE_AUTO)
    return p->method;
  if (p->minus)
    return MERGE_ADD_DIFFERENCE;
  return p->weight.n || p->rule.n || !isnan (p->base_weight) ? MERGE_LINEAR : MERGE_APPEND;
}

int
merge_read_file (fmtconv_ctx *ctx, const struct merge_params *p, fmtconv_input *in, struct merge_file *to)
{
  *to = (struct merge_file){ .path = fmtconv_input_path (in), .model = fmtconv_input_read (in, p->reader) };
  if (to->model && fmtconv_model_next_component (to->model, NULL))
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED,
                         "%s holds several components: give the folder of one component", to->path);
  return fmtconv_ctx_failed (ctx);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct merge_params *p = params_;
  if (!p->file.n)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no file given: merge:file=OTHER");
  return (merge_method_of (p) == MERGE_APPEND ? merge_append : merge_sum) (ctx, p, in, out);
}

FMTCONV_PLUGIN (merge, .name = "merge",
                .summary = "adds the tensors of other files to a model, or averages models",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "file=FILE", .merges = 1,
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED,
                                                .apply = apply));
