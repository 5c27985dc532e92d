/* plugins/zero/universal.c: the parameters of universal checkpoints, of which each has a folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file holds {"param": tensor, …}, or of stage 3 the tensor alone, which is flat.  Tensors of a vocabulary have lost the
 * rows that padded them (deepspeed/checkpoint/ds_to_universal.py, universal_checkpoint.py). */
#include "config.h"
#include "plugins/zero/zero.h"

typedef struct universal
{
  zero_load *load;
  fmtconv_input *states;  /* the folder of all parameters */
  const char *file;       /* of each parameter */
  fmtconv_input **inputs; /* that file of each, opened once: a folder stays open */
  size_t at;              /* parameter that is looked at */
  uint64_t absent;
} universal;

/* Calls `each` with the name and shape of all parameters.  Returns 0 or an error code. */
static int
for_each (universal *u, const fmtconv_value *shapes, int (*each) (universal *, const zero_param *))
{
  const zero_file *model = &u->load->models[0];
  for (size_t group = 0; group < fmtconv_value_count (shapes); group++)
    {
      const fmtconv_value *of = fmtconv_value_at (shapes, group);
      if (fmtconv_value_kind (of) != FMTCONV_VALUE_DICT)
        return zero_wrong (u->load, model, NULL, "the shapes of a group are not a dictionary");
      for (size_t i = 0; i < fmtconv_value_count (of); i++)
        {
          zero_param param;
          if (zero_read_param (u->load, model, fmtconv_value_key (of, i), fmtconv_value_at (of, i), &param)
              || each (u, &param))
            return fmtconv_ctx_failed (u->load->ctx);
        }
    }
  return 0;
}

/* Returns the number of all parameters. */
static size_t
count_params (const fmtconv_value *shapes)
{
  size_t n = 0;
  for (size_t group = 0; group < fmtconv_value_count (shapes); group++)
    n += fmtconv_value_count (fmtconv_value_at (shapes, group));
  return n;
}

/* Opens the file of a parameter, or lists it as absent. */
static int
look_for (universal *u, const zero_param *param)
{
  fmtconv_ctx *ctx = u->load->ctx;
  fmtconv_input *folder =
      fmtconv_input_has (u->states, param->name) ? fmtconv_input_child (u->states, param->name) : NULL;
  if (fmtconv_input_has (folder, u->file))
    u->inputs[u->at] = fmtconv_input_child (folder, u->file);
  else if (!fmtconv_ctx_failed (ctx))
    {
      fmtconv_detail (ctx, "zero/%s/%s", param->name, u->file);
      u->absent++;
    }
  u->at++;
  return fmtconv_ctx_failed (ctx);
}

/* Returns the tensor in a file in the shape of the parameter; NULL: an error. */
static fmtconv_view *
shaped (zero_load *load, const zero_file *file, const zero_param *param, fmtconv_view *view,
        bool is_vocabulary)
{
  const unsigned rank = fmtconv_view_rank (view);
  const uint64_t *shape = fmtconv_view_shape (view);
  bool same = rank == param->rank;
  for (unsigned i = is_vocabulary; same && i < rank; i++)
    same = shape[i] == param->shape[i];
  if (same && is_vocabulary)
    same = rank && shape[0] <= param->shape[0];
  if (same)
    return view;
  if (rank == 1 && shape[0] == param->elements)
    return fmtconv_view_reshape (view, param->rank, param->shape);
  zero_wrong (load, file, param->name, "it has another shape than the model states say");
  return NULL;
}

static int
put (universal *u, const zero_param *param)
{
  zero_load *load = u->load;
  zero_file file = { 0 };
  int64_t is_vocabulary = 0;
  if (zero_open_file (load, u->inputs[u->at++], &file))
    return fmtconv_ctx_failed (load->ctx);
  const bool is_dict = fmtconv_value_kind (file.pickle->value) == FMTCONV_VALUE_DICT;
  if (is_dict)
    fmtconv_value_int (zero_get (&file, "vocab_tensor"), &is_vocabulary);
  fmtconv_view *view =
      zero_view (load, &file, param->name, is_dict ? zero_get (&file, "param") : file.pickle->value);
  if (view)
    view = shaped (load, &file, param, view, is_vocabulary != 0);
  if (view)
    fmtconv_model_put (load->out, param->name, view);
  return fmtconv_ctx_failed (load->ctx);
}

int
zero_put_universal (zero_load *load, const fmtconv_value *shapes)
{
  const char *moment = zero_moment (load);
  universal u = { .load = load,
                  .states = fmtconv_input_child (load->folder, "zero"),
                  .file = fmtconv_ctx_printf (load->ctx, "%s.pt", moment ? moment : "fp32") };
  const size_t n = count_params (shapes);
  u.inputs = fmtconv_ctx_alloc (load->ctx, n + 1, sizeof (fmtconv_input *));
  if (!u.states || !u.inputs || for_each (&u, shapes, look_for))
    return fmtconv_ctx_failed (load->ctx);
  if (u.absent)
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){ .hint = moment ? "check that the copy is complete; omit part= to read the weights"
                                         : "check that the copy is complete" },
        "%s of %llu of %llu parameters is missing in %s", u.file, (unsigned long long) u.absent,
        (unsigned long long) n, fmtconv_input_path (u.states));
  u.at = 0;
  return for_each (&u, shapes, put);
}
