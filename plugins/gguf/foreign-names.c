/* plugins/gguf/foreign-names.c: warns of a language model whose names llama.cpp does not load.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>

/* Returns the index of the first glob that matches; -1: none does. */
static int
match (const char *const *globs, const char *text)
{
  for (int i = 0; globs[i]; i++)
    if (fmtconv_glob_match (globs[i], text))
      return i;
  return -1;
}

/* Returns whether transformers names a tensor of a language model so. */
static int
is_of_transformers (const char *name)
{
  static const char *const globs[] = { "model.layers.[0-9]*.self_attn.*",
                                       "model.layers.[0-9]*.mlp.*",
                                       "model.decoder.layers.[0-9]*.self_attn.*",
                                       "model.language_model.layers.[0-9]*.*",
                                       "language_model.model.layers.[0-9]*.*",
                                       "layers.[0-9]*.self_attn.?_proj.*",
                                       "base_model.model.model.layers.[0-9]*.*",
                                       "model.embed_tokens.weight",
                                       "transformer.h.[0-9]*.*",
                                       "h.[0-9]*.attn.c_attn.*",
                                       "gpt_neox.layers.[0-9]*.*",
                                       "backbone.layers.[0-9]*.mixer.*",
                                       "*encoder.block.[0-9]*.layer.[0-9]*.SelfAttention.*",
                                       "*encoder.layer.[0-9]*.attention.self.*",
                                       NULL };
  return match (globs, name) >= 0;
}

static int
is_of_llama (const char *name)
{
  static const char *const globs[] = { "blk.[0-9]*.*", "enc.blk.[0-9]*.*", "dec.blk.[0-9]*.*",
                                       "token_embd.weight", NULL };
  return match (globs, name) >= 0;
}

/* Returns whether the configuration is that of a language model of transformers. */
static int
is_language_model (fmtconv_attr *config)
{
  static const char *const globs[] = { "*ForCausalLM", "*ForConditionalGeneration", "*LMHeadModel",
                                       "*T5EncoderModel", NULL };
  const fmtconv_attr *classes = fmtconv_attr_get (config, "architectures");
  for (const fmtconv_attr *c = classes ? classes->first : NULL; c; c = c->next)
    if (c->kind == FMTCONV_ATTR_STRING && match (globs, c->v.s) >= 0)
      return 1;
  return 0;
}

int
gguf_warn_of_names (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  const char *example = NULL, *any = NULL;
  FMTCONV_FOREACH (t, model)
    {
      if (is_of_llama (t->name))
        return fmtconv_ctx_failed (ctx);
      any = any ? any : t->name;
      if (!example && is_of_transformers (t->name))
        example = t->name;
    }
  if (!example && is_language_model (fmtconv_attr_get (fmtconv_model_attrs (model), "config")))
    example = any;
  if (!example)
    return fmtconv_ctx_failed (ctx);
  return fmtconv_warn (
      ctx,
      "llama.cpp does not load a language model with the names of transformers, such as '%s': it "
      "needs other names (blk.0.attn_q.weight) and the tokenizer.  Make the GGUF file with "
      "llama.cpp's convert_hf_to_gguf.py; fmtconv can then change its data types",
      example);
}
