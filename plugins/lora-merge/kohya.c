/* plugins/lora-merge/kohya.c: finds weights by the names of kohya's scripts, with underscores instead of dots.
 * SPDX-License-Identifier: Apache-2.0
 *
 * lora_unet_transformer_blocks_0_attn1_to_q belongs to transformer_blocks.0.attn1.to_q.weight. */
#include "config.h"

#include "merge.h"
#include <stdlib.h>
#include <string.h>

/* Returns whether `kohya`, with dots for some underscores and ".weight" added, is the name of a tensor. */
static int
is_kohya_name (const char *name, const char *kohya)
{
  size_t n = strlen (kohya);
  for (size_t i = 0; i < n; i++)
    if (name[i] != kohya[i] && (name[i] != '.' || kohya[i] != '_'))
      return 0;
  return strcmp (name + n, ".weight") == 0;
}

static const char *
kohya_name (fmtconv_ctx *ctx, const char *name)
{
  char *kohya = fmtconv_ctx_alloc (ctx, strlen (name) + 1, 1);
  for (size_t i = 0; kohya && name[i]; i++)
    kohya[i] = name[i] == '.' ? '_' : name[i];
  return kohya;
}

static int
by_kohya_name (const void *left, const void *right)
{
  const struct merge_kohya *a = left, *b = right;
  int r = strcmp (a->name, b->name);
  return r ? r : (a->index > b->index) - (a->index < b->index);
}

/* Lists the model's tensors, sorted by kohya name, then in the model's order.  Does nothing if the list exists. */
static int
list_kohya_names (struct merge *m)
{
  size_t n = 0;
  if (m->kohya)
    return fmtconv_ctx_failed (m->ctx);
  m->kohya = fmtconv_ctx_alloc (m->ctx, fmtconv_model_count (m->in) + 1, sizeof *m->kohya);
  if (!m->kohya)
    return fmtconv_ctx_failed (m->ctx);
  FMTCONV_FOREACH (t, m->in)
    {
      m->kohya[n] = (struct merge_kohya){ .name = kohya_name (m->ctx, t->name), .tensor = t, .index = n };
      if (!m->kohya[n++].name)
        return fmtconv_ctx_failed (m->ctx);
    }
  qsort (m->kohya, n, sizeof *m->kohya, by_kohya_name);
  return 0;
}

/* Returns the index in the list of the first kohya name that is not less than `wanted`. */
static size_t
find_first (const struct merge *m, const char *wanted)
{
  size_t a = 0, b = fmtconv_model_count (m->in);
  while (a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (strcmp (m->kohya[middle].name, wanted) < 0)
        a = middle + 1;
      else
        b = middle;
    }
  return a;
}

/* Returns the weight of a module, or NULL if there is none, or after an error: several weights match.  Tied
 * weights count as one. */
static const fmtconv_tensor *
find_weight (struct merge *m, const struct merge_pair *p, const char *module)
{
  const char *wanted = kohya_name (m->ctx, fmtconv_ctx_printf (m->ctx, "%s.weight", module));
  const fmtconv_tensor *found = NULL;
  for (size_t i = wanted ? find_first (m, wanted) : SIZE_MAX; i < fmtconv_model_count (m->in); i++)
    {
      const fmtconv_tensor *t = m->kohya[i].tensor;
      if (strcmp (m->kohya[i].name, wanted) != 0)
        break;
      if (!is_kohya_name (t->name, module))
        continue;
      if (found && merge_first_tied (m->in, found) != merge_first_tied (m->in, t))
        {
          fmtconv_fail_at (
              m->ctx, FMTCONV_E_UNSUPPORTED,
              &(fmtconv_where){
                  .tensor = p->a->name,
                  .hint = "rename the LoRA's tensors to lora_A and lora_B, with dots in the module's name" },
              "the name can mean '%s' or '%s'", found->name, t->name);
          return NULL;
        }
      found = found ? found : t;
    }
  return found;
}

const fmtconv_tensor *
merge_find_kohya (struct merge *m, const struct merge_pair *p)
{
  static const char *const prefixes[] = { "lora_unet_", "lora_transformer_" };
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    {
      size_t n = strlen (prefixes[i]);
      if (strncmp (p->module, prefixes[i], n) == 0)
        return list_kohya_names (m) ? NULL : find_weight (m, p, p->module + n);
    }
  return NULL;
}
