/* tests/unit/plan.c: layouts, plans as text, costs, units, refusals at planning time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/model.h"
#include "core/model/new.h"
#include "tests/unit/plan-util.h"
#include <stdlib.h>
#include <string.h>

static const uint8_t zeroes[1 << 16];

static fmtconv_source *
memory (fmtconv_ctx *ctx, const char *name)
{
  return fci_source_memory (ctx, zeroes, sizeof zeroes, name);
}

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

Test (layout, bytes_follow_one_another)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_layout *layout = fci_layout_new (ctx, "x.bin");
  cr_assert_str_eq (fmtconv_layout_target (layout), "x.bin");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_attr *json = fmtconv_attr_literal (ctx, FMTCONV_JSON ({ "a" : 1 }));
  fmtconv_file_emit (file, "abc", 3);
  fmtconv_file_emit_le (file, 4, 0x01020304);
  cr_assert_eq (fmtconv_file_size (file), 7);
  fmtconv_file_align (file, 8, 0xff);
  fmtconv_file_align (file, 8, 0xff);
  cr_assert_eq (fmtconv_file_size (file), 8);
  fmtconv_file_emit_json (file, json, 0);
  fmtconv_file_emit_json (file, json, 1);
  cr_assert_eq (fmtconv_file_size (file), 8 + strlen (fmtconv_attr_json_text (json, 0))
                                              + strlen (fmtconv_attr_json_text (json, 1)) + 1);
  fmtconv_file_emit_view (file, "t",
                          fmtconv_view_leaf (memory (ctx, "m"), 0, FMTCONV_F16, 2, SHAPE (3, 5), NULL));
  cr_assert_eq (file->last->size, 30);
  cr_assert_eq (fci_layout_freeze (layout), 0);
  const fci_region *region = file->first;
  cr_assert_arr_eq (region->u.bytes, "abc", 3);
  cr_assert_arr_eq (region->next->u.bytes, "\4\3\2\1", 4);
  cr_assert_eq (region->next->next->u.fill, 0xff);
  fmtconv_file_emit (file, "late", 4);
  cr_assert_eq (h.code, FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

/* Returns the code of freezing a layout with files of these names. */
static int
freeze_named (const char *a, const char *b)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_layout *layout = fci_layout_new (ctx, "target");
  fmtconv_layout_create (layout, a);
  fmtconv_layout_create (layout, b);
  int code = fci_layout_freeze (layout);
  fmtconv_ctx_free (ctx);
  return code;
}

Test (layout, names_are_plain_and_distinct)
{
  cr_assert_eq (freeze_named (NULL, "b"), 0);
  cr_assert_eq (freeze_named (NULL, "target"), FMTCONV_E_INTERNAL);
  cr_assert_eq (freeze_named ("b", "b"), FMTCONV_E_INTERNAL);
  cr_assert_eq (freeze_named ("a", "../b"), FMTCONV_E_USAGE);
  cr_assert_eq (freeze_named ("a", ".."), FMTCONV_E_USAGE);
  cr_assert_eq (freeze_named ("a", ""), FMTCONV_E_USAGE);
}

Test (layout, mistakes_of_writers)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  cr_assert_eq (fci_layout_freeze (fci_layout_new (ctx, "t")), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_file_align (fmtconv_layout_create (fci_layout_new (ctx, "t"), NULL), 24, 0);
  cr_assert_eq (h.code, FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_file_emit_le (fmtconv_layout_create (fci_layout_new (ctx, "t"), NULL), 2, 65536);
  cr_assert_eq (h.code, FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

static void
golden (fmtconv_ctx *ctx, size_t n, fmtconv_view *const *views, const char *text)
{
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, n, views));
  cr_assert_not_null (plan);
  cr_assert_str_eq (fci_plan_text (plan), text);
}

Test (plan, copies_merge_across_tensors)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_source *a = memory (ctx, "a");
  fmtconv_view *t = fmtconv_view_leaf (a, 64, FMTCONV_F32, 2, SHAPE (4, 8), NULL);
  fmtconv_view *const parts[] = { fmtconv_view_chunk (t, 0, 0, 2), fmtconv_view_chunk (t, 0, 1, 2),
                                  fmtconv_view_leaf (a, 192, FMTCONV_U8, 1, SHAPE (8), NULL),
                                  fmtconv_view_leaf (a, 0, FMTCONV_U8, 1, SHAPE (8), NULL),
                                  fmtconv_view_leaf (a, 8, FMTCONV_F64, 0, NULL, NULL) };
  golden (ctx, 5, parts, "file 'out' 152\n0 copy 136 'a'@64\n136 copy 16 'a'@0\n");
  fmtconv_ctx_free (ctx);
}

