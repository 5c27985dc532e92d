/* tests/unit/plan-outputs.c: several outputs of one pass: what is read, written, published, and removed
 * after errors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <errno.h>
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  ROWS = 700,
  COLUMNS = 1024,
  SIZE = ROWS * COLUMNS * 4,
  OUTPUTS = 3
};

static _Atomic uint64_t n_read; /* bytes */

static int
counting_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  n_read += n;
  return fci_source_read (source, offset, to, n);
}

static ssize_t
counting_copy (int from, off_t *from_at, int to, off_t *to_at, size_t n)
{
  ssize_t done = fci_io_system.copy_file_range (from, from_at, to, to_at, n);
  n_read += done > 0 ? (uint64_t) done : 0;
  return done;
}

/* A source of numbers about 1, and its outputs. */
typedef struct stage
{
  place at;
  captured h;
  fmtconv_ctx *ctx;
  fmtconv_source *source;
  fmtconv_view *all; /* of f32 */
  struct fci_io io;
  fci_output output[OUTPUTS];
  fci_outcome outcome;
} stage;

static uint8_t *
make_numbers (void)
{
  uint8_t *bytes = rnd_bytes (17, SIZE);
  for (size_t i = 3; i < SIZE; i += 4)
    bytes[i] = (uint8_t) ((bytes[i] & 0x80) | 0x3f);
  return bytes;
}

static void
set (stage *s, unsigned flags, unsigned threads, uint64_t memory)
{
  uint8_t *bytes = make_numbers ();
  s->at = enter ();
  s->ctx = new_ctx (&s->h, flags, threads, memory);
  put_file (in (&s->at, "in"), bytes, SIZE);
  free (bytes);
  s->source = open_source (s->ctx, in (&s->at, "in"));
  s->all = fmtconv_view_leaf (s->source, 0, FMTCONV_F32, 2, (const uint64_t[]){ ROWS, COLUMNS }, NULL);
  s->io = fci_io_system;
  s->io.read = counting_read;
  s->io.copy_file_range = counting_copy;
  n_read = 0;
}

static void
end (stage *s)
{
  fmtconv_ctx_free (s->ctx);
  leave (&s->at);
}

/* One file of tensors, from a head of some length. */
static const fmtconv_layout *
layout_with_head (stage *s, const char *target, size_t head, size_t n, fmtconv_view *const *views)
{
  static const char zeros[64];
  fmtconv_layout *layout = fci_layout_new (s->ctx, target);
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_file_emit (file, zeros, head);
  for (size_t i = 0; i < n; i++)
    {
      fmtconv_file_align (file, 32, 0);
      fmtconv_file_emit_view (file, fmtconv_ctx_printf (s->ctx, "t%zu", i), views[i]);
    }
  cr_assert_eq (fci_layout_freeze (layout), 0);
  return layout;
}

static void
put_output (stage *s, unsigned i, const char *name, fmtconv_view *a, fmtconv_view *b)
{
  fmtconv_view *const views[] = { a, b };
  s->output[i] = (fci_output){ .layout = layout_with_head (s, name, 7 + i, 2, views),
                               .path = fmtconv_ctx_printf (s->ctx, "%s/%s", s->at.path, name) };
}

/* Makes outputs of the numbers unchanged, as halves and as blocks; in one of them both halves of the rows
 * are exchanged. */
static void
put_outputs (stage *s)
{
  fmtconv_view *low = fmtconv_view_slice (s->all, 0, 0, ROWS / 2),
               *high = fmtconv_view_slice (s->all, 0, ROWS / 2, ROWS - ROWS / 2);
  put_output (s, 0, "a", low, high);
  put_output (s, 1, "b", fmtconv_view_cast (high, FMTCONV_F16), fmtconv_view_cast (low, FMTCONV_F16));
  put_output (s, 2, "c", fmtconv_view_quantize (low, FMTCONV_Q8_0, NULL),
              fmtconv_view_quantize (high, FMTCONV_Q4_K, NULL));
}

