/* plugins/tokenizer/sentencepiece.c: the keys of a model of SentencePiece: tokenizer.model, spiece.model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The messages and their numbers: SentencePiece, src/sentencepiece_model.proto. */
#include "config.h"

#include "plugins/tokenizer/protobuf.h"
#include "plugins/tokenizer/tokenizer.h"
#include <stdlib.h>
#include <string.h>

#define PAD_SCORE -10000.0F
#define ADDED_SCORE -1000.0F

enum
{
  UNIGRAM = 1,
  BPE = 2
};

/* What is needed of a model. */
struct model
{
  struct tokenizer *t;
  fmtconv_source *source;
  size_t n_pieces;
  size_t n_unknown; /* pieces of that type */
  int64_t type;     /* UNIGRAM … */
  int adds_prefix;
  int removes_spaces;
  fmtconv_cursor charsmap;
};

static int
fail (const struct model *m, uint64_t at, const char *what)
{
  return fmtconv_fail_at (m->t->ctx, FMTCONV_E_FORMAT,
                          &(fmtconv_where){ .source = m->source, .offset = at, .hint = TOKENIZER_HINT }, "%s",
                          what);
}

/* Checks that a field has its type. */
static int
check (const struct model *m, const fmtconv_cursor *message, const struct protobuf_field *f, uint32_t type)
{
  return f->type == type ? 0 : fail (m, message->pos, "a field has another type than SentencePiece gives it");
}

/* Returns llama.cpp's type of a piece; user-defined ones are normal there. */
static unsigned
type_of (uint64_t type)
{
  switch (type)
    {
    case 2:
      return TOKENIZER_UNKNOWN;
    case 3:
      return TOKENIZER_CONTROL;
    case 5:
      return TOKENIZER_UNUSED;
    case 6:
      return TOKENIZER_BYTE;
    default:
      return TOKENIZER_NORMAL;
    }
}

static int
read_piece (struct model *m, fmtconv_cursor piece)
{
  struct protobuf_field f;
  const uint64_t start = piece.pos;
  fmtconv_cursor text = { 0 };
  uint64_t type = 1;
  uint32_t raw = 0;
  float score;
  while (tokenizer_protobuf_next (m->t->ctx, &piece, &f))
    if (f.number == 1 && !check (m, &piece, &f, PROTOBUF_BYTES))
      text = f.bytes;
    else if (f.number == 2 && !check (m, &piece, &f, PROTOBUF_32))
      raw = (uint32_t) f.value;
    else if (f.number == 3 && !check (m, &piece, &f, PROTOBUF_VARINT))
      type = f.value;
  const size_t n = (size_t) (text.end - text.pos);
  if (!fmtconv_ctx_failed (m->t->ctx) && (!n || type < 1 || type > 6))
    return fail (m, start, n ? "the type of a piece is not known" : "a piece has no text");
  const char *s = fmtconv_ctx_failed (m->t->ctx) ? NULL : fmtconv_cursor_take_text (&text, n);
  memcpy (&score, &raw, sizeof score);
  m->n_unknown += type == 2;
  return s ? tokenizer_vocab_set (&m->t->vocab, (int64_t) m->n_pieces++, s, n, type_of (type), score)
           : fmtconv_ctx_failed (m->t->ctx);
}

static void
read_trainer (struct model *m, fmtconv_cursor spec)
{
  struct protobuf_field f;
  while (tokenizer_protobuf_next (m->t->ctx, &spec, &f))
    if (f.number == 3 && !check (m, &spec, &f, PROTOBUF_VARINT))
      m->type = (int64_t) f.value;
}

static void
read_normalizer (struct model *m, fmtconv_cursor spec)
{
  struct protobuf_field f;
  while (tokenizer_protobuf_next (m->t->ctx, &spec, &f))
    if (f.number == 2 && !check (m, &spec, &f, PROTOBUF_BYTES))
      m->charsmap = f.bytes;
    else if (f.number == 3 && !check (m, &spec, &f, PROTOBUF_VARINT))
      m->adds_prefix = f.value != 0;
    else if (f.number == 4 && !check (m, &spec, &f, PROTOBUF_VARINT))
      m->removes_spaces = f.value != 0;
}

/* Returns the number of pieces, to make room for them. */
static size_t
count_pieces (struct model *m)
{
  struct protobuf_field f;
  fmtconv_cursor c = fmtconv_cursor_start (m->source);
  size_t n = 0;
  while (tokenizer_protobuf_next (m->t->ctx, &c, &f))
    n += f.number == 1;
  return n;
}

static int
read_model (struct model *m)
{
  struct protobuf_field f;
  fmtconv_cursor c = fmtconv_cursor_start (m->source);
  if (tokenizer_vocab_reserve (&m->t->vocab, count_pieces (m)))
    return fmtconv_ctx_failed (m->t->ctx);
  while (tokenizer_protobuf_next (m->t->ctx, &c, &f))
    if (f.number == 1 && !check (m, &c, &f, PROTOBUF_BYTES))
      read_piece (m, f.bytes);
    else if (f.number == 2 && !check (m, &c, &f, PROTOBUF_BYTES))
      read_trainer (m, f.bytes);
    else if (f.number == 3 && !check (m, &c, &f, PROTOBUF_BYTES))
      read_normalizer (m, f.bytes);
  if (fmtconv_ctx_failed (m->t->ctx))
    return fmtconv_ctx_failed (m->t->ctx);
  if (!m->n_pieces)
    return fail (m, 0, "the model has no pieces");
  if (m->n_unknown != 1)
    return fail (m, 0, "the model has not exactly one unknown piece");
  return tokenizer_vocab_sort (&m->t->vocab);
}

