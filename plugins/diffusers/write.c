/* plugins/diffusers/write.c: writes a component: weights by the safetensors writer, files, its configuration; and what
 * is made of several.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diffusers.h"
#include <inttypes.h>
#include <string.h>

#define VERSION "_diffusers_version"

/* What the component files go beneath. */
struct place
{
  fmtconv_ctx *ctx;
  const struct diffusers_write_params *p;
  fmtconv_layout *out;
  const char *dir; /* "vae/"; "": the output itself */
};

static fmtconv_file *
create (const struct place *at, const char *name)
{
  return fmtconv_create (at->out, fmtconv_text (at->ctx, "%s%s", at->dir, name));
}

/* "STEM.fp16.safetensors", and how its files and index are to be written. */
static int
put_weights (const struct place *at, const char *stem, const fmtconv_model *model)
{
  fmtconv_ctx *ctx = at->ctx;
  const char *v = at->p->variant;
  if (v && !diffusers_is_variant (v, strlen (v)))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' cannot name a variant: letters, digits, '-' and '_' can",
                         v);
  const char *name = fmtconv_text (ctx, "%s%s%s%s.safetensors", at->dir, stem, v ? "." : "", v ? v : "");
  const char *writer =
      fmtconv_text (ctx, "safetensors:max-shard-size=%" PRIu64 ",index=%s.safetensors.index%s%s.json",
                    at->p->max_shard_size, stem, v ? "." : "", v ? v : "");
  if (name && writer)
    fmtconv_write (at->out, name, model, writer);
  return fmtconv_failed (ctx);
}

/* Who made it, in what diffusers writes itself. */
static void
stamp (const struct place *at, fmtconv_attr *config)
{
  if (at->p->version)
    fmtconv_set_string (config, VERSION, at->p->version);
  else if (!fmtconv_get_string (config, VERSION, NULL))
    fmtconv_set_string (config, VERSION, "0.32.2");
}

/* The configuration over its defaults; empty: there is none.  NULL: an error. */
static fmtconv_attr *
config_of (const struct place *at, fmtconv_attr *attrs)
{
  fmtconv_attr *config = fmtconv_object (at->ctx);
  fmtconv_overlay (config, fmtconv_get (attrs, "config-default"));
  fmtconv_overlay (config, fmtconv_get (attrs, "config"));
  if (config && config->len && !strcmp (fmtconv_get_string (attrs, "library", "diffusers"), "diffusers"))
    stamp (at, config);
  return fmtconv_failed (at->ctx) ? NULL : config;
}

/* The weights' name without its suffix; a transform that makes no component names it itself.  NULL: an error. */
static const char *
stem_of (fmtconv_ctx *ctx, fmtconv_attr *attrs)
{
  const char *given = fmtconv_get_string (attrs, "weights-name", NULL);
  if (given && !diffusers_is_variant (given, strlen (given)))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the weights cannot be called '%s'", given), NULL;
  if (given)
    return given;
  return strcmp (fmtconv_get_string (attrs, "library", ""), "transformers") ? DIFFUSERS_STEM
                                                                            : TRANSFORMERS_STEM;
}

static int
is_empty (const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_attrs (model);
  return !fmtconv_count (model) && !fmtconv_next_blob (model, NULL) && !fmtconv_get (attrs, "config")
         && !fmtconv_get (attrs, "config-default");
}

static int
put_component (const struct place *at, const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_attrs (model), *config = config_of (at, attrs);
  const char *stem = stem_of (at->ctx, attrs);
  if (!config || !stem || (fmtconv_count (model) && put_weights (at, stem, model)))
    return fmtconv_failed (at->ctx);
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_next_blob (model, blob));)
    fmtconv_emit_source (create (at, blob->name), blob->source);
  const char *doubt = fmtconv_get_string (attrs, "config-doubt", NULL);
  if (doubt)
    fmtconv_warn (at->ctx, "%s", doubt);
  if (config->len)
    fmtconv_emit_json (create (at, fmtconv_get_string (attrs, "config-name", DIFFUSERS_CONFIG)), config, 1);
  else if (fmtconv_count (model) && !fmtconv_get (attrs, "weights-name"))
    fmtconv_warn (at->ctx,
                  "%s has no configuration: its folder gets no " DIFFUSERS_CONFIG
                  ", and from_pretrained needs one",
                  *at->dir ? fmtconv_name (model) : "the model");
  return fmtconv_failed (at->ctx);
}

static const char *
class_of (fmtconv_attr *attrs)
{
  fmtconv_attr *config = fmtconv_get (attrs, "config");
  const char *class = fmtconv_get_string (attrs, "class", NULL);
  if (!class)
    class = fmtconv_get_string (config, "_class_name", NULL);
  return class ? class : fmtconv_get_string (fmtconv_at (config, "architectures/0"), NULL, NULL);
}

/* [library, class]: whose from_pretrained opens the folder; [null, null]: the pipeline has no such component. */
static void
put_pair (fmtconv_ctx *ctx, const fmtconv_model *component, fmtconv_attr *index)
{
  fmtconv_attr *attrs = fmtconv_attrs (component), *pair = fmtconv_literal (ctx, "[]");
  const char *class = is_empty (component) ? NULL : class_of (attrs);
  fmtconv_set_string (pair, NULL, class ? fmtconv_get_string (attrs, "library", "diffusers") : NULL);
  fmtconv_set_string (pair, NULL, class);
  fmtconv_set (index, fmtconv_name (component), pair);
  if (!class && !is_empty (component))
    fmtconv_warn (ctx,
                  "nothing says what class '%s' is of: " DIFFUSERS_INDEX
                  " has [null, null] for it, and it is not loaded",
                  fmtconv_name (component));
}

/* The index of a pipeline; components without a class of their whole are only kept together. */
static int
put_index (const struct place *at, const fmtconv_model *bundle)
{
  fmtconv_attr *attrs = fmtconv_attrs (bundle), *index = config_of (at, attrs);
  const char *class = fmtconv_get_string (attrs, "class", NULL);
  if (class)
    fmtconv_set_string (index, "_class_name", class);
  if (!class && !fmtconv_get (index, "_class_name"))
    return fmtconv_note (at->ctx,
                         "nothing says which pipeline the components make: there is no " DIFFUSERS_INDEX);
  for (const fmtconv_model *c = NULL; (c = fmtconv_next_component (bundle, c));)
    put_pair (at->ctx, c, index);
  if (index && !fmtconv_get (index, VERSION))
    stamp (at, index);
  fmtconv_emit_json (create (at, DIFFUSERS_INDEX), index, 1);
  return fmtconv_failed (at->ctx);
}

int
diffusers_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  struct place at = { .ctx = ctx, .p = params, .out = out, .dir = "" };
  int is_bundle = fmtconv_next_component (model, NULL) != NULL;
  if (!is_bundle && is_empty (model))
    return fmtconv_fail (
        ctx, FMTCONV_E_MISSING,
        "the model has neither tensors nor files nor a configuration: nothing is to be written");
  if (!is_bundle)
    return put_component (&at, model);
  for (const fmtconv_model *c = NULL; (c = fmtconv_next_component (model, c));)
    {
      struct place beneath = at;
      beneath.dir = fmtconv_text (ctx, "%s/", fmtconv_name (c));
      if (!beneath.dir || put_component (&beneath, c))
        return fmtconv_failed (ctx);
    }
  return put_index (&at, model);
}
