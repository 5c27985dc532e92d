/* tests/unit/plan-cache.c: a conversion larger than the memory of the machine sends its files out of the page cache, while it runs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum
{
  SIZE = 24 << 20, /* bytes of the model */
  TENSORS = 24,
  STEADY =
      4 /* times that each file leaves, at least: after each sixteenth of the memory, or the unit that is written then */
};

static uint64_t memory;         /* of the machine, as the table of calls says */
static ino_t input;             /* the file that is read */
static _Atomic unsigned inputs; /* times that it left the cache … */
static _Atomic unsigned others; /* … and that others did, such as the output */

static uint64_t
given_memory (void)
{
  return memory;
}

static void
counted_drop (int fd)
{
  struct stat st;
  cr_assert_eq (fstat (fd, &st), 0);
  *(st.st_ino == input ? &inputs : &others) += 1;
  fci_io_system.drop_cache (fd);
}

/* Converts the model on a machine of `machine` bytes of memory. */
static void
convert (const uint8_t *bytes, uint64_t machine, bool is_known)
{
  const uint64_t shape[] = { SIZE / TENSORS / 4 };
  struct fci_io io = fci_io_system;
  struct stat st;
  fmtconv_view *views[TENSORS];
  captured h;
  size_t n;
  place at = enter ();
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 4 << 20);
  put_file (in (&at, "in"), bytes, SIZE);
  cr_assert_eq (stat (in (&at, "in"), &st), 0);
  fmtconv_source *file = open_source (ctx, in (&at, "in"));
  for (unsigned i = 0; i < TENSORS; i++)
    views[i] = fmtconv_view_cast (
        fmtconv_view_leaf (file, (uint64_t) i * (SIZE / TENSORS), FMTCONV_I32, 1, shape, NULL), FMTCONV_I64);
  memory = machine;
  input = st.st_ino;
  inputs = others = 0;
  io.memory = is_known ? given_memory : NULL;
  io.drop_cache = counted_drop;
  cr_assert_eq (run (ctx, layout_of (ctx, TENSORS, views), in (&at, "out"), &io, NULL), 0, "%s", h.text);
  free (get_file (in (&at, "out"), &n));
  cr_expect_eq (n, 2 * SIZE);
  fmtconv_ctx_free (ctx);
  leave (&at);
}

Test (cache, is_left_by_what_exceeds_the_memory)
{
  uint8_t *bytes = calloc (1, SIZE);
  cr_assert (bytes);
  convert (bytes, 32 << 20, true);
  cr_expect_geq (inputs, STEADY);
  cr_expect_geq (others, STEADY);
  convert (bytes, (uint64_t) 6 * SIZE - 1, true); /* it reads and writes three times its size */
  cr_expect_geq (inputs, 1);
  cr_expect_geq (others, 1);
  free (bytes);
}

Test (cache, keeps_what_the_memory_can_hold)
{
  uint8_t *bytes = calloc (1, SIZE);
  cr_assert (bytes);
  convert (bytes, (uint64_t) 6 * SIZE + (1 << 20), true);
  cr_expect_eq (inputs + others, 0);
  convert (bytes, 0, true); /* not known */
  cr_expect_eq (inputs + others, 0);
  convert (bytes, 32 << 20, false);
  cr_expect_eq (inputs + others, 0);
  free (bytes);
}
