/* plugins/dtensor/files.c: the files of all ranks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/dtensor/dtensor.h"
#include <stdlib.h>
#include <string.h>

#define WORLD "model_world_size_"
#define RANK "_rank_"
#define END ".pt"

int
dt_wrong (const dt_load *load, uint32_t rank, const char *tensor, const char *why)
{
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){
          .source = load->pickles[rank]->source,
          .tensor = tensor,
          .hint = "the files are of several saves, or the copy is incomplete; get a complete copy" },
      "%s", why);
}

int
dt_refuse (const dt_load *load, uint32_t rank, const char *tensor, const char *why)
{
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .source = load->pickles[rank]->source,
                        .tensor = tensor,
                        .hint =
                            "load the files with torch on as many ranks, and save full_tensor () of each" },
      "%s", why);
}

/* Reads digits at *at, without a zero before others, and the text after them.  Returns whether they are there. */
static bool
take_number (const char **at, const char *after, uint32_t *number)
{
  const size_t digits = strspn (*at, "0123456789");
  if (!digits || digits > 6 || (digits > 1 && **at == '0')
      || strncmp (*at + digits, after, strlen (after)) != 0)
    return false;
  *number = (uint32_t) strtoul (*at, NULL, 10);
  *at += digits + strlen (after);
  return true;
}

bool
dt_is_rank_name (const char *name, uint32_t *rank, uint32_t *world)
{
  const char *at = name + strlen (WORLD);
  return strncmp (name, WORLD, strlen (WORLD)) == 0 && take_number (&at, RANK, world)
         && take_number (&at, END, rank) && !*at;
}

static const char *
name_of (const dt_load *load, uint32_t rank)
{
  return fmtconv_ctx_printf (load->ctx, WORLD "%u" RANK "%u" END, load->ranks, rank);
}

/* Finds how many ranks the names in the folder say there are, which must be one number.  Returns 0 or an error code. */
static int
find_world (dt_load *load)
{
  const char *name, *first = NULL;
  uint32_t rank, world;
  for (size_t i = 0; (name = fmtconv_input_entry (load->folder, i)); i++)
    {
      if (!dt_is_rank_name (name, &rank, &world))
        continue;
      if (first && world != load->ranks)
        return fmtconv_fail_at (
            load->ctx, FMTCONV_E_FORMAT,
            &(fmtconv_where){
                .hint = "give one file of the checkpoint to read, or remove the files of the other" },
            "the folder holds files of %u ranks, such as '%s', and of %u, such as '%s'", load->ranks, first,
            world, name);
      first = name;
      load->ranks = world;
    }
  if (first || fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint = "give the folder that holds the files of all ranks" },
                          "no " WORLD "N" RANK "K" END " in %s", fmtconv_input_path (load->folder));
}

/* Checks that every rank has a file. */
static int
check_ranks (const dt_load *load)
{
  uint32_t absent = 0;
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    if (!fmtconv_input_has (load->folder, name_of (load, rank)))
      {
        fmtconv_detail (load->ctx, "%s", name_of (load, rank));
        absent++;
      }
  if (!absent || fmtconv_ctx_failed (load->ctx))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                          &(fmtconv_where){ .hint = "copy the files of all ranks into one folder" },
                          "the files of %u of %u ranks are missing in %s", absent, load->ranks,
                          fmtconv_input_path (load->folder));
}

static int
open_rank (dt_load *load, uint32_t rank)
{
  fmtconv_source *source = fmtconv_input_open (fmtconv_input_child (load->folder, name_of (load, rank)));
  load->pickles[rank] = fmtconv_pickle_open (source, load->params->crc ? FMTCONV_ZIP_IGNORE_CRC : 0);
  if (!load->pickles[rank])
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_value_kind (load->pickles[rank]->value) == FMTCONV_VALUE_DICT
             ? 0
             : dt_wrong (load, rank, NULL, "it holds no dictionary of tensors");
}

int
dt_open_files (dt_load *load, fmtconv_input *in)
{
  uint32_t rank;
  const bool is_folder = fmtconv_input_is_folder (in);
  load->folder = is_folder ? in : fmtconv_input_parent (in);
  if (is_folder || !dt_is_rank_name (fmtconv_input_basename (in), &rank, &load->ranks))
    if (find_world (load))
      return fmtconv_ctx_failed (load->ctx);
  if (!load->ranks || load->ranks > DT_MAX_RANKS)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT,
                            &(fmtconv_where){ .hint = "check the names of the files" },
                            "the names say %u ranks, not 1 to %d", load->ranks, DT_MAX_RANKS);
  if (check_ranks (load))
    return fmtconv_ctx_failed (load->ctx);
  load->pickles = fmtconv_scratch_alloc (load->ctx, load->ranks, sizeof (fmtconv_pickle *));
  load->parts = fmtconv_scratch_alloc (load->ctx, load->ranks, sizeof *load->parts);
  for (rank = 0; load->pickles && load->parts && rank < load->ranks; rank++)
    if (open_rank (load, rank))
      return fmtconv_ctx_failed (load->ctx);
  return fmtconv_ctx_failed (load->ctx);
}
