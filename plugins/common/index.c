/* plugins/common/index.c: reads the files that an index names as one model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "index.h"
#include "plugins/common/numbered.h"
#include <fmtconv/formats.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_INDEX = 256 << 20, /* bytes */
  MAX_SHARDS = 100000,
  DEPTH = 8
};

static int
ends_in (const char *s, const char *end)
{
  size_t n = strlen (s), tail = strlen (end);
  return n > tail && !strcmp (s + n - tail, end);
}

int
index_is_name (const char *base, const char *suffix)
{
  const char *at = strstr (base, suffix);
  return at && at > base && !strncmp (at + strlen (suffix), ".index.", 7) && ends_in (base, ".json");
}

/* Returns the index, which has a weight_map; NULL: an error. */
static fmtconv_attr *
read_tree (fmtconv_ctx *ctx, fmtconv_input *in)
{
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  if (c.end > MAX_INDEX)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "the index has %llu bytes, more than the limit of %d",
                    (unsigned long long) c.end, MAX_INDEX);
      return NULL;
    }
  fmtconv_attr *tree = c.source ? fmtconv_scratch_json (&c, c.end, DEPTH) : NULL;
  fmtconv_attr *map = fmtconv_attr_get (tree, "weight_map");
  if (!map || map->kind != FMTCONV_ATTR_OBJECT)
    {
      fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the index has no weight_map that is an object");
      return NULL;
    }
  if (!map->len)
    {
      fmtconv_fail (ctx, FMTCONV_E_FORMAT, "the index lists no tensors: its weight_map is empty");
      return NULL;
    }
  return tree;
}

/* Returns whether a text has control characters, or characters that reorder the text around them. */
static int
has_control (const char *s)
{
  static const char *const bidi[] = { "\u061c", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c",
                                      "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069" };
  for (size_t i = 0; i < sizeof bidi / sizeof *bidi; i++)
    if (strstr (s, bidi[i]))
      return 1;
  for (const unsigned char *p = (const unsigned char *) s; *p; p++)
    if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
      return 1;
  return 0;
}

/* Returns the reader of a file in an index; NULL: not a plain name of weights.  The file's suffix decides, not
 * the index's: CogVideo's tools/convert_weight_deepspeed2hf.py names an index of pickles like one of
 * safetensors files. */
static const char *
reader_of (const char *name, const char *torch, int aliases)
{
  static const char *const safetensors[] = { [INDEX_ALIASES_NAMES] = "safetensors",
                                             [INDEX_ALIASES_ALL] = "safetensors:aliases=all",
                                             [INDEX_ALIASES_NONE] = "safetensors:aliases=none" };
  if (*name == '.' || strpbrk (name, "/\\") || has_control (name))
    return NULL;
  return ends_in (name, ".safetensors") ? safetensors[aliases] : ends_in (name, ".bin") ? torch : NULL;
}

static int
by_name (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Returns the sorted names of the files, each once; NULL: an error. */
static const char **
shard_names (fmtconv_ctx *ctx, fmtconv_attr *map, size_t *n)
{
  const char **names = fmtconv_scratch_alloc (ctx, map->len + 1, sizeof *names);
  size_t all = 0, kept = 0;
  for (fmtconv_attr *a = map->first; names && a; a = a->next)
    {
      names[all] = fmtconv_attr_get_string (a, NULL, NULL);
      if (all && names[all]
          && !strcmp (names[all], names[all - 1])) /* most tensors follow one of the same file */
        continue;
      if (!names[all] || !reader_of (names[all], "torch", INDEX_ALIASES_NAMES))
        {
          fmtconv_fail_at (
              ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = a->key },
              "the index places it in %s, which is not the plain name of a safetensors or .bin file",
              names[all] ? fmtconv_ctx_printf (ctx, "'%s'", names[all]) : "a value that is not a string");
          return NULL;
        }
      all++;
    }
  if (!names)
    return NULL;
  qsort (names, all, sizeof *names, by_name);
  for (size_t i = 0; i < all; i++)
    if (!kept || strcmp (names[kept - 1], names[i]))
      names[kept++] = names[i];
  *n = kept;
  if (kept > MAX_SHARDS)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "the index names %zu files, more than the limit of %d", kept,
                    MAX_SHARDS);
      return NULL;
    }
  return names;
}

/* Returns whether a tensor is another name, restored from a safetensors file's metadata, of a tensor that the
 * index lists in the same file.  The index need not list both. */
static int
is_alias (const fmtconv_model *part, const fmtconv_tensor *t, fmtconv_attr *map, const char *file)
{
  const fmtconv_tensor *duplicate = ends_in (file, ".safetensors") ? fmtconv_model_tied (part, t) : NULL;
  const char *listed = duplicate ? fmtconv_attr_get_string (map, duplicate->name, NULL) : NULL;
  return listed && !strcmp (listed, file);
}