/* Returns the file that the output becomes when it is written alone. */
static uint8_t *
alone (stage *s, unsigned i, size_t *n)
{
  cr_assert_eq (run_all (s->ctx, 1, &s->output[i], NULL, NULL), 0, "%s", s->h.text);
  uint8_t *bytes = get_file (s->output[i].path, n);
  unlink (s->output[i].path);
  return bytes;
}

static void
check_equal (stage *s)
{
  for (unsigned i = 0; i < OUTPUTS; i++)
    {
      size_t n, n_alone;
      uint8_t *together = get_file (s->output[i].path, &n);
      unlink (s->output[i].path);
      uint8_t *bytes = alone (s, i, &n_alone);
      cr_assert (n == n_alone && memcmp (together, bytes, n) == 0, "output %u", i);
      free (bytes);
      free (together);
    }
}

static const fci_cost *
cost_of (stage *s)
{
  const fmtconv_layout **layouts = fmtconv_ctx_alloc (s->ctx, OUTPUTS, sizeof *layouts);
  for (unsigned i = 0; i < OUTPUTS; i++)
    layouts[i] = s->output[i].layout;
  return fci_plan_cost (fci_plan_compile_all (s->ctx, layouts, OUTPUTS, NULL));
}

Test (outputs, read_the_source_once)
{
  static const struct
  {
    unsigned threads;
    uint64_t memory;
  } way[] = { { 1, 1 << 30 }, { 2, 64 << 20 }, { 8, 16 << 20 }, { 2, 1 << 20 } };
  for (unsigned i = 0; i < sizeof way / sizeof *way; i++)
    {
      stage s;
      set (&s, 0, way[i].threads, way[i].memory);
      put_outputs (&s);
      cr_assert_eq (run_all (s.ctx, OUTPUTS, s.output, &s.io, &s.outcome), 0, "%s", s.h.text);
      cr_expect_eq (n_read, SIZE, "way %u: %llu bytes", i, (unsigned long long) n_read);
      cr_expect_eq (s.outcome.fetched, n_read);
      cr_expect_eq (cost_of (&s)->read, n_read);
      cr_expect_leq (cost_of (&s)->scratch, way[i].memory);
      check_equal (&s);
      end (&s);
    }
}

/* Bytes that only one output reads are copied by the kernel, and transposed ones are read again. */
Test (outputs, read_again_what_is_not_read_in_order)
{
  stage s;
  set (&s, 0, 2, 1 << 20);
  fmtconv_view *low = fmtconv_view_slice (s.all, 0, 0, ROWS / 2),
               *high = fmtconv_view_slice (s.all, 0, ROWS / 2, ROWS - ROWS / 2),
               *turned = fmtconv_view_permute (s.all, (const unsigned[]){ 1, 0 });
  put_output (&s, 0, "a", low, high);
  put_output (&s, 1, "b", turned, fmtconv_view_cast (turned, FMTCONV_F16));
  put_output (&s, 2, "c", low, fmtconv_view_cast (low, FMTCONV_BF16));
  cr_assert_eq (run_all (s.ctx, OUTPUTS, s.output, &s.io, &s.outcome), 0, "%s", s.h.text);
  cr_expect_geq (n_read, 3 * (uint64_t) SIZE);
  cr_expect_eq (s.outcome.fetched, n_read);
  cr_expect_eq (cost_of (&s)->read, 3 * (uint64_t) SIZE);
  check_equal (&s);
  end (&s);
}

/* Many small tensors share windows, and adjacent ones are written together. */
Test (outputs, take_small_tensors_together)
{
  enum
  {
    N = 300,
    EACH = SIZE / N / 128 * 128
  };
  stage s;
  set (&s, 0, 2, 64 << 20);
  for (unsigned o = 0; o < OUTPUTS; o++)
    {
      static const uint32_t types[] = { FMTCONV_F32, FMTCONV_F16, FMTCONV_BF16 };
      fmtconv_view *v[N];
      for (unsigned i = 0; i < N; i++)
        v[i] = fmtconv_view_cast (fmtconv_view_leaf (s.source, (uint64_t) (o == 2 ? N - 1 - i : i) * EACH,
                                                     FMTCONV_F32, 1, (const uint64_t[]){ EACH / 4 }, NULL),
                                  types[o]);
      const char *name = fmtconv_ctx_printf (s.ctx, "%c", 'a' + (int) o);
      s.output[o] = (fci_output){ .layout = layout_with_head (&s, name, 5, N, v),
                                  .path = fmtconv_ctx_printf (s.ctx, "%s/%s", s.at.path, name) };
    }
  cr_assert_eq (run_all (s.ctx, OUTPUTS, s.output, &s.io, &s.outcome), 0, "%s", s.h.text);
  cr_expect_eq (n_read, N * EACH);
  cr_expect_lt (cost_of (&s)->units, 2 * N);
  check_equal (&s);
  end (&s);
}

