/* plugins/dcp/files.c: the files that the metadata names, and those that it does not.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/dcp/dcp.h"
#include <stdlib.h>
#include <string.h>

enum
{
  MOST_ENTRIES = 4000 /* a folder with a few more cannot be listed */
};

/* Marks the files that hold chunks of the model. */
static int
mark (dcp_load *load)
{
  for (size_t i = 0; i < load->meta.n; i++)
    {
      const dcp_item *item = &load->meta.items[i];
      if (item->is_left || !item->is_tensor)
        continue;
      fmtconv_scratch_begin (load->ctx);
      if (dcp_read_chunks (load, item))
        return fmtconv_ctx_failed (load->ctx);
      for (size_t k = 0; k < load->n_chunks; k++)
        load->chunks[k].place->file->is_needed = true;
      fmtconv_scratch_end (load->ctx);
    }
  return 0;
}

int
dcp_check_files (dcp_load *load)
{
  size_t needed = 0, absent = 0;
  if (mark (load))
    return fmtconv_ctx_failed (load->ctx);
  for (size_t i = 0; i < load->meta.n_files; i++)
    {
      const dcp_file *file = &load->meta.files[i];
      needed += file->is_needed;
      if (!file->is_needed || fmtconv_input_has (load->folder, file->name))
        continue;
      if (absent++ < DCP_MAX_SHOWN)
        fmtconv_detail (load->ctx, "%s", file->name);
    }
  if (!absent || fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint = "copy the files of all ranks into one folder" },
                          "%zu of %zu files with parts of the model are missing in %s", absent, needed,
                          fmtconv_input_path (load->folder));
}

static int
by_name (const void *name, const void *file)
{
  return strcmp (name, ((const dcp_file *) file)->name);
}

static int
order (const void *a, const void *b)
{
  return strcmp (((const dcp_file *) a)->name, ((const dcp_file *) b)->name);
}

/* A save with other ranks leaves files that this one has not replaced. */
void
dcp_note_others (dcp_load *load)
{
  const char *name;
  size_t others = 0;
  dcp_file *files = fmtconv_scratch_alloc (load->ctx, load->meta.n_files + 1, sizeof *files);
  if (!files || load->meta.n_files > MOST_ENTRIES)
    return;
  if (load->meta.n_files)
    memcpy (files, load->meta.files, load->meta.n_files * sizeof *files);
  qsort (files, load->meta.n_files, sizeof *files, order);
  for (size_t i = 0; (name = fmtconv_input_entry (load->folder, i)); i++)
    {
      if (!text_ends_with (name, ".distcp")
          || bsearch (name, files, load->meta.n_files, sizeof *files, by_name))
        continue;
      fmtconv_model_skip (load->out, name, 0, "the metadata does not name it");
      if (others++ < DCP_MAX_SHOWN)
        fmtconv_detail (load->ctx, "%s", name);
    }
  if (others)
    fmtconv_note (load->ctx, "the metadata does not name these files, which are not read:");
}
