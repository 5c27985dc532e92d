/* plugins/dcp/write.c: writes folders that torch.distributed.checkpoint loads: files of records, and .metadata.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A record is what torch.save writes of one tensor (torch/distributed/checkpoint/filesystem.py).  Each tensor is one chunk:
 * a load takes from it what its own chunks need. */
#include "config.h"

#include "plugins/dcp/write.h"
#include <string.h>

const fmtconv_param dcp_write_params[] = {
  { "root", FMTCONV_PARAM_TEXT, offsetof (struct dcp_write_params, root), NULL,
    "put the tensors under this key ('model'), or under keys joined by dots; default: at the top" },
  { "max-shard-size", FMTCONV_PARAM_SIZE, offsetof (struct dcp_write_params, max_shard_size), "5GB",
    "bytes of tensors in one file; a larger tensor has its own" },
  { 0 },
};

/* Fails unless a root is keys joined by dots. */
static int
check_root (fmtconv_ctx *ctx, const char *root)
{
  const size_t n = root ? strlen (root) : 1;
  if (n == 0 || (root && (root[0] == '.' || root[n - 1] == '.' || strstr (root, ".."))))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "root=%s is not a list of keys joined by dots", root);
  return 0;
}

/* Writes the pickle of one tensor.  Returns its size in bytes. */
static size_t
put_pickle (const struct torch_entry *entry, uint8_t *to)
{
  struct torch_pickle p = torch_pickle_start (to);
  torch_pickle_tensor (&p, entry);
  return torch_pickle_end (&p);
}

/* Appends the record of a tensor to a file. */
static int
put_record (fmtconv_ctx *ctx, fmtconv_file *file, struct dcp_record_place *place)
{
  struct torch_entry entry = { .tensor = place->tensor, .is_first = true };
  const size_t n = put_pickle (&entry, NULL);
  fmtconv_scratch_begin (ctx);
  uint8_t *pickle = fmtconv_scratch_alloc (ctx, n, 1);
  if (!pickle)
    return fmtconv_ctx_failed (ctx);
  put_pickle (&entry, pickle);
  place->at = fmtconv_file_size (file);
  if (torch_put_archive (ctx, file, "archive", pickle, n, &(struct torch_state){ .entry = &entry, .n = 1 },
                         true))
    return fmtconv_ctx_failed (ctx);
  fmtconv_scratch_end (ctx);
  place->size = fmtconv_file_size (file) - place->at;
  return 0;
}

/* Writes the records of all tensors to as many files as needed, named as those of one rank. */
static int
put_records (fmtconv_ctx *ctx, const struct dcp_write_params *p, const fmtconv_model *model,
             fmtconv_layout *out, struct dcp_record_place *places)
{
  fmtconv_file *file = NULL;
  const char *name = NULL;
  size_t n = 0;
  unsigned files = 0;
  uint64_t bytes = 0;
  FMTCONV_FOREACH (t, model)
    {
      if (!file || (bytes && (bytes >= p->max_shard_size || t->bytes > p->max_shard_size - bytes)))
        {
          name = fmtconv_ctx_printf (ctx, "__0_%u.distcp", files++);
          file = fmtconv_layout_create (out, name);
          bytes = 0;
        }
      bytes += t->bytes;
      places[n] = (struct dcp_record_place){ .tensor = t, .file = name };
      if (put_record (ctx, file, &places[n++]))
        return fmtconv_ctx_failed (ctx);
    }
  return fmtconv_ctx_failed (ctx);
}

int
dcp_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  const struct dcp_write_params *p = params;
  const char *root = p->root && strcmp (p->root, ".") ? p->root : NULL; /* ".": at the top, as for torch */
  const size_t n = fmtconv_model_count (model);
  if (n == 0)
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "nothing to write: the model has no tensors");
  struct dcp_record_place *places = fmtconv_scratch_alloc (ctx, n, sizeof *places);
  if (!places || check_root (ctx, root) || put_records (ctx, p, model, out, places))
    return fmtconv_ctx_failed (ctx);
  fmtconv_layout_stale (out, "__*.distcp");
  const size_t size = dcp_put_metadata (places, n, root, NULL);
  uint8_t *metadata = fmtconv_scratch_alloc (ctx, size, 1);
  if (!metadata)
    return fmtconv_ctx_failed (ctx);
  dcp_put_metadata (places, n, root, metadata);
  fmtconv_file_emit (fmtconv_layout_create (out, ".metadata"), metadata, size);
  return fmtconv_ctx_failed (ctx);
}
