/* core/exec/publish/publication.h: the types of a publication, shared by its steps.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_PUBLICATION_H
#define FCI_EXEC_PUBLISH_PUBLICATION_H

#include "core/exec/worker/io.h"
#include "core/exec/write/map.h"
#include "core/layout/layout.h"

typedef struct fci_target fci_target;

/* A name that changes: a temporary file or folder gets its final name. */
typedef enum fci_move_state
{
  FCI_MOVE_PENDING,  /* under its temporary name */
  FCI_MOVE_NEW,      /* has its name; nothing had it before */
  FCI_MOVE_SWAPPED,  /* has its name, and what had it before has the temporary one */
  FCI_MOVE_REPLACED, /* has its name, and the old file is gone */
} fci_move_state;

/* What becomes of temporaries that other processes made. */
typedef enum fci_opening
{
  FCI_OPEN_NEW,    /* they are replaced */
  FCI_OPEN_LEFT,   /* they are continued; where one is missing, the map is emptied */
  FCI_OPEN_SHARED, /* others write them, too, now or later */
  FCI_OPEN_ALL     /* they must all be there */
} fci_opening;

/* A folder of output files. */
typedef struct fci_out_dir
{
  const char *name;    /* relative to the top folder, without a trailing slash; "": the top folder */
  const char *base;    /* its last component */
  const char *display; /* its path, for messages */
  int parent;          /* index of the parent folder; -1: the top folder */
  int fd;
  bool made; /* created by this publication */
} fci_out_dir;

typedef struct fci_publication
{
  fmtconv_ctx *ctx;
  const struct fci_io *io;
  const fmtconv_layout *layout;
  const char *output;
  const char *folder_path; /* path of `folder`, without a trailing slash (except "/") */
  int folder;              /* parent folder of the final names; -1: closed */
  int replaced;            /* existing folder that is exchanged for a new one (exchange.h); -1: none */
  const char
      *temporary_folder;   /* temporary name of a new folder, published as a unit; NULL: files one by one */
  const char *top_path;    /* path of dirs[0]: folder_path or the path of the temporary folder */
  const char *top_display; /* final path of dirs[0] */
  mode_t folder_mode;      /* of a new folder: what the umask leaves */
  fci_move_state state;    /* of a new folder */
  bool published;
  bool is_kept;      /* a failed publication could not be undone: the next run needs the temporaries */
  fci_work_map *map; /* of the execution; NULL: none */
  fci_opening how;   /* what becomes of temporaries that others made */
  int set;           /* FCI_OPEN_SHARED: the file that tells a set of temporaries from another (work-map.h) */
  mode_t left_mode;  /* of new files, where these did: as the umask left that of the map */
  uint64_t digest;
  struct fci_old_file *old; /* older files, removed after all others have their names */
  fci_out_dir *dirs;        /* n_dirs; the first is the top folder */
  size_t n_dirs;
  fci_target *targets; /* n_files */
  int *fds;
  const char **display; /* paths of the files, for messages */
  const char **paths;   /* paths of the temporaries */
} fci_publication;

#endif
