/* plugins/tokenizer/tokenizer.c: the transform that turns the files of a model's tokenizer into keys of GGUF.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/back.h"
#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

static const fmtconv_param params[] = {
  { "pre", FMTCONV_PARAM_TEXT, offsetof (struct tokenizer_params, pre), NULL,
    "llama.cpp's name of the pre-tokenizer (qwen2); default: found by what tokenizer.json says" },
  { "reverse", FMTCONV_PARAM_BOOL, offsetof (struct tokenizer_params, reverse), "no",
    "turn the keys of a GGUF file into the files of a tokenizer" },
  { 0 },
};

static int
fail_kind (const struct tokenizer *t, const char *type)
{
  return fmtconv_fail_at (
      t->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .source = t->json,
                        .hint = "convert the tokenizer with llama.cpp's "
                                "convert_hf_to_gguf.py --vocab-only" },
      "the tokenizer is of the type '%s', which is none of: byte-level BPE, BPE with byte "
      "fallback, WordPiece",
      type);
}

/* Fails for a class whose tokenizer is a model of SentencePiece: tokenizer.json does not have the scores by which llama.cpp
 * splits a text.  For the kin of Llama the reference does without them. */
static int
check_scores (const struct tokenizer *t)
{
  const char *class = fmtconv_attr_get_string (fmtconv_attr_at (t->config, "architectures/0"), NULL, NULL);
  if (!class || tokenizer_is_llama_class (t))
    return fmtconv_ctx_failed (t->ctx);
  return fmtconv_fail_at (
      t->ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){ .source = t->json,
                        .hint = "put the file tokenizer.model of the published model into the folder" },
      "the tokenizer of %s needs tokenizer.model, which has the scores of the tokens", class);
}

/* Puts the keys of tokenizer.json. */
static int
put_json (struct tokenizer *t, fmtconv_source *source)
{
  if (tokenizer_read_tokenizer_json (t, source))
    return fmtconv_ctx_failed (t->ctx);
  fmtconv_attr *model = fmtconv_attr_get (t->parts, "model"),
               *decoder = fmtconv_attr_get (t->parts, "decoder");
  const char *type = fmtconv_attr_get_string (model, "type", "BPE"),
             *decodes = fmtconv_attr_get_string (decoder, "type", "");
  const int falls_back = fmtconv_attr_get_int (model, "byte_fallback", 0) != 0;
  if (!strcmp (type, "WordPiece"))
    return tokenizer_put_bert (t);
  if (strcmp (type, "BPE") != 0)
    return fail_kind (t, type);
  if (falls_back && !strcmp (decodes, "Sequence"))
    return check_scores (t) ? fmtconv_ctx_failed (t->ctx) : tokenizer_put_llama_json (t);
  return tokenizer_put_gpt2 (t);
}

/* Puts the keys of XLM-RoBERTa, whose tokenizer.json may normalize a text in a way that llama.cpp does not know. */
static int
put_fairseq (struct tokenizer *t)
{
  fmtconv_source *model = tokenizer_file (t, TOKENIZER_FAIRSEQ);
  if (model)
    return tokenizer_put_sentencepiece (t, model);
  return fmtconv_fail_at (
      t->ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){ .hint = "put the file " TOKENIZER_FAIRSEQ " of the published model into the folder" },
      "the tokenizer of XLM-RoBERTa needs " TOKENIZER_FAIRSEQ);
}

/* Puts the keys of the files that decide, in the order of the reference: SentencePiece, tokenizer.json, the older
 * files. */
static int
put_keys (struct tokenizer *t)
{
  static const char *const models[] = { "tokenizer.model", "spiece.model" };
  fmtconv_source *json = tokenizer_file (t, TOKENIZER_JSON);
  for (size_t i = 0; i < sizeof models / sizeof *models; i++)
    if (tokenizer_file (t, models[i]))
      return tokenizer_put_sentencepiece (t, tokenizer_file (t, models[i]));
  if (tokenizer_is_fairseq (t))
    return put_fairseq (t);
  if (json)
    return put_json (t, json);
  if (tokenizer_file (t, "vocab.json") && tokenizer_file (t, "merges.txt"))
    return tokenizer_read_slow (t) ? fmtconv_ctx_failed (t->ctx) : tokenizer_put_gpt2 (t);
  return fmtconv_fail_at (
      t->ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){
          .hint = "name the folder of the model as the input, with its tokenizer.json or tokenizer.model" },
      "the input has no files of a tokenizer");
}

/* Llama's class says in its settings whether a space goes in front of a text. */
static int
put_space_prefix (struct tokenizer *t)
{
  const fmtconv_attr *adds = fmtconv_attr_get (t->settings, "add_prefix_space");
  if (adds && adds->kind == FMTCONV_ATTR_BOOL && tokenizer_is_llama_class (t))
    fmtconv_attr_set_bool (t->keys, "tokenizer.ggml.add_space_prefix", adds->v.i != 0);
  return fmtconv_ctx_failed (t->ctx);
}

/* Merges the keys into the model's. */
static int
put_attributes (const struct tokenizer *t, fmtconv_model *out)
{
  fmtconv_attr *gguf = fmtconv_attr_make (fmtconv_model_attrs (out), "gguf");
  for (fmtconv_attr *a = t->keys->first; a; a = a->next)
    fmtconv_attr_set (gguf, a->key, a);
  return fmtconv_ctx_failed (t->ctx);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  struct tokenizer t = { .ctx = ctx,
                         .p = params_,
                         .in = in,
                         .config = fmtconv_attr_get (fmtconv_model_attrs (out), "config"),
                         .vocab = { .ctx = ctx },
                         .keys = fmtconv_attr_object (ctx) };
  FMTCONV_FOREACH (tensor, in)
    fmtconv_model_put (out, tensor->name, tensor->view);
  if (t.p->reverse)
    return fmtconv_ctx_failed (ctx) ? fmtconv_ctx_failed (ctx) : tokenizer_back (&t, out);
  t.settings = tokenizer_read_json (&t, TOKENIZER_CONFIG, FMTCONV_ATTR_OBJECT);
  if (t.settings && !t.settings->len)
    t.settings = NULL;
  if (fmtconv_ctx_failed (ctx) || put_space_prefix (&t) || put_keys (&t) || tokenizer_put_sampling (&t)
      || put_attributes (&t, out))
    return fmtconv_ctx_failed (ctx);
  return tokenizer_detach_files (&t, out);
}

FMTCONV_PLUGIN (tokenizer, .name = "tokenizer",
                .summary = "stores the files of a tokenizer as keys of GGUF, and makes them again",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "pre=NAME",
                                                .understands = FMTCONV_FEATURE_TIED | FMTCONV_FEATURE_SCALED
                                                               | FMTCONV_FEATURE_BLOBS,
                                                .apply = apply));
