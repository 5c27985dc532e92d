/* tests/unit/base.c: contexts, messages, arena, map, escaping, formatting, sizes, near names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/check.h"
#include "core/base/map.h"
#include "core/base/text.h"
#include "core/source/source.h"
#include "tests/unit/collect.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static char *
format (fmtconv_ctx *ctx, const char *text, ...)
{
  va_list ap;
  va_start (ap, text);
  char *out = fci_vformat (ctx, text, ap);
  va_end (ap);
  return out;
}

/* ---- Escaping */

Test (escape, every_class)
{
  static const struct
  {
    const char *in, *out;
  } table[] = {
    { "plain text, 'quoted' \"twice\"", "plain text, 'quoted' \"twice\"" },
    { "\x1b[31mred", "\\x1b[31mred" },                               /* C0 */
    { "a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd" },                         /* C0 with names */
    { "\x01\x1f", "\\x01\\x1f" },                                    /* the ends of C0 */
    { "del\x7f", "del\\x7f" },                                       /* DEL */
    { "\xc2\x80\xc2\x9b\xc2\x9f", "\\u0080\\u009b\\u009f" },         /* C1 */
    { "\xc2\xa0", "\xc2\xa0" },                                      /* the first behind C1 */
    { "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },                /* line separators */
    { "\xe2\x80\xaa\xe2\x80\xae", "\\u202a\\u202e" },                /* bidi embeddings and overrides */
    { "\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069" },                /* bidi isolates */
    { "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "\\u061c\\u200e\\u200f" }, /* bidi marks */
    { "\xef\xbb\xbf", "\\ufeff" },                                   /* BOM */
    { "back\\slash", "back\\\\slash" },
    { "\xff\xfe", "\\xff\\xfe" },                   /* no UTF-8 at all */
    { "a\xe2\x82", "a\\xe2\\x82" },                 /* a character that ends too early */
    { "\xc0\xaf", "\\xc0\\xaf" },                   /* overlong */
    { "\xed\xa0\x80", "\\xed\\xa0\\x80" },          /* a surrogate */
    { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* beyond U+10FFFF */
    { "Grüße, 世界 🙂", "Grüße, 世界 🙂" },
  };
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    {
      cr_expect_str_eq (fci_escape (ctx, table[i].in, strlen (table[i].in)), table[i].out);
      cr_expect_str_eq (format (ctx, "<%s>", table[i].in), fmtconv_text (ctx, "<%s>", table[i].out));
    }
  cr_expect_str_eq (fci_escape (ctx, "a\0b", 3), "a\\x00b");
  fmtconv_ctx_free (ctx);
}

Test (escape, cuts_at_a_border)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  char text[1000];
  memset (text, 'a', sizeof text);
  cr_expect_eq (strlen (fci_escape (ctx, text, 256)), 256);
  const char *cut = fci_escape (ctx, text, 257);
  cr_expect_eq (strlen (cut), 256 + strlen ("…"));
  cr_expect_str_eq (cut + 256, "…");
  memcpy (text + 254, "\xe2\x82\xac", 3); /* a character over the border is left out whole */
  cr_expect_str_eq (fci_escape (ctx, text, 300) + 254, "…");
  text[254] = '\x1b'; /* so is an escape */
  cr_expect_str_eq (fci_escape (ctx, text, 300) + 254, "…");
  fmtconv_ctx_free (ctx);
}

Test (escape, utf8)
{
  cr_expect (fci_is_utf8 ("", 0));
  cr_expect (fci_is_utf8 ("aé€🙂", strlen ("aé€🙂")));
  cr_expect (fci_is_utf8 ("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10));
  cr_expect_not (fci_is_utf8 ("a\0b", 3));
  cr_expect_not (fci_is_utf8 ("\xc1\xbf", 2));
  cr_expect_not (fci_is_utf8 ("\xe0\x9f\xbf", 3));
  cr_expect_not (fci_is_utf8 ("\xf0\x8f\xbf\xbf", 4));
  cr_expect_not (fci_is_utf8 ("\xed\xbf\xbf", 3));
  cr_expect_not (fci_is_utf8 ("\xf5\x80\x80\x80", 4));
  cr_expect_not (fci_is_utf8 ("\x80", 1));
  cr_expect_not (fci_is_utf8 ("\xe2\x82\xac", 2));
}

/* ---- Formatting: the C library's printf is the reference. */

#define SAME(...)                                                    \
  do                                                                 \
    {                                                                \
      char reference[1024];                                          \
      snprintf (reference, sizeof reference, __VA_ARGS__);           \
      cr_expect_str_eq (format (ctx, __VA_ARGS__), reference);       \
      cr_expect_str_eq (fmtconv_text (ctx, __VA_ARGS__), reference); \
    }                                                                \
  while (0)

Test (format, conversions)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  SAME ("no conversion");
  SAME ("%d %i %u %o %x %X %c %s %%", -1, 2, 3u, 8u, 255u, 255u, 'c', "text");
  SAME ("%5d|%-5d|%05d|%+d|% d|%#x|%#o", 42, 42, 42, 42, 42, 42u, 42u);
  SAME ("%*d|%-*d|%.*d|%.3d|%.0d", 6, 7, 6, 7, 4, 7, 7, 0);
  SAME ("%*d", -6, 7);
  SAME ("%hhd %hd %ld %lld %zd %td %jd", (signed char) -3, (short) -4, -5L, -6LL, (ssize_t) -7,
        (ptrdiff_t) -8, (intmax_t) -9);
  SAME ("%hhu %hu %lu %llu %zu %ju", (unsigned char) 255, (unsigned short) 65535, ~0UL, ~0ULL, SIZE_MAX,
        UINTMAX_MAX);
  SAME ("%" PRId64 " %" PRIu64 " %#" PRIx64, INT64_MIN, UINT64_MAX, UINT64_MAX);
  SAME ("%f %.2f %e %.3E %g %G %10.3f|%-10.1f|%+g", 1.5, 1.005, 12345.678, 0.00012, 1e-10, 1e20, 3.14159,
        2.25, 7.0);
  SAME ("%f", 1.7976931348623157e308);
  SAME ("%10s|%-10s|%.2s|%8.3s|%.*s", "abc", "abc", "abc", "abcdef", 1, "xyz");
  SAME ("%p", (void *) ctx);
  fmtconv_ctx_free (ctx);
}

Test (format, strings_need_no_nul_within_precision)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  char *three = malloc (3);
  memcpy (three, "abc", 3);
  cr_expect_str_eq (format (ctx, "%.*s", 3, three), "abc");
  free (three);
  const char *none = NULL;
  cr_expect_str_eq (format (ctx, "%s", none), "(null)");
  cr_expect_str_eq (format (ctx, "%c", '\x1b'), "\\x1b");
  fmtconv_ctx_free (ctx);
}

Test (format, locale_does_not_matter)
{
  const char *names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8" };
  for (size_t i = 0; i < 3 && !setlocale (LC_ALL, names[i]); i++)
    ;
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  cr_expect_str_eq (format (ctx, "%.1f", 1.5), "1.5");
  cr_expect_str_eq (fmtconv_text (ctx, "%.1f", 1.5), "1.5");
  fmtconv_ctx_free (ctx);
}

Test (format, text_is_not_escaped_or_cut)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  char long_text[5000];
  memset (long_text, '\\', sizeof long_text - 1);
  long_text[sizeof long_text - 1] = '\0';
  cr_expect_str_eq (fmtconv_text (ctx, "%s", long_text), long_text);
  cr_expect_null (fmtconv_text (NULL, "x"));
  fmtconv_ctx_free (ctx);
}

/* ---- Arena */

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
}

