/* plugins/torch/collect.c: walks through the root and names its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/torch/collect.h"
#include "plugins/torch/keys.h"
#include <fmtconv/formats.h>
#include <stdio.h>
#include <string.h>

typedef struct frame
{
  pk_value inside;
  uint32_t next;   /* index of the next item */
  uint32_t length; /* of its name */
} frame;

typedef struct walk
{
  torch_load *load;
  frame *frames;
  unsigned depth;
  char name[TORCH_MAX_NAME + 1];
  uint32_t length;
} walk;

static int
fail_at (const walk *w, int code, const pk_object *object, const char *why)
{
  return fmtconv_fail_at (
      w->load->ctx, code,
      &(fmtconv_where){ .source = w->load->pickle, .offset = object ? object->at : 0, .tensor = w->name },
      "%s", why);
}

/* Returns the elements of a storage inside the pickle. */
static fmtconv_source *
inside (const walk *w, const torch_tensor *t)
{
  return fmtconv_source_window (w->load->pickle, (uint64_t) (t->inside - w->load->pickled), t->storage_bytes,
                                "storage");
}

/* Returns the storage, which must have exactly the size that the pickle says; NULL: an error. */
static fmtconv_source *
find_record (const walk *w, const pk_object *object, const torch_tensor *t)
{
  fmtconv_ctx *ctx = w->load->ctx;
  fmtconv_source *source = torch_record (w->load->archive, t->key);
  if (!source)
    fail_at (w, FMTCONV_E_FORMAT, object,
             fmtconv_ctx_printf (ctx, "its storage '%s' is not in the file", t->key));
  else if (fmtconv_source_size (source) != t->storage_bytes)
    fail_at (w, FMTCONV_E_FORMAT, object,
             fmtconv_ctx_printf (ctx, "its storage '%s' has %llu bytes, but the pickle says %llu", t->key,
                                 (unsigned long long) fmtconv_source_size (source),
                                 (unsigned long long) t->storage_bytes));
  return fmtconv_ctx_failed (ctx) ? NULL : source;
}

static int
check_totals (walk *w, const pk_object *object, const torch_tensor *t)
{
  torch_load *load = w->load;
  if (++load->tensors > TORCH_MAX_TENSORS)
    return fail_at (w, FMTCONV_E_LIMIT, object,
                    fmtconv_ctx_printf (load->ctx, "more than %d tensors", TORCH_MAX_TENSORS));
  load->name_bytes += w->length + 1;
  if (load->name_bytes > load->max_name_bytes)
    return fail_at (w, FMTCONV_E_LIMIT, object,
                    fmtconv_ctx_printf (load->ctx, "the tensor names exceed %llu bytes in total",
                                        (unsigned long long) load->max_name_bytes));
  if (t->repeated > load->max_repeated - load->repeated)
    return fail_at (
        w, FMTCONV_E_LIMIT, object,
        fmtconv_ctx_printf (load->ctx,
                            "its repeated elements (stride 0) add %llu bytes, in total more than the "
                            "file's size and 1 GiB",
                            (unsigned long long) t->repeated));
  load->repeated += t->repeated;
  return 0;
}

/* Rejects big-endian elements of untyped storages: torch does not byte-swap them, so their meaning is
 * ambiguous. */
static int
check_order (const walk *w, const pk_object *object, const torch_tensor *t)
{
  if (!w->load->big_endian || t->inside || t->item == 1 || !t->untyped)
    return 0;
  return fail_at (w, FMTCONV_E_UNSUPPORTED, object,
                  "its elements are big-endian in an untyped storage, which torch does not byte-swap");
}

static fmtconv_view *
view_of (const walk *w, const torch_tensor *t, fmtconv_source *source)
{
  int64_t strides[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < t->rank; i++)
    strides[i] = t->shape[i] > 1 ? (int64_t) (t->stride[i] * t->item) : 0;
  bool empty = t->elements == 0;
  fmtconv_view *leaf = fmtconv_view_leaf (source, empty ? 0 : (t->first + t->offset) * t->item, t->dtype,
                                          t->rank, t->shape, empty ? NULL : strides);
  return w->load->big_endian && !t->inside ? fmtconv_view_byteswap (leaf) : leaf;
}

static int
put_tensor (walk *w, const pk_object *object)
{
  torch_tensor t;
  if (torch_tensor_read (w->load->ctx, object, &t))
    return fail_at (w, t.code, object, t.why);
  fmtconv_source *source = t.inside ? inside (w, &t) : find_record (w, object, &t);
  if (!source || check_totals (w, object, &t) || check_order (w, object, &t))
    return fmtconv_ctx_failed (w->load->ctx);
  fmtconv_model_put (w->load->out, w->name, view_of (w, &t, source));
  return fmtconv_ctx_failed (w->load->ctx);
}

