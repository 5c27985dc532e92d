/* core/model/skeleton.c: groups the names of a model that differ only in their numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/model/private.h"
#include "core/model/skeleton.h"
#include <string.h>

enum
{
  NAMES_OF_EACH = 4 /* fewer names than that of a skeleton, on average, are not worth a look at it */
};

typedef struct grouping
{
  fmtconv_ctx *ctx;
  fci_skeletons found;
  uint16_t *of;
  fci_map *numbers; /* text to number + 1 */
  uint16_t *next; /* by skeleton: that of the name after its newest name; names come in the order of layers */
  size_t most;
} grouping;

static bool
is_digit (char c)
{
  return c >= '0' && c <= '9';
}

/* Returns whether a name has that skeleton. */
static bool
has_skeleton (const char *name, const char *skeleton)
{
  for (; *name && (*name == *skeleton || (is_digit (*name) && *skeleton == '0')); name++, skeleton++)
    while (is_digit (name[0]) && is_digit (name[1]))
      name++;
  return !*name && !*skeleton;
}

/* Writes the skeleton of a name, and returns its length. */
static size_t
fold (const char *name, char *to)
{
  size_t n = 0;
  for (; *name; name++)
    if (!is_digit (*name))
      to[n++] = *name;
    else if (!is_digit (name[1]))
      to[n++] = '0';
  to[n] = 0;
  return n;
}

/* Returns the number of the name's skeleton, a new one if it has none yet; g->most: there are too many, or an error. */
static size_t
look_up (grouping *g, const char *name)
{
  char text[FCI_MAX_NAME + 1];
  uintptr_t number;
  const size_t len = fold (name, text);
  if (fci_map_get (g->numbers, text, len, &number))
    return number - 1;
  char *copy = g->found.n < g->most ? fci_strndup (g->ctx, text, len) : NULL;
  if (!copy || !fci_map_set (g->numbers, copy, len, g->found.n + 1))
    return g->most;
  g->found.text[g->found.n] = copy;
  return g->found.n++;
}

static bool
group_names (grouping *g, const fmtconv_model *model)
{
  size_t last = 0;
  for (size_t i = 0; i < model->count; i++)
    {
      const char *name = model->entries[i]->tensor.name;
      size_t number = g->next[last];
      if (!i || !has_skeleton (name, g->found.text[number]))
        number = look_up (g, name);
      if (number == g->most)
        return false;
      g->of[i] = (uint16_t) number;
      g->next[last] = (uint16_t) number;
      last = number;
    }
  return true;
}

/* Returns the skeletons; n is 0 if there are too many.  NULL: an error. */
static const fci_skeletons *
make (const fmtconv_model *model)
{
  const size_t worth = model->count / NAMES_OF_EACH,
               most = worth < FCI_MAX_SKELETONS ? worth : FCI_MAX_SKELETONS;
  grouping g = { .ctx = model->ctx, .most = most };
  fci_skeletons *made = fci_new (model->ctx, fci_skeletons);
  if (!made || !most)
    return made;
  g.of = fmtconv_ctx_alloc (model->ctx, model->count, sizeof *g.of);
  g.next = fmtconv_ctx_alloc (model->ctx, most, sizeof *g.next);
  g.found.text = fmtconv_ctx_alloc (model->ctx, most, sizeof *g.found.text);
  g.numbers = fci_map_new (model->ctx);
  if (!g.of || !g.next || !g.found.text || !g.numbers)
    return NULL;
  if (group_names (&g, model))
    *made = (fci_skeletons){ .n = g.found.n, .text = g.found.text, .of = g.of };
  return fmtconv_ctx_failed (model->ctx) ? NULL : made;
}

const fci_skeletons *
fci_model_skeletons (const fmtconv_model *model)
{
  if (!model->frozen || !model->numbered)
    return NULL;
  if (!model->skeletons)
    ((fmtconv_model *) model)->skeletons = make (model);
  return model->skeletons && model->skeletons->n ? model->skeletons : NULL;
}

const fci_skeletons *
fci_model_skeletons_with_prefix (const fmtconv_model *model, const char *prefix)
{
  return prefix[strcspn (prefix, "0123456789")] ? NULL : fci_model_skeletons (model);
}

bool
fci_model_may_have_ending (const fmtconv_model *model, const char *ending)
{
  const fci_skeletons *names = fci_model_skeletons (model);
  char text[FCI_MAX_NAME + 1];
  if (!names || strlen (ending) > FCI_MAX_NAME)
    return true;
  const size_t len = fold (ending, text);
  for (size_t i = 0; i < names->n; i++)
    {
      const size_t n = strlen (names->text[i]);
      if (n >= len && !strcmp (names->text[i] + n - len, text))
        return true;
    }
  return false;
}
