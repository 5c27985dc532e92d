/* plugins/torch/root.h: selects the part of a checkpoint that is the model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ROOT_H
#define TORCH_ROOT_H

#include "plugins/common/pickle/value.h"

enum
{
  TORCH_MAX_STEPS = 32,                  /* of a root */
  TORCH_MAX_LEVELS = 3 * TORCH_MAX_STEPS /* a module has three dictionaries */
};

typedef struct torch_root
{
  pk_value value;
  const char *name; /* dotted; "." for the whole */
  bool is_typed;    /* the user named it */
  unsigned steps;   /* from the top to it */
  unsigned n;       /* containers passed on the way */
  struct
  {
    pk_value inside;  /* the container */
    uint32_t chosen;  /* index of the chosen item in it; UINT32_MAX: none */
    const char *name; /* of `inside` */
  } level[TORCH_MAX_LEVELS];
} torch_root;

/* Finds the root that the user typed or, if `typed` is NULL, the dictionary that is the model.  `top` must have been
 * scanned.  Returns 0, E_MISSING, or E_UNSUPPORTED if several can be meant. */
int torch_root_find (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *top, const char *typed,
                     torch_root *root);

/* Enters item `chosen` of `inside`, which is the root or, if that is a module, one of its parts.  Returns 0, E_LIMIT or
 * E_NOMEM. */
int torch_root_step (fmtconv_ctx *ctx, torch_root *root, const pk_value *inside, uint32_t chosen,
                     const char *key);

/* choose.c: enters the dictionary that is the model.  Returns 0, or E_UNSUPPORTED if several can be meant. */
int torch_root_choose (fmtconv_ctx *ctx, torch_root *root);

#endif
