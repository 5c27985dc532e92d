/* tests/unit/message.c: errors, warnings and notes as the application receives them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/source/source.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Messages */

Test (message, the_first_error_is_kept)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the first"), FMTCONV_E_FORMAT);
  cr_expect_eq (fmtconv_fail (ctx, FMTCONV_E_LIMIT, "the second"), FMTCONV_E_LIMIT);
  fmtconv_warn (ctx, "not told");
  fmtconv_note (ctx, "not told");
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_FORMAT);
  cr_expect_str_eq (c.text, "the first");
  cr_expect (c.n[FMTCONV_MSG_ERROR] == 1 && c.n[FMTCONV_MSG_WARNING] == 0 && c.n[FMTCONV_MSG_NOTE] == 0);
  fmtconv_ctx_free (ctx);
}

Test (message, the_first_error_can_be_read)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_null (fmtconv_ctx_error (ctx));
  cr_expect_null (fmtconv_ctx_error (NULL));
  fmtconv_detail (ctx, "a line");
  const fmtconv_where where = { .tensor = "t", .hint = "do this" };
  fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &where, "the first");
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the second");
  const fmtconv_message *m = fmtconv_ctx_error (ctx);
  cr_assert_not_null (m);
  cr_expect_eq (m->struct_size, sizeof *m);
  cr_expect_eq (m->code, FMTCONV_E_LIMIT);
  cr_expect_str_eq (m->text, "tensor 't': the first (hint: do this)");
  cr_expect_str_eq (m->tensor, "t");
  cr_expect_str_eq (m->hint, "do this");
  cr_expect_null (m->file);
  cr_assert_eq (m->n_details, 1);
  cr_expect_str_eq (m->details[0], "a line");
  fmtconv_ctx_free (ctx);
}

/* Errors of a trial are not the context's. */
Test (message, a_tried_error_is_not_kept)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  fci_try saved;
  fci_try_begin (ctx, &saved);
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "tried");
  fci_try_end (ctx, &saved);
  cr_expect_null (fmtconv_ctx_error (ctx));
  fci_try_listen (ctx, &saved, collect, &c);
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "listened");
  fci_try_end (ctx, &saved);
  cr_expect_str_eq (c.text, "listened");
  cr_expect_null (fmtconv_ctx_error (ctx));
  fmtconv_fail (ctx, FMTCONV_E_LIMIT, "real");
  cr_expect_str_eq (fmtconv_ctx_error (ctx)->what, "real");
  fmtconv_ctx_free (ctx);
}

Test (message, a_later_call_repeats_the_error)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  errno = ENOTDIR;
  fci_fail_io (ctx, "x/y", "cannot be opened");
  for (unsigned n = 2; n < 4; n++)
    {
      cr_expect_null (fmtconv_inspect (ctx, "other", NULL));
      cr_expect_eq (c.n[FMTCONV_MSG_ERROR], n);
      cr_expect_eq (c.code, FMTCONV_E_IO);
      cr_expect_eq (c.os_errno, ENOTDIR);
      cr_expect_str_eq (c.text,
                        "x/y: nothing is done after an earlier error: cannot be opened: Not a directory "
                        "(hint: make a new context for each conversion, and free this one)");
    }
  cr_expect_str_eq (fmtconv_ctx_error (ctx)->what, "cannot be opened: Not a directory");
  fmtconv_ctx_free (ctx);
}

Test (message, a_code_that_is_none)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_fail (ctx, 0, "oops"), FMTCONV_E_INTERNAL);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

Test (message, has_every_part)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  fci_subject subject;
  fci_subject_push_file (ctx, &subject, "typed.pt");
  fmtconv_source *source = fci_source_memory (ctx, "abc", 3, "x.pt: archive/data.pkl");
  const fmtconv_where where = {
    .source = source, .offset = 0x1f40, .tensor = "a\x1b.b", .hint = "do \x1b[1m this"
  };
  fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "what is %s\x1b", "wrong\\");
  cr_expect_str_eq (c.text,
                    "x.pt: archive/data.pkl: at byte 0x1f40: tensor 'a\\x1b.b': what is wrong\\\\\\x1b "
                    "(hint: do \\x1b[1m this)");
  cr_expect_str_eq (c.what, "what is wrong\\\\\\x1b");
  cr_expect_str_eq (c.file, "x.pt: archive/data.pkl");
  cr_expect_str_eq (c.tensor, "a\\x1b.b");
  cr_expect_str_eq (c.hint, "do \\x1b[1m this");
  cr_expect_eq (c.offset, 0x1f40);
  cr_expect_eq (c.code, FMTCONV_E_FORMAT);
  fmtconv_ctx_free (ctx);
}

Test (message, has_only_what_is_known)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  fmtconv_note (ctx, "hello");
  cr_expect_str_eq (c.text, "hello");
  cr_expect_str_eq (c.file, "(none)");
  cr_expect_eq (c.offset, UINT64_MAX);
  fci_subject subject;
  fci_subject_push_file (ctx, &subject, "in\n.pt");
  const fmtconv_where where = { .offset = 5, .tensor = "t" };
  fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &where, "too much");
  cr_expect_str_eq (c.text, "in\\x0a.pt: tensor 't': too much");
  fmtconv_ctx_free (ctx);
}

Test (message, of_another_file)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  fci_subject subject;
  fci_subject_push_file (ctx, &subject, "mine.pt");
  fci_fail_file (ctx, FMTCONV_E_FORMAT, "other.pt", NULL, "is %d", 5);
  cr_expect_str_eq (c.text, "other.pt: is 5");
  fmtconv_ctx_free (ctx);
}