/* A product is read, counted in the cost and printed; its scratch is part of the memory bound. */
Test (plan, products)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_source *a = memory (ctx, "a");
  fmtconv_view *t = fmtconv_view_leaf (a, 64, FMTCONV_F16, 2, SHAPE (4, 8), NULL);
  fmtconv_view *left = fmtconv_view_leaf (a, 1000, FMTCONV_F32, 2, SHAPE (4, 3), NULL);
  fmtconv_view *right = fmtconv_view_leaf (memory (ctx, "b"), 16, FMTCONV_F16, 2, SHAPE (3, 8), NULL);
  fmtconv_view *const sum[] = { fmtconv_view_slice (fmtconv_view_lowrank (t, left, right, 0.5), 0, 2, 2), t };
  golden (ctx, 2, sum,
          "file 'out' 96\n0 rows 32 't0' f16[2,8]: [0,0]+[2,8] <- 'a'@96 f16 (16,2)"
          " | add 0.5 times rank 3 'a'@1024 f32 'b'@16 f16 | round f16\n32 copy 64 'a'@64\n");
  const fci_cost *cost = fci_plan_cost (fci_plan_compile (ctx, layout_of (ctx, 1, sum)));
  cr_assert_eq (cost->read, 32 + 2 * 3 * 4 + 3 * 8 * 2);
  cr_assert_eq (cost->converted, 32);
  cr_assert_leq (cost->scratch, ctx->options.memory);
  ctx->options.memory = 300000;
  cr_assert_null (fci_plan_compile (ctx, layout_of (ctx, 1, sum)));
  cr_assert_eq (h.code, FMTCONV_E_LIMIT);
  fmtconv_ctx_free (ctx);
}

/* Factors of blocks, and the factor of these, are read once each, counted in the cost and printed. */
Test (plan, factors)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_source *a = memory (ctx, "a");
  fmtconv_view *t = fmtconv_view_leaf (a, 64, FMTCONV_F8_E4M3, 2, SHAPE (6, 8), NULL);
  fmtconv_view *scale = fmtconv_view_leaf (memory (ctx, "b"), 8, FMTCONV_BF16, 2, SHAPE (2, 2), NULL);
  fmtconv_view *one = fmtconv_view_leaf (a, 400, FMTCONV_F32, 0, NULL, NULL);
  fmtconv_view *all = fmtconv_view_multiply (t, fmtconv_view_divide (scale, one, NULL), SHAPE (4, 4));
  fmtconv_view *const cut[] = { fmtconv_view_cast (fmtconv_view_slice (all, 0, 3, 2), FMTCONV_F16) };
  golden (ctx, 1, cut,
          "file 'out' 32\n0 rows 32 't0' f16[2,8]: [0,0]+[2,8] <- 'a'@88 f8_e4m3 (8,1)"
          " | times 'b'@8 bf16 over 'a'@400 f32 | round f16\n");
  const fci_cost *cost = fci_plan_cost (fci_plan_compile (ctx, layout_of (ctx, 1, cut)));
  cr_assert_eq (cost->read, 2 * 8 + 4 * 2 + 4);
  cr_assert_leq (cost->scratch, ctx->options.memory);
  fmtconv_ctx_free (ctx);
}

/* Tensors that are a number, and tensors that are not. */
Test (plan, scalars)
{
  static const uint16_t half[] = { 0x4500, 0x3c00 };
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_source *source = fci_source_memory (ctx, half, sizeof half, "m");
  fmtconv_model *model = fci_model_new (ctx, NULL);
  double value = 0;
  fmtconv_model_put (model, "alpha", fmtconv_view_leaf (source, 0, FMTCONV_F16, 0, NULL, NULL));
  fmtconv_model_put (model, "two", fmtconv_view_leaf (source, 0, FMTCONV_F16, 1, SHAPE (2), NULL));
  cr_assert_eq (fmtconv_tensor_scalar (fmtconv_model_find (model, "alpha"), &value), 0);
  cr_assert_eq (value, 5);
  cr_assert_eq (fmtconv_tensor_scalar (fmtconv_model_find (model, "two"), &value), FMTCONV_E_UNSUPPORTED);
  fmtconv_ctx_free (ctx);
}

