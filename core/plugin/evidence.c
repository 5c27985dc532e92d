/* core/plugin/evidence.c: by what a reader's files and folders are known without its module.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/globs.h"
#include "core/base/os.h"
#include "core/plugin/evidence.h"
#include <fmtconv/model.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum
{
  PEEKED = 4096 /* bytes at each end of a file that are looked at */
};

/* ---- Parsing */

/* Parses two hexadecimal digits.  Returns false for other text. */
static bool
take_hex (const char **at, uint8_t *out)
{
  static const char digits[] = "0123456789abcdef";
  unsigned value = 0;
  for (int i = 0; i < 2; i++, ++*at)
    {
      const char *digit = **at ? strchr (digits, **at) : NULL;
      if (!digit)
        return false;
      value = 16 * value + (unsigned) (digit - digits);
    }
  *out = (uint8_t) value;
  return true;
}

const char *
fci_bytes_parse (const char *text, fci_bytes *out)
{
  char *end;
  const long at = strtol (text, &end, 10);
  *out = (fci_bytes){ .at = (int) at };
  if (end == text || *end != ':' || at > 4095 || at < -4096)
    return "it begins with the place of the first byte, from -4096 to 4095, and a colon";
  const char *s = end + 1;
  for (s += strspn (s, " "); *s; s += strspn (s, " "))
    {
      if (out->n == FCI_EVIDENCE_BYTES)
        return "it has more than 32 bytes";
      uint8_t *low = &out->low[out->n], *high = &out->high[out->n++];
      if (!take_hex (&s, low))
        return "a byte is two hexadecimal digits in lower case, or a range of them: 02-05";
      *high = *low;
      if (*s == '-' && (s++, !take_hex (&s, high)))
        return "a range ends in two hexadecimal digits in lower case: 02-05";
      if (*high < *low)
        return "a range ends before it begins";
      if (*s && *s != ' ')
        return "there is a space between two bytes";
    }
  if (!out->n)
    return "it has no bytes";
  return at < 0                        ? (long) out->n > -at ? "it reaches beyond the end of the file" : NULL
         : at + (long) out->n > PEEKED ? "it reaches beyond the first 4096 bytes"
                                       : NULL;
}

/* ---- Matching */

bool
fci_has_suffix (const char *name, const char *suffixes)
{
  size_t len = strlen (name);
  for (const char *at = suffixes ? suffixes : ""; *at;)
    {
      at += strspn (at, " ");
      size_t n = strcspn (at, " ");
      if (n && n < len && !strncasecmp (name + len - n, at, n))
        return true;
      at += n;
    }
  return false;
}

static bool
has_bytes (const fci_bytes *run, const fmtconv_peek *peek)
{
  const size_t back = (size_t) -run->at;
  const uint8_t *at = NULL;
  if (run->at >= 0 && peek->head_len >= (size_t) run->at + run->n)
    at = peek->head + run->at;
  else if (run->at < 0 && peek->tail_len >= back && back >= run->n)
    at = peek->tail + peek->tail_len - back;
  for (unsigned i = 0; at && i < run->n; i++)
    if (at[i] < run->low[i] || at[i] > run->high[i])
      return false;
  return at != NULL;
}

bool
fci_peek_has_text (const fmtconv_peek *peek, const char *text)
{
  const size_t n = strlen (text);
  return (peek->head_len >= n && fci_os_find (peek->head, peek->head_len, text, n))
         || (peek->tail_len >= n && fci_os_find (peek->tail, peek->tail_len, text, n));
}

static bool
has_entry (const fci_evidence *row, const char *globs, const fmtconv_peek *peek)
{
  for (size_t i = 0; i < peek->n_entries; i++)
    if (fci_globs_match (globs, peek->entries[i]) && !fci_globs_match (row->except, peek->entries[i]))
      return true;
  return false;
}

unsigned
fci_evidence_bits (const fci_evidence *row, const fmtconv_peek *peek)
{
  bool holds = (row->n_entries > 0) == (peek->is_folder != 0);
  for (unsigned i = 0; holds && i < row->n_entries; i++)
    holds = has_entry (row, row->entries[i], peek);
  for (unsigned i = 0; holds && i < row->n_bytes; i++)
    holds = has_bytes (&row->bytes[i], peek);
  if (holds && row->inside)
    holds = fci_peek_has_text (peek, row->inside);
  if (holds && row->names)
    holds = fci_globs_match (row->names, peek->base);
  if (holds && !row->n_entries)
    holds = !fci_globs_match (row->except, peek->base);
  return holds ? row->bits : 0;
}
