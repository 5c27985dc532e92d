/* plugins/tokenizer/back-gpt2.c: tokenizer.json of a byte-level BPE.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include <string.h>

/* Puts one step of the pre-tokenizer. */
static void
put_step (struct tokenizer_text *json, const char *step)
{
  const int is_words = !strcmp (step, TOKENIZER_WORDS);
  if (!strcmp (step, TOKENIZER_DIGITS))
    tokenizer_text_add (json, "{\"type\": \"Digits\", \"individual_digits\": true}");
  else if (is_words || !strcmp (step, TOKENIZER_BYTES))
    {
      tokenizer_text_add (
          json,
          "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": ");
      tokenizer_text_add (json, is_words ? "true}" : "false}");
    }
  else
    {
      tokenizer_text_add (json, "{\"type\": \"Split\", \"pattern\": {\"Regex\": ");
      tokenizer_text_json (json, step, strlen (step));
      tokenizer_text_add (json, "}, \"behavior\": \"Isolated\", \"invert\": false}");
    }
}

static void
put_pre (struct tokenizer_back *b, struct tokenizer_text *json)
{
  const struct pre_row *row = b->pre;
  const int is_nfc = row->nfc == ANY ? row->usual_nfc == YES : row->nfc == YES, is_one = !row->steps[1];
  if (row->nfc == ANY)
    tokenizer_back_assume (b, "the normalizer: %s, as the published models of '%s' have",
                           is_nfc ? "NFC" : "none", row->name);
  tokenizer_text_add (json,
                      is_nfc ? "  \"normalizer\": {\"type\": \"NFC\"},\n" : "  \"normalizer\": null,\n");
  tokenizer_text_add (json, "  \"pre_tokenizer\": ");
  tokenizer_text_add (json, is_one ? "" : "{\"type\": \"Sequence\", \"pretokenizers\": [\n    ");
  for (size_t i = 0; i < MAX_STEPS && row->steps[i]; i++)
    {
      tokenizer_text_add (json, i ? ",\n    " : "");
      put_step (json, row->steps[i]);
    }
  tokenizer_text_add (json, is_one ? ",\n" : "\n  ]},\n");
}

/* RoBERTa begins and ends a text with its tokens, and has two ends between two texts. */
static int
put_roberta (const struct tokenizer_back *b, struct tokenizer_text *json)
{
  const struct tokenizer_token *first = tokenizer_back_special (b, "tokenizer.ggml.bos_token_id"),
                               *last = tokenizer_back_special (b, "tokenizer.ggml.eos_token_id");
  if (b->pre->roberta != YES || !first || !last)
    return 0;
  tokenizer_text_add (json, "  \"post_processor\": {\"type\": \"RobertaProcessing\", \"sep\": [");
  tokenizer_text_json (json, last->text, last->n);
  tokenizer_text_add (json, ", ");
  tokenizer_text_number (json, (size_t) (last - b->t.vocab.at));
  tokenizer_text_add (json, "], \"cls\": [");
  tokenizer_text_json (json, first->text, first->n);
  tokenizer_text_add (json, ", ");
  tokenizer_text_number (json, (size_t) (first - b->t.vocab.at));
  tokenizer_text_add (json, "], \"trim_offsets\": true, \"add_prefix_space\": false},\n");
  return 1;
}

static void
put_merges (const struct tokenizer_back *b, struct tokenizer_text *json)
{
  tokenizer_text_add (json, "    \"merges\": [");
  for (const fmtconv_attr *a = b->merges->first; a && !fmtconv_ctx_failed (b->t.ctx); a = a->next)
    {
      tokenizer_text_add (json, a == b->merges->first ? "\n      " : ",\n      ");
      tokenizer_text_json (json, a->v.s, a->len);
    }
  tokenizer_text_add (json, "\n    ]\n  }\n}\n");
}

/* Finds the pre-tokenizer by the name that the file or the user gives. */
static int
find_pre (struct tokenizer_back *b, const char **why)
{
  const char *name =
      b->t.p->pre ? b->t.p->pre : fmtconv_attr_get_string (b->t.keys, "tokenizer.ggml.pre", "");
  b->pre = tokenizer_pre_row (name);
  if (!b->pre)
    *why = fmtconv_ctx_printf (
        b->t.ctx,
        "the pre-tokenizer '%s' is not one of the known ones; if one of these splits a text in "
        "the same way, give its name: -t tokenizer:reverse,pre=NAME",
        name);
  return fmtconv_ctx_failed (b->t.ctx);
}

int
tokenizer_back_gpt2 (struct tokenizer_back *b, const char **why)
{
  struct tokenizer_text json = { .ctx = b->t.ctx };
  if (find_pre (b, why) || *why)
    return fmtconv_ctx_failed (b->t.ctx);
  if (!b->merges)
    {
      *why = "tokenizer.ggml.merges is not a list of texts";
      return 0;
    }
  if (tokenizer_read_merges (&b->t, b->merges,
                             "")) /* a file that transformers does not load is not written */
    return fmtconv_ctx_failed (b->t.ctx);
  tokenizer_back_begin (b, &json);
  put_pre (b, &json);
  if (!put_roberta (b, &json))
    tokenizer_back_template (
        b, &json,
        "{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": false, "
        "\"use_regex\": false}",
        b->pre->bos == YES);
  tokenizer_text_add (
      &json, "  \"decoder\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": false, "
             "\"use_regex\": false},\n"
             "  \"model\": {\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"
             "    \"continuing_subword_prefix\": \"\",\n    \"end_of_word_suffix\": \"\",\n"
             "    \"fuse_unk\": false,\n    \"byte_fallback\": false,\n    \"ignore_merges\": ");
  tokenizer_text_add (&json, b->pre->ignores == YES ? "true,\n" : "false,\n");
  tokenizer_back_vocab (b, &json, tokenizer_back_size (b));
  put_merges (b, &json);
  tokenizer_text_attach (&json, b->out, TOKENIZER_JSON);
  fmtconv_attr_set_bool (b->t.settings, "clean_up_tokenization_spaces", b->pre->cleans == YES);
  return fmtconv_ctx_failed (b->t.ctx);
}
