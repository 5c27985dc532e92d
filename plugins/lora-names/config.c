/* plugins/lora-names/config.c: states alpha and rank in peft's configuration, or in the metadata that diffusers reads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * diffusers takes the fields of LoraConfig from the entry lora_adapter_metadata, with the component's name as prefix, and
 * uses nothing else if it is there (src/diffusers/loaders/lora_base.py, utils/peft_utils.py). */
#include "config.h"

#include "names.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

static void
set_number (fmtconv_attr *node, const char *key, double value)
{
  if (value == rint (value) && fabs (value) < 1e15)
    fmtconv_attr_set_int (node, key, (int64_t) value);
  else
    fmtconv_attr_set_float (node, key, value);
}

/* Fields of the input's configuration that are still true: what they describe is not changed. */
static const char *const kept[] = {
  "base_model_name_or_path", "bias", "fan_in_fan_out", "modules_to_save", "revision", "task_type",
};

static int
has_part (const struct names *s, int component, int part)
{
  for (size_t i = 0; i < s->n; i++)
    if (s->entries[i].component == component && s->entries[i].group->part[part])
      return 1;
  return 0;
}

/* Returns a key of a pattern that matches one module alone: peft compares others with the ends of names, too. */
static const char *
key_of (fmtconv_ctx *ctx, const char *module)
{
  char *key = fmtconv_ctx_alloc (ctx, 2 * strlen (module) + 2, 1), *to = key;
  if (!key)
    return NULL;
  *to++ = '^';
  for (; *module; module++)
    {
      if (*module == '.')
        *to++ = '\\';
      *to++ = *module;
    }
  return key;
}

/* Returns LoraConfig's fields for a component: those of its first module, and patterns for modules that differ. */
static fmtconv_attr *
fields_of (const struct names *s, int component)
{
  fmtconv_attr *f = fmtconv_attr_literal (
      s->ctx, FMTCONV_JSON (
                  { "peft_type" : "LORA", "bias" : "none", "inference_mode" : true, "lora_dropout" : 0.0 }));
  fmtconv_attr *ranks = fmtconv_attr_object (s->ctx), *alphas = fmtconv_attr_object (s->ctx);
  fmtconv_attr *targets = fmtconv_attr_literal (s->ctx, "[]");
  const struct names_entry *first = NULL;
  for (size_t i = 0; f && ranks && alphas && targets && i < s->n; i++)
    {
      const struct names_entry *e = &s->entries[i];
      if (e->component != component || !e->rank)
        continue;
      first = first ? first : e;
      fmtconv_attr_set_string (targets, NULL, e->module);
      if (e->rank != first->rank)
        fmtconv_attr_set_int (ranks, key_of (s->ctx, e->module), (int64_t) e->rank);
      if (e->alpha != first->alpha)
        set_number (alphas, key_of (s->ctx, e->module), e->alpha);
    }
  if (!first)
    return f;
  fmtconv_attr_set_int (f, "r", (int64_t) first->rank);
  set_number (f, "lora_alpha", first->alpha);
  fmtconv_attr_set (f, "rank_pattern", ranks);
  fmtconv_attr_set (f, "alpha_pattern", alphas);
  fmtconv_attr_set (f, "target_modules", targets);
  fmtconv_attr_set_bool (f, "use_dora", has_part (s, component, LORA_MAGNITUDE));
  fmtconv_attr_set_bool (
      f, "lora_bias",
      has_part (s, component, LORA_UP_BIAS)
          || (has_part (s, component, LORA_DIFF_BIAS) && has_part (s, component, LORA_UP)));
  return f;
}

static void
set_peft (const struct names *s, fmtconv_attr *attrs)
{
  fmtconv_attr *f = fields_of (s, s->entries->component);
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    {
      fmtconv_attr *old = fmtconv_attr_get (s->facts.peft, kept[i]);
      if (old)
        fmtconv_attr_set (f, kept[i], old);
    }
  fmtconv_attr_set (attrs, "config", f);
  fmtconv_attr_set_string (attrs, "library", "peft");
  fmtconv_attr_set_string (attrs, "config-name", "adapter_config.json");
  fmtconv_attr_set_string (attrs, "weights-name", "adapter_model");
}

/* Writes the fields of all components, if alpha is not the rank everywhere. */
static void
set_diffusers (const struct names *s, fmtconv_attr *attrs)
{
  int is_plain = 1;
  fmtconv_attr *all = fmtconv_attr_object (s->ctx);
  for (size_t i = 0; i < s->n; i++)
    is_plain &= s->entries[i].alpha == (double) s->entries[i].rank;
  for (int c = LORA_MODEL; c < LORA_COMPONENTS && !is_plain && all; c++)
    {
      size_t i = 0;
      while (i < s->n && s->entries[i].component != c)
        i++;
      fmtconv_attr *f = i < s->n ? fields_of (s, c) : NULL;
      const char *name = i < s->n && s->entries[i].is_unet ? "unet" : lora_component_name (c);
      for (fmtconv_attr *a = f ? f->first : NULL; a; a = a->next)
        fmtconv_attr_set (all, fmtconv_ctx_printf (s->ctx, "%s.%s", name, a->key), a);
    }
  if (!is_plain && all)
    fmtconv_attr_set_string (fmtconv_attr_make (attrs, "metadata"), "lora_adapter_metadata",
                             fmtconv_attr_json_text (all, 1));
  fmtconv_attr_set_string (attrs, "weights-name", "pytorch_lora_weights");
}

int
names_set_config (struct names *s)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (s->out);
  lora_facts_forget (s->ctx, attrs);
  if (s->params->to == TO_PEFT)
    set_peft (s, attrs);
  else if (s->params->to == TO_DIFFUSERS)
    set_diffusers (s, attrs);
  return fmtconv_ctx_failed (s->ctx);
}
