/* plugins/tokenizer/back-pieces.c: the files of a tokenizer of SentencePiece.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The model of SentencePiece has all that the keys have.  For its type BPE tokenizer.json is made, too, as transformers'
 * converters make it: merges by the scores, and a normalizer that marks spaces. */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include <string.h>

#define ADDED_SCORE -1000.0F /* of tokens that stand above the model's pieces */
#define MARK TOKENIZER_SPACE

/* Returns whether the settings, not the model of SentencePiece, gave the token its text. */
static int
is_of_settings (const struct tokenizer_token *token)
{
  const int is_score = !(token->score < ADDED_SCORE) && !(token->score > ADDED_SCORE);
  return is_score && (token->type == TOKENIZER_CONTROL || token->type == TOKENIZER_USER_DEFINED);
}

/* Returns the number of pieces that the model has: up to the last token that only it can give. */
static size_t
count_pieces (const struct tokenizer_vocab *v)
{
  size_t n = v->n;
  while (n && (is_of_settings (&v->at[n - 1]) || !tokenizer_back_is_real (&v->at[n - 1], n - 1)))
    n--;
  return n;
}

/* Puts the tokens of the settings, which are not in the model or have another type there. */
static void
put_decoder (struct tokenizer_back *b)
{
  const struct tokenizer_vocab *v = &b->t.vocab;
  for (size_t i = 0; i < v->n; i++)
    if (is_of_settings (&v->at[i]))
      {
        fmtconv_attr *all = fmtconv_attr_make (b->t.settings, "added_tokens_decoder"),
                     *one = fmtconv_attr_object (b->t.ctx);
        const char *id = fmtconv_ctx_printf (b->t.ctx, "%zu", i);
        if (!all || !one || !id)
          return;
        fmtconv_attr_set_string (one, "content", v->at[i].text);
        static const char *const no[] = { "lstrip", "normalized", "rstrip", "single_word" };
        for (size_t k = 0; k < sizeof no / sizeof *no; k++)
          fmtconv_attr_set_bool (one, no[k], 0);
        fmtconv_attr_set_bool (one, "special", v->at[i].type == TOKENIZER_CONTROL);
        fmtconv_attr_set (all, id, one);
      }
}

/* Puts how spaces are marked and added, and how marks become spaces again. */
static void
put_spaces (const struct tokenizer_back *b, struct tokenizer_text *json)
{
  const int adds = tokenizer_back_says (b, "tokenizer.ggml.add_space_prefix", 1);
  const char *replace =
      "{\"type\": \"Replace\", \"pattern\": {\"String\": \" \"}, \"content\": \"" MARK "\"}";
  tokenizer_text_add (json, "  \"normalizer\": ");
  if (adds)
    tokenizer_text_add (
        json, "{\"type\": \"Sequence\", \"normalizers\": [\n    {\"type\": \"Prepend\", \"prepend\": \"" MARK
              "\"},\n    ");
  tokenizer_text_add (json, replace);
  tokenizer_text_add (json, adds ? "\n  ]},\n" : ",\n");
  tokenizer_text_add (json, "  \"pre_tokenizer\": null,\n");
}

static void
put_decoding (const struct tokenizer_back *b, struct tokenizer_text *json)
{
  tokenizer_text_add (json, "  \"decoder\": {\"type\": \"Sequence\", \"decoders\": [\n"
                            "    {\"type\": \"Replace\", \"pattern\": {\"String\": \"" MARK
                            "\"}, \"content\": \" \"},\n"
                            "    {\"type\": \"ByteFallback\"},\n    {\"type\": \"Fuse\"}");
  if (tokenizer_back_says (b, "tokenizer.ggml.add_space_prefix", 1))
    tokenizer_text_add (json, ",\n    {\"type\": \"Strip\", \"content\": \" \", \"start\": 1, \"stop\": 0}");
  tokenizer_text_add (json, "\n  ]},\n");
}

static int
put_json (struct tokenizer_back *b, const char **why)
{
  struct tokenizer_text json = { .ctx = b->t.ctx };
  const struct tokenizer_token *unknown = tokenizer_back_special (b, "tokenizer.ggml.unknown_token_id");
  const int64_t known = tokenizer_vocab_find (&b->t.vocab, "<unk>", strlen ("<unk>"));
  unknown = unknown || known < 0 ? unknown : &b->t.vocab.at[known];
  tokenizer_back_begin (b, &json);
  put_spaces (b, &json);
  tokenizer_back_template (b, &json, "null", 1);
  put_decoding (b, &json);
  tokenizer_text_add (&json,
                      "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": ");
  if (unknown)
    tokenizer_text_json (&json, unknown->text, unknown->n);
  else
    tokenizer_text_add (&json, "null");
  tokenizer_text_add (
      &json, ",\n    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n"
             "    \"fuse_unk\": true,\n    \"byte_fallback\": true,\n    \"ignore_merges\": false,\n");
  tokenizer_back_vocab (b, &json, tokenizer_back_size (b));
  if (tokenizer_back_merges (b, &json, why) || *why)
    return fmtconv_ctx_failed (b->t.ctx);
  tokenizer_text_add (&json, "  }\n}\n");
  tokenizer_text_attach (&json, b->out, TOKENIZER_JSON);
  return fmtconv_ctx_failed (b->t.ctx);
}

int
tokenizer_back_pieces (struct tokenizer_back *b, const char **why)
{
  const int is_bpe = !strcmp (b->kind, "llama");
  if (!fmtconv_attr_get (b->t.keys, "tokenizer.ggml.scores"))
    {
      *why = "the keys have no scores of the tokens";
      return 0;
    }
  if (is_bpe && (put_json (b, why) || *why))
    return fmtconv_ctx_failed (b->t.ctx);
  put_decoder (b);
  if (is_bpe)
    tokenizer_back_assume (b, "how SentencePiece normalizes a text: not at all");
  return tokenizer_back_model (b, count_pieces (&b->t.vocab), is_bpe ? "tokenizer.model" : "spiece.model");
}
