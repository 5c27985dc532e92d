/* plugins/zero/files.c: the files of all ranks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/text.h"
#include "plugins/zero/zero.h"
#include <stdlib.h>
#include <string.h>

#define RANK "zero_pp_rank_"
#define MIDDLE "_mp_rank_"
#define OPTIMIZER "_optim_states.pt"
#define MODEL "_model_states.pt"

int
zero_wrong (const zero_load *load, const zero_file *file, const char *tensor, const char *why)
{
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){
          .source = file->pickle ? file->pickle->source : NULL,
          .tensor = tensor,
          .hint = "the files are of several saves, or the copy is incomplete; get a complete copy" },
      "%s", why);
}

const fmtconv_value *
zero_get (const zero_file *file, const char *key)
{
  return fmtconv_value_find (file->pickle->value, key);
}

const fmtconv_value *
zero_state (const zero_file *file, const char *key)
{
  const fmtconv_value *state = zero_get (file, "optimizer_state_dict");
  return fmtconv_value_kind (state) == FMTCONV_VALUE_DICT ? fmtconv_value_find (state, key) : NULL;
}

/* Parses the name of a rank's optimizer.  Returns whether it is one; model: its model-parallel rank. */
static bool
parse (const char *name, uint32_t *rank, uint32_t *model)
{
  const char *at = text_starts_with (name, "bf16_") || text_starts_with (name, "fp16_") ? name + 5 : name;
  char *end;
  if (!text_starts_with (at, RANK) || at[strlen (RANK)] < '0' || at[strlen (RANK)] > '9')
    return false;
  const unsigned long number = strtoul (at + strlen (RANK), &end, 10);
  if (!text_starts_with (end, MIDDLE) || number >= ZERO_MAX_RANKS)
    return false;
  *rank = (uint32_t) number;
  *model = (uint32_t) strtoul (end + strlen (MIDDLE), &end, 10);
  return !strcmp (end, OPTIMIZER);
}

int
zero_open_file (const zero_load *load, fmtconv_input *in, zero_file *file)
{
  file->name = fmtconv_input_basename (in);
  file->pickle =
      fmtconv_pickle_open (fmtconv_input_open (in), load->params->crc ? FMTCONV_ZIP_IGNORE_CRC : 0);
  return file->pickle ? 0 : fmtconv_ctx_failed (load->ctx);
}

/* Opens a file of a rank, which holds a dictionary. */
static int
open_states (const zero_load *load, const char *name, zero_file *file)
{
  if (zero_open_file (load, fmtconv_input_child (load->folder, name), file))
    return fmtconv_ctx_failed (load->ctx);
  return fmtconv_value_kind (file->pickle->value) == FMTCONV_VALUE_DICT
             ? 0
             : zero_wrong (load, file, NULL, "it holds no dictionary");
}

/* Collects the names of the optimizers' files by rank.  Returns their number; 0 also after an error. */
static uint32_t
find_names (const zero_load *load, const char **names)
{
  const char *name;
  uint32_t n = 0, rank, model;
  for (size_t i = 0; (name = fmtconv_input_entry (load->folder, i)); i++)
    {
      if (fmtconv_glob_match ("layer_[0-9]*_expert_[0-9]*" MODEL, name)
          || fmtconv_glob_match ("expert_[0-9]*" MODEL, name))
        {
          fmtconv_fail_at (
              load->ctx, FMTCONV_E_UNSUPPORTED,
              &(fmtconv_where){ .hint = "read the weights as trained with -r sat:weights=model" },
              "'%s' is of an expert; the optimizers of expert-parallel ranks are not joined", name);
          return 0;
        }
      if (!parse (name, &rank, &model))
        continue;
      if (model)
        {
          fmtconv_fail_at (
              load->ctx, FMTCONV_E_UNSUPPORTED,
              &(fmtconv_where){ .hint = "read the weights as trained with -r sat:weights=model" },
              "'%s' is of a model-parallel rank; the fp32 weights of only one are read", name);
          return 0;
        }
      names[rank] = name;
      n = rank >= n ? rank + 1 : n;
    }
  return n;
}

/* Returns the number of ranks that a file says there are; 0: an error. */
static uint32_t
read_ranks (const zero_load *load, const zero_file *file)
{
  const fmtconv_value *count = zero_state (file, "partition_count");
  int64_t most = 0, number;
  fmtconv_value_int (count, &most);
  /* Of stages 1 and 2 there is one for each group. */
  for (size_t i = 0; i < fmtconv_value_count (count); i++)
    if (fmtconv_value_int (fmtconv_value_at (count, i), &number) && number > most)
      most = number;
  if (most < 1 || most > ZERO_MAX_RANKS)
    zero_wrong (load, file, NULL,
                "it is not of a ZeRO optimizer: it does not say how many partitions there are");
  return fmtconv_ctx_failed (load->ctx) ? 0 : (uint32_t) most;
}