Test (arena, products_are_checked)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_assert_null (fmtconv_alloc (ctx, SIZE_MAX / 2, 3));
  cr_assert_eq (fmtconv_failed (ctx), FMTCONV_E_NOMEM);
  cr_assert_str_eq (c.text, "out of memory");
  cr_assert_null (fmtconv_alloc (ctx, 1, 1), "after an error nothing happens");
  fmtconv_ctx_free (ctx);
}

Test (check, arithmetic)
{
  uint64_t r;
  cr_expect (fci_add (UINT64_MAX - 1, 1, &r) && r == UINT64_MAX);
  cr_expect_not (fci_add (UINT64_MAX, 1, &r));
  cr_expect (fci_mul (UINT64_C (1) << 32, (UINT64_C (1) << 32) - 1, &r));
  cr_expect_not (fci_mul (UINT64_C (1) << 32, UINT64_C (1) << 32, &r));
  cr_expect (fci_within (10, 0, 10) && fci_within (0, 10, 10));
  cr_expect_not (fci_within (11, 0, 10) || fci_within (1, 10, 10) || fci_within (1, UINT64_MAX, 10));
  cr_expect (fci_round_up (9, 8, &r) && r == 16 && fci_round_up (16, 8, &r) && r == 16);
  cr_expect_not (fci_round_up (UINT64_MAX - 3, 8, &r));
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
      const char *key = fmtconv_text (ctx, "transformer.layers.%zu.weight", i);
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
  cr_expect_eq (fmtconv_failed (ctx), 0);
  cr_expect_neq (fmtconv_failed (NULL), 0);
  fmtconv_ctx_free (ctx);
  fmtconv_ctx_free (NULL);
}

