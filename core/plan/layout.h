/* core/plan/layout.h: layouts as the core sees them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_H
#define FCI_LAYOUT_H

#include "core/model/view.h"
#include <fmtconv/layout.h>

typedef enum fci_region_kind
{
  FCI_REGION_LITERAL,
  FCI_REGION_FILL,
  FCI_REGION_TENSOR
} fci_region_kind;

typedef struct fci_region
{
  struct fci_region *next;
  fci_region_kind kind;
  uint64_t at;   /* in its file, bytes */
  uint64_t size; /* bytes */
  union
  {
    const uint8_t *bytes; /* LITERAL */
    int fill;             /* FILL */
    struct
    {
      const char *name;
      fmtconv_view *view;
    } tensor;
  } u;
} fci_region;

struct fmtconv_file
{
  struct fmtconv_file *next;
  fmtconv_layout *layout;
  const char *name; /* base name of the file to publish */
  uint64_t size;
  fci_region *first;
  fci_region *last;
  size_t n_tensors;
};

struct fmtconv_layout
{
  fmtconv_ctx *ctx;
  const char *target; /* last component of OUTPUT */
  fmtconv_file *first;
  fmtconv_file *last;
  size_t n_files;
  int sealed;
};

/* An empty layout for an output of that base name. */
fmtconv_layout *fci_layout_new (fmtconv_ctx *ctx, const char *target);

/* Close it: at least one file, distinct names. */
int fci_layout_seal (fmtconv_layout *layout);

#endif