/* Checks that every rank has a file, and no other.  one: the name of any rank, which begins as all do. */
static int
check_names (const zero_load *load, const char *const *names, uint32_t found, const char *one)
{
  const int prefix = (int) (strstr (one, RANK) - one);
  uint32_t absent = 0;
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    if (!names[rank])
      {
        fmtconv_detail (load->ctx, "%.*s" RANK "%u" MIDDLE "00" OPTIMIZER, prefix, one, rank);
        absent++;
      }
  if (absent)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "copy the files of all ranks into one folder" },
                            "%u of %u ranks' optimizer states are missing in %s", absent, load->ranks,
                            fmtconv_input_path (load->folder));
  if (found <= load->ranks)
    return 0;
  fmtconv_detail (load->ctx, "%s", names[found - 1]);
  return fmtconv_fail_at (
      load->ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "remove the files that do not belong to this checkpoint" },
      "the checkpoint is of %u ranks, but the folder holds files of more", load->ranks);
}

static int
open_optimizers (zero_load *load, const char **names)
{
  uint32_t first = 0, found = find_names (load, names);
  zero_file one = { 0 };
  while (first < found && !names[first])
    first++;
  if (!found)
    return fmtconv_fail_at (
        load->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){ .hint = "the fp32 weights are in the files *" OPTIMIZER " of all ranks" },
        "no " RANK "0" MIDDLE "00" OPTIMIZER " in %s", fmtconv_input_path (load->folder));
  if (open_states (load, names[first], &one) || !(load->ranks = read_ranks (load, &one))
      || check_names (load, names, found, names[first]))
    return fmtconv_ctx_failed (load->ctx);
  load->optimizers = fmtconv_ctx_alloc (load->ctx, load->ranks, sizeof *load->optimizers);
  load->is_split = zero_state (&one, "fp32_flat_groups") != NULL;
  if (load->optimizers)
    load->optimizers[0] = one; /* no rank is missing */
  for (uint32_t rank = 1; load->optimizers && rank < load->ranks; rank++)
    {
      if (open_states (load, names[rank], &load->optimizers[rank]))
        return fmtconv_ctx_failed (load->ctx);
      if (read_ranks (load, &load->optimizers[rank]) != load->ranks && !fmtconv_ctx_failed (load->ctx))
        return zero_wrong (load, &load->optimizers[rank], NULL,
                           "it is of another number of ranks than rank 0");
    }
  return fmtconv_ctx_failed (load->ctx);
}

static int
open_models (zero_load *load)
{
  const uint32_t n = load->is_split ? load->ranks : load->model_ranks;
  load->models = fmtconv_ctx_alloc (load->ctx, n, sizeof *load->models);
  for (uint32_t rank = 0; load->models && rank < n; rank++)
    {
      const char *name = load->is_split ? fmtconv_ctx_printf (load->ctx, RANK "%u" MIDDLE "00" MODEL, rank)
                                        : fmtconv_ctx_printf (load->ctx, "mp_rank_%02u" MODEL, rank);
      if (open_states (load, name, &load->models[rank]))
        return fmtconv_ctx_failed (load->ctx);
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Counts the model-parallel ranks of a universal checkpoint by the names of their files, of which none may be missing. */
static int
count_model_ranks (zero_load *load)
{
  uint32_t files = 0;
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (load->folder, i)); i++)
    files += fmtconv_glob_match ("mp_rank_[0-9]*" MODEL, name);
  for (load->model_ranks = 0; load->model_ranks < files && load->model_ranks < ZERO_MAX_RANKS;
       load->model_ranks++)
    {
      name = fmtconv_ctx_printf (load->ctx, "mp_rank_%02u" MODEL, load->model_ranks);
      if (name && !fmtconv_input_has (load->folder, name) && !fmtconv_ctx_failed (load->ctx))
        return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                                &(fmtconv_where){ .hint = "copy the files of all ranks into one folder" },
                                "no %s in %s, where others are", name, fmtconv_input_path (load->folder));
    }
  return fmtconv_ctx_failed (load->ctx);
}

/* Opens the model states of a universal checkpoint, which say how many there are if stage 3 wrote them. */
static int
open_universal (zero_load *load)
{
  zero_file first = { 0 };
  int64_t ranks = 0;
  if (count_model_ranks (load))
    return fmtconv_ctx_failed (load->ctx);
  load->is_split = !load->model_ranks;
  load->ranks = 1;
  if (!load->is_split)
    return open_models (load);
  load->model_ranks = 1;
  if (open_states (load, RANK "0" MIDDLE "00" MODEL, &first))
    return fmtconv_ctx_failed (load->ctx);
  fmtconv_value_int (zero_get (&first, "dp_world_size"), &ranks);
  if (ranks < 1 || ranks > ZERO_MAX_RANKS)
    return zero_wrong (load, &first, NULL, "it does not say how many ranks there are");
  load->ranks = (uint32_t) ranks;
  return open_models (load);
}

int
zero_open_files (zero_load *load)
{
  if (load->is_universal)
    return open_universal (load);
  const char **names = fmtconv_ctx_alloc (load->ctx, ZERO_MAX_RANKS, sizeof *names);
  load->model_ranks = 1;
  return !names || open_optimizers (load, names) ? fmtconv_ctx_failed (load->ctx) : open_models (load);
}
