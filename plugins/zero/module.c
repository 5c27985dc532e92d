/* plugins/zero/module.c: what the optimizer does not have: buffers, frozen parameters, parameters with two names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/pickled.h"
#include "plugins/zero/zero.h"

/* Returns a dictionary of a file, in which the key may be absent or None; NULL: it is. */
static const fmtconv_value *
dictionary (const zero_file *file, const char *key)
{
  const fmtconv_value *value = zero_get (file, key);
  return fmtconv_value_kind (value) == FMTCONV_VALUE_DICT ? value : NULL;
}

static bool
is_floating (uint32_t dtype)
{
  return dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 || dtype == FMTCONV_F64;
}

/* Puts a buffer, or compares it with that of another model-parallel rank. */
static void
put_buffer (zero_load *load, const char *name, fmtconv_view *view)
{
  const fmtconv_tensor *other = fmtconv_model_find (load->out, name);
  if (other)
    fmtconv_model_replace (load->out, other,
                           fmtconv_view_require_equal (2, (fmtconv_view *const[]){ other->view, view }));
  else
    fmtconv_model_put (load->out, name, view);
}

/* Puts the buffers of one file.  Those of floating-point numbers become f32, as the weights are. */
static int
put_buffers (zero_load *load, const zero_file *model)
{
  const fmtconv_value *names = zero_get (model, "buffer_names"), *module = dictionary (model, "module");
  const bool has_layers = load->model_ranks > 1 && !module; /* a pipeline has its module in files of layers */
  if (fmtconv_value_kind (names) != FMTCONV_VALUE_LIST || (!module && !has_layers))
    return zero_wrong (load, model, NULL, "it has no list of buffers, or no module");
  if (has_layers && fmtconv_value_count (names))
    return fmtconv_warn (load->ctx, "%zu buffers in %s are not read: their values are in files of layers",
                         fmtconv_value_count (names), model->name);
  for (size_t i = 0; i < fmtconv_value_count (module) && !fmtconv_ctx_failed (load->ctx); i++)
    {
      const char *name = pickled_name (load->ctx, fmtconv_value_key (module, i));
      if (!name || !fmtconv_value_find (names, name))
        continue;
      fmtconv_view *view = zero_view (load, model, name, fmtconv_value_at (module, i));
      if (view && is_floating (fmtconv_view_dtype (view)))
        view = fmtconv_view_cast (view, FMTCONV_F32);
      if (view)
        put_buffer (load, name, view);
    }
  return fmtconv_ctx_failed (load->ctx);
}

int
zero_put_buffers (zero_load *load)
{
  for (uint32_t rank = 0; rank < load->model_ranks; rank++)
    if (put_buffers (load, &load->models[rank]))
      return fmtconv_ctx_failed (load->ctx);
  return 0;
}

/* Refuses frozen parameters of several model-parallel ranks, as nothing says how they are divided. */
static int
refuse_frozen (const zero_load *load)
{
  for (uint32_t rank = 0; rank < load->model_ranks; rank++)
    {
      const fmtconv_value *shapes = dictionary (&load->models[rank], "frozen_param_shapes");
      if (fmtconv_value_count (shapes))
        return fmtconv_fail_at (
            load->ctx, FMTCONV_E_UNSUPPORTED,
            &(fmtconv_where){ .source = load->models[rank].pickle->source,
                              .tensor = pickled_name (load->ctx, fmtconv_value_key (shapes, 0)),
                              .hint = "save it without tensor and pipeline parallelism" },
            "it is frozen, so that ds_to_universal has not joined its shares, and nothing says how they are "
            "divided");
    }
  return 0;
}

/* Puts a frozen parameter: whole in one file or, of stage 3, a flat part in each. */
static int
put_frozen (zero_load *load, const fmtconv_value *const *fragments, const zero_param *param)
{
  const uint32_t n = load->is_split ? load->ranks : 1;
  const uint64_t part = param->elements / n + (param->elements % n > 0); /* padded at the end of the last */
  for (uint32_t rank = 0; rank < n; rank++)
    {
      load->pieces[rank] = zero_view (load, &load->models[rank], param->name,
                                      fmtconv_value_find (fragments[rank], param->name));
      if (!load->pieces[rank])
        return fmtconv_ctx_failed (load->ctx);
      const uint64_t *shape = fmtconv_view_shape (load->pieces[rank]);
      uint64_t held = 1;
      for (unsigned i = 0; i < fmtconv_view_rank (load->pieces[rank]); i++)
        held *= shape[i];
      if (held != part)
        return zero_wrong (load, &load->models[rank], param->name,
                           "its frozen part has not the size that its shape gives");
      load->pieces[rank] = fmtconv_view_reshape (load->pieces[rank], 1, &held);
    }
  fmtconv_model_put (load->out, param->name, zero_join (load, n, param));
  return fmtconv_ctx_failed (load->ctx);
}

