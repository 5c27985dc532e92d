/* plugins/torch/leftovers.c: lists the values that are not tensors of the model, or keeps them as attributes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/facts.h"
#include "plugins/common/keys.h"
#include "plugins/torch/arrays.h"
#include "plugins/torch/collect.h"
#include "plugins/torch/training.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  LISTED_NUMBERS = 4096 /* of a list that is kept */
};

/* A value that is left out, listed when the walk is over. */
typedef struct torch_later
{
  const char *name;
  const char *why;
  const fmtconv_value *value;
  bool is_lost;
} torch_later;

/* Counts the tensors of a value that are neither in the model nor in a value listed before. */
static int
count (torch_load *load, const fmtconv_value *value)
{
  bool is_other = torch_is_array (value) && !torch_is_tensor (&load->scan, value);
  load->scan.tensors = is_other;
  load->scan.bytes = is_other ? torch_array_size (value) : 0;
  return torch_scan_value (&load->scan, value);
}

/* Lists a value that was just counted. */
static int
note (torch_load *load, const char *name, const fmtconv_value *value, const char *why, bool is_lost)
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
  const char *what = fmtconv_value_describe (load->ctx, value);
  if (load->scan.tensors && !torch_is_array (value) && !torch_is_tensor (&load->scan, value))
    what = fmtconv_ctx_printf (load->ctx, "%s, %llu tensor%s", what, (unsigned long long) load->scan.tensors,
                               load->scan.tensors == 1 ? "" : "s");
  fmtconv_model_skip (load->out, fmtconv_ctx_printf (load->ctx, "%s: %s", name, what), load->scan.bytes, why);
  return fmtconv_ctx_failed (load->ctx);
}

int
torch_note_leftover (torch_load *load, const char *name, const fmtconv_value *value, const char *why,
                     bool is_lost)
{
  return count (load, value) ? fmtconv_ctx_failed (load->ctx) : note (load, name, value, why, is_lost);
}

/* Makes room for one more value.  Returns 0 or E_NOMEM. */
static int
make_room (torch_load *load)
{
  if (load->n_later < load->cap_later)
    return 0;
  const uint32_t capacity = load->cap_later ? 2 * load->cap_later : 4;
  torch_later *later = fmtconv_scratch_alloc (load->ctx, capacity, sizeof *later);
  if (!later)
    return FMTCONV_E_NOMEM;
  if (load->n_later)
    memcpy (later, load->later, load->n_later * sizeof *later);
  load->later = later;
  load->cap_later = capacity;
  return 0;
}

int
torch_note_later (torch_load *load, const char *name, const fmtconv_value *value, const char *why,
                  bool is_lost)
{
  load->name_bytes += strlen (name) + 1;
  if (load->name_bytes > load->max_name_bytes)
    return fmtconv_fail_at (load->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = load->pickle->source },
                            "the names of values exceed %llu bytes in total",
                            (unsigned long long) load->max_name_bytes);
  const char *copy = make_room (load) ? NULL : fmtconv_ctx_printf (load->ctx, "%s", name);
  if (!copy)
    return FMTCONV_E_NOMEM;
  load->later[load->n_later++] =
      (torch_later){ .name = copy, .why = why, .value = value, .is_lost = is_lost };
  return 0;
}

/* Returns the name for the list; "" if the list is full. */
static const char *
outside_name (const torch_load *load, const torch_root *root, unsigned k, size_t i)
{
  if (load->listed == TORCH_MAX_LISTED)
    return "";
  const char *text = torch_item_text (load->ctx, root->level[k].inside, i);
  const char *inside = root->level[k].name;
  return strcmp (inside, ".") ? fmtconv_ctx_printf (load->ctx, "%s.%s", inside, text) : text;
}

int
torch_note_outside (torch_load *load, const torch_root *root)
{
  const char *why = fmtconv_ctx_printf (load->ctx, "outside root '%s'", root->name);
  const torch_scan *scan = &load->scan;
  for (unsigned k = 0; k < root->n; k++)
    {
      const fmtconv_value *inside = root->level[k].inside;
      const size_t n = fmtconv_value_count (inside);
      for (size_t i = 0; i < n; i++)
        {
          if (i == root->level[k].chosen)
            continue;
          const fmtconv_value *key = fmtconv_value_key (inside, i), *value = fmtconv_value_at (inside, i);
          bool is_lost =
              !root->is_typed && torch_holds_shaped (scan, value) && !torch_is_known_state (scan, key, value);
          if (torch_note_leftover (load, outside_name (load, root, k, i), value, why, is_lost))
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
      if (count (load, l->value))
        return fmtconv_ctx_failed (load->ctx);
      if (load->scan.tensors && note (load, l->name, l->value, l->why, l->is_lost))
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

/* Keeps a short list of numbers as an attribute: DeepSpeed's num_experts has one for each layer.  Returns whether it is one. */
static bool
note_numbers (fmtconv_model *out, fmtconv_ctx *ctx, const fmtconv_value *key, const fmtconv_value *value)
{
  const size_t n = fmtconv_value_kind (value) == FMTCONV_VALUE_LIST ? fmtconv_value_count (value) : 0;
  const char *name = n && n <= LISTED_NUMBERS ? facts_text (ctx, key, 100) : NULL;
  int64_t number;
  for (size_t i = 0; name && i < n; i++)
    if (fmtconv_value_kind (fmtconv_value_at (value, i)) != FMTCONV_VALUE_INT
        || !fmtconv_value_int (fmtconv_value_at (value, i), &number))
      return false;
  if (!name)
    return false;
  fmtconv_attr *array = fmtconv_attr_literal (ctx, "[]");
  for (size_t i = 0; i < n && fmtconv_value_int (fmtconv_value_at (value, i), &number); i++)
    fmtconv_attr_set_int (array, NULL, number);
  fmtconv_attr_set (fmtconv_attr_make (fmtconv_model_attrs (out), "source/torch"), name, array);
  return true;
}

static size_t
count_of (const fmtconv_value *value)
{
  return fmtconv_value_kind (value) == FMTCONV_VALUE_DICT ? fmtconv_value_count (value) : 0;
}

void
torch_note_facts (fmtconv_model *out, fmtconv_ctx *ctx, const fmtconv_value *top)
{
  unsigned facts = 0;
  for (size_t i = 0; i < count_of (top) && facts < 100; i++)
    facts +=
        note_numbers (out, ctx, fmtconv_value_key (top, i), fmtconv_value_at (top, i))
        || (fmtconv_value_kind (fmtconv_value_at (top, i)) != FMTCONV_VALUE_BOOL
            && facts_note (out, ctx, "source/torch", fmtconv_value_key (top, i), fmtconv_value_at (top, i)));
  facts_note_arguments (out, ctx, count_of (top) ? fmtconv_value_find (top, "args") : NULL);
}
