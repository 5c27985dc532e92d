/* plugins/tokenizer/back-model.c: makes a model of SentencePiece.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The messages and their numbers: SentencePiece, src/sentencepiece_model.proto. */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include "plugins/tokenizer/protobuf.h"
#include <string.h>

/* Fields: number << 3 | wire type. */
enum
{
  PIECES = 1 << 3 | PROTOBUF_BYTES,
  TRAINER = 2 << 3 | PROTOBUF_BYTES,
  NORMALIZER = 3 << 3 | PROTOBUF_BYTES,
  PIECE_TEXT = 1 << 3 | PROTOBUF_BYTES,
  PIECE_SCORE = 2 << 3 | PROTOBUF_32,
  PIECE_TYPE = 3 << 3 | PROTOBUF_VARINT,
  TRAINER_TYPE = 3 << 3 | PROTOBUF_VARINT,
  TRAINER_SIZE = 4 << 3 | PROTOBUF_VARINT,
  TRAINER_FALLBACK = 35 << 3 | PROTOBUF_VARINT,
  TRAINER_IDS = 40, /* number of the field of the unknown piece; 41, 42, 43: bos, eos, pad */
  NORMALIZER_NAME = 1 << 3 | PROTOBUF_BYTES,
  NORMALIZER_MAP = 2 << 3 | PROTOBUF_BYTES,
  NORMALIZER_PREFIX = 3 << 3 | PROTOBUF_VARINT,
  NORMALIZER_SPACES = 4 << 3 | PROTOBUF_VARINT,
  UNIGRAM = 1,
  BPE = 2
};

static void
put_number (struct tokenizer_text *to, unsigned tag, uint64_t value)
{
  tokenizer_text_varint (to, tag);
  tokenizer_text_varint (to, value);
}

/* Returns the id of the unknown piece, of which there is exactly one. */
static int64_t
find_unknown (const struct tokenizer_back *b)
{
  const struct tokenizer_vocab *v = &b->t.vocab;
  for (size_t i = 0; i < v->n; i++)
    if (v->at[i].type == TOKENIZER_UNKNOWN)
      return (int64_t) i;
  const int64_t id = fmtconv_attr_get_int (b->t.keys, "tokenizer.ggml.unknown_token_id", -1);
  return id >= 0 && (uint64_t) id < v->n ? id : tokenizer_vocab_find (v, "<unk>", strlen ("<unk>"));
}

/* Returns SentencePiece's type of a piece. */
static uint64_t
type_of (const struct tokenizer_token *token, int is_unknown)
{
  switch (token->type)
    {
    case TOKENIZER_CONTROL:
    case TOKENIZER_UNKNOWN:
      return is_unknown ? 2 : 3;
    case TOKENIZER_UNUSED:
      return 5;
    case TOKENIZER_USER_DEFINED:
      return is_unknown ? 2 : 4;
    case TOKENIZER_BYTE:
      return 6;
    default:
      return is_unknown ? 2 : 1;
    }
}

/* Puts the text of a piece: SentencePiece has no spaces but marks. */
static void
put_text (struct tokenizer_text *piece, const struct tokenizer_token *token)
{
  size_t spaces = 0;
  for (uint32_t i = 0; i < token->n; i++)
    spaces += token->text[i] == ' ';
  tokenizer_text_varint (piece, PIECE_TEXT);
  tokenizer_text_varint (piece, token->n + spaces * (strlen (TOKENIZER_SPACE) - 1));
  for (uint32_t i = 0; i < token->n; i++)
    if (token->text[i] == ' ')
      tokenizer_text_add (piece, TOKENIZER_SPACE);
    else
      tokenizer_text_bytes (piece, token->text + i, 1);
}

