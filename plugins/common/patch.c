/* plugins/common/patch.c: a file in which some ranges of bytes are replaced by others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "patch.h"

#include <stdlib.h>
#include <string.h>

void
patch_put (struct patch *patch, uint64_t from, uint64_t to, const char *bytes, size_t n)
{
  if (patch->n == patch->capacity)
    {
      const size_t capacity = patch->capacity ? 2 * patch->capacity : 16;
      struct patch_piece *more = fmtconv_ctx_alloc (patch->ctx, capacity, sizeof *more);
      if (!more)
        return;
      if (patch->n)
        memcpy (more, patch->pieces, patch->n * sizeof *more);
      patch->pieces = more;
      patch->capacity = capacity;
    }
  if (bytes || !n)
    patch->pieces[patch->n] =
        (struct patch_piece){ .from = from, .to = to, .bytes = bytes, .n = n, .order = patch->n };
  patch->n += bytes || !n;
}

struct patch_line
{
  struct patch_line *next;
  const char *text;
};

void
patch_say (struct patch *patch, const char *text)
{
  struct patch_line *line = text ? fmtconv_ctx_alloc (patch->ctx, 1, sizeof *line) : NULL;
  if (!line)
    return;
  line->text = text;
  if (patch->last)
    patch->last->next = line;
  else
    patch->first = line;
  patch->last = line;
}

void
patch_tell (const struct patch *patch)
{
  for (const struct patch_line *line = patch->first; line; line = line->next)
    fmtconv_detail (patch->ctx, "%s", line->text);
}

static int
by_place (const void *a, const void *b)
{
  const struct patch_piece *x = a, *y = b;
  if (x->from != y->from)
    return x->from < y->from ? -1 : 1;
  if ((x->from == x->to) != (y->from == y->to))
    return x->from == x->to ? -1 : 1; /* what is inserted stands before what follows */
  return x->order < y->order ? -1 : 1;
}

int
patch_sort (struct patch *patch)
{
  if (patch->n)
    qsort (patch->pieces, patch->n, sizeof *patch->pieces, by_place);
  for (size_t i = 1; i < patch->n; i++)
    if (patch->pieces[i].from < patch->pieces[i - 1].to)
      return fmtconv_fail_at (patch->ctx, FMTCONV_E_USAGE,
                              &(fmtconv_where){ .source = patch->source,
                                                .offset = patch->pieces[i].from,
                                                .hint = "make one of them, and the other in a second run" },
                              "two changes concern the same entry");
  return fmtconv_ctx_failed (patch->ctx);
}

uint64_t
patch_size (const struct patch *patch, uint64_t from, uint64_t to)
{
  uint64_t size = to - from;
  for (size_t i = 0; i < patch->n; i++)
    {
      const struct patch_piece *p = &patch->pieces[i];
      if (p->from >= from && p->to <= to)
        size = size - (p->to - p->from) + p->n;
    }
  return size;
}

/* Emits bytes of the source. */
static void
emit_window (const struct patch *patch, fmtconv_file *file, uint64_t from, uint64_t to)
{
  if (from < to)
    fmtconv_file_emit_source (file, fmtconv_source_window (patch->source, from, to - from, NULL));
}

void
patch_emit (const struct patch *patch, fmtconv_file *file, uint64_t from, uint64_t to)
{
  for (size_t i = 0; i < patch->n; i++)
    {
      const struct patch_piece *p = &patch->pieces[i];
      if (p->from < from || p->to > to)
        continue;
      emit_window (patch, file, from, p->from);
      fmtconv_file_emit (file, p->bytes, p->n);
      from = p->to;
    }
  emit_window (patch, file, from, to);
}
