/* plugins/torch/root.h: which part of a checkpoint is the model.
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
  unsigned n;       /* steps from the top */
  struct
  {
    pk_value inside;  /* what was stepped into */
    uint32_t chosen;  /* which of its items: the value's place */
    const char *name; /* of `inside` */
  } level[TORCH_MAX_LEVELS];
} torch_root;

/* The root that the user typed, or (NULL) the one that the reference readers take.  `top` was scanned.
 * 0; E_MISSING, E_UNSUPPORTED. */
int torch_root_find (fmtconv_ctx *ctx, fmtconv_source *pickle, const pk_value *top, const char *typed,
                     torch_root *root);

#endif
