/* plugins/torch/walk.h: the walk through the root, which names the values in it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_WALK_H
#define TORCH_WALK_H

#include "plugins/torch/collect.h"

typedef struct torch_walk_frame
{
  const fmtconv_value *inside; /* a container, or one part of the module */
  const fmtconv_value *module; /* NULL: it is not of a module */
  unsigned part;               /* of the module */
  uint32_t length;             /* of its name */
  size_t next;                 /* number of the next item */
} torch_walk_frame;

typedef struct torch_walk
{
  torch_load *load;
  const torch_root *root;
  torch_walk_frame *frames;
  unsigned depth;
  char name[TORCH_MAX_NAME + 1];
  uint32_t length;
} torch_walk;

/* put.c: reports an error of the value that the walk is at.  value: tells the offset; may be NULL.  Returns the code. */
int torch_walk_fail (const torch_walk *w, int code, const fmtconv_value *value, const char *why);

/* Puts a tensor into the model under the name of the walk.  Returns 0 or an error code. */
int torch_walk_put (torch_walk *w, const fmtconv_value *value);

#endif
