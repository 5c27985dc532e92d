/* plugins/tokenizer/vocab.c: the tokens of a model by their ids, and by their texts.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
fail (const struct tokenizer_vocab *v, int code, const char *what)
{
  return fmtconv_fail_at (v->ctx, code, &(fmtconv_where){ .source = v->source, .hint = TOKENIZER_HINT }, "%s",
                          what);
}

int
tokenizer_vocab_reserve (struct tokenizer_vocab *v, uint64_t n)
{
  if (n <= v->capacity)
    return fmtconv_ctx_failed (v->ctx);
  if (n > TOKENIZER_MAX_TOKENS)
    return fmtconv_fail_at (
        v->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = v->source, .hint = TOKENIZER_HINT },
        "a vocabulary of %" PRIu64 " tokens, more than the limit of %d", n, TOKENIZER_MAX_TOKENS);
  struct tokenizer_token *more = fmtconv_ctx_alloc (v->ctx, (size_t) n, sizeof *more);
  if (!more)
    return fmtconv_ctx_failed (v->ctx);
  if (v->n)
    memcpy (more, v->at, v->n * sizeof *more);
  v->at = more;
  v->capacity = (size_t) n;
  return 0;
}

/* Makes room for the ids below n, and for more, so that tokens can be set one by one. */
static int
grow (struct tokenizer_vocab *v, uint64_t n)
{
  uint64_t more = n <= v->capacity ? n : (uint64_t) v->capacity * 2;
  more = more > TOKENIZER_MAX_TOKENS ? TOKENIZER_MAX_TOKENS : more;
  return tokenizer_vocab_reserve (v, more > n ? more : n);
}

int
tokenizer_vocab_set (struct tokenizer_vocab *v, int64_t id, const char *text, size_t n, unsigned type,
                     float score)
{
  if (id < 0 || n > UINT32_MAX)
    return fail (v, FMTCONV_E_FORMAT,
                 fmtconv_ctx_printf (v->ctx, "the token '%s' has the id %" PRId64, text, id));
  if (grow (v, (uint64_t) id + 1))
    return fmtconv_ctx_failed (v->ctx);
  struct tokenizer_token *token = &v->at[id];
  if (token->text && (token->n != n || memcmp (token->text, text, n) != 0))
    return fail (v, FMTCONV_E_FORMAT,
                 fmtconv_ctx_printf (v->ctx, "two tokens have the id %" PRId64 ": '%s' and '%s'", id,
                                     token->text, text));
  *token = (struct tokenizer_token){ .text = text, .n = (uint32_t) n, .type = type, .score = score };
  v->n = v->n > (size_t) id ? v->n : (size_t) id + 1;
  v->longest = v->longest > n ? v->longest : n;
  return 0;
}

static int
compare (const char *a, size_t n, const char *b, size_t m)
{
  const int order = memcmp (a, b, n < m ? n : m);
  return order ? order : (n > m) - (n < m);
}

static int
by_text (const void *a, const void *b)
{
  const struct tokenizer_entry *x = a, *y = b;
  return compare (x->text, x->n, y->text, y->n);
}

int
tokenizer_vocab_order (struct tokenizer_vocab *v)
{
  v->n_sorted = 0;
  v->sorted = fmtconv_ctx_alloc (v->ctx, v->n, sizeof *v->sorted);
  if (!v->sorted)
    return fmtconv_ctx_failed (v->ctx);
  for (size_t i = 0; i < v->n; i++)
    if (v->at[i].text)
      v->sorted[v->n_sorted++] =
          (struct tokenizer_entry){ .text = v->at[i].text, .n = v->at[i].n, .id = (uint32_t) i };
  qsort (v->sorted, v->n_sorted, sizeof *v->sorted, by_text);
  return 0;
}

int
tokenizer_vocab_sort (struct tokenizer_vocab *v)
{
  if (tokenizer_vocab_order (v))
    return fmtconv_ctx_failed (v->ctx);
  for (size_t i = 1; i < v->n_sorted; i++)
    if (!by_text (&v->sorted[i - 1], &v->sorted[i]))
      return fail (v, FMTCONV_E_FORMAT,
                   fmtconv_ctx_printf (v->ctx,
                                       "the token '%s' is there twice, with the ids %" PRIu32 " and %" PRIu32,
                                       v->sorted[i].text, v->sorted[i - 1].id, v->sorted[i].id));
  return 0;
}

int64_t
tokenizer_vocab_find (const struct tokenizer_vocab *v, const char *text, size_t n)
{
  size_t low = 0, high = v->n_sorted;
  while (low < high)
    {
      const size_t middle = low + (high - low) / 2;
      const int order = compare (text, n, v->sorted[middle].text, v->sorted[middle].n);
      if (!order)
        return v->sorted[middle].id;
      if (order < 0)
        high = middle;
      else
        low = middle + 1;
    }
  return -1;
}

int
tokenizer_vocab_pad (struct tokenizer_vocab *v, size_t size, float score)
{
  if (tokenizer_vocab_reserve (v, size))
    return fmtconv_ctx_failed (v->ctx);
  for (size_t i = 0; i < size; i++)
    if (!v->at[i].text)
      {
        const char *text = fmtconv_ctx_printf (v->ctx, "[PAD%zu]", i);
        if (!text || tokenizer_vocab_set (v, (int64_t) i, text, strlen (text), TOKENIZER_UNUSED, score))
          return fmtconv_ctx_failed (v->ctx);
      }
  return 0;
}
