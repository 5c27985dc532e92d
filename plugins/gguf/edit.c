/* plugins/gguf/edit.c: changes the keys of a file and the names of its tensors, whose bytes stay.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What is not changed keeps its bytes: the order of keys and tensors, the types of values, the padding.  ggml requires that
 * the tensors begin at the aligned end of their descriptions (src/gguf.cpp), so that there is no room for longer keys:
 * most changes move the tensors. */
#include "config.h"

#include "edit.h"

#include <fmtconv/formats.h>
#include <string.h>

#define HINT_TENSORS "'fmtconv inspect --tensors' lists the names"

enum
{
  COUNT_AT = 16 /* offset of the number of keys */
};

/* Refuses files of a split model, except its first, which has the keys.  Returns 0 or a code. */
static int
check_split (const struct gguf_edit *e)
{
  if (fmtconv_attr_get_int (e->file.keys, GGUF_SPLIT_COUNT, 1) == 1
      || fmtconv_attr_get_int (e->file.keys, GGUF_SPLIT_NO, 0) == 0)
    return 0;
  return fmtconv_fail_at (e->file.ctx, FMTCONV_E_UNSUPPORTED,
                          &(fmtconv_where){ .source = e->file.c.source,
                                            .hint = "edit the first file: the keys of the model are there" },
                          "this is a later file of a split model");
}

static int
refuse (const struct gguf_edit *e, const char *tensor, const char *hint, const char *what)
{
  return fmtconv_fail_at (e->file.ctx, FMTCONV_E_USAGE,
                          &(fmtconv_where){ .source = e->file.c.source, .tensor = tensor, .hint = hint },
                          "%s", what);
}

static uint64_t
find_tensor (const struct gguf_edit *e, const char *name)
{
  for (uint64_t i = 0; i < e->file.n_tensors; i++)
    if (!strcmp (e->file.tensors[i].name, name))
      return i;
  return GGUF_NOWHERE;
}

/* Returns whether a tensor of the file has, or will have, the name. */
static int
is_taken (const struct gguf_edit *e, const char *name)
{
  for (uint64_t i = 0; i < e->file.n_tensors; i++)
    {
      const char *renamed = e->names[e->file.n_keys + i];
      if (!strcmp (renamed ? renamed : e->file.tensors[i].name, name))
        return 1;
    }
  return 0;
}

/* Returns whether the file records the tensor as a scalar, by its name. */
static int
is_scalar (const struct gguf_edit *e, const char *name)
{
  fmtconv_attr *list = fmtconv_attr_get (e->file.keys, GGUF_SCALARS);
  list = list && list->kind == FMTCONV_ATTR_PACKED ? fmtconv_attr_unpack (list) : NULL;
  for (const fmtconv_attr *a = list ? list->first : NULL; a; a = a->next)
    if (a->kind == FMTCONV_ATTR_STRING && !strcmp (a->v.s, name))
      return 1;
  return 0;
}

/* Checks the new name of a tensor.  Returns 0 or a code. */
static int
check_name (struct gguf_edit *e, uint64_t i, const char *name)
{
  const char *old = e->file.tensors[i].name;
  if (fmtconv_attr_get_int (e->file.keys, GGUF_SPLIT_COUNT, 1) != 1)
    return refuse (e, old, "rename it in a conversion: fmtconv -t rename FILE OUTPUT",
                   "the model has several files, whose names must differ");
  if (is_scalar (e, old))
    return refuse (e, old, "rename it in a conversion: fmtconv -t rename FILE OUTPUT",
                   "the key " GGUF_SCALARS " has its name, too");
  if (!*name || strlen (name) > e->file.max_name)
    return refuse (e, old, "give another name",
                   fmtconv_ctx_printf (e->file.ctx, "the new name does not have 1 to %llu bytes",
                                       (unsigned long long) e->file.max_name));
  return is_taken (e, name) ? refuse (e, old, HINT_TENSORS,
                                      fmtconv_ctx_printf (e->file.ctx, "the name '%s' exists already", name))
                            : 0;
}

/* The key with the original shape of a tensor has its name. */
static void
rename_shape (struct gguf_edit *e, const char *old, const char *name)
{
  const char *key = fmtconv_ctx_printf (e->file.ctx, GGUF_SHAPE "%s", old);
  const uint64_t i = key ? gguf_find_key (e, key) : GGUF_NOWHERE;
  if (i != GGUF_NOWHERE)
    gguf_edit_rename_key (e, i, fmtconv_ctx_printf (e->file.ctx, GGUF_SHAPE "%s", name));
}

static int
rename_tensor (struct gguf_edit *e, uint64_t i, const char *name)
{
  const struct gguf_info *t = &e->file.tensors[i];
  struct gguf_text text = { .ctx = e->file.ctx, .is_big_endian = e->file.is_big_endian };
  if (!strcmp (t->name, name))
    return 0;
  if (check_name (e, i, name))
    return fmtconv_ctx_failed (e->file.ctx);
  e->names[e->file.n_keys + i] = name;
  gguf_text_string (&text, name);
  patch_put (&e->patch, t->at, t->at + 8 + strlen (t->name), text.bytes, text.n);
  patch_say (&e->patch, fmtconv_ctx_printf (e->file.ctx, "tensor '%s' becomes '%s'", t->name, name));
  rename_shape (e, t->name, name);
  return fmtconv_ctx_failed (e->file.ctx);
}

