/* plugins/lora-merge/kohya.c: the weights that kohya's scripts name with underscores for points.
 * SPDX-License-Identifier: Apache-2.0
 *
 * lora_unet_transformer_blocks_0_attn1_to_q is of transformer_blocks.0.attn1.to_q.weight. */
#include "merge.h"
#include <stdlib.h>
#include <string.h>

/* Is `flat` the module's part of a weight's name, but for the points, which are underscores there? */
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
  return r ? r : (a->place > b->place) - (a->place < b->place);
}

/* The tensors of the model by their flat names, of one name in the model's order.  Made once. */
static int
list_kohya_names (struct merge *m)
{
  size_t n = 0;
  if (m->kohya || !(m->kohya = fmtconv_ctx_alloc (m->ctx, fmtconv_model_count (m->in) + 1, sizeof *m->kohya)))
    return fmtconv_ctx_failed (m->ctx);
  FMTCONV_FOREACH (t, m->in)
    {
      m->kohya[n] = (struct merge_kohya){ .name = kohya_name (m->ctx, t->name), .tensor = t, .place = n };
      if (!m->kohya[n++].name)
        return fmtconv_ctx_failed (m->ctx);
    }
  qsort (m->kohya, n, sizeof *m->kohya, by_kohya_name);
  return 0;
}

/* The place of the first whose flat name is not before `wanted`. */
static size_t
find_place (const struct merge *m, const char *wanted)
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

/* The tensor of the model that the flat name of a module means; several names of one weight are one. */
static const fmtconv_tensor *
find_weight (struct merge *m, const struct merge_pair *p, const char *module)
{
  const char *wanted = kohya_name (m->ctx, fmtconv_ctx_printf (m->ctx, "%s.weight", module));
  const fmtconv_tensor *found = NULL;
  for (size_t i = wanted ? find_place (m, wanted) : SIZE_MAX; i < fmtconv_model_count (m->in); i++)
    {
      const fmtconv_tensor *t = m->kohya[i].tensor;
      if (strcmp (m->kohya[i].name, wanted) != 0)
        break;
      if (!is_kohya_name (t->name, module))
        continue;
      if (found && merge_first_tied (m->in, found) != merge_first_tied (m->in, t))
        return fmtconv_fail_at (
                   m->ctx, FMTCONV_E_UNSUPPORTED,
                   &(fmtconv_where){
                       .tensor = p->a->name,
                       .hint =
                           "rename the LoRA's tensors to lora_A and lora_B, with dots in the module's name" },
                   "the name can mean '%s' or '%s'", found->name, t->name),
               NULL;
      found = found ? found : t;
    }
  return found;
}

const fmtconv_tensor *
merge_find_kohya (struct merge *m, const struct merge_pair *p)
{
  static const char *const kohya[] = { "lora_unet_", "lora_transformer_" };
  for (size_t i = 0; i < sizeof kohya / sizeof *kohya; i++)
    {
      size_t n = strlen (kohya[i]);
      if (strncmp (p->module, kohya[i], n) == 0)
        return list_kohya_names (m) ? NULL : find_weight (m, p, p->module + n);
    }
  return NULL;
}
