/* core/base/ranks.c: meetings of the processes that do one conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/os.h"
#include "core/base/ranks.h"
#include "core/base/sink.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  FIRST_WAIT_US = 50,   /* between two looks for a message, at first … */
  MOST_WAIT_US = 10000, /* … and at most */
  NOBODY = -1
};

/* The only kind of message: a report, or a verdict. */
typedef struct paper
{
  uint32_t step; /* fci_meeting_step */
  int32_t code;  /* 0: all is well; else that of an error */
  uint32_t rank; /* whose error it is */
  uint32_t n;    /* bytes of data */
  char host[FCI_RANK_HOST];
  char text[FCI_RANK_TEXT];
  uint8_t data[FCI_RANK_DATA];
} paper;

struct fmtconv_ranks
{
  fmtconv_transport transport; /* a copy: the context in which the plugin was found may be gone */
  unsigned rank, size;
  int failed;      /* rank 0: the rank whose report says so; NOBODY: none yet */
  bool has_ended;  /* there will be no meeting any more */
  bool is_decided; /* the verdict of this meeting was sent or received */
  bool is_lost;    /* a message could not be sent or received */
  paper verdict;
  paper *report;    /* rank 0: one for each rank … */
  bool *has_report; /* … and whether it is there */
};

static const char lost[] = "the connection to the other processes of this conversion is lost";

bool
fci_has_ranks (const fmtconv_ctx *ctx)
{
  return ctx->options.ranks && ctx->options.ranks->size > FCI_RANK_ALONE;
}

unsigned
fci_rank (const fmtconv_ctx *ctx)
{
  return ctx->options.ranks ? ctx->options.ranks->rank : 0;
}

unsigned
fci_rank_count (const fmtconv_ctx *ctx)
{
  return ctx->options.ranks ? ctx->options.ranks->size : FCI_RANK_ALONE;
}

static void
free_ranks (fmtconv_ranks *ranks)
{
  free (ranks->report);
  free (ranks->has_report);
  free (ranks);
}

fmtconv_ranks *
fci_ranks_new (const fmtconv_transport *transport, unsigned rank, unsigned size)
{
  fmtconv_ranks *ranks = calloc (1, sizeof *ranks);
  if (!ranks)
    return NULL;
  *ranks = (fmtconv_ranks){ .transport = *transport, .rank = rank, .size = size, .failed = NOBODY };
  ranks->report = calloc (rank == 0 ? size : 1, sizeof *ranks->report);
  ranks->has_report = calloc (rank == 0 ? size : 1, sizeof *ranks->has_report);
  if (ranks->report && ranks->has_report)
    return ranks;
  free_ranks (ranks);
  return NULL;
}

void
fci_ranks_leave (fmtconv_ranks *ranks, bool is_alone)
{
  if (!ranks)
    return;
  ranks->transport.end (is_alone);
  free_ranks (ranks);
}

/* ---- Papers */

/* Copies a text, cut between two characters. */
static void
put_text (char *to, size_t size, const char *text)
{
  size_t n = strlen (text);
  if (n >= size)
    for (n = size - 1; n > 0 && ((unsigned char) text[n] & 0xc0) == 0x80;)
      n--;
  memcpy (to, text, n);
  to[n] = '\0';
}

/* Fills in the report of this rank. */
static void
write_report (const fmtconv_ctx *ctx, const fci_meeting *meeting, paper *p)
{
  char host[FCI_HOST_TEXT];
  const fmtconv_message *error = fmtconv_ctx_error (ctx);
  *p = (paper){ .step = meeting->step,
                .code = error ? error->code : 0,
                .rank = ctx->options.ranks->rank,
                .n = (uint32_t) meeting->n };
  fci_os_host (host);
  put_text (p->host, sizeof p->host, host);
  if (error && error->text)
    put_text (p->text, sizeof p->text, error->text);
  if (meeting->n)
    memcpy (p->data, meeting->data, meeting->n);
}

/* A paper comes from another process, maybe of another build. */
static void
receive (fmtconv_ranks *ranks, unsigned from, paper *p)
{
  if (ranks->transport.receive (from, p, sizeof *p) != 0)
    {
      ranks->is_lost = true;
      *p = (paper){ .code = FMTCONV_E_IO, .rank = from };
      put_text (p->text, sizeof p->text, lost);
    }
  p->host[sizeof p->host - 1] = p->text[sizeof p->text - 1] = '\0';
}

/* ---- Rank 0 */

/* Takes the report of a rank, which has arrived. */
static void
take_report (fmtconv_ranks *ranks, unsigned rank)
{
  receive (ranks, rank, &ranks->report[rank]);
  ranks->has_report[rank] = true;
  if (ranks->report[rank].code && !ranks->is_decided) /* else it stopped because of the verdict */
    ranks->failed = (int) rank;
}

/* Sends the verdict, once in a meeting. */
static void
decide (fmtconv_ranks *ranks, const paper *verdict)
{
  if (ranks->is_decided)
    return;
  ranks->verdict = *verdict;
  ranks->is_decided = true;
  for (unsigned i = 1; i < ranks->size; i++)
    if (ranks->transport.send (i, verdict, sizeof *verdict) != 0)
      ranks->is_lost = true;
}

/* ---- Waiting: a transport that waits keeps a processor busy, which workers of other ranks may need. */

static void
pause_for (long us)
{
  const struct timespec time = { .tv_nsec = us * 1000 };
  nanosleep (&time, NULL);
}

