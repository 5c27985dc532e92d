/* tests/unit/base.c: contexts, arena, checked arithmetic, map.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/map.h"
#include "core/base/scratch.h"
#include "core/base/size.h"
#include "core/base/slab.h"
#include "core/base/utf8.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
#include <sched.h>
#include <string.h>

/* ---- Arena */

Test (arena, reused_without_growing)
{
  static const char zeroes[3000];
  fci_arena arena = { 0 };
  for (int round = 0; round < 100; round++)
    {
      for (int i = 0; i < 20; i++)
        {
          char *piece = fci_arena_alloc (&arena, sizeof zeroes);
          cr_assert (piece && memcmp (piece, zeroes, sizeof zeroes) == 0);
          memset (piece, 1, sizeof zeroes);
        }
      cr_assert_not_null (fci_arena_alloc (&arena, 100000));
      cr_assert_lt (arena.total, 300000);
      fci_arena_reuse (&arena);
      cr_assert_lt (arena.total, 100000);
    }
  fci_arena_clear (&arena);
}

Test (arena, zeroed_aligned_distinct)
{
  fci_arena arena = { 0 };
  char *before = NULL;
  for (size_t n = 0; n < 3000; n += 7)
    {
      char *piece = fci_arena_alloc (&arena, n);
      cr_assert_not_null (piece);
      cr_assert_eq ((uintptr_t) piece % _Alignof(max_align_t), 0);
      cr_assert_neq (piece, before);
      for (size_t i = 0; i < n; i++)
        cr_assert_eq (piece[i], 0);
      memset (piece, 0xff, n);
      before = piece;
    }
  char *large = fci_arena_alloc (&arena, 5000000), *small = fci_arena_alloc (&arena, 16);
  cr_assert (large && small);
  memset (large, 0xff, 5000000);
  cr_assert_eq (small[0], 0);
  cr_assert_geq (arena.total, 5000000);
  cr_assert_null (fci_arena_alloc (&arena, SIZE_MAX));
  cr_assert_null (fci_arena_alloc (&arena, SIZE_MAX - 64));
  fci_arena_clear (&arena);
  cr_assert_eq (arena.total, 0);
  fci_arena_reuse (&arena);
  cr_assert_eq (arena.total, 0);
}

Test (arena, products_are_checked)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_assert_null (fmtconv_ctx_alloc (ctx, SIZE_MAX / 2, 3));
  cr_assert_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_NOMEM);
  cr_assert_str_eq (c.text, "out of memory");
  cr_assert_null (fmtconv_ctx_alloc (ctx, 1, 1), "after an error nothing happens");
  fmtconv_ctx_free (ctx);
}

Test (check, arithmetic)
{
  uint64_t r;
  cr_expect (fci_size_add (UINT64_MAX - 1, 1, &r) && r == UINT64_MAX);
  cr_expect_not (fci_size_add (UINT64_MAX, 1, &r));
  cr_expect (fci_size_mul (UINT64_C (1) << 32, (UINT64_C (1) << 32) - 1, &r));
  cr_expect_not (fci_size_mul (UINT64_C (1) << 32, UINT64_C (1) << 32, &r));
  cr_expect (fci_size_within (10, 0, 10) && fci_size_within (0, 10, 10));
  cr_expect_not (fci_size_within (11, 0, 10) || fci_size_within (1, 10, 10)
                 || fci_size_within (1, UINT64_MAX, 10));
  cr_expect (fci_size_round_up (9, 8, &r) && r == 16 && fci_size_round_up (16, 8, &r) && r == 16);
  cr_expect_not (fci_size_round_up (UINT64_MAX - 3, 8, &r));
}

/* ---- Map */

