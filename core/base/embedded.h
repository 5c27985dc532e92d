/* core/base/embedded.h: files that the build put into the program.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_EMBEDDED_H
#define FCI_BASE_EMBEDDED_H

#include <stddef.h>

typedef struct fci_embedded
{
  const char *name; /* path in the source tree: "pipelines/cogvideox-lora.yaml" */
  const unsigned char *bytes;
  size_t size;
} fci_embedded;

/* The files, up to one without a name; none where they are installed instead.  core/embed.sh writes the list. */
extern const fci_embedded fci_embedded_files[];

/* Returns the first file after `previous` (NULL: the first of all) whose name is `folder`, '/', and a name that ends in
 * `suffix`; sets *base to that name.  NULL: none is left. */
const fci_embedded *fci_embedded_next (const fci_embedded *previous, const char *folder, const char *suffix,
                                       const char **base);

#endif