static int
rename_one (struct gguf_edit *e, const fmtconv_change *change)
{
  const uint64_t tensor = find_tensor (e, change->name), key = gguf_find_key (e, change->name);
  if (tensor == GGUF_NOWHERE && key == GGUF_NOWHERE)
    return fmtconv_fail_at (e->file.ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .source = e->file.c.source, .hint = HINT_TENSORS },
                            "there is neither a tensor nor a key '%s' to rename", change->name);
  if (tensor != GGUF_NOWHERE && key != GGUF_NOWHERE)
    return refuse (e, change->name, "--unset removes the key first", "a tensor and a key have this name");
  if (tensor != GGUF_NOWHERE)
    return rename_tensor (e, tensor, change->value);
  return gguf_check_key (e, change->name) || gguf_check_key (e, change->value)
             ? fmtconv_ctx_failed (e->file.ctx)
             : gguf_edit_rename_key (e, key, change->value);
}

/* Marks the old names of all changes as free, before any name is checked: names can be exchanged. */
static void
free_names (struct gguf_edit *e, const fmtconv_change *changes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (changes[i].kind == FMTCONV_CHANGE_RENAME && strcmp (changes[i].name, changes[i].value))
      {
        const uint64_t tensor = find_tensor (e, changes[i].name), key = gguf_find_key (e, changes[i].name);
        if (tensor != GGUF_NOWHERE)
          e->names[e->file.n_keys + tensor] = "";
        else if (key != GGUF_NOWHERE)
          e->names[key] = "";
      }
}

/* Makes the changes of one kind. */
static int
make_changes (struct gguf_edit *e, const fmtconv_change *changes, size_t n, size_t kind)
{
  for (size_t i = 0; i < n && !fmtconv_ctx_failed (e->file.ctx); i++)
    if (changes[i].kind == kind)
      kind == FMTCONV_CHANGE_SET     ? gguf_edit_set (e, &changes[i])
      : kind == FMTCONV_CHANGE_UNSET ? gguf_edit_unset (e, &changes[i])
                                     : rename_one (e, &changes[i]);
  return fmtconv_ctx_failed (e->file.ctx);
}

static int
emit (struct gguf_edit *e, fmtconv_file *out)
{
  const struct gguf_file *f = &e->file;
  const uint64_t end = fmtconv_source_size (e->patch.source), data = f->data < end ? f->data : end;
  struct gguf_text count = { .ctx = f->ctx, .is_big_endian = f->is_big_endian };
  if (e->n_keys > GGUF_MAX_KEYS)
    return fmtconv_fail (f->ctx, FMTCONV_E_LIMIT, "more than %d keys", (int) GGUF_MAX_KEYS);
  gguf_text_number (&count, 8, e->n_keys);
  if (e->n_keys != f->n_keys)
    patch_put (&e->patch, COUNT_AT, COUNT_AT + 8, count.bytes, count.n);
  if (patch_sort (&e->patch))
    return fmtconv_ctx_failed (f->ctx);
  if (!e->patch.n)
    {
      patch_emit (&e->patch, out, 0, end);
      return fmtconv_ctx_failed (f->ctx);
    }
  patch_emit (&e->patch, out, 0, f->head);
  if (end > f->head)
    fmtconv_file_align (out, f->alignment, 0);
  patch_emit (&e->patch, out, data > f->head ? data : f->head, end);
  patch_tell (&e->patch);
  return fmtconv_ctx_failed (f->ctx);
}

int
gguf_edit (fmtconv_ctx *ctx, const fmtconv_change *changes, size_t n, fmtconv_input *in, fmtconv_file *out)
{
  fmtconv_source *source = fmtconv_input_open (in);
  struct gguf_edit e = { .patch = { .ctx = ctx, .source = source } };
  if (gguf_read_places (ctx, source, &e.file) || check_split (&e))
    return fmtconv_ctx_failed (ctx);
  e.n_keys = e.file.n_keys;
  e.key_dropped = fmtconv_ctx_alloc (ctx, (size_t) e.file.n_keys + 1, 1);
  e.names = fmtconv_ctx_alloc (ctx, (size_t) (e.file.n_keys + e.file.n_tensors) + 1, sizeof *e.names);
  e.added = fmtconv_ctx_alloc (ctx, n + 1, sizeof *e.added);
  if (!e.key_dropped || !e.names || !e.added)
    return fmtconv_ctx_failed (ctx);
  free_names (&e, changes, n);
  /* What is removed comes first: its name is free then. */
  if (make_changes (&e, changes, n, FMTCONV_CHANGE_UNSET)
      || make_changes (&e, changes, n, FMTCONV_CHANGE_RENAME)
      || make_changes (&e, changes, n, FMTCONV_CHANGE_SET))
    return fmtconv_ctx_failed (ctx);
  return emit (&e, out);
}
