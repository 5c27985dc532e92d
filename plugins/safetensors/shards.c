/* plugins/safetensors/shards.c: splits a model into files as huggingface_hub does, and writes their index.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/shards.h"
#include "safetensors.h"
#include <fmtconv/formats.h>
#include <string.h>

#define SUFFIX ".safetensors"

enum
{
  AROUND = 64 /* bytes of a header around its tensors and metadata, and more */
};

/* The files while they are filled.  A file is numbered when it is full, not when it is begun. */
struct filling
{
  size_t *number; /* final number of each file */
  size_t *file;   /* file of each tensor, in order of beginning */
  size_t begun;
  size_t full;
};

/* Follows huggingface_hub's split_state_dict_into_shards_factory: in model order, a tensor larger than the
 * limit gets a separate file at once; another tensor that does not fit ends the open file.  So does one that the header has no
 * room for, which the library would not write. */
static void
fill (const struct safetensors_content *content, uint64_t most, uint64_t most_header, struct filling *f)
{
  uint64_t used = 0, header = 0;
  size_t open = 0;
  int is_open = 0;
  for (size_t i = 0; i < content->n_tensors; i++)
    {
      const fmtconv_tensor *t = content->tensors[i];
      const uint64_t entry = most_header == UINT64_MAX ? 0 : safetensors_header_bytes (content, t);
      int alone = t->bytes > most;
      if (!alone && is_open && (t->bytes > most - used || header + entry > most_header))
        {
          f->number[open] = f->full++;
          is_open = 0;
        }
      if (!alone && !is_open)
        {
          open = f->begun++;
          is_open = 1;
          used = header = 0;
        }
      f->file[i] = alone ? f->begun++ : open;
      if (alone)
        f->number[f->file[i]] = f->full++;
      else
        {
          used += t->bytes;
          header += entry;
        }
    }
  if (is_open)
    f->number[open] = f->full++;
}

/* Groups the tensors by file, in the model's order. */
static void
gather (const struct filling *f, struct safetensors_shards *out)
{
  size_t i = 0, n = out->content->n_tensors;
  for (i = 0; i < n; i++)
    out->start[f->number[f->file[i]] + 1]++;
  for (i = 0; i < out->n; i++)
    out->start[i + 1] += out->start[i];
  for (i = 0; i < n; i++)
    out->tensors[out->start[f->number[f->file[i]]]++] = out->content->tensors[i];
  for (i = out->n; i > 0; i--)
    out->start[i] = out->start[i - 1];
  out->start[0] = 0;
}

/* Returns the bytes that are left for the tensors in a header with that metadata. */
static uint64_t
room_for_tensors (fmtconv_attr *metadata)
{
  const char *text = fmtconv_attr_json_text (metadata, 0);
  const uint64_t n = (text ? strlen (text) : 0) + AROUND;
  return n < SAFETENSORS_MAX_HEADER ? SAFETENSORS_MAX_HEADER - n : 0;
}

int
safetensors_split (fmtconv_ctx *ctx, const struct safetensors_content *content, fmtconv_attr *metadata,
                   uint64_t most, struct safetensors_shards *out)
{
  size_t n = content->n_tensors;
  struct filling f = { .number = fmtconv_ctx_alloc (ctx, n + 1, sizeof *f.number),
                       .file = fmtconv_ctx_alloc (ctx, n + 1, sizeof *f.file) };
  if (!f.number || !f.file)
    return fmtconv_ctx_failed (ctx);
  fill (content, most, most == UINT64_MAX ? UINT64_MAX : room_for_tensors (metadata), &f);
  *out = (struct safetensors_shards){ .n = f.full,
                                      .content = content,
                                      .start = fmtconv_ctx_alloc (ctx, f.full + 2, sizeof *out->start),
                                      .tensors = fmtconv_ctx_alloc (ctx, n + 1, sizeof *out->tensors) };
  if (out->start && out->tensors)
    gather (&f, out);
  return fmtconv_ctx_failed (ctx);
}

/* Writes the index, which maps each tensor to its file. */
static void
put_index (fmtconv_ctx *ctx, fmtconv_file *file, const struct safetensors_shards *shards,
           const char *const *names)
{
  fmtconv_attr *index = fmtconv_attr_object (ctx), *map = fmtconv_attr_make (index, "weight_map");
  uint64_t total = 0;
  for (size_t s = 0; s < shards->n; s++)
    for (size_t i = shards->start[s]; i < shards->start[s + 1]; i++)
      {
        fmtconv_attr_set_string (map, shards->tensors[i]->name, names[s]);
        total += shards->tensors[i]->bytes;
      }
  fmtconv_attr_set_uint (fmtconv_attr_make (index, "metadata"), "total_size", total);
  fmtconv_file_emit_json (file, index, 1);
}

int
safetensors_put_shards (fmtconv_ctx *ctx, const char *index, fmtconv_attr *metadata,
                        const struct safetensors_shards *shards, fmtconv_layout *out)
{
  const char *stem = shards_stem (ctx, fmtconv_layout_target (out), SUFFIX);
  const char **names = fmtconv_ctx_alloc (ctx, shards->n + 1, sizeof *names);
  if (!stem || !names)
    return fmtconv_ctx_failed (ctx);
  if (index && strchr (index, '/'))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "the index is written next to the files: '%s' is not a plain name", index);
  if (!index)
    index = fmtconv_ctx_printf (ctx, "%s" SUFFIX ".index.json", stem);
  shards_mark_stale (ctx, out, stem, SUFFIX, shards->n);
  if (shards->n <= 1
      && fmtconv_glob_match ("*.index*.json", index)) /* another name may be an unrelated file */
    fmtconv_layout_stale (out, fmtconv_glob_quote (ctx, index));
  for (size_t s = 0; s < shards->n; s++)
    names[s] = fmtconv_ctx_printf (ctx, "%s-%05zu-of-%05zu" SUFFIX, stem, s + 1, shards->n);
  for (size_t s = 0; s < shards->n || s == 0; s++)
    if (safetensors_put_file (ctx, fmtconv_layout_create (out, shards->n > 1 ? names[s] : NULL), metadata,
                              shards, s))
      return fmtconv_ctx_failed (ctx);
  if (shards->n > 1)
    put_index (ctx, fmtconv_layout_create (out, index), shards, names);
  return fmtconv_ctx_failed (ctx);
}
