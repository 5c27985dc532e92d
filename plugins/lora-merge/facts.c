/* plugins/lora-merge/facts.c: reads the configuration of a LoRA from its files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SAT: training_config.yaml of the run.  diffusers: the fields of LoraConfig in the metadata (loaders/lora_base.py).
 * peft: adapter_config.json in the folder of the weights (src/peft/config.py). */
#include "config.h"

#include "facts.h"
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
read_config (struct merge *m, struct merge_facts *f)
{
  fmtconv_input *in = m->params->file,
                *folder = fmtconv_input_is_folder (in) ? in : fmtconv_input_parent (in);
  if (!folder || !fmtconv_input_has (folder, CONFIG))
    return fmtconv_ctx_failed (m->ctx);
  fmtconv_input *file = fmtconv_input_child (folder, CONFIG);
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (file));
  if (c.source && c.end > MAX_CONFIG)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = c.source },
                            "the file has %llu bytes, more than the limit of %d", (unsigned long long) c.end,
                            MAX_CONFIG);
  f->peft = c.source ? fmtconv_cursor_take_json (&c, c.end, DEPTH) : NULL;
  f->peft_at = fmtconv_input_path (file);
  if (f->peft && f->peft->kind != FMTCONV_ATTR_OBJECT)
    return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .source = c.source },
                            "the file is not a JSON object");
  return fmtconv_ctx_failed (m->ctx);
}

static int
read_metadata (struct merge *m, struct merge_facts *f, const char *text)
{
  const char *why = NULL;
  f->peft = fmtconv_attr_parse_json (m->ctx, text, &why);
  f->peft_at = "lora_adapter_metadata of the LoRA";
  if (!f->peft && why)
    return fmtconv_fail (m->ctx, FMTCONV_E_FORMAT, "%s is not JSON: %s", f->peft_at, why);
  return fmtconv_ctx_failed (m->ctx);
}

int
merge_read_facts (struct merge *m, struct merge_facts *f)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (m->lora);
  const char *text =
      fmtconv_attr_get_string (fmtconv_attr_get (attrs, "metadata"), "lora_adapter_metadata", NULL);
  *f = (struct merge_facts){
    .sat = fmtconv_attr_at (
        attrs, "source/training_config/model/network_config/params/modules/lora_config/params")
  };
  if (text ? read_metadata (m, f, text) : m->params->file && read_config (m, f))
    return fmtconv_ctx_failed (m->ctx);
  return merge_check_config (m, f);
}

static fmtconv_attr *
not_null (fmtconv_attr *node)
{
  return node && node->kind != FMTCONV_ATTR_NULL ? node : NULL;
}

/* Keys may have the first component of the module's name as prefix, or "transformer", or none. */
fmtconv_attr *
merge_field (struct merge *m, const struct merge_facts *f, const char *module, const char *key)
{
  const char *first = fmtconv_ctx_printf (m->ctx, "%.*s.%s", (int) strcspn (module, "."), module, key);
  fmtconv_attr *node = first ? fmtconv_attr_get (f->peft, first) : NULL;
  node = node ? node : fmtconv_attr_get (f->peft, fmtconv_ctx_printf (m->ctx, "transformer.%s", key));
  return not_null (node ? node : fmtconv_attr_get (f->peft, key));
}

int
merge_flag (struct merge *m, const struct merge_facts *f, const char *module, const char *key)
{
  fmtconv_attr *node = merge_field (m, f, module, key);
  if (!node)
    return -1;
  if (node->kind == FMTCONV_ATTR_BOOL)
    return node->v.i != 0;
  fmtconv_fail (m->ctx, FMTCONV_E_FORMAT, "%s: '%s' is not true or false", f->peft_at, key);
  return -1;
}

double
merge_number (struct merge *m, const char *where, fmtconv_attr *node, const char *key)
{
  double value = node && node->kind != FMTCONV_ATTR_BOOL ? fmtconv_attr_get_float (node, NULL, NAN) : NAN;
  if (node && !isfinite (value))
    fmtconv_fail (m->ctx, FMTCONV_E_FORMAT, "%s: '%s' is %s, which is not a finite number", where, key,
                  fmtconv_attr_json_text (node, 0));
  return value;
}

double
merge_setting (struct merge *m, const struct merge_facts *f, const char *module, const char *key,
               const char *pattern_key)
{
  fmtconv_attr *patterns = merge_field (m, f, module, pattern_key);
  if (patterns && patterns->kind != FMTCONV_ATTR_OBJECT)
    {
      fmtconv_fail (m->ctx, FMTCONV_E_FORMAT, "%s: '%s' is not an object of patterns and numbers", f->peft_at,
                    pattern_key);
      return NAN;
    }
  const char *where = patterns ? fmtconv_ctx_printf (m->ctx, "'%s' of %s", pattern_key, f->peft_at) : NULL;
  for (fmtconv_attr *p = where ? patterns->first : NULL; p; p = p->next)
    {
      int matches = merge_matches (m, where, p->key, module);
      if (matches)
        return matches > 0 ? merge_number (m, where, p, p->key) : NAN;
    }
  return merge_number (m, f->peft_at, merge_field (m, f, module, key), key);
}
