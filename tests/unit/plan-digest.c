/* tests/unit/plan-digest.c: digests of regions (zlib's crc32 is the reference), and second names of tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/plan-util.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum
{
  SIZE = 3000001
};

static uint32_t
number_at (const uint8_t *bytes)
{
  return bytes[0] | (uint32_t) bytes[1] << 8 | (uint32_t) bytes[2] << 16 | (uint32_t) bytes[3] << 24;
}

/* Regions of every kind, each with one or two digests, before and after others. */
static fmtconv_layout *
every_kind (fmtconv_ctx *ctx, fmtconv_source *source)
{
  uint64_t size = SIZE;
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_view *all = fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, &size, NULL);
  fmtconv_view *halves[] = { fmtconv_view_slice (all, 0, 0, 1000000),
                             fmtconv_view_slice (all, 0, 1000000, SIZE - 1000000) };
  size_t text = fmtconv_file_emit (file, "text", 4), none = fmtconv_file_emit (file, NULL, 0);
  size_t whole = fmtconv_file_emit_view (file, "whole", all);
  size_t empty = fmtconv_file_emit_view (file, "empty", fmtconv_view_slice (all, 0, 5, 0));
  size_t first = fmtconv_file_emit_view (file, "first", halves[0]),
         rest = fmtconv_file_emit_view (file, "rest", halves[1]);
  size_t joined = fmtconv_file_emit_view (file, "joined", fmtconv_view_concat (0, 2, halves));
  const size_t regions[] = { text, none, whole, empty, first, rest, joined, whole };
  cr_assert_eq (joined, 6);
  for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
    fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, regions[i], 1);
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, text, joined + 1 - text);
  return layout;
}

static void
check_file (const place *at, const uint8_t *bytes)
{
  size_t n;
  uint8_t *file = get_file (in (at, "out"), &n);
  uint32_t all = (uint32_t) crc32_z (0, bytes, SIZE);
  const uint32_t want[] = { (uint32_t) crc32_z (0, (const uint8_t *) "text", 4),
                            0,
                            all,
                            0,
                            (uint32_t) crc32_z (0, bytes, 1000000),
                            (uint32_t) crc32_z (0, bytes + 1000000, SIZE - 1000000),
                            all,
                            all,
                            (uint32_t) crc32_z (0, file, 4 + 3 * SIZE) };
  cr_assert_eq (n, 4 + 3 * SIZE + sizeof want);
  for (size_t i = 0; i < 3; i++)
    cr_assert_eq (memcmp (file + 4 + i * SIZE, bytes, SIZE), 0);
  for (size_t i = 0; i < sizeof want / sizeof *want; i++)
    cr_assert_eq (number_at (file + 4 + 3 * SIZE + 4 * i), want[i], "digest %zu", i);
  free (file);
}

/* The same bytes for every number of threads and size of units, with a source whose checksum is compared too. */
Test (digest, of_every_kind_in_every_way)
{
  static const struct
  {
    unsigned threads;
    uint64_t memory;
  } way[] = { { 1, 64 << 20 }, { 2, 4 << 20 }, { 5, 1 << 20 }, { 8, 8 << 20 } };
  uint8_t *bytes = rnd_bytes (7, SIZE);
  for (unsigned i = 0; i < 8; i++)
    {
      captured h;
      fci_outcome outcome;
      place at = enter ();
      fmtconv_ctx *ctx = new_ctx (&h, 0, way[i % 4].threads, way[i % 4].memory);
      put_file (in (&at, "in"), bytes, SIZE);
      fmtconv_source *source = open_source (ctx, in (&at, "in"));
      source->has_crc = i >= 4;
      source->crc = (uint32_t) crc32_z (0, bytes, SIZE);
      fmtconv_layout *layout = every_kind (ctx, source);
      cr_assert_eq (fci_layout_freeze (layout), 0, "%s", h.text);
      cr_assert_eq (run (ctx, layout, in (&at, "out"), NULL, &outcome), 0, "%s", h.text);
      cr_assert_eq (outcome.crc_checked, i >= 4);
      check_file (&at, bytes);
      fmtconv_ctx_free (ctx);
      leave (&at);
    }
  free (bytes);
}

/* A region with a digest is a run of the plan, and the digest is another; the other regions are joined. */
Test (digest, in_the_plan)
{
  static const uint8_t zeroes[4096];
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_source *source = fci_source_memory (ctx, zeroes, sizeof zeroes, "m");
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  uint64_t size = 100;
  size_t a = fmtconv_file_emit_view (file, "a", fmtconv_view_leaf (source, 0, FMTCONV_U8, 1, &size, NULL));
  fmtconv_file_emit_view (file, "b", fmtconv_view_leaf (source, 100, FMTCONV_U8, 1, &size, NULL));
  fmtconv_file_emit_view (file, "c", fmtconv_view_leaf (source, 200, FMTCONV_U8, 1, &size, NULL));
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, a, 1);
  cr_assert_eq (fci_layout_freeze (layout), 0);
  const fci_plan *plan = fci_plan_compile (ctx, layout);
  cr_assert_str_eq (fci_plan_text (plan), "file 'out' 304\n"
                                          "0 copy 100 'm'@0\n"
                                          "100 copy 200 'm'@100\n"
                                          "300 digest 4 crc32 of 0+100\n");
  cr_assert_eq (fci_plan_cost (plan)->literal, 4);
  cr_assert_eq (fci_plan_cost (plan)->copied, 300);
  fmtconv_ctx_free (ctx);
}

