/* tests/unit/ranks.c: meetings of ranks, each of which is a thread here.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ranks.h"
#include "tests/unit/record.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum
{
  N = 3,
  WAITING = 8 /* messages from one rank to another */
};

/* Messages from one rank to another. */
typedef struct mailbox
{
  void *bytes[WAITING];
  size_t size[WAITING];
  unsigned first, end;
} mailbox;

static mailbox box[N][N];
static bool is_cut; /* rank 2 has lost its connections */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local unsigned self;

static int
post (unsigned to, const void *bytes, size_t n)
{
  if (is_cut && (self == 2 || to == 2))
    return -1;
  void *copy = malloc (n);
  memcpy (copy, bytes, n);
  pthread_mutex_lock (&lock);
  mailbox *b = &box[self][to];
  b->bytes[b->end % WAITING] = copy;
  b->size[b->end++ % WAITING] = n;
  pthread_mutex_unlock (&lock);
  return 0;
}

static int
has_post (unsigned from)
{
  pthread_mutex_lock (&lock);
  const bool is_there = box[from][self].end > box[from][self].first || (is_cut && (self == 2 || from == 2));
  pthread_mutex_unlock (&lock);
  return is_there;
}

static int
take (unsigned from, void *bytes, size_t n)
{
  if (is_cut && (self == 2 || from == 2))
    return -1;
  pthread_mutex_lock (&lock);
  mailbox *b = &box[from][self];
  const bool fits = b->end > b->first && b->size[b->first % WAITING] == n;
  if (fits)
    {
      memcpy (bytes, b->bytes[b->first % WAITING], n);
      free (b->bytes[b->first++ % WAITING]);
    }
  pthread_mutex_unlock (&lock);
  return fits ? 0 : -1;
}

static const char *
join (unsigned *rank, unsigned *size)
{
  *rank = self;
  *size = N;
  return NULL;
}

static void
leave (int is_alone)
{
  (void) is_alone;
}

static const fmtconv_transport transport = { sizeof transport,    .begin = join,   .send = post,
                                             .arrived = has_post, .receive = take, .end = leave };

/* One rank, and what became of it. */
typedef struct rank
{
  unsigned number;
  void (*act) (fmtconv_ctx *ctx, struct rank *rank);
  record said;
  int code;     /* after the first meeting … */
  int later;    /* … and after another */
  char data[8]; /* after the first */
  unsigned checked, settled;
} rank;

static void *
run_rank (void *arg)
{
  rank *r = arg;
  self = r->number;
  fmtconv_ctx *ctx = record_ctx (&r->said);
  fmtconv_ranks *ranks = fci_ranks_new (&transport, r->number, N);
  ctx->options.ranks = ranks;
  r->act (ctx, r);
  fmtconv_ctx_free (ctx);
  fci_ranks_leave (ranks, false);
  return NULL;
}

/* Runs all ranks, and checks that no message is left. */
static void
run_all (rank ranks[N], void (*act) (fmtconv_ctx *ctx, rank *r))
{
  pthread_t thread[N];
  memset (ranks, 0, N * sizeof *ranks);
  for (unsigned i = 0; i < N; i++)
    {
      ranks[i].number = i;
      ranks[i].act = act;
      cr_assert_eq (pthread_create (&thread[i], NULL, run_rank, &ranks[i]), 0);
    }
  for (unsigned i = 0; i < N; i++)
    pthread_join (thread[i], NULL);
  for (unsigned i = 0; i < N * N && !is_cut; i++)
    cr_expect_eq (box[i / N][i % N].first, box[i / N][i % N].end, "%u to %u", i / N, i % N);
}

static void
count_check (void *arg, unsigned number, const char *host, const void *data)
{
  rank *r = arg;
  cr_expect (*host);
  cr_expect_eq (((const char *) data)[0], (char) ('0' + number));
  r->checked++;
}

static void
count_settle (void *arg)
{
  rank *r = arg;
  r->settled++;
}

/* Goes to a meeting with the rank's number as data. */
static int
meet (fmtconv_ctx *ctx, rank *r, fci_meeting_step step)
{
  snprintf (r->data, sizeof r->data, "%u", r->number);
  return fci_ranks_meet (ctx, &(fci_meeting){ .step = step,
                                              .data = r->data,
                                              .n = sizeof r->data,
                                              .check = count_check,
                                              .settle = count_settle,
                                              .arg = r });
}

static void
meet_twice (fmtconv_ctx *ctx, rank *r)
{
  r->code = meet (ctx, r, FCI_MEET_PLANNED);
  r->later = fci_ranks_meet (ctx, &(fci_meeting){ .step = FCI_MEET_WRITTEN });
}

