/* plugins/torch/root.h: selects the part of a checkpoint that is the model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ROOT_H
#define TORCH_ROOT_H

#include "plugins/torch/value.h"

enum
{
  TORCH_MAX_LEVELS = 32 /* of a root */
};

typedef struct torch_root
{
  pk_value value;
  const char *name; /* dotted; "." for the whole */
  unsigned n;       /* levels below the top */
  struct
  {
    pk_value inside;  /* the container of the next level */
    uint32_t chosen;  /* index of the chosen item in it */
    const char *name; /* of `inside` */
  } level[TORCH_MAX_LEVELS];
} torch_root;

/* Finds the root that the user typed or, if `typed` is NULL, the one that the reference readers take.  `top`
 * must have been scanned.  Returns 0, E_MISSING or E_UNSUPPORTED. */
int torch_root_find (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *top, const char *typed,
                     torch_root *root);

#endif
