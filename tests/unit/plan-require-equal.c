/* tests/unit/plan-require-equal.c: views that must be equal: derived views, plan, cost, comparison.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/view/inspect.h"
#include "core/view/text.h"
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

enum
{
  ROWS = 700,
  COLUMNS = 301,
  ELEMENTS = ROWS * COLUMNS,
  SIZE = 2 * ELEMENTS
};

static size_t
requirements (fmtconv_view *view)
{
  return view->requirements ? view->requirements->n : 0;
}

/* Three copies of the same numbers, as three files. */
typedef struct copies
{
  captured h;
  place at;
  fmtconv_ctx *ctx;
  uint8_t *bytes;
  fmtconv_view *view[3];
} copies;

static copies
make_copies (void)
{
  copies c = { .at = enter (), .bytes = rnd_bytes (7, SIZE) };
  for (unsigned i = 0; i < 3; i++)
    put_file (in (&c.at, i == 0 ? "a" : i == 1 ? "b" : "c"), c.bytes, SIZE);
  return c;
}

static void
open_views (copies *c, unsigned flags, unsigned threads, uint64_t memory)
{
  c->ctx = new_ctx (&c->h, flags, threads, memory);
  for (unsigned i = 0; i < 3; i++)
    c->view[i] = fmtconv_view_leaf (open_source (c->ctx, in (&c->at, i == 0   ? "a"
                                                                     : i == 1 ? "b"
                                                                              : "c")),
                                    0, FMTCONV_F16, 2, SHAPE (ROWS, COLUMNS), NULL);
}

static void
close_copies (copies *c)
{
  leave (&c->at);
  free (c->bytes);
}

/* Changes one element of a copy. */
static void
spoil (copies *c, const char *name, size_t element)
{
  uint8_t *bytes = malloc (SIZE);
  memcpy (bytes, c->bytes, SIZE);
  bytes[2 * element + 1] ^= 0x40;
  put_file (in (&c->at, name), bytes, SIZE);
  free (bytes);
}

static fmtconv_view *
small (fmtconv_ctx *ctx, const char *name, unsigned at)
{
  static const uint8_t zeroes[4096];
  return fmtconv_view_leaf (fci_source_memory (ctx, zeroes, sizeof zeroes, name), at, FMTCONV_F32, 2,
                            SHAPE (4, 6), NULL);
}

Test (same, every_view_inherits)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *a = small (ctx, "a", 0), *b = small (ctx, "b", 8), *c = small (ctx, "c", 16);
  fmtconv_view *same = fmtconv_view_require_equal (3, (fmtconv_view *const[]){ a, b, c });
  cr_assert_eq (requirements (same), 2);
  cr_assert_eq (requirements (a), 0);
  cr_assert_str_eq (fci_view_text (same), fci_view_text (a));
  fmtconv_view *shaped = fmtconv_view_reshape (same, 1, SHAPE (24));
  fmtconv_view *const derived[] = { fmtconv_view_slice (same, 0, 1, 2),
                                    fmtconv_view_slice (same, 0, 1, 0),
                                    fmtconv_view_chunk (same, 1, 0, 3),
                                    fmtconv_view_permute (same, (const unsigned[]){ 1, 0 }),
                                    shaped,
                                    fmtconv_view_reshape (shaped, 2, SHAPE (4, 6)),
                                    fmtconv_view_cast (same, FMTCONV_F16),
                                    fmtconv_view_scale (shaped, 2),
                                    fmtconv_view_watch (same, FMTCONV_FINDING_NAN, FMTCONV_SEVERITY_WARN,
                                                        NULL),
                                    fci_view_set_origin (same, 3),
                                    fmtconv_view_concat (0, 2, (fmtconv_view *const[]){ a, same }) };
  for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
    cr_expect_eq (requirements (derived[i]), 2, "%zu", i);
  fmtconv_view *other = fmtconv_view_require_equal (2, (fmtconv_view *const[]){ b, c });
  fmtconv_view *both = fmtconv_view_concat (0, 3, (fmtconv_view *const[]){ other, same, other });
  cr_assert_eq (requirements (both), 3);
  cr_assert_eq (both->requirements->item[0], same->requirements->item[0]);
  cr_assert_eq (both->requirements->item[2], other->requirements->item[0]);
  cr_assert_eq (requirements (fmtconv_view_require_equal (2, (fmtconv_view *const[]){ a, other })), 2);
  fmtconv_ctx_free (ctx);
}