/* Two layouts that differ only in the region of a digest have different plans. */
Test (digest, is_part_of_the_plans_own)
{
  uint64_t digest[2];
  for (size_t i = 0; i < 2; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_layout *layout = fci_layout_new (ctx, "out");
      fmtconv_file *file = fmtconv_layout_create (layout, NULL);
      const size_t region[] = { fmtconv_file_emit (file, "a", 1), fmtconv_file_emit (file, "b", 1) };
      fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, region[i], 1);
      cr_assert_eq (fci_layout_freeze (layout), 0);
      digest[i] = fci_plan_digest (fci_plan_compile (ctx, layout));
      fmtconv_ctx_free (ctx);
    }
  cr_assert_neq (digest[0], digest[1]);
}

typedef void emitter (fmtconv_ctx *ctx, fmtconv_file *file);

static void
of_digest (fmtconv_ctx *ctx, fmtconv_file *file)
{
  (void) ctx;
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, fmtconv_file_emit (file, "a", 1), 1);
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, 1, 1);
}

static void
of_tied (fmtconv_ctx *ctx, fmtconv_file *file)
{
  static const uint8_t zero;
  uint64_t one = 1;
  fmtconv_view *view =
      fmtconv_view_leaf (fci_source_memory (ctx, &zero, 1, "m"), 0, FMTCONV_U8, 1, &one, NULL);
  fmtconv_file_emit_tied (file, "b", fmtconv_file_emit_view (file, "a", view));
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, 1, 1);
}

static void
of_nothing (fmtconv_ctx *ctx, fmtconv_file *file)
{
  (void) ctx;
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, fmtconv_file_emit (file, "a", 1), 0);
}

static void
past_the_end (fmtconv_ctx *ctx, fmtconv_file *file)
{
  (void) ctx;
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, fmtconv_file_emit (file, "a", 1), 2);
}

static void
from_future (fmtconv_ctx *ctx, fmtconv_file *file)
{
  (void) ctx;
  fmtconv_file_emit_digest (file, FMTCONV_DIGEST_CRC32, 0, 1);
}

static void
without_kind (fmtconv_ctx *ctx, fmtconv_file *file)
{
  (void) ctx;
  fmtconv_file_emit_digest (file, 77, fmtconv_file_emit (file, "a", 1), 1);
}

static void
tied_to_text (fmtconv_ctx *ctx, fmtconv_file *file)
{
  (void) ctx;
  fmtconv_file_emit_tied (file, "t", fmtconv_file_emit (file, "a", 1));
}

Test (digest, refusals)
{
  static const struct
  {
    emitter *emit;
    const char *says;
  } bad[] = { { of_digest, "a region that is a digest" }, { of_tied, "does not own bytes" },
              { of_nothing, "does not own bytes" },       { past_the_end, "no region 1 yet" },
              { from_future, "no region 0 yet" },         { without_kind, "77 is not a digest kind" },
              { tied_to_text, "is not a tensor" } };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
      captured h;
      fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
      fmtconv_layout *layout = fci_layout_new (ctx, "out");
      bad[i].emit (ctx, fmtconv_layout_create (layout, NULL));
      cr_assert_eq (fci_layout_freeze (layout), FMTCONV_E_INTERNAL);
      cr_assert_not_null (strstr (h.text, bad[i].says), "%s", h.text);
      fmtconv_ctx_free (ctx);
    }
}

/* A second name has no bytes, but is a tensor of the file. */
Test (digest, tied_names)
{
  static const uint8_t zeroes[400];
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  uint64_t size = 100;
  fmtconv_source *source = fci_source_memory (ctx, zeroes, sizeof zeroes, "m");
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_file_emit (file, "head", 4);
  fmtconv_view *view = fmtconv_view_leaf (source, 0, FMTCONV_F32, 1, &size, NULL);
  fmtconv_file_emit_tied (file, "other", fmtconv_file_emit_view (file, "one", view));
  cr_assert_eq (fci_layout_freeze (layout), 0);
  const fci_region *tied = file->last;
  cr_assert (tied->kind == FCI_REGION_TIED && tied->at == 4 && tied->size == 0
             && tied->u.tensor.view == view);
  cr_assert_eq (file->n_tensors, 2);
  cr_assert_eq (fmtconv_file_size (file), 404);
  fmtconv_ctx_free (ctx);
}