/* Replaces the token of an id, if the model has that id. */
static int
replace (struct tokenizer *t, int64_t id, const char *text, unsigned type, size_t size)
{
  if (id < 0 || !text)
    return fmtconv_fail_at (t->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .hint = TOKENIZER_HINT },
                            "an added token has no text or no id");
  if ((uint64_t) id >= size)
    return fmtconv_warn (t->ctx, "the added token '%s' is left out: its id %lld is not below %zu", text,
                         (long long) id, size);
  if (tokenizer_vocab_reserve (&t->vocab, (uint64_t) id + 1))
    return fmtconv_ctx_failed (t->ctx);
  t->vocab.at[id].text = NULL;
  return tokenizer_vocab_set (&t->vocab, id, text, strlen (text), type, ADDED_SCORE);
}

/* Applies the settings' added tokens, which stand above the model's pieces. */
static int
apply_settings (struct tokenizer *t, size_t size)
{
  fmtconv_attr *decoder = fmtconv_attr_get (t->settings, "added_tokens_decoder");
  for (fmtconv_attr *a = decoder && decoder->kind == FMTCONV_ATTR_OBJECT ? decoder->first : NULL; a;
       a = a->next)
    {
      char *rest;
      const long long id = strtoll (a->key, &rest, 10);
      const char *text = tokenizer_content (a);
      const int controls =
          text && (fmtconv_attr_get_int (a, "special", 0) != 0 || tokenizer_looks_special (text));
      if (replace (t, *rest ? -1 : id, text && !controls ? tokenizer_unmark (t->ctx, text) : text,
                   controls ? TOKENIZER_CONTROL : TOKENIZER_USER_DEFINED, size))
        return fmtconv_ctx_failed (t->ctx);
    }
  return fmtconv_ctx_failed (t->ctx);
}

static int
apply_added (struct tokenizer *t, int with_settings, size_t size)
{
  fmtconv_attr *added = tokenizer_read_json (t, "added_tokens.json", FMTCONV_ATTR_OBJECT);
  for (fmtconv_attr *a = added ? added->first : NULL; a; a = a->next)
    if (replace (t, fmtconv_attr_get_int (a, NULL, -1), a->key, TOKENIZER_USER_DEFINED, size))
      return fmtconv_ctx_failed (t->ctx);
  return with_settings ? apply_settings (t, size) : fmtconv_ctx_failed (t->ctx);
}

/* Gives the vocabulary the number of tokens that the model has. */
static int
complete (struct model *m)
{
  struct tokenizer *t = m->t;
  size_t size = 0;
  if (tokenizer_find_size (t, &size))
    return fmtconv_ctx_failed (t->ctx);
  size = size ? size : m->n_pieces;
  if (m->n_pieces > size
      && fmtconv_warn (t->ctx, "%zu pieces of the tokenizer are left out, because the model has %zu tokens",
                       m->n_pieces - size, size))
    return fmtconv_ctx_failed (t->ctx);
  if (tokenizer_is_fairseq (t))
    return tokenizer_order_fairseq (t, size, PAD_SCORE);
  if (apply_added (t, m->type != UNIGRAM, size) || tokenizer_vocab_pad (&t->vocab, size, PAD_SCORE))
    return fmtconv_ctx_failed (t->ctx);
  t->vocab.n = size;
  return 0;
}

/* Reads what tokenizer.json, if there is one, says of special tokens. */
static int
read_parts (struct tokenizer *t)
{
  struct tokenizer side = *t;
  fmtconv_source *json = tokenizer_file (t, TOKENIZER_JSON);
  side.vocab = (struct tokenizer_vocab){ .ctx = t->ctx };
  if (json && tokenizer_read_tokenizer_json (&side, json))
    return fmtconv_ctx_failed (t->ctx);
  t->parts = json ? side.parts : NULL;
  return fmtconv_ctx_failed (t->ctx);
}

static void
put_unigram (const struct model *m)
{
  struct tokenizer *t = m->t;
  fmtconv_cursor c = m->charsmap;
  fmtconv_attr_set_bool (t->keys, "tokenizer.ggml.add_space_prefix", m->adds_prefix);
  fmtconv_attr_set_bool (t->keys, "tokenizer.ggml.remove_extra_whitespaces", m->removes_spaces);
  if (c.end > c.pos)
    fmtconv_attr_set (t->keys, "tokenizer.ggml.precompiled_charsmap",
                      fmtconv_cursor_take_packed (&c, FMTCONV_ATTR_UINT, 8, c.end - c.pos));
}

int
tokenizer_put_sentencepiece (struct tokenizer *t, fmtconv_source *source)
{
  struct model m = { .t = t, .source = source, .type = UNIGRAM, .adds_prefix = 1, .removes_spaces = 1 };
  t->json = t->vocab.source = source;
  if (read_model (&m))
    return fmtconv_ctx_failed (t->ctx);
  if (m.type != UNIGRAM && (m.type != BPE || tokenizer_is_fairseq (t)))
    return fail (&m, 0,
                 tokenizer_is_fairseq (t) ? "the model is not Unigram"
                                          : "the model is neither BPE nor Unigram");
  if (complete (&m) || read_parts (t))
    return fmtconv_ctx_failed (t->ctx);
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.model", m.type == BPE ? "llama" : "t5");
  fmtconv_attr_set_string (t->keys, "tokenizer.ggml.pre", "default");
  tokenizer_vocab_put (&t->vocab, 1, t->keys);
  if (m.type == UNIGRAM)
    put_unigram (&m);
  return tokenizer_put_special (t, t->vocab.n);
}