/* Waits for a message of a rank.  Rank 0 meanwhile tells the others that it was cancelled. */
static void
wait_for (fmtconv_ctx *ctx, unsigned from, const fci_meeting *meeting)
{
  fmtconv_ranks *ranks = ctx->options.ranks;
  for (long us = FIRST_WAIT_US; ranks->transport.arrived (from) == 0; us = us < MOST_WAIT_US ? 2 * us : us)
    {
      if (ranks->rank == 0 && meeting->step < FCI_MEET_PUBLISHED && !ranks->is_decided
          && fci_check_cancel (ctx) != 0)
        {
          paper verdict;
          write_report (ctx, meeting, &verdict);
          decide (ranks, &verdict);
        }
      pause_for (us);
    }
}

/* ---- Failures */

/* Records the error of a rank, on another one, and reports it.  Its text was escaped there, and is not cut here. */
static void
record (fmtconv_ctx *ctx, const paper *p)
{
  char line[FCI_RANK_TEXT + 2 * FCI_RANK_HOST] = "";
  fci_sink sink = FCI_SINK (line);
  const fmtconv_message m = { .struct_size = sizeof m,
                              .level = FMTCONV_MSG_ERROR,
                              .code = p->code < 0 ? p->code : FMTCONV_E_INTERNAL,
                              .text = line,
                              .what = line,
                              .offset = UINT64_MAX };
  if (p->rank > 0)
    fci_sink_format (&sink, "rank %u on %s: ", (unsigned) p->rank, p->host);
  fci_sink_trusted (&sink, p->text, strlen (p->text));
  ctx->failed = m.code;
  fci_error_keep (ctx, &m);
  if (!ctx->muted)
    fci_error_report (ctx);
}

int
fci_ranks_fail (fmtconv_ctx *ctx)
{
  const fmtconv_ranks *ranks = ctx->options.ranks;
  if (!ranks || ctx->failed)
    return ctx->failed;
  if (ranks->rank == 0 && ranks->failed != NOBODY)
    record (ctx, &ranks->report[ranks->failed]);
  else if (ranks->rank > 0 && ranks->is_decided && ranks->verdict.code)
    record (ctx, &ranks->verdict);
  return ctx->failed;
}

void
fci_ranks_look (fmtconv_ctx *ctx)
{
  fmtconv_ranks *ranks = ctx->options.ranks;
  if (!ranks || ranks->has_ended || ranks->is_decided)
    return;
  if (ranks->rank > 0 && ranks->transport.arrived (0) != 0)
    {
      receive (ranks, 0, &ranks->verdict);
      ranks->is_decided = true;
    }
  for (unsigned i = 1; ranks->rank == 0 && i < ranks->size; i++)
    if (!ranks->has_report[i] && ranks->failed == NOBODY && ranks->transport.arrived (i) != 0)
      take_report (ranks, i);
  if (ranks->rank == 0 && ranks->failed != NOBODY)
    decide (ranks, &ranks->report[ranks->failed]);
  if (ranks->is_decided)
    fmtconv_ctx_cancel (ctx);
}

/* ---- Meetings */

/* Checks a report on rank 0 that says that all is well. */
static void
check_report (fmtconv_ctx *ctx, const fci_meeting *meeting, const paper *p, unsigned rank)
{
  static const fmtconv_where where = { .hint = "start all processes with the same command" };
  if (p->step != meeting->step || p->n != meeting->n || p->n > FCI_RANK_DATA)
    fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "rank %u on %s does something else", rank, p->host);
  else if (meeting->check)
    meeting->check (meeting->arg, rank, p->host, p->data);
}

/* Collects the reports of all ranks, and decides. */
static void
preside (fmtconv_ctx *ctx, const fci_meeting *meeting)
{
  fmtconv_ranks *ranks = ctx->options.ranks;
  paper verdict;
  write_report (ctx, meeting, &verdict);
  if (verdict.code)
    decide (ranks, &verdict);
  for (unsigned i = 1; i < ranks->size; i++)
    {
      if (!ranks->has_report[i])
        {
          wait_for (ctx, i, meeting);
          take_report (ranks, i);
        }
      if (ranks->failed != NOBODY)
        decide (ranks, &ranks->report[ranks->failed]);
    }
  fci_ranks_fail (ctx);
  for (unsigned i = 1; i < ranks->size && !ctx->failed; i++)
    check_report (ctx, meeting, &ranks->report[i], i);
  if (!ctx->failed && meeting->settle)
    meeting->settle (meeting->arg);
  write_report (ctx, meeting, &verdict);
  decide (ranks, &verdict);
}

/* Reports to rank 0, and waits for its verdict. */
static void
attend (fmtconv_ctx *ctx, const fci_meeting *meeting)
{
  fmtconv_ranks *ranks = ctx->options.ranks;
  paper report;
  write_report (ctx, meeting, &report);
  if (ranks->transport.send (0, &report, sizeof report) != 0)
    ranks->is_lost = true;
  if (!ranks->is_decided)
    {
      wait_for (ctx, 0, meeting);
      receive (ranks, 0, &ranks->verdict);
      ranks->is_decided = true;
    }
  fci_ranks_fail (ctx);
  if (!ctx->failed && meeting->n)
    memcpy (meeting->data, ranks->verdict.data, meeting->n);
}

int
fci_ranks_meet (fmtconv_ctx *ctx, const fci_meeting *meeting)
{
  fmtconv_ranks *ranks = ctx->options.ranks;
  if (!fci_has_ranks (ctx) || ranks->has_ended)
    return ctx->failed;
  if (ranks->rank == 0)
    preside (ctx, meeting);
  else
    attend (ctx, meeting);
  if (ranks->is_lost)
    fmtconv_fail (ctx, FMTCONV_E_IO, "%s", lost);
  ranks->has_ended = ctx->failed || meeting->step == FCI_MEET_LEAVING;
  ranks->is_decided = false;
  ranks->failed = NOBODY;
  if (ranks->rank == 0)
    memset (ranks->has_report, 0, ranks->size * sizeof *ranks->has_report);
  return ctx->failed;
}
