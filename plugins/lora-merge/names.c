/* plugins/lora-merge/names.c: parses the names of a LoRA's tensors.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft and diffusers call them lora_A and lora_B, for embeddings lora_embedding_A and lora_embedding_B, in a
 * wrapped model followed by the adapter's name (src/peft/tuners/lora/layer.py).  Older files call them lora_down
 * and lora_up, SAT matrix_A.0 and matrix_B.0, with one pair for each of the equal parts of a weight. */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
  const char *part[2]; /* MERGE_A, MERGE_B */
  const char *leaf;    /* after the adapter's name */
  const char *bias;    /* the same for B's bias; NULL: no bias */
} forms[] = {
  { { ".lora_A", ".lora_B" }, ".weight", ".bias" },
  { { ".lora_embedding_A", ".lora_embedding_B" }, "", NULL },
  { { ".lora_down", ".lora_up" }, ".weight", NULL },
  { { ".lora.down", ".lora.up" }, ".weight", NULL },
};

enum
{
  N_FORMS = sizeof forms / sizeof *forms,
  SAT = N_FORMS
};

/* Returns the last occurrence of `part` that is not at the start, or NULL. */
static const char *
find_last (const char *name, const char *part)
{
  const char *found = NULL;
  for (const char *s = *name ? name + 1 : NULL; s && (s = strstr (s, part)); s++)
    found = s;
  return found;
}

/* Parses the text after lora_A: the adapter's name, which may be missing, and `leaf`. */
static int
parse_rest (const char *rest, const char *leaf, struct merge_name *parsed)
{
  size_t n = strlen (rest), tail = strlen (leaf);
  if (n < tail || strcmp (rest + n - tail, leaf) != 0)
    return 0;
  parsed->adapter = n == tail ? rest : rest + 1;
  parsed->adapter_len = n == tail ? 0 : n - tail - 1;
  return n == tail
         || (*rest == '.' && parsed->adapter_len > 0 && !memchr (parsed->adapter, '.', parsed->adapter_len));
}

static int
parse_form (const char *name, size_t form, int part, struct merge_name *parsed)
{
  const char *at = find_last (name, forms[form].part[part]);
  if (!at)
    return 0;
  const char *rest = at + strlen (forms[form].part[part]);
  *parsed = (struct merge_name){ .module = (size_t) (at - name), .part = part, .form = form, .index = -1 };
  if (parse_rest (rest, forms[form].leaf, parsed))
    return 1;
  parsed->part = MERGE_BIAS;
  return part == MERGE_B && forms[form].bias && parse_rest (rest, forms[form].bias, parsed);
}

static int
parse_sat (const char *name, struct merge_name *parsed)
{
  if (!fmtconv_pattern_match ("{x*}.matrix_{m:A,B}.{i}", name))
    return 0;
  const char *number = strrchr (name, '.') + 1, *at = number - strlen (".matrix_A.");
  *parsed = (struct merge_name){ .module = (size_t) (at - name),
                                 .part = number[-2] == 'A' ? MERGE_A : MERGE_B,
                                 .form = SAT,
                                 .adapter = name,
                                 .index = strtoll (number, NULL, 10) };
  return 1;
}

int
merge_parse (const char *name, struct merge_name *parsed)
{
  for (size_t i = 0; i < N_FORMS; i++)
    for (int part = MERGE_A; part <= MERGE_B; part++)
      if (parse_form (name, i, part, parsed))
        return 1;
  return parse_sat (name, parsed);
}

const char *
merge_other_part (fmtconv_ctx *ctx, const char *name, const struct merge_name *parsed, int part)
{
  if (parsed->form == SAT)
    return part == MERGE_BIAS ? NULL
                              : fmtconv_ctx_printf (ctx, "%.*s.matrix_%c.%lld", (int) parsed->module, name,
                                                    part == MERGE_A ? 'A' : 'B', parsed->index);
  const char *leaf = part == MERGE_BIAS ? forms[parsed->form].bias : forms[parsed->form].leaf;
  return leaf ? fmtconv_ctx_printf (ctx, "%.*s%s%s%.*s%s", (int) parsed->module, name,
                                    forms[parsed->form].part[part == MERGE_A ? MERGE_A : MERGE_B],
                                    parsed->adapter_len ? "." : "", (int) parsed->adapter_len,
                                    parsed->adapter, leaf)
              : NULL;
}
