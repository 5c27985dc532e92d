/* tests/unit/zip-sample.c: an archive with every kind of member, and expectations of the zip tests.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/zip-sample.h"
#include <criterion/criterion.h>
#include <fmtconv/formats.h>
#include <string.h>

const char sample_pattern[] = "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";
const char sample_zeroes[N_ZEROES];

sample
sample_make (int zip64)
{
  sample s = {
    .m = { { .name = "r/data.pkl", .bytes = sample_pattern, .size = 40, .how = ZM_TORCH },
           { .name = "r/data/0", .bytes = sample_pattern + 3, .size = 60 },
           { .name = "r/data/1", .bytes = sample_zeroes, .size = N_ZEROES, .how = ZM_DEFLATE },
           { .name = "r/data/2", .bytes = sample_pattern + 5, .size = 31, .how = ZM_SIZE64 | ZM_TORCH },
           { .name = "r/data/3", .bytes = sample_pattern + 7, .size = 30, .how = ZM_OFFSET64 | ZM_TORCH },
           { .name = "r/last", .bytes = sample_pattern, .size = 0 } }
  };
  s.a = zm_make (s.m, MEMBERS, zip64);
  return s;
}

fmtconv_zip *
sample_unzip (fmtconv_ctx *ctx, const zm_archive *a, unsigned flags)
{
  return fmtconv_zip_open (fci_source_memory (ctx, a->bytes, a->n, "x.pt"), flags | FMTCONV_ZIP_ONE_FOLDER);
}

const void *
sample_take (fmtconv_source *source)
{
  fmtconv_cursor cursor = fmtconv_cursor_start (source);
  return fmtconv_cursor_take (&cursor, fmtconv_source_size (source));
}

void
expect_member (fmtconv_zip *zip, const zm_member *m)
{
  fmtconv_source *source = fmtconv_zip_member (zip, m->name);
  cr_assert_not_null (source, "%s", m->name);
  cr_expect_eq (fmtconv_source_size (source), m->size);
  const void *bytes = sample_take (source);
  cr_assert_not_null (bytes, "%s", m->name);
  cr_expect (m->size == 0 || memcmp (bytes, m->bytes, m->size) == 0, "%s", m->name);
  cr_expect_eq (fmtconv_zip_member (zip, m->name), source, "a member is one source");
}

void
expect_refused (const zm_archive *a, const char *rule, int code, const char *says)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  cr_expect_null (sample_unzip (ctx, a, 0), "%s: accepted", rule);
  cr_expect_eq (r.n_errors, 1, "%s", rule);
  cr_expect_eq (r.code, code, "%s: code %d: %s", rule, r.code, r.text);
  cr_expect (strstr (r.text, says), "%s: %s", rule, r.text);
  cr_expect (strncmp (r.text, "x.pt: at byte 0x", 16) == 0, "%s: %s", rule, r.text);
  cr_expect_leq (r.offset, a->n, "%s", rule);
  fmtconv_ctx_free (ctx);
}

void
expect_spoilt (sample *s, const char *rule, int code, const char *says)
{
  expect_refused (&s->a, rule, code, says);
  zm_free (&s->a);
}

void
expect_accepted (const sample *s, const char *rule)
{
  record r;
  fmtconv_ctx *ctx = record_ctx (&r);
  fmtconv_zip *zip = sample_unzip (ctx, &s->a, 0);
  cr_expect_not_null (zip, "%s: %s", rule, r.text);
  for (size_t i = 0; zip && i < MEMBERS; i++)
    expect_member (zip, &s->m[i]);
  fmtconv_ctx_free (ctx);
}

static size_t
place_of (const sample *s, int place, int member)
{
  const zm_member *m = &s->m[member];
  const size_t at[] = { m->local, m->central, m->descriptor, s->a.end, s->a.end64, s->a.locator };
  return at[place];
}

sample
sample_spoil (const spoilt *how)
{
  sample s = sample_make (how->zip64);
  zm_put (&s.a, place_of (&s, how->place, how->member) + (size_t) how->offset, (unsigned) how->width,
          how->value);
  return s;
}
