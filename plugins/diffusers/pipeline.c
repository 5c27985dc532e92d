/* plugins/diffusers/pipeline.c: reads a pipeline: the components that its index names.
 * SPDX-License-Identifier: Apache-2.0
 *
 * model_index.json has a pair [library, class] for every component, [null, null] for one that was left out, and
 * whatever else the pipeline's class was made with.  Source: diffusers, src/diffusers/pipelines/pipeline_utils.py. */
#include "config.h"
#include "diffusers.h"
#include <fmtconv/formats.h>
#include <string.h>

struct pipeline
{
  fmtconv_ctx *ctx;
  const struct diffusers_read_params *params;
  fmtconv_input *folder;
  fmtconv_model *out;
  size_t of_variant; /* components with weights of the variant */
};

static int
is_pair (const fmtconv_attr *a)
{
  if (a->kind != FMTCONV_ATTR_ARRAY || a->len != 2)
    return 0;
  for (const fmtconv_attr *item = a->first; item; item = item->next)
    if (item->kind != FMTCONV_ATTR_STRING && item->kind != FMTCONV_ATTR_NULL)
      return 0;
  return 1;
}

/* Reads a component; like diffusers, does not require the variant in every component. */
static int
read_folder (struct pipeline *p, const char *name, fmtconv_model *component)
{
  fmtconv_input *folder = fmtconv_input_child (p->folder, name);
  if (!fmtconv_input_is_folder (folder))
    return fmtconv_ctx_failed (p->ctx)
               ? fmtconv_ctx_failed (p->ctx)
               : fmtconv_fail (p->ctx, FMTCONV_E_FORMAT, "the component '%s' is not a folder", name);
  const char *variant = p->params->variant;
  struct diffusers_read_params params = *p->params;
  int has = variant && diffusers_has_weights (folder, variant);
  p->of_variant += (size_t) has;
  if (variant && !has && diffusers_has_weights (folder, NULL))
    fmtconv_note (p->ctx, "%s has no weights of the variant '%s'; reading other weights", name, variant);
  if (!has)
    params.variant = NULL;
  return diffusers_read_component (p->ctx, &params, folder, component);
}

/* Sets library and class from the index.  A class of another library may store its weights under transformers'
 * name, which the library does not imply, so the name is set too. */
static void
call (fmtconv_attr *attrs, const char *library, const char *class)
{
  const char *found = fmtconv_attr_get_string (attrs, "library", "diffusers");
  if (!strcmp (found, "transformers") && strcmp (library, "transformers"))
    fmtconv_attr_set_string (attrs, "weights-name", TRANSFORMERS_STEM);
  fmtconv_attr_set_string (attrs, "library", library);
  fmtconv_attr_set_string (attrs, "class", class);
}

static int
read_named (struct pipeline *p, fmtconv_attr *pair)
{
  const char *name = pair->key;
  const char *library = fmtconv_attr_get_string (pair->first, NULL, NULL);
  const char *class = fmtconv_attr_get_string (pair->last, NULL, NULL);
  fmtconv_model *component = fmtconv_model_component (p->out, name);
  if (!component || (!library && !class))
    return fmtconv_ctx_failed (p->ctx);
  if (!library || !class)
    return fmtconv_fail (p->ctx, FMTCONV_E_FORMAT, DIFFUSERS_INDEX ": '%s' has only one of library and class",
                         name);
  if (!fmtconv_input_has (p->folder, name))
    return fmtconv_fail_at (p->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "check that the copy is complete" },
                            DIFFUSERS_INDEX " names the component '%s', but there is no such folder", name);
  if (read_folder (p, name, component) == 0)
    call (fmtconv_model_attrs (component), library, class);
  return fmtconv_ctx_failed (p->ctx);
}

/* Returns why a name in the folder is skipped; NULL: a component that was read, or the index. */
static const char *
unread_files (const fmtconv_model *out, const char *name)
{
  const fmtconv_model *c = NULL;
  while ((c = fmtconv_model_next_component (out, c)) && strcmp (fmtconv_model_name (c), name))
    ;
  if (!c)
    return strcmp (name, DIFFUSERS_INDEX) ? DIFFUSERS_INDEX " does not name it" : NULL;
  return diffusers_is_empty (c) ? DIFFUSERS_INDEX " has [null, null] for it" : NULL;
}

static void
list_others (struct pipeline *p)
{
  const char *name, *why;
  for (size_t i = 0; (name = fmtconv_input_entry (p->folder, i)); i++)
    if (*name != '.' && (why = unread_files (p->out, name)))
      fmtconv_model_skip (p->out, name, 0, why);
}

/* Reads the components; all other entries of the index are the pipeline's configuration. */
static int
read_index (struct pipeline *p, fmtconv_attr *index)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (p->out), *config = fmtconv_attr_object (p->ctx);
  const char *class = fmtconv_attr_get_string (index, "_class_name", NULL);
  for (fmtconv_attr *a = index->first; a && !fmtconv_ctx_failed (p->ctx); a = a->next)
    if (is_pair (a))
      read_named (p, a);
    else
      fmtconv_attr_set (config, a->key, a);
  fmtconv_attr_set (attrs, "config", config);
  fmtconv_attr_set_string (attrs, "config-name", DIFFUSERS_INDEX);
  if (class)
    {
      fmtconv_attr_set_string (attrs, "class", class);
      fmtconv_attr_set_string (attrs, "title", class);
    }
  if (!fmtconv_ctx_failed (p->ctx) && !fmtconv_model_next_component (p->out, NULL))
    return fmtconv_fail (p->ctx, FMTCONV_E_FORMAT, DIFFUSERS_INDEX " does not name a component");
  list_others (p);
  return fmtconv_ctx_failed (p->ctx);
}

/* Reads a text encoder and its tokenizer, as kept for several pipelines. */
static int
read_pair (struct pipeline *p)
{
  static const char *const names[] = { "text_encoder", "tokenizer" };
  for (size_t i = 0; i < 2 && !fmtconv_ctx_failed (p->ctx); i++)
    if (fmtconv_input_has (p->folder, names[i]))
      read_folder (p, names[i], fmtconv_model_component (p->out, names[i]));
  fmtconv_attr_set_string (fmtconv_model_attrs (p->out), "title", "text encoder and its tokenizer");
  return fmtconv_ctx_failed (p->ctx);
}

int
diffusers_read_pipeline (fmtconv_ctx *ctx, const struct diffusers_read_params *params, fmtconv_input *in,
                         fmtconv_model *out)
{
  struct pipeline p = { .ctx = ctx, .params = params, .folder = in, .out = out };
  fmtconv_attr *index = NULL;
  if (fmtconv_input_has (in, DIFFUSERS_INDEX) && !(index = diffusers_read_json (ctx, in, DIFFUSERS_INDEX)))
    return fmtconv_ctx_failed (ctx);
  if (index ? read_index (&p, index) : read_pair (&p))
    return fmtconv_ctx_failed (ctx);
  if (params->variant && !p.of_variant)
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "no component has weights of the variant '%s'",
                         params->variant);
  return 0;
}