Test (map, hash_is_siphash)
{
  /* Vectors of the SipHash-2-4 reference: key 00 01 … 0f, message 00 01 … of that length. */
  static const struct
  {
    size_t len;
    uint64_t hash;
  } vectors[] = { { 0, 0x726fdb47dd0e0e31 },
                  { 1, 0x74f839c593dc67fd },
                  { 8, 0x93f5f5799a932462 },
                  { 15, 0xa129ca6149be45e5 } };
  uint8_t bytes[16];
  for (unsigned i = 0; i < 16; i++)
    bytes[i] = (uint8_t) i;
  uint64_t seed[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
  for (size_t i = 0; i < 4; i++)
    cr_expect_eq (fci_hash (seed, bytes, vectors[i].len), vectors[i].hash);
}

Test (map, hundred_thousand_keys)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fci_map *map = fci_map_new (ctx);
  uintptr_t value;
  for (size_t i = 0; i < 100000; i++)
    {
      const char *key = fmtconv_ctx_printf (ctx, "transformer.layers.%zu.weight", i);
      cr_assert (fci_map_add (map, key, strlen (key), i, NULL));
    }
  cr_assert_eq (fci_map_count (map), 100000);
  for (size_t i = 0; i < 100000; i++)
    {
      char key[64];
      int n = snprintf (key, sizeof key, "transformer.layers.%zu.weight", i);
      cr_assert (fci_map_get (map, key, (size_t) n, &value) && value == i);
      cr_assert_not (fci_map_get (map, key, (size_t) n - 1, &value));
    }
  cr_assert_not (fci_map_add (map, "transformer.layers.7.weight", 27, 1, &value));
  cr_assert_eq (value, 7);
  cr_assert (fci_map_set (map, "transformer.layers.7.weight", 27, 1));
  cr_assert (fci_map_get (map, "transformer.layers.7.weight", 27, &value) && value == 1);
  cr_assert_eq (fci_map_count (map), 100000);
  fmtconv_ctx_free (ctx);
}

Test (map, odd_keys)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fci_map *map = fci_map_new (ctx);
  uintptr_t value = 0;
  cr_assert_not (fci_map_get (map, "", 0, &value));
  cr_assert (fci_map_add (map, NULL, 0, 5, NULL));
  cr_assert (fci_map_get (map, "", 0, &value) && value == 5);
  cr_assert (fci_map_add (map, "a\0b", 3, 6, NULL) && fci_map_add (map, "a\0c", 3, 7, NULL));
  cr_assert (fci_map_get (map, "a\0b", 3, &value) && value == 6);
  cr_assert_not (fci_map_get (map, "a", 1, &value));
  fmtconv_ctx_free (ctx);
}

/* ---- Context */

Test (ctx, defaults)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  cpu_set_t set;
  cr_assert_eq (sched_getaffinity (0, sizeof set, &set), 0);
  cr_expect_eq (ctx->options.threads, (unsigned) CPU_COUNT (&set));
  cr_expect_eq (ctx->options.memory, UINT64_C (64) << 20);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_neq (fmtconv_ctx_failed (NULL), 0);
  fmtconv_ctx_free (ctx);
  fmtconv_ctx_free (NULL);
}

/* Expects a context that has failed with that code and text, which the callback got too. */
static void
expect_failed (fmtconv_options *options, int code, const char *text)
{
  collected c = { 0 };
  options->message = collect;
  options->arg = &c;
  fmtconv_ctx *ctx = fmtconv_ctx_new (options);
  cr_assert_not_null (ctx);
  cr_expect_eq (fmtconv_ctx_failed (ctx), code, "%s", c.text);
  cr_expect (strstr (c.what, text), "'%s' instead of '%s'", c.what, text);
  cr_assert_not_null (fmtconv_ctx_error (ctx));
  cr_expect_str_eq (fmtconv_ctx_error (ctx)->what, c.what);
  fmtconv_ctx_free (ctx);
}

