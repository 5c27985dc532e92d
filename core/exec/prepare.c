/* core/exec/prepare.c: opens the workers of an execution.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/prepare.h"
#include "core/exec/worker/pool.h"

int
fci_pool_prepare (fci_pool *pool, const fci_plan *plan, const struct fci_io *io)
{
  fmtconv_ctx *ctx = plan->ctx;
  pool->ctx = ctx;
  pool->plan = plan;
  pool->io = io ? io : &fci_io_system;
  pool->want_crc = true;
  pool->tallies = fmtconv_ctx_alloc (ctx, plan->n_tallies, sizeof *pool->tallies);
  pool->bad_rows = fmtconv_ctx_alloc (ctx, plan->n_encoders, sizeof *pool->bad_rows);
  if (!pool->tallies || !pool->bad_rows)
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < plan->n_encoders; i++)
    pool->bad_rows[i] = (fci_bad_rows){ .nan = UINT64_MAX, .inf = UINT64_MAX };
  return fci_pool_open (pool);
}