Test (ctx, struct_sizes)
{
  fmtconv_options options = { .struct_size = offsetof (fmtconv_options, threads),
                              .flags = FMTCONV_FORCE,
                              .threads = 7 };
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  cr_expect_eq (ctx->options.flags, (unsigned) FMTCONV_FORCE);
  cr_expect_neq (ctx->options.threads, 7, "a field beyond the caller's struct was read");
  fmtconv_ctx_free (ctx);

  struct
  {
    fmtconv_options options;
    char later[64];
  } longer = { .options = { .struct_size = sizeof longer, .threads = 7, .plugin_dir = "/p" } };
  ctx = fmtconv_ctx_new (&longer.options);
  cr_expect_eq (ctx->options.threads, 7);
  cr_expect_eq (ctx->options.struct_size, sizeof (fmtconv_options));
  cr_expect_str_eq (ctx->options.plugin_dir, "/p");
  cr_expect_neq (ctx->options.plugin_dir, longer.options.plugin_dir);
  fmtconv_ctx_free (ctx);
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
  fmtconv_cancel (ctx);
  cr_expect_eq (fmtconv_failed (ctx), 0, "only who checks records it");
  cr_expect_eq (fci_check_cancel (ctx), FMTCONV_E_CANCELLED);
  cr_expect_eq (fmtconv_failed (ctx), FMTCONV_E_CANCELLED);
  cr_expect_eq (c.n[FMTCONV_MSG_ERROR], 1);
  fmtconv_ctx_free (ctx);
}

Test (ctx, version)
{
  cr_expect_str_eq (fmtconv_version (), PACKAGE_VERSION);
}

/* ---- Messages */

Test (message, the_first_error_is_kept)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the first"), FMTCONV_E_FORMAT);
  cr_expect_eq (fmtconv_fail (ctx, FMTCONV_E_LIMIT, "the second"), FMTCONV_E_LIMIT);
  fmtconv_warn (ctx, "not told");
  fmtconv_note (ctx, "not told");
  cr_expect_eq (fmtconv_failed (ctx), FMTCONV_E_FORMAT);
  cr_expect_str_eq (c.text, "the first");
  cr_expect (c.n[FMTCONV_MSG_ERROR] == 1 && c.n[FMTCONV_MSG_WARNING] == 0 && c.n[FMTCONV_MSG_NOTE] == 0);
  fmtconv_ctx_free (ctx);
}

Test (message, a_code_that_is_none)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_fail (ctx, 0, "oops"), FMTCONV_E_INTERNAL);
  cr_expect_eq (fmtconv_failed (ctx), FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

Test (message, has_every_part)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  ctx->file = "typed.pt";
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
  ctx->file = "in\n.pt";
  const fmtconv_where where = { .offset = 5, .tensor = "t" };
  fmtconv_fail_at (ctx, FMTCONV_E_LIMIT, &where, "too much");
  cr_expect_str_eq (c.text, "in\\x0a.pt: tensor 't': too much");
  fmtconv_ctx_free (ctx);
}

Test (message, of_another_file)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  ctx->file = "mine.pt";
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

Test (message, details_are_cut_at_twenty)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  for (int i = 1; i <= 23; i++)
    fmtconv_detail (ctx, "name %d \n", i);
  fmtconv_warn (ctx, "these");
  cr_expect (c.n_details == 20 && c.n_more == 3);
  cr_expect_str_eq (c.detail, "name 20 \\x0a");
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
  ctx->file = huge;
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
  cr_expect (c.level == FMTCONV_MSG_WARNING && c.code == FMTCONV_E_STRICT && fmtconv_failed (ctx) == 0);
  fmtconv_ctx_free (ctx);

  ctx = collecting (&c, FMTCONV_STRICT);
  cr_expect_eq (fmtconv_note (ctx, "a note stays a note"), 0);
  cr_expect_eq (fmtconv_warn (ctx, "careful"), FMTCONV_E_STRICT);
  cr_expect (c.level == FMTCONV_MSG_ERROR && fmtconv_failed (ctx) == FMTCONV_E_STRICT);
  cr_expect_str_eq (c.text, "careful (hint: this is a warning, which --strict makes an error)");
  fmtconv_ctx_free (ctx);
}

