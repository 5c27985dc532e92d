/* core/exec/publish/work-map.h: the work map of an execution, next to its first output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_WORK_MAP_H
#define FCI_EXEC_PUBLISH_WORK_MAP_H

#include "core/exec/publish/publication.h"
#include "core/plan/plan.h"

/* The map and its name. */
typedef struct fci_work_file
{
  fmtconv_ctx *ctx;
  fci_work_map map;
  fci_map_head head;
  int folder; /* which holds the map; -1: there is no map */
  const char *name;
  const char *path; /* for messages */
  mode_t mode;      /* of new files, when the map was made */
  int set;          /* of a share: 16 random bytes, other ones when a temporary was created; -1: none */
  const char *set_name;
} fci_work_file;

/* Where a map is, and what it is of. */
typedef struct fci_work_place
{
  const fci_plan *plan;
  const char *chain;  /* what is done with the inputs */
  const char *output; /* the first one */
  const fmtconv_layout *layout;
  uint64_t digest; /* of the plan */
} fci_work_place;

/* Sets what a map is of: plan, chain, inputs and version.  It is the same on all machines that share a file system.  digest:
 * of the plan. */
void fci_work_identify (const fci_plan *plan, const char *chain, uint64_t digest, fci_map_head *head);

/* Opens the map of a plan: a new one, or, with RESUME, that of an interrupted run; of a share, that of an earlier run.  Called before the temporaries are created,
 * so that a map that is found is never older than they.
 * Returns 0 or a code.  Without RESUME, where a map cannot be created, file->map.fd is -1. */
int fci_work_file_open (fci_work_file *file, const fci_work_place *place);

/* Opens the map of a share that was written.  FCI_MAP_FAILED: errno is that of fci_open_left, or of what failed; an error
 * may be recorded. */
fci_map_state fci_work_file_find (fci_work_file *file, const fci_work_place *place, unsigned share,
                                  unsigned shares);

/* Writes other bytes to the set: what maps say of earlier temporaries, whose inodes may be used again, does not hold any
 * more.  Returns false with errno. */
bool fci_work_set_renew (int set);

/* Returns whether the map says that its share wrote the open files of a publication. */
bool fci_work_file_wrote (const fci_work_file *file, const fci_publication *publication);

/* Empties the map of a share if it is of other files than those of the publication.  Returns 0 or a code. */
int fci_work_file_check_files (fci_work_file *file, const fci_publication *publication);

/* Says in the map of a share which files it writes.  Returns 0 or a code. */
int fci_work_file_note_files (fci_work_file *file, const fci_publication *publication);

/* Says in the map that all units of the share are on the disk, and flushes it.  Returns 0, or a code, also if the files
 * were removed in the meantime. */
int fci_work_file_finish (fci_work_file *file, const fci_publication *publication);

/* Closes the map, and removes it unless a later run is to continue (`keep`). */
void fci_work_file_close (fci_work_file *file, bool keep);

#endif
