/* plugins/diffusers/write.c: writes one component, or several components with an index.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include <string.h>

static const char *
class_of (fmtconv_attr *attrs)
{
  fmtconv_attr *config = fmtconv_attr_get (attrs, "config");
  const char *class = fmtconv_attr_get_string (attrs, "class", NULL);
  if (!class)
    class = fmtconv_attr_get_string (config, "_class_name", NULL);
  return class ? class : fmtconv_attr_get_string (fmtconv_attr_at (config, "architectures/0"), NULL, NULL);
}

/* Adds [library, class] for from_pretrained; [null, null]: the pipeline does not have the component. */
static void
put_pair (fmtconv_ctx *ctx, const fmtconv_model *component, fmtconv_attr *index)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (component), *pair = fmtconv_attr_literal (ctx, "[]");
  const char *class = diffusers_is_empty (component) ? NULL : class_of (attrs);
  fmtconv_attr_set_string (pair, NULL,
                           class ? fmtconv_attr_get_string (attrs, "library", "diffusers") : NULL);
  fmtconv_attr_set_string (pair, NULL, class);
  fmtconv_attr_set (index, fmtconv_model_name (component), pair);
  if (!class && !diffusers_is_empty (component))
    fmtconv_warn (ctx,
                  "the class of '%s' is not known; " DIFFUSERS_INDEX
                  " has [null, null] for it, so diffusers does not load it",
                  fmtconv_model_name (component));
}

/* Writes the index of a pipeline; a bundle without a class gets none. */
static int
put_index (const struct diffusers_place *at, const fmtconv_model *bundle)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (bundle), *index = diffusers_config (at, attrs);
  const char *class = fmtconv_attr_get_string (attrs, "class", NULL);
  if (class)
    fmtconv_attr_set_string (index, "_class_name", class);
  if (!class && !fmtconv_attr_get (index, "_class_name"))
    return fmtconv_note (at->ctx, "the pipeline's class is not known; not writing " DIFFUSERS_INDEX);
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (bundle, c));)
    put_pair (at->ctx, c, index);
  if (index && !fmtconv_attr_get (index, DIFFUSERS_VERSION))
    diffusers_stamp (at, index);
  fmtconv_file_emit_json (diffusers_create (at, DIFFUSERS_INDEX), index, 1);
  return fmtconv_ctx_failed (at->ctx);
}

int
diffusers_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  struct diffusers_place at = { .ctx = ctx, .p = params, .out = out, .dir = "" };
  int is_bundle = fmtconv_model_next_component (model, NULL) != NULL;
  if (!is_bundle && diffusers_is_empty (model))
    return fmtconv_fail (ctx, FMTCONV_E_MISSING,
                         "nothing to write: the model has no tensors, files or configuration");
  if (!is_bundle)
    return diffusers_put_component (&at, model);
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (model, c));)
    {
      struct diffusers_place nested = at;
      nested.dir = fmtconv_ctx_printf (ctx, "%s/", fmtconv_model_name (c));
      if (!nested.dir || diffusers_put_component (&nested, c))
        return fmtconv_ctx_failed (ctx);
    }
  return put_index (&at, model);
}
