/* core/pickle/access.c: what a value is, and what it contains.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/access.h"
#include <string.h>

unsigned
fmtconv_value_kind (const fmtconv_value *value)
{
  return value ? value->kind : FMTCONV_VALUE_ABSENT;
}

int
fmtconv_value_int (const fmtconv_value *value, int64_t *number)
{
  if (!value || (value->kind != FMTCONV_VALUE_INT && value->kind != FMTCONV_VALUE_BOOL))
    return 0;
  *number = value->v.i;
  return 1;
}

int
fmtconv_value_float (const fmtconv_value *value, double *number)
{
  if (!value || value->kind != FMTCONV_VALUE_FLOAT)
    return 0;
  *number = value->v.f;
  return 1;
}

const char *
fmtconv_value_text (const fmtconv_value *value, size_t *size)
{
  const bool is_text = value && (value->kind == FMTCONV_VALUE_STRING || value->kind == FMTCONV_VALUE_BYTES);
  *size = is_text ? value->len : 0;
  return is_text ? value->v.s : NULL;
}

int
fmtconv_value_is (const fmtconv_value *value, const char *text)
{
  return value && value->kind == FMTCONV_VALUE_STRING && value->len == strlen (text)
         && !memcmp (value->v.s, text, value->len);
}

static const fci_pickle_items *
items_of_object (fci_pickle_object *object, uint32_t *step)
{
  const bool is_bare = object->is_folded && object->is_bare;
  const fci_pickle_parts *parts = is_bare ? NULL : fci_pickle_parts_of (object);
  *step = parts && parts->more_kind == FMTCONV_VALUE_DICT ? 2 : 1;
  return parts ? parts->more : NULL;
}

const fci_pickle_items *
fci_pickle_items_of (const fmtconv_value *value, uint32_t *step)
{
  *step = 1;
  if (!value)
    return NULL;
  if (value->kind == FMTCONV_VALUE_STORAGE)
    return fci_pickle_args_of (value->v.object);
  if (value->kind == FMTCONV_VALUE_OBJECT)
    return items_of_object (value->v.object, step);
  *step = value->kind == FMTCONV_VALUE_DICT ? 2 : 1;
  return fci_pickle_is_container (value) ? value->v.items : NULL;
}

size_t
fmtconv_value_count (const fmtconv_value *value)
{
  uint32_t step;
  const fci_pickle_items *items = fci_pickle_items_of (value, &step);
  return items ? items->n / step : 0;
}

const fmtconv_value *
fmtconv_value_at (const fmtconv_value *value, size_t i)
{
  uint32_t step;
  const fci_pickle_items *items = fci_pickle_items_of (value, &step);
  return items && i < items->n / step ? &items->at[i * step + (step - 1)] : NULL;
}

const fmtconv_value *
fmtconv_value_key (const fmtconv_value *value, size_t i)
{
  uint32_t step;
  const fci_pickle_items *items = fci_pickle_items_of (value, &step);
  return items && step == 2 && i < items->n / step ? &items->at[i * step] : NULL;
}

const fmtconv_global *
fmtconv_value_global (const fmtconv_value *value)
{
  if (!value || (value->kind != FMTCONV_VALUE_GLOBAL && value->kind != FMTCONV_VALUE_OBJECT))
    return NULL;
  return value->kind == FMTCONV_VALUE_GLOBAL ? &value->v.global->public : &value->v.object->callee->public;
}

static const fci_pickle_parts *
parts_of (const fmtconv_value *value)
{
  return value && value->kind == FMTCONV_VALUE_OBJECT ? fci_pickle_parts_of (value->v.object) : NULL;
}

const fmtconv_value *
fmtconv_value_args (const fmtconv_value *value)
{
  const fci_pickle_parts *parts = parts_of (value);
  return parts ? &parts->args : NULL;
}

const fmtconv_value *
fmtconv_value_state (const fmtconv_value *value)
{
  static const fmtconv_value none = { .kind = FMTCONV_VALUE_NONE };
  if (value && value->kind == FMTCONV_VALUE_OBJECT && value->v.object->is_folded && value->v.object->is_bare)
    return &none;
  const fci_pickle_parts *parts = parts_of (value);
  return parts ? &parts->state : NULL;
}

static bool
is_made (const fmtconv_value *value)
{
  return value && (value->kind == FMTCONV_VALUE_OBJECT || value->kind == FMTCONV_VALUE_STORAGE);
}

uint32_t
fmtconv_value_node (const fmtconv_value *value)
{
  if (is_made (value))
    return value->v.object->node;
  return value && fci_pickle_is_container (value) ? value->v.items->node : UINT32_MAX;
}

uint64_t
fmtconv_value_offset (const fmtconv_value *value)
{
  if (is_made (value))
    return fci_pickle_offset_of (value->v.object);
  return value && fci_pickle_is_container (value) ? value->v.items->offset : 0;
}

int
fmtconv_value_shape (const fmtconv_value *value, uint64_t *shape, unsigned *rank)
{
  const fci_pickle_items *size =
      value && fci_pickle_has_role (value, FCI_ROLE_SIZE) ? fci_pickle_args_of (value->v.object) : NULL;
  if (size && size->n == 1)
    value = size->at;
  if (!value || (value->kind != FMTCONV_VALUE_TUPLE && value->kind != FMTCONV_VALUE_LIST)
      || value->v.items->n > FMTCONV_MAX_RANK)
    return 0;
  *rank = value->v.items->n;
  for (unsigned i = 0; i < *rank; i++)
    {
      const fmtconv_value *number = &value->v.items->at[i];
      if (number->kind != FMTCONV_VALUE_INT || number->v.i < 0)
        return 0;
      shape[i] = (uint64_t) number->v.i;
    }
  return 1;
}
