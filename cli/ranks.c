/* cli/ranks.c: joins the processes that a launcher such as mpirun started with this one.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "cli.h"
#include <stdlib.h>

/* Returns the number in a variable of the environment; 0: it is not set, or not a number. */
static unsigned
number_in (const char *name)
{
  const char *text = getenv (name);
  char *end = NULL;
  const unsigned long n = text && *text >= '0' && *text <= '9' ? strtoul (text, &end, 10) : 0;
  return end && !*end && n <= MAX_SHARES ? (unsigned) n : 0;
}

/* Returns how many processes a launcher started for this program; 0: none that says so.  Open MPI's mpirun says it; so do
 * launchers that speak PMI; with PMIx, srun says it in another variable, which without PMIx means nothing: srun starts
 * programs of any kind. */
static unsigned
launched (void)
{
  unsigned n = number_in ("OMPI_COMM_WORLD_SIZE");
  n = n ? n : number_in ("PMI_SIZE");
  n = n || !getenv ("PMIX_RANK") ? n : number_in ("SLURM_STEP_NUM_TASKS");
  return n || !getenv ("PMIX_RANK") ? n : number_in ("SLURM_NTASKS");
}

/* Returns the number of this process that the launcher says. */
static unsigned
launched_rank (void)
{
  static const char *const names[] = { "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (getenv (names[i]))
      return number_in (names[i]);
  return 0;
}

/* Returns whether the command is a conversion that processes do together. */
static bool
is_for_ranks (const struct command *command, const struct settings *s)
{
  return command->bit & ON_CONVERT && !s->no_mpi && !s->shares && !(s->flags & FMTCONV_PUBLISH)
         && !s->print_spec;
}

/* Checks that the processes found each other.  Each would take itself for the only one if MPI and launcher are not of one
 * kind. */
static bool
check_size (struct settings *s, unsigned wanted)
{
  if (s->n_ranks == wanted)
    return true;
  if (s->rank == 0 && launched_rank () == 0)
    fprintf (
        stderr,
        "fmtconv: the launcher started %u processes, and MPI joined %u (hint: start them with Open MPI's "
        "mpirun, or "
        "with srun --mpi=pmix; --share needs no MPI, and --no-mpi is for a process that converts alone)\n",
        wanted, s->n_ranks);
  return false;
}

int
ranks_join (const struct command *command, struct settings *s)
{
  const unsigned n = is_for_ranks (command, s) ? launched () : 0;
  if (n < 2)
    return CLI_DONE;
  if (!check_convert (s))
    return CLI_USAGE;
  fmtconv_ctx *ctx = context_new (s, speaker_of (s));
  s->ranks = context_is_fine (ctx) ? fmtconv_ranks_begin (ctx, "mpi", &s->rank, &s->n_ranks) : NULL;
  if (context_is_fine (ctx) && check_size (s, n))
    {
      fmtconv_ctx_free (ctx);
      return CLI_DONE;
    }
  ranks_leave (s, ctx);
  return context_end (ctx, false);
}

void
ranks_leave (const struct settings *s, fmtconv_ctx *ctx)
{
  fmtconv_ranks_end (s->ranks, ctx);
}
