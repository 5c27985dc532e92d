/* core/exec/publish/gather.h: the work maps of all shares of a conversion, which is then published.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_PUBLISH_GATHER_H
#define FCI_EXEC_PUBLISH_GATHER_H

#include "core/exec/publish/work-map.h"
#include "core/exec/worker/worker.h"

typedef struct fci_gathering
{
  fci_work_file *share; /* n, the first is share 1; NULL: none */
  unsigned n;
} fci_gathering;

/* Opens and locks the maps of all shares, and reads them.  Returns 0, or a code if there are none, or if one is missing,
 * still running, not finished, or of something else. */
int fci_gather_open (fci_gathering *g, const fci_plan *plan, const char *chain, const char *output,
                     const fmtconv_layout *layout, uint64_t digest);

/* Checks that all shares wrote the open files of a publication, and takes over what they counted.  Returns 0, or a code
 * also if a byte was written by no share. */
int fci_gather_take (const fci_gathering *g, fci_pool *pool, const fci_publication *publication);

/* Closes the maps, and removes them unless they are to stay (`keep`). */
void fci_gather_close (fci_gathering *g, bool keep);

/* Checks, before share `share` of `shares` begins, that the shares that are there are of as many.  Returns 0 or a code. */
int fci_gather_check (fmtconv_ctx *ctx, const char *output, const fmtconv_layout *layout, unsigned shares);

#endif