Test (same, the_very_same_bytes_need_no_comparison)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_source *source = fci_source_memory (ctx, (const uint8_t[96]){ 0 }, 96, "s");
  fmtconv_view *a = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 6), NULL);
  fmtconv_view *b = fmtconv_view_leaf (source, 0, FMTCONV_F32, 2, SHAPE (4, 6), NULL);
  fmtconv_view *none = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, SHAPE (0), NULL);
  cr_assert_eq (fmtconv_view_require_equal (1, &a), a);
  cr_assert_eq (fmtconv_view_require_equal (2, (fmtconv_view *const[]){ a, a }), a);
  cr_assert_eq (requirements (fmtconv_view_require_equal (2, (fmtconv_view *const[]){ a, b })), 0);
  cr_assert_eq (requirements (fmtconv_view_require_equal (2, (fmtconv_view *const[]){ none, none })), 0);
  cr_assert_null (fmtconv_view_require_equal (0, NULL));
  cr_assert_eq (h.errors, 0);
  cr_assert_null (fmtconv_view_require_equal (2, (fmtconv_view *const[]){ a, NULL }));
  cr_assert_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

Test (same, forms_that_cannot_be_equal)
{
  for (unsigned i = 0; i < 3; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_view *a = small (ctx, "a", 0);
      fmtconv_view *b = i == 0   ? fmtconv_view_cast (a, FMTCONV_F16)
                        : i == 1 ? fmtconv_view_slice (a, 1, 0, 3)
                                 : fmtconv_view_reshape (a, 1, SHAPE (24));
      cr_assert_null (fmtconv_view_require_equal (2, (fmtconv_view *const[]){ a, b }));
      cr_assert_eq (h.code, FMTCONV_E_USAGE);
      fmtconv_ctx_free (ctx);
    }
}

Test (same, plan_and_cost)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *same =
      fmtconv_view_require_equal (2, (fmtconv_view *const[]){ small (ctx, "a", 0), small (ctx, "b", 8) });
  fmtconv_view *const parts[] = { fmtconv_view_chunk (same, 0, 0, 2), fmtconv_view_chunk (same, 0, 1, 2) };
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 2, parts));
  cr_assert_str_eq (fci_plan_text (plan),
                    "same 't0' f32[4,6]: [0,0]+[4,6] <- 'a'@0 f32 (24,4) = [0,0]+[4,6] <- "
                    "'b'@8 f32 (24,4)\nfile 'out' 96\n0 copy 96 'a'@0\n");
  const fci_cost *cost = fci_plan_cost (plan);
  cr_assert_eq (cost->pairs, 1);
  cr_assert_eq (cost->compared, 96);
  cr_assert_eq (cost->read, 3 * 96);
  cr_assert_eq (cost->written, 96);
  fmtconv_ctx_free (ctx);
}

/* Converts the halves of views that must be equal in all copies. */
static int
convert (copies *c, fci_outcome *outcome)
{
  fmtconv_view *same = fmtconv_view_require_equal (3, c->view);
  fmtconv_view *const parts[] = { fmtconv_view_permute (fmtconv_view_chunk (same, 0, 1, 2),
                                                        (const unsigned[]){ 1, 0 }),
                                  fmtconv_view_chunk (same, 0, 0, 2) };
  return run (c->ctx, layout_of (c->ctx, 2, parts), in (&c->at, "out"), NULL, outcome);
}

