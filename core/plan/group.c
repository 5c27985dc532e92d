/* core/plan/group.c: units of several outputs that are made of the same bytes, so that these are read once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The strands of one source are swept in its order.  What lies in the next window is cut where all of them can be cut; each
 * becomes a piece of its file, and a group is the pieces of a few windows.  Windows that nobody would read twice are left
 * out: then each piece reads for itself. */
#include "config.h"

#include "core/plan/group.h"
#include "core/plan/range.h"
#include "core/plan/run.h"
#include "core/plan/span.h"
#include <stdlib.h>

enum
{
  GAP = 4096, /* bytes between strands that are rather read than left out */
  ROUNDS = 8  /* to find a common border; without one, a little is read twice */
};

/* A range of a file. */
typedef struct piece
{
  uint64_t at;
  uint64_t size;
  size_t run;
  uint32_t file;
} piece;

/* The group in the making. */
typedef struct grouper
{
  fci_plan *plan;
  fci_list pieces;
  size_t window;  /* its first */
  uint64_t fill;  /* bytes of the worker's window that are taken */
  uint64_t loose; /* bytes that are read, or made, without a window */
  uint64_t done;  /* of this source: the end of its last window */
} grouper;

static int
by_source (const void *a, const void *b)
{
  const fci_source_span *x = a, *y = b;
  const uint64_t i = x->source ? (uint64_t) x->source->id + 1 : 0,
                 k = y->source ? (uint64_t) y->source->id + 1 : 0;
  if (i != k)
    return i < k ? -1 : 1;
  if (x->from != y->from && x->source)
    return x->from < y->from ? -1 : 1;
  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}

static int
by_place (const void *a, const void *b)
{
  const piece *x = a, *y = b;
  if (x->file != y->file)
    return x->file < y->file ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}

static bool
add_group (fci_plan *plan, fci_group group)
{
  fci_group *item = fci_list_add (plan->ctx, &plan->groups, sizeof *item);
  if (item)
    *item = group;
  return item != NULL;
}

/* Pieces that follow one another in a file are written together.  Without a window, each unit is on its own. */
static bool
end_group (grouper *g)
{
  fci_plan *plan = g->plan;
  piece *p = g->pieces.items;
  const size_t n = g->pieces.n, unit = plan->units.n, n_windows = plan->windows.n - g->window;
  if (n)
    qsort (p, n, sizeof *p, by_place);
  for (size_t i = 0, next; i < n; i = next)
    {
      uint64_t end = p[i].at + p[i].size;
      for (next = i + 1; next < n && p[next].file == p[i].file && p[next].at == end; next++)
        end += p[next].size;
      if (fci_plan_cut_range (plan, p[i].file, p[i].at, end, p[i].run) == SIZE_MAX)
        return false;
    }
  const fci_group all = {
    .unit = unit, .n_units = plan->units.n - unit, .window = g->window, .n_windows = n_windows
  };
  bool good = !n_windows || add_group (plan, all);
  for (size_t i = unit; i < plan->units.n && !n_windows && good; i++)
    good = add_group (plan, (fci_group){ .unit = i, .n_units = 1, .window = g->window });
  g->pieces.n = 0;
  g->window = plan->windows.n;
  g->fill = g->loose = 0;
  return good;
}

/* How many steps of a strand end before `end`. */
static uint64_t
steps_until (const fci_source_span *s, uint64_t end)
{
  if (end < s->from || end - s->from < s->in_size)
    return 0;
  const uint64_t n = (end - s->from - s->in_size) / s->in_step + 1;
  return n < s->steps ? n : s->steps;
}

static uint64_t
end_of (const fci_source_span *s, uint64_t steps)
{
  return s->from + (steps - 1) * s->in_step + s->in_size;
}

/* The next steps of a strand become a piece. */
static bool
take (grouper *g, fci_source_span *s, uint64_t steps)
{
  piece *p = fci_list_add (g->plan->ctx, &g->pieces, sizeof *p);
  if (!p)
    return false;
  *p = (piece){ .at = s->at, .size = steps * s->out_step, .run = s->run, .file = s->file };
  s->from += steps * s->in_step;
  s->at += p->size;
  s->steps -= steps;
  if (s->steps == 0)
    p->size += s->tail;
  return true;
}

/* All of a strand, which no window holds. */
static bool
take_alone (grouper *g, fci_source_span *s)
{
  g->loose += s->steps * (s->source ? s->reads : s->out_step);
  if (!take (g, s, s->steps))
    return false;
  return g->loose < g->plan->window_capacity || end_group (g);
}

/* The last place up to `limit` where none of n strands is within a step; `start`: there is none behind it. */
static uint64_t
common_end (const fci_source_span *s, size_t n, uint64_t start, uint64_t limit)
{
  uint64_t end = limit, before = limit + 1;
  for (unsigned round = 0; round < ROUNDS && end < before; round++)
    {
      before = end;
      for (size_t i = 0; i < n && end > start; i++)
        {
          const uint64_t steps = steps_until (&s[i], end);
          if (s[i].from < end && steps < s[i].steps)
            end = steps ? end_of (&s[i], steps) : s[i].from;
        }
    }
  return end;
}

