/* plugins/common/lora-facts.c: reads the configuration of a LoRA from its files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT: training_config.yaml of the run.  diffusers: the fields of LoraConfig as JSON in the metadata
 * (loaders/lora_base.py).  peft: adapter_config.json in the folder of the weights (src/peft/config.py).  Others write
 * single fields as entries of the metadata: transformer.lora_alpha (SimpleTuner), ss_network_alpha (sd-scripts). */
#include "config.h"

#include "plugins/common/lora-facts.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

#define CONFIG "adapter_config.json"

enum
{
  MAX_CONFIG = 16 << 20, /* bytes */
  DEPTH = 32
};

/* Reads adapter_config.json in the LoRA's folder, or in the folder of its file. */
static int
read_config (struct lora_facts *f, fmtconv_input *in)
{
  fmtconv_input *folder = fmtconv_input_is_folder (in) ? in : fmtconv_input_parent (in);
  if (!folder || !fmtconv_input_has (folder, CONFIG))
    return fmtconv_ctx_failed (f->ctx);
  fmtconv_input *file = fmtconv_input_child (folder, CONFIG);
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (file));
  if (c.source && c.end > MAX_CONFIG)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = c.source },
                            "the file has %llu bytes, more than the limit of %d", (unsigned long long) c.end,
                            MAX_CONFIG);
  f->peft = c.source ? fmtconv_cursor_take_json (&c, c.end, DEPTH) : NULL;
  f->peft_at = fmtconv_input_path (file);
  f->is_whole = true;
  if (f->peft && f->peft->kind != FMTCONV_ATTR_OBJECT)
    return fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = c.source },
                            "the file is not a JSON object");
  return fmtconv_ctx_failed (f->ctx);
}

static int
read_metadata (struct lora_facts *f, const char *text)
{
  const char *why = NULL;
  f->peft = fmtconv_attr_parse_json (f->ctx, text, &why);
  f->peft_at = "lora_adapter_metadata of the LoRA";
  f->is_whole = true;
  if (!f->peft && why)
    return fmtconv_fail (f->ctx, FMTCONV_E_FORMAT, "%s is not JSON: %s", f->peft_at, why);
  return fmtconv_ctx_failed (f->ctx);
}

/* Entries of the metadata that are fields of a configuration, after a component's name and a dot, or alone. */
static const struct
{
  const char *entry;
  const char *field;
} flat[] = {
  { "lora_alpha", "lora_alpha" },       { "r", "r" },
  { "alpha_pattern", "alpha_pattern" }, { "rank_pattern", "rank_pattern" },
  { "use_rslora", "use_rslora" },       { "ss_network_alpha", "lora_alpha" },
};

static const char *
flat_field (const char *entry)
{
  for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
    if (strcmp (flat[i].entry, entry) == 0)
      return flat[i].field;
  return NULL;
}

/* Adds an entry of the metadata to the fields.  Values that are not JSON ("Dynamic") are ignored. */
static void
take_flat (struct lora_facts *f, const fmtconv_attr *entry)
{
  const char *dot = strrchr (entry->key, '.'), *why = NULL;
  const char *field = entry->kind == FMTCONV_ATTR_STRING ? flat_field (dot ? dot + 1 : entry->key) : NULL;
  fmtconv_attr *value = field ? fmtconv_attr_parse_json (f->ctx, entry->v.s, &why) : NULL;
  if (value)
    fmtconv_attr_set (
        f->peft,
        fmtconv_ctx_printf (f->ctx, "%.*s%s", dot ? (int) (dot + 1 - entry->key) : 0, entry->key, field),
        value);
}

static int
read_flat (struct lora_facts *f, const fmtconv_attr *metadata)
{
  f->peft = fmtconv_attr_object (f->ctx);
  f->peft_at = "the metadata of the LoRA";
  for (const fmtconv_attr *a = metadata ? metadata->first : NULL; a && f->peft; a = a->next)
    if (a->key)
      take_flat (f, a);
  if (f->peft && !f->peft->first)
    f->peft = NULL;
  return fmtconv_ctx_failed (f->ctx);
}

/* Returns the configuration that was read with the model, if it is peft's. */
static fmtconv_attr *
model_config (fmtconv_attr *attrs)
{
  const char *library = fmtconv_attr_get_string (fmtconv_attr_get (attrs, "library"), NULL, "");
  fmtconv_attr *config = fmtconv_attr_get (attrs, "config");
  return strcmp (library, "peft") == 0 || fmtconv_attr_get (config, "peft_type") ? config : NULL;
}

/* Translates the keys of all patterns, with or without a component's name. */
static int
read_patterns (struct lora_facts *f)
{
  for (fmtconv_attr *a = f->peft ? f->peft->first : NULL; a; a = a->next)
    {
      const char *dot = a->key ? strrchr (a->key, '.') : NULL, *key = dot ? dot + 1 : a->key;
      if (key && a->kind == FMTCONV_ATTR_OBJECT
          && (strcmp (key, "rank_pattern") == 0 || strcmp (key, "alpha_pattern") == 0)
          && lora_patterns_read (f, a))
        break;
    }
  return fmtconv_ctx_failed (f->ctx);
}

