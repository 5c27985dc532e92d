/* plugins/gguf/override.c: applies the user's keys.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <string.h>

#define DIGITS "0123456789"

/* Returns whether the text is a JSON number. */
static int
is_number (const char *text)
{
  const char *p = text + (*text == '-');
  size_t n = strspn (p, DIGITS);
  if (!n || (n > 1 && *p == '0'))
    return 0;
  p += n;
  if (*p == '.')
    {
      n = strspn (++p, DIGITS);
      p += n;
    }
  if (n && (*p == 'e' || *p == 'E'))
    {
      p++;
      p += *p == '+' || *p == '-';
      n = strspn (p, DIGITS);
      p += n;
    }
  return n && !*p;
}

/* Returns whether it is words of lower-case letters, digits, '_' and '-', joined by dots. */
static int
is_key (const char *key)
{
  for (;; key++)
    {
      size_t n = strspn (key, "abcdefghijklmnopqrstuvwxyz" DIGITS "_-");
      key += n;
      if (!n || !*key)
        return n > 0;
      if (*key != '.')
        return 0;
    }
}

/* Returns whether only the writer may set the key. */
static int
is_own_key (const char *key)
{
  return !strcmp (key, GGUF_ARCHITECTURE) || !strcmp (key, GGUF_ALIGN) || gguf_after (key, GGUF_SPLIT)
         || gguf_after (key, "fmtconv.") || gguf_after (key, GGUF_SHAPE);
}

int
gguf_override (fmtconv_attr *keys, const fmtconv_pairs *pairs)
{
  for (size_t i = 0; i < pairs->n; i++)
    {
      const char *key = pairs->key[i], *text = pairs->value[i];
      if (!is_key (key))
        return fmtconv_fail (
            keys->ctx, FMTCONV_E_USAGE,
            "kv.%s: a key is words of lower-case letters, digits, '_' and '-', joined by dots", key);
      if (is_own_key (key))
        return fmtconv_fail (keys->ctx, FMTCONV_E_USAGE,
                             "kv.%s: this key describes the file itself; only the writer sets it", key);
      if (!*text)
        fmtconv_attr_unset (keys, key);
      else if (*text == '"' || *text == '[' || is_number (text) || !strcmp (text, "true")
               || !strcmp (text, "false"))
        fmtconv_attr_set (keys, key, fmtconv_attr_literal (keys->ctx, text));
      else
        fmtconv_attr_set_string (keys, key, text);
    }
  return fmtconv_ctx_failed (keys->ctx);
}
