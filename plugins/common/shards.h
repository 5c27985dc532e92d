/* plugins/common/shards.h: names of the files of a split model: STEM-00001-of-00002.SUFFIX.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SHARDS_H
#define SHARDS_H

#include <fmtconv/plugin.h>

/* Returns the target's name without the suffix (in any case), in the memory of ctx; NULL: an error. */
const char *shards_stem (fmtconv_ctx *ctx, const char *target, const char *suffix);

/* Marks as stale the older numbered files of that stem and, if the model now has n > 1 files, the unnumbered
 * file. */
void shards_mark_stale (fmtconv_ctx *ctx, fmtconv_layout *out, const char *stem, const char *suffix,
                        size_t n);

#endif
