/* plugins/common/numbered.h: the files of a split model, found by the numbers in their names.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef NUMBERED_H
#define NUMBERED_H

#include <fmtconv/formats.h>

/* The files of one split model in a folder. */
struct numbered_set
{
  const char **names; /* n names, by number */
  size_t n;
  uint64_t count; /* of files that the names claim */
  int complete;   /* all of them are there, counted from 1 or from 0 */
};

/* Returns whether two names belong to the same split model: they differ only in their number. */
int numbered_is_same_set (const char *a, const char *b);

/* Finds the files in `folder` that belong with `name`, which has a number.  Returns 0 or an error code. */
int numbered_find (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name, struct numbered_set *out);

/* Reads the files of a set, which has to be complete, into one model, in the order of their numbers.  reader: for
 * each file.  Returns 0 or an error code. */
int numbered_read (fmtconv_ctx *ctx, fmtconv_input *folder, const struct numbered_set *set,
                   const char *reader, fmtconv_model *out);

/* Fails because a folder has the files of two split models, such as `a` and `b`.  Returns the error code. */
int numbered_fail_several (fmtconv_ctx *ctx, const char *a, const char *b);

#endif
