/* core/layout/sum-line.c: lines of a manifest, in the forms that sha256sum -c reads.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/sha256.h"
#include "core/layout/sum-line.h"
#include <string.h>

#define HEX "0123456789abcdefABCDEF"
#define TAG "SHA256 ("
#define TAG_END ") = "

/* Restores the characters that sha256sum escapes, in place.  Returns false for other escapes. */
static bool
unescape (char *name)
{
  char *to = name;
  for (const char *from = name; *from; from++)
    {
      if (*from != '\\')
        *to++ = *from;
      else if (*++from == '\\' || *from == 'n' || *from == 'r')
        *to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : '\\';
      else
        return false;
    }
  *to = '\0';
  return true;
}

/* Splits "SHA256 (NAME) = DIGEST" of n bytes.  Returns the name, or NULL if it has another form. */
static char *
split_tag (char *text, size_t n, const char **digest)
{
  const size_t start = sizeof TAG - 1, end = sizeof TAG_END - 1;
  if (n <= start + end + FCI_SHA256_TEXT || strncmp (text, TAG, start) != 0)
    return NULL;
  *digest = text + n - FCI_SHA256_TEXT;
  char *close = text + n - FCI_SHA256_TEXT - end;
  if (strspn (*digest, HEX) != FCI_SHA256_TEXT || strncmp (close, TAG_END, end) != 0)
    return NULL;
  *close = '\0';
  return text + start;
}

/* The same for "DIGEST  NAME" and "DIGEST *NAME". */
static char *
split_plain (char *text, const char **digest)
{
  if (strspn (text, HEX) != FCI_SHA256_TEXT || text[FCI_SHA256_TEXT] != ' '
      || (text[FCI_SHA256_TEXT + 1] != ' ' && text[FCI_SHA256_TEXT + 1] != '*') || !text[FCI_SHA256_TEXT + 2])
    return NULL;
  *digest = text;
  return text + FCI_SHA256_TEXT + 2;
}

static bool
split (char *text, size_t n, fci_sum_line *line)
{
  const bool is_escaped = *text == '\\';
  text += is_escaped;
  n -= is_escaped;
  char *name = split_plain (text, &line->digest);
  if (!name)
    name = split_tag (text, n, &line->digest);
  line->name = name;
  return name && (!is_escaped || unescape (name));
}

bool
fci_sum_line_next (fci_sum_text *text, fci_sum_line *line)
{
  if (text->next >= text->size)
    return false;
  char *start = text->bytes + text->next;
  const char *end = memchr (start, '\n', text->size - text->next);
  size_t n = end ? (size_t) (end - start) : text->size - text->next;
  *line = (fci_sum_line){ .kind = FCI_SUM_OTHER, .at = text->next };
  text->next += n + (end != NULL);
  n -= n > 0 && start[n - 1] == '\r';
  start[n] = '\0';
  if (*start == '#')
    line->kind = FCI_SUM_COMMENT;
  else if (end && !memchr (start, '\0', n) && split (start, n, line))
    line->kind = FCI_SUM_FILE;
  return true;
}