int
lora_facts_read (struct lora_facts *f, const fmtconv_model *model, fmtconv_input *file)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model), *metadata = fmtconv_attr_get (attrs, "metadata");
  const char *text = fmtconv_attr_get_string (metadata, "lora_adapter_metadata", NULL);
  f->sat = fmtconv_attr_at (attrs,
                            "source/training_config/model/network_config/params/modules/lora_config/params");
  if (text ? read_metadata (f, text) : file && read_config (f, file))
    return fmtconv_ctx_failed (f->ctx);
  if (!f->peft && !text && (f->peft = model_config (attrs)))
    {
      f->peft_at = CONFIG;
      f->is_whole = true;
    }
  if (!f->peft && !text && read_flat (f, metadata))
    return fmtconv_ctx_failed (f->ctx);
  return lora_config_check (f) ? fmtconv_ctx_failed (f->ctx) : read_patterns (f);
}

void
lora_facts_forget (fmtconv_ctx *ctx, fmtconv_attr *attrs)
{
  fmtconv_attr *metadata = fmtconv_attr_get (attrs, "metadata"), *next;
  for (fmtconv_attr *a = metadata ? metadata->first : NULL; a; a = next)
    {
      const char *dot = a->key ? strrchr (a->key, '.') : NULL;
      next = a->next;
      if (a->key && (flat_field (dot ? dot + 1 : a->key) || strcmp (a->key, "lora_adapter_metadata") == 0))
        fmtconv_attr_unset (metadata, fmtconv_ctx_printf (ctx, "%s", a->key));
    }
  if (model_config (attrs))
    {
      fmtconv_attr_unset (attrs, "config");
      fmtconv_attr_unset (attrs, "library");
    }
}

static fmtconv_attr *
not_null (fmtconv_attr *node)
{
  return node && node->kind != FMTCONV_ATTR_NULL ? node : NULL;
}

/* Keys may have the name of the module's component as prefix, or none. */
fmtconv_attr *
lora_field (const struct lora_facts *f, const char *module, const char *key)
{
  const char *const first = fmtconv_ctx_printf (f->ctx, "%.*s.%s", (int) strcspn (module, "."), module, key);
  fmtconv_attr *node = first ? fmtconv_attr_get (f->peft, first) : NULL;
  int component = lora_component_of (module);
  if (component == LORA_ANY)
    component = LORA_MODEL;
  node = node ? node
              : fmtconv_attr_get (f->peft,
                                  fmtconv_ctx_printf (f->ctx, "%s.%s", lora_component_name (component), key));
  if (!node && component == LORA_MODEL)
    node = fmtconv_attr_get (f->peft, fmtconv_ctx_printf (f->ctx, "unet.%s", key));
  return not_null (node ? node : fmtconv_attr_get (f->peft, key));
}

int
lora_flag (const struct lora_facts *f, const char *module, const char *key)
{
  fmtconv_attr *node = lora_field (f, module, key);
  if (!node)
    return -1;
  if (node->kind == FMTCONV_ATTR_BOOL)
    return node->v.i != 0;
  fmtconv_fail (f->ctx, FMTCONV_E_FORMAT, "%s: '%s' is not true or false", f->peft_at, key);
  return -1;
}

bool
lora_facts_have_full (const struct lora_facts *f)
{
  const char *bias = fmtconv_attr_get_string (f->peft, "bias", "none");
  const fmtconv_attr *saved = fmtconv_attr_get (f->peft, "modules_to_save");
  return strcmp (bias, "none") != 0 || (saved && saved->first);
}

double
lora_number (const struct lora_facts *f, const char *where, fmtconv_attr *node, const char *key)
{
  double value = node && node->kind != FMTCONV_ATTR_BOOL ? fmtconv_attr_get_float (node, NULL, NAN) : NAN;
  if (node && !isfinite (value))
    fmtconv_fail (f->ctx, FMTCONV_E_FORMAT, "%s: '%s' is %s, which is not a finite number", where, key,
                  fmtconv_attr_json_text (node, 0));
  return value;
}

double
lora_setting (const struct lora_facts *f, const char *module, const char *key, const char *pattern_key)
{
  fmtconv_attr *patterns = lora_field (f, module, pattern_key);
  if (patterns && patterns->kind != FMTCONV_ATTR_OBJECT)
    {
      fmtconv_fail (f->ctx, FMTCONV_E_FORMAT, "%s: '%s' is not an object of patterns and numbers", f->peft_at,
                    pattern_key);
      return NAN;
    }
  bool matches = false;
  const double value = patterns ? lora_patterns_number (f, patterns, module, &matches) : NAN;
  if (matches)
    return value;
  return lora_number (f, f->peft_at, lora_field (f, module, key), key);
}
