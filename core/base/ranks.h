/* core/base/ranks.h: several processes that do one conversion, each a share of it: ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * They go from meeting to meeting.  In each, every rank says whether it has failed, and rank 0 answers with a verdict, the same
 * to all.  A rank that fails goes straight to the next meeting; rank 0 then gives its verdict at once, and the others, which
 * look for it while they work, stop.  A verdict that is a failure is the last one.
 *
 * Only rank 0 and another exchange messages, one report up and one verdict down in each meeting, always on the thread that
 * joined.  They are shorter than what a transport copies through its own buffers. */
#ifndef FCI_BASE_RANKS_H
#define FCI_BASE_RANKS_H

#include <fmtconv/fmtconv.h>
#include <fmtconv/plugin.h>
#include <stdbool.h>

enum
{
  FCI_RANK_DATA = 256,  /* bytes of what a meeting is about */
  FCI_RANK_HOST = 64,   /* … of the name of a machine */
  FCI_RANK_TEXT = 2048, /* … of an error */
  FCI_RANK_ALONE = 1    /* a conversion that is not shared */
};

typedef enum fci_meeting_step
{
  FCI_MEET_JOINED = 1, /* data: the version */
  FCI_MEET_PLANNED,
  FCI_MEET_WRITTEN,
  FCI_MEET_PUBLISHED,
  FCI_MEET_LEAVING /* of a rank that failed before a meeting, or needs none */
} fci_meeting_step;

/* What a rank meets for. */
typedef struct fci_meeting
{
  fci_meeting_step step;
  void *data; /* n <= FCI_RANK_DATA bytes, which rank 0 sends with its verdict to all; NULL: none */
  size_t n;
  /* On rank 0, called with the data of each other rank: records an error if it does not fit.  NULL: nothing to check. */
  void (*check) (void *arg, unsigned rank, const char *host, const void *data);
  /* On rank 0, called when all ranks have reported and none has failed, before the verdict.  NULL: nothing to do. */
  void (*settle) (void *arg);
  void *arg;
} fci_meeting;

/* Returns whether the context is that of one rank of several. */
bool fci_has_ranks (const fmtconv_ctx *ctx);

/* Returns the number of the rank, and of all of them; 0 and 1 without ranks. */
unsigned fci_rank (const fmtconv_ctx *ctx);
unsigned fci_rank_count (const fmtconv_ctx *ctx);

/* Returns a new object for processes that a transport joined, or NULL: out of memory. */
fmtconv_ranks *fci_ranks_new (const fmtconv_transport *transport, unsigned rank, unsigned size);

/* Leaves the other processes, and frees the object, which may be NULL.  is_alone: they do not know that this one failed. */
void fci_ranks_leave (fmtconv_ranks *ranks, bool is_alone);

/* Meets the other ranks.  On ranks other than 0, *data becomes that of rank 0.  Returns 0, or the code that the context has
 * failed with, on every rank the same: that of the first rank whose failure rank 0 learned of.  The error of another
 * rank names it.  After that, and without ranks, it returns the context's code at once. */
int fci_ranks_meet (fmtconv_ctx *ctx, const fci_meeting *meeting);

/* Looks whether another rank has failed, without waiting, and cancels the context then.  For the thread that joined. */
void fci_ranks_look (fmtconv_ctx *ctx);

/* Records the failure of another rank, if that is why the context was cancelled.  Returns the context's code. */
int fci_ranks_fail (fmtconv_ctx *ctx);

#endif
