/* plugins/torch/leftovers.c: lists the values that are not tensors of the model, or keeps them as attributes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/torch/collect.h"
#include "plugins/torch/keys.h"
#include <fmtconv/formats.h>
#include <math.h>

/* Counts tensors that two values share only for the first. */
int
torch_note_leftover (torch_load *load, const char *name, const pk_value *value, const char *why)
{
  load->scan.tensors = 0;
  load->scan.bytes = 0;
  if (torch_scan_value (&load->scan, value))
    return fmtconv_ctx_failed (load->ctx);
  if (load->listed == TORCH_MAX_LISTED)
    {
      load->unlisted++;
      load->unlisted_bytes += load->scan.bytes;
      return 0;
    }
  load->listed++;
  const char *what = pk_describe (load->ctx, value);
  if (load->scan.tensors && !pk_is_tensor (value))
    what = fmtconv_ctx_printf (load->ctx, "%s, %llu tensor%s", what, (unsigned long long) load->scan.tensors,
                               load->scan.tensors == 1 ? "" : "s");
  fmtconv_model_skip (load->out, fmtconv_ctx_printf (load->ctx, "%s: %s", name, what), load->scan.bytes, why);
  return fmtconv_ctx_failed (load->ctx);
}

/* Returns the name for the list; "" if the list is full. */
static const char *
outside_name (const torch_load *load, const torch_root *root, unsigned k, const pk_value *key)
{
  if (load->listed == TORCH_MAX_LISTED)
    return "";
  const char *text = torch_key_text (load->ctx, key);
  return k ? fmtconv_ctx_printf (load->ctx, "%s.%s", root->level[k].name, text) : text;
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
          pk_value index = pk_int (i);
          if (torch_note_leftover (load, outside_name (load, root, k, dict ? &items->at[i - 1] : &index),
                                   &items->at[i], why))
            return fmtconv_ctx_failed (load->ctx);
        }
    }
  return 0;
}

void
torch_note_leftovers_end (torch_load *load)
{
  if (load->unlisted)
    fmtconv_model_skip (
        load->out, fmtconv_ctx_printf (load->ctx, "%llu further values", (unsigned long long) load->unlisted),
        load->unlisted_bytes, "not tensors of the model");
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
