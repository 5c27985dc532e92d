/* plugins/torch/leftovers.c: lists the values that are not tensors of the model, or keeps them as attributes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/pickle/keys.h"
#include "plugins/common/pickle/numpy.h"
#include "plugins/torch/collect.h"
#include "plugins/torch/training.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

/* A value that is left out, listed when the walk is over. */
typedef struct torch_later
{
  const char *name;
  const char *why;
  pk_value value;
  bool is_lost;
} torch_later;

/* Returns whether a value is one tensor or one array, of any type. */
static bool
is_one (const pk_value *value)
{
  return pk_is_tensor (value) || (value->kind == PK_OBJECT && torch_is_array (value->v.object));
}

/* Counts the tensors of a value that are neither in the model nor in a value listed before. */
static int
count (torch_load *load, const pk_value *value)
{
  bool is_array = is_one (value) && !pk_is_tensor (value);
  load->scan.tensors = is_array;
  load->scan.bytes = is_array ? torch_array_size (value->v.object) : 0;
  return torch_scan_value (&load->scan, value);
}

/* Lists a value that was just counted. */
static int
note (torch_load *load, const char *name, const pk_value *value, const char *why, bool is_lost)
{
  load->lost += is_lost ? load->scan.tensors : 0;
  load->lost_bytes += is_lost ? load->scan.bytes : 0;
  if (load->listed == TORCH_MAX_LISTED)
    {
      load->unlisted++;
      load->unlisted_bytes += load->scan.bytes;
      return 0;
    }
  load->listed++;
  const char *what = pk_describe (load->ctx, value);
  if (load->scan.tensors && !is_one (value))
    what = fmtconv_ctx_printf (load->ctx, "%s, %llu tensor%s", what, (unsigned long long) load->scan.tensors,
                               load->scan.tensors == 1 ? "" : "s");
  fmtconv_model_skip (load->out, fmtconv_ctx_printf (load->ctx, "%s: %s", name, what), load->scan.bytes, why);
  return fmtconv_ctx_failed (load->ctx);
}

int
torch_note_leftover (torch_load *load, const char *name, const pk_value *value, const char *why, bool is_lost)
{
  return count (load, value) ? fmtconv_ctx_failed (load->ctx) : note (load, name, value, why, is_lost);
}

int
torch_note_later (torch_load *load, const char *name, const pk_value *value, const char *why, bool is_lost)
{
  load->name_bytes += strlen (name) + 1;
  if (load->name_bytes > load->max_name_bytes)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = load->pickle },
                            "the names of values exceed %llu bytes in total",
                            (unsigned long long) load->max_name_bytes);
  torch_later *later = pk_grow (load->ctx, load->later, load->n_later, &load->cap_later, sizeof *later);
  const char *copy = fmtconv_ctx_printf (load->ctx, "%s", name);
  if (!later || !copy)
    return FMTCONV_E_NOMEM;
  load->later = later;
  later[load->n_later++] = (torch_later){ .name = copy, .why = why, .value = *value, .is_lost = is_lost };
  return 0;
}

/* Returns the name for the list; "" if the list is full. */
static const char *
outside_name (const torch_load *load, const torch_root *root, unsigned k, const pk_value *key)
{
  if (load->listed == TORCH_MAX_LISTED)
    return "";
  const char *text = torch_key_text (load->ctx, key);
  const char *inside = root->level[k].name;
  return strcmp (inside, ".") ? fmtconv_ctx_printf (load->ctx, "%s.%s", inside, text) : text;
}

int
torch_note_outside (torch_load *load, const torch_root *root)
{
  const char *why = fmtconv_ctx_printf (load->ctx, "outside root '%s'", root->name);
  for (unsigned k = 0; k < root->n; k++)
    {
      const pk_value *inside = &root->level[k].inside;
      const pk_items *items = inside->v.items;
      bool dict = inside->kind == PK_DICT;
      for (uint32_t i = dict; i < items->n; i += dict ? 2 : 1)
        {
          if (i == root->level[k].chosen)
            continue;
          const pk_value key = dict ? items->at[i - 1] : pk_int (i);
          const pk_value *value = &items->at[i];
          bool is_lost = !root->is_typed && torch_holds_shaped (value) && !torch_is_known_state (&key, value);
          if (torch_note_leftover (load, outside_name (load, root, k, &key), value, why, is_lost))
            return fmtconv_ctx_failed (load->ctx);
        }
    }
  return 0;
}

int
torch_note_leftovers_end (torch_load *load, const torch_root *root)
{
  for (uint32_t i = 0; i < load->n_later; i++)
    {
      const torch_later *l = &load->later[i];
      if (count (load, &l->value))
        return fmtconv_ctx_failed (load->ctx);
      if (load->scan.tensors && note (load, l->name, &l->value, l->why, l->is_lost))
        return fmtconv_ctx_failed (load->ctx);
    }
  if (torch_note_outside (load, root))
    return fmtconv_ctx_failed (load->ctx);
  if (load->unlisted)
    fmtconv_model_skip (
        load->out, fmtconv_ctx_printf (load->ctx, "%llu further values", (unsigned long long) load->unlisted),
        load->unlisted_bytes, "not tensors of the model");
  return fmtconv_ctx_failed (load->ctx);
}

/* Returns whether a value is a printable ASCII string of at most `most` bytes. */
static bool
is_plain (const pk_value *value, uint32_t most)
{
  if (value->kind != PK_STRING || value->len == 0 || value->len > most)
    return false;
  for (uint32_t i = 0; i < value->len; i++)
    if (value->v.s[i] < 0x20 || value->v.s[i] > 0x7e)
      return false;
  return true;
}

void
torch_note_facts (fmtconv_model *out, fmtconv_ctx *ctx, const pk_value *top)
{
  unsigned facts = 0;
  fmtconv_attr *to = NULL;
  for (uint32_t i = 0; top->kind == PK_DICT && i + 1 < top->v.items->n && facts < 100; i += 2)
    {
      const pk_value *key = &top->v.items->at[i];
      const pk_value *value = key + 1;
      bool plain = value->kind == PK_INT || (value->kind == PK_FLOAT && isfinite (value->v.f))
                   || is_plain (value, 1024);
      if (!plain || !is_plain (key, 100))
        continue;
      if (facts++ == 0)
        to = fmtconv_attr_make (fmtconv_model_attrs (out), "source/torch");
      const char *name = torch_key_text (ctx, key);
      if (value->kind == PK_INT)
        fmtconv_attr_set_int (to, name, value->v.i);
      else if (value->kind == PK_FLOAT)
        fmtconv_attr_set_float (to, name, value->v.f);
      else
        fmtconv_attr_set_string (to, name, fmtconv_ctx_printf (ctx, "%.*s", (int) value->len, value->v.s));
    }
}
