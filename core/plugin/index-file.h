/* core/plugin/index-file.h: reads one file of the index of known plugins, as strict YAML.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_INDEX_FILE_H
#define FCI_PLUGIN_INDEX_FILE_H

#include "core/plugin/index.h"
#include "core/plugin/search.h"

/* Returns the *n entries of the file in its order.  NULL: an error was recorded, with line and column. */
fci_index_entry *fci_index_read (fmtconv_ctx *ctx, const fci_file *found, size_t *n);

#endif