/* An application that was built with a later release sets nothing new, or something. */
Test (ctx, longer_options)
{
  const char *folder = "/";
  struct
  {
    fmtconv_options options;
    char later[64];
  } longer = { .options = {
                   .struct_size = sizeof longer, .threads = 7, .plugin_dirs = &folder, .n_plugin_dirs = 1 } };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&longer.options);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_eq (ctx->options.threads, 7);
  cr_expect_eq (ctx->options.struct_size, sizeof (fmtconv_options));
  cr_expect_str_eq (ctx->options.plugin_dirs[0], "/");
  cr_expect_neq (ctx->options.plugin_dirs[0], folder);
  fmtconv_ctx_free (ctx);
  char text[128];
  snprintf (text, sizeof text, "fmtconv_options sets a field at byte %zu", sizeof longer - 1);
  longer.later[63] = 1;
  expect_failed (&longer.options, FMTCONV_E_USAGE, text);
}

/* Without a size, the callback is not known: the context tells. */
Test (ctx, options_without_a_size)
{
  static const size_t sizes[] = { 0, 1, sizeof (fmtconv_options) - sizeof (size_t),
                                  sizeof (fmtconv_options) + 1, SIZE_MAX - 7 };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    {
      collected c = { 0 };
      fmtconv_options options = { .struct_size = sizes[i], .message = collect, .arg = &c };
      fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
      cr_assert_not_null (ctx);
      cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_USAGE);
      cr_expect_eq (c.n[FMTCONV_MSG_ERROR], 0);
      cr_expect (strstr (fmtconv_ctx_error (ctx)->what, "fmtconv_options has struct_size"));
      cr_expect (strstr (fmtconv_ctx_error (ctx)->hint, "sizeof (fmtconv_options)"));
      cr_expect_null (fmtconv_preset_list (ctx, NULL));
      fmtconv_ctx_free (ctx);
    }
}

Test (ctx, unknown_options)
{
  static const char *const names[] = { "x", NULL };
  fmtconv_options options = { .struct_size = sizeof options, .flags = 1u << 20 | FMTCONV_FORCE };
  expect_failed (&options, FMTCONV_E_USAGE, "bit 20 (0x100000)");
  options.flags = 0;
  options.threads = 1025;
  expect_failed (&options, FMTCONV_E_USAGE, "threads is 1025");
  options.threads = 1024;
  options.n_plugin_dirs = 1;
  expect_failed (&options, FMTCONV_E_USAGE, "plugin_dirs is NULL, but there should be 1");
  options.plugin_dirs = names;
  options.n_plugin_dirs = 2;
  expect_failed (&options, FMTCONV_E_USAGE, "plugin_dirs: item 2 is NULL");
}

static int order[3], n_order;

static void
note_order (void *arg)
{
  order[n_order++] = *(int *) arg;
}

Test (ctx, defers_run_newest_first)
{
  int one = 1, two = 2, three = 3;
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  cr_assert_eq (fci_defer_call (ctx, note_order, &one), 0);
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "an error does not keep things from being undone");
  cr_assert_eq (fci_defer_call (ctx, note_order, &two), 0);
  cr_assert_eq (fci_defer_call (ctx, note_order, &three), 0);
  fmtconv_ctx_free (ctx);
  cr_assert (n_order == 3 && order[0] == 3 && order[1] == 2 && order[2] == 1);
}

Test (ctx, cancel)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fci_check_cancel (ctx), 0);
  fmtconv_ctx_cancel (ctx);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "only who checks records it");
  cr_expect_eq (fci_check_cancel (ctx), FMTCONV_E_CANCELLED);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_CANCELLED);
  cr_expect_eq (c.n[FMTCONV_MSG_ERROR], 1);
  fmtconv_ctx_free (ctx);
}

Test (ctx, version)
{
  cr_expect_str_eq (fmtconv_version (), PACKAGE_VERSION);
}

/* ---- The budget */

