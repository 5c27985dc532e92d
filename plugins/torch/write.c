/* plugins/torch/write.c: writes files that torch.load opens.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/write.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

enum
{
  DEPTH = 16,  /* dictionaries around that of the tensors */
  BATCH = 1000 /* entries of a dictionary between two marks */
};

const fmtconv_param torch_write_params_table[] = {
  { "root", FMTCONV_PARAM_TEXT, offsetof (struct torch_write_params, root), NULL,
    "put the tensors under this key ('module'), or under keys joined by dots; default: at the top" },
  { 0 },
};

static int
check_root (fmtconv_ctx *ctx, const char *root)
{
  unsigned depth = 0;
  if (!root || !strcmp (root, "."))
    return 0;
  for (const char *key = root;; key++)
    {
      size_t n = strcspn (key, ".");
      if (n == 0 || ++depth > DEPTH)
        return fmtconv_fail (ctx, FMTCONV_E_USAGE, "root=%s is not a list of at most %d keys joined by dots",
                             root, DEPTH);
      key += n;
      if (!*key)
        return 0;
    }
}

static int
by_tensor (const void *a, const void *b)
{
  uintptr_t x = (uintptr_t) (*(const struct torch_entry *const *) a)->tensor;
  uintptr_t y = (uintptr_t) (*(const struct torch_entry *const *) b)->tensor;
  return (x > y) - (x < y);
}

/* Returns the earlier entry that a tensor is tied to; NULL: none. */
static const struct torch_entry *
earlier (struct torch_entry **sorted, size_t n, const fmtconv_model *model, const struct torch_entry *entry)
{
  const fmtconv_tensor *duplicate = fmtconv_model_tied (model, entry->tensor);
  const struct torch_entry wanted = { .tensor = duplicate }, *key = &wanted;
  struct torch_entry *const *found = duplicate ? bsearch (&key, sorted, n, sizeof *sorted, by_tensor) : NULL;
  return found && *found < entry ? *found : NULL;
}

/* Numbers the storages: one for each tensor, shared by tied tensors. */
static int
find_storages (fmtconv_ctx *ctx, const fmtconv_model *model, struct torch_state *state)
{
  size_t n = 0, storages = 0;
  bool has_ties = false;
  state->entry = fmtconv_scratch_alloc (ctx, fmtconv_model_count (model) + 1, sizeof *state->entry);
  struct torch_entry **sorted = fmtconv_scratch_alloc (ctx, fmtconv_model_count (model) + 1, sizeof *sorted);
  if (!state->entry || !sorted)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, model)
    {
      state->entry[n].tensor = t;
      sorted[n] = &state->entry[n];
      has_ties = has_ties || fmtconv_model_tied (model, t);
      n++;
    }
  state->n = n;
  if (has_ties)
    qsort (sorted, n, sizeof *sorted, by_tensor);
  for (size_t i = 0; i < n; i++)
    {
      struct torch_entry *e = &state->entry[i];
      const struct torch_entry *duplicate = has_ties ? earlier (sorted, n, model, e) : NULL;
      e->is_first = !duplicate;
      e->storage = duplicate ? duplicate->storage : storages++;
    }
  return 0;
}

/* Returns the folder in the archive, as torch names it: the output's name without suffix. */
static const char *
folder_of (fmtconv_ctx *ctx, const char *target)
{
  const char *dot = strrchr (target, '.');
  size_t n = dot ? (size_t) (dot - target) : strlen (target), plain = 0;
  while (plain < n && target[plain] > ' ' && target[plain] < 0x7f && target[plain] != '\\')
    plain++;
  if (n == 0 || plain < n || (n < 3 && !strncmp (target, "..", n)))
    return "archive";
  return fmtconv_ctx_printf (ctx, "%.*s", (int) n, target);
}

/* Notes dropped metadata, which a state dictionary cannot hold. */
static void
note_metadata (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  fmtconv_attr *metadata = fmtconv_attr_get (fmtconv_model_attrs (model), "metadata");
  size_t n = 0;
  for (const fmtconv_attr *a = metadata ? metadata->first : NULL; a; a = a->next)
    if (a->key && strcmp (a->key, "format"))
      {
        fmtconv_detail (ctx, "%s", a->key);
        n++;
      }
  if (n)
    fmtconv_note (ctx, "torch files cannot hold metadata; dropped these entries:");
}

/* Writes the pickle of the state dictionary under `root`: dotted keys; NULL or ".": at the top. */
static size_t
put_pickle (const struct torch_state *state, const char *root, uint8_t *to)
{
  struct torch_pickle p = torch_pickle_start (to);
  size_t depth = 0;
  for (const char *key = root && strcmp (root, ".") ? root : ""; *key; depth++)
    {
      size_t n = strcspn (key, ".");
      torch_pickle_byte (&p, TORCH_OP_EMPTY_DICT);
      torch_pickle_text (&p, key, n);
      key += n + (key[n] == '.');
    }
  torch_pickle_ordered_dict (&p);
  for (size_t i = 0; i < state->n; i++)
    {
      const struct torch_entry *e = &state->entry[i];
      if (i % BATCH == 0)
        torch_pickle_byte (&p, TORCH_OP_MARK);
      torch_pickle_text (&p, e->tensor->name, strlen (e->tensor->name));
      torch_pickle_tensor (&p, e);
      if (i + 1 == state->n || (i + 1) % BATCH == 0)
        torch_pickle_byte (&p, TORCH_OP_SETITEMS);
    }
  for (; depth > 0; depth--)
    torch_pickle_byte (&p, TORCH_OP_SETITEM);
  return torch_pickle_end (&p);
}

int
torch_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  const struct torch_write_params *p = params;
  struct torch_state state = { 0 };
  if (fmtconv_model_count (model) == 0)
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "nothing to write: the model has no tensors");
  if (check_root (ctx, p->root) || find_storages (ctx, model, &state))
    return fmtconv_ctx_failed (ctx);
  note_metadata (ctx, model);
  const size_t n = put_pickle (&state, p->root, NULL);
  uint8_t *pickle = fmtconv_scratch_alloc (ctx, n, 1);
  if (!pickle)
    return fmtconv_ctx_failed (ctx);
  put_pickle (&state, p->root, pickle);
  return torch_put_archive (ctx, fmtconv_layout_create (out, NULL),
                            folder_of (ctx, fmtconv_layout_target (out)), pickle, n, &state, false);
}
