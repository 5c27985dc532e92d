/* plugins/dcp/dcp.c: the dcp plugin: reads and writes folders of torch.distributed.checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/dcp/dcp.h"
#include "plugins/dcp/write.h"
#include <string.h>

#define METADATA ".metadata"

static const fmtconv_param params[] = {
  { "root", FMTCONV_PARAM_TEXT, offsetof (struct dcp_params, root), NULL,
    "part to read, as a dotted path; '.': all; default: the model" },
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct dcp_params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { 0 },
};

/* Puts a tensor into the model, as a view of the records of its chunks. */
static int
put (dcp_load *load, const dcp_item *item)
{
  if (dcp_read_chunks (load, item))
    return fmtconv_ctx_failed (load->ctx);
  for (size_t i = 0; i < load->n_chunks; i++)
    {
      load->chunks[i].view = dcp_record (load, item, &load->chunks[i]);
      if (!load->chunks[i].view)
        return fmtconv_ctx_failed (load->ctx);
    }
  fmtconv_model_put (load->out, item->name + item->start, dcp_cover (load, item));
  return fmtconv_ctx_failed (load->ctx);
}

/* Puts all tensors of the model.  What is made for one ends with it. */
static int
put_all (dcp_load *load)
{
  for (size_t i = 0; i < load->meta.n && !fmtconv_ctx_failed (load->ctx); i++)
    {
      const dcp_item *item = &load->meta.items[i];
      if (item->is_left || !item->is_tensor)
        continue;
      fmtconv_scratch_begin (load->ctx);
      put (load, item);
      fmtconv_scratch_end (load->ctx);
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Rejects metadata of single ranks: each says only where that rank's records are. */
static int
no_metadata (fmtconv_ctx *ctx, fmtconv_input *folder)
{
  if (fmtconv_input_has (folder, "__0" METADATA))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint = "save it again with use_collectives=True, the default" },
        "%s has one metadata for each rank, which do not say what the whole is", fmtconv_input_path (folder));
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint =
                                                "it is written last: the save was interrupted, or the copy "
                                                "is incomplete (names that begin with a dot are hidden)" },
                          "no " METADATA " in %s", fmtconv_input_path (folder));
}

static int
read_dcp (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  dcp_load load = { .ctx = ctx, .params = params_, .folder = in, .out = out };
  if (!fmtconv_input_is_folder (in))
    load.folder = fmtconv_input_parent (in);
  if (!fmtconv_input_has (load.folder, METADATA))
    return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : no_metadata (ctx, load.folder);
  if (dcp_read_metadata (&load, fmtconv_input_child (load.folder, METADATA)) || dcp_choose_root (&load)
      || dcp_check_files (&load) || put_all (&load))
    return fmtconv_ctx_failed (ctx);
  dcp_note_others (&load);
  return fmtconv_ctx_failed (ctx);
}

/* Returns whether a file is the metadata itself: a pickle that begins with the name of its class. */
static bool
is_metadata (const fmtconv_peek *peek)
{
  static const char class[] = "torch.distributed.checkpoint.metadata";
  bool found = false;
  for (size_t i = 0; !found && i + sizeof class - 1 <= peek->head_len && i < 64; i++)
    found = !memcmp (peek->head + i, class, sizeof class - 1);
  return found && !strcmp (peek->base, METADATA) && peek->head[0] == 0x80;
}

/* A folder with the metadata, or with files of ranks; or one of these files.  If one of both is missing, the reader names it. */
static int
probe (const fmtconv_peek *peek)
{
  int bits = 0;
  if (!peek->is_folder)
    return text_ends_with (peek->base, ".distcp") ? 120 : is_metadata (peek) ? 144 : 0;
  for (size_t i = 0; i < peek->n_entries; i++)
    {
      if (!strcmp (peek->entries[i], METADATA))
        bits |= 1;
      if (text_ends_with (peek->entries[i], ".distcp"))
        bits |= 2;
    }
  return bits == 3 ? 160 : bits == 2 ? 96 : bits == 1 ? 48 : 0;
}

FMTCONV_PLUGIN (
    dcp, .name = "dcp", .summary = "distributed checkpoints of PyTorch",
    .reader = FMTCONV_READER (.params = params, .main = "root=PATH", .probe = probe, .read = read_dcp),
    .writer = FMTCONV_WRITER (.params = dcp_write_params, .main = "root=KEY", .is_folder = 1,
                              .limits = { .dtypes = torch_dtypes,
                                          .rank = FMTCONV_MAX_RANK,
                                          .name_bytes = 4096,
                                          .tensors = DCP_MAX_TENSORS,
                                          .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED },
                              .write = dcp_write));
