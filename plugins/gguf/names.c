/* plugins/gguf/names.c: escapes keys, names files, and reports errors at a byte of a file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <stdio.h>
#include <string.h>

const char *
gguf_after (const char *name, const char *prefix)
{
  size_t n = strlen (prefix);
  return strncmp (name, prefix, n) ? NULL : name + n;
}

int
gguf_is_architecture (const char *name)
{
  static const char *const taken[] = { "general", "tokenizer", "split", "fmtconv", "comfy" };
  size_t n = strlen (name);
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
    if (!strcmp (name, taken[i]))
      return 0;
  return n > 0 && n < 64 && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n && *name != '-'
         && *name != '_';
}

int
gguf_is_image_architecture (const char *name)
{
  static const char *const images[] = { "aura", "cosmos",     "flux", "hidream", "hyvid", "ltxv", "lumina2",
                                        "pig",  "qwen_image", "sd1",  "sd3",     "sdxl",  "wan" };
  for (size_t i = 0; i < sizeof images / sizeof *images && name; i++)
    if (!strcmp (name, images[i]))
      return 1;
  return 0;
}

const char *
gguf_key (fmtconv_ctx *ctx, const char *prefix, const char *text)
{
  size_t n = strlen (prefix);
  char *key = fmtconv_ctx_alloc (ctx, n + strlen (text) + 1, 3), *to = key;
  if (!key)
    return NULL;
  memcpy (to, prefix, n);
  for (to += n; *text; text++)
    if (*text > ' ' && *text <= '~' && *text != '%')
      *to++ = *text;
    else
      to += sprintf (to, "%%%02X", (unsigned char) *text);
  *to = '\0';
  return key;
}

static int
digit (char c)
{
  static const char digits[] = "0123456789ABCDEF";
  const char *at = c ? strchr (digits, c) : NULL;
  return at ? (int) (at - digits) : -1;
}

const char *
gguf_unkey (fmtconv_ctx *ctx, const char *key)
{
  char *text = fmtconv_ctx_alloc (ctx, strlen (key) + 1, 1), *to = text;
  for (; text && *key; key++)
    if (*key == '%' && digit (key[1]) >= 0 && digit (key[2]) >= 0 && (digit (key[1]) || digit (key[2])))
      {
        *to++ = (char) (16 * digit (key[1]) + digit (key[2]));
        key += 2;
      }
    else
      *to++ = *key;
  return text;
}

const char *
gguf_split_name (fmtconv_ctx *ctx, const char *stem, size_t no, size_t count)
{
  return fmtconv_ctx_printf (ctx, "%s-%05zu-of-%05zu" GGUF_SUFFIX, stem, no + 1, count);
}

int
gguf_fail (const struct gguf_file *f, uint64_t at, const char *tensor, const char *what)
{
  return fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = f->c.source, .offset = at, .tensor = tensor }, "%s",
                          what);
}
