/* tests/unit/plan-crc.c: checksums of sources (zlib's crc32 is the reference), and findings of roundings.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

enum
{
  SIZE = 1 << 20
};

/* A source of SIZE random bytes whose checksum is known. */
typedef struct stage
{
  place at;
  captured h;
  fmtconv_ctx *ctx;
  fmtconv_source *source;
  fci_outcome outcome;
} stage;

static void
set (stage *s, unsigned flags, bool good)
{
  uint8_t *bytes = rnd_bytes (5, SIZE);
  s->at = enter ();
  s->ctx = new_ctx (&s->h, flags, 2, 400000);
  put_file (in (&s->at, "in"), bytes, SIZE);
  s->source = fmtconv_source_window (open_source (s->ctx, in (&s->at, "in")), 0, SIZE, "member");
  s->source->has_crc = true;
  s->source->crc = (uint32_t) crc32 (0, bytes, SIZE) ^ !good;
  free (bytes);
}

static int
go (stage *s, size_t n, fmtconv_view *const *views)
{
  return run (s->ctx, layout_of (s->ctx, n, views), in (&s->at, "out"), NULL, &s->outcome);
}

/* The same in one pass for three outputs, each with the views in another order. */
static int
run_thrice (stage *s, size_t n, fmtconv_view *const *views)
{
  fci_output outputs[3];
  for (unsigned i = 0; i < 3; i++)
    {
      fmtconv_view *mine[64];
      for (size_t k = 0; k < n; k++)
        mine[k] = views[i == 0 ? k : i == 1 ? n - 1 - k : (k + n / 2) % n];
      outputs[i] = (fci_output){ .layout = layout_of (s->ctx, n, mine),
                                 .path = fmtconv_ctx_printf (s->ctx, "%s/%u/out", s->at.path, i) };
      mkdir (fmtconv_ctx_printf (s->ctx, "%s/%u", s->at.path, i), 0777);
    }
  return run_all (s->ctx, 3, outputs, NULL, &s->outcome);
}

static void
end (stage *s)
{
  fmtconv_ctx_free (s->ctx);
  leave (&s->at);
}

static fmtconv_view *
bytes_of (stage *s, uint64_t start, uint64_t size)
{
  return fmtconv_view_leaf (s->source, start, FMTCONV_U8, 1, &size, NULL);
}

/* Views that are converted with a good and a bad checksum. */
typedef size_t maker (stage *s, fmtconv_view **views);

static void
check_outputs (maker *make, bool is_checked, bool thrice)
{
  fmtconv_view *views[64];
  for (int good = 0; good < 2; good++)
    {
      stage s;
      set (&s, 0, good);
      size_t n = make (&s, views);
      int code = thrice ? run_thrice (&s, n, views) : go (&s, n, views);
      cr_assert_eq (code, is_checked && !good ? FMTCONV_E_FORMAT : 0, "%s", s.h.text);
      cr_assert_eq (s.outcome.crc_checked, is_checked && good ? 1 : 0);
      cr_assert_eq (s.outcome.crc_unchecked, is_checked ? 0 : 1);
      if (code != 0)
        {
          cr_assert_not_null (strstr (s.h.text, "in: member: tensor 't0'"), "%s", s.h.text);
          cr_assert_not_null (strstr (s.h.text, "crc=ignore"));
        }
      cr_assert_eq (n_entries (thrice ? in (&s.at, "2") : s.at.path), (thrice ? 0u : 1u) + (code == 0));
      end (&s);
    }
}

static void
check (maker *make, bool is_checked)
{
  check_outputs (make, is_checked, false);
  check_outputs (make, is_checked, true);
}

static size_t
whole (stage *s, fmtconv_view **views)
{
  views[0] = bytes_of (s, 0, SIZE);
  return 1;
}

static size_t
many (stage *s, fmtconv_view **views)
{
  for (unsigned i = 0; i < 64; i++)
    views[i] = bytes_of (s, SIZE / 64 * (63 - i), SIZE / 64);
  return 64;
}

static size_t
with_gaps (stage *s, fmtconv_view **views)
{
  views[0] = bytes_of (s, 100, 300000);
  views[1] = bytes_of (s, 300200, SIZE - 300300);
  return 2;
}

static size_t
half (stage *s, fmtconv_view **views)
{
  views[0] = bytes_of (s, 0, SIZE / 2);
  return 1;
}

/* Views cut at different offsets; one chain of parts ends early. */
static size_t
tied (stage *s, fmtconv_view **views)
{
  views[0] = bytes_of (s, 0, 700001);
  for (unsigned i = 0; i < 32; i++)
    views[i + 1] = bytes_of (s, SIZE / 32 * (31 - i), SIZE / 32);
  views[33] = bytes_of (s, 50001, SIZE - 50001);
  return 34;
}

static size_t
converted (stage *s, fmtconv_view **views)
{
  views[0] = fmtconv_view_cast (
      fmtconv_view_leaf (s->source, 0, FMTCONV_I16, 2, (const uint64_t[]){ 512, SIZE / 1024 }, NULL),
      FMTCONV_F32);
  return 1;
}