Test (same, equal_copies_are_counted)
{
  copies c = make_copies ();
  for (unsigned threads = 1; threads <= 4; threads += 3)
    {
      fci_outcome outcome;
      size_t n;
      open_views (&c, FMTCONV_FORCE, threads, threads == 1 ? 1 << 20 : 0);
      cr_assert_eq (convert (&c, &outcome), 0, "%s", c.h.text);
      cr_assert_eq (outcome.equal, 2);
      cr_assert_eq (c.h.done, c.h.total);
      cr_assert_eq (c.h.total, 3 * SIZE);
      uint8_t *out = get_file (in (&c.at, "out"), &n);
      cr_assert_eq (n, SIZE);
      cr_assert_arr_eq (out + SIZE / 2, c.bytes, SIZE / 2);
      free (out);
      fmtconv_ctx_free (c.ctx);
    }
  close_copies (&c);
}

/* The first difference in the order of the tensor, with both files, in any division into ranges. */
Test (same, a_difference_is_named)
{
  static const size_t places[] = { 0, 1, COLUMNS, ELEMENTS / 3, ELEMENTS - 1 };
  copies c = make_copies ();
  spoil (&c, "c", 0);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    for (unsigned threads = 1; threads <= 4; threads++)
      {
        char index[64];
        spoil (&c, "b", places[i]);
        snprintf (index, sizeof index, "[%zu,%zu]", places[i] / COLUMNS, places[i] % COLUMNS);
        open_views (&c, 0, threads, threads % 2 ? 1 << 20 : 0);
        cr_assert_eq (convert (&c, NULL), FMTCONV_E_FORMAT);
        cr_assert_not_null (strstr (c.h.text, index), "%s", c.h.text);
        cr_assert_not_null (strstr (c.h.text, "tensor 't0'"), "%s", c.h.text);
        cr_assert_not_null (strstr (c.h.text, in (&c.at, "a")), "%s", c.h.text);
        cr_assert_not_null (strstr (c.h.text, in (&c.at, "b")), "%s", c.h.text);
        cr_assert_eq (n_entries (c.at.path), 3);
        fmtconv_ctx_free (c.ctx);
      }
  close_copies (&c);
}

/* Values are compared, not the operations that give them. */
Test (same, operations_count)
{
  static const float ones[] = { 1, 1, 1, 1 }, twos[] = { 2, 2, 2, 2 };
  for (unsigned good = 0; good < 2; good++)
    {
      captured h;
      place at = enter ();
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_view *a = fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (4), ones);
      fmtconv_view *b =
          fmtconv_view_scale (fmtconv_view_constant (ctx, FMTCONV_F32, 1, SHAPE (4), twos), good ? 0.5 : 1);
      fmtconv_view *const same[] = { fmtconv_view_require_equal (2, (fmtconv_view *const[]){ a, b }) };
      cr_assert_eq (run (ctx, layout_of (ctx, 1, same), in (&at, "out"), NULL, NULL),
                    good ? 0 : FMTCONV_E_FORMAT);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
}

static size_t reads_left;

static int
failing_read (const fmtconv_source *source, uint64_t offset, void *to, size_t n)
{
  return reads_left-- == 0 ? 5 : fci_source_read (source, offset, to, n);
}

Test (same, a_read_that_fails)
{
  copies c = make_copies ();
  struct fci_io io = fci_io_system;
  io.read = failing_read;
  for (size_t i = 0; i < 4; i++)
    {
      open_views (&c, 0, 1, 0);
      reads_left = i;
      fmtconv_view *const same[] = { fmtconv_view_require_equal (3, c.view) };
      cr_assert_eq (run (c.ctx, layout_of (c.ctx, 1, same), in (&c.at, "out"), &io, NULL), FMTCONV_E_IO);
      cr_assert_not_null (strstr (c.h.text, "cannot be read"));
      cr_assert_eq (n_entries (c.at.path), 3);
      fmtconv_ctx_free (c.ctx);
    }
  close_copies (&c);
}
