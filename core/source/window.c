/* core/source/window.c: parts of sources as sources, and the names of sources.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/scratch.h"
#include "core/base/size.h"
#include "core/source/disk.h"
#include <fmtconv/formats.h>
#include <inttypes.h>
#include <string.h>

enum
{
  MOST = 4096 /* bytes of a name in a message */
};

void
fci_source_put_name (fci_sink *to, const fmtconv_source *source)
{
  if (source->within)
    {
      fci_source_put_name (to, source->within);
      fci_sink_put (to, ": ", 2);
    }
  if (source->part)
    fci_sink_escape (to, source->part, strlen (source->part), MOST);
  else
    fci_sink_format (to, "from byte 0x%" PRIx64, source->start - source->within->start);
}

const char *
fci_source_name (const fmtconv_source *source)
{
  if (!source->within)
    return source->part;
  const char *within = fci_source_name (source->within);
  return source->part ? fmtconv_ctx_printf (source->ctx, "%s: %s", within, source->part)
                      : fmtconv_ctx_printf (source->ctx, "%s: from byte 0x%" PRIx64, within,
                                            source->start - source->within->start);
}

const fmtconv_source *
fci_source_lasting (const fmtconv_source *source)
{
  while (source && source->is_scratch)
    source = source->within;
  return source;
}

/* Returns whether a source has these bytes; else the error is recorded. */
static bool
is_inside (fmtconv_source *source, uint64_t start, uint64_t size)
{
  if (!source || fmtconv_ctx_failed (source->ctx))
    return false;
  if (fci_size_within (start, size, source->size))
    return true;
  const fmtconv_where where = { .source = source, .offset = start, .hint = FCI_HINT_TRUNCATED };
  fmtconv_fail_at (source->ctx, FMTCONV_E_FORMAT, &where,
                   "%" PRIu64 " bytes from here extend past the end at byte 0x%" PRIx64, size, source->size);
  return false;
}

/* Makes `window`, a new source or NULL, these bytes of `source`. */
static fmtconv_source *
become (fmtconv_source *window, const fmtconv_source *source, uint64_t start, uint64_t size)
{
  if (!window)
    return NULL;
  window->ctx = source->ctx;
  window->id = ++source->ctx->sources->last_id;
  window->disk = source->disk;
  window->memory = source->memory ? source->memory + start : NULL;
  window->start = source->start + start;
  window->size = size;
  return window;
}

/* A part of a source that ends earlier is named by its place in that which does not. */
fmtconv_source *
fmtconv_source_window (fmtconv_source *source, uint64_t start, uint64_t size, const char *name)
{
  if (!is_inside (source, start, size))
    return NULL;
  fmtconv_ctx *ctx = source->ctx;
  const char *part = name && !source->is_scratch ? fci_strdup (ctx, name) : NULL;
  fmtconv_source *window = become (fci_new (ctx, fmtconv_source), source, start, size);
  if (!window)
    return NULL;
  window->within = fci_source_lasting (source);
  window->part = part;
  return window;
}

fmtconv_source *
fci_source_keep (fmtconv_source *source)
{
  return source && source->is_scratch ? fmtconv_source_window (source, 0, source->size, NULL) : source;
}

fmtconv_source *
fmtconv_scratch_window (fmtconv_source *source, uint64_t start, uint64_t size, const char *name)
{
  if (!is_inside (source, start, size))
    return NULL;
  fmtconv_ctx *ctx = source->ctx;
  if (!ctx->scratch)
    return fmtconv_source_window (source, start, size, name);
  const char *part = name ? fci_scratch_strndup (ctx, name, strlen (name)) : NULL;
  fmtconv_source *window = become (fmtconv_scratch_alloc (ctx, 1, sizeof *window), source, start, size);
  if (!window)
    return NULL;
  window->within = source;
  window->part = part;
  window->is_scratch = true;
  return window;
}
