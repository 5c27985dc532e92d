/* plugins/tokenizer/size.c: what the model says of its vocabulary: rows of its embedding, its configuration.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/tokenizer/tokenizer.h"
#include <string.h>

/* Returns the tensor with a row for each token; NULL: none is known. */
static const fmtconv_tensor *
find_embedding (const fmtconv_model *model)
{
  static const char *const names[] = {
    "token_embd.weight", /* llama.cpp */
    "model.embed_tokens.weight",
    "embed_tokens.weight",
    "model.language_model.embed_tokens.weight",
    "language_model.model.embed_tokens.weight",
    "transformer.wte.weight",
    "wte.weight",
    "gpt_neox.embed_in.weight",
    "bert.embeddings.word_embeddings.weight",
    "embeddings.word_embeddings.weight",
    "roberta.embeddings.word_embeddings.weight",
    "shared.weight",
    "encoder.embed_tokens.weight",
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const fmtconv_tensor *t = fmtconv_model_find (model, names[i]);
      if (t && t->rank == 2)
        return t;
    }
  return NULL;
}

fmtconv_attr *
tokenizer_config_entry (const struct tokenizer *t, const char *key)
{
  fmtconv_attr *entry = fmtconv_attr_get (t->config, key);
  if (!entry || entry->kind == FMTCONV_ATTR_NULL)
    entry = fmtconv_attr_get (fmtconv_attr_get (t->config, "text_config"), key);
  return entry && entry->kind != FMTCONV_ATTR_NULL ? entry : NULL;
}

int
tokenizer_find_size (const struct tokenizer *t, size_t *size)
{
  const fmtconv_tensor *embedding = find_embedding (t->in);
  const int64_t said = fmtconv_attr_get_int (tokenizer_config_entry (t, "vocab_size"), NULL, 0);
  const uint64_t rows = embedding ? embedding->shape[0] : said > 0 ? (uint64_t) said : 0;
  if (rows > TOKENIZER_MAX_TOKENS)
    return fmtconv_fail_at (t->ctx, FMTCONV_E_LIMIT,
                            &(fmtconv_where){ .tensor = embedding ? embedding->name : NULL },
                            "the model has %llu tokens, more than the limit of %d", (unsigned long long) rows,
                            TOKENIZER_MAX_TOKENS);
  *size = (size_t) rows;
  return 0;
}

int
tokenizer_is_llama_class (const struct tokenizer *t)
{
  static const char *const classes[] = {
    "LLaMAForCausalLM",       "LlamaForCausalLM",
    "MistralForCausalLM",     "MixtralForCausalLM",
    "VLlama3ForCausalLM",     "LlavaForConditionalGeneration",
    "IQuestCoderForCausalLM", "LlamaModel",
    "SmolLM3ForCausalLM",     "GraniteForCausalLM",
    "GraniteMoeForCausalLM",  "GraniteMoeSharedForCausalLM",
  };
  const char *class = fmtconv_attr_get_string (fmtconv_attr_at (t->config, "architectures/0"), NULL, "");
  for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
    if (!strcmp (class, classes[i]))
      return 1;
  return 0;
}
