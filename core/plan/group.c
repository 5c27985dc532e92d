/* core/plan/group.c: groups units of several outputs that read the same source bytes, so that these are
 * read once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The spans of one source are processed in source order.  Those in the next window are cut where all of
 * them can be cut; each gives a piece of its file, and a group is the pieces of a few windows.  A window
 * that is read only once is omitted, and its pieces read the source directly. */
#include "config.h"

#include "core/plan/group.h"
#include "core/plan/range.h"
#include "core/plan/run.h"
#include "core/plan/span.h"
#include <stdlib.h>

enum
{
  GAP = 4096, /* bytes between spans that are read rather than skipped */
  ROUNDS = 8  /* attempts to find a common border; without a border some bytes are read twice */
};

/* A range of a file. */
typedef struct piece
{
  uint64_t at;
  uint64_t size;
  size_t run;
  uint32_t file;
} piece;

/* State of the current group. */
typedef struct grouper
{
  fci_plan *plan;
  fci_list pieces;
  size_t window;  /* first window of the group */
  uint64_t fill;  /* bytes of the worker's window in use */
  uint64_t loose; /* bytes of output without a window */
  uint64_t done;  /* end of the last window in this source */
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

/* Ends the group.  Adjacent pieces of a file are written together; without a window, each unit is a group. */
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

/* Returns how many steps of a span end before `end`. */
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

/* Adds the next `steps` of a span as a piece.  Returns false if an error was recorded. */
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

/* Adds all of a span that does not fit a window. */
static bool
take_alone (grouper *g, fci_source_span *s)
{
  g->loose += s->steps * (s->source ? s->reads : s->out_step);
  if (!take (g, s, s->steps))
    return false;
  return g->loose < g->plan->window_capacity || end_group (g);
}

/* Returns the last offset up to `limit` that is not within a step of any of n spans; `start`: none after it.
 * */
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

/* Moves the unfinished spans of the first n after the finished spans, and sorts them into the `all` spans
 * again.  Returns how many are finished. */
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

/* The source bytes of one window. */
typedef struct taken
{
  const fmtconv_source *source;
  uint64_t from;
  uint64_t end;
  uint64_t reads; /* bytes that the pieces would read without a window */
} taken;

/* Adds a window if it reads fewer bytes than the pieces would. */
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

/* Returns how many of n spans, from the first, are connected up to `limit`. */
static size_t
connected (const fci_source_span *s, size_t n, uint64_t limit)
{
  uint64_t reach = s->from;
  size_t i = 0;
  for (; i < n && s[i].from < limit && s[i].from <= reach + GAP; i++)
    reach = end_of (&s[i], s[i].steps) > reach ? end_of (&s[i], s[i].steps) : reach;
  return i;
}

/* Takes all steps of n spans that end before t->end, and sets t->end to the end of the last step. */
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

/* Takes the steps of the next window, from the first span on; *done: how many of all spans are finished. */
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

/* Groups n spans of one source, or without a source. */
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
  if (good)
    end_group (&g);
  free (spans.items);
  free (g.pieces.items);
  return fmtconv_ctx_failed (plan->ctx);
}
