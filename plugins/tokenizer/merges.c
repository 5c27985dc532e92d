/* plugins/tokenizer/merges.c: the merges of a BPE tokenizer, in the order of their ranks.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

/* The two parts of a merge; they are not terminated. */
struct merge
{
  const char *left, *right;
  size_t n_left, n_right;
};

static int
fail (const struct tokenizer *t, size_t number, const char *what)
{
  return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = t->json, .hint = TOKENIZER_HINT }, "merge %zu: %s",
                          number, what);
}

/* Splits "a b".  Returns whether there is exactly one space, and something on both sides. */
static int
split_text (const char *text, size_t n, struct merge *out)
{
  const char *space = memchr (text, ' ', n);
  if (!space || space == text)
    return 0;
  *out = (struct merge){ .left = text,
                         .n_left = (size_t) (space - text),
                         .right = space + 1,
                         .n_right = n - (size_t) (space - text) - 1 };
  return out->n_right && !memchr (out->right, ' ', out->n_right);
}

/* Returns whether it is "a b" or ["a", "b"]. */
static int
split (const fmtconv_attr *item, struct merge *out)
{
  if (item->kind == FMTCONV_ATTR_STRING)
    return split_text (item->v.s, item->len, out);
  const fmtconv_attr *a = item->kind == FMTCONV_ATTR_ARRAY && item->len == 2 ? item->first : NULL;
  if (!a || a->kind != FMTCONV_ATTR_STRING || a->next->kind != FMTCONV_ATTR_STRING)
    return 0;
  *out = (struct merge){ .left = a->v.s, .n_left = a->len, .right = a->next->v.s, .n_right = a->next->len };
  return a->len && a->next->len;
}

/* Merges while they are checked and counted, then written. */
struct writer
{
  struct tokenizer *t;
  const char *continuing; /* prefix of tokens inside of words */
  char *joined;           /* room for the longest token */
  struct tokenizer_bytes bytes;
  size_t size;
  size_t n;
};

/* Returns the id of the token that a merge makes; -1: none. */
static int64_t
find_joined (const struct writer *w, const struct merge *m)
{
  size_t skip = strlen (w->continuing);
  if (skip > m->n_right || memcmp (m->right, w->continuing, skip) != 0)
    skip = 0;
  if (m->n_left + m->n_right - skip > w->t->vocab.longest)
    return -1;
  memcpy (w->joined, m->left, m->n_left);
  memcpy (w->joined + m->n_left, m->right + skip, m->n_right - skip);
  return tokenizer_vocab_find (&w->t->vocab, w->joined, m->n_left + m->n_right - skip);
}

static size_t
count_spaces (const char *text, size_t n)
{
  size_t spaces = 0;
  for (size_t i = 0; i < n; i++)
    spaces += text[i] == ' ';
  return spaces;
}

/* Checks one merge, and adds its bytes to the size. */
static int
check (struct writer *w, const struct merge *m)
{
  const struct tokenizer_vocab *v = &w->t->vocab;
  const int no_left = tokenizer_vocab_find (v, m->left, m->n_left) < 0,
            no_right = tokenizer_vocab_find (v, m->right, m->n_right) < 0;
  if (no_left || no_right)
    return fail (w->t, w->n,
                 fmtconv_ctx_printf (w->t->ctx, "'%.*s' is not a token",
                                     (int) (no_left ? m->n_left : m->n_right), no_left ? m->left : m->right));
  if (find_joined (w, m) < 0)
    return fail (w->t, w->n,
                 fmtconv_ctx_printf (w->t->ctx, "'%.*s' and '%.*s' do not make a token", (int) m->n_left,
                                     m->left, (int) m->n_right, m->right));
  w->size += 8 + m->n_left + 1 + m->n_right + count_spaces (m->left, m->n_left)
             + count_spaces (m->right, m->n_right);
  w->n++;
  return 0;
}

/* Writes a part with "Ġ" for each space, because a space separates the parts. */
static void
put_part (struct tokenizer_bytes *b, const char *text, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (text[i] == ' ')
      {
        b->at[b->n++] = 0xc4;
        b->at[b->n++] = 0xa0;
      }
    else
      b->at[b->n++] = (unsigned char) text[i];
}

