/* plugins/lora-names/names.h: the internal interfaces of the lora-names transform.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef NAMES_H
#define NAMES_H

#include "plugins/common/lora-facts.h"
#include "plugins/common/lora-index.h"
#include "plugins/common/lora-translate.h"

/* Conventions, in the order of the parameter's choices. */
enum
{
  TO_PEFT,
  TO_DIFFUSERS,
  TO_KOHYA,
  TO_COMFY,
  TO_XLABS
};

/* What becomes of alpha/rank, in the order of the parameter's choices. */
enum
{
  BAKE_AUTO, /* as the convention wants */
  BAKE_YES,  /* B is multiplied by it */
  BAKE_NO,
  BAKE_SPLIT /* A and B are, each by a part of it */
};

struct names_params
{
  int to;
  int only;     /* 0: all components; else enum lora_component */
  double alpha; /* NaN: not given */
  int bake;
  fmtconv_input *base;
  const char *model; /* NULL: recognized, where the convention has names of one side */
  const char *side;  /* NULL: that of the convention */
};

/* One group of the LoRA, and how it is written. */
struct names_entry
{
  const struct lora_group *group;
  const char *module; /* with dots, without the convention's prefix */
  int component;      /* LORA_MODEL …; never LORA_ANY */
  int is_unet;
  uint64_t rank; /* 0: no product */
  double alpha;  /* what the output has to state */
  double bake;   /* factor of B; 1: none */
  double bake_a; /* factor of A; 1: none */
};

struct names
{
  fmtconv_ctx *ctx;
  const struct names_params *params;
  const fmtconv_model *in;
  fmtconv_model *out;
  struct lora_facts facts;
  struct lora_groups groups;
  fmtconv_renaming renaming; /* by the rules of a model; .model NULL: none */
  struct lora_index index;   /* of base=; empty: not given */
  struct names_entry *entries;
  size_t n;
  int has_text_2; /* there are two text encoders */
};

/* Returns the module's name in its model, with dots: of base=, else by the words that names are made of.  NULL after an
 * error: it is not clear where the dots are. */
const char *names_module (struct names *s, const struct lora_group *group);

/* Returns the name with dots for some underscores, if there is one way to split it into known words; NULL if there is
 * none or there are several, or after an error. */
const char *names_split (fmtconv_ctx *ctx, const char *name);

/* Returns the new name of a part of an entry, or NULL if the convention has no such part. */
const char *names_new (struct names *s, const struct names_entry *entry, int part);

/* Returns 1 if the model is a LoRA whose names diffusers does not have, and that it could load with others: of a known model, or
 * with names of kohya's scripts.  Returns 0 if it is not, or after an error. */
int names_recognize (fmtconv_ctx *ctx, const fmtconv_model *model);

/* Puts all tensors under their new names.  Parts that the convention does not have are an error that lists them.
 * Returns 0 or the code of the error. */
int names_put (struct names *s);

/* Writes alpha and rank into the configuration or the metadata, if the convention has them there, and removes what the
 * new names make wrong.  Returns 0 or the code of the error. */
int names_set_config (struct names *s);

#endif