/* Those of n strands, of `all` that are sorted, of which something is left: behind the others, and sorted again.
 * Returns how many are done. */
static size_t
drop_done (fci_source_span *s, size_t n, size_t all)
{
  size_t left = n;
  for (size_t i = n; i-- > 0;)
    if (s[i].steps)
      s[--left] = s[i];
  for (size_t i = n; i-- > left;)
    {
      const fci_source_span moved = s[i];
      size_t to = i;
      for (; to + 1 < all && by_source (&s[to + 1], &moved) < 0; to++)
        s[to] = s[to + 1];
      s[to] = moved;
    }
  return left;
}

/* What was taken of a source at once. */
typedef struct taken
{
  const fmtconv_source *source;
  uint64_t from;
  uint64_t end;
  uint64_t reads; /* bytes that the pieces would read, each for itself */
} taken;

/* The bytes are read once, if that is less. */
static bool
add_window (grouper *g, const taken *t, uint64_t at)
{
  fci_plan *plan = g->plan;
  const uint64_t size = t->end - t->from;
  if (size >= t->reads)
    {
      g->loose += t->reads;
      return true;
    }
  fci_window *w = fci_list_add (plan->ctx, &plan->windows, sizeof *w);
  if (!w)
    return false;
  const uint64_t fresh = g->done < t->from ? t->from : g->done < t->end ? g->done : t->end;
  *w = (fci_window){ .source = t->source, .from = t->from, .size = size, .fresh = fresh, .at = (size_t) at };
  g->fill = at + size;
  g->done = t->end > g->done ? t->end : g->done;
  plan->cost.read = plan->cost.read - t->reads + size;
  return true;
}

/* How many of n strands hang together up to `limit`, from the first one on. */
static size_t
connected (const fci_source_span *s, size_t n, uint64_t limit)
{
  uint64_t reach = s->from;
  size_t i = 0;
  for (; i < n && s[i].from < limit && s[i].from <= reach + GAP; i++)
    reach = end_of (&s[i], s[i].steps) > reach ? end_of (&s[i], s[i].steps) : reach;
  return i;
}

/* All steps of n strands that end before t->end, which is then where the last of them does. */
static bool
take_until (grouper *g, fci_source_span *s, size_t n, taken *t)
{
  const uint64_t end = t->end;
  t->end = t->from;
  for (size_t i = 0; i < n; i++)
    {
      const uint64_t steps = steps_until (&s[i], end);
      if (!steps)
        continue;
      t->end = end_of (&s[i], steps) > t->end ? end_of (&s[i], steps) : t->end;
      t->reads += steps * s[i].reads;
      if (!take (g, &s[i], steps))
        return false;
    }
  return true;
}

/* What strands make of the window from the first one's place on; *done: how many of all are finished. */
static bool
next_window (grouper *g, fci_source_span *s, size_t all, size_t *done)
{
  const uint64_t capacity = g->plan->window_capacity;
  const uint64_t at =
      (g->fill + FCI_WINDOW_ALIGN - 1) / FCI_WINDOW_ALIGN * FCI_WINDOW_ALIGN + s->from % FCI_WINDOW_ALIGN;
  const uint64_t limit = at < capacity ? s->from + (capacity - at) : s->from;
  taken t = { .source = s->source, .from = s->from };
  *done = 0;
  if (g->fill > capacity / 2 || g->loose > capacity || (g->pieces.n && !steps_until (s, limit)))
    return end_group (g);
  if (!steps_until (s, limit))
    return take_alone (g, s) && (*done = drop_done (s, 1, all), true);
  const size_t n = connected (s, all, limit);
  t.end = common_end (s, n, s->from, limit);
  t.end = steps_until (s, t.end) ? t.end : limit;
  if (!take_until (g, s, n, &t))
    return false;
  *done = drop_done (s, n, all);
  return add_window (g, &t, at);
}

/* n strands of one source, or of none. */
static bool
group_source (grouper *g, fci_source_span *s, size_t n)
{
  bool good = true;
  g->done = 0;
  for (size_t done; n > 0 && good; s += done, n -= done)
    {
      done = 1;
      good = s->source ? next_window (g, s, n, &done) : take_alone (g, s);
    }
  return good;
}

int
fci_plan_group (fci_plan *plan)
{
  grouper g = { .plan = plan };
  fci_list spans = { 0 };
  bool good = fci_plan_source_spans (plan, &spans) == 0;
  fci_source_span *s = spans.items;
  if (good && spans.n)
    qsort (s, spans.n, sizeof *s, by_source);
  for (size_t i = 0, next; i < spans.n && good; i = next)
    {
      for (next = i + 1; next < spans.n && s[next].source == s[i].source; next++)
        ;
      good = group_source (&g, s + i, next - i);
    }
  good = good && end_group (&g);
  free (spans.items);
  free (g.pieces.items);
  return fmtconv_ctx_failed (plan->ctx);
}
