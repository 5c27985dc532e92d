/* core/convert/ranks.c: a conversion by several processes: each writes a share, rank 0 publishes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/ranks.h"
#include "core/convert/ranks.h"
#include "core/exec/publish/check.h"
#include "core/exec/publish/work-map.h"
#include "core/plan/compile.h"
#include "core/plan/digest.h"
#include "core/plan/share.h"
#include <string.h>

/* What a rank says of its plan: the cost of all of it, the borders of its share, and what it is of. */
typedef struct dealt
{
  uint64_t cost[7]; /* of all; file, offset and run of one border and the other */
  fci_map_head head;
} dealt;

_Static_assert(sizeof (dealt) <= FCI_RANK_DATA, "what ranks say of a plan must fit a report");

/* A conversion, and what rank 0 compares. */
typedef struct together
{
  fci_conversion *c;
  const fci_execution *execution;
  dealt own;
} together;

fci_dealing
fci_rank_dealing (const fmtconv_ctx *ctx)
{
  return (fci_dealing){ .share = fci_rank (ctx) + 1, .shares = fci_rank_count (ctx) };
}

/* Sets the costs of a share. */
static void
deal (const fci_plan *plan, unsigned share, dealt *d)
{
  const fci_border start = { 0 };
  fci_border from, to, end;
  fci_share_borders (plan, 1, 1, &from, &end);
  d->cost[0] = fci_share_cost (plan, &start, &end);
  fci_share_borders (plan, share, fci_rank_count (plan->ctx), &from, &to);
  const fci_border *border[] = { &from, &to };
  for (unsigned i = 0; i < 2; i++)
    {
      d->cost[3 * i + 1] = border[i]->file;
      d->cost[3 * i + 2] = border[i]->at;
      d->cost[3 * i + 3] = border[i]->run;
    }
}

/* Checks what another rank says: it must have the same plan, and the share of its number. */
static void
check (void *arg, unsigned rank, const char *host, const void *data)
{
  static const fmtconv_where inputs = { .hint = "give all processes the same paths and options, on a file "
                                                "system that they share, and the same release "
                                                "of fmtconv" };
  const together *t = arg;
  fmtconv_ctx *ctx = t->c->ctx;
  dealt d, wanted;
  memcpy (&d, data, sizeof d);
  deal (t->c->plan, rank + 1, &wanted);
  if (memcmp (&d.head, &t->own.head, sizeof d.head) != 0)
    fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &inputs,
                     "rank %u on %s has other inputs, options or plugins than rank 0", rank, host);
  else if (memcmp (d.cost, wanted.cost, sizeof d.cost) != 0)
    fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "rank %u on %s cut the plan at other places than rank 0", rank,
                  host);
}

/* Removes what interrupted runs left, before any rank creates a file, unless they are to be continued. */
static void
start_anew (void *arg)
{
  const together *t = arg;
  const fci_output *output = t->execution->outputs;
  if (!(t->c->ctx->options.flags & FMTCONV_RESUME))
    fci_publish_clean (t->c->ctx, output->layout, output->path);
}

/* Agrees with the other ranks on the plan. */
static int
meet_planned (fci_conversion *c, const fci_execution *execution)
{
  together t = { .c = c, .execution = execution };
  dealt data;
  memset (&data, 0, sizeof data); /* with its padding, which is sent, too */
  fci_work_identify (c->plan, execution->chain, fci_plan_digest (c->plan), &data.head);
  deal (c->plan, fci_rank (c->ctx) + 1, &data);
  t.own = data;
  return fci_ranks_meet (c->ctx, &(fci_meeting){ .step = FCI_MEET_PLANNED,
                                                 .data = &data,
                                                 .n = sizeof data,
                                                 .check = check,
                                                 .settle = start_anew,
                                                 .arg = &t });
}

/* Publishes what all ranks wrote, on rank 0. */
static int
publish (fci_conversion *c, const fci_execution *execution)
{
  fci_execution run = *execution;
  const fci_dealing all = { .gathers = true };
  c->plan = fci_plan_compile_all (c->ctx, c->plan->layouts, c->plan->n_layouts, &all);
  run.plan = c->plan;
  return c->plan ? fci_execute (c->ctx, &run, &c->outcome) : c->ctx->failed;
}

/* Removes, on rank 0, what all ranks wrote, when none of them does any more. */
static void
remove_written (fci_conversion *c, const fci_output *output)
{
  fmtconv_ctx *ctx = c->ctx;
  const int code = ctx->failed;
  const bool is_kept = ctx->options.flags & FMTCONV_RESUME
                       && (code == FMTCONV_E_CANCELLED || code == FMTCONV_E_IO || code == FMTCONV_E_NOMEM);
  fci_try saved;
  if (is_kept || fci_rank (ctx) > 0)
    return;
  fci_try_begin (ctx, &saved);
  ctx->failed = 0; /* nothing can be removed with a context that has failed; it fails again below */
  fci_publish_clean (ctx, output->layout, output->path);
  fci_try_forget (ctx, &saved);
}

int
fci_execute_ranks (fci_conversion *c, const fci_execution *execution)
{
  fci_execution share = *execution;
  share.reread = NULL;
  if (meet_planned (c, execution))
    return c->ctx->failed;
  fci_execute (c->ctx, &share, &c->outcome);
  int code = fci_ranks_meet (c->ctx, &(fci_meeting){ .step = FCI_MEET_WRITTEN });
  if (code == 0 && fci_rank (c->ctx) == 0)
    publish (c, execution);
  code = fci_ranks_meet (c->ctx, &(fci_meeting){ .step = FCI_MEET_PUBLISHED });
  if (code != 0)
    remove_written (c, execution->outputs);
  return code;
}