Test (message, lossy)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, 0);
  cr_expect_eq (fmtconv_lossy (ctx, "would round"), FMTCONV_E_LOSSY);
  cr_expect (c.level == FMTCONV_MSG_ERROR && fmtconv_failed (ctx) == FMTCONV_E_LOSSY);
  cr_expect_str_eq (c.text, "would round (hint: --allow-lossy accepts the loss)");
  fmtconv_ctx_free (ctx);

  ctx = collecting (&c, FMTCONV_ALLOW_LOSSY);
  cr_expect_eq (fmtconv_lossy (ctx, "rounds"), 0);
  cr_expect (c.level == FMTCONV_MSG_WARNING && c.code == FMTCONV_E_LOSSY && fmtconv_failed (ctx) == 0);
  cr_expect_str_eq (c.text, "rounds");
  fmtconv_ctx_free (ctx);
}

Test (message, trying_is_not_seen)
{
  collected c = { 0 };
  fmtconv_ctx *ctx = collecting (&c, FMTCONV_STRICT);
  fci_try outer, inner;
  ctx->file = "f";
  fci_try_begin (ctx, &outer);
  ctx->file = "g";
  cr_expect_eq (fmtconv_warn (ctx, "unseen"), 0);
  fci_try_begin (ctx, &inner);
  fmtconv_detail (ctx, "unseen");
  fmtconv_fail (ctx, FMTCONV_E_MISSING, "unseen");
  cr_expect_eq (fmtconv_failed (ctx), FMTCONV_E_MISSING);
  cr_expect_eq (fci_try_end (ctx, &inner), FMTCONV_E_MISSING);
  cr_expect_eq (fmtconv_failed (ctx), 0);
  cr_expect_eq (fci_try_end (ctx, &outer), 0);
  cr_expect_str_eq (ctx->file, "f");
  cr_expect (c.n[FMTCONV_MSG_ERROR] + c.n[FMTCONV_MSG_WARNING] == 0);
  fmtconv_fail (ctx, FMTCONV_E_FORMAT, "seen");
  cr_expect_str_eq (c.text, "f: seen");
  cr_expect_eq (c.n_details, 0);
  fmtconv_ctx_free (ctx);
}

/* ---- Sizes and names */

Test (text, parse_size)
{
  static const struct
  {
    const char *text;
    uint64_t bytes;
  } good[] = { { "0", 0 },
               { "1048576", 1048576 },
               { "7B", 7 },
               { "5GB", 5000000000 },
               { "64M", 1 << 26 },
               { "64MiB", 1 << 26 },
               { "64mib", 1 << 26 },
               { "3k", 3072 },
               { "3kB", 3000 },
               { "2T", UINT64_C (2) << 40 },
               { "1PB", UINT64_C (1000000000000000) },
               { "15EiB", UINT64_C (15) << 60 },
               { "18446744073709551615", UINT64_MAX } };
  static const char *const bad[] = {
    "",    "M",    "-1",  " 1", "1 M", "1.5G", "1X", "1Mi", "1MBB", "1BB", "18446744073709551616",
    "16E", "0x10", "1M\n"
  };
  uint64_t bytes;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    cr_expect (fci_parse_size (good[i].text, &bytes) && bytes == good[i].bytes, "%s", good[i].text);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    cr_expect_not (fci_parse_size (bad[i], &bytes), "'%s'", bad[i]);
}

Test (text, human)
{
  static const struct
  {
    uint64_t bytes;
    const char *text;
  } table[] = { { 0, "0 B" },
                { 1023, "1023 B" },
                { 1024, "1.0 KiB" },
                { 1536, "1.5 KiB" },
                { 1048575, "1.0 MiB" },
                { 1048576, "1.0 MiB" },
                { UINT64_C (5) << 30, "5.0 GiB" },
                { UINT64_C (11258999068426240), "10.0 PiB" },
                { UINT64_MAX, "16.0 EiB" } };
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
    cr_expect_str_eq (fci_human (ctx, table[i].bytes), table[i].text);
  fmtconv_ctx_free (ctx);
}

Test (text, nearest)
{
  static const char *const names[] = { "safetensors", "torch", "sat", "cast", "cogvideox-lora" };
  cr_expect_str_eq (fci_nearest ("saftensors", names, 5), "safetensors");
  cr_expect_str_eq (fci_nearest ("torhc", names, 5), "torch");
  cr_expect_str_eq (fci_nearest ("cogvideo-lora", names, 5), "cogvideox-lora");
  cr_expect_null (fci_nearest ("gguf", names, 5));
  cr_expect_null (fci_nearest ("", names, 5));
  char huge[5000];
  memset (huge, 'a', sizeof huge - 1);
  huge[sizeof huge - 1] = '\0';
  cr_expect_null (fci_nearest (huge, names, 5));
}