Test (plan, split_then_fused_is_one_copy)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *t = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_F16, 2, SHAPE (6, 4), NULL);
  fmtconv_view *const parts[] = { fmtconv_view_chunk (t, 0, 0, 3), fmtconv_view_chunk (t, 0, 1, 3),
                                  fmtconv_view_chunk (t, 0, 2, 3) };
  fmtconv_view *const fused[] = { fmtconv_view_concat (0, 3, parts) };
  golden (ctx, 1, fused, "file 'out' 48\n0 copy 48 'a'@0\n");
  fmtconv_ctx_free (ctx);
}

Test (plan, fused_from_several_sources)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *q = fmtconv_view_leaf (memory (ctx, "q"), 0, FMTCONV_F16, 2, SHAPE (2, 4), NULL);
  fmtconv_view *k = fmtconv_view_leaf (memory (ctx, "k"), 8, FMTCONV_F16, 2, SHAPE (4, 2), NULL);
  fmtconv_view *const parts[] = { q, fmtconv_view_permute (k, (const unsigned[]){ 1, 0 }), q };
  fmtconv_view *const rows[] = { fmtconv_view_concat (0, 3, parts) };
  fmtconv_view *const beside[] = { fmtconv_view_concat (1, 2, parts) };
  golden (ctx, 1, rows,
          "file 'out' 48\n0 copy 16 'q'@0\n"
          "16 rows 16 't0' f16[6,4] 8+8: [0,0]+[2,4] <- 'q'@0 f16 (8,2);"
          " [2,0]+[2,4] <- 'k'@8 f16 (2,4); [4,0]+[2,4] <- 'q'@0 f16 (8,2)\n"
          "32 copy 16 'q'@0\n");
  golden (ctx, 1, beside,
          "file 'out' 32\n0 rows 32 't0' f16[2,8]: [0,0]+[2,4] <- 'q'@0 f16 (8,2);"
          " [0,4]+[2,4] <- 'k'@8 f16 (2,4)\n");
  fmtconv_ctx_free (ctx);
}

Test (plan, programs_round_where_they_must)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *t = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_F16, 1, SHAPE (8), NULL);
  fmtconv_view *const views[] = { fmtconv_view_scale (t, 0.5),
                                  fmtconv_view_cast (t, FMTCONV_BF16),
                                  fmtconv_view_cast (fmtconv_view_scale (t, 2), FMTCONV_F32),
                                  fmtconv_view_scale (
                                      fmtconv_view_cast (fmtconv_view_scale (t, 2), FMTCONV_BF16), 3),
                                  fmtconv_view_cast (t, FMTCONV_F16),
                                  fmtconv_view_watch (t, FMTCONV_FINDING_NAN, FMTCONV_SEVERITY_ERROR, NULL) };
#define A "f16[8]: [0]+[8] <- 'a'@0 f16 (2)"
  golden (ctx, 6, views,
          "file 'out' 112\n0 rows 16 't0' " A " | scale 0.5 | round f16\n"
          "16 rows 16 't1' b" A " | round bf16\n"
          "32 rows 32 't2' f32[8]: [0]+[8] <- 'a'@0 f16 (2) | scale 2 | round f32\n"
          "64 rows 16 't3' b" A " | scale 2 | round bf16 | scale 3 | round bf16\n"
          "80 copy 16 'a'@0\n96 copy 16 'a'@0\n");
  fmtconv_ctx_free (ctx);
}

Test (plan, costs_add_up)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 1 << 20);
  fmtconv_view *t = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_F16, 2, SHAPE (100, 100), NULL);
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  fmtconv_file_emit (file, "head", 4);
  fmtconv_file_align (file, 64, 0);
  fmtconv_file_emit_view (file, "a", t);
  fmtconv_file_emit_view (file, "b", fmtconv_view_permute (t, (const unsigned[]){ 1, 0 }));
  fmtconv_file_emit_view (file, "c", fmtconv_view_cast (t, FMTCONV_F32));
  cr_assert_eq (fci_layout_freeze (layout), 0);
  const fci_plan *plan = fci_plan_compile (ctx, layout);
  const fci_cost *cost = fci_plan_cost (plan);
  cr_assert_eq (cost->literal, 64);
  cr_assert_eq (cost->copied, 20000);
  cr_assert_eq (cost->gathered, 20000);
  cr_assert_eq (cost->converted, 40000);
  cr_assert_eq (cost->written, 80064);
  cr_assert_eq (cost->read, 60000);
  cr_assert_eq (cost->runs, 5);
  cr_assert_leq (cost->scratch, 1 << 20);
  fmtconv_ctx_free (ctx);
}

