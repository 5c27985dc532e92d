/* plugins/torch/root.h: selects the part of a checkpoint that is the model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ROOT_H
#define TORCH_ROOT_H

#include "plugins/torch/scan.h"

enum
{
  TORCH_MAX_STEPS = 32,                  /* of a root */
  TORCH_MAX_LEVELS = 3 * TORCH_MAX_STEPS /* a module has three dictionaries */
};

typedef struct torch_root
{
  const torch_scan *scan;
  const fmtconv_value *value;
  const char *name; /* dotted; "." for the whole */
  bool is_typed;    /* the user named it */
  unsigned steps;   /* from the top to it */
  unsigned n;       /* containers passed on the way */
  struct
  {
    const fmtconv_value *inside; /* the container */
    size_t chosen;               /* number of the chosen item in it; SIZE_MAX: none */
    const char *name;            /* of `inside` */
  } level[TORCH_MAX_LEVELS];
} torch_root;

/* Finds the root that the user typed or, if `typed` is NULL, the dictionary that is the model.  The pickle must
 * have been scanned.  Returns 0, E_MISSING, or E_UNSUPPORTED if several can be meant. */
int torch_root_find (const torch_scan *scan, const char *typed, torch_root *root);

/* Enters item `chosen` of `inside`, which is the root or, if that is a module, one of its parts.  Returns 0, E_LIMIT or
 * E_NOMEM. */
int torch_root_step (torch_root *root, const fmtconv_value *inside, size_t chosen, const char *key);

/* Returns the key or the number of an item as text, for paths. */
const char *torch_item_text (fmtconv_ctx *ctx, const fmtconv_value *inside, size_t i);

/* choose.c: enters the dictionary that is the model.  Returns 0, or E_UNSUPPORTED if several can be meant. */
int torch_root_choose (torch_root *root);

#endif
