/* plugins/diffusers/component.c: reads one component: its weights, its configuration, its other files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_CONFIG = 16 << 20, /* bytes */
  DEPTH = 32
};

fmtconv_attr *
diffusers_read_json (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (fmtconv_input_child (folder, name)));
  if (c.source && c.end > MAX_CONFIG)
    {
      fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = c.source },
                       "%llu bytes, more than the limit of %d", (unsigned long long) c.end, MAX_CONFIG);
      return NULL;
    }
  fmtconv_attr *tree = c.source ? fmtconv_cursor_take_json (&c, c.end, DEPTH) : NULL;
  if (tree && tree->kind != FMTCONV_ATTR_OBJECT)
    {
      fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = c.source },
                       "the file is not a JSON object");
      return NULL;
    }
  return tree;
}

/* Reads the configuration and the attributes that follow from it. */
static int
read_config (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name, fmtconv_model *out)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *config = diffusers_read_json (ctx, folder, name);
  if (!config)
    return fmtconv_ctx_failed (ctx);
  fmtconv_attr_set (attrs, "config", config);
  if (strcmp (name, DIFFUSERS_CONFIG))
    fmtconv_attr_set_string (attrs, "config-name", name);
  const char *class = fmtconv_attr_get_string (config, "_class_name", NULL);
  if (class && !fmtconv_attr_get (attrs, "library"))
    fmtconv_attr_set_string (attrs, "library", "diffusers");
  if (!class)
    class = fmtconv_attr_get_string (fmtconv_attr_at (config, "architectures/0"), NULL, NULL);
  if (class)
    {
      fmtconv_attr_set_string (attrs, "class", class);
      fmtconv_attr_set_string (attrs, "title", class);
    }
  /* The loss of a VAE in 16 bits shows in every picture. */
  if (class && !strncmp (class, "Autoencoder", strlen ("Autoencoder")))
    fmtconv_attr_set_bool (attrs, "keep-dtype", 1);
  return fmtconv_ctx_failed (ctx);
}

/* Returns the name of a component's configuration; NULL: none.  Next to an adapter, config.json is that of its
 * base model. */
static const char *
config_name (fmtconv_input *folder, const fmtconv_model *out)
{
  static const char *const names[] = { DIFFUSERS_CONFIG, "scheduler_config.json" };
  if (!strcmp (fmtconv_attr_get_string (fmtconv_model_attrs (out), "weights-name", ""), ADAPTER_STEM))
    return fmtconv_input_has (folder, ADAPTER_CONFIG) ? ADAPTER_CONFIG : NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (fmtconv_input_has (folder, names[i]))
      return names[i];
  return NULL;
}

/* Sets the class from a tokenizer's configuration, which is otherwise an ordinary file. */
static void
read_tokenizer_class (fmtconv_ctx *ctx, fmtconv_input *folder, fmtconv_model *out)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *config;
  if (!fmtconv_input_has (folder, DIFFUSERS_TOKENIZER)
      || !(config = diffusers_read_json (ctx, folder, DIFFUSERS_TOKENIZER)))
    return;
  const char *class = fmtconv_attr_get_string (config, "tokenizer_class", NULL);
  fmtconv_attr_set_string (attrs, "library", "transformers");
  if (class)
    {
      fmtconv_attr_set_string (attrs, "class", class);
      fmtconv_attr_set_string (attrs, "title", class);
    }
}

/* Puts what the model is called, as facts that stay if its configuration is replaced. */
static void
put_names (fmtconv_input *folder, fmtconv_model *out)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (out), *facts = fmtconv_attr_make (attrs, "source");
  const char *name = fmtconv_attr_get_string (fmtconv_attr_get (attrs, "config"), "_name_or_path", NULL);
  fmtconv_attr_set_string (facts, "folder", fmtconv_input_basename (folder));
  if (name)
    fmtconv_attr_set_string (facts, "name", name);
}

int
diffusers_read_component (fmtconv_ctx *ctx, const struct diffusers_read_params *p, fmtconv_input *folder,
                          fmtconv_model *out)
{
  int has_weights = diffusers_has_weights (folder, NULL) || fmtconv_input_has (folder, DIFFUSERS_CONFIG);
  if (has_weights ? diffusers_read_weights (ctx, p, folder, out) : fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  const char *config = config_name (folder, out);
  if (config)
    read_config (ctx, folder, config, out);
  else if (has_weights && !fmtconv_attr_get (fmtconv_model_attrs (out), "weights-name"))
    fmtconv_note (ctx, "no " DIFFUSERS_CONFIG " next to the weights in %s; the model has no configuration",
                  fmtconv_input_path (folder));
  else if (!has_weights)
    read_tokenizer_class (ctx, folder, out);
  put_names (folder, out);
  if (has_weights && (diffusers_read_card (ctx, folder, out) || diffusers_read_pooling (ctx, folder, out)))
    return fmtconv_ctx_failed (ctx);
  if (diffusers_attach_files (ctx, folder, config, has_weights, out))
    return fmtconv_ctx_failed (ctx);
  if (!has_weights && !config && !fmtconv_model_next_blob (out, NULL))
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "%s has no files", fmtconv_input_path (folder));
  return 0;
}