int
zero_put_frozen (zero_load *load)
{
  const zero_file *model = &load->models[0];
  const fmtconv_value *shapes = dictionary (model, "frozen_param_shapes");
  if (load->model_ranks > 1)
    return refuse_frozen (load);
  const uint32_t n = load->is_split ? load->ranks : 1;
  const fmtconv_value **fragments = fmtconv_ctx_alloc (load->ctx, n, sizeof *fragments);
  if (!fragments || zero_make_room (load, n))
    return FMTCONV_E_NOMEM;
  for (uint32_t rank = 0; fmtconv_value_count (shapes) && rank < n; rank++)
    {
      fragments[rank] = dictionary (&load->models[rank], "frozen_param_fragments");
      if (!fragments[rank])
        return zero_wrong (load, &load->models[rank], NULL, "it has no frozen parameters, but their shapes");
    }
  for (size_t i = 0; i < fmtconv_value_count (shapes); i++)
    {
      zero_param param;
      if (zero_read_param (load, model, fmtconv_value_key (shapes, i), fmtconv_value_at (shapes, i), &param)
          || put_frozen (load, fragments, &param))
        return fmtconv_ctx_failed (load->ctx);
    }
  return 0;
}

/* Lists the tensors of a module that were not put.  Returns how many. */
static size_t
list_others (const zero_load *load, const zero_file *model)
{
  const fmtconv_value *module = dictionary (model, "module");
  size_t n = 0;
  for (size_t i = 0; i < fmtconv_value_count (module) && !fmtconv_ctx_failed (load->ctx); i++)
    {
      const char *name = pickled_name (load->ctx, fmtconv_value_key (module, i));
      if (!name || fmtconv_model_find (load->out, name)
          || !fmtconv_pickle_tensor (model->pickle, fmtconv_value_at (module, i), NULL))
        continue;
      fmtconv_model_skip (load->out, name, 0, "the optimizer does not have it");
      fmtconv_detail (load->ctx, "%s", name);
      n++;
    }
  return n;
}

/* Stage 1 saves no list of frozen parameters, so that nothing but the module has them. */
int
zero_warn_of_others (zero_load *load)
{
  size_t n = 0;
  for (uint32_t rank = 0; rank < load->model_ranks; rank++)
    n += list_others (load, &load->models[rank]);
  if (n && !fmtconv_ctx_failed (load->ctx))
    fmtconv_warn (load->ctx,
                  "%zu tensors of the model are neither trained nor listed as frozen, and are not read; "
                  "-r sat:weights=model reads all, as trained",
                  n);
  return fmtconv_ctx_failed (load->ctx);
}

/* Puts the second names in the file of a rank. */
static int
put_shared (zero_load *load, const zero_file *model)
{
  const fmtconv_value *pairs = dictionary (model, "shared_params");
  for (size_t i = 0; i < fmtconv_value_count (pairs); i++)
    {
      const char *name = pickled_name (load->ctx, fmtconv_value_key (pairs, i));
      const char *of = pickled_name (load->ctx, fmtconv_value_at (pairs, i));
      if (!name || !of)
        return zero_wrong (load, model, NULL, "a shared parameter is not two names");
      const fmtconv_tensor *same = fmtconv_model_find (load->out, of);
      if (!same)
        fmtconv_model_skip (load->out, name, 0, "it shares weights that the checkpoint does not have");
      else if (!fmtconv_model_find (load->out, name))
        fmtconv_model_put (load->out, name, same->view);
    }
  return fmtconv_ctx_failed (load->ctx);
}

int
zero_put_shared (zero_load *load)
{
  for (uint32_t rank = 0; rank < load->model_ranks; rank++)
    if (put_shared (load, &load->models[rank]))
      return fmtconv_ctx_failed (load->ctx);
  return 0;
}
