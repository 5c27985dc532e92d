/* plugins/diffusers/names.c: splits names of weights and of their indexes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include "plugins/common/text.h"
#include <fmtconv/formats.h>
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

/* Reads the text of one file of several, after the stem: "-00001-of-00003.bin", ".fp16-00001-of-00003.bin" or
 * "-00001-of-00003.fp16.bin".  Returns 0 for other text. */
static int
take_part (const char *rest, size_t start, const char *ext, struct diffusers_weights *w)
{
  fmtconv_shard shard;
  if (!fmtconv_shard_parse (rest - 1, &shard) || shard.start != start + 1)
    return 0;
  const char *after = rest - 1 + shard.end;
  if (start == 0)
    return take_variant (after, ext, w);
  w->variant = rest + 1;
  w->n = start - 1;
  return !strcmp (after, ext) && *rest == '.' && diffusers_is_variant (w->variant, w->n);
}

/* Reads the text after the stem: ".fp16.bin" or ".bin.index.fp16.json".  Returns 0 for other text. */
static int
take_rest (const char *rest, const char *ext, struct diffusers_weights *w)
{
  size_t n = strlen (ext);
  fmtconv_shard shard;
  w->is_part = fmtconv_shard_parse (rest - 1, &shard);
  if (w->is_part)
    return take_part (rest, shard.start - 1, ext, w);
  w->is_index = text_starts_with (rest, ext) && text_starts_with (rest + n, ".index");
  if (w->is_index)
    return take_variant (rest + n + strlen (".index"), ".json", w);
  return take_variant (rest, ext, w);
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

/* Splits the name of a part or an index with another stem, as converters write them. */
static int
inspect_other (const char *name, struct diffusers_weights *w)
{
  static const char *const exts[] = { ".bin", ".safetensors" };
  fmtconv_shard shard;
  for (int i = 0; i < 2; i++)
    {
      *w = (struct diffusers_weights){ .stem = "", .rank = i, .reader = i ? "safetensors" : "torch" };
      w->is_part = fmtconv_shard_parse (name, &shard);
      const char *index = w->is_part ? NULL : strstr (name, i ? ".safetensors.index" : ".bin.index");
      w->is_index = index && index > name;
      if (w->is_part && take_variant (name + shard.end, exts[i], w))
        return 1;
      if (w->is_index && take_variant (index + strlen (exts[i]) + strlen (".index"), ".json", w))
        return 1;
    }
  return 0;
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
  return inspect_other (name, w);
}

int
diffusers_is_same_variant (const struct diffusers_weights *a, const struct diffusers_weights *b)
{
  return a->n == b->n && !strncmp (a->variant, b->variant, a->n);
}

int
diffusers_is_other_weights (const char *name)
{
  static const char end[] = ".safetensors";
  const size_t n = strlen (name), tail = sizeof end - 1;
  struct diffusers_weights w;
  return n > tail && *name != '.' && !strcmp (name + n - tail, end) && !diffusers_inspect (name, &w);
}
