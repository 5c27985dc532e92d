/* plugins/megatron/locate.c: finds the iteration of a run, and the files of its ranks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/latest.h"
#include "plugins/megatron/megatron.h"
#include <stdlib.h>
#include <string.h>

#define LATEST "latest_checkpointed_iteration.txt"
#define RANK "mp_rank_"
#define LONG_RANK "tp_rank_"
#define LONG_STAGE "_pp_rank_"
#define METADATA ".metadata"
#define NEMO_WEIGHTS "model_weights.ckpt"

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

unsigned
megatron_parse_name (const char *name, uint32_t numbers[MEGATRON_NUMBERS], bool *is_long)
{
  const char *at = name + strlen (RANK);
  unsigned n = 1;
  *is_long = !strncmp (name, LONG_RANK, strlen (LONG_RANK));
  if ((!*is_long && strncmp (name, RANK, strlen (RANK)) != 0) || !take_number (&at, 2, &numbers[0]))
    return 0;
  if (*is_long)
    {
      if (strncmp (at, LONG_STAGE, strlen (LONG_STAGE)) != 0)
        return 0;
      at += strlen (LONG_STAGE) - 1; /* to the '_' before the number */
    }
  while (*at == '_' && n < MEGATRON_NUMBERS)
    {
      at++;
      if (!take_number (&at, 3, &numbers[n++]))
        return 0;
    }
  return *at || (*is_long && n != 2) ? 0 : n;
}

const char *
megatron_rank_name (const megatron_load *load, megatron_rank rank)
{
  const bool has_stage = load->pipeline_ranks > 1 || load->expert_ranks == 1;
  if (load->has_long_names)
    return fmtconv_ctx_printf (load->ctx, LONG_RANK "%02u" LONG_STAGE "%03u", rank.tensor, rank.pipeline);
  if (load->numbers == 1)
    return fmtconv_ctx_printf (load->ctx, RANK "%02u", rank.tensor);
  if (load->numbers == 2)
    return fmtconv_ctx_printf (load->ctx, RANK "%02u_%03u", rank.tensor,
                               has_stage ? rank.pipeline : rank.expert);
  return fmtconv_ctx_printf (load->ctx, RANK "%02u_%03u_%03u", rank.tensor, rank.pipeline, rank.expert);
}

/* ---- The folder of the iteration */

static bool
has_ranks (fmtconv_input *folder)
{
  uint32_t numbers[MEGATRON_NUMBERS];
  bool is_long;
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (megatron_parse_name (name, numbers, &is_long))
      return true;
  return false;
}

/* Returns whether a folder is that of an iteration. */
static bool
has_checkpoint (fmtconv_input *folder)
{
  return fmtconv_input_has (folder, METADATA) || has_ranks (folder);
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

/* Looks at the names of all ranks' folders. */
static int
read_names (megatron_load *load)
{
  const char *name, *first = NULL;
  uint32_t numbers[MEGATRON_NUMBERS];
  bool is_long;
  for (size_t i = 0; (name = fmtconv_input_entry (load->folder, i)); i++)
    {
      const unsigned n = megatron_parse_name (name, numbers, &is_long);
      if (!n)
        continue;
      if (first && (n != load->numbers || is_long != load->has_long_names))
        return fmtconv_fail_at (load->ctx, FMTCONV_E_FORMAT,
                                &(fmtconv_where){ .hint = "remove the folders of the other checkpoint" },
                                "the folder holds ranks of two checkpoints, such as '%s' and '%s'", first,
                                name);
      first = first ? first : name;
      load->numbers = n;
      load->has_long_names = is_long;
      for (unsigned k = 0; k < n; k++)
        load->most[k] = numbers[k] >= load->most[k] ? numbers[k] + 1 : load->most[k];
    }
  if (!first && !fmtconv_ctx_failed (load->ctx))
    return fmtconv_fail (load->ctx, FMTCONV_E_MISSING, "no folders " RANK "NN in %s",
                         fmtconv_input_path (load->folder));
  return fmtconv_ctx_failed (load->ctx);
}

/* Returns the name of the file in the folder of a rank; NULL: there is none. */
static const char *
file_name (fmtconv_input *folder)
{
  static const char *const names[] = { "model_optim_rng.pt", "model_rng.pt", NEMO_WEIGHTS };
  for (size_t i = 0; folder && i < sizeof names / sizeof *names; i++)
    if (fmtconv_input_has (folder, names[i]))
      return names[i];
  return NULL;
}

fmtconv_input *
megatron_file (const megatron_load *load, megatron_rank rank)
{
  fmtconv_input *folder = fmtconv_input_child (load->folder, megatron_rank_name (load, rank));
  const char *name = file_name (folder);
  if (name)
    return fmtconv_input_child (folder, name);
  if (!fmtconv_ctx_failed (load->ctx))
    fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                     &(fmtconv_where){ .hint = "check that the copy is complete" }, "no %s in %s",
                     load->is_nemo ? NEMO_WEIGHTS : "model_optim_rng.pt", fmtconv_input_path (folder));
  return NULL;
}

int
megatron_locate (megatron_load *load, fmtconv_input *in)
{
  fmtconv_input *folder = fmtconv_input_is_folder (in) ? in : fmtconv_input_parent (in);
  uint32_t numbers[MEGATRON_NUMBERS];
  bool is_long;
  if (folder && megatron_parse_name (fmtconv_input_basename (folder), numbers, &is_long))
    folder = fmtconv_input_parent (folder);
  load->folder =
      folder && (load->params->iteration || !has_checkpoint (folder)) ? in_run (load, folder) : folder;
  load->is_dist = fmtconv_input_has (load->folder, METADATA) != 0;
  if (!load->folder || load->is_dist || read_names (load))
    return fmtconv_ctx_failed (load->ctx);
  load->tensor_ranks = load->pipeline_ranks = load->expert_ranks = 1; /* until the arguments are read */
  const char *first = megatron_rank_name (load, (megatron_rank){ 0 });
  const char *name =
      fmtconv_input_has (load->folder, first) ? file_name (fmtconv_input_child (load->folder, first)) : NULL;
  load->is_nemo = load->has_long_names || (name && !strcmp (name, NEMO_WEIGHTS));
  return fmtconv_ctx_failed (load->ctx);
}