/* Columns, which are read in many stretches. */
static size_t
columns (stage *s, fmtconv_view **views)
{
  fmtconv_view *all =
      fmtconv_view_leaf (s->source, 0, FMTCONV_I16, 2, (const uint64_t[]){ 32, SIZE / 64 }, NULL);
  for (unsigned i = 0; i < 4; i++)
    views[i] = fmtconv_view_chunk (all, 1, i, 4);
  return 4;
}

Test (crc, whole_sources_are_checked)
{
  check (columns, true);
  check (whole, true);
  check (many, true);
  check (tied, true);
  check (converted, true);
}

Test (crc, small_gaps_are_read)
{
  check (with_gaps, true);
}

Test (crc, partial_reads_are_counted)
{
  check (half, false);
}

/* ---- Findings */

static fmtconv_view *
numbers (stage *s, unsigned n, const float *number)
{
  return fmtconv_view_constant (s->ctx, FMTCONV_F32, 1, (const uint64_t[]){ n }, number);
}

static const float odd[] = { 1, 1e6f, -1e6f, 1e-7f, 3, 1.0f / 3 };

Test (finding, a_cast_warns_once)
{
  stage s;
  set (&s, 0, true);
  fmtconv_view *cast = fmtconv_view_cast (numbers (&s, 6, odd), FMTCONV_F16);
  fmtconv_view *const views[] = { cast, numbers (&s, 6, odd), cast };
  cr_assert_eq (go (&s, 3, views), 0, "%s", s.h.text);
  cr_assert_eq (s.h.warnings, 1); /* of overflow: one small value of six is a note */
  cr_assert_eq (s.h.n_details, 2);
  const fci_finding *f = s.outcome.findings;
  cr_assert (f->finding == FMTCONV_FINDING_OVERFLOW && f->count == 2 && f->of == 6
             && f->severity == FMTCONV_SEVERITY_WARN);
  cr_assert_str_eq (f->tensor, "t0");
  f = f->next;
  cr_assert (f->finding == FMTCONV_FINDING_UNDERFLOW && f->count == 1);
  f = f->next;
  cr_assert_str_eq (f->tensor, "t2");
  cr_assert_null (f->next->next);
  end (&s);
}

Test (finding, strict_makes_it_an_error)
{
  stage s;
  set (&s, FMTCONV_STRICT, true);
  fmtconv_view *const views[] = { fmtconv_view_cast (numbers (&s, 6, odd), FMTCONV_F16) };
  cr_assert_eq (go (&s, 1, views), FMTCONV_E_STRICT);
  cr_assert_eq (n_entries (s.at.path), 1);
  end (&s);
}

Test (finding, a_watch_replaces_the_default)
{
  stage s;
  set (&s, FMTCONV_STRICT, true);
  fmtconv_view *t =
      fmtconv_view_watch (numbers (&s, 6, odd), FMTCONV_FINDING_INEXACT, FMTCONV_SEVERITY_COUNT, "hint");
  fmtconv_view *const views[] = { fmtconv_view_cast (t, FMTCONV_F16) };
  cr_assert_eq (go (&s, 1, views), 0, "%s", s.h.text);
  cr_assert_eq (s.h.warnings, 0);
  cr_assert_eq (s.outcome.findings->finding, FMTCONV_FINDING_INEXACT);
  cr_assert_str_eq (s.outcome.findings->hint, "hint");
  cr_assert_null (s.outcome.findings->next);
  end (&s);
}

Test (finding, an_error_publishes_nothing)
{
  stage s;
  set (&s, 0, true);
  fmtconv_view *t =
      fmtconv_view_watch (numbers (&s, 6, odd), FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_ERROR, "use f32");
  fmtconv_view *const views[] = { fmtconv_view_cast (t, FMTCONV_F16) };
  cr_assert_eq (go (&s, 1, views), FMTCONV_E_LOSSY);
  cr_assert_not_null (strstr (s.h.text, "tensor 't0': 2 of 6 values"), "%s", s.h.text);
  cr_assert_not_null (strstr (s.h.text, "use f32"));
  cr_assert_eq (n_entries (s.at.path), 1);
  end (&s);
}

/* Parts of one tensor that are rounded separately give one finding. */
Test (finding, parts_of_a_tensor_add_up)
{
  stage s;
  set (&s, 0, true);
  fmtconv_view *a = fmtconv_view_cast (numbers (&s, 6, odd), FMTCONV_F16);
  fmtconv_view *b = fmtconv_view_cast (fmtconv_view_scale (numbers (&s, 6, odd), 2), FMTCONV_F16);
  fmtconv_view *const both[] = { a, b };
  fmtconv_view *const views[] = { fmtconv_view_concat (0, 2, both) };
  cr_assert_eq (go (&s, 1, views), 0);
  const fci_finding *f = s.outcome.findings;
  cr_assert (f->finding == FMTCONV_FINDING_OVERFLOW && f->count == 4 && f->of == 12);
  end (&s);
}
