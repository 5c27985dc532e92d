/* plugins/safetensors/members.c: finds where the members of a header lie in its text.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The text was parsed before, so that it is valid JSON; here only its structure is followed, and nothing beyond its end. */
#include "config.h"

#include "edit.h"
#include <string.h>

static int
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
skip_blanks (const struct safetensors_header *h, size_t at)
{
  while (at < h->n && is_blank (h->text[at]))
    at++;
  return at;
}

/* Returns the position after a string. */
static size_t
skip_string (const struct safetensors_header *h, size_t at)
{
  for (at++; at < h->n && h->text[at] != '"'; at++)
    at += h->text[at] == '\\';
  return at + 1;
}

/* Returns the position after a value of any kind. */
static size_t
skip_value (const struct safetensors_header *h, size_t at)
{
  size_t depth = 0;
  for (; at < h->n; at++)
    {
      const char c = h->text[at];
      if (c == '"')
        at = skip_string (h, at) - 1;
      else if (c == '{' || c == '[')
        depth++;
      else if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_blank (c)))
        return at;
      else if (c == '}' || c == ']')
        depth--;
      if (depth == 0 && (c == '"' || c == '}' || c == ']'))
        return at + 1;
    }
  return at;
}

static int
fail (const struct safetensors_header *h, size_t at)
{
  return fmtconv_fail_at (h->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = h->patch.source, .offset = 8 + at },
                          "the header is not a JSON object");
}

/* Reads the member at `at`.  Returns 0 or a code. */
static int
take_member (const struct safetensors_header *h, size_t at, struct safetensors_member *m)
{
  if (at >= h->n || h->text[at] != '"')
    return fail (h, at);
  *m = (struct safetensors_member){ .key = at, .key_end = skip_string (h, at) };
  const size_t colon = skip_blanks (h, m->key_end);
  if (colon >= h->n || h->text[colon] != ':')
    return fail (h, colon);
  m->value = skip_blanks (h, colon + 1);
  m->value_end = skip_value (h, m->value);
  m->next = skip_blanks (h, m->value_end);
  if (m->next >= h->n || (h->text[m->next] != ',' && h->text[m->next] != '}'))
    return fail (h, m->next);
  return 0;
}

/* Appends a member.  Returns 0 or a code. */
static int
add (fmtconv_ctx *ctx, struct safetensors_members *list, size_t *capacity, const struct safetensors_member *m)
{
  if (list->n == *capacity)
    {
      struct safetensors_member *more = fmtconv_ctx_alloc (ctx, *capacity = 2 * *capacity + 16, sizeof *more);
      if (more && list->n)
        memcpy (more, list->item, list->n * sizeof *more);
      list->item = more;
    }
  if (list->item)
    list->item[list->n++] = *m;
  return fmtconv_ctx_failed (ctx);
}

int
safetensors_find_members (struct safetensors_header *h, size_t open, struct safetensors_members *out)
{
  size_t capacity = 0, at = skip_blanks (h, open);
  *out = (struct safetensors_members){ .open = at };
  if (at >= h->n || h->text[at] != '{')
    return fail (h, at);
  at = skip_blanks (h, at + 1);
  while (at < h->n && h->text[at] != '}')
    {
      struct safetensors_member m;
      if (take_member (h, at, &m) || add (h->ctx, out, &capacity, &m))
        return fmtconv_ctx_failed (h->ctx);
      at = h->text[m.next] == ',' ? skip_blanks (h, m.next + 1) : m.next;
    }
  out->close = at;
  return at < h->n ? 0 : fail (h, at);
}

const char *
safetensors_string (const struct safetensors_header *h, size_t from, size_t to)
{
  const char *json = fmtconv_ctx_printf (h->ctx, "%.*s", (int) (to - from), h->text + from);
  const fmtconv_attr *value = json ? fmtconv_attr_literal (h->ctx, json) : NULL;
  return value && value->kind == FMTCONV_ATTR_STRING ? value->v.s : NULL;
}

const char *
safetensors_quote (fmtconv_ctx *ctx, const char *s)
{
  fmtconv_attr *holder = fmtconv_attr_object (ctx);
  fmtconv_attr_set_string (holder, "", s);
  fmtconv_attr *value = fmtconv_attr_get (holder, "");
  return value ? fmtconv_attr_json_text (value, 0) : NULL;
}

int
safetensors_check_name (const struct safetensors_header *h, const char *name)
{
  const char *quoted = safetensors_quote (h->ctx, name);
  const char *json = quoted ? fmtconv_ctx_printf (h->ctx, "{%s:0}", quoted) : NULL;
  fmtconv_source *source =
      json ? fmtconv_source_memory (h->ctx, json, strlen (json), "the header with the new name") : NULL;
  fmtconv_cursor c = fmtconv_cursor_start (source);
  if (source)
    fmtconv_cursor_take_json (&c, strlen (json), 2);
  return fmtconv_ctx_failed (h->ctx);
}

int
safetensors_is_string (const struct safetensors_header *h, size_t from, size_t to, const char *wanted)
{
  const size_t n = to - from - 2;
  if (h->text[from] != '"')
    return 0;
  if (!memchr (h->text + from + 1, '\\', n))
    return n == strlen (wanted) && !memcmp (h->text + from + 1, wanted, n);
  /* An escape has at most 6 bytes for one, so that most strings need not be decoded. */
  const size_t wanted_n = strlen (wanted);
  const char *decoded = wanted_n < n && n <= 6 * wanted_n ? safetensors_string (h, from, to) : NULL;
  return decoded && !strcmp (decoded, wanted);
}

size_t
safetensors_find (const struct safetensors_header *h, const struct safetensors_members *in, const char *name)
{
  for (size_t i = 0; i < in->n; i++)
    if (safetensors_is_string (h, in->item[i].key, in->item[i].key_end, name))
      return i;
  return SAFETENSORS_NOWHERE;
}
