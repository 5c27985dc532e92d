/* plugins/model-card/model-card.h: declarations of the transform that turns what a folder says of a model into GGUF keys.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys are the general.* of llama.cpp's converter (gguf-py, gguf/metadata.py): from the head of README.md, config.json
 * and the folder's name.  The first that says something wins. */
#ifndef MODEL_CARD_H
#define MODEL_CARD_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdbool.h>

struct model_card
{
  fmtconv_ctx *ctx;
  const fmtconv_model *in;
  double parameters;   /* of the whole model */
  fmtconv_attr *card;  /* the head of README.md; NULL: none */
  fmtconv_attr *said;  /* "name", "author" … → text, in the order of the keys */
  fmtconv_attr *keys;  /* the result */
  const char *skipped; /* the last entry of the card of which a value was skipped: it is reported once */
};

/* The parts of a model's name.  NULL: it has none such. */
struct model_card_id
{
  const char *full; /* without the organization */
  const char *organization;
  const char *basename;
  const char *finetune;
  const char *version;
  const char *size;
};

/* Functions that return int return 0 or the code of an error. */

/* Sets a value of `said`, unless it has one or the text is NULL or empty (card.c). */
void model_card_say (struct model_card *m, const char *key, const char *text);

/* Returns whether a value of an entry of the card is a text; notes another unless it is null (card.c). */
bool model_card_is_text (struct model_card *m, const char *entry, const fmtconv_attr *value);

/* Takes from the head what it says of the model itself (card.c). */
void model_card_take (struct model_card *m);

/* Takes what the name of a model says (card.c). */
void model_card_take_id (struct model_card *m, const char *id);

/* Puts the models and the data that the model was made of (sources.c). */
void model_card_put_sources (struct model_card *m);

/* Splits a name such as "Qwen/Qwen2.5-0.5B-Instruct" (id.c).  parameters: of the model, for sizes that cannot be its
 * own. */
struct model_card_id model_card_split (fmtconv_ctx *ctx, const char *id, double parameters);

/* Returns a name as a title: "Qwen2.5 0.5B Instruct"; NULL: an error, or no name (words.c). */
const char *model_card_title (fmtconv_ctx *ctx, const char *name);

/* The forms of words in names (words.c); n: bytes. */
bool model_card_is_version (const char *word);
bool model_card_is_type (const char *word);
bool model_card_is_size (const char *word);

/* Counts the parameters, and returns the label of the size: "7.6B", "8x7B"; NULL: an error (size.c). */
const char *model_card_size (struct model_card *m);

#endif