static void
put_piece (struct tokenizer_text *model, const struct tokenizer_token *token, int is_unknown)
{
  struct tokenizer_text piece = { .ctx = model->ctx };
  unsigned char score[4];
  uint32_t raw;
  char room[256];
  memcpy (&raw, &token->score, sizeof raw);
  for (unsigned i = 0; i < 4; i++)
    score[i] = (unsigned char) (raw >> (8 * i));
  if (token->n < sizeof room / 4) /* no memory for each piece */
    piece = (struct tokenizer_text){ .ctx = model->ctx, .at = room, .room = sizeof room };
  put_text (&piece, token);
  tokenizer_text_field (&piece, PIECE_SCORE, score, sizeof score);
  put_number (&piece, PIECE_TYPE, type_of (token, is_unknown));
  tokenizer_text_field (model, PIECES, piece.at, piece.n);
}

static void
put_trainer (const struct tokenizer_back *b, struct tokenizer_text *model, size_t n, int64_t unknown)
{
  static const char *const ids[] = { "tokenizer.ggml.unknown_token_id", "tokenizer.ggml.bos_token_id",
                                     "tokenizer.ggml.eos_token_id", "tokenizer.ggml.padding_token_id" };
  struct tokenizer_text trainer = { .ctx = b->t.ctx };
  const int is_bpe = !strcmp (b->kind, "llama");
  put_number (&trainer, TRAINER_TYPE, is_bpe ? BPE : UNIGRAM);
  put_number (&trainer, TRAINER_SIZE, n);
  for (size_t i = 0; i < n; i++)
    if (b->t.vocab.at[i].type == TOKENIZER_BYTE)
      {
        put_number (&trainer, TRAINER_FALLBACK, 1);
        break;
      }
  for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++)
    {
      const int64_t id = i ? fmtconv_attr_get_int (b->t.keys, ids[i], -1) : unknown;
      put_number (&trainer, (TRAINER_IDS + i) << 3 | PROTOBUF_VARINT,
                  id < (int64_t) n ? (uint64_t) id : UINT64_MAX);
    }
  tokenizer_text_field (model, TRAINER, trainer.at, trainer.n);
}

/* Puts the table of characters, which for BPE the keys do not have. */
static int
put_normalizer (const struct tokenizer_back *b, struct tokenizer_text *model)
{
  struct tokenizer_text spec = { .ctx = b->t.ctx };
  const fmtconv_attr *map = fmtconv_attr_get (b->t.keys, "tokenizer.ggml.precompiled_charsmap");
  const char *name = map ? "user_defined" : "identity";
  tokenizer_text_field (&spec, NORMALIZER_NAME, name, strlen (name));
  if (map && map->kind == FMTCONV_ATTR_PACKED)
    {
      const fmtconv_packed *packed = map->v.packed;
      fmtconv_cursor c = fmtconv_cursor_start (packed->source);
      c.pos = packed->at;
      const void *bytes = fmtconv_cursor_take (&c, packed->bytes);
      if (bytes)
        tokenizer_text_field (&spec, NORMALIZER_MAP, bytes, packed->bytes);
    }
  put_number (&spec, NORMALIZER_PREFIX, tokenizer_back_says (b, "tokenizer.ggml.add_space_prefix", 1) != 0);
  put_number (&spec, NORMALIZER_SPACES,
              tokenizer_back_says (b, "tokenizer.ggml.remove_extra_whitespaces", 0) != 0);
  tokenizer_text_field (model, NORMALIZER, spec.at, spec.n);
  return fmtconv_ctx_failed (b->t.ctx);
}

int
tokenizer_back_model (struct tokenizer_back *b, size_t n, const char *name)
{
  struct tokenizer_text model = { .ctx = b->t.ctx };
  const int64_t unknown = find_unknown (b);
  for (size_t i = 0; i < n && !fmtconv_ctx_failed (b->t.ctx); i++)
    put_piece (&model, &b->t.vocab.at[i], (int64_t) i == unknown);
  put_trainer (b, &model, n, unknown);
  if (put_normalizer (b, &model))
    return fmtconv_ctx_failed (b->t.ctx);
  tokenizer_text_attach (&model, b->out, name);
  return fmtconv_ctx_failed (b->t.ctx);
}
