/* plugins/torch/collect.c: walks through the root and names its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/keys.h"
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

/* Appends the key or the number of an item, without allocating: a shared container is visited many times, and the arena
 * never frees. */
static int
add_item (torch_walk *w, const fmtconv_value *key, size_t i)
{
  char digits[24];
  size_t n;
  int64_t number = (int64_t) i;
  const char *text = fmtconv_value_kind (key) == FMTCONV_VALUE_STRING ? fmtconv_value_text (key, &n) : NULL;
  if (text)
    return add_to_name (w, text, strnlen (text, n));
  if (key && (fmtconv_value_kind (key) != FMTCONV_VALUE_INT || !fmtconv_value_int (key, &number)))
    return add_to_name (w, "(no name)", 9);
  snprintf (digits, sizeof digits, "%lld", (long long) number);
  return add_to_name (w, digits, strlen (digits));
}

static int
check_keys (const torch_walk *w, const fmtconv_value *dict)
{
  const char *name = w->length ? w->name : w->root->name;
  torch_mark *mark = torch_mark_of (&w->load->scan, dict);
  if (mark->unique || keys_unique (w->load->ctx, w->load->pickle, dict, name))
    return fmtconv_ctx_failed (w->load->ctx);
  mark->unique = 1;
  return 0;
}

static int
push (torch_walk *w, const fmtconv_value *node, const torch_walk_frame *f)
{
  torch_mark *mark = torch_mark_of (&w->load->scan, node);
  if (mark->open)
    return torch_walk_fail (w, FMTCONV_E_FORMAT, NULL, "the container contains itself");
  if (w->depth == TORCH_MAX_DEPTH) /* torch_scan_value has already rejected it */
    return torch_walk_fail (w, FMTCONV_E_INTERNAL, NULL, "values are nested deeper than the scan found");
  if (check_keys (w, f->inside))
    return fmtconv_ctx_failed (w->load->ctx);
  mark->open = 1;
  w->frames[w->depth++] = *f;
  return 0;
}

/* Keeps the attributes of a module that hold tensors: state_dict() does not save them. */
static int
leave_attributes (torch_walk *w, const fmtconv_value *module)
{
  const fmtconv_value *key, *value;
  const uint32_t length = w->length;
  for (size_t i = 0; (value = torch_module_attribute (module, &i, &key)); w->length = length)
    {
      if (!torch_holds (&w->load->scan, value))
        continue;
      if (add_item (w, key, 0)
          || torch_note_later (w->load, w->name, value, "neither a parameter nor a buffer of its module",
                               true))
        return fmtconv_ctx_failed (w->load->ctx);
      w->name[length] = 0;
    }
  return 0;
}

/* Enters a module as the dictionary that its state_dict() is. */
static int
enter_module (torch_walk *w, const fmtconv_value *module)
{
  if (!w->load->module)
    w->load->module = fmtconv_value_global (module);
  const torch_walk_frame f = { .module = module,
                               .inside = torch_module_part (module, 0),
                               .length = w->length };
  return leave_attributes (w, module) || push (w, module, &f) ? fmtconv_ctx_failed (w->load->ctx) : 0;
}

/* Visits the value named w->name.  Tensors inside an unknown object are an error, so that none is lost
 * silently. */
static int
visit (torch_walk *w, const fmtconv_value *value)
{
  if (++w->load->nodes > TORCH_MAX_NODES)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, NULL, "more than 64 M values to name");
  if (w->load->nodes > w->load->max_nodes)
    return torch_walk_fail (w, FMTCONV_E_LIMIT, NULL,
                            "more values to name than 16 for each byte of the pickle");
  const torch_scan *scan = &w->load->scan;
  if (torch_is_tensor (scan, value))
    return torch_walk_put (w, value);
  bool is_module = torch_is_module (scan, value);
  if (!torch_holds (scan, value))
    return is_module ? 0 : torch_note_leftover (w->load, w->name, value, "not a tensor", true);
  if (is_module)
    return enter_module (w, value);
  const torch_walk_frame f = { .inside = value, .length = w->length };
  if (torch_is_container (value) && fmtconv_value_kind (value) != FMTCONV_VALUE_SET)
    return push (w, value, &f);
  return fmtconv_fail_at (
      w->load->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .source = w->load->pickle->source,
                        .offset = fmtconv_value_offset (value),
                        .tensor = w->name,
                        .hint =
                            "save the object's state_dict() instead of the object, or select another root=" },
      "the tensors are inside a %s, which only the program that saved it can read",
      fmtconv_value_describe (w->load->ctx, value));
}

/* Goes to the next part of a module, or leaves the container. */
static int
next_part (torch_walk *w, torch_walk_frame *f)
{
  if (f->module && ++f->part < TORCH_PARTS)
    {
      f->inside = torch_module_part (f->module, f->part);
      f->next = 0;
      return check_keys (w, f->inside);
    }
  torch_mark_of (&w->load->scan, f->module ? f->module : f->inside)->open = 0;
  w->depth--;
  return 0;
}

/* Visits an item under its name, unless it is known not to be of the model. */
static int
visit_item (torch_walk *w, const torch_walk_frame *f, const fmtconv_value *key, const fmtconv_value *value)
{
  const torch_scan *scan = &w->load->scan;
  if (f->module && fmtconv_value_kind (value) == FMTCONV_VALUE_NONE)
    return 0;
  if (f->module && f->part == TORCH_BUFFERS && torch_module_omits (f->module, key))
    return torch_note_later (w->load, w->name, value, "a buffer that its module does not save", false);
  if (!w->root->is_typed && torch_holds (scan, value)
      && (w->depth == 1 && !f->module ? torch_is_optimizer (scan, key, value)
                                      : torch_looks_like_optimizer (scan, value)))
    return torch_note_later (w->load, w->name, value, "the state of an optimizer", false);
  return visit (w, value);
}

/* Visits the next item of the innermost container, or leaves the container after its last item. */
static int
next_item (torch_walk *w)
{
  torch_walk_frame *f = &w->frames[w->depth - 1];
  fmtconv_ctx *ctx = w->load->ctx;
  w->length = f->length;
  w->name[w->length] = 0;
  const fmtconv_value *value = fmtconv_value_at (f->inside, f->next);
  if (!value)
    return next_part (w, f);
  const fmtconv_value *key = fmtconv_value_key (f->inside, f->next);
  if (key && !keys_is_name (key) && torch_holds (&w->load->scan, value))
    return torch_walk_fail (w, FMTCONV_E_FORMAT, NULL,
                            fmtconv_ctx_printf (ctx, "a %s is used as the key of tensors",
                                                fmtconv_value_kind (key) == FMTCONV_VALUE_STRING
                                                    ? "string with a NUL"
                                                    : fmtconv_value_describe (ctx, key)));
  return add_item (w, key, f->next++) ? fmtconv_ctx_failed (ctx) : visit_item (w, f, key, value);
}

/* A single tensor as root is named "tensor". */
int
torch_collect (torch_load *load, const torch_root *root)
{
  torch_walk *w = fmtconv_scratch_alloc (load->ctx, 1, sizeof *w);
  torch_walk_frame *frames = fmtconv_scratch_alloc (load->ctx, TORCH_MAX_DEPTH, sizeof *frames);
  if (!w || !frames)
    return FMTCONV_E_NOMEM;
  *w = (torch_walk){ .load = load, .root = root, .frames = frames };
  if (torch_is_tensor (&load->scan, root->value) && add_to_name (w, "tensor", 6))
    return fmtconv_ctx_failed (load->ctx);
  int code = visit (w, root->value);
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
