/* tests/unit/plan-publish.c: publication: refusals, replacement, left temporary files, verification,
 * cancellation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "tests/unit/plan-util.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  SIZE = 300000
};

typedef struct stage
{
  place at;
  captured h;
  fmtconv_ctx *ctx;
  fmtconv_view *view;
  fmtconv_layout *layout;
} stage;

static void
set (stage *s, unsigned flags)
{
  uint8_t *bytes = rnd_bytes (9, SIZE);
  s->at = enter ();
  s->ctx = new_ctx (&s->h, flags, 2, 1 << 20);
  put_file (in (&s->at, "in"), bytes, SIZE);
  free (bytes);
  s->view = fmtconv_view_leaf (open_source (s->ctx, in (&s->at, "in")), 0, FMTCONV_I16, 2,
                               (const uint64_t[]){ 100, 1500 }, NULL);
  fmtconv_view *const views[] = { s->view, fmtconv_view_permute (s->view, (const unsigned[]){ 1, 0 }) };
  s->layout = layout_of (s->ctx, 2, views);
}

static void
end (stage *s)
{
  fmtconv_ctx_free (s->ctx);
  leave (&s->at);
}

/* Expects an error with that code, and `left` entries in the folder. */
static void
refused (stage *s, const char *output, int code, size_t left)
{
  cr_assert_eq (run (s->ctx, s->layout, output, NULL, NULL), code, "%s: %s", output, s->h.text);
  cr_assert_eq (n_entries (s->at.path), left);
  end (s);
}

Test (publish, refuses_what_can_be_known)
{
  stage s;
  set (&s, 0);
  put_file (in (&s.at, "out"), "old", 3);
  refused (&s, in (&s.at, "out"), FMTCONV_E_OUTPUT, 2);
  set (&s, 0);
  refused (&s, in (&s.at, "none/out"), FMTCONV_E_OUTPUT, 1);
  set (&s, FMTCONV_FORCE);
  mkdir (in (&s.at, "out"), 0777);
  const char *folder = fmtconv_ctx_printf (s.ctx, "%s/out", s.at.path);
  cr_assert_eq (run (s.ctx, s.layout, folder, NULL, NULL), FMTCONV_E_OUTPUT);
  rmdir (folder);
  end (&s);
  set (&s, FMTCONV_FORCE);
  link (in (&s.at, "in"), in (&s.at, "out"));
  refused (&s, in (&s.at, "out"), FMTCONV_E_OUTPUT, 2);
  set (&s, FMTCONV_FORCE);
  symlink ("in", in (&s.at, "out"));
  refused (&s, in (&s.at, "out"), FMTCONV_E_OUTPUT, 2);
  set (&s, FMTCONV_FORCE);
  mkfifo (in (&s.at, "out"), 0600);
  refused (&s, in (&s.at, "out"), FMTCONV_E_OUTPUT, 2);
}

static void
check_output (const stage *s)
{
  size_t n;
  uint8_t *in_bytes = get_file (in (&s->at, "in"), &n), *out = get_file (in (&s->at, "out"), &n);
  cr_assert_eq (n, 2 * SIZE);
  cr_assert_arr_eq (out, in_bytes, SIZE);
  for (size_t i = 0; i < SIZE / 2; i++)
    cr_assert_arr_eq (out + SIZE + 2 * i, in_bytes + 2 * (i % 100 * 1500 + i / 100), 2);
  free (in_bytes);
  free (out);
}

Test (publish, gives_the_mode_of_the_umask)
{
  stage s;
  struct stat st;
  umask (027);
  set (&s, 0);
  cr_assert_eq (run (s.ctx, s.layout, in (&s.at, "out"), NULL, NULL), 0, "%s", s.h.text);
  check_output (&s);
  cr_assert_eq (stat (in (&s.at, "out"), &st), 0);
  cr_assert_eq (st.st_mode & 0777, 0640);
  cr_assert_eq (n_entries (s.at.path), 2);
  cr_assert (s.h.beats >= 1 && s.h.done == s.h.total && s.h.total == 2 * SIZE);
  end (&s);
}

Test (publish, force_replaces_and_keeps_the_mode)
{
  stage s;
  struct stat st;
  set (&s, FMTCONV_FORCE);
  put_file (in (&s.at, "out"), "old", 3);
  chmod (in (&s.at, "out"), 0604);
  cr_assert_eq (run (s.ctx, s.layout, in (&s.at, "out"), NULL, NULL), 0, "%s", s.h.text);
  check_output (&s);
  cr_assert_eq (stat (in (&s.at, "out"), &st), 0);
  cr_assert_eq (st.st_mode & 0777, 0604);
  cr_assert_eq (n_entries (s.at.path), 2);
  end (&s);
}