/* Units tile the files, fit the buffers except for row panels, and end at ends of rows. */
static void
check_units (unsigned threads, uint64_t bound)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, threads, bound);
  fmtconv_view *row = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_F16, 2, SHAPE (3, 1000), NULL);
  fmtconv_view *wide =
      fmtconv_view_leaf (memory (ctx, "b"), 0, FMTCONV_F32, 2, SHAPE (3000, 1000), (const int64_t[]){ 4, 8 });
  fmtconv_view *const views[] = { row, fmtconv_view_cast (row, FMTCONV_F32), wide, row };
  const fci_plan *plan = fci_plan_compile (ctx, layout_of (ctx, 4, views));
  cr_assert_not_null (plan, "%s", h.text);
  uint64_t at = 0;
  for (size_t i = 0; i < plan->units.n; i++)
    {
      const fci_unit *unit = &FCI_UNITS (plan)[i];
      const fci_run *run = &FCI_RUNS (plan)[unit->run];
      cr_assert_eq (unit->at, at);
      uint64_t most = plan->unit_capacity;
      if (run->kind == FCI_RUN_ROWS && run->u.rows->row_panel > most)
        most = run->u.rows->row_panel;
      cr_assert (unit->size > 0 && unit->size <= most && unit->size <= plan->cost.unit);
      cr_assert (run->at <= at && at < run->at + run->size);
      at += unit->size;
      if (run->kind == FCI_RUN_ROWS && run->size > 1000000 && at < run->at + run->size)
        cr_assert_eq ((at - run->at) % 4000, 0);
    }
  cr_assert_eq (at, FCI_FILES (plan)[0].file->size);
  cr_assert_leq (plan->cost.scratch, bound);
  cr_assert_leq (plan->cost.threads, threads);
  fmtconv_ctx_free (ctx);
}

Test (plan, units_keep_the_bound)
{
  check_units (1, 64 << 20);
  check_units (8, 64 << 20);
  check_units (64, 4 << 20);
  check_units (1, 300000);
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 4, 100000);
  fmtconv_view *t = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_F16, 1, SHAPE (8), NULL);
  fmtconv_view *const view[] = { fmtconv_view_cast (t, FMTCONV_F32) };
  cr_assert_null (fci_plan_compile (ctx, layout_of (ctx, 1, view)));
  cr_assert_eq (h.code, FMTCONV_E_LIMIT);
  fmtconv_ctx_free (ctx);
}

Test (plan, refuses_what_no_kernel_can_do)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 1, 0);
  fmtconv_view *t = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_C64, 1, SHAPE (8), NULL);
  fmtconv_view *const view[] = { fmtconv_view_cast (t, FMTCONV_F32) };
  cr_assert_null (fci_plan_compile (ctx, layout_of (ctx, 1, view)));
  cr_assert_eq (h.code, FMTCONV_E_UNSUPPORTED);
  cr_assert_not_null (strstr (h.text, "tensor 't0'"), "%s", h.text);
  fmtconv_ctx_free (ctx);
  ctx = new_ctx (&h, 0, 1, 0);
  t = fmtconv_view_leaf (memory (ctx, "a"), 0, FMTCONV_F32, 1, SHAPE (8), NULL);
  for (int i = 0; i < 20; i++)
    t = fmtconv_view_scale (t, 2);
  fmtconv_view *const scaled[] = { t };
  cr_assert_null (fci_plan_compile (ctx, layout_of (ctx, 1, scaled)));
  cr_assert_eq (h.code, FMTCONV_E_UNSUPPORTED);
  fmtconv_ctx_free (ctx);
}

Test (plan, a_hundred_thousand_tensors_take_little)
{
  captured h;
  fmtconv_ctx *ctx = new_ctx (&h, 0, 2, 0);
  fmtconv_source *source = memory (ctx, "a");
  fmtconv_layout *layout = fci_layout_new (ctx, "out");
  fmtconv_file *file = fmtconv_layout_create (layout, NULL);
  enum
  {
    N = 100000
  };
  for (unsigned i = 0; i < N; i++)
    {
      fmtconv_view *t = fmtconv_view_leaf (source, 64 * (i % 1000), FMTCONV_F16, 2, SHAPE (2, 8), NULL);
      fmtconv_file_emit_view (file, "tensor", i % 2 ? fmtconv_view_cast (t, FMTCONV_F32) : t);
    }
  cr_assert_eq (fci_layout_freeze (layout), 0);
  const fci_cost *cost = fci_plan_cost (fci_plan_compile (ctx, layout));
  cr_assert_eq (cost->runs, N);
  cr_assert (cost->units >= 8 && cost->units <= 16);
  cr_assert_leq (cost->memory, 200 * N);
  fmtconv_ctx_free (ctx);
}