/* Views that begin inside a block, and rows of blocks. */
Test (outputs, take_parts_of_blocks)
{
  stage s;
  set (&s, 0, 2, 1 << 20);
  fmtconv_view *blocks = fmtconv_view_leaf (s.source, 0, FMTCONV_Q8_0, 2, (const uint64_t[]){ 50, 64 }, NULL);
  fmtconv_view *some = fmtconv_view_slice (fmtconv_view_cast (blocks, FMTCONV_F32), 1, 5, 10);
  fmtconv_view *one = fmtconv_view_slice (some, 0, 3, 1);
  put_output (&s, 0, "a", one, some);
  put_output (&s, 1, "b", some, one);
  put_output (&s, 2, "c", one, fmtconv_view_cast (blocks, FMTCONV_F32));
  cr_assert_eq (run_all (s.ctx, OUTPUTS, s.output, &s.io, &s.outcome), 0, "%s", s.h.text);
  cr_expect_leq (n_read, 50 * 2 * 34);
  check_equal (&s);
  end (&s);
}

/* ---- All or none */

static _Atomic int left; /* calls until the failing one */

static bool
fails (void)
{
  if (left == 0 || --left > 0)
    return false;
  errno = EIO;
  return true;
}

static int
faulty_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  return fails () ? EIO : fci_source_read (source, offset, to, n);
}

static ssize_t
faulty_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  return fails () ? -1 : pwrite (fd, bytes, n, at);
}

static int
faulty_fallocate (int fd, off_t size)
{
  return fails () ? -1 : fci_io_system.fallocate (fd, size);
}

static int
faulty_fsync (int fd)
{
  return fails () ? -1 : fsync (fd);
}

static int
faulty_mkdir (int folder, const char *name, mode_t mode)
{
  return fails () ? -1 : mkdirat (folder, name, mode);
}

static int
faulty_rename (int folder, const char *from, const char *to, unsigned flags)
{
  return fails () ? -1 : fci_io_system.rename (folder, from, to, flags);
}

static bool
holds (const char *path, const char *text)
{
  size_t n = 0;
  uint8_t *bytes = get_file (path, &n);
  bool same = bytes && n == strlen (text) && memcmp (bytes, text, n) == 0;
  free (bytes);
  return same;
}

/* The third output is a new folder. */
static void
put_folder (stage *s)
{
  fmtconv_layout *layout = fci_layout_new_folder (s->ctx, "c");
  fmtconv_file_emit_view (fmtconv_layout_create (layout, "vae/x"), "t",
                          fmtconv_view_slice (s->all, 0, 0, 10));
  cr_assert_eq (fci_layout_freeze (layout), 0);
  s->output[2].layout = layout;
}

/* After any failure in any output: the older files stay, and there are no others. */
static void
check_faults (unsigned flags, const struct fci_io *io)
{
  int n = 1;
  for (bool all = false; !all; n++)
    {
      stage s;
      set (&s, flags, 1, 1 << 20);
      put_outputs (&s);
      put_folder (&s);
      if (flags & FMTCONV_FORCE)
        {
          put_file (s.output[0].path, "old a", 5);
          put_file (s.output[1].path, "old b", 5);
        }
      left = n;
      int code = run_all (s.ctx, OUTPUTS, s.output, io, NULL);
      all = left > 0;
      left = 0;
      cr_assert_eq (code, all ? 0 : FMTCONV_E_IO, "call %d: %s", n, s.h.text);
      cr_assert_eq (n_entries (s.at.path), all ? 4 : flags & FMTCONV_FORCE ? 3 : 1, "call %d", n);
      if (!all && flags & FMTCONV_FORCE)
        cr_assert (holds (s.output[0].path, "old a") && holds (s.output[1].path, "old b"), "call %d", n);
      end (&s);
    }
  cr_assert_gt (n, 2);
}

