/* core/plugin/agree.h: compares an entry of the index with the descriptor of its module.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_AGREE_H
#define FCI_PLUGIN_AGREE_H

#include "core/plugin/index.h"

/* Returns the first thing that an entry and the descriptor of its module say differently, for people.  NULL: nothing, or
 * out of memory.  Evidence and rules are not compared: they need an input. */
const char *fci_index_disagrees (fmtconv_ctx *ctx, const fci_index_entry *entry,
                                 const fmtconv_plugin *plugin);

#endif
