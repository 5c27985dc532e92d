/* plugins/lora-names/module.c: finds the name of a module with dots.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "names.h"
#include "plugins/common/text.h"

/* Returns the module of a tensor of base=: its name without leaf.  Names of peft are those of the model; other conventions
 * have their own prefix for its component. */
static const char *
module_of (struct names *s, const fmtconv_tensor *t)
{
  const char *separator, *name = lora_plain_name (s->ctx, t->name), *dot = name ? strrchr (name, '.') : NULL;
  const char *module = dot ? fmtconv_ctx_printf (s->ctx, "%.*s", (int) (dot - name), name) : name;
  if (module && s->params->to != TO_PEFT)
    return lora_name_in_model (module, false, &separator);
  return module && text_starts_with (module, LORA_PEFT_PREFIX) ? module + strlen (LORA_PEFT_PREFIX) : module;
}

const char *
names_module (struct names *s, const struct lora_group *g)
{
  static const char *const leaves[] = { "weight", "bias" };
  const char *separator, *rest = lora_name_in_model (g->module, s->params->to == TO_PEFT, &separator);
  for (int i = 0; s->index.n && i < 2; i++)
    {
      const fmtconv_tensor *t = lora_index_find (&s->index, g->module, leaves[i], g->module, false);
      if (t || fmtconv_ctx_failed (s->ctx))
        return t ? module_of (s, t) : NULL;
    }
  const char *name =
      strcmp (separator, "_") ? lora_dotted (s->ctx, rest, separator) : names_split (s->ctx, rest);
  if (name || s->params->to == TO_KOHYA)
    return name ? name : rest;
  fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){ .hint = "name the model of the LoRA: lora-names:base=PATH" },
                   s->index.n ? "'%s' has no weight in the model of base="
                              : "it is not clear which underscores of '%s' are dots",
                   g->module);
  return NULL;
}
