/* plugins/megatron/locate.c: finds the iteration of a run, and the files of its ranks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/latest.h"
#include "plugins/megatron/megatron.h"
#include <stdlib.h>
#include <string.h>

#define LATEST "latest_checkpointed_iteration.txt"
#define RANK "mp_rank_"

/* Reads a number of at least `least` digits, as printf's %0*u writes it.  Returns whether it is there. */
static bool
take_number (const char **at, size_t least, uint32_t *number)
{
  const size_t digits = strspn (*at, "0123456789");
  if (digits < least || digits > 6 || (digits > least && **at == '0'))
    return false;
  *number = (uint32_t) strtoul (*at, NULL, 10);
  *at += digits;
  return true;
}

bool
megatron_is_rank_name (const char *name, uint32_t *tensor, uint32_t *stage)
{
  const char *at = name + strlen (RANK);
  *stage = UINT32_MAX;
  if (strncmp (name, RANK, strlen (RANK)) != 0 || !take_number (&at, 2, tensor))
    return false;
  if (*at == '_' && at++ && !take_number (&at, 3, stage))
    return false;
  return !*at;
}

const char *
megatron_rank_name (const megatron_load *load, uint32_t tensor, uint32_t pipeline)
{
  return load->has_stages ? fmtconv_ctx_printf (load->ctx, RANK "%02u_%03u", tensor, pipeline)
                          : fmtconv_ctx_printf (load->ctx, RANK "%02u", tensor);
}

/* ---- The folder of the iteration */

static bool
has_ranks (fmtconv_input *folder)
{
  uint32_t tensor, stage;
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (megatron_is_rank_name (name, &tensor, &stage))
      return true;
  return false;
}

/* Returns the folder name of an iteration: of 1000, iter_0001000. */
static const char *
iteration_name (fmtconv_ctx *ctx, const char *word)
{
  const bool is_number = *word && strlen (word) <= 12 && !word[strspn (word, "0123456789")];
  return is_number ? fmtconv_ctx_printf (ctx, "iter_%07llu", strtoull (word, NULL, 10)) : word;
}

/* Lists the iterations of a run with an error. */
static void
list_iterations (const megatron_load *load, fmtconv_input *run)
{
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (run, i)); i++)
    if (!strcmp (name, "release") || fmtconv_glob_match ("iter_[0-9]*", name))
      fmtconv_detail (load->ctx, "%s", name);
}

/* Returns the folder of the iteration that the user or the run names; NULL: an error. */
static fmtconv_input *
in_run (const megatron_load *load, fmtconv_input *run)
{
  const char *word = load->params->iteration;
  if (!word && !fmtconv_input_has (run, LATEST))
    {
      list_iterations (load, run);
      fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                       &(fmtconv_where){ .hint = "give the folder of an iteration as INPUT" },
                       "no folders " RANK "NN and no " LATEST " in %s", fmtconv_input_path (run));
      return NULL;
    }
  if (!word)
    word = latest_read (load->ctx, run, LATEST);
  const char *name = word ? iteration_name (load->ctx, word) : NULL;
  if (!name || (latest_is_plain (name) && fmtconv_input_has (run, name)))
    return name ? fmtconv_input_child (run, name) : NULL;
  list_iterations (load, run);
  fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                   &(fmtconv_where){ .hint = "select one with -r megatron:iteration=N" },
                   "no iteration '%s' in %s%s", word, fmtconv_input_path (run),
                   load->params->iteration ? "" : ", though " LATEST " names it");
  return NULL;
}

/* ---- The ranks */

/* Counts the ranks of the folders' names. */
static int
count_ranks (megatron_load *load)
{
  const char *name, *with = NULL, *without = NULL;
  uint32_t tensor, stage;
  for (size_t i = 0; (name = fmtconv_input_entry (load->folder, i)); i++)
    {
      if (!megatron_is_rank_name (name, &tensor, &stage))
        continue;
      *(stage == UINT32_MAX ? &without : &with) = name;
      load->has_stages = stage != UINT32_MAX;
      stage = load->has_stages ? stage : 0;
      load->tensor_ranks = tensor >= load->tensor_ranks ? tensor + 1 : load->tensor_ranks;
      load->pipeline_ranks = stage >= load->pipeline_ranks ? stage + 1 : load->pipeline_ranks;
    }
  if (with && without)
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = "remove the folders of the other checkpoint" },
        "the folder holds ranks of two checkpoints, such as '%s' and '%s'", without, with);
  if (!with && !without)
    return fmtconv_ctx_failed (load->ctx)
               ? fmtconv_ctx_failed (load->ctx)
               : fmtconv_fail (load->ctx, FMTCONV_E_MISSING, "no folders " RANK "NN in %s",
                               fmtconv_input_path (load->folder));
  if ((uint64_t) load->tensor_ranks * load->pipeline_ranks > MEGATRON_MAX_RANKS)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT,
                            &(fmtconv_where){ .hint = "check the names of the folders" },
                            "the names of the folders say %u x %u ranks, more than %d", load->tensor_ranks,
                            load->pipeline_ranks, MEGATRON_MAX_RANKS);
  return fmtconv_ctx_failed (load->ctx);
}

int
megatron_locate (megatron_load *load, fmtconv_input *in)
{
  fmtconv_input *folder = fmtconv_input_is_folder (in) ? in : fmtconv_input_parent (in);
  uint32_t tensor, stage;
  if (folder && megatron_is_rank_name (fmtconv_input_basename (folder), &tensor, &stage))
    folder = fmtconv_input_parent (folder);
  load->folder = folder && (load->params->iteration || !has_ranks (folder)) ? in_run (load, folder) : folder;
  return load->folder ? count_ranks (load) : fmtconv_ctx_failed (load->ctx);
}

fmtconv_input *
megatron_file (const megatron_load *load, uint32_t tensor, uint32_t pipeline)
{
  static const char *const names[] = { "model_optim_rng.pt", "model_rng.pt", "model_weights.ckpt" };
  const char *rank = megatron_rank_name (load, tensor, pipeline);
  fmtconv_input *folder = fmtconv_input_child (load->folder, rank);
  for (size_t i = 0; folder && i < sizeof names / sizeof *names; i++)
    if (fmtconv_input_has (folder, names[i]))
      return fmtconv_input_child (folder, names[i]);
  if (!fmtconv_ctx_failed (load->ctx))
    fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                     &(fmtconv_where){ .hint = "check that the copy is complete" }, "no %s in %s", names[0],
                     fmtconv_input_path (folder));
  return NULL;
}