Test (ranks, agree)
{
  rank r[N];
  run_all (r, meet_twice);
  for (unsigned i = 0; i < N; i++)
    {
      cr_expect_eq (r[i].code, 0);
      cr_expect_eq (r[i].later, 0);
      cr_expect_str_eq (r[i].data, "0", "what rank 0 says is sent to all");
      cr_expect_eq (r[i].checked, i ? 0u : N - 1);
      cr_expect_eq (r[i].settled, i ? 0u : 1u);
    }
}

/* Expects that all failed with the code; those that did not fail themselves say which rank did. */
static void
expect_failed (const rank r[N], unsigned failed, int code, const char *text)
{
  char wanted[64];
  snprintf (wanted, sizeof wanted, "rank %u on ", failed);
  for (unsigned i = 0; i < N; i++)
    {
      cr_expect_eq (r[i].later, code, "rank %u: %d", i, r[i].later);
      cr_expect_eq (r[i].said.n_errors, 1);
      cr_expect (strstr (r[i].said.text, text), "rank %u: %s", i, r[i].said.text);
      cr_expect_eq (strstr (r[i].said.text, wanted) != NULL, failed > 0 && i != failed, "rank %u: %s", i,
                    r[i].said.text);
      cr_expect_eq (r[i].settled, 0);
    }
}

static void
fail_on_2 (fmtconv_ctx *ctx, rank *r)
{
  if (r->number == 2)
    fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .hint = "take\x1b care" }, "too much");
  meet_twice (ctx, r);
}

static void
fail_on_0 (fmtconv_ctx *ctx, rank *r)
{
  if (r->number == 0)
    fmtconv_fail (ctx, FMTCONV_E_IO, "broken");
  meet_twice (ctx, r);
}

Test (ranks, failure)
{
  rank r[N];
  run_all (r, fail_on_2);
  expect_failed (r, 2, FMTCONV_E_LIMIT, "too much (hint: take\\x1b care)");
  run_all (r, fail_on_0);
  expect_failed (r, 0, FMTCONV_E_IO, "broken");
}

/* One that works longer than it takes another to fail stops. */
static void
work_while_2_fails (fmtconv_ctx *ctx, rank *r)
{
  if (r->number == 2)
    fmtconv_fail (ctx, FMTCONV_E_IO, "no space");
  else
    for (int i = 0; i < 2000 && fci_check_cancel (ctx) == 0; i++)
      {
        fci_ranks_look (ctx);
        nanosleep (&(struct timespec){ .tv_nsec = 5000000 }, NULL);
      }
  r->code = fmtconv_ctx_failed (ctx);
  r->later = fci_ranks_meet (ctx, &(fci_meeting){ .step = FCI_MEET_WRITTEN });
}

Test (ranks, stop)
{
  rank r[N];
  run_all (r, work_while_2_fails);
  expect_failed (r, 2, FMTCONV_E_IO, "no space");
  for (unsigned i = 0; i < N; i++)
    cr_expect_eq (r[i].code, FMTCONV_E_IO, "it failed before the meeting");
}

/* Rank 0 is cancelled while it waits for the others. */
static void
cancel_0 (fmtconv_ctx *ctx, rank *r)
{
  if (r->number == 0)
    fmtconv_ctx_cancel (ctx);
  else
    nanosleep (&(struct timespec){ .tv_nsec = 50000000 }, NULL);
  meet_twice (ctx, r);
}

Test (ranks, cancel)
{
  rank r[N];
  run_all (r, cancel_0);
  expect_failed (r, 0, FMTCONV_E_CANCELLED, "cancelled");
}

static void
meet_elsewhere (fmtconv_ctx *ctx, rank *r)
{
  r->later = meet (ctx, r, r->number == 1 ? FCI_MEET_LEAVING : FCI_MEET_PLANNED);
}

Test (ranks, steps)
{
  rank r[N];
  run_all (r, meet_elsewhere);
  for (unsigned i = 0; i < N; i++)
    {
      cr_expect_eq (r[i].later, FMTCONV_E_USAGE);
      cr_expect (strstr (r[i].said.text, "does something else"), "%s", r[i].said.text);
    }
}

Test (ranks, lost)
{
  rank r[N];
  is_cut = true;
  run_all (r, meet_twice);
  for (unsigned i = 0; i < N; i++)
    {
      cr_expect_eq (r[i].later, FMTCONV_E_IO, "%d", r[i].later);
      cr_expect (strstr (r[i].said.text, "is lost"), "%s", r[i].said.text);
    }
}
