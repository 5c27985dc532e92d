/* core/model/skeleton.h: groups the names of a model that differ only in their numbers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A model of a million tensors has some dozen kinds of names.  What holds for all names of a kind is found once, without
 * a walk over the names, which lie all over the memory. */
#ifndef FCI_MODEL_SKELETON_H
#define FCI_MODEL_SKELETON_H

#include <fmtconv/types.h>
#include <stdbool.h>

enum
{
  FCI_MAX_SKELETONS = 4096 /* of one model */
};

/* The skeleton of a name is the name with one '0' for each of its numbers: "blocks.0.conv0.weight". */
typedef struct fci_skeletons
{
  size_t n;
  const char **text;
  const uint16_t *of; /* by number of the tensor: its skeleton */
} fci_skeletons;

/* Returns the skeletons of a frozen model.  NULL: it is not frozen, has almost as many skeletons as names, or memory ran out
 * (recorded). */
const fci_skeletons *fci_model_skeletons (const fmtconv_model *model);

/* Returns those of a model, if each begins with the prefix exactly if its names do.  NULL: as above, or the prefix has
 * numbers. */
const fci_skeletons *fci_model_skeletons_with_prefix (const fmtconv_model *model, const char *prefix);

/* Returns whether a name of the model may have that ending.  false: none has it. */
bool fci_model_may_have_ending (const fmtconv_model *model, const char *ending);

#endif
