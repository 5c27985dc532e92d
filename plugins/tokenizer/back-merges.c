/* plugins/tokenizer/back-merges.c: the merges that the scores of SentencePiece's pieces stand for.
 * SPDX-License-Identifier: Apache-2.0
 *
 * SentencePiece joins the two neighbors whose joined piece has the highest score; merges in the order of these scores do the same.
 * Where two pairs make pieces of one score, the longer left part comes first, as in transformers' converters. */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include <stdlib.h>
#include <string.h>

struct pair
{
  uint32_t left, right; /* ids */
  float score;
  uint32_t n_left, n_right; /* characters */
  uint32_t order;           /* in which it was found */
};

struct pairs
{
  struct pair *at;
  size_t n, room;
};

static int
is_start (char c)
{
  return ((unsigned char) c & 0xc0) != 0x80;
}

static uint32_t
count (const struct tokenizer_token *token)
{
  uint32_t n = 0;
  for (uint32_t i = 0; i < token->n; i++)
    n += is_start (token->text[i]) != 0;
  return n;
}

static int
by_rank (const void *a, const void *b)
{
  const struct pair *x = a, *y = b;
  if (x->score < y->score || x->score > y->score)
    return x->score > y->score ? -1 : 1;
  if (x->n_left != y->n_left)
    return x->n_left > y->n_left ? -1 : 1;
  if (x->n_right != y->n_right)
    return x->n_right > y->n_right ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static int
by_ids (const void *a, const void *b)
{
  const struct pair *x = a, *y = b;
  if (x->left != y->left)
    return x->left < y->left ? -1 : 1;
  return (x->right > y->right) - (x->right < y->right);
}

/* Returns room for one more; NULL: an error. */
static struct pair *
next (fmtconv_ctx *ctx, struct pairs *pairs)
{
  if (pairs->n == pairs->room)
    {
      const size_t room = 2 * pairs->room + 1024;
      struct pair *more = fmtconv_ctx_alloc (ctx, room, sizeof *more);
      if (!more)
        return NULL;
      if (pairs->n)
        memcpy (more, pairs->at, pairs->n * sizeof *more);
      pairs->at = more;
      pairs->room = room;
    }
  return &pairs->at[pairs->n++];
}

/* Adds the pairs of pieces that make the piece, in the order of their ids. */
static int
split (const struct tokenizer_vocab *v, const struct tokenizer_token *token, struct pairs *pairs)
{
  const size_t start = pairs->n;
  for (uint32_t i = 1; i < token->n; i++)
    {
      if (!is_start (token->text[i]))
        continue;
      const int64_t left = tokenizer_vocab_find (v, token->text, i),
                    right = left < 0 ? -1 : tokenizer_vocab_find (v, token->text + i, token->n - i);
      struct pair *pair = right < 0 ? NULL : next (v->ctx, pairs);
      if (right >= 0 && !pair)
        return fmtconv_ctx_failed (v->ctx);
      if (pair)
        *pair = (struct pair){ .left = (uint32_t) left,
                               .right = (uint32_t) right,
                               .score = token->score,
                               .n_left = count (&v->at[left]),
                               .n_right = count (&v->at[right]) };
    }
  if (pairs->n > start + 1)
    qsort (pairs->at + start, pairs->n - start, sizeof *pairs->at, by_ids);
  for (size_t i = start; i < pairs->n; i++)
    pairs->at[i].order = (uint32_t) i;
  return 0;
}

/* Returns whether the scores do not differ: the file was made without them. */
static int
are_equal (const struct pairs *pairs)
{
  for (size_t i = 1; i < pairs->n; i++)
    if (pairs->at[i].score < pairs->at[0].score || pairs->at[i].score > pairs->at[0].score)
      return 0;
  return pairs->n > 1;
}

static int
has_space (const struct tokenizer_token *token)
{
  return memchr (token->text, ' ', token->n) != NULL;
}

/* Puts the merges as "a b", which takes less memory to read, or as ["a", "b"] if a part has a space. */
static void
put_pairs (const struct tokenizer_vocab *v, const struct pairs *pairs, struct tokenizer_text *json)
{
  int are_pairs = 0;
  for (size_t i = 0; i < pairs->n; i++)
    are_pairs |= has_space (&v->at[pairs->at[i].left]) || has_space (&v->at[pairs->at[i].right]);
  for (size_t i = 0; i < pairs->n && !fmtconv_ctx_failed (v->ctx); i++)
    {
      const struct tokenizer_token *left = &v->at[pairs->at[i].left], *right = &v->at[pairs->at[i].right];
      tokenizer_text_add (json, i ? ",\n      " : "\n      ");
      tokenizer_text_add (json, are_pairs ? "[\"" : "\"");
      tokenizer_text_escaped (json, left->text, left->n);
      tokenizer_text_add (json, are_pairs ? "\", \"" : " ");
      tokenizer_text_escaped (json, right->text, right->n);
      tokenizer_text_add (json, are_pairs ? "\"]" : "\"");
    }
}

int
tokenizer_back_merges (struct tokenizer_back *b, struct tokenizer_text *json, const char **why)
{
  const struct tokenizer_vocab *v = &b->t.vocab;
  struct pairs pairs = { 0 };
  for (size_t i = 0; i < v->n; i++)
    if (v->at[i].type == TOKENIZER_NORMAL && split (v, &v->at[i], &pairs))
      return fmtconv_ctx_failed (b->t.ctx);
  if (are_equal (&pairs))
    {
      *why = "all tokens have the same score, so that the order of the merges is not known";
      return 0;
    }
  if (pairs.n)
    qsort (pairs.at, pairs.n, sizeof *pairs.at, by_rank);
  tokenizer_text_add (json, "    \"merges\": [");
  put_pairs (v, &pairs, json);
  tokenizer_text_add (json, "\n    ]\n");
  return fmtconv_ctx_failed (b->t.ctx);
}
