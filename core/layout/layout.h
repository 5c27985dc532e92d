/* core/layout/layout.h: the private structs of layouts: files and their regions.
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
  FCI_REGION_TIED,  /* another name of a tensor; owns no bytes */
  FCI_REGION_DIGEST /* the checksum of another region */
} fci_region_kind;

typedef struct fci_region
{
  struct fci_region *next;
  fci_region_kind kind;
  uint32_t wanted; /* number among the layout's regions with digests, from 1; 0: no digest */
  uint64_t at;     /* offset in the file, bytes; TIED: that of the tensor */
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
        size_t number; /* TIED, until the layout is frozen: number of the tensor's region */
      };
    } tensor; /* TENSOR, TIED */
    struct
    {
      union
      {
        const struct fci_region *region; /* the region of the digest */
        size_t number;                   /* until the layout is frozen: number of that region */
      };
    } digest;
  } u;
} fci_region;

struct fmtconv_file
{
  struct fmtconv_file *next;
  fmtconv_layout *layout;
  const char *name;   /* relative to the target's folder, or to the target if the target is a folder */
  const char *base;   /* its last component */
  const char *writer; /* plugin that created the file; NULL: none */
  const char *params; /* parameters of the plugin as typed; NULL: none */
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
  const char *folder; /* "" or "vae/" */
  const char *glob;   /* pattern for names in the folder */
} fci_stale;

struct fmtconv_layout
{
  fmtconv_ctx *ctx;
  const char *target; /* last component of OUTPUT, or of an inner writer's output */
  const char *params; /* parameters of the current writer as typed; NULL: none */
  const char *within; /* folder of the inner writer's files: "" or "vae/" */
  bool is_folder;     /* OUTPUT is a folder */
  bool is_inner;      /* the current writer is an inner writer: the target is a file */
  fci_stale *stale;
  fci_stale *last_stale;
  fmtconv_file *first;
  fmtconv_file *last;
  size_t n_files;
  uint32_t n_wanted; /* regions with digests; valid when frozen */
  int frozen;
};

/* Returns whether the region names a tensor. */
static inline bool
fci_region_is_tensor (const fci_region *region)
{
  return region->kind == FCI_REGION_TENSOR || region->kind == FCI_REGION_TIED;
}

/* Returns the total size of all files, in bytes. */
uint64_t fci_layout_size (const fmtconv_layout *layout);

#endif
