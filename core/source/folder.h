/* core/source/folder.h: properties of inputs: names, entries, the part that probes see.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_FOLDER_H
#define FCI_SOURCE_FOLDER_H

#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

enum
{
  FCI_MAX_ENTRIES = 1 << 17 /* of a folder that is listed: more than the shards that an index may name */
};

/* Lists the names of the folder's entries, once. Returns false on an error. */
bool fci_folder_list (fmtconv_input *folder);

/* Returns the part that probes see, made once. NULL: an error. */
const fmtconv_peek *fci_input_peek (fmtconv_input *in);

/* Returns the status of the file or folder as it was opened. */
const struct stat *fci_input_stat (fmtconv_input *in);

fmtconv_ctx *fci_input_ctx (fmtconv_input *in);

#endif
