/* plugins/safetensors/file.c: writes one file, with the same bytes as the official writer.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "safetensors.h"
#include <fmtconv/formats.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Orders tensors like safetensors/src/tensor.rs: widest data type first, then by name. */
static int
by_dtype_and_name (const void *a, const void *b)
{
  const fmtconv_tensor *x = *(const fmtconv_tensor *const *) a, *y = *(const fmtconv_tensor *const *) b;
  if (x->dtype == y->dtype)
    return strcmp (x->name, y->name);
  int rank_x = fmtconv_dtype_table_by_dtype (safetensors_dtypes, x->dtype)->id;
  int rank_y = fmtconv_dtype_table_by_dtype (safetensors_dtypes, y->dtype)->id;
  return rank_y - rank_x;
}

static int
by_key (const void *a, const void *b)
{
  return strcmp ((*(fmtconv_attr *const *) a)->key, (*(fmtconv_attr *const *) b)->key);
}

/* Returns the first alias of a tensor in the sorted list, and their number in *n. */
static const struct safetensors_alias *
aliases_of (const struct safetensors_content *content, const fmtconv_tensor *t, size_t *n)
{
  size_t from = 0, to = content->n_aliases;
  while (from < to)
    {
      size_t middle = from + (to - from) / 2;
      if ((uintptr_t) content->alias[middle].kept < (uintptr_t) t)
        from = middle + 1;
      else
        to = middle;
    }
  for (*n = 0; from + *n < content->n_aliases && content->alias[from + *n].kept == t;)
    ++*n;
  return content->alias + from;
}

/* Returns the entries and "name": "kept" for every alias as JSON, sorted by key for reproducible files; NULL:
 * no entries, or an error. */
static const char *
metadata_of (fmtconv_ctx *ctx, fmtconv_attr *entries, const fmtconv_tensor *const *tensors, size_t n_tensors,
             const struct safetensors_content *content)
{
  fmtconv_attr *all = fmtconv_attr_object (ctx), *sorted = fmtconv_attr_object (ctx);
  size_t n = 0;
  fmtconv_attr_overlay (all, entries);
  for (size_t i = 0; i < n_tensors && content->n_aliases; i++)
    {
      const struct safetensors_alias *alias = aliases_of (content, tensors[i], &n);
      for (size_t k = 0; k < n; k++)
        fmtconv_attr_set_string (all, alias[k].name, tensors[i]->name);
    }
  fmtconv_attr **list = fmtconv_ctx_alloc (ctx, all ? all->len + 1 : 1, sizeof *list);
  n = 0;
  if (!list || !all)
    return NULL;
  for (fmtconv_attr *a = all->first; a; a = a->next)
    list[n++] = a;
  qsort (list, n, sizeof *list, by_key);
  for (size_t i = 0; i < n; i++)
    fmtconv_attr_set (sorted, list[i]->key, list[i]);
  return n ? fmtconv_attr_json_text (sorted, 0) : NULL;
}

/* Buffered text for a file; without a file it is only measured. */
struct text
{
  fmtconv_file *file;
  size_t total;
  size_t n; /* bytes of `piece` in use */
  char piece[1 << 14];
};

static void
flush (struct text *text)
{
  fmtconv_file_emit (text->file, text->piece, text->n);
  text->n = 0;
}

static void
put (struct text *text, const char *s, size_t n)
{
  text->total += n;
  while (text->file && n)
    {
      size_t capacity = sizeof text->piece - text->n, step = n < capacity ? n : capacity;
      memcpy (text->piece + text->n, s, step);
      text->n += step;
      s += step;
      n -= step;
      if (text->n == sizeof text->piece || n)
        flush (text);
    }
}

static void
put_text (struct text *text, const char *s)
{
  put (text, s, strlen (s));
}

static void
put_number (struct text *text, uint64_t number)
{
  char digits[20];
  size_t at = sizeof digits;
  do
    digits[--at] = (char) ('0' + number % 10);
  while (number /= 10);
  put (text, digits + at, sizeof digits - at);
}

