/* core/api/checkpoint.h: an open checkpoint: its tensors, and the plans of those that were read.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_CHECKPOINT_H
#define FCI_API_CHECKPOINT_H

#include "core/exec/load.h"
#include "core/model/model.h"
#include <fmtconv/checkpoint.h>

/* The loader of a tensor as one data type. */
typedef struct fci_loaded
{
  struct fci_loaded *next;
  uint32_t dtype;
  fmtconv_view *view;
  fci_loader *loader;
} fci_loaded;

typedef struct fci_entry
{
  const char *component;
  const fmtconv_tensor *tensor;
  fci_loaded *loaded; /* one for each data type that was read */
} fci_entry;

struct fmtconv_checkpoint
{
  fmtconv_ctx *ctx;
  const char *path;
  const char *reader;
  const fmtconv_model *model;
  fci_entry *entry;
  size_t n;
};

/* Returns entry `i`.  NULL: an error was recorded. */
fci_entry *fci_checkpoint_entry (const fmtconv_checkpoint *checkpoint, size_t i);

#endif