static void
put (struct writer *w, const struct merge *m)
{
  const size_t spaces = count_spaces (m->left, m->n_left) + count_spaces (m->right, m->n_right);
  tokenizer_bytes_number (&w->bytes, m->n_left + 1 + m->n_right + spaces, 8);
  put_part (&w->bytes, m->left, m->n_left);
  w->bytes.at[w->bytes.n++] = ' ';
  put_part (&w->bytes, m->right, m->n_right);
}

static int
begin (struct writer *w, struct tokenizer *t, const char *continuing)
{
  *w = (struct writer){ .t = t, .continuing = continuing };
  w->joined = fmtconv_ctx_alloc (t->ctx, t->vocab.longest + 1, 1);
  return w->joined ? 0 : fmtconv_ctx_failed (t->ctx);
}

static int
begin_writing (struct writer *w)
{
  w->bytes = (struct tokenizer_bytes){ .at = fmtconv_ctx_alloc (w->t->ctx, w->size + 1, 1) };
  return w->bytes.at ? 0 : fmtconv_ctx_failed (w->t->ctx);
}

static int
end (struct writer *w)
{
  if (w->n)
    w->t->merges = tokenizer_packed (w->t->ctx, &w->bytes, FMTCONV_ATTR_STRING, 0, w->n);
  return fmtconv_ctx_failed (w->t->ctx);
}

int
tokenizer_read_merges (struct tokenizer *t, const fmtconv_attr *array, const char *continuing)
{
  struct writer w;
  struct merge m = { 0 };
  if (array->kind != FMTCONV_ATTR_ARRAY)
    return fail (t, 0, "the merges are not an array");
  if (begin (&w, t, continuing))
    return fmtconv_ctx_failed (t->ctx);
  for (const fmtconv_attr *a = array->first; a; a = a->next)
    {
      if (!split (a, &m))
        return fail (t, w.n, "it is neither \"a b\" nor [\"a\", \"b\"]");
      if (check (&w, &m))
        return fmtconv_ctx_failed (t->ctx);
    }
  if (begin_writing (&w))
    return fmtconv_ctx_failed (t->ctx);
  for (const fmtconv_attr *a = array->first; a; a = a->next)
    {
      split (a, &m);
      put (&w, &m);
    }
  return end (&w);
}

/* Returns the text after the next line, and sets the parts of the merge in it, without a left part if the line is empty;
 * NULL: no other line, or an error. */
static const char *
next_line (const struct writer *w, const char *at, struct merge *m)
{
  size_t n = strcspn (at, "\n"), used = n - (n && at[n - 1] == '\r');
  *m = (struct merge){ 0 };
  if (!*at)
    return NULL;
  if (used && !split_text (at, used, m))
    {
      fail (w->t, w->n, "the line is not two tokens with a space between");
      return NULL;
    }
  return at + n + (at[n] == '\n');
}

/* Returns the text after the comment that merges.txt begins with. */
static const char *
skip_comment (const char *text)
{
  return *text == '#' ? text + strcspn (text, "\n") : text;
}

int
tokenizer_read_merges_txt (struct tokenizer *t, fmtconv_source *source)
{
  struct writer w;
  struct merge m;
  const char *text = tokenizer_read_text (t, source);
  fmtconv_source *json = t->json;
  if (!text || begin (&w, t, ""))
    return fmtconv_ctx_failed (t->ctx);
  t->json = source;
  for (const char *at = skip_comment (text); (at = next_line (&w, at, &m));)
    if (m.left && check (&w, &m))
      return fmtconv_ctx_failed (t->ctx);
  if (fmtconv_ctx_failed (t->ctx) || begin_writing (&w))
    return fmtconv_ctx_failed (t->ctx);
  for (const char *at = skip_comment (text); (at = next_line (&w, at, &m));)
    if (m.left)
      put (&w, &m);
  t->json = json;
  return end (&w);
}