Test (budget, ends_at_its_limit)
{
  fci_budget b = { .limit = 1000 };
  cr_expect (fci_budget_take (&b, 999));
  cr_expect (fci_budget_take (&b, 1), "the limit itself is allowed");
  cr_expect_not (fci_budget_take (&b, 4 << 20), "more than what is left for a message");
  cr_expect (b.is_over);
  cr_expect_eq (b.used, 1000);
  fci_budget_give (&b, 1000);
  cr_expect_eq (b.used, 0);
  cr_expect_eq (b.most, 1000);
  b = (fci_budget){ .limit = 1000 };
  cr_expect_not (fci_budget_take (&b, 1001));
  b = (fci_budget){ .limit = 1000, .tensors = 1 };
  cr_expect (fci_budget_take (&b, 1000 + 4096), "each tensor adds to it");
  b = (fci_budget){ .limit = 1000, .tensors = 1 };
  cr_expect_not (fci_budget_take (&b, 1001 + 4096));
  b = (fci_budget){ .limit = UINT64_MAX, .tensors = UINT64_MAX, .input = UINT64_MAX };
  cr_expect (fci_budget_take (&b, UINT64_MAX));
  cr_expect_not (fci_budget_take (&b, 1));
}

Test (budget, follows_the_input)
{
  fci_budget b = { .limit = 256 << 20, .follows_input = true, .tensors = 1000 };
  cr_expect_eq (fci_budget_limit (&b), 20 << 20);
  fci_budget_add_input (&b, "a", 1000);
  fci_budget_add_input (&b, "b", 10);
  cr_expect_eq (fci_budget_limit (&b), (20 << 20) + 12 * 1010);
  cr_expect_str_eq (b.file, "a", "the largest");
  cr_expect (fci_budget_take (&b, (20 << 20) + 12 * 1010 + 20 * 1010),
             "tensors add no more than the input allows");
  cr_expect_not (fci_budget_take (&b, 4 << 20));
  fci_budget_add_input (&b, "c", UINT64_MAX / 2);
  cr_expect_eq (fci_budget_limit (&b), 256 << 20);
}

/* Everything that was charged is given back. */
Test (budget, arenas_and_maps_are_charged)
{
  fci_budget b = { .limit = 3 << 20 };
  fci_arena arena = { .budget = &b };
  cr_expect_not_null (fci_arena_alloc (&arena, 1 << 20));
  cr_expect_gt (b.used, 1 << 20);
  cr_expect_null (fci_arena_alloc (&arena, 2 << 20));
  cr_expect (b.is_over);
  fci_arena_clear (&arena);
  cr_expect_eq (b.used, 0);
  cr_expect_eq (arena.budget, &b);
  const fmtconv_options options = { .struct_size = sizeof options, .parse_memory = 1 << 20 };
  fmtconv_ctx *ctx = fci_ctx_new (&options);
  fci_map *map = fci_map_new (ctx);
  static uint32_t keys[100000];
  for (uint32_t i = 0; i < 100000 && !fmtconv_ctx_failed (ctx); i++)
    {
      keys[i] = i;
      fci_map_add (map, &keys[i], sizeof keys[i], 1, NULL);
    }
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_LIMIT);
  const fmtconv_message *error = fmtconv_ctx_error (ctx);
  cr_expect (strstr (error->text, "takes more memory than the limit of 1.0 MiB"), "%s", error->text);
  cr_expect (strstr (error->hint, "--parse-memory"));
  fmtconv_ctx_free (ctx);
}

/* Whatever is tried, lack of memory says nothing about it. */
Test (budget, outlives_an_attempt)
{
  const fmtconv_options options = { .struct_size = sizeof options, .parse_memory = 1 << 20 };
  fmtconv_ctx *ctx = fci_ctx_new (&options);
  fci_try saved;
  fci_try_begin (ctx, &saved);
  cr_expect_null (fmtconv_ctx_alloc (ctx, 1, 2 << 20));
  cr_expect_eq (fci_try_end (ctx, &saved), FMTCONV_E_LIMIT);
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_LIMIT);
  fmtconv_ctx_free (ctx);
  ctx = fci_ctx_new (&options);
  fci_try_begin (ctx, &saved);
  cr_expect_null (fmtconv_ctx_alloc (ctx, 1, 2 << 20));
  cr_expect_eq (fci_try_forget (ctx, &saved), FMTCONV_E_LIMIT);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_not_null (fmtconv_ctx_alloc (ctx, 1, 1000));
  fmtconv_ctx_free (ctx);
}

