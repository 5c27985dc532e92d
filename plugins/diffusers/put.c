/* plugins/diffusers/put.c: writes a component: weights, files, then its configuration.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include <fmtconv/formats.h>
#include <inttypes.h>
#include <string.h>

fmtconv_file *
diffusers_create (const struct diffusers_place *at, const char *name)
{
  return fmtconv_layout_create (at->out, fmtconv_ctx_printf (at->ctx, "%s%s", at->dir, name));
}

/* Writes "STEM.fp16.safetensors", or its parts and index. */
static int
put_weights (const struct diffusers_place *at, const char *stem, const fmtconv_model *model)
{
  fmtconv_ctx *ctx = at->ctx;
  const char *v = at->p->variant;
  if (v && !diffusers_is_variant (v, strlen (v)))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' cannot name a variant: use letters, digits, '-' and '_'",
                         v);
  const char *name =
      fmtconv_ctx_printf (ctx, "%s%s%s%s.safetensors", at->dir, stem, v ? "." : "", v ? v : "");
  const char *writer = fmtconv_ctx_printf (
      ctx, "safetensors:max-shard-size=%" PRIu64 ",tied=%s,index=%s.safetensors.index%s%s.json",
      at->p->max_shard_size, at->p->tied ? "copy" : "once", stem, v ? "." : "", v ? v : "");
  if (name && writer)
    fmtconv_layout_write (at->out, name, model, writer);
  return fmtconv_ctx_failed (ctx);
}

void
diffusers_stamp (const struct diffusers_place *at, fmtconv_attr *config)
{
  if (at->p->version)
    fmtconv_attr_set_string (config, DIFFUSERS_VERSION, at->p->version);
  else if (!fmtconv_attr_get_string (config, DIFFUSERS_VERSION, NULL))
    fmtconv_attr_set_string (config, DIFFUSERS_VERSION, "0.32.2");
}

fmtconv_attr *
diffusers_config (const struct diffusers_place *at, fmtconv_attr *attrs)
{
  fmtconv_attr *config = fmtconv_attr_object (at->ctx);
  fmtconv_attr_overlay (config, fmtconv_attr_get (attrs, "config-default"));
  fmtconv_attr_overlay (config, fmtconv_attr_get (attrs, "config"));
  if (config && config->len && !strcmp (fmtconv_attr_get_string (attrs, "library", "diffusers"), "diffusers"))
    diffusers_stamp (at, config);
  return fmtconv_ctx_failed (at->ctx) ? NULL : config;
}

/* The weights' name without its suffix; a transform that makes no component names it itself.  NULL: an error.
 * */
static const char *
stem_of (fmtconv_ctx *ctx, fmtconv_attr *attrs)
{
  const char *given = fmtconv_attr_get_string (attrs, "weights-name", NULL);
  if (given && !diffusers_is_variant (given, strlen (given)))
    {
      fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the name '%s' is not valid for weights", given);
      return NULL;
    }
  if (given)
    return given;
  return strcmp (fmtconv_attr_get_string (attrs, "library", ""), "transformers") ? DIFFUSERS_STEM
                                                                                 : TRANSFORMERS_STEM;
}

int
diffusers_is_empty (const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model);
  return !fmtconv_model_count (model) && !fmtconv_model_next_blob (model, NULL)
         && !fmtconv_attr_get (attrs, "config") && !fmtconv_attr_get (attrs, "config-default");
}

/* Returns torch's name of a data type; NULL: weights are not computed in it. */
static const char *
torch_name (uint32_t dtype)
{
  static const fmtconv_dtype_name names[] = {
    { FMTCONV_F32, "float32", 0 },
    { FMTCONV_F16, "float16", 0 },
    { FMTCONV_BF16, "bfloat16", 0 },
    { FMTCONV_F64, "float64", 0 },
    { 0 },
  };
  const fmtconv_dtype_name *found = fmtconv_dtype_table_by_dtype (names, dtype);
  return found ? found->name : NULL;
}

/* Updates the data type in the configuration after a cast, because transformers loads weights with it. */
static void
resolve_dtype (const fmtconv_model *model, fmtconv_attr *config)
{
  const char *key = fmtconv_attr_get (config, "dtype") ? "dtype" : "torch_dtype";
  const char *said = fmtconv_attr_get_string (config, key, NULL), *first = NULL;
  FMTCONV_FOREACH (t, model)
    {
      const char *name = torch_name (t->dtype);
      if (!said || (name && !strcmp (name, said)))
        return;
      first = first ? first : name;
    }
  if (said && first)
    fmtconv_attr_set_string (config, key, first);
}

/* Says in the configuration of a model that comes from a GGUF file the data type of most elements: vectors are in 32 bits there,
 * whatever the model was trained in. */
static void
put_dtype (const fmtconv_model *model, fmtconv_attr *config)
{
  static const uint32_t dtypes[] = { FMTCONV_F32, FMTCONV_F16, FMTCONV_BF16, FMTCONV_F64 };
  uint64_t elements[sizeof dtypes / sizeof *dtypes] = { 0 };
  size_t most = 0;
  if (!fmtconv_attr_get (fmtconv_model_attrs (model), "gguf") || !fmtconv_attr_get (config, "architectures")
      || fmtconv_attr_get (config, "dtype") || fmtconv_attr_get (config, "torch_dtype"))
    return;
  FMTCONV_FOREACH (t, model)
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
      if (t->dtype == dtypes[i])
        elements[i] += t->bytes / fmtconv_dtype_get (t->dtype)->block_bytes;
  for (size_t i = 1; i < sizeof dtypes / sizeof *dtypes; i++)
    most = elements[i] > elements[most] ? i : most;
  if (elements[most])
    fmtconv_attr_set_string (config, "torch_dtype", torch_name (dtypes[most]));
}

int
diffusers_put_component (const struct diffusers_place *at, const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model), *config = diffusers_config (at, attrs);
  const char *stem = stem_of (at->ctx, attrs);
  if (!config || !stem || (fmtconv_model_count (model) && put_weights (at, stem, model)))
    return fmtconv_ctx_failed (at->ctx);
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (model, blob));)
    fmtconv_file_emit_source (diffusers_create (at, blob->name), blob->source);
  resolve_dtype (model, config);
  put_dtype (model, config);
  const char *doubt = fmtconv_attr_get_string (attrs, "config-doubt", NULL);
  if (doubt)
    fmtconv_warn (at->ctx, "%s", doubt);
  if (config->len)
    fmtconv_file_emit_json (
        diffusers_create (at, fmtconv_attr_get_string (attrs, "config-name", DIFFUSERS_CONFIG)), config, 1);
  else if (fmtconv_model_count (model) && !fmtconv_attr_get (attrs, "weights-name"))
    fmtconv_warn (at->ctx,
                  "%s has no configuration; its folder gets no " DIFFUSERS_CONFIG
                  ", which from_pretrained needs",
                  *at->dir ? fmtconv_model_name (model) : "the model");
  return fmtconv_ctx_failed (at->ctx);
}
