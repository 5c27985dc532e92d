/* plugins/torch/root.c: finds the dictionary of a checkpoint that is the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/keys.h"
#include "plugins/torch/root.h"
#include "plugins/torch/scan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const usual[] = { "model", "module", "state_dict" };

static int
step (fmtconv_ctx *ctx, torch_root *root, uint32_t chosen, const char *key)
{
  if (root->n == TORCH_MAX_LEVELS)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "root= has more than %d steps", TORCH_MAX_LEVELS);
  root->level[root->n].inside = root->value;
  root->level[root->n].chosen = chosen;
  root->level[root->n++].name = root->name;
  root->name = root->n == 1 ? key : fmtconv_ctx_printf (ctx, "%s.%s", root->name, key);
  root->value = root->value.v.items->at[chosen];
  return 0;
}

/* Returns the index of the value of `key`, if that is a dictionary with tensors; else 0. */
static uint32_t
weights_at (const pk_value *dict, const char *key)
{
  const pk_value *found = pk_get (dict, key);
  return found && found->kind == PK_DICT && torch_holds (found) ? (uint32_t) (found - dict->v.items->at) : 0;
}

/* Returns whether 'ema' is a word of the key. */
static bool
is_ema_key (const pk_value *key)
{
  for (uint32_t i = 0, start = 0; i <= key->len; i++)
    {
      if (i < key->len && !memchr ("_-.", key->v.s[i], 3))
        continue;
      if (i - start == 3 && !strncasecmp (key->v.s + start, "ema", 3))
        return true;
      start = i + 1;
    }
  return false;
}

/* Reports a second dictionary of weights next to the chosen dictionary: the user must select one. */
static int
check_competing_roots (fmtconv_ctx *ctx, const pk_value *top, uint32_t chosen)
{
  const pk_items *items = top->v.items;
  for (uint32_t i = 0; i + 1 < items->n; i += 2)
    {
      if (i + 1 == chosen || items->at[i].kind != PK_STRING || items->at[i + 1].kind != PK_DICT
          || !torch_holds (&items->at[i + 1]))
        continue;
      bool competing_root = is_ema_key (&items->at[i]);
      for (unsigned k = 0; k < sizeof usual / sizeof *usual; k++)
        competing_root = competing_root || pk_is (&items->at[i], usual[k]);
      if (!competing_root)
        continue;
      const char *ours = torch_key_text (ctx, &items->at[chosen - 1]);
      const char *key = torch_key_text (ctx, &items->at[i]);
      const char *hint =
          fmtconv_ctx_printf (ctx, "select one: -r torch:root=%s or -r torch:root=%s", ours, key);
      return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = hint },
                              "both '%s' and '%s' hold weights", ours, key);
    }
  return 0;
}

/* Follows the reference readers: they test the keys of the top, but step from the current dictionary. */
static int
descend (fmtconv_ctx *ctx, const pk_value *top, torch_root *root)
{
  for (unsigned k = 0; k < sizeof usual / sizeof *usual; k++)
    {
      uint32_t chosen = pk_get (top, usual[k]) ? weights_at (&root->value, usual[k]) : 0;
      if (chosen && step (ctx, root, chosen, usual[k]))
        return fmtconv_ctx_failed (ctx);
    }
  return root->n ? check_competing_roots (ctx, top, root->level[0].chosen) : 0;
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

static int
follow (fmtconv_ctx *ctx, const char *typed, torch_root *root)
{
  for (const char *path = typed; *path;)
    {
      uint32_t chosen = 0;
      const pk_value *value = &root->value;
      const char *key = value->kind == PK_DICT ? match_key (ctx, value->v.items, path, &chosen)
                        : value->kind == PK_LIST || value->kind == PK_TUPLE
                            ? match_index (ctx, value->v.items, path, &chosen)
                            : NULL;
      if (!key)
        return no_such_root (ctx, root, typed);
      if (step (ctx, root, chosen, key))
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
  *root = (torch_root){ .value = *top, .name = "." };
  if (top->kind == PK_DICT && torch_keys_unique (ctx, pickle, top, "."))
    return fmtconv_ctx_failed (ctx);
  if (!typed)
    return descend (ctx, top, root);
  return strcmp (typed, ".") ? follow (ctx, typed, root) : 0;
}
