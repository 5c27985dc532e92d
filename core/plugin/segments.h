/* core/plugin/segments.h: notices a module that is truncated.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_SEGMENTS_H
#define FCI_PLUGIN_SEGMENTS_H

#include <fmtconv/types.h>

/* Returns why the loader must not open a module: it would map bytes that the file does not have, and the first access to
 * them ends the process with SIGBUS.  NULL: nothing is known.  Other files are left to the loader, which says what is wrong. */
const char *fci_segments_fault (fmtconv_ctx *ctx, const char *path);

#endif