Test (message, of_the_operating_system)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  errno = ENOENT;
  cr_expect_eq (fci_fail_io (ctx, "x.pt", "cannot open"), FMTCONV_E_IO);
  cr_expect_str_eq (c.text, "x.pt: cannot open: No such file or directory");
  cr_expect_eq (c.os_errno, ENOENT);
  fmtconv_ctx_free (ctx);
}

Test (message, details_are_cut_at_a_thousand)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  for (int i = 1; i <= 1003; i++)
    fmtconv_detail (ctx, "name %d \n", i);
  fmtconv_warn (ctx, "these");
  cr_expect (c.n_details == 1000 && c.n_more == 3);
  cr_expect_str_eq (c.detail, "name 1000 \\x0a");
  fmtconv_warn (ctx, "no details of another message");
  cr_expect (c.n_details == 0 && c.n_more == 0);
  fmtconv_detail (ctx, "mine");
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "this");
  cr_expect_str_eq (c.detail, "mine");
  fmtconv_ctx_free (ctx);
}

Test (message, is_never_longer_than_16_kib)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  char *huge = malloc (100001);
  memset (huge, 'x', 100000);
  huge[100000] = '\0';
  fci_subject subject;
  fci_subject_push_file (ctx, &subject, huge);
  const fmtconv_where where = { .tensor = huge, .hint = huge };
  for (int i = 0; i < 25; i++)
    fmtconv_detail (ctx, "%s%s%s%s", huge, huge, huge, huge);
  fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s", huge, huge, huge,
                   huge, huge, huge, huge, huge, huge, huge, huge, huge, huge, huge, huge, huge, huge, huge,
                   huge);
  cr_expect_leq (strlen (c.text) + 20 * (strlen (c.detail) + 1), 16 * 1024);
  cr_expect_geq (strlen (c.text), 4096);
  free (huge);
  fmtconv_ctx_free (ctx);
}

Test (message, strict)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_warn (ctx, "careful"), 0);
  cr_expect (c.level == FMTCONV_MSG_WARNING && c.code == FMTCONV_E_STRICT && fmtconv_ctx_failed (ctx) == 0);
  fmtconv_ctx_free (ctx);

  ctx = collecting (&c, FMTCONV_STRICT);
  cr_expect_eq (fmtconv_note (ctx, "a note stays a note"), 0);
  cr_expect_eq (fmtconv_warn (ctx, "careful"), FMTCONV_E_STRICT);
  cr_expect (c.level == FMTCONV_MSG_ERROR && fmtconv_ctx_failed (ctx) == FMTCONV_E_STRICT);
  cr_expect_str_eq (c.text, "careful (hint: a warning that --strict turns into an error)");
  fmtconv_ctx_free (ctx);
}

Test (message, lossy)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_lossy (ctx, "would round"), FMTCONV_E_LOSSY);
  cr_expect (c.level == FMTCONV_MSG_ERROR && fmtconv_ctx_failed (ctx) == FMTCONV_E_LOSSY);
  cr_expect_str_eq (c.text, "would round (hint: --allow-lossy accepts the loss)");
  fmtconv_ctx_free (ctx);

  ctx = collecting (&c, FMTCONV_ALLOW_LOSSY);
  cr_expect_eq (fmtconv_lossy (ctx, "rounds"), 0);
  cr_expect (c.level == FMTCONV_MSG_WARNING && c.code == FMTCONV_E_LOSSY && fmtconv_ctx_failed (ctx) == 0);
  cr_expect_str_eq (c.text, "rounds");
  fmtconv_ctx_free (ctx);
}

Test (message, trying_is_not_seen)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, FMTCONV_STRICT);
  fci_try outer, inner;
  fci_subject f, g;
  fci_subject_push_file (ctx, &f, "f");
  fci_try_begin (ctx, &outer);
  fci_subject_push_file (ctx, &g, "g");
  cr_expect_eq (fmtconv_warn (ctx, "unseen"), 0);
  fci_try_begin (ctx, &inner);
  fmtconv_detail (ctx, "unseen");
  fmtconv_fail (ctx, FMTCONV_E_MISSING, "unseen");
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_MISSING);
  cr_expect_eq (fci_try_end (ctx, &inner), FMTCONV_E_MISSING);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_eq (fci_try_end (ctx, &outer), 0);
  cr_expect_str_eq (fci_subject_now (ctx)->file, "f");
  cr_expect (c.n[FMTCONV_MSG_ERROR] + c.n[FMTCONV_MSG_WARNING] == 0);
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "seen");
  cr_expect_str_eq (c.text, "f: seen");
  cr_expect_eq (c.n_details, 0);
  fmtconv_ctx_free (ctx);
}

/* A failed call says nothing about what was tried; it ends all attempts, and is reported once. */
Test (message, system_failures_outlive_a_try)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  fci_try outer, inner;
  fci_try_begin (ctx, &outer);
  fci_try_begin (ctx, &inner);
  errno = EIO;
  fci_fail_io (ctx, "x/y", "cannot be read");
  cr_expect_eq (fci_try_end (ctx, &inner), FMTCONV_E_IO);
  cr_expect_eq (c.n[FMTCONV_MSG_ERROR], 0);
  cr_expect_eq (fci_try_end (ctx, &outer), FMTCONV_E_IO);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_IO);
  cr_expect_eq (c.n[FMTCONV_MSG_ERROR], 1);
  cr_expect_str_eq (c.text, "x/y: cannot be read: Input/output error");
  fmtconv_ctx_free (ctx);
}
