/* core/plugin/model-pipeline.c: what model files of pipelines need besides those of one model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/model.h"
#include "core/plugin/model-pipeline.h"
#include "core/plugin/registry.h"
#include "core/rules/file.h"
#include <string.h>

/* ---- The rules of the components */

/* Returns the rules of the model file that converts a component; NULL: *error is why there are none, or an error was
 * recorded. */
static const fmtconv_rules *
rules_of (fmtconv_ctx *ctx, const char *component, const fci_rules_part *part, const char **error)
{
  const fci_module *module = fci_module_find (ctx, part->model);
  const bool is_model = module && module->plugin && module->model;
  const fmtconv_rules *rules = is_model ? module->plugin->transform->rules : NULL;
  if (!module)
    *error = fmtconv_ctx_printf (ctx, "its component '%s' needs the model '%s', which is not installed",
                                 component, part->model);
  else if (!rules)
    *error = fmtconv_ctx_printf (ctx, "its component '%s' needs the model '%s': %s", component, part->model,
                                 module->error ? module->error : "it is not a model file");
  else if (rules->components)
    *error = fmtconv_ctx_printf (ctx, "its component '%s' cannot be a pipeline", component);
  return *error || !rules ? NULL : fci_rules_with (ctx, rules, &part->let);
}

bool
fci_pipeline_link (fmtconv_ctx *ctx, const fci_rules_file *read, const char **error)
{
  fmtconv_rules_component *c = (fmtconv_rules_component *) read->rules->components;
  for (const fci_rules_part *part = read->parts; part && c->name; part++, c++)
    if (part->model && !(c->rules = rules_of (ctx, c->name, part, error)))
      return false;
  return true;
}

/* ---- Components of files */

int
fci_pipeline_params (fmtconv_ctx *ctx, const fmtconv_rules *rules, size_t offset, fmtconv_param *out)
{
  size_t n = 0;
  for (const fmtconv_rules_component *c = rules->components; c && c->name; c++)
    if (c->has_files)
      {
        *out++ =
            (fmtconv_param){ c->name, FMTCONV_PARAM_INPUT, offset + n * sizeof (fmtconv_input *), NULL,
                             "a folder whose files become this component, which the input does not have" };
        n++;
      }
  *out = (fmtconv_param){ 0 };
  return ctx->failed;
}

/* Attaches the files of a folder, without hidden files. */
static void
attach (fmtconv_ctx *ctx, fmtconv_input *folder, fmtconv_model *component)
{
  const char *name;
  size_t n = 0;
  if (fmtconv_model_count (component))
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s=: the input has this component itself",
                  fmtconv_model_name (component));
  else if (!fmtconv_input_is_folder (folder))
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s is not a folder", fmtconv_input_path (folder));
  for (size_t i = 0; !ctx->failed && (name = fmtconv_input_entry (folder, i)); i++)
    {
      fmtconv_input *file = *name != '.' ? fmtconv_input_child (folder, name) : NULL;
      if (!file)
        continue;
      if (fmtconv_input_is_folder (file))
        {
          fmtconv_warn (ctx, "left out the folder '%s' of %s: a component has files alone", name,
                        fmtconv_input_path (folder));
          continue;
        }
      fmtconv_model_attach (component, name, fmtconv_input_open (file));
      n++;
    }
  if (!ctx->failed && !n)
    fmtconv_fail (ctx, FMTCONV_E_MISSING, "%s has no files", fmtconv_input_path (folder));
}

int
fci_pipeline_attach (fmtconv_ctx *ctx, const fmtconv_rules *rules, fmtconv_input *const *folders,
                     fmtconv_model *out)
{
  size_t n = 0, missing = 0;
  for (const fmtconv_rules_component *c = rules->components; c && c->name && !ctx->failed; c++)
    {
      if (!c->has_files)
        continue;
      fmtconv_model *component = fmtconv_model_component (out, c->name);
      const bool is_missing = !folders[n] && component && !fmtconv_model_count (component);
      if (folders[n])
        attach (ctx, folders[n], component);
      else if (is_missing)
        fmtconv_detail (ctx, "%s: add it with the parameter %s=FOLDER, or pass %s= to from_pretrained",
                        c->name, c->name, c->name);
      missing += is_missing;
      n++;
    }
  if (missing && !ctx->failed)
    fmtconv_note (ctx, "the input does not have %zu component%s of the pipeline:", missing,
                  missing == 1 ? "" : "s");
  return ctx->failed;
}

/* ---- Entries of configurations */

static fmtconv_attr *
config_of (const fmtconv_model *bundle, const char *name)
{
  const fmtconv_model *c = fci_model_find_component (bundle, name);
  return c ? fmtconv_attr_get (fmtconv_model_attrs (c), "config") : NULL;
}

int
fci_pipeline_set (fmtconv_ctx *ctx, const fmtconv_pairs *set, fmtconv_model *out)
{
  for (size_t i = 0; i < set->n && !ctx->failed; i++)
    {
      const char *key = set->key[i], *dot = strchr (key, '.');
      const char *name = fci_strndup (ctx, key, strcspn (key, "."));
      fmtconv_attr *config = name ? config_of (out, name) : NULL;
      if (!dot || !config)
        return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                             "set.%s=: it must name a component with a configuration, and its entry: "
                             "set.COMPONENT.KEY=VALUE",
                             key);
      const char *entry = dot + 1;
      fmtconv_attr_override (config, &(fmtconv_pairs){ .n = 1, .key = &entry, .value = &set->value[i] });
    }
  return ctx->failed;
}
