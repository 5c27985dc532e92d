/* plugins/torch/root.c: follows the keys that the user typed to the part of a checkpoint that is the model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/keys.h"
#include "plugins/torch/module.h"
#include "plugins/torch/root.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
torch_item_text (fmtconv_ctx *ctx, const fmtconv_value *inside, size_t i)
{
  const fmtconv_value *key = fmtconv_value_key (inside, i);
  return key ? keys_text (ctx, key) : fmtconv_ctx_printf (ctx, "%zu", i);
}

/* Records a container on the way to the root. */
static void
pass (torch_root *root, const fmtconv_value *inside, size_t chosen)
{
  root->level[root->n].inside = inside;
  root->level[root->n].chosen = chosen;
  root->level[root->n++].name = root->name;
}

int
torch_root_step (torch_root *root, const fmtconv_value *inside, size_t chosen, const char *key)
{
  fmtconv_ctx *ctx = root->scan->ctx;
  if (root->steps == TORCH_MAX_STEPS)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "root= has more than %d steps", TORCH_MAX_STEPS);
  bool is_module = torch_is_module (root->scan, root->value);
  for (unsigned i = 0; is_module && i < TORCH_PARTS; i++)
    {
      const fmtconv_value *part = torch_module_part (root->value, i);
      if (fmtconv_value_node (part) != fmtconv_value_node (inside))
        pass (root, part, SIZE_MAX);
    }
  pass (root, inside, chosen);
  root->name = root->steps++ ? fmtconv_ctx_printf (ctx, "%s.%s", root->name, key) : key;
  root->value = fmtconv_value_at (inside, chosen);
  return root->name ? 0 : FMTCONV_E_NOMEM;
}

/* Returns the length of the key if `path` begins with it; else 0. */
static size_t
match_length (const fmtconv_value *key, const char *path)
{
  char digits[24] = "";
  int64_t number;
  size_t n;
  const char *text = fmtconv_value_kind (key) == FMTCONV_VALUE_STRING ? fmtconv_value_text (key, &n) : NULL;
  if (!text)
    {
      if (fmtconv_value_kind (key) == FMTCONV_VALUE_INT && fmtconv_value_int (key, &number))
        snprintf (digits, sizeof digits, "%lld", (long long) number);
      text = digits;
      n = strlen (digits);
    }
  return strnlen (path, n) == n && !memcmp (path, text, n) && (!path[n] || path[n] == '.') ? n : 0;
}

/* Returns the longest key that `path` begins with, because keys may contain dots; NULL: no such key. */
static const char *
match_key (fmtconv_ctx *ctx, const fmtconv_value *dict, const char *path, size_t *chosen)
{
  size_t longest = 0;
  for (size_t i = 0; i < fmtconv_value_count (dict); i++)
    {
      size_t n = match_length (fmtconv_value_key (dict, i), path);
      if (n <= longest)
        continue;
      longest = n;
      *chosen = i;
    }
  return longest ? fmtconv_ctx_printf (ctx, "%.*s", (int) longest, path) : NULL;
}

static const char *
match_index (fmtconv_ctx *ctx, const fmtconv_value *list, const char *path, size_t *chosen)
{
  char *end;
  const size_t n = fmtconv_value_count (list);
  unsigned long i = *path >= '0' && *path <= '9' ? strtoul (path, &end, 10) : n;
  if (i >= n || (*end && *end != '.'))
    return NULL;
  *chosen = i;
  return fmtconv_ctx_printf (ctx, "%.*s", (int) (end - path), path);
}

static int
no_such_root (fmtconv_ctx *ctx, const torch_root *root, const char *typed)
{
  const fmtconv_value *value = root->value, *key;
  for (size_t i = 0; i < 200 && (key = fmtconv_value_key (value, i)); i++)
    fmtconv_detail (ctx, "%s (%s)", keys_text (ctx, key),
                    fmtconv_value_describe (ctx, fmtconv_value_at (value, i)));
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "root=. selects the whole file" },
                          "there is no root '%s': '%s' is a %s", typed, root->name,
                          fmtconv_value_describe (ctx, value));
}

/* Finds the item of a container that `path` begins with.  Returns its key; NULL: no such item. */
static const char *
match (fmtconv_ctx *ctx, const fmtconv_value *inside, const char *path, size_t *chosen)
{
  const unsigned kind = fmtconv_value_kind (inside);
  if (kind == FMTCONV_VALUE_DICT)
    return match_key (ctx, inside, path, chosen);
  return kind == FMTCONV_VALUE_LIST || kind == FMTCONV_VALUE_TUPLE ? match_index (ctx, inside, path, chosen)
                                                                   : NULL;
}

/* Same as match, in the three parts of a module; *inside: the part with the longest key. */
static const char *
match_part (fmtconv_ctx *ctx, const fmtconv_value *module, const char *path, size_t *chosen,
            const fmtconv_value **inside)
{
  const char *key = NULL;
  for (unsigned i = 0; i < TORCH_PARTS; i++)
    {
      size_t at = 0;
      const fmtconv_value *part = torch_module_part (module, i);
      const char *found = match (ctx, part, path, &at);
      if (!found || (key && strlen (found) <= strlen (key)))
        continue;
      key = found;
      *chosen = at;
      *inside = part;
    }
  return key;
}

static int
follow (const char *typed, torch_root *root)
{
  fmtconv_ctx *ctx = root->scan->ctx;
  for (const char *path = typed; *path;)
    {
      size_t chosen = 0;
      const fmtconv_value *inside = root->value;
      const char *key = torch_is_module (root->scan, root->value)
                            ? match_part (ctx, root->value, path, &chosen, &inside)
                            : match (ctx, inside, path, &chosen);
      if (!key)
        return no_such_root (ctx, root, typed);
      if (torch_root_step (root, inside, chosen, key))
        return fmtconv_ctx_failed (ctx);
      path += strlen (key);
      path += *path == '.';
    }
  return 0;
}

int
torch_root_find (const torch_scan *scan, const char *typed, torch_root *root)
{
  const fmtconv_value *top = scan->pickle->value;
  *root = (torch_root){ .scan = scan, .value = top, .name = ".", .is_typed = typed != NULL };
  if (keys_unique (scan->ctx, scan->pickle, top, "."))
    return fmtconv_ctx_failed (scan->ctx);
  if (!typed)
    return torch_root_choose (root);
  return strcmp (typed, ".") ? follow (typed, root) : 0;
}