/* Writes a tensor's name.  It has no control characters, so only two characters need escapes. */
static void
put_name (struct text *text, const char *name)
{
  put (text, "\"", 1);
  for (size_t n; *name; name += n)
    {
      if (*name == '"' || *name == '\\')
        put (text, "\\", 1);
      n = 1 + strcspn (name + 1, "\"\\");
      put (text, name, n);
    }
  put (text, "\"", 1);
}

/* "NAME":{"dtype":…,"shape":[…],"data_offsets":[start,end]} */
static void
put_entry (struct text *text, const fmtconv_tensor *t, uint64_t start)
{
  put_name (text, t->name);
  put_text (text, ":{\"dtype\":\"");
  put_text (text, fmtconv_dtype_table_by_dtype (safetensors_dtypes, t->dtype)->name);
  put_text (text, "\",\"shape\":[");
  for (unsigned d = 0; d < t->rank; d++)
    {
      put (text, ",", d > 0);
      put_number (text, t->shape[d]);
    }
  put_text (text, "],\"data_offsets\":[");
  put_number (text, start);
  put (text, ",", 1);
  put_number (text, start + t->bytes);
  put_text (text, "]}");
}

uint64_t
safetensors_header_bytes (const struct safetensors_content *content, const fmtconv_tensor *t)
{
  size_t n = 0;
  const struct safetensors_alias *alias = aliases_of (content, t, &n);
  struct text text;
  text.file = NULL;
  text.total = text.n = 0;
  put_entry (&text, t, UINT64_MAX - t->bytes); /* the longest numbers */
  put_text (&text, ",");
  for (size_t i = 0; i < n; i++)
    {
      put_name (&text, alias[i].name);
      put_name (&text, t->name);
      put_text (&text, ":,");
    }
  return text.total;
}

/* Writes the header entry by entry, because a tree would need many times the memory.  Returns its size in
 * bytes. */
static size_t
put_header (fmtconv_file *file, const char *metadata, const fmtconv_tensor *const *tensors, size_t n)
{
  struct text text;
  uint64_t at = 0;
  text.file = file;
  text.total = text.n = 0;
  put (&text, "{", 1);
  if (metadata)
    {
      put_text (&text, "\"" SAFETENSORS_METADATA "\":");
      put_text (&text, metadata);
    }
  for (size_t i = 0; i < n; i++)
    {
      put (&text, ",", i > 0 || metadata);
      put_entry (&text, tensors[i], at);
      at += tensors[i]->bytes;
    }
  put (&text, "}", 1);
  flush (&text);
  return text.total;
}

/* Writes the bytes of a tensor, under all its names. */
static void
put_tensor (fmtconv_file *file, const fmtconv_tensor *t, const struct safetensors_content *content)
{
  size_t n = 0, region = fmtconv_file_emit_view (file, t->name, t->view);
  const struct safetensors_alias *alias = aliases_of (content, t, &n);
  for (size_t i = 0; i < n; i++)
    fmtconv_file_emit_tied (file, alias[i].name, region);
}

int
safetensors_put_file (fmtconv_ctx *ctx, fmtconv_file *file, fmtconv_attr *entries,
                      const struct safetensors_shards *shards, size_t s)
{
  const fmtconv_tensor **tensors = shards->tensors + shards->start[s];
  size_t n = shards->start[s + 1] - shards->start[s];
  const char *metadata = metadata_of (ctx, entries, tensors, n, shards->content);
  qsort (tensors, n, sizeof *tensors, by_dtype_and_name);
  size_t len = put_header (NULL, metadata, tensors, n), padded = (len + 7) & ~(size_t) 7;
  if (padded > SAFETENSORS_MAX_HEADER)
    return fmtconv_fail_at (
        ctx, FMTCONV_E_LIMIT,
        &(fmtconv_where){ .hint =
                              "write several files, each with a header: -w safetensors:max-shard-size=5GB" },
        "the header would have %zu bytes, more than the format's limit of %d", padded,
        SAFETENSORS_MAX_HEADER);
  fmtconv_file_emit_le (file, 8, padded);
  put_header (file, metadata, tensors, n);
  fmtconv_file_align (file, 8, ' ');
  for (size_t i = 0; i < n; i++)
    put_tensor (file, tensors[i], shards->content);
  return fmtconv_ctx_failed (ctx);
}
