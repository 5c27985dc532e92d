/* plugins/zero/module.c: what the optimizer does not have: buffers, frozen parameters, parameters with two names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/zero/zero.h"
#include <string.h>

/* Returns a dictionary of a file, in which the key may be absent or None; NULL: it is. */
static const pk_value *
dictionary (const zero_file *file, const char *key)
{
  const pk_value *value = zero_get (file, key);
  return value && value->kind == PK_DICT ? value : NULL;
}

static bool
is_floating (uint32_t dtype)
{
  return dtype == FMTCONV_F16 || dtype == FMTCONV_BF16 || dtype == FMTCONV_F64;
}

/* Buffers of floating-point numbers become f32, as the weights are. */
int
zero_put_buffers (zero_load *load)
{
  const zero_file *model = &load->models[0];
  const pk_value *names = zero_get (model, "buffer_names"), *module = dictionary (model, "module");
  pk_lookup lookup;
  if (!names || names->kind != PK_LIST || !module)
    return zero_wrong (load, model, NULL, "it has no list of buffers, or no module");
  if (pk_lookup_make (load->ctx, names, &lookup))
    return FMTCONV_E_NOMEM;
  for (uint32_t i = 0; i + 1 < module->v.items->n && !fmtconv_ctx_failed (load->ctx); i += 2)
    {
      const pk_value *key = &module->v.items->at[i];
      if (key->kind != PK_STRING || !pk_lookup_find (&lookup, key->v.s, key->len))
        continue;
      const char *name = fmtconv_ctx_printf (load->ctx, "%.*s", (int) key->len, key->v.s);
      fmtconv_view *view = zero_view (load, model, name, key + 1);
      if (view && is_floating (fmtconv_view_dtype (view)))
        view = fmtconv_view_cast (view, FMTCONV_F32);
      if (view)
        fmtconv_model_put (load->out, name, view);
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Puts a frozen parameter: whole in one file or, of stage 3, a flat part in each. */
static int
put_frozen (zero_load *load, const pk_lookup *fragments, const zero_param *param)
{
  const uint32_t n = load->is_split ? load->ranks : 1;
  const uint64_t part = param->elements / n + (param->elements % n > 0); /* padded at the end of the last */
  for (uint32_t rank = 0; rank < n; rank++)
    {
      const pk_value *key = pk_lookup_find (&fragments[rank], param->name, strlen (param->name));
      load->pieces[rank] = zero_view (load, &load->models[rank], param->name, key ? &key[1] : NULL);
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
  const pk_value *shapes = dictionary (model, "frozen_param_shapes");
  const uint32_t n = load->is_split ? load->ranks : 1;
  pk_lookup *fragments = fmtconv_ctx_alloc (load->ctx, n, sizeof *fragments);
  if (!fragments || zero_make_room (load, n))
    return FMTCONV_E_NOMEM;
  for (uint32_t rank = 0; shapes && shapes->v.items->n && rank < n; rank++)
    {
      const pk_value *held = dictionary (&load->models[rank], "frozen_param_fragments");
      if (!held)
        return zero_wrong (load, &load->models[rank], NULL, "it has no frozen parameters, but their shapes");
      if (pk_lookup_make (load->ctx, held, &fragments[rank]))
        return FMTCONV_E_NOMEM;
    }
  for (uint32_t i = 0; shapes && i + 1 < shapes->v.items->n; i += 2)
    {
      zero_param param;
      if (zero_read_param (load, model, &shapes->v.items->at[i], &shapes->v.items->at[i + 1], &param)
          || put_frozen (load, fragments, &param))
        return fmtconv_ctx_failed (load->ctx);
    }
  return 0;
}

int
zero_put_shared (zero_load *load)
{
  const pk_value *pairs = dictionary (&load->models[0], "shared_params");
  for (uint32_t i = 0; pairs && i + 1 < pairs->v.items->n; i += 2)
    {
      const pk_value *key = &pairs->v.items->at[i], *of = key + 1;
      if (key->kind != PK_STRING || of->kind != PK_STRING)
        return zero_wrong (load, &load->models[0], NULL, "a shared parameter is not two names");
      const char *name = fmtconv_ctx_printf (load->ctx, "%.*s", (int) key->len, key->v.s);
      const fmtconv_tensor *same =
          fmtconv_model_find (load->out, fmtconv_ctx_printf (load->ctx, "%.*s", (int) of->len, of->v.s));
      if (!same)
        fmtconv_model_skip (load->out, name, 0, "it shares weights that the checkpoint does not have");
      else if (!fmtconv_model_find (load->out, name))
        fmtconv_model_put (load->out, name, same->view);
    }
  return fmtconv_ctx_failed (load->ctx);
}