/* The name of the temporary file, recorded while it exists. */
static char caught[256];
static const char *caught_in;

static int
catching_fsync (int fd)
{
  DIR *folder = opendir (caught_in);
  for (struct dirent *e; (e = readdir (folder));)
    if (strstr (e->d_name, ".fmtconv-") && !strstr (e->d_name, ".work."))
      strcpy (caught, e->d_name);
  closedir (folder);
  return fsync (fd);
}

Test (publish, takes_over_what_a_killed_run_left)
{
  stage s;
  struct fci_io io = fci_io_system;
  io.fsync = catching_fsync;
  set (&s, FMTCONV_FORCE);
  caught_in = s.at.path;
  cr_assert_eq (run (s.ctx, s.layout, in (&s.at, "out"), &io, NULL), 0);
  cr_assert_not_null (strstr (caught, ".out.fmtconv-"), "%s", caught);
  uint8_t *junk = rnd_bytes (1, 4 * SIZE);
  put_file (in (&s.at, caught), junk, 4 * SIZE);
  free (junk);
  cr_assert_eq (run (s.ctx, s.layout, in (&s.at, "out"), NULL, NULL), 0, "%s", s.h.text);
  check_output (&s);
  cr_assert_eq (n_entries (s.at.path), 2);
  put_file (in (&s.at, caught), "busy", 4);
  int fd = open (in (&s.at, caught), O_RDWR);
  cr_assert_eq (flock (fd, LOCK_EX), 0);
  cr_assert_eq (run (s.ctx, s.layout, in (&s.at, "out"), NULL, NULL), FMTCONV_E_OUTPUT);
  close (fd);
  end (&s);
}

Test (publish, several_files_and_an_empty_one)
{
  stage s;
  size_t n;
  set (&s, 0);
  fmtconv_layout *layout = fci_layout_new (s.ctx, "index");
  fmtconv_file *a = fmtconv_layout_create (layout, "data"), *b = fmtconv_layout_create (layout, NULL);
  fmtconv_layout_create (layout, "empty");
  fmtconv_file_emit_view (a, "t", s.view);
  fmtconv_file_emit (b, "{}", 2);
  cr_assert_eq (fci_layout_freeze (layout), 0);
  cr_assert_eq (run (s.ctx, layout, in (&s.at, "index"), NULL, NULL), 0, "%s", s.h.text);
  free (get_file (in (&s.at, "data"), &n));
  cr_assert_eq (n, SIZE);
  free (get_file (in (&s.at, "index"), &n));
  cr_assert_eq (n, 2);
  free (get_file (in (&s.at, "empty"), &n));
  cr_assert_eq (n, 0);
  cr_assert_eq (n_entries (s.at.path), 4);
  end (&s);
}

/* ---- Verification, with a reader that has the positions of the tensors */

static const fmtconv_model *
reread (void *arg, const fci_written *written)
{
  const stage *s = arg;
  cr_assert_str_eq (written->base, "out");
  fmtconv_source *source = open_source (s->ctx, written->path);
  fmtconv_model *model = fci_model_new (s->ctx, NULL);
  fmtconv_model_put (model, "t0",
                     fmtconv_view_leaf (source, 0, FMTCONV_I16, 2, (const uint64_t[]){ 100, 1500 }, NULL));
  fmtconv_model_put (model, "t1",
                     fmtconv_view_leaf (source, SIZE, FMTCONV_I16, 2, (const uint64_t[]){ 1500, 100 }, NULL));
  cr_assert_eq (fci_model_freeze (model, NULL), 0);
  return model;
}

static int
run_verified (stage *s, const struct fci_io *io, fci_outcome *outcome)
{
  const fci_plan *plan = fci_plan_compile (s->ctx, s->layout);
  const fci_output output = { .layout = s->layout, .path = in (&s->at, "out") };
  const fci_execution execution = {
    .plan = plan, .outputs = &output, .n_outputs = 1, .reread = reread, .arg = s, .io = io
  };
  return fci_execute (s->ctx, &execution, outcome);
}

