/* plugins/diffusers/names.c: splits names of weights and of their indexes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include "plugins/common/text.h"
#include <string.h>

static const struct
{
  const char *stem;
  const char *ext;
} kinds[] = {
  { DIFFUSERS_STEM, ".safetensors" }, { TRANSFORMERS_STEM, ".safetensors" },
  { DIFFUSERS_STEM, ".bin" },         { "pytorch_model", ".bin" }, /* of transformers */
  { LORA_STEM, ".safetensors" },      { LORA_STEM, ".bin" },
  { ADAPTER_STEM, ".safetensors" },   { ADAPTER_STEM, ".bin" },
};

enum
{
  KINDS = sizeof kinds / sizeof *kinds
};

int
diffusers_is_variant (const char *variant, size_t n)
{
  static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return n > 0 && n < 64 && strspn (variant, fine) >= n;
}

/* Reads ".fp16" or nothing before `end`.  Returns 0 for other text. */
static int
take_variant (const char *s, const char *end, struct diffusers_weights *w)
{
  size_t n = strlen (s), tail = strlen (end);
  if (n < tail || strcmp (s + n - tail, end))
    return 0;
  w->variant = s + (n > tail);
  w->n = n - tail - (n > tail);
  return n == tail || (*s == '.' && diffusers_is_variant (w->variant, w->n));
}

/* Returns whether it is one file of several: "-00001-of-00003.bin" or ".fp16-00001-of-00003.bin". */
static int
is_part (const char *rest, const char *ext)
{
  static const char pattern[] = "-00000-of-00000";
  size_t n = strlen (rest), tail = strlen (ext) + sizeof pattern - 1;
  if (n < tail || strcmp (rest + n - strlen (ext), ext) || (*rest != '.' && *rest != '-'))
    return 0;
  for (size_t i = 0; pattern[i]; i++)
    {
      char c = rest[n - tail + i];
      if (pattern[i] == '0' ? c < '0' || c > '9' : c != pattern[i])
        return 0;
    }
  return 1;
}

/* Reads the text after the stem: ".fp16.bin" or ".bin.index.fp16.json".  Returns 0 for other text. */
static int
take_rest (const char *rest, const char *ext, struct diffusers_weights *w)
{
  size_t n = strlen (ext);
  w->is_part = is_part (rest, ext);
  w->is_index = text_starts_with (rest, ext) && text_starts_with (rest + n, ".index");
  if (w->is_index)
    return take_variant (rest + n + strlen (".index"), ".json", w);
  return w->is_part || take_variant (rest, ext, w);
}

static const char *
library_of (const char *stem)
{
  if (!strcmp (stem, ADAPTER_STEM))
    return "peft";
  return !strcmp (stem, DIFFUSERS_STEM) || !strcmp (stem, LORA_STEM) ? "diffusers" : "transformers";
}

int
diffusers_is_adapter (const char *stem)
{
  return !strcmp (stem, LORA_STEM) || !strcmp (stem, ADAPTER_STEM);
}

int
diffusers_inspect (const char *name, struct diffusers_weights *w)
{
  for (int i = 0; i < KINDS; i++)
    {
      *w = (struct diffusers_weights){ .library = library_of (kinds[i].stem), .stem = kinds[i].stem };
      if (!text_starts_with (name, kinds[i].stem)
          || !take_rest (name + strlen (kinds[i].stem), kinds[i].ext, w))
        continue;
      int index_first = strcmp (w->library, "transformers") != 0;
      w->rank = 2 * (KINDS - i) + (index_first ? w->is_index : !w->is_index);
      w->reader = strcmp (kinds[i].ext, ".bin") ? "safetensors" : "torch";
      return 1;
    }
  return 0;
}
