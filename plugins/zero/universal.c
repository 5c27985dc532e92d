/* plugins/zero/universal.c: the parameters of universal checkpoints, of which each has a folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A file holds {"param": tensor, …}, or of stage 3 the tensor alone, which is flat.  Tensors of a vocabulary have lost the
 * rows that padded them (deepspeed/checkpoint/ds_to_universal.py, universal_checkpoint.py).
 *
 * Of a run with tensor parallelism and a pipeline, each model-parallel rank has model states with the names and shapes of its
 * shares.  ds_to_universal has joined these along the axis cat_dim, in the order of a parameter's parts if there are several
 * (param_n_sub_params, sub_param_shape), or has kept one of equal or averaged shares.  A file does not say over how many ranks a
 * parameter was divided: the size along one axis does, which is the same multiple for all. */
#include "config.h"

#include "plugins/zero/zero.h"
#include <string.h>

typedef struct universal
{
  zero_load *load;
  fmtconv_input *states; /* the folder of all parameters */
  const char *file;      /* of each parameter */
  uint64_t absent;
  uint64_t ways;  /* over how many ranks the first divided parameter was divided; 1: none was yet */
  uint64_t least; /* over how many ranks a vocabulary was divided at least */
  const char *vocabulary;
} universal;

/* Returns the file of a parameter, or lists it as absent. */
static fmtconv_input *
look_for (universal *u, const zero_param *param)
{
  fmtconv_ctx *ctx = u->load->ctx;
  fmtconv_input *folder =
      fmtconv_input_has (u->states, param->name) ? fmtconv_input_child (u->states, param->name) : NULL;
  if (fmtconv_input_has (folder, u->file))
    return fmtconv_input_child (folder, u->file);
  if (!fmtconv_ctx_failed (ctx))
    {
      fmtconv_detail (ctx, "zero/%s/%s", param->name, u->file);
      u->absent++;
    }
  return NULL;
}

/* Returns over how many ranks a parameter was divided whose shares were joined, at least, if the rows that padded a vocabulary
 * are gone; 0: the sizes are not those of joined shares.  axis: along which; -1: any. */
static uint64_t
count_ways (const zero_param *share, const uint64_t *shape, int64_t axis, bool is_vocabulary)
{
  uint64_t ways = 1;
  for (unsigned i = 0; i < share->rank; i++)
    {
      const bool is_padded = is_vocabulary && !i;
      if (shape[i] == share->shape[i] || (is_padded && shape[i] < share->shape[i]))
        continue;
      if ((axis >= 0 && i != axis) || ways > 1 || !share->shape[i]
          || (!is_padded && (shape[i] % share->shape[i] || !shape[i])))
        return 0;
      ways = shape[i] / share->shape[i] + (shape[i] % share->shape[i] > 0);
    }
  return ways;
}

/* Returns whether the number of ranks that one parameter was divided over is that of all others. */
static bool
agree (universal *u, uint64_t ways)
{
  if (ways <= 1 || u->ways > 1 || u->load->model_ranks % ways)
    return ways == 1 || ways == u->ways;
  u->ways = ways;
  return true;
}

/* Returns whether a parameter has the shape of joined shares.  That of a vocabulary is compared with all others at the end. */
static bool
fits (universal *u, const zero_param *param, const uint64_t *shape, int64_t axis, bool is_vocabulary)
{
  const uint64_t ways = count_ways (param, shape, axis, is_vocabulary);
  if (!is_vocabulary)
    return agree (u, ways);
  if (ways > u->least)
    {
      u->least = ways;
      u->vocabulary = param->name;
    }
  return ways && ways <= u->load->model_ranks;
}

/* Returns the tensor in a file in the shape of the whole parameter; NULL: an error. */
static fmtconv_view *
shaped (universal *u, const zero_file *file, const zero_param *param, fmtconv_view *view)
{
  const bool is_dict = fmtconv_value_kind (file->pickle->value) == FMTCONV_VALUE_DICT;
  const fmtconv_value *parts = is_dict ? zero_get (file, "sub_param_shape") : NULL;
  const unsigned rank = fmtconv_view_rank (view);
  const uint64_t *shape = fmtconv_view_shape (view);
  int64_t is_vocabulary = 0, axis = -1;
  uint64_t elements = 1;
  if (is_dict)
    fmtconv_value_int (zero_get (file, "vocab_tensor"), &is_vocabulary);
  if (is_dict && u->load->model_ranks > 1)
    fmtconv_value_int (zero_get (file, "cat_dim"), &axis);
  for (unsigned i = 0; i < rank; i++)
    elements *= shape[i];
  if (rank == param->rank && fits (u, param, shape, axis, is_vocabulary != 0))
    return view;
  if (parts && u->load->model_ranks > 1 && param->elements && !(elements % param->elements)
      && agree (u, elements / param->elements))
    return view; /* the axes of its parts */
  if (rank == 1 && shape[0] == param->elements)
    return fmtconv_view_reshape (view, param->rank, param->shape);
  zero_wrong (u->load, file, param->name, "it has another shape than the model states say");
  return NULL;
}

static int
put (universal *u, const zero_param *param, fmtconv_input *input)
{
  zero_load *load = u->load;
  zero_file file = { 0 };
  if (zero_open_file (load, input, &file))
    return fmtconv_ctx_failed (load->ctx);
  const bool is_dict = fmtconv_value_kind (file.pickle->value) == FMTCONV_VALUE_DICT;
  fmtconv_view *view =
      zero_view (load, &file, param->name, is_dict ? zero_get (&file, "param") : file.pickle->value);
  if (view)
    view = shaped (u, &file, param, view);
  if (view)
    fmtconv_model_put (load->out, param->name, view);
  return fmtconv_ctx_failed (load->ctx);
}

int
zero_put_universal (zero_load *load)
{
  const char *moment = zero_moment (load);
  universal u = { .load = load,
                  .states = fmtconv_input_child (load->folder, "zero"),
                  .file = fmtconv_ctx_printf (load->ctx, "%s.pt", moment ? moment : "fp32"),
                  .ways = 1 };
  size_t n;
  const zero_param *params = zero_list_params (load, &n);
  /* The file of each, opened once: a folder stays open. */
  fmtconv_input **inputs = fmtconv_ctx_alloc (load->ctx, n + 1, sizeof *inputs);
  if (!u.states || !params || !inputs)
    return fmtconv_ctx_failed (load->ctx);
  for (size_t i = 0; i < n && !fmtconv_ctx_failed (load->ctx); i++)
    inputs[i] = look_for (&u, &params[i]);
  if (fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  if (u.absent)
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){ .hint = moment ? "check that the copy is complete; omit part= to read the weights"
                                         : "check that the copy is complete" },
        "%s of %llu of %llu parameters is missing in %s", u.file, (unsigned long long) u.absent,
        (unsigned long long) n, fmtconv_input_path (u.states));
  for (size_t i = 0; i < n; i++)
    if (put (&u, &params[i], inputs[i]))
      return fmtconv_ctx_failed (load->ctx);
  return u.least > u.ways && u.ways > 1
             ? zero_wrong (load, &load->models[0], u.vocabulary, "it has more rows than all ranks together")
             : 0;
}
