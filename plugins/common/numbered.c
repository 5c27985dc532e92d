/* plugins/common/numbered.c: the files of a split model, found by the numbers in their names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/numbered.h"
#include <stdlib.h>
#include <string.h>

static uint64_t
number_of (const char *name)
{
  fmtconv_shard shard;
  return fmtconv_shard_parse (name, &shard) ? shard.number : 0;
}

static int
by_number (const void *a, const void *b)
{
  const char *x = *(const char *const *) a, *y = *(const char *const *) b;
  uint64_t n = number_of (x), m = number_of (y);
  return n != m ? (n > m) - (n < m) : strcmp (x, y);
}

int
numbered_is_same_set (const char *a, const char *b)
{
  fmtconv_shard x, y;
  return fmtconv_shard_parse (a, &x) && fmtconv_shard_parse (b, &y) && x.start == y.start
         && x.digits == y.digits && !strncmp (a, b, x.start)
         && !strcmp (a + x.start + 1 + x.digits, b + y.start + 1 + y.digits);
}

/* Returns whether the numbers of the sorted names are all from 1 to count, or from 0 to count - 1. */
static int
is_complete (const struct numbered_set *set)
{
  if (set->n != set->count)
    return 0;
  const uint64_t first = number_of (set->names[0]);
  for (size_t i = 0; i < set->n; i++)
    if (number_of (set->names[i]) != first + i)
      return 0;
  return first <= 1;
}

int
numbered_find (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name, struct numbered_set *out)
{
  const char *entry;
  fmtconv_shard shard;
  size_t n = 0;
  *out = (struct numbered_set){ 0 };
  if (!fmtconv_shard_parse (name, &shard))
    return fmtconv_ctx_failed (ctx);
  while (fmtconv_input_entry (folder, n))
    n++;
  out->count = shard.count;
  out->names = fmtconv_ctx_alloc (ctx, n + 1, sizeof *out->names);
  for (size_t i = 0; out->names && (entry = fmtconv_input_entry (folder, i)); i++)
    if (numbered_is_same_set (entry, name))
      out->names[out->n++] = entry;
  if (!out->names)
    return fmtconv_ctx_failed (ctx);
  qsort (out->names, out->n, sizeof *out->names, by_number);
  out->complete = is_complete (out);
  return fmtconv_ctx_failed (ctx);
}

/* Reports the files that are not there, by name. */
static int
fail_missing (fmtconv_ctx *ctx, const struct numbered_set *set)
{
  const char *name = set->names[0];
  fmtconv_shard shard;
  size_t next = 0;
  fmtconv_shard_parse (name, &shard);
  if (set->n > shard.count)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT,
                            &(fmtconv_where){ .hint = "remove the file that does not belong to the model" },
                            "'%s' says that it is one of %llu files, but %zu files are numbered so", name,
                            (unsigned long long) set->count, set->n);
  for (uint64_t no = shard.number == 0 ? 0 : 1, end = no + shard.count; no < end && next <= set->n; no++)
    if (next < set->n && number_of (set->names[next]) == no)
      next++;
    else
      fmtconv_detail (ctx, "%.*s%c%0*llu%s", (int) shard.start, name, name[shard.start], (int) shard.digits,
                      (unsigned long long) no, name + shard.start + 1 + shard.digits);
  return fmtconv_fail_at (
      ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){ .hint =
                            "copy the missing files too; to convert only this file, name it as the input" },
      "'%s' says that it is one of %llu files, but only %zu %s there. Missing:", name,
      (unsigned long long) shard.count, set->n, set->n == 1 ? "is" : "are");
}

int
numbered_read (fmtconv_ctx *ctx, fmtconv_input *folder, const struct numbered_set *set, const char *reader,
               fmtconv_model *out)
{
  if (!set->complete)
    return fail_missing (ctx, set);
  for (size_t i = 0; i < set->n && !fmtconv_ctx_failed (ctx); i++)
    fmtconv_model_adopt (out, fmtconv_input_read (fmtconv_input_child (folder, set->names[i]), reader));
  return fmtconv_ctx_failed (ctx);
}

int
numbered_fail_several (fmtconv_ctx *ctx, const char *a, const char *b)
{
  return fmtconv_fail_at (
      ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .hint = "move the files of one of them to another folder" },
      "the folder has the files of two split models, '%s' and '%s', and no index that selects one", a, b);
}
