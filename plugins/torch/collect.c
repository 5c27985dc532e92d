/* plugins/torch/collect.c: walks through the root and names its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/keys.h"
#include "plugins/torch/module.h"
#include "plugins/torch/training.h"
#include "plugins/torch/walk.h"
#include <fmtconv/formats.h>
#include <stdio.h>
#include <string.h>

/* Appends a key to the current name, after a dot. */
static int
add_to_name (torch_walk *w, const char *key, size_t n)
{
  size_t dot = w->length > 0;
  if (n + dot > TORCH_MAX_NAME - w->length)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, NULL, "a name that begins like this exceeds 4096 bytes");
  if (dot)
    w->name[w->length++] = '.';
  memcpy (w->name + w->length, key, n);
  w->length += (uint32_t) n;
  w->name[w->length] = 0;
  return 0;
}

/* Appends without allocating: a shared container is visited many times, and the arena never frees. */
static int
add_key (torch_walk *w, const pk_value *key)
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
check_keys (const torch_walk *w, const pk_value *dict)
{
  const char *name = w->length ? w->name : w->root->name;
  return dict->kind == PK_DICT ? torch_keys_unique (w->load->ctx, w->load->pickle, dict, name) : 0;
}

static int
push (torch_walk *w, const pk_value *node, const torch_walk_frame *f)
{
  pk_mark *mark = pk_mark_of (node);
  if (mark->open)
    return torch_walk_fail (w, FMTCONV_E_FORMAT, NULL, "the container contains itself");
  if (w->depth == TORCH_MAX_DEPTH) /* torch_scan_value has already rejected it */
    return torch_walk_fail (w, FMTCONV_E_INTERNAL, NULL, "values are nested deeper than the scan found");
  if (check_keys (w, &f->inside))
    return fmtconv_ctx_failed (w->load->ctx);
  mark->open = 1;
  w->frames[w->depth++] = *f;
  return 0;
}

/* Keeps the attributes of a module that hold tensors: state_dict() does not save them. */
static int
leave_attributes (torch_walk *w, const pk_value *module)
{
  pk_value key, value;
  for (uint32_t i = 0, length = w->length; torch_module_attribute (module, &i, &key, &value);
       w->length = length)
    {
      if (!torch_holds (&value))
        continue;
      if (add_key (w, &key)
          || torch_note_later (w->load, w->name, &value, "neither a parameter nor a buffer of its module",
                               true))
        return fmtconv_ctx_failed (w->load->ctx);
      w->name[length] = 0;
    }
  return 0;
}

/* Enters a module as the dictionary that its state_dict() is. */
static int
enter_module (torch_walk *w, const pk_value *module)
{
  if (!w->load->module)
    w->load->module = module->v.object->callee;
  const torch_walk_frame f = { .module = *module,
                               .inside = torch_module_part (module, 0),
                               .length = w->length };
  return leave_attributes (w, module) || push (w, module, &f) ? fmtconv_ctx_failed (w->load->ctx) : 0;
}

/* Visits the value named w->name.  Tensors inside an unknown object are an error, so that none is lost
 * silently. */
static int
visit (torch_walk *w, const pk_value *value)
{
  if (++w->load->nodes > TORCH_MAX_NODES)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, NULL, "more than 64 M values to name");
  if (w->load->nodes > w->load->max_nodes)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, NULL,
                            "more values to name than 16 for each byte of the pickle");
  if (pk_is_tensor (value))
    return torch_walk_put (w, value->v.object);
  bool is_module = torch_is_module (value);
  if (!torch_holds (value))
    return is_module ? 0 : torch_note_leftover (w->load, w->name, value, "not a tensor", true);
  if (is_module)
    return enter_module (w, value);
  const torch_walk_frame f = { .inside = *value, .length = w->length };
  if (pk_is_container (value) && value->kind != PK_SET)
    return push (w, value, &f);
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

/* Goes to the next part of a module, or leaves the container. */
static int
next_part (torch_walk *w, torch_walk_frame *f)
{
  bool is_module = f->module.kind == PK_OBJECT;
  if (is_module && ++f->part < TORCH_PARTS)
    {
      f->inside = torch_module_part (&f->module, f->part);
      f->next = 0;
      return check_keys (w, &f->inside);
    }
  pk_mark_of (is_module ? &f->module : &f->inside)->open = 0;
  w->depth--;
  return 0;
}

/* Visits an item under its name, unless it is known not to be of the model. */
static int
visit_item (torch_walk *w, const torch_walk_frame *f, const pk_value *key, const pk_value *value)
{
  bool is_module = f->module.kind == PK_OBJECT;
  if (is_module && value->kind == PK_NONE)
    return 0;
  if (is_module && f->part == TORCH_BUFFERS && torch_module_omits (&f->module, key))
    return torch_note_later (w->load, w->name, value, "a buffer that its module does not save", false);
  if (!w->root->is_typed && torch_holds (value)
      && (w->depth == 1 && !is_module ? torch_is_optimizer (key, value) : torch_looks_like_optimizer (value)))
    return torch_note_later (w->load, w->name, value, "the state of an optimizer", false);
  return visit (w, value);
}

/* Visits the next item of the innermost container, or leaves the container after its last item. */
static int
next_item (torch_walk *w)
{
  torch_walk_frame *f = &w->frames[w->depth - 1];
  const pk_items *items = f->inside.v.items;
  bool dict = f->inside.kind == PK_DICT;
  w->length = f->length;
  w->name[w->length] = 0;
  if (f->next >= items->n)
    return next_part (w, f);
  pk_value index = pk_int (f->next);
  const pk_value *key = dict ? &items->at[f->next] : &index;
  const pk_value *value = &items->at[f->next + dict];
  f->next += dict ? 2 : 1;
  if (!torch_key_is_name (key) && torch_holds (value))
    return torch_walk_fail (
        w, FMTCONV_E_FORMAT, NULL,
        fmtconv_ctx_printf (w->load->ctx, "a %s is used as the key of tensors",
                            key->kind == PK_STRING ? "string with a NUL" : pk_describe (w->load->ctx, key)));
  if (add_key (w, key))
    return fmtconv_ctx_failed (w->load->ctx);
  return visit_item (w, f, key, value);
}

/* A single tensor as root is named "tensor". */
int
torch_collect (torch_load *load, const torch_root *root)
{
  torch_walk *w = fmtconv_ctx_alloc (load->ctx, 1, sizeof *w);
  torch_walk_frame *frames = fmtconv_ctx_alloc (load->ctx, TORCH_MAX_DEPTH, sizeof *frames);
  if (!w || !frames)
    return FMTCONV_E_NOMEM;
  *w = (torch_walk){ .load = load, .root = root, .frames = frames };
  if (pk_is_tensor (&root->value) && add_to_name (w, "tensor", 6))
    return fmtconv_ctx_failed (load->ctx);
  int code = visit (w, &root->value);
  while (!code && w->depth)
    code = next_item (w);
  if (code || torch_note_leftovers_end (load, root))
    return fmtconv_ctx_failed (load->ctx);
  if (!load->tensors)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .hint = "select the dictionary that holds them with root=" },
                            "no tensors in root '%s'", root->name);
  return torch_note_reading (load, root);
}
