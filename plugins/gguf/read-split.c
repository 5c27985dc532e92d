/* plugins/gguf/read-split.c: reads a model in several files, found by name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <string.h>

/* The position of a file among the others. */
struct place
{
  int64_t no;
  int64_t count;
  int64_t tensors;
};

static struct place
place_of (const struct gguf_file *f)
{
  return (struct place){ .no = fmtconv_attr_get_int (f->keys, GGUF_SPLIT_NO, -1),
                         .count = fmtconv_attr_get_int (f->keys, GGUF_SPLIT_COUNT, -1),
                         .tensors = fmtconv_attr_get_int (f->keys, GGUF_SPLIT_TENSORS, -1) };
}

static int
check_place (const struct gguf_file *f, const struct place *p)
{
  if (p->count < 1 || p->count > GGUF_MAX_FILES || p->no < 0 || p->no >= p->count || p->tensors < 0)
    return gguf_fail (f, 0, NULL,
                      fmtconv_ctx_printf (f->ctx, "split.no %lld, split.count %lld, split.tensors.count %lld",
                                          (long long) p->no, (long long) p->count, (long long) p->tensors));
  return 0;
}

/* Returns the name without "-00002-of-00003.gguf"; NULL: an error. */
static const char *
stem_of (const struct gguf_file *f, const char *base, const struct place *p)
{
  const char *end = gguf_split_name (f->ctx, "", (size_t) p->no, (size_t) p->count);
  size_t n = strlen (base), tail = end ? strlen (end) : 0;
  if (end && n > tail && !strcmp (base + n - tail, end))
    return fmtconv_ctx_printf (f->ctx, "%.*s", (int) (n - tail), base);
  fmtconv_fail_at (f->ctx, FMTCONV_E_FORMAT,
                   &(fmtconv_where){ .hint = "restore the names of all files; they are found by name" },
                   "it is file %lld of %lld, but its name does not end in '%s'", (long long) p->no + 1,
                   (long long) p->count, end ? end : "");
  return NULL;
}

static int
read_other (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name, int limits, const struct place *wanted,
            struct gguf_file *f)
{
  if (!fmtconv_input_has (folder, name))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "check that the copy is complete" },
        "the model has %lld files, but '%s' is not next to this one", (long long) wanted->count, name);
  if (gguf_read_source (ctx, fmtconv_input_open (fmtconv_input_child (folder, name)), limits, f))
    return fmtconv_ctx_failed (ctx);
  const struct place p = place_of (f);
  if (p.no != wanted->no || p.count != wanted->count || p.tensors != wanted->tensors)
    return gguf_fail (
        f, 0, NULL,
        fmtconv_ctx_printf (ctx,
                            "split.no %lld, split.count %lld, split.tensors.count %lld, but its "
                            "name and the other files say %lld, %lld, %lld",
                            (long long) p.no, (long long) p.count, (long long) p.tensors,
                            (long long) wanted->no, (long long) wanted->count, (long long) wanted->tensors));
  return 0;
}

struct gguf_file *
gguf_read_split (fmtconv_ctx *ctx, fmtconv_input *in, struct gguf_file *one, size_t *n)
{
  struct place p = place_of (one), wanted = p;
  const char *stem = check_place (one, &p) ? NULL : stem_of (one, fmtconv_input_basename (in), &p);
  fmtconv_input *folder = stem ? fmtconv_input_parent (in) : NULL;
  struct gguf_file *files = folder ? fmtconv_ctx_alloc (ctx, (size_t) p.count, sizeof *files) : NULL;
  uint64_t tensors = 0;
  for (wanted.no = 0; files && wanted.no < p.count; wanted.no++)
    {
      struct gguf_file *f = &files[wanted.no];
      if (wanted.no == p.no)
        *f = *one;
      else if (read_other (ctx, folder, gguf_split_name (ctx, stem, (size_t) wanted.no, (size_t) p.count),
                           one->limits, &wanted, f))
        return NULL;
      tensors += f->n_tensors;
    }
  *n = (size_t) p.count;
  if (files && tensors != (uint64_t) p.tensors)
    {
      gguf_fail (one, 0, NULL,
                 fmtconv_ctx_printf (ctx, "split.tensors.count is %lld, but the files have %llu tensors",
                                     (long long) p.tensors, (unsigned long long) tensors));
      return NULL;
    }
  return files;
}