/* Appends a key to the current name, after a dot. */
static int
add_to_name (walk *w, const char *key, size_t n)
{
  size_t dot = w->length > 0;
  if (n + dot > TORCH_MAX_NAME - w->length)
    return fail_at (w, FMTCONV_E_LIMIT, NULL, "a name that begins like this exceeds 4096 bytes");
  if (dot)
    w->name[w->length++] = '.';
  memcpy (w->name + w->length, key, n);
  w->length += (uint32_t) n;
  w->name[w->length] = 0;
  return 0;
}

/* Appends without allocating: a shared container is visited many times, and the arena never frees. */
static int
add_key (walk *w, const pk_value *key)
{
  char digits[24];
  if (key->kind == PK_STRING)
    return add_to_name (w, key->v.s, strnlen (key->v.s, key->len));
  if (key->kind != PK_INT)
    return add_to_name (w, "(no name)", 9);
  snprintf (digits, sizeof digits, "%lld", (long long) key->v.i);
  return add_to_name (w, digits, strlen (digits));
}

static int
descend_into (walk *w, const pk_value *value)
{
  pk_mark *mark = pk_mark_of (value);
  if (mark->open)
    return fail_at (w, FMTCONV_E_FORMAT, NULL, "the container contains itself");
  if (w->depth == TORCH_MAX_DEPTH) /* torch_scan_value has already rejected it */
    return fail_at (w, FMTCONV_E_INTERNAL, NULL, "values are nested deeper than the scan found");
  if (value->kind == PK_DICT
      && torch_keys_unique (w->load->ctx, w->load->pickle, value, w->length ? w->name : "."))
    return fmtconv_ctx_failed (w->load->ctx);
  mark->open = 1;
  w->frames[w->depth++] = (frame){ .inside = *value, .length = w->length };
  return 0;
}

/* Visits the value named w->name.  Tensors inside an unknown object are an error, so that none is lost
 * silently. */
static int
visit (walk *w, const pk_value *value)
{
  if (++w->load->nodes > TORCH_MAX_NODES)
    return fail_at (w, FMTCONV_E_LIMIT, NULL, "more than 64 M values to name");
  if (pk_is_tensor (value))
    return put_tensor (w, value->v.object);
  if (!torch_holds (value))
    return torch_note_leftover (w->load, w->name, value, "not a tensor");
  if (pk_is_container (value) && value->kind != PK_SET)
    return descend_into (w, value);
  return fmtconv_fail_at (
      w->load->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .source = w->load->pickle,
                        .offset = value->kind == PK_OBJECT ? value->v.object->at : 0,
                        .tensor = w->name,
                        .hint =
                            "save the object's state_dict() instead of the object, or select another root=" },
      "the tensors are inside a %s, which only the program that saved it can read",
      pk_describe (w->load->ctx, value));
}

/* Visits the next item of the innermost container, or leaves the container after its last item. */
static int
next_item (walk *w)
{
  frame *f = &w->frames[w->depth - 1];
  const pk_items *items = f->inside.v.items;
  bool dict = f->inside.kind == PK_DICT;
  w->length = f->length;
  w->name[w->length] = 0;
  if (f->next >= items->n)
    {
      pk_mark_of (&f->inside)->open = 0;
      w->depth--;
      return 0;
    }
  pk_value index = pk_int (f->next);
  const pk_value *key = dict ? &items->at[f->next] : &index;
  const pk_value *value = &items->at[f->next + dict];
  f->next += dict ? 2 : 1;
  if (!torch_key_is_name (key) && torch_holds (value))
    return fail_at (
        w, FMTCONV_E_FORMAT, NULL,
        fmtconv_ctx_printf (w->load->ctx, "a %s is used as the key of tensors",
                            key->kind == PK_STRING ? "string with a NUL" : pk_describe (w->load->ctx, key)));
  if (add_key (w, key))
    return fmtconv_ctx_failed (w->load->ctx);
  return visit (w, value);
}

/* A single tensor as root is named "tensor". */
int
torch_collect (torch_load *load, const torch_root *root)
{
  walk *w = fmtconv_ctx_alloc (load->ctx, 1, sizeof *w);
  frame *frames = fmtconv_ctx_alloc (load->ctx, TORCH_MAX_DEPTH, sizeof *frames);
  if (!w || !frames)
    return FMTCONV_E_NOMEM;
  *w = (walk){ .load = load, .frames = frames };
  if (pk_is_tensor (&root->value) && add_to_name (w, "tensor", 6))
    return fmtconv_ctx_failed (load->ctx);
  int code = visit (w, &root->value);
  while (!code && w->depth)
    code = next_item (w);
  if (code || torch_note_outside (load, root))
    return fmtconv_ctx_failed (load->ctx);
  torch_note_leftovers_end (load);
  if (!load->tensors)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "select the dictionary that holds them with root=" },
                            "no tensors in root '%s'", root->name);
  return fmtconv_ctx_failed (load->ctx);
}
