/* plugins/lora-merge/names.c: what the name of a LoRA's tensor says.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft and diffusers call them lora_A and lora_B, of embeddings lora_embedding_A and lora_embedding_B, in a wrapped model
 * with the adapter's name behind (src/peft/tuners/lora/layer.py); older files lora_down and lora_up; SAT matrix_A.0 and
 * matrix_B.0, one pair for each of the equal parts of a weight. */
#include "merge.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

static const struct
{
  const char *part[2]; /* MERGE_A, MERGE_B */
  const char *leaf;    /* behind the adapter's name */
  const char *bias;    /* the same of B's bias; NULL: it has none */
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

/* Where `part` begins for the last time, with a name before it; NULL: it does not. */
static const char *
find_last (const char *name, const char *part)
{
  const char *found = NULL;
  for (const char *s = *name ? name + 1 : NULL; s && (s = strstr (s, part)); s++)
    found = s;
  return found;
}

/* What is behind lora_A: an adapter's name or none, and `leaf`. */
static int
parse_rest (const char *rest, const char *leaf, struct merge_name *said)
{
  size_t n = strlen (rest), tail = strlen (leaf);
  if (n < tail || strcmp (rest + n - tail, leaf) != 0)
    return 0;
  said->adapter = n == tail ? rest : rest + 1;
  said->adapter_len = n == tail ? 0 : n - tail - 1;
  return n == tail
         || (*rest == '.' && said->adapter_len > 0 && !memchr (said->adapter, '.', said->adapter_len));
}

static int
parse_form (const char *name, size_t form, int part, struct merge_name *said)
{
  const char *at = find_last (name, forms[form].part[part]);
  if (!at)
    return 0;
  const char *rest = at + strlen (forms[form].part[part]);
  *said = (struct merge_name){ .module = (size_t) (at - name), .part = part, .form = form, .index = -1 };
  if (parse_rest (rest, forms[form].leaf, said))
    return 1;
  said->part = MERGE_BIAS;
  return part == MERGE_B && forms[form].bias && parse_rest (rest, forms[form].bias, said);
}

static int
parse_sat (const char *name, struct merge_name *said)
{
  if (!fmtconv_pattern_match ("{x*}.matrix_{m:A,B}.{i}", name))
    return 0;
  const char *number = strrchr (name, '.') + 1, *at = number - strlen (".matrix_A.");
  *said = (struct merge_name){ .module = (size_t) (at - name),
                               .part = number[-2] == 'A' ? MERGE_A : MERGE_B,
                               .form = SAT,
                               .adapter = name,
                               .index = strtoll (number, NULL, 10) };
  return 1;
}

int
merge_parse (const char *name, struct merge_name *said)
{
  for (size_t i = 0; i < N_FORMS; i++)
    for (int part = MERGE_A; part <= MERGE_B; part++)
      if (parse_form (name, i, part, said))
        return 1;
  return parse_sat (name, said);
}

const char *
merge_other_part (fmtconv_ctx *ctx, const char *name, const struct merge_name *said, int part)
{
  if (said->form == SAT)
    return part == MERGE_BIAS ? NULL
                              : fmtconv_ctx_printf (ctx, "%.*s.matrix_%c.%lld", (int) said->module, name,
                                                    part == MERGE_A ? 'A' : 'B', said->index);
  const char *leaf = part == MERGE_BIAS ? forms[said->form].bias : forms[said->form].leaf;
  return leaf
             ? fmtconv_ctx_printf (ctx, "%.*s%s%s%.*s%s", (int) said->module, name,
                                   forms[said->form].part[part == MERGE_A ? MERGE_A : MERGE_B],
                                   said->adapter_len ? "." : "", (int) said->adapter_len, said->adapter, leaf)
             : NULL;
}
