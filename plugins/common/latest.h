/* plugins/common/latest.h: the file of a run that names the folder of its last checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LATEST_H
#define LATEST_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* Returns the word in the file `name` of a folder, without white space, in the memory of ctx; NULL: an error. */
const char *latest_read (fmtconv_ctx *ctx, fmtconv_input *run, const char *name);

/* Returns whether a word can be the name of a folder. */
bool latest_is_plain (const char *word);

#endif
