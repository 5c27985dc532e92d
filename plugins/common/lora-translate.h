/* plugins/common/lora-translate.h: the modules of a LoRA under the names of another side of their model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_TRANSLATE_H
#define LORA_TRANSLATE_H

#include "plugins/common/lora-facts.h"
#include <fmtconv/formats.h>

/* How modules are translated. */
struct lora_translation
{
  const char *model; /* name of a model file; NULL: the one whose rules take all modules */
  const char *side;  /* as in fmtconv_rules_rename */
  bool apart;        /* modules that are fused stay separate groups, each for its rows of the weight */
};

/* Translates the modules of the denoiser by the rules of an installed model file.  Matrices of modules that are fused
 * become one pair: of equal matrices A and rows of B, else block by block.  *out: which model it is; out->model is NULL if
 * no rules take the modules, and then `groups` is unchanged.  `groups->used` stays as it is.  Returns 0 or the code of the
 * error. */
int lora_translate (struct lora_facts *facts, const struct lora_translation *how, struct lora_groups *groups,
                    fmtconv_renaming *out);

/* Finds the model file whose rules give the modules of the denoiser the names of diffusers.  out->model is NULL: none, or
 * several with different names.  Returns 0 or the code of the error. */
int lora_recognize (fmtconv_ctx *ctx, const struct lora_groups *groups, fmtconv_renaming *out);

/* Returns whether a group is of the denoiser, so that a model file can have rules for it. */
bool lora_translates (const struct lora_group *group);

/* Returns the name of a module with dots for its separator, without the component "processor" of old files, and with
 * to_out.0 for to_out in these. */
const char *lora_dotted (fmtconv_ctx *ctx, const char *name, const char *separator);

/* ---- The parts of translated modules (lora-parts.c) */

/* What new parts are made of: groups by the number of their weight. */
struct lora_sources
{
  struct lora_facts *facts;
  const struct lora_group **group;
};

/* Returns a view as a tensor that is not in a file, in the context's memory.  NULL after an error. */
const fmtconv_tensor *lora_part_of_view (fmtconv_ctx *ctx, const char *name, fmtconv_view *view);

/* Returns rows of a tensor as another tensor of the same name, in the context's memory.  NULL after an error. */
const fmtconv_tensor *lora_part_rows (fmtconv_ctx *ctx, const fmtconv_tensor *tensor, uint64_t start,
                                      uint64_t count);

/* Fills a new group with the parts of those that its weight is made of.  Returns 0 or the code of the error. */
int lora_parts_make (const struct lora_sources *sources, const fmtconv_new_weight *weight, bool is_bias,
                     struct lora_group *out);

/* Replaces the modules of Flux.1 in the names of diffusers by XLabs' processors, whose matrices have the suffixes ".down" and
 * ".up" (lora-xlabs.c).  Modules that XLabs has no name for are an error that lists them.  Returns 0 or the code of the error. */
int lora_xlabs_join (struct lora_facts *facts, struct lora_groups *groups);

#endif
