/* tests/unit/folder.c: a separate folder and context for each test of sources and inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/folder.h"
#include "tests/unit/temporary.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A separate folder for each test, which is also the working folder. */
static char place[TEMPORARY_PATH];
record r;
fmtconv_ctx *ctx;

void
write_file (const char *path, const void *bytes, size_t n)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  cr_assert_geq (fd, 0, "%s", path);
  cr_assert_eq (write (fd, bytes, n), (ssize_t) n);
  close (fd);
}

void
place_start (void)
{
  temporary_folder (place, "source");
  cr_assert_eq (chdir (place), 0);
  mkdir ("d", 0700);
  mkdir ("d/sub", 0700);
  mkdir ("out", 0700);
  write_file ("d/a", "alpha", 5);
  write_file ("d/sub/b", "beta", 4);
  write_file ("out/c", "gamma", 5);
  ctx = record_ctx (&r);
}

void
place_stop (void)
{
  char command[TEMPORARY_PATH + 16];
  fmtconv_ctx_free (ctx);
  snprintf (command, sizeof command, "rm -rf '%s'", place);
  cr_assert_eq (chdir ("/"), 0);
  cr_expect_eq (system (command), 0);
}

void
expect_error (int code, const char *says)
{
  cr_expect_eq (r.n_errors, 1);
  cr_expect_eq (r.code, code, "code %d: %s", r.code, r.text);
  cr_expect (strstr (r.text, says), "%s", r.text);
  fmtconv_ctx_free (ctx);
  ctx = record_ctx (&r);
}

const char *
text_of (fmtconv_input *in)
{
  fmtconv_cursor cursor = fmtconv_cursor_start (fmtconv_input_open (in));
  return fmtconv_cursor_take (&cursor, fmtconv_source_size (cursor.source));
}

void
expect_text (fmtconv_input *in, const char *text)
{
  const char *got = text_of (in);
  cr_assert_not_null (got, "%s: %s", text, r.text);
  cr_expect_str_eq (got, text);
}
