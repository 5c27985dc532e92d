/* plugins/sat/ranks.c: finds the model-parallel ranks of a checkpoint, and checks that none is missing.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "sat.h"
#include <stdlib.h>
#include <string.h>

#define START "mp_rank_"
#define END "_model_states.pt"

const char *
sat_rank_name (fmtconv_ctx *ctx, unsigned rank)
{
  return fmtconv_ctx_printf (ctx, START "%02u" END, rank);
}

/* Returns the rank in a file name, which SAT writes with at least two digits; -1: another name. */
static int
rank_of (const char *name)
{
  if (strncmp (name, START, strlen (START)))
    return -1;
  const char *number = name + strlen (START);
  size_t digits = strspn (number, "0123456789");
  bool padded = digits > 2 && *number == '0';
  if (digits < 2 || digits > 4 || padded || strcmp (number + digits, END))
    return -1;
  return atoi (number);
}

int
sat_is_rank_name (const char *name)
{
  return rank_of (name) >= 0;
}

static int
missing (fmtconv_ctx *ctx, fmtconv_input *folder, unsigned n)
{
  unsigned absent = 0;
  for (unsigned rank = 0; rank < n; rank++)
    if (!fmtconv_input_has (folder, sat_rank_name (ctx, rank)))
      {
        fmtconv_detail (ctx, "%s", sat_rank_name (ctx, rank));
        absent++;
      }
  return fmtconv_fail_at (
      ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "check that the copy is complete" },
      "%u of at least %u model-parallel ranks are missing in %s", absent, n, fmtconv_input_path (folder));
}

int
sat_find_ranks (fmtconv_ctx *ctx, fmtconv_input *folder, struct sat_place *out)
{
  const char *name;
  unsigned found = 0, n = 0;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    {
      int rank = rank_of (name);
      found += rank >= 0;
      if (rank >= (int) n)
        n = (unsigned) rank + 1;
    }
  if (found < n)
    return missing (ctx, folder, n);
  out->ranks = fmtconv_ctx_alloc (ctx, n + 1, sizeof *out->ranks);
  if (!out->ranks)
    return FMTCONV_E_NOMEM;
  for (unsigned rank = 0; rank < n; rank++)
    out->ranks[rank] = fmtconv_input_child (folder, sat_rank_name (ctx, rank));
  out->n_ranks = n;
  return fmtconv_ctx_failed (ctx);
}

static int
too_many (fmtconv_ctx *ctx, const struct sat_place *place, int64_t world)
{
  for (unsigned rank = (unsigned) world; rank < place->n_ranks; rank++)
    fmtconv_detail (ctx, "%s", fmtconv_input_basename (place->ranks[rank]));
  return fmtconv_fail_at (
      ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "remove the files that do not belong to this checkpoint" },
      "%s says it is one of %lld model-parallel ranks, but there are %u",
      fmtconv_input_basename (place->ranks[0]), (long long) world, place->n_ranks);
}

int
sat_check_world (fmtconv_ctx *ctx, const struct sat_place *place, unsigned rank, const fmtconv_model *model)
{
  int64_t world = fmtconv_attr_get_int (fmtconv_attr_at (fmtconv_model_attrs (model), "source/torch"),
                                        "mp_world_size", place->n_ranks);
  if (world == place->n_ranks || fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  const char *name = fmtconv_input_basename (place->ranks[rank]);
  if (world < 1)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT, "%s says it is one of %lld model-parallel ranks", name,
                         (long long) world);
  if (world < place->n_ranks)
    return too_many (ctx, place, world);
  return fmtconv_fail_at (
      ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){ .hint = "put all mp_rank_NN_model_states.pt into one folder and give it as INPUT" },
      "%s is one of %lld model-parallel ranks, but there %s %u", name, (long long) world,
      place->n_ranks == 1 ? "is" : "are", place->n_ranks);
}
