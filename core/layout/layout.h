/* core/layout/layout.h: the private structs of layouts: files and their regions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_LAYOUT_H
#define FCI_LAYOUT_LAYOUT_H

#include "core/base/slab.h"
#include "core/view/view.h"
#include <fmtconv/layout.h>
#include <stdbool.h>

typedef enum fci_region_kind
{
  FCI_REGION_LITERAL,
  FCI_REGION_FILL,
  FCI_REGION_TENSOR,
  FCI_REGION_SOURCE,
  FCI_REGION_TIED,   /* another name of a tensor; owns no bytes */
  FCI_REGION_DIGEST, /* bytes with the checksum of other regions in them */
  FCI_REGION_SHA256  /* the SHA-256 of another file, in digits */
} fci_region_kind;

enum
{
  FCI_CRC32_BYTES = 4
};

typedef struct fci_region
{
  struct fci_region *next;
  fci_region_kind kind;
  uint32_t wanted; /* number among the layout's regions with digests, from 1; 0: no digest */
  uint64_t at;     /* offset in the file, bytes; TIED: that of the tensor */
  uint64_t size;   /* bytes */
  union
  {
    const uint8_t *bytes;              /* LITERAL */
    int fill;                          /* FILL */
    const struct fmtconv_file *hashed; /* SHA256 */
    fmtconv_source *source;            /* SOURCE: all of it */
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
        const struct fci_region *first; /* of the consecutive regions with the checksum */
        size_t number;                  /* of the first in the file, until the layout is frozen … */
      };
      union
      {
        const struct fci_region *last;
        size_t n; /* … and how many */
      };
      const uint8_t *bytes; /* all of the region, with zeros for the checksum … */
      size_t hole;          /* … of FCI_CRC32_BYTES from this byte on */
    } digest;
  } u;
} fci_region;

/* The files and tensors of one call of a writer. */
typedef struct fci_layout_part
{
  struct fci_layout_part *next;  /* the part that was finished after this one */
  struct fci_layout_part *outer; /* of the writer that called this one; NULL: none */
  const char *writer;            /* name of the plugin */
  const char *params;            /* its parameters as typed */
  const fmtconv_model *model;    /* given to the writer */
  const char *target;            /* name of its target: a file of the layout, or "" for the output folder */
  const fmtconv_file *before;    /* the last file when the writer was called; NULL: none */
  const fmtconv_file *last;      /* its last file */
  const char **dropped;          /* reason for each tensor number of the context; NULL until one is dropped */
  size_t n_dropped;              /* items of `dropped` */
} fci_layout_part;

struct fmtconv_file
{
  struct fmtconv_file *next;
  fmtconv_layout *layout;
  const fci_layout_part *part; /* of the writer that created it; NULL: none */
  const char *name; /* relative to the target's folder, or to the target if the target is a folder */
  const char *base; /* its last component */
  uint64_t size;
  fci_slab made; /* the regions */
  fci_region *first;
  fci_region *last;
  size_t n_tensors;
  size_t n_regions;
  size_t n_references;            /* regions that refer to others */
  size_t n_hashes;                /* SHA256 regions */
  const fmtconv_archive *archive; /* that fills the file; NULL: none */
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
  const char *target;          /* last component of OUTPUT, or of an inner writer's output */
  const char *within;          /* folder of the inner writer's files: "" or "vae/" */
  bool is_folder;              /* OUTPUT is a folder */
  bool is_edit;                /* OUTPUT is a file that exists, and a source of its new bytes … */
  bool is_patch;               /* … which are written where they lie */
  bool is_inner;               /* the current writer is an inner writer: the target is a file */
  fci_layout_part *part;       /* of the current writer; NULL: none */
  fci_layout_part *first_part; /* in the order in which the writers finished */
  fci_layout_part *last_part;
  fci_stale *stale;
  fci_stale *last_stale;
  const char *manifest;     /* name of the file with the digests of all others; NULL: none */
  const char *old_manifest; /* name that it has by default, of which an older file is stale; NULL: none */
  fmtconv_file *first;
  fmtconv_file *last;
  size_t n_files;
  struct fci_map *names; /* of the files; NULL until the layout is being frozen */
  uint32_t n_wanted;     /* regions with digests; valid when frozen */
  int frozen;
};

/* Returns whether the region names a tensor. */
static inline bool
fci_region_is_tensor (const fci_region *region)
{
  return region->kind == FCI_REGION_TENSOR || region->kind == FCI_REGION_TIED;
}

/* Returns the bytes of a region that holds bytes, with zeros for a digest; NULL: it does not. */
static inline const uint8_t *
fci_region_bytes (const fci_region *region)
{
  return region->kind == FCI_REGION_LITERAL  ? region->u.bytes
         : region->kind == FCI_REGION_DIGEST ? region->u.digest.bytes
                                             : NULL;
}

/* Returns whether byte `skip` of the region belongs to a digest, which is known only when all else is written. */
static inline bool
fci_region_is_digest (const fci_region *region, uint64_t skip)
{
  return region->kind == FCI_REGION_SHA256
         || (region->kind == FCI_REGION_DIGEST && skip >= region->u.digest.hole
             && skip - region->u.digest.hole < FCI_CRC32_BYTES);
}

/* Appends a digest whose regions the caller sets before the layout is frozen.  NULL: an error was recorded. */
fci_region *fci_file_emit_digest (fmtconv_file *file);

/* The same for a digest next to bytes of the caller itself, which become part of its region if that has room: few regions take
 * less memory and time than many.  No other digest may begin or end between them. */
fci_region *fci_file_emit_digest_more (fmtconv_file *file);

/* Appends bytes as fmtconv_file_emit does, to the last region if that holds bytes and has room.  For bytes next to those of the
 * caller itself: no digest may begin or end between them. */
void fci_file_emit_more (fmtconv_file *file, const void *bytes, size_t n);

/* Appends the digest of another file of the layout.  NULL: an error was recorded. */
fci_region *fci_file_emit_sha256 (fmtconv_file *file, const fmtconv_file *hashed);

/* Returns the total size of all files, in bytes. */
uint64_t fci_layout_size (const fmtconv_layout *layout);

#endif
