/* plugins/lora-merge/flat.c: the weights that kohya's scripts name with underscores for points.
 * SPDX-License-Identifier: Apache-2.0
 *
 * lora_unet_transformer_blocks_0_attn1_to_q is of transformer_blocks.0.attn1.to_q.weight. */
#include "merge.h"
#include <stdlib.h>
#include <string.h>

/* Is `flat` the module's part of a weight's name, but for the points, which are underscores there? */
static int
is_flat_name (const char *name, const char *flat)
{
  size_t n = strlen (flat);
  for (size_t i = 0; i < n; i++)
    if (name[i] != flat[i] && (name[i] != '.' || flat[i] != '_'))
      return 0;
  return strcmp (name + n, ".weight") == 0;
}

static const char *
flat_name (fmtconv_ctx *ctx, const char *name)
{
  char *flat = fmtconv_alloc (ctx, strlen (name) + 1, 1);
  for (size_t i = 0; flat && name[i]; i++)
    flat[i] = name[i] == '.' ? '_' : name[i];
  return flat;
}

static int
by_flat_name (const void *left, const void *right)
{
  const struct merge_flat *a = left, *b = right;
  int r = strcmp (a->name, b->name);
  return r ? r : (a->place > b->place) - (a->place < b->place);
}

/* The tensors of the model by their flat names, of one name in the model's order.  Made once. */
static int
list_flat (struct merge *m)
{
  size_t n = 0;
  if (m->flat || !(m->flat = fmtconv_alloc (m->ctx, fmtconv_count (m->in) + 1, sizeof *m->flat)))
    return fmtconv_failed (m->ctx);
  for
    FMTCONV_EACH (t, m->in)
    {
      m->flat[n] = (struct merge_flat){ .name = flat_name (m->ctx, t->name), .tensor = t, .place = n };
      if (!m->flat[n++].name)
        return fmtconv_failed (m->ctx);
    }
  qsort (m->flat, n, sizeof *m->flat, by_flat_name);
  return 0;
}

/* The first tensor of the model that the flat name of a module can mean. */
static const fmtconv_tensor *
find_weight (struct merge *m, const char *module)
{
  const char *wanted = flat_name (m->ctx, fmtconv_text (m->ctx, "%s.weight", module));
  size_t a = 0, b = fmtconv_count (m->in), all = b;
  while (wanted && a < b)
    {
      size_t middle = a + (b - a) / 2;
      if (strcmp (m->flat[middle].name, wanted) < 0)
        a = middle + 1;
      else
        b = middle;
    }
  for (; wanted && a < all && strcmp (m->flat[a].name, wanted) == 0; a++)
    if (is_flat_name (m->flat[a].tensor->name, module))
      return m->flat[a].tensor;
  return NULL;
}

const fmtconv_tensor *
merge_find_flat (struct merge *m, const char *module)
{
  static const char *const flat[] = { "lora_unet_", "lora_transformer_" };
  for (size_t i = 0; i < sizeof flat / sizeof *flat; i++)
    {
      size_t n = strlen (flat[i]);
      if (strncmp (module, flat[i], n) == 0)
        return list_flat (m) ? NULL : find_weight (m, module + n);
    }
  return NULL;
}
