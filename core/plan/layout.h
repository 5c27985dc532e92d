/* core/plan/layout.h: layouts as the core sees them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_H
#define FCI_LAYOUT_H

#include "core/model/view.h"
#include <fmtconv/layout.h>
#include <stdbool.h>

typedef enum fci_region_kind
{
  FCI_REGION_LITERAL,
  FCI_REGION_FILL,
  FCI_REGION_TENSOR,
  FCI_REGION_SOURCE
} fci_region_kind;

typedef struct fci_region
{
  struct fci_region *next;
  fci_region_kind kind;
  uint64_t at;   /* in its file, bytes */
  uint64_t size; /* bytes */
  union
  {
    const uint8_t *bytes;   /* LITERAL */
    int fill;               /* FILL */
    fmtconv_source *source; /* SOURCE: all of it */
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
  const char
      *name; /* of the file to publish: relative to the target's folder, or to the target if that is one */
  const char *base;   /* its last component */
  const char *writer; /* the plugin that created it; NULL: none */
  uint64_t size;
  fci_region *first;
  fci_region *last;
  size_t n_tensors;
};

/* Older files that the output replaces. */
typedef struct fci_stale
{
  struct fci_stale *next;
  const char *folder; /* as in names of files: "" or "vae/" */
  const char *glob;   /* of names in it */
} fci_stale;

struct fmtconv_layout
{
  fmtconv_ctx *ctx;
  const char *target; /* last component of OUTPUT, or of what an inner writer is to write */
  const char *within; /* folder of the inner writer's files: "" or "vae/" */
  bool is_folder;     /* OUTPUT is a folder */
  bool is_inner;      /* an inner writer is at work: the target is a file */
  fci_stale *stale;
  fci_stale *last_stale;
  fmtconv_file *first;
  fmtconv_file *last;
  size_t n_files;
  int sealed;
};

/* An empty layout for an output of that base name. */
fmtconv_layout *fci_layout_new (fmtconv_ctx *ctx, const char *target);

/* The same for an output that is a folder. */
fmtconv_layout *fci_layout_new_folder (fmtconv_ctx *ctx, const char *target);

/* What fmtconv_write changes while another writer is at work. */
typedef struct fci_scope
{
  const char *target;
  const char *within;
  bool is_inner;
} fci_scope;

/* Make `name` the target, until it is left.  0 or a code. */
int fci_layout_enter (fmtconv_layout *layout, const char *name, fci_scope *saved);
void fci_layout_leave (fmtconv_layout *layout, const fci_scope *saved);

/* Close it: at least one file, distinct names, none of them a folder of another. */
int fci_layout_seal (fmtconv_layout *layout);

#endif
