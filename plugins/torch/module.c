/* plugins/torch/module.c: a pickled torch.nn.Module, read as the dictionary that its state_dict() is.
 * SPDX-License-Identifier: Apache-2.0
 *
 * torch.nn.Module pickles its attributes (torch/nn/modules/module.py): _parameters, _buffers and _modules are
 * dictionaries by name, and _non_persistent_buffers_set has the names that state_dict() omits. */
#include "config.h"

#include "plugins/torch/module.h"

enum
{
  MAX_ATTRIBUTES = 1024, /* of a module; torch gives it about 20 */
  MAX_OMITTED = 1024     /* buffers of a module that are not saved; models have a few */
};

static const char *const parts[TORCH_PARTS] = { "_parameters", "_buffers", "_modules" };

static bool
has_parts (const fmtconv_value *state)
{
  if (fmtconv_value_count (state) > MAX_ATTRIBUTES)
    return false;
  for (unsigned i = 0; i < TORCH_PARTS; i++)
    if (fmtconv_value_kind (fmtconv_value_find (state, parts[i])) != FMTCONV_VALUE_DICT)
      return false;
  return true;
}

/* The answer is kept, because shared states are asked for many times. */
bool
torch_is_module (const torch_scan *scan, const fmtconv_value *value)
{
  const fmtconv_value *state = fmtconv_value_state (value);
  if (fmtconv_value_kind (state) != FMTCONV_VALUE_DICT || torch_is_tensor (scan, value))
    return false;
  torch_mark *mark = torch_mark_of (scan, state);
  if (mark->module == TORCH_STATE_UNKNOWN)
    mark->module = has_parts (state) ? TORCH_STATE_MODULE : TORCH_STATE_OTHER;
  return mark->module == TORCH_STATE_MODULE;
}

const fmtconv_value *
torch_module_part (const fmtconv_value *module, unsigned part)
{
  return fmtconv_value_find (fmtconv_value_state (module), parts[part]);
}

/* Before protocol 4, a set is a call with a list. */
static const fmtconv_value *
members (const fmtconv_value *set)
{
  const fmtconv_value *args = fmtconv_value_args (set);
  const fmtconv_value *list = fmtconv_value_count (args) == 1 ? fmtconv_value_at (args, 0) : NULL;
  if (fmtconv_value_kind (set) == FMTCONV_VALUE_SET)
    return set;
  return fmtconv_value_kind (list) == FMTCONV_VALUE_LIST ? list : NULL;
}

bool
torch_module_omits (const fmtconv_value *module, const fmtconv_value *key)
{
  const fmtconv_value *set = fmtconv_value_find (fmtconv_value_state (module), "_non_persistent_buffers_set");
  const fmtconv_value *names = members (set);
  const size_t n = fmtconv_value_count (names);
  for (size_t i = 0; i < n && i < MAX_OMITTED; i++)
    if (torch_same_text (fmtconv_value_at (names, i), key))
      return true;
  return false;
}

static bool
is_part (const fmtconv_value *key)
{
  for (unsigned i = 0; i < TORCH_PARTS; i++)
    if (fmtconv_value_is (key, parts[i]))
      return true;
  return false;
}

const fmtconv_value *
torch_module_attribute (const fmtconv_value *module, size_t *i, const fmtconv_value **key)
{
  const fmtconv_value *state = fmtconv_value_state (module);
  while ((*key = fmtconv_value_key (state, *i)))
    if (!is_part (fmtconv_value_key (state, (*i)++)))
      return fmtconv_value_at (state, *i - 1);
  return NULL;
}
