/* plugins/diffusers/write.c: writes one component: weights by the safetensors writer, then its configuration.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diffusers.h"
#include <inttypes.h>
#include <string.h>

#define VERSION "_diffusers_version"

/* "STEM.fp16.safetensors", and how its files and index are to be written. */
static int
put_weights (fmtconv_ctx *ctx, const struct diffusers_write_params *p, const char *stem,
             const fmtconv_model *model, fmtconv_layout *out)
{
  const char *v = p->variant;
  if (v && !diffusers_is_variant (v, strlen (v)))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' cannot name a variant: letters, digits, '-' and '_' can",
                         v);
  const char *name = fmtconv_text (ctx, "%s%s%s.safetensors", stem, v ? "." : "", v ? v : "");
  const char *writer =
      fmtconv_text (ctx, "safetensors:max-shard-size=%" PRIu64 ",index=%s.safetensors.index%s%s.json",
                    p->max_shard_size, stem, v ? "." : "", v ? v : "");
  if (name && writer)
    fmtconv_write (out, name, model, writer);
  return fmtconv_failed (ctx);
}

/* The configuration over its defaults.  NULL: an error. */
static fmtconv_attr *
config_of (fmtconv_ctx *ctx, const struct diffusers_write_params *p, fmtconv_attr *attrs, int of_diffusers)
{
  fmtconv_attr *config = fmtconv_object (ctx);
  fmtconv_overlay (config, fmtconv_get (attrs, "config-default"));
  fmtconv_overlay (config, fmtconv_get (attrs, "config"));
  if (!config || !config->len || !of_diffusers)
    return config;
  if (p->version)
    fmtconv_set_string (config, VERSION, p->version);
  else if (!fmtconv_get_string (config, VERSION, NULL))
    fmtconv_set_string (config, VERSION, "0.32.2");
  return fmtconv_failed (ctx) ? NULL : config;
}

/* The weights' name without its suffix; a transform that makes no component names it itself.  NULL: an error. */
static const char *
stem_of (fmtconv_ctx *ctx, fmtconv_attr *attrs, int of_diffusers)
{
  const char *given = fmtconv_get_string (attrs, "weights-name", NULL);
  if (given && !diffusers_is_variant (given, strlen (given)))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the weights cannot be called '%s'", given), NULL;
  return given ? given : of_diffusers ? DIFFUSERS_STEM : TRANSFORMERS_STEM;
}

int
diffusers_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  const struct diffusers_write_params *p = params;
  fmtconv_attr *attrs = fmtconv_attrs (model);
  int of_diffusers = strcmp (fmtconv_get_string (attrs, "library", "diffusers"), "transformers") != 0;
  fmtconv_attr *config = config_of (ctx, p, attrs, of_diffusers);
  const char *stem = stem_of (ctx, attrs, of_diffusers);
  if (!config || !stem)
    return fmtconv_failed (ctx);
  if (fmtconv_count (model) && put_weights (ctx, p, stem, model, out))
    return fmtconv_failed (ctx);
  if (config->len)
    fmtconv_emit_json (fmtconv_create (out, fmtconv_get_string (attrs, "config-name", "config.json")), config,
                       1);
  else if (!fmtconv_count (model))
    fmtconv_fail (ctx, FMTCONV_E_MISSING,
                  "the model has neither tensors nor a configuration: nothing is to be written");
  else if (!fmtconv_get (attrs, "weights-name"))
    fmtconv_warn (
        ctx, "the model has no configuration: the folder gets no config.json, and from_pretrained needs one");
  return fmtconv_failed (ctx);
}
