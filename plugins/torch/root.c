/* plugins/torch/root.c: follows the keys that the user typed to the part of a checkpoint that is the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/keys.h"
#include "plugins/torch/module.h"
#include "plugins/torch/root.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records a container on the way to the root. */
static void
pass (torch_root *root, const pk_value *inside, uint32_t chosen)
{
  root->level[root->n].inside = *inside;
  root->level[root->n].chosen = chosen;
  root->level[root->n++].name = root->name;
}

int
torch_root_step (fmtconv_ctx *ctx, torch_root *root, const pk_value *inside, uint32_t chosen, const char *key)
{
  if (root->steps == TORCH_MAX_STEPS)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "root= has more than %d steps", TORCH_MAX_STEPS);
  bool is_module = torch_is_module (&root->value);
  for (unsigned i = 0; is_module && i < TORCH_PARTS; i++)
    {
      pk_value part = torch_module_part (&root->value, i);
      if (part.v.items != inside->v.items)
        pass (root, &part, UINT32_MAX);
    }
  pass (root, inside, chosen);
  root->name = root->steps++ ? fmtconv_ctx_printf (ctx, "%s.%s", root->name, key) : key;
  root->value = inside->v.items->at[chosen];
  return root->name ? 0 : FMTCONV_E_NOMEM;
}

/* Returns the length of the key if `path` begins with it; else 0. */
static size_t
match_length (const pk_value *key, const char *path)
{
  char digits[24] = "";
  if (key->kind == PK_INT)
    snprintf (digits, sizeof digits, "%lld", (long long) key->v.i);
  const char *text = key->kind == PK_STRING ? key->v.s : digits;
  size_t n = key->kind == PK_STRING ? key->len : strlen (digits);
  return strnlen (path, n) == n && !memcmp (path, text, n) && (!path[n] || path[n] == '.') ? n : 0;
}

/* Returns the longest key that `path` begins with, because keys may contain dots; NULL: no such key. */
static const char *
match_key (fmtconv_ctx *ctx, const pk_items *items, const char *path, uint32_t *chosen)
{
  size_t longest = 0;
  for (uint32_t i = 0; i + 1 < items->n; i += 2)
    {
      size_t n = match_length (&items->at[i], path);
      if (n <= longest)
        continue;
      longest = n;
      *chosen = i + 1;
    }
  return longest ? fmtconv_ctx_printf (ctx, "%.*s", (int) longest, path) : NULL;
}

static const char *
match_index (fmtconv_ctx *ctx, const pk_items *items, const char *path, uint32_t *chosen)
{
  char *end;
  unsigned long i = *path >= '0' && *path <= '9' ? strtoul (path, &end, 10) : items->n;
  if (i >= items->n || (*end && *end != '.'))
    return NULL;
  *chosen = (uint32_t) i;
  return fmtconv_ctx_printf (ctx, "%.*s", (int) (end - path), path);
}

static int
no_such_root (fmtconv_ctx *ctx, const torch_root *root, const char *typed)
{
  const pk_value *value = &root->value;
  if (value->kind == PK_DICT)
    for (uint32_t i = 0; i + 1 < value->v.items->n && i < 200; i += 2)
      fmtconv_detail (ctx, "%s (%s)", torch_key_text (ctx, &value->v.items->at[i]),
                      pk_describe (ctx, &value->v.items->at[i + 1]));
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "root=. selects the whole file" },
                          "there is no root '%s': '%s' is a %s", typed, root->name, pk_describe (ctx, value));
}

/* Finds the item of a container that `path` begins with.  Returns its key; NULL: no such item. */
static const char *
match (fmtconv_ctx *ctx, const pk_value *inside, const char *path, uint32_t *chosen)
{
  return inside->kind == PK_DICT ? match_key (ctx, inside->v.items, path, chosen)
         : inside->kind == PK_LIST || inside->kind == PK_TUPLE
             ? match_index (ctx, inside->v.items, path, chosen)
             : NULL;
}

/* Same as match, in the three parts of a module; *inside: the part with the longest key. */
static const char *
match_part (fmtconv_ctx *ctx, const pk_value *module, const char *path, uint32_t *chosen, pk_value *inside)
{
  const char *key = NULL;
  for (unsigned i = 0; i < TORCH_PARTS; i++)
    {
      uint32_t at = 0;
      const pk_value part = torch_module_part (module, i);
      const char *found = match (ctx, &part, path, &at);
      if (!found || (key && strlen (found) <= strlen (key)))
        continue;
      key = found;
      *chosen = at;
      *inside = part;
    }
  return key;
}

static int
follow (fmtconv_ctx *ctx, const char *typed, torch_root *root)
{
  for (const char *path = typed; *path;)
    {
      uint32_t chosen = 0;
      pk_value inside = root->value;
      const char *key = torch_is_module (&root->value)
                            ? match_part (ctx, &root->value, path, &chosen, &inside)
                            : match (ctx, &inside, path, &chosen);
      if (!key)
        return no_such_root (ctx, root, typed);
      if (torch_root_step (ctx, root, &inside, chosen, key))
        return fmtconv_ctx_failed (ctx);
      path += strlen (key);
      path += *path == '.';
    }
  return 0;
}

int
torch_root_find (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *top, const char *typed,
                 torch_root *root)
{
  *root = (torch_root){ .value = *top, .name = ".", .is_typed = typed != NULL };
  if (top->kind == PK_DICT && torch_keys_unique (ctx, pickle, top, "."))
    return fmtconv_ctx_failed (ctx);
  if (!typed)
    return torch_root_choose (ctx, root);
  return strcmp (typed, ".") ? follow (ctx, typed, root) : 0;
}
