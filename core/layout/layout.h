/* core/layout/layout.h: layouts as the core sees them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_LAYOUT_H
#define FCI_LAYOUT_LAYOUT_H

#include "core/view/view.h"
#include <fmtconv/layout.h>
#include <stdbool.h>

typedef enum fci_region_kind
{
  FCI_REGION_LITERAL,
  FCI_REGION_FILL,
  FCI_REGION_TENSOR,
  FCI_REGION_SOURCE,
  FCI_REGION_TIED,  /* no bytes: another name of a tensor */
  FCI_REGION_DIGEST /* of another region */
} fci_region_kind;

typedef struct fci_region
{
  struct fci_region *next;
  fci_region_kind kind;
  uint32_t wanted; /* its number among the layout's regions with digests, from 1; 0: it has none */
  uint64_t at;     /* in its file, bytes; TIED: where the tensor is */
  uint64_t size;   /* bytes */
  union
  {
    const uint8_t *bytes;   /* LITERAL */
    int fill;               /* FILL */
    fmtconv_source *source; /* SOURCE: all of it */
    struct
    {
      const char *name;
      union
      {
        fmtconv_view *view;
        size_t number; /* TIED, until the layout is closed: of the region that is meant */
      };
    } tensor; /* TENSOR, TIED */
    struct
    {
      union
      {
        const struct fci_region *region; /* whose digest it is */
        size_t number;                   /* until the layout is closed: its number */
      };
    } digest;
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
  const char *params; /* that plugin's parameters as typed; NULL: none */
  uint64_t size;
  fci_region *first;
  fci_region *last;
  size_t n_tensors;
  size_t n_regions;
  size_t n_references; /* regions that refer to others */
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
  const char *params; /* of the writer that is at work, as typed; NULL: none */
  const char *within; /* folder of the inner writer's files: "" or "vae/" */
  bool is_folder;     /* OUTPUT is a folder */
  bool is_inner;      /* an inner writer is at work: the target is a file */
  fci_stale *stale;
  fci_stale *last_stale;
  fmtconv_file *first;
  fmtconv_file *last;
  size_t n_files;
  uint32_t n_wanted; /* regions with digests, once it is closed */
  int frozen;
};

/* Is there a tensor of that name? */
static inline bool
fci_region_is_tensor (const fci_region *region)
{
  return region->kind == FCI_REGION_TENSOR || region->kind == FCI_REGION_TIED;
}

/* Bytes of all files. */
uint64_t fci_layout_size (const fmtconv_layout *layout);

#endif
