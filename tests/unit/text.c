/* tests/unit/text.c: escaping, formatting, sizes, similar names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/sink.h"
#include "core/base/text.h"
#include <criterion/criterion.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
format (fmtconv_ctx *ctx, const char *text, ...)
{
  char out[16 * 1024] = "";
  fci_sink sink = FCI_SINK (out);
  va_list ap;
  va_start (ap, text);
  fci_sink_vformat (&sink, text, ap);
  va_end (ap);
  return fci_strndup (ctx, out, sink.len);
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
    { "\xc2\xa0", "\xc2\xa0" },                                      /* the first character after C1 */
    { "\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029" },                /* line separators */
    { "\xe2\x80\xaa\xe2\x80\xae", "\\u202a\\u202e" },                /* bidi embeddings and overrides */
    { "\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069" },                /* bidi isolates */
    { "\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "\\u061c\\u200e\\u200f" }, /* bidi marks */
    { "\xef\xbb\xbf", "\\ufeff" },                                   /* BOM */
    { "back\\slash", "back\\\\slash" },
    { "\xff\xfe", "\\xff\\xfe" },                   /* not UTF-8 */
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
      cr_expect_str_eq (format (ctx, "<%s>", table[i].in), fmtconv_ctx_printf (ctx, "<%s>", table[i].out));
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
  memcpy (text + 254, "\xe2\x82\xac", 3); /* a character that crosses the limit is left out completely */
  cr_expect_str_eq (fci_escape (ctx, text, 300) + 254, "…");
  text[254] = '\x1b'; /* the same for an escape */
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

#define SAME(...)                                                          \
  do                                                                       \
    {                                                                      \
      char reference[1024];                                                \
      snprintf (reference, sizeof reference, __VA_ARGS__);                 \
      cr_expect_str_eq (format (ctx, __VA_ARGS__), reference);             \
      cr_expect_str_eq (fmtconv_ctx_printf (ctx, __VA_ARGS__), reference); \
    }                                                                      \
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
  cr_expect_str_eq (fmtconv_ctx_printf (ctx, "%.1f", 1.5), "1.5");
  fmtconv_ctx_free (ctx);
}

Test (format, text_is_not_escaped_or_cut)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  char long_text[5000];
  memset (long_text, '\\', sizeof long_text - 1);
  long_text[sizeof long_text - 1] = '\0';
  cr_expect_str_eq (fmtconv_ctx_printf (ctx, "%s", long_text), long_text);
  cr_expect_null (fmtconv_ctx_printf (NULL, "x"));
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
    cr_expect_str_eq (fci_size_text (ctx, table[i].bytes), table[i].text);
  fmtconv_ctx_free (ctx);
}

Test (text, nearest)
{
  static const char *const names[] = { "safetensors", "torch", "sat", "cast", "cogvideox-lora" };
  cr_expect_str_eq (fci_spell_nearest ("saftensors", names, 5), "safetensors");
  cr_expect_str_eq (fci_spell_nearest ("torhc", names, 5), "torch");
  cr_expect_str_eq (fci_spell_nearest ("cogvideo-lora", names, 5), "cogvideox-lora");
  cr_expect_null (fci_spell_nearest ("gguf", names, 5));
  cr_expect_null (fci_spell_nearest ("", names, 5));
  char huge[5000];
  memset (huge, 'a', sizeof huge - 1);
  huge[sizeof huge - 1] = '\0';
  cr_expect_null (fci_spell_nearest (huge, names, 5));
}
