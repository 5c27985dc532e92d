/* core/source/folder.h: what inputs tell about themselves: names, entries, what a probe sees.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_FOLDER_H
#define FCI_SOURCE_FOLDER_H

#include <fmtconv/input.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Names of the folder's entries, listed once.  false: an error. */
bool fci_folder_list (fmtconv_input *folder);

/* What probes see; made once.  NULL: an error. */
const fmtconv_peek *fci_input_peek (fmtconv_input *in);

/* Of the file or folder as opened. */
const struct stat *fci_input_stat (fmtconv_input *in);

fmtconv_ctx *fci_input_ctx (fmtconv_input *in);

#endif