/* Returns the hint for an index that disagrees with its files; NULL: the usual hint.  Files that are complete by
 * their own numbers can be read without the index. */
static const char *
way_out (fmtconv_ctx *ctx, fmtconv_input *folder)
{
  const char *name, *last = "";
  struct numbered_set set;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); last = name, i++)
    if (reader_of (name, "torch", INDEX_ALIASES_NAMES) && !numbered_is_same_set (name, last)
        && !numbered_find (ctx, folder, name, &set) && set.complete)
      return fmtconv_ctx_printf (ctx,
                                 "all %zu files such as '%s' are there: to read them without the index, give "
                                 "the folder with -r diffusers:index=ignore",
                                 set.n, name);
  return NULL;
}

/* The index while its files are read. */
struct listing
{
  fmtconv_attr *map;
  const fmtconv_attr
      *next;    /* the entry after that of the last tensor: most files have the order of the index */
  size_t found; /* entries whose tensors were found */
};

/* Returns the file in which the index places a tensor; NULL: it does not list it. */
static const char *
look_up (struct listing *list, const char *tensor)
{
  const fmtconv_attr *entry =
      list->next && !strcmp (list->next->key, tensor) ? list->next : fmtconv_attr_get (list->map, tensor);
  list->next = entry ? entry->next : list->next;
  return entry ? fmtconv_attr_get_string ((fmtconv_attr *) entry, NULL, NULL) : NULL;
}

/* Reads a file; all its tensors must be listed in the index. */
static int
read_shard (fmtconv_ctx *ctx, fmtconv_input *folder, const char *name, const char *reader,
            struct listing *list, fmtconv_model *out)
{
  if (!fmtconv_input_has (folder, name))
    return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = way_out (ctx, folder) },
                            "the index names '%s', which is not next to it", name);
  const fmtconv_model *part = fmtconv_input_read (fmtconv_input_child (folder, name), reader);
  if (!part)
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, part)
    {
      const char *listed = look_up (list, t->name);
      const int is_here = listed && !strcmp (listed, name);
      list->found += is_here ? 1 : 0;
      if (is_here || (!listed && is_alias (part, t, list->map, name)))
        continue;
      const fmtconv_where where = { .tensor = t->name, .hint = way_out (ctx, folder) };
      if (!listed)
        return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where,
                                "it is in '%s', but the index does not list it", name);
      return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &where, "it is in '%s', but the index places it in '%s'",
                              name, listed);
    }
  fmtconv_model_adopt (out, part);
  return fmtconv_ctx_failed (ctx);
}

/* Checks that every listed tensor was found. */
static int
check_missing (fmtconv_ctx *ctx, fmtconv_input *folder, const struct listing *list, const fmtconv_model *out)
{
  for (fmtconv_attr *a = list->found < list->map->len ? list->map->first : NULL; a; a = a->next)
    if (!fmtconv_model_find (out, a->key))
      return fmtconv_fail_at (
          ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .tensor = a->key, .hint = way_out (ctx, folder) },
          "the index places it in '%s', but it is not there", fmtconv_attr_get_string (a, NULL, ""));
  return 0;
}

/* Lists the files next to an index that are called like the first of its files but are not in it, as an older copy
 * of the model leaves them. */
static void
list_unnamed (fmtconv_ctx *ctx, fmtconv_input *folder, const char **names, size_t n, fmtconv_model *out)
{
  const char *name;
  fmtconv_shard first, shard;
  size_t unnamed = 0;
  if (!n || !fmtconv_shard_parse (names[0], &first))
    return;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (fmtconv_shard_parse (name, &shard) && shard.start == first.start
        && !strncmp (name, names[0], first.start) && !strcmp (name + shard.end, names[0] + first.end)
        && !bsearch (&name, names, n, sizeof *names, by_name))
      {
        fmtconv_model_skip (out, name, 0, "the index does not name it");
        fmtconv_detail (ctx, "%s", name);
        unnamed++;
      }
  if (unnamed)
    fmtconv_note (ctx, "the index does not name these files, which are not read:");
}

int
index_read (fmtconv_ctx *ctx, fmtconv_input *in, const char *torch, int aliases, fmtconv_model *out)
{
  size_t n = 0;
  fmtconv_input *folder = fmtconv_input_parent (in);
  fmtconv_attr *tree = read_tree (ctx, in), *map = fmtconv_attr_get (tree, "weight_map");
  const char **names = map ? shard_names (ctx, map, &n) : NULL;
  if (!names)
    return fmtconv_ctx_failed (ctx);
  struct listing list = { .map = map, .next = map->first };
  for (size_t i = 0; i < n; i++)
    if (read_shard (ctx, folder, names[i], reader_of (names[i], torch, aliases), &list, out))
      return fmtconv_ctx_failed (ctx);
  list_unnamed (ctx, folder, names, n, out);
  index_take_aliases (ctx, aliases, fmtconv_attr_get (tree, "metadata"), out);
  return check_missing (ctx, folder, &list, out);
}
