/* plugins/gguf/write.c: writes one GGUF file, or several that llama.cpp reads as one model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include "plugins/common/shards.h"
#include <fmtconv/formats.h>
#include <string.h>

void
gguf_adjust (const void *params, fmtconv_limits *limits)
{
  const struct gguf_write_params *p = params;
  limits->name_bytes = p->name_limit > 0 ? (size_t) p->name_limit : 0;
  limits->rank = p->fold > 0 ? FMTCONV_MAX_RANK : GGUF_RANK;
}

void
gguf_adjust_to (const void *params, const fmtconv_model *model, fmtconv_limits *limits)
{
  const struct gguf_write_params *p = params;
  if (!gguf_is_image_architecture (gguf_architecture (p, model)))
    return;
  limits->rank = FMTCONV_MAX_RANK;
  limits->name_bytes = limits->name_bytes == GGUF_NAME_BYTES ? GGUF_COMFY_NAME : limits->name_bytes;
}

unsigned
gguf_max_rank (const struct gguf_write_params *p, const fmtconv_model *model)
{
  return p->fold <= 0 && gguf_is_image_architecture (gguf_architecture (p, model)) ? FMTCONV_MAX_RANK
                                                                                   : GGUF_RANK;
}

static void
put_infos (struct gguf_bytes *to, const fmtconv_tensor *const *tensors, size_t n, uint64_t alignment,
           unsigned max_rank)
{
  uint64_t at = 0, shape[FMTCONV_MAX_RANK];
  for (size_t i = 0; i < n; i++)
    {
      const fmtconv_tensor *t = tensors[i];
      unsigned rank = gguf_fold (t, max_rank, shape);
      gguf_put_string (to, t->name, strlen (t->name));
      gguf_put_number (to, 4, rank);
      for (unsigned d = rank; d-- > 0;)
        gguf_put_number (to, 8, shape[d]);
      gguf_put_number (to, 4,
                       fmtconv_dtype_is_blocks (t->dtype)
                           ? t->dtype - FMTCONV_GGML
                           : (uint64_t) fmtconv_dtype_table_by_dtype (gguf_dtypes, t->dtype)->id);
      gguf_put_number (to, 8, at);
      at += (t->bytes + alignment - 1) & ~(alignment - 1);
    }
}

static void
put_file (fmtconv_file *file, const fmtconv_attr *keys, const fmtconv_tensor *const *tensors, size_t n,
          uint64_t alignment, unsigned max_rank)
{
  struct gguf_bytes to;
  to.file = file;
  to.n = 0;
  gguf_put_number (&to, 4, 0x46554747);
  gguf_put_number (&to, 4, GGUF_VERSION);
  gguf_put_number (&to, 8, n);
  gguf_put_number (&to, 8, keys->len);
  for (const fmtconv_attr *a = keys->first; a; a = a->next)
    {
      gguf_put_string (&to, a->key, strlen (a->key));
      gguf_put_value (&to, a);
    }
  put_infos (&to, tensors, n, alignment, max_rank);
  gguf_flush (&to);
  fmtconv_file_align (file, alignment, 0);
  for (size_t i = 0; i < n; i++)
    {
      fmtconv_file_emit_view (file, tensors[i]->name, tensors[i]->view);
      fmtconv_file_align (file, alignment, 0);
    }
}

/* Returns the keys of one file.  The first has the model's keys and all shapes, because gguf-split --merge
 * keeps only its keys; every other has its position and the shapes of its tensors. */
static fmtconv_attr *
keys_of (fmtconv_ctx *ctx, fmtconv_attr *keys, const struct gguf_files *files, size_t s)
{
  fmtconv_attr *own = s ? fmtconv_attr_object (ctx) : keys;
  if (s)
    fmtconv_attr_set (own, GGUF_ALIGN, fmtconv_attr_get (keys, GGUF_ALIGN));
  if (files->n > 1)
    {
      fmtconv_attr_set_typed_uint (own, GGUF_SPLIT_NO, s, 16);
      fmtconv_attr_set_typed_uint (own, GGUF_SPLIT_COUNT, files->n, 16);
      fmtconv_attr_set_typed_int (own, GGUF_SPLIT_TENSORS, (int64_t) files->start[files->n], 32);
    }
  size_t end = files->start[s ? s + 1 : files->n];
  gguf_put_shapes (ctx, own, files, files->start[s], end);
  if (own && own->len > GGUF_MAX_KEYS)
    fmtconv_fail (ctx, FMTCONV_E_LIMIT, "%zu keys, more than the limit of %d", own->len, GGUF_MAX_KEYS);
  return fmtconv_ctx_failed (ctx) ? NULL : own;
}

static int
put_files (fmtconv_ctx *ctx, fmtconv_attr *keys, const struct gguf_files *files, fmtconv_layout *out)
{
  const char *stem = shards_stem (ctx, fmtconv_layout_target (out), GGUF_SUFFIX);
  uint64_t alignment = fmtconv_attr_get (keys, GGUF_ALIGN)->v.u;
  shards_mark_stale (ctx, out, stem, GGUF_SUFFIX, files->n);
  for (size_t s = 0; s < files->n; s++)
    {
      const fmtconv_attr *own = keys_of (ctx, keys, files, s);
      const char *name = files->n > 1 ? gguf_split_name (ctx, stem, s, files->n) : NULL;
      fmtconv_file *file = own ? fmtconv_layout_create (out, name) : NULL;
      if (!file)
        return fmtconv_ctx_failed (ctx);
      put_file (file, own, files->tensors + files->start[s], files->start[s + 1] - files->start[s], alignment,
                files->max_rank);
    }
  return fmtconv_ctx_failed (ctx);
}

/* Notes tied tensors, which GGUF cannot express. */
static void
note_ties (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t tied = 0;
  FMTCONV_FOREACH (t, model)
    tied += fmtconv_model_tied (model, t) != NULL;
  if (tied)
    fmtconv_note (ctx,
                  tied == 1 ? "%zu tied tensor is written in full, because GGUF has no ties"
                            : "%zu tied tensors are written in full, because GGUF has no ties",
                  tied);
}

int
gguf_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  const struct gguf_write_params *p = params;
  struct gguf_files files;
  fmtconv_attr *keys = gguf_keys (ctx, p, model);
  if (!keys || gguf_cut (ctx, model, p->split_max_size, fmtconv_attr_get (keys, GGUF_ALIGN)->v.u, &files))
    return fmtconv_ctx_failed (ctx);
  files.max_rank = gguf_max_rank (p, model);
  files.shapes = fmtconv_attr_get (fmtconv_model_attrs (model), "stored-shapes");
  note_ties (ctx, model);
  if (gguf_note_tokenizer (ctx, keys, model) || gguf_warn_of_names (ctx, model))
    return fmtconv_ctx_failed (ctx);
  return put_files (ctx, keys, &files, out);
}