Test (outputs, appear_all_or_none)
{
  for (unsigned flags = 0; flags <= FMTCONV_FORCE; flags += FMTCONV_FORCE)
    for (unsigned kind = 0; kind < 6; kind++)
      {
        struct fci_io io = fci_io_system;
        io.read = kind == 0 ? faulty_read : io.read;
        io.pwrite = kind == 1 ? faulty_pwrite : io.pwrite;
        io.fallocate = kind == 2 ? faulty_fallocate : io.fallocate;
        io.fsync = kind == 3 ? faulty_fsync : io.fsync;
        io.mkdir = kind == 4 ? faulty_mkdir : io.mkdir;
        io.rename = kind == 5 ? faulty_rename : io.rename;
        check_faults (flags, &io);
      }
}

static fmtconv_ctx *to_cancel;

static int
cancelling_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  if (offset > SIZE / 2)
    fmtconv_ctx_cancel (to_cancel);
  return fci_source_read (source, offset, to, n);
}

Test (outputs, are_cancelled_together)
{
  stage s;
  set (&s, 0, 2, 1 << 20);
  put_outputs (&s);
  to_cancel = s.ctx;
  s.io.read = cancelling_read;
  cr_assert_eq (run_all (s.ctx, OUTPUTS, s.output, &s.io, NULL), FMTCONV_E_CANCELLED);
  cr_assert_eq (n_entries (s.at.path), 1);
  end (&s);
}

/* ---- Outputs that conflict */

static void
refused (stage *s, size_t n, const char *what)
{
  cr_expect_eq (run_all (s->ctx, n, s->output, NULL, NULL), FMTCONV_E_OUTPUT, "%s", s->h.text);
  cr_expect_not_null (strstr (s->h.text, what), "%s", s->h.text);
  end (s);
}

Test (outputs, must_not_meet)
{
  stage s;
  set (&s, FMTCONV_FORCE, 1, 1 << 20);
  put_outputs (&s);
  s.output[2] = s.output[0];
  refused (&s, 3, "two outputs have this path");

  set (&s, FMTCONV_FORCE, 1, 1 << 20); /* the same path in another spelling */
  put_outputs (&s);
  s.output[1].layout = s.output[0].layout;
  s.output[1].path = fmtconv_ctx_printf (s.ctx, "%s/./a", s.at.path);
  refused (&s, 2, "two outputs have this path");

  set (&s, FMTCONV_FORCE, 1, 1 << 20); /* a file in an existing folder */
  put_outputs (&s);
  put_folder (&s);
  mkdir (s.output[2].path, 0777);
  s.output[0].path = fmtconv_ctx_printf (s.ctx, "%s/c/a", s.at.path);
  refused (&s, 3, "this is inside another output");

  set (&s, FMTCONV_FORCE, 1, 1 << 20); /* one output is a folder with a file of the name of the other */
  put_outputs (&s);
  fmtconv_layout *parts = fci_layout_new (s.ctx, "p");
  fmtconv_file_emit (fmtconv_layout_create (parts, "b"), "x", 1);
  cr_assert_eq (fci_layout_freeze (parts), 0);
  s.output[0] = (fci_output){ .layout = parts, .path = fmtconv_ctx_printf (s.ctx, "%s/p", s.at.path) };
  refused (&s, 2, "would write this file");

  set (&s, FMTCONV_FORCE, 1, 1 << 20); /* one output would remove the other as an older file */
  put_outputs (&s);
  fmtconv_layout *fresh = fci_layout_new (s.ctx, "p");
  fmtconv_file_emit (fmtconv_layout_create (fresh, NULL), "x", 1);
  fmtconv_layout_stale (fresh, "b*");
  cr_assert_eq (fci_layout_freeze (fresh), 0);
  s.output[0] = (fci_output){ .layout = fresh, .path = fmtconv_ctx_printf (s.ctx, "%s/p", s.at.path) };
  refused (&s, 2, "would write this file");
}
