/* plugins/zero/steps.c: the files of all ranks must be of one step of the training.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Files of two saves have the same names and sizes.  Each optimizer counts its steps, as a tensor or, in earlier versions, a
 * number; each file of model states has those of the engine. */
#include "config.h"

#include "plugins/zero/zero.h"

/* Reads a step.  Returns whether it is one. */
static bool
read_step (zero_load *load, const zero_file *file, const fmtconv_value *value, double *step)
{
  fmtconv_pickled tensor;
  int64_t number;
  if (fmtconv_value_int (value, &number))
    *step = (double) number;
  else if (fmtconv_pickle_tensor (file->pickle, value, &tensor) && tensor.dtype && !tensor.rank)
    return !fmtconv_tensor_scalar (
        &(fmtconv_tensor){ .name = "step", .view = zero_view (load, file, "step", value) }, step);
  else
    return false;
  return true;
}

/* Compares the step of a file with that of the first one that says it. */
static int
compare (zero_load *load, const zero_file *file, const fmtconv_value *value, const zero_file **first,
         double *expected)
{
  double step;
  if (!read_step (load, file, value, &step))
    return fmtconv_ctx_failed (load->ctx);
  if (!*first)
    {
      *first = file;
      *expected = step;
    }
  return step == *expected
             ? 0
             : zero_wrong (load, file, NULL,
                           fmtconv_ctx_printf (load->ctx, "it is of step %.0f, but %s is of step %.0f", step,
                                               (*first)->name, *expected));
}

int
zero_check_steps (zero_load *load)
{
  const zero_file *first = NULL;
  double expected = 0;
  for (uint32_t rank = 0; load->optimizers && rank < load->ranks; rank++)
    {
      const fmtconv_value *state = zero_group_state (load, rank, 0);
      const fmtconv_value *step =
          fmtconv_value_kind (state) == FMTCONV_VALUE_DICT ? fmtconv_value_find (state, "step") : NULL;
      if (compare (load, &load->optimizers[rank], step, &first, &expected))
        return fmtconv_ctx_failed (load->ctx);
    }
  first = NULL;
  for (uint32_t rank = 0; rank < (load->is_split ? load->ranks : load->model_ranks); rank++)
    if (compare (load, &load->models[rank], zero_get (&load->models[rank], "global_steps"), &first,
                 &expected))
      return fmtconv_ctx_failed (load->ctx);
  return 0;
}