static ssize_t
lying_pwrite (int fd, const void *bytes, size_t n, off_t at)
{
  uint8_t *copy = malloc (n);
  memcpy (copy, bytes, n);
  if (at <= SIZE + 2 * (7 * 100 + 3) && SIZE + 2 * (7 * 100 + 3) < at + (off_t) n)
    copy[SIZE + 2 * (7 * 100 + 3) - at] ^= 1;
  ssize_t done = pwrite (fd, copy, n, at);
  free (copy);
  return done;
}

Test (verify, finds_one_wrong_bit)
{
  stage s;
  fci_outcome outcome;
  struct fci_io io = fci_io_system;
  set (&s, FMTCONV_VERIFY);
  cr_assert_eq (run_verified (&s, NULL, &outcome), 0, "%s", s.h.text);
  cr_assert_eq (outcome.verified, 2);
  cr_assert (s.h.done == s.h.total && s.h.total == 4 * SIZE);
  end (&s);
  set (&s, FMTCONV_VERIFY);
  io.pwrite = lying_pwrite;
  cr_assert_eq (run_verified (&s, &io, &outcome), FMTCONV_E_FORMAT);
  cr_assert_not_null (strstr (s.h.text, "tensor 't1': "), "%s", s.h.text);
  cr_assert_not_null (strstr (s.h.text, "[7,3]"), "%s", s.h.text);
  cr_assert_eq (n_entries (s.at.path), 1);
  end (&s);
}

static ssize_t
lying_about_text (int fd, const void *bytes, size_t n, off_t at)
{
  char copy[8];
  if (n != 8 || memcmp (bytes, "{\"a\": 1}", 8) != 0)
    return pwrite (fd, bytes, n, at);
  memcpy (copy, bytes, n);
  copy[6] ^= 1;
  return pwrite (fd, copy, n, at);
}

/* No reader looks at a file without tensors, but a wrong bit in it is found. */
Test (verify, finds_one_wrong_bit_of_a_text)
{
  fci_outcome outcome;
  struct fci_io io = fci_io_system;
  for (int lies = 0; lies < 2; lies++)
    {
      stage s;
      set (&s, FMTCONV_VERIFY);
      s.layout = fci_layout_new (s.ctx, "out");
      fmtconv_file *out = fmtconv_layout_create (s.layout, NULL);
      fmtconv_file_emit_view (out, "t0", s.view);
      fmtconv_file_emit_view (out, "t1", fmtconv_view_permute (s.view, (const unsigned[]){ 1, 0 }));
      fmtconv_file_emit (fmtconv_layout_create (s.layout, "config"), "{\"a\": 1}", 8);
      cr_assert_eq (fci_layout_freeze (s.layout), 0);
      io.pwrite = lies ? lying_about_text : pwrite;
      cr_assert_eq (run_verified (&s, &io, &outcome), lies ? FMTCONV_E_FORMAT : 0, "%s", s.h.text);
      cr_assert (!lies || strstr (s.h.text, "config: byte 6 is not what was written"), "%s", s.h.text);
      cr_assert_eq (n_entries (s.at.path), lies ? 1 : 3);
      end (&s);
    }
}

/* ---- Events during a run */

static stage *running;

static int
cancelling_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  fmtconv_ctx_cancel (running->ctx);
  return fci_source_read (source, offset, to, n);
}

static int
shrinking_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  truncate (in (&running->at, "in"), SIZE / 3);
  return fci_source_read (source, offset, to, n);
}

static int
touching_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  utimensat (AT_FDCWD, in (&running->at, "in"), NULL, 0);
  return fci_source_read (source, offset, to, n);
}

static void
check_trouble (int (*read) (const fmtconv_source *, uint64_t, void *, size_t), int code)
{
  stage s;
  struct fci_io io = fci_io_system;
  running = &s;
  io.read = read;
  set (&s, FMTCONV_FORCE);
  put_file (in (&s.at, "out"), "old", 3);
  size_t n;
  cr_assert_eq (run (s.ctx, s.layout, in (&s.at, "out"), &io, NULL), code, "%s", s.h.text);
  cr_assert_eq (n_entries (s.at.path), 2);
  free (get_file (in (&s.at, "out"), &n));
  cr_assert_eq (n, 3);
  end (&s);
}

Test (publish, leaves_the_old_output_in_trouble)
{
  check_trouble (cancelling_read, FMTCONV_E_CANCELLED);
  check_trouble (shrinking_read, FMTCONV_E_IO);
  check_trouble (touching_read, FMTCONV_E_IO);
}
