/* plugins/cogvideox-pipeline/text.c: checks the text encoder and its tokenizer, both optional.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "pipeline.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_CONFIG = 16 << 20, /* bytes */
  DEPTH = 32
};

static const fmtconv_blob *
find_file (const fmtconv_model *model, const char *name)
{
  const fmtconv_blob *b = NULL;
  while ((b = fmtconv_model_next_blob (model, b)) && strcmp (b->name, name))
    ;
  return b;
}

/* Returns the encoder's configuration, or NULL if it has none or after an error.  A folder that is copied
 * unchanged has it among its files. */
static fmtconv_attr *
encoder_config (const fmtconv_model *encoder)
{
  const fmtconv_blob *file = fmtconv_model_count (encoder) ? NULL : find_file (encoder, "config.json");
  if (!file)
    return fmtconv_attr_get (fmtconv_model_attrs (encoder), "config");
  fmtconv_cursor c = fmtconv_cursor_start (file->source);
  return c.end > MAX_CONFIG ? NULL : fmtconv_cursor_take_json (&c, c.end, DEPTH);
}

/* Fails unless the encoder is a T5 of the width that the transformer was trained with. */
static int
check_encoder (fmtconv_ctx *ctx, const struct pipeline_facts *facts, const fmtconv_model *encoder)
{
  fmtconv_attr *config = encoder_config (encoder);
  int64_t width = fmtconv_attr_get_int (config, "d_model", -1);
  const char *type = fmtconv_attr_get_string (config, "model_type", "t5");
  if (width < 0 || strcmp (type, "t5"))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "the component 'text_encoder' is not a T5: its configuration %s%s",
                         width < 0 ? "has no d_model" : "is that of ", width < 0 ? "" : type);
  if (facts->text && width != facts->text)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .hint = "all published models use t5-v1_1-xxl, of width 4096" },
        "the text encoder has width %lld, but the transformer takes width %lld (text_embed_dim)",
        (long long) width, (long long) facts->text);
  if (!fmtconv_model_count (encoder) && !fmtconv_model_next_blob (encoder, NULL))
    return fmtconv_fail (ctx, FMTCONV_E_MISSING, "the component 'text_encoder' has no weights");
  return fmtconv_ctx_failed (ctx);
}

/* Drops the second name of the embedding, which transformers does not save either. */
static void
drop_tied (fmtconv_model *encoder)
{
  const fmtconv_tensor *shared = fmtconv_model_find (encoder, "shared.weight");
  const fmtconv_tensor *embed = fmtconv_model_find (encoder, "encoder.embed_tokens.weight");
  if (shared && embed
      && (fmtconv_model_tied (encoder, embed) == shared || fmtconv_model_tied (encoder, shared) == embed))
    fmtconv_model_drop (encoder, embed, "tied: the same as shared.weight");
}

/* Drops the decoder of a complete T5 such as google/t5-v1_1-xxl: T5EncoderModel loads only the encoder. */
static void
drop_decoder (fmtconv_ctx *ctx, fmtconv_model *encoder)
{
  size_t dropped = 0;
  FMTCONV_FOREACH (t, encoder)
    if (fmtconv_pattern_match ("decoder.{x*}", t->name) || !strcmp (t->name, "lm_head.weight"))
      {
        fmtconv_model_drop (encoder, t, "T5's decoder, which the pipeline does not use");
        dropped++;
      }
  if (dropped)
    fmtconv_attr_set (fmtconv_attr_get (fmtconv_model_attrs (encoder), "config"), "architectures",
                      fmtconv_attr_literal (ctx, FMTCONV_JSON (["T5EncoderModel"])));
}

/* Moves the tokenizer's files: CogVideo's instructions have both in the folder t5-v1_1-xxl, diffusers in two
 * folders. */
static void
move_files (fmtconv_model *encoder, fmtconv_model *tokenizer)
{
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (encoder, blob));)
    if (fmtconv_glob_match ("*token*.json", blob->name) || fmtconv_glob_match ("spiece.*", blob->name))
      {
        if (!find_file (tokenizer, blob->name))
          fmtconv_model_attach (tokenizer, blob->name, blob->source);
        fmtconv_model_detach (encoder, blob);
      }
}

static void
set_class (const fmtconv_model *component, const char *class)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (component);
  if (pipeline_is_empty (component))
    return;
  fmtconv_attr_set_string (attrs, "library", "transformers");
  fmtconv_attr_set_string (attrs, "class", class);
}

static void
note_missing (fmtconv_ctx *ctx, const fmtconv_model *encoder, const fmtconv_model *tokenizer)
{
  int no_encoder = pipeline_is_empty (encoder), no_tokenizer = pipeline_is_empty (tokenizer);
  if (!no_encoder && !no_tokenizer)
    return;
  fmtconv_note (ctx,
                "the pipeline has no %s: add the component%s from any published CogVideoX model (they are "
                "all the same), or pass %s to from_pretrained (None if you pass prompt_embeds)",
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
  fmtconv_model *encoder = fmtconv_model_component (out, "text_encoder");
  fmtconv_model *tokenizer = fmtconv_model_component (out, "tokenizer");
  if (!encoder || !tokenizer || (!pipeline_is_empty (encoder) && check_encoder (ctx, facts, encoder)))
    return fmtconv_ctx_failed (ctx);
  move_files (encoder, tokenizer);
  if (fmtconv_model_count (tokenizer))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "the component 'tokenizer' has tensors; it may have only files");
  drop_decoder (ctx, encoder);
  drop_tied (encoder);
  set_class (encoder, "T5EncoderModel");
  set_class (tokenizer, fmtconv_attr_get_string (fmtconv_model_attrs (tokenizer), "class", "T5Tokenizer"));
  note_missing (ctx, encoder, tokenizer);
  return fmtconv_ctx_failed (ctx);
}
