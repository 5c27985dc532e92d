/* core/plugin/installed.h: where installed folders are, in a tree that was moved.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_INSTALLED_H
#define FCI_PLUGIN_INSTALLED_H

#include <fmtconv/types.h>

/* Returns the folder that was to be installed as `built`: with --enable-relocatable next to the library that runs, else
 * `built`.  NULL: out of memory, or `built` is NULL. */
const char *fci_installed_dir (fmtconv_ctx *ctx, const char *built);

#endif
