/* tests/unit/plan-util.h: contexts, folders, files and layouts for the tests of plans and executions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PLAN_UTIL_H
#define PLAN_UTIL_H

#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/exec.h"
#include "core/exec/worker/io.h"
#include "core/layout/freeze.h"
#include "core/layout/names.h"
#include "core/plan/compile.h"
#include "core/plan/digest.h"
#include "core/plan/run.h"
#include "core/plan/text.h"
#include <criterion/criterion.h>

/* The messages of a context. */
typedef struct captured
{
  int code; /* of the error; 0: none */
  int os_errno;
  unsigned errors;
  unsigned warnings;
  char text[4096];  /* of the error, else of the last warning */
  size_t n_details; /* of that message, uncounted ones included */
  unsigned beats;   /* progress reports */
  uint64_t done;    /* of the last one */
  uint64_t total;
} captured;

typedef struct place
{
  char path[256]; /* a new folder, which `leave` removes with its content */
} place;

place enter (void);
void leave (const place *at);

/* Returns folder/name, in one of a few static buffers. */
const char *in (const place *at, const char *name);

size_t n_entries (const char *folder);
void put_file (const char *path, const void *bytes, size_t n);

/* Returns the content of a file, allocated by malloc. NULL: there is no such file. */
uint8_t *get_file (const char *path, size_t *n);

fmtconv_ctx *new_ctx (captured *h, unsigned flags, unsigned threads, uint64_t memory);

/* Returns the file as a source. */
fmtconv_source *open_source (fmtconv_ctx *ctx, const char *path);

/* Deterministic random numbers. */
uint64_t rnd (uint64_t *state, uint64_t below);

/* Returns n random bytes, allocated by malloc. */
uint8_t *rnd_bytes (uint64_t seed, size_t n);

/* Plans and executes. Returns 0 or the code of the error. */
int run (fmtconv_ctx *ctx, const fmtconv_layout *layout, const char *output, const struct fci_io *io,
         fci_outcome *outcome);

/* The same for several outputs in one pass. */
int run_all (fmtconv_ctx *ctx, size_t n, const fci_output *outputs, const struct fci_io *io,
             fci_outcome *outcome);

/* Returns a layout of one file that consists of the views, named t0, t1 … */
fmtconv_layout *layout_of (fmtconv_ctx *ctx, size_t n, fmtconv_view *const *views);

#endif
