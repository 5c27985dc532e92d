/* plugins/cogvideox-pipeline/text.c: the text encoder and its tokenizer, which a pipeline may be written without.
 * SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"
#include <string.h>

/* T5 gives the transformer vectors of the width that it was trained with. */
static int
check_encoder (fmtconv_ctx *ctx, const struct pipeline_facts *facts, const fmtconv_model *encoder)
{
  fmtconv_attr *config = fmtconv_get (fmtconv_attrs (encoder), "config");
  int64_t width = fmtconv_get_int (config, "d_model", -1);
  if (!fmtconv_count (encoder))
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "the component 'text_encoder' has no weights");
  if (width < 0)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "the component 'text_encoder' is no T5: its configuration has no d_model");
  if (facts->text && width != facts->text)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .hint = "all published models have that of t5-v1_1-xxl, 4096 wide" },
        "the text encoder gives vectors of %lld numbers, the transformer takes %lld (text_embed_dim)",
        (long long) width, (long long) facts->text);
  return fmtconv_failed (ctx);
}

/* transformers has one embedding under two names, and saves it under the first. */
static void
drop_tied (fmtconv_model *encoder)
{
  const fmtconv_tensor *shared = fmtconv_find (encoder, "shared.weight");
  const fmtconv_tensor *embed = fmtconv_find (encoder, "encoder.embed_tokens.weight");
  if (shared && embed && (fmtconv_tied (encoder, embed) == shared || fmtconv_tied (encoder, shared) == embed))
    fmtconv_drop (encoder, embed, "tied: the same as shared.weight");
}

static int
has_file (const fmtconv_model *model, const char *name)
{
  const fmtconv_blob *b = NULL;
  while ((b = fmtconv_next_blob (model, b)) && strcmp (b->name, name))
    ;
  return b != NULL;
}

/* CogVideo's instructions put both into one folder, t5-v1_1-xxl; diffusers has one for each. */
static void
move_files (fmtconv_model *encoder, fmtconv_model *tokenizer)
{
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_next_blob (encoder, blob));)
    if (strcmp (blob->name, "generation_config.json"))
      {
        if (!has_file (tokenizer, blob->name))
          fmtconv_attach (tokenizer, blob->name, blob->source);
        fmtconv_detach (encoder, blob);
      }
}

static void
call (const fmtconv_model *component, const char *class)
{
  fmtconv_attr *attrs = fmtconv_attrs (component);
  if (pipeline_is_empty (component))
    return;
  fmtconv_set_string (attrs, "library", "transformers");
  fmtconv_set_string (attrs, "class", fmtconv_get_string (attrs, "class", class));
}

static void
say_what_is_missing (fmtconv_ctx *ctx, const fmtconv_model *encoder, const fmtconv_model *tokenizer)
{
  int no_encoder = pipeline_is_empty (encoder), no_tokenizer = pipeline_is_empty (tokenizer);
  if (!no_encoder && !no_tokenizer)
    return;
  fmtconv_note (ctx,
                "the pipeline has no %s: add the component%s from any published model of CogVideoX, which "
                "all have the same, or give %s to from_pretrained (None, if prompt_embeds are given)",
                no_encoder && no_tokenizer ? "text encoder and no tokenizer"
                : no_encoder               ? "text encoder"
                                           : "tokenizer",
                no_encoder && no_tokenizer ? "s" : "",
                no_encoder && no_tokenizer ? "text_encoder= and tokenizer="
                : no_encoder               ? "text_encoder="
                                           : "tokenizer=");
}

int
pipeline_text (fmtconv_ctx *ctx, const struct pipeline_facts *facts, fmtconv_model *out)
{
  fmtconv_model *encoder = fmtconv_component (out, "text_encoder");
  fmtconv_model *tokenizer = fmtconv_component (out, "tokenizer");
  if (!encoder || !tokenizer || (!pipeline_is_empty (encoder) && check_encoder (ctx, facts, encoder)))
    return fmtconv_failed (ctx);
  move_files (encoder, tokenizer);
  if (fmtconv_count (tokenizer))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "the component 'tokenizer' has tensors, and should have files only");
  drop_tied (encoder);
  call (encoder, "T5EncoderModel");
  call (tokenizer, "T5Tokenizer");
  say_what_is_missing (ctx, encoder, tokenizer);
  return fmtconv_failed (ctx);
}
