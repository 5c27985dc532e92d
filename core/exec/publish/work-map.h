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
} fci_work_file;

/* Opens the map of a plan: a new one, or, with RESUME, that of an interrupted run.  Called before the temporaries are created,
 * so that a map that is found is never older than they.
 *   output  the first one
 *   chain   what is done with the inputs
 * Returns 0 or a code.  Without RESUME, where a map cannot be created, file->map.fd is -1. */
int fci_work_file_open (fci_work_file *file, const fci_plan *plan, const char *chain, const char *output,
                        const fmtconv_layout *layout, uint64_t digest);

/* Closes the map, and removes it unless a later run is to continue (`keep`). */
void fci_work_file_close (fci_work_file *file, bool keep);

#endif
