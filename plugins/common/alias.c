/* plugins/common/alias.c: restores other names of tensors from metadata entries.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "index.h"
#include <string.h>

#define FORMAT "format" /* the library of the tensors: "pt" */

enum
{
  MAX_NAME = 4096 /* bytes */
};

static const char *
last_part (const char *name)
{
  const char *dot = strrchr (name, '.');
  return dot ? dot + 1 : name;
}

/* Returns whether it can be a key of a state dictionary.  strict: as modules make them. */
static int
is_name (const char *s, int strict)
{
  size_t n = strlen (s);
  for (size_t i = 0; i < n; i++)
    if ((unsigned char) s[i] < ' ' || s[i] == 0x7f || (strict && s[i] == ' '))
      return 0;
  return n > 0 && n <= MAX_NAME;
}

/* An entry may have the name of a tensor as its value by chance, such as "type": "latents". */
int
index_is_alias (const char *name, const char *kept)
{
  return is_name (name, 1) && strcmp (name, FORMAT)
         && ((strchr (name, '.') && strchr (kept, '.')) || !strcmp (last_part (name), last_part (kept)));
}

/* Returns the tensor that an entry may be another name of; NULL: another entry. */
static const fmtconv_tensor *
tensor_of (const fmtconv_attr *entry, const fmtconv_model *model)
{
  const char *kept = fmtconv_attr_get_string ((fmtconv_attr *) entry, NULL, NULL);
  const fmtconv_tensor *tensor = kept ? fmtconv_model_find (model, kept) : NULL;
  if (!tensor || !is_name (entry->key, 0) || !strcmp (entry->key, FORMAT)
      || fmtconv_model_find (model, entry->key))
    return NULL;
  return tensor;
}

static void
note_names (fmtconv_ctx *ctx, size_t taken, size_t left)
{
  if (taken)
    fmtconv_note (
        ctx,
        taken == 1
            ? "%zu other name of a tensor is restored from the metadata as a tied tensor (aliases=none "
              "ignores it):"
            : "%zu other names of tensors are restored from the metadata as tied tensors (aliases=none "
              "ignores them):",
        taken);
  else if (left)
    fmtconv_note (
        ctx,
        left == 1 ? "%zu metadata entry has a tensor's name as its value but does not look like another name "
                    "of it (aliases=all takes it as a name):"
                  : "%zu metadata entries have a tensor's name as their value but do not look like other "
                    "names of them (aliases=all takes them as names):",
        left);
}

/* Takes the entries that look alike (or all), or lists those that do not.  Returns their number. */
static size_t
walk (fmtconv_ctx *ctx, int alike, int all, const fmtconv_attr *metadata, fmtconv_attr *rest,
      fmtconv_model *out)
{
  size_t n = 0;
  for (fmtconv_attr *a = metadata->first; a; a = a->next)
    {
      const fmtconv_tensor *kept = tensor_of (a, out);
      if (!kept || (index_is_alias (a->key, kept->name) || all) != alike)
        {
          if (alike)
            fmtconv_attr_set (rest, a->key, a);
          continue;
        }
      fmtconv_detail (ctx, "'%s' is '%s'", a->key, kept->name);
      if (alike)
        fmtconv_model_put (out, a->key, kept->view);
      n++;
    }
  return n;
}

fmtconv_attr *
index_take_aliases (fmtconv_ctx *ctx, int aliases, fmtconv_attr *metadata, fmtconv_model *out)
{
  if (!metadata || metadata->kind != FMTCONV_ATTR_OBJECT || aliases == INDEX_ALIASES_NONE)
    return metadata;
  fmtconv_attr *rest = fmtconv_attr_object (ctx);
  const int all = aliases == INDEX_ALIASES_ALL;
  note_names (ctx, walk (ctx, 1, all, metadata, rest, out), 0);
  note_names (ctx, 0, walk (ctx, 0, all, metadata, rest, out));
  return rest;
}
