/* plugins/lora-names/recognize.c: which LoRAs get the names of diffusers when the user chose its folder and no transform.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most adapters are not for diffusers: those of language models stay as peft saves them. */
#include "config.h"

#include "names.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Returns whether a module has a name of kohya's scripts, whose underscores nothing but a LoRA has. */
static bool
has_kohya_name (const struct lora_groups *groups)
{
  for (size_t i = 0; i < groups->n; i++)
    {
      const struct lora_prefix *p = lora_prefix_of (groups->group[i].module);
      if (p && strcmp (p->separator, "_") == 0)
        return true;
    }
  return false;
}

/* Returns whether all modules have the prefixes that diffusers gives to the components of a pipeline. */
static bool
has_component_names (const struct lora_groups *groups)
{
  static const char *const prefixes[] = { "transformer.", "unet.", "text_encoder.", "text_encoder_2.",
                                          "text_encoder_3." };
  for (size_t i = 0; i < groups->n; i++)
    {
      const struct lora_prefix *p = lora_prefix_of (groups->group[i].module);
      bool is_one = false;
      for (size_t k = 0; p && k < sizeof prefixes / sizeof *prefixes; k++)
        is_one |= strcmp (p->text, prefixes[k]) == 0;
      if (!is_one)
        return false;
    }
  return groups->n > 0;
}

int
names_recognize (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  struct lora_groups groups;
  fmtconv_renaming renaming;
  if (lora_groups_collect (ctx, model, LORA_FILE, &groups) || !groups.n || groups.group->is_sat)
    return 0;
  if (has_kohya_name (&groups))
    return 1;
  if (lora_recognize (ctx, &groups, &renaming))
    return 0;
  if (!renaming.model)
    return renaming.several != NULL; /* the transform says which ones */
  return strcmp (renaming.from, renaming.to) != 0 || !has_component_names (&groups);
}
