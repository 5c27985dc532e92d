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
has_parts (const pk_value *state)
{
  if (state->v.items->n > 2 * MAX_ATTRIBUTES)
    return false;
  for (unsigned i = 0; i < TORCH_PARTS; i++)
    {
      const pk_value *part = pk_get (state, parts[i]);
      if (!part || part->kind != PK_DICT)
        return false;
    }
  return true;
}

/* The answer is kept, because shared states are asked for many times. */
bool
torch_is_module (const pk_value *value)
{
  if (!pk_has_role (value, ROLE_OPAQUE) || value->v.object->state.kind != PK_DICT)
    return false;
  pk_mark *mark = &value->v.object->state.v.items->mark;
  if (mark->module == PK_STATE_UNKNOWN)
    mark->module = has_parts (&value->v.object->state) ? PK_STATE_MODULE : PK_STATE_OTHER;
  return mark->module == PK_STATE_MODULE;
}

pk_value
torch_module_part (const pk_value *module, unsigned part)
{
  return *pk_get (&module->v.object->state, parts[part]);
}

/* Before protocol 4, a set is a call with a list. */
static const pk_items *
members (const pk_value *set)
{
  if (set->kind == PK_SET)
    return set->v.items;
  const pk_items *args = pk_has_role (set, ROLE_OPAQUE) ? set->v.object->args : NULL;
  return args && args->n == 1 && args->at[0].kind == PK_LIST ? args->at[0].v.items : NULL;
}

bool
torch_module_omits (const pk_value *module, const pk_value *key)
{
  const pk_value *set = pk_get (&module->v.object->state, "_non_persistent_buffers_set");
  const pk_items *names = set ? members (set) : NULL;
  for (uint32_t i = 0; names && i < names->n && i < MAX_OMITTED; i++)
    if (pk_same_text (&names->at[i], key))
      return true;
  return false;
}

static bool
is_part (const pk_value *key)
{
  for (unsigned i = 0; i < TORCH_PARTS; i++)
    if (pk_is (key, parts[i]))
      return true;
  return false;
}

bool
torch_module_attribute (const pk_value *module, uint32_t *i, pk_value *key, pk_value *value)
{
  const pk_items *items = module->v.object->state.v.items;
  while (*i + 1 < items->n)
    {
      *key = items->at[*i];
      *value = items->at[*i + 1];
      *i += 2;
      if (!is_part (key))
        return true;
    }
  return false;
}
