/* plugins/common/torch-zip.c: describes the archive that torch.save writes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/torch-file.h"
#include <inttypes.h>
#include <string.h>

/* The archive: members in one folder, with aligned data. */
struct torch_zip
{
  fmtconv_ctx *ctx;
  fmtconv_file *file;
  fmtconv_archive *archive;
  const char *folder; /* of all members */
  uint64_t names;     /* hash of all names */
  bool is_small;
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

/* Returns the name of a member in the archive. */
static const char *
full_name (struct torch_zip *zip, const char *name)
{
  return fmtconv_scratch_printf (zip->ctx, "%s/%s", zip->folder, name);
}

/* Begins a member of `size` bytes with this full name; NULL: an error was recorded. */
static void
begin_member (struct torch_zip *zip, const char *full, uint64_t size)
{
  if (full)
    zip->names = mix (zip->names, full, strlen (full) + 1);
  if (full)
    fmtconv_archive_member (zip->archive, full, size, TORCH_ALIGNMENT);
}

/* Adds a member of known bytes.  torch.save puts its checksum after it; before it, it takes less memory and time. */
static void
put_bytes (struct torch_zip *zip, const char *name, const void *bytes, size_t n)
{
  if (zip->is_small)
    {
      const char *full = full_name (zip, name);
      if (full)
        zip->names = mix (zip->names, full, strlen (full) + 1);
      if (full)
        fmtconv_archive_store (zip->archive, full, bytes, n, 1);
      return;
    }
  begin_member (zip, full_name (zip, name), n);
  fmtconv_file_emit (zip->file, bytes, n);
}

static void
put_text (struct torch_zip *zip, const char *name, const char *text)
{
  if (!text)
    return;
  put_bytes (zip, name, text, strlen (text));
}

/* Adds a member with the bytes of a tensor.  Returns the number of its region. */
static size_t
put_storage (struct torch_zip *zip, const struct torch_entry *e)
{
  begin_member (zip, fmtconv_scratch_printf (zip->ctx, "%s/data/%zu", zip->folder, e->storage),
                e->tensor->bytes);
  return fmtconv_file_emit_view (zip->file, e->tensor->name, e->tensor->view);
}

static int
put_storages (struct torch_zip *zip, const struct torch_state *state)
{
  size_t *region = fmtconv_scratch_alloc (zip->ctx, state->n + 1, sizeof *region);
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

int
torch_put_archive (fmtconv_ctx *ctx, fmtconv_file *file, const char *folder, const void *pickle, size_t n,
                   const struct torch_state *state, bool is_small)
{
  struct torch_zip zip = {
    .ctx = ctx, .names = FNV_START, .file = file, .folder = folder, .is_small = is_small
  };
  zip.archive = fmtconv_archive_begin (file, FMTCONV_ARCHIVE_CRC_AFTER);
  put_bytes (&zip, "data.pkl", pickle, n);
  const uint64_t mixed = mix (zip.names, pickle, n);
  if (!is_small)
    {
      put_text (&zip, ".format_version", "1");
      put_text (&zip, ".storage_alignment", "64");
    }
  put_text (&zip, "byteorder", "little");
  if (put_storages (&zip, state))
    return fmtconv_ctx_failed (ctx);
  put_text (&zip, "version", "3\n");
  if (!is_small)
    put_text (&zip, ".data/serialization_id",
              fmtconv_ctx_printf (ctx, "%020" PRIu64 "%020" PRIu64, zip.names, mixed));
  fmtconv_archive_end (zip.archive);
  return fmtconv_ctx_failed (ctx);
}