/* What a scratch holds ends with it, and is no longer charged. */
Test (scratch, ends_with_its_memory)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  const uint64_t before = ctx->budget.used;
  fmtconv_scratch_begin (ctx);
  cr_assert (fmtconv_scratch_alloc (ctx, 1000, 1000));
  cr_assert_geq (ctx->budget.used, before + 1000000);
  fmtconv_scratch_begin (ctx);
  cr_assert_str_eq (fmtconv_scratch_printf (ctx, "%d%300d", 7, 8) + 300, "8");
  const uint64_t inner = ctx->budget.used;
  fmtconv_scratch_end (ctx);
  cr_assert_lt (ctx->budget.used, inner);
  fmtconv_scratch_end (ctx);
  cr_assert_eq (ctx->budget.used, before);
  cr_assert (fmtconv_scratch_alloc (ctx, 10, 10), "without a scratch, memory is the context's");
  fmtconv_ctx_free (ctx);
}

/* A callback cannot end the scratch that the core began for it; what it left open ends with it. */
Test (scratch, belongs_to_its_callback)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fci_scratch *const outer = fci_scratch_begin (ctx);
  const uint64_t before = ctx->budget.used;
  for (unsigned i = 0; i < 3; i++)
    fmtconv_scratch_begin (ctx);
  fci_scratch_end_all (ctx, outer);
  cr_assert_null (ctx->scratch);
  cr_assert_lt (ctx->budget.used, before);
  fci_scratch_begin (ctx);
  fmtconv_scratch_end (ctx);
  cr_assert_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

/* The newest piece grows where it is; large pieces can be given back. */
Test (arena, extended_and_released)
{
  fci_arena arena = { 0 };
  char *piece = fci_arena_alloc (&arena, 20);
  cr_assert (fci_arena_extend (&arena, piece, 20, 100));
  cr_assert_eq (piece[119], 0);
  cr_assert_geq ((char *) fci_arena_alloc (&arena, 1), piece + 120);
  cr_assert_not (fci_arena_extend (&arena, piece, 120, 100), "it is not the newest");
  const size_t before = arena.total;
  void *large = fci_arena_alloc (&arena, 2 << 20);
  fci_arena_release (&arena, piece, 120);
  fci_arena_release (&arena, large, 2 << 20);
  cr_assert_eq (arena.total, before);
  fci_arena_clear (&arena);
}

/* Most objects lie next to each other, and none over another. */
Test (slab, is_walked_in_order)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fci_slab slab = { 0 };
  unsigned *before = NULL, adjacent = 0;
  for (unsigned i = 1; i <= 3000; i++)
    {
      unsigned *object = fci_slab_new (ctx, &ctx->arena, &slab, 24);
      cr_assert_not_null (object);
      cr_assert_eq (object[0] | object[5], 0u);
      cr_assert (!before || (before[0] == i - 1 && before[5] == i - 1));
      object[0] = object[5] = i;
      adjacent += before && (char *) object == (char *) before + 24;
      before = object;
      cr_assert_not_null (fmtconv_ctx_alloc (ctx, 1, 16));
    }
  cr_assert_geq (adjacent, 2900u);
  fmtconv_ctx_free (ctx);
}

/* It ends at the first other byte, or up to seven bytes before. */
Test (text, printable)
{
  char text[41];
  for (unsigned c = 0; c < 256; c++)
    for (size_t at = 0; at < 40; at++)
      {
        memset (text, 'a' + (int) at % 26, 40);
        text[at] = (char) c;
        const size_t n = fci_printable (text, 40);
        cr_assert_leq (n, 40u);
        if (c >= 0x20 && c < 0x7f)
          cr_assert_eq (n, 40u, "%u", c);
        else
          cr_assert (n <= at && at - n < 8, "%u at %zu: %zu", c, at, n);
      }
  cr_assert_eq (fci_printable ("", 0), 0u);
}
