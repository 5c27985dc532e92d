/* core/api/ranks.c: fmtconv_ranks_begin, fmtconv_ranks_end: processes that do one conversion together.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/ranks.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include <string.h>

/* Returns the transport of a plugin; NULL: an error was recorded. */
static const fmtconv_transport *
find (fmtconv_ctx *ctx, const char *name)
{
  size_t n;
  fci_module *modules = fci_modules (ctx, &n);
  for (size_t i = 0; modules && i < n && !ctx->failed; i++)
    if (!strcmp (modules[i].name, name) && !fci_module_load (ctx, &modules[i]) && modules[i].known)
      fci_missing_fail (ctx, &modules[i], NULL, "by which several processes do one conversion together",
                        "give each process a share with --share, or --no-mpi if it converts alone");
  const fmtconv_plugin *plugin = ctx->failed ? NULL : fci_plugin_find (ctx, name, FCI_TRANSPORT);
  return plugin ? plugin->transport : NULL;
}

static void
check_version (void *arg, unsigned rank, const char *host, const void *data)
{
  fmtconv_ctx *ctx = arg;
  if (strcmp (data, fmtconv_version ()) != 0)
    fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "install the same release on all machines" },
        "rank %u on %s is fmtconv %s, and rank 0 %s", rank, host, (const char *) data, fmtconv_version ());
}

/* Exchanges first messages, so that connections are made now. */
static void
meet (fmtconv_ctx *ctx)
{
  char version[32] = "";
  strncpy (version, fmtconv_version (), sizeof version - 1);
  fci_ranks_meet (ctx, &(fci_meeting){ .step = FCI_MEET_JOINED,
                                       .data = version,
                                       .n = sizeof version,
                                       .check = check_version,
                                       .arg = ctx });
}

fmtconv_ranks *
fmtconv_ranks_begin (fmtconv_ctx *ctx, const char *plugin, unsigned *rank, unsigned *size)
{
  if (fci_call_begin (ctx, plugin && rank && size, "a plugin, and where the numbers go, are required"))
    return NULL;
  const fmtconv_transport *transport = find (ctx, plugin);
  const char *why = transport ? transport->begin (rank, size) : NULL;
  if (!transport)
    return NULL;
  if (!why && *rank >= *size)
    why = "it counts wrongly";
  if (why)
    {
      fmtconv_fail (ctx, FMTCONV_E_IO, "the processes cannot be joined by '%s': %s", plugin, why);
      return NULL;
    }
  fmtconv_ranks *ranks = fci_ranks_new (transport, *rank, *size);
  if (!ranks)
    {
      transport->end (1);
      return fci_nomem (ctx);
    }
  ctx->options.ranks = ranks;
  meet (ctx);
  return ranks;
}

void
fmtconv_ranks_end (fmtconv_ranks *ranks, fmtconv_ctx *ctx)
{
  if (ctx && ranks && ctx->options.ranks == ranks)
    fci_ranks_meet (ctx, &(fci_meeting){ .step = FCI_MEET_LEAVING });
  if (ctx)
    ctx->options.ranks = NULL;
  fci_ranks_leave (ranks, ctx == NULL);
}
