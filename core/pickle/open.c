/* core/pickle/open.c: pickles in a source, at a cursor, and in files of torch.save.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/pickle/open.h"
#include "core/source/source.h"

static const fci_state_key sums_key = { "pickle/open.c", sizeof (fci_pickle_sums) };

fci_pickle_sums *
fci_pickle_sums_of (fmtconv_ctx *ctx)
{
  return fci_state (ctx, &sums_key);
}

/* Returns an empty pickle for a file of `size` bytes; NULL: an error. */
static fci_pickle *
new_pickle (fmtconv_source *source, uint64_t size)
{
  if (!source || fmtconv_ctx_failed (source->ctx))
    return NULL;
  fci_pickle *pickle = fmtconv_scratch_alloc (source->ctx, 1, sizeof *pickle);
  fci_pickle_sums *sums = pickle ? fci_pickle_sums_of (source->ctx) : NULL;
  if (!sums)
    return NULL;
  if (__builtin_add_overflow (sums->files, size, &sums->files))
    sums->files = UINT64_MAX;
  pickle->ctx = source->ctx;
  pickle->scratch = source->ctx->scratch;
  return pickle;
}

static const fmtconv_pickle *
finish (fci_pickle *pickle, const fci_pickle_loaded *loaded)
{
  pickle->top = loaded->top;
  pickle->bytes = loaded->bytes;
  pickle->public =
      (fmtconv_pickle){ .source = loaded->source, .value = &pickle->top, .nodes = loaded->nodes };
  return &pickle->public;
}

const fmtconv_pickle *
fmtconv_pickle_load (fmtconv_source *source)
{
  fci_pickle *pickle = new_pickle (source, fmtconv_source_size (source));
  fci_pickle_loaded loaded;
  return pickle && !fci_pickle_load_source (pickle->ctx, source, NULL, &loaded) ? finish (pickle, &loaded)
                                                                                : NULL;
}

const fmtconv_pickle *
fmtconv_cursor_take_pickle (fmtconv_cursor *cursor)
{
  if (!cursor || !cursor->source || fmtconv_ctx_failed (cursor->source->ctx))
    return NULL;
  const uint64_t end = fci_pickle_measure (cursor);
  const fmtconv_pickle *pickle =
      fmtconv_pickle_load (fmtconv_source_window (cursor->source, cursor->pos, end - cursor->pos, "pickle"));
  if (pickle)
    cursor->pos = end;
  return pickle;
}

const fmtconv_pickle *
fmtconv_pickle_open (fmtconv_source *source, unsigned flags)
{
  fci_pickle *pickle = new_pickle (source, fmtconv_source_size (source));
  fci_pickle_loaded loaded;
  if (!pickle || fci_torch_archive_open (pickle->ctx, source, flags, &pickle->archive)
      || fci_torch_archive_load (&pickle->archive, &loaded))
    return NULL;
  return finish (pickle, &loaded);
}
