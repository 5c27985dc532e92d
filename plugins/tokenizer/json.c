/* plugins/tokenizer/json.c: reads tokenizer.json, a member at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

enum
{
  MAX_JSON = 128 << 20, /* bytes of tokenizer.json */
  DEPTH = 32
};

static int
fail (const struct tokenizer *t, const char *what)
{
  return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = t->json, .hint = TOKENIZER_HINT }, "%s", what);
}

/* Copies the texts of tokens to a block that outlives the file's tree. */
struct pool
{
  char *at;
  size_t n;
};

static const char *
keep (struct pool *pool, const char *text, size_t n)
{
  char *copy = pool->at + pool->n;
  memcpy (copy, text, n);
  pool->n += n + 1; /* the block is zeroed */
  return copy;
}

int
tokenizer_read_vocab (struct tokenizer *t, const fmtconv_attr *object)
{
  size_t bytes = 1;
  int64_t highest = -1;
  for (const fmtconv_attr *a = object->first; a; a = a->next)
    {
      if (a->kind != FMTCONV_ATTR_INT || a->v.i < 0)
        return fail (t, fmtconv_ctx_printf (t->ctx, "the token '%s' has no id", a->key));
      bytes += strlen (a->key) + 1;
      highest = a->v.i > highest ? a->v.i : highest;
    }
  struct pool pool = { .at = fmtconv_ctx_alloc (t->ctx, bytes, 1) };
  if (!pool.at || tokenizer_vocab_reserve (&t->vocab, (uint64_t) highest + 1))
    return fmtconv_ctx_failed (t->ctx);
  for (const fmtconv_attr *a = object->first; a; a = a->next)
    {
      const size_t n = strlen (a->key);
      if (tokenizer_vocab_set (&t->vocab, a->v.i, keep (&pool, a->key, n), n, TOKENIZER_NORMAL, 0))
        return fmtconv_ctx_failed (t->ctx);
    }
  return 0;
}

/* Reads "model". */
static int
read_model (struct tokenizer *t, fmtconv_attr *model)
{
  if (model->kind != FMTCONV_ATTR_OBJECT)
    return fail (t, "'model' is not a JSON object");
  fmtconv_attr *vocab = fmtconv_attr_get (model, "vocab"), *merges = fmtconv_attr_get (model, "merges"),
               *rest = fmtconv_attr_make (t->parts, "model");
  for (fmtconv_attr *a = model->first; a; a = a->next)
    if (a != vocab && a != merges)
      fmtconv_attr_set (rest, a->key, a);
  if (vocab && vocab->kind == FMTCONV_ATTR_OBJECT
      && (tokenizer_read_vocab (t, vocab) || tokenizer_vocab_sort (&t->vocab)))
    return fmtconv_ctx_failed (t->ctx);
  if (!merges || merges->kind == FMTCONV_ATTR_NULL)
    return fmtconv_ctx_failed (t->ctx);
  return tokenizer_read_merges (t, merges, fmtconv_attr_get_string (model, "continuing_subword_prefix", ""));
}

/* Takes one member; its tree does not outlive the call. */
static int
take_member (void *arg, fmtconv_attr *value)
{
  struct tokenizer *t = arg;
  if (fmtconv_attr_get (t->parts, value->key))
    return fail (t, fmtconv_ctx_printf (t->ctx, "the member '%s' is there twice", value->key));
  if (!strcmp (value->key, "model"))
    return read_model (t, value);
  fmtconv_attr_set (t->parts, value->key, value);
  return fmtconv_ctx_failed (t->ctx);
}

int
tokenizer_read_tokenizer_json (struct tokenizer *t, fmtconv_source *source)
{
  fmtconv_cursor c = fmtconv_cursor_start (source);
  t->json = t->vocab.source = source;
  if (c.end > MAX_JSON)
    return fmtconv_fail_at (t->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = source },
                            "%llu bytes, more than the limit of %d", (unsigned long long) c.end, MAX_JSON);
  t->parts = fmtconv_attr_object (t->ctx);
  fmtconv_cursor_take_members (&c, c.end, DEPTH, take_member, t);
  if (!fmtconv_ctx_failed (t->ctx) && !fmtconv_attr_get (t->parts, "model"))
    return fail (t, "the file has no 'model'");
  return fmtconv_ctx_failed (t->ctx);
}
