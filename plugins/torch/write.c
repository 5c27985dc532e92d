/* plugins/torch/write.c: writes files that torch.load opens.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/write.h"
#include <fmtconv/formats.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum
{
  DEPTH = 16 /* dictionaries around that of the tensors */
};

/* The archive: members in one folder, with aligned data. */
struct torch_zip
{
  fmtconv_ctx *ctx;
  fmtconv_file *file;
  fmtconv_archive *archive;
  const char *folder; /* of all members */
  uint64_t names;     /* hash of all names */
};

#define FNV_START UINT64_C (0xcbf29ce484222325)

/* Returns the 64-bit hash of n bytes, continued from `seed`. */
static uint64_t
mix (uint64_t seed, const void *bytes, size_t n)
{
  for (const uint8_t *p = bytes; n > 0; n--, p++)
    seed = (seed ^ *p) * UINT64_C (0x100000001b3);
  return seed;
}

/* Begins a member of `size` bytes. */
static void
begin_member (struct torch_zip *zip, const char *name, uint64_t size)
{
  const char *full = fmtconv_ctx_printf (zip->ctx, "%s/%s", zip->folder, name);
  if (!full)
    return;
  zip->names = mix (zip->names, full, strlen (full) + 1);
  fmtconv_archive_member (zip->archive, full, size, TORCH_ALIGNMENT);
}

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
  state->entry = fmtconv_ctx_alloc (ctx, fmtconv_model_count (model) + 1, sizeof *state->entry);
  struct torch_entry **sorted = fmtconv_ctx_alloc (ctx, fmtconv_model_count (model) + 1, sizeof *sorted);
  if (!state->entry || !sorted)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, model)
    {
      state->entry[n].tensor = t;
      sorted[n] = &state->entry[n];
      n++;
    }
  state->n = n;
  qsort (sorted, n, sizeof *sorted, by_tensor);
  for (size_t i = 0; i < n; i++)
    {
      struct torch_entry *e = &state->entry[i];
      const struct torch_entry *duplicate = earlier (sorted, n, model, e);
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

static int
put_pickle (struct torch_zip *zip, const struct torch_state *state, const char *root, uint64_t *mixed)
{
  size_t n = torch_put_pickle (state, root, NULL);
  uint8_t *bytes = fmtconv_ctx_alloc (zip->ctx, n, 1);
  if (!bytes)
    return fmtconv_ctx_failed (zip->ctx);
  torch_put_pickle (state, root, bytes);
  begin_member (zip, "data.pkl", n);
  fmtconv_file_emit (zip->file, bytes, n);
  *mixed = mix (zip->names, bytes, n);
  return fmtconv_ctx_failed (zip->ctx);
}

static void
put_text (struct torch_zip *zip, const char *name, const char *text)
{
  if (!text)
    return;
  begin_member (zip, name, strlen (text));
  fmtconv_file_emit (zip->file, text, strlen (text));
}

/* Adds a member with the bytes of a tensor.  Returns the number of its region. */
static size_t
put_storage (struct torch_zip *zip, const struct torch_entry *e)
{
  begin_member (zip, fmtconv_ctx_printf (zip->ctx, "data/%zu", e->storage), e->tensor->bytes);
  return fmtconv_file_emit_view (zip->file, e->tensor->name, e->tensor->view);
}

static int
put_storages (struct torch_zip *zip, const struct torch_state *state)
{
  size_t *region = fmtconv_ctx_alloc (zip->ctx, state->n + 1, sizeof *region);
  for (size_t i = 0; i < state->n && !fmtconv_ctx_failed (zip->ctx); i++)
    {
      const struct torch_entry *e = &state->entry[i];
      if (e->is_first)
        region[e->storage] = put_storage (zip, e);
      else
        fmtconv_file_emit_tied (zip->file, e->tensor->name, region[e->storage]);
    }
  return fmtconv_ctx_failed (zip->ctx);
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

/* Describes the archive of a state dictionary in a new file. */
static int
put_archive (struct torch_zip *zip, const struct torch_state *state, const char *root)
{
  uint64_t mixed = 0;
  if (put_pickle (zip, state, root, &mixed))
    return fmtconv_ctx_failed (zip->ctx);
  put_text (zip, ".format_version", "1");
  put_text (zip, ".storage_alignment", "64");
  put_text (zip, "byteorder", "little");
  if (put_storages (zip, state))
    return fmtconv_ctx_failed (zip->ctx);
  put_text (zip, "version", "3\n");
  put_text (zip, ".data/serialization_id",
            fmtconv_ctx_printf (zip->ctx, "%020" PRIu64 "%020" PRIu64, zip->names, mixed));
  fmtconv_archive_end (zip->archive);
  return fmtconv_ctx_failed (zip->ctx);
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
  struct torch_zip zip = { .ctx = ctx, .names = FNV_START, .file = fmtconv_layout_create (out, NULL) };
  zip.folder = folder_of (ctx, fmtconv_layout_target (out));
  zip.archive = fmtconv_archive_begin (zip.file, FMTCONV_ARCHIVE_CRC_AFTER);
  return put_archive (&zip, &state, p->root);
}
