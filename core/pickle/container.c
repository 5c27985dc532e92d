/* core/pickle/container.c: the opcodes that make and fill tuples, lists, dictionaries and sets.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/pickle/opcodes.h"

fci_pickle_items *
fci_pickle_new_node (fci_pickle_machine *m, const fmtconv_value *values, uint32_t n)
{
  fci_pickle_items *items = fci_pickle_items_new (m, values, n);
  if (!items)
    return NULL;
  items->node = m->nodes++;
  items->offset = m->at;
  return items;
}

/* Pushes a container of these values. */
static int
push_container (fci_pickle_machine *m, enum fmtconv_value_kind kind, const fmtconv_value *values, uint32_t n)
{
  fci_pickle_items *items = fci_pickle_new_node (m, values, n);
  return items ? fci_pickle_push (m, fci_pickle_container (kind, items)) : FMTCONV_E_NOMEM;
}

int
fci_pickle_op_empty_tuple (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fci_pickle_items *empty = m->memory->empty;
  if (!empty && !(m->memory->empty = empty = fci_pickle_new_node (m, NULL, 0)))
    return FMTCONV_E_NOMEM;
  empty->is_shared = true;
  m->nodes += m->is_second && empty->offset == m->at; /* which the first run has made here */
  return fci_pickle_push (m, fci_pickle_container (FMTCONV_VALUE_TUPLE, empty));
}

int
fci_pickle_op_empty_list (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_container (m, FMTCONV_VALUE_LIST, NULL, 0);
}

int
fci_pickle_op_empty_dict (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_container (m, FMTCONV_VALUE_DICT, NULL, 0);
}

int
fci_pickle_op_empty_set (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_container (m, FMTCONV_VALUE_SET, NULL, 0);
}

static int
push_marked (fci_pickle_machine *m, enum fmtconv_value_kind kind)
{
  const fmtconv_value *values;
  uint32_t n;
  int code = fci_pickle_pop_mark (m, &values, &n, NULL);
  return code ? code : push_container (m, kind, values, n);
}

int
fci_pickle_op_tuple (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_marked (m, FMTCONV_VALUE_TUPLE);
}

int
fci_pickle_op_frozenset (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_marked (m, FMTCONV_VALUE_SET);
}

static int
push_short_tuple (fci_pickle_machine *m, uint32_t n)
{
  fmtconv_value values[3];
  for (uint32_t i = n; i-- > 0;)
    if (fci_pickle_pop (m, &values[i]))
      return FMTCONV_E_FORMAT;
  return push_container (m, FMTCONV_VALUE_TUPLE, values, n);
}

int
fci_pickle_op_tuple1 (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_short_tuple (m, 1);
}

int
fci_pickle_op_tuple2 (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_short_tuple (m, 2);
}

int
fci_pickle_op_tuple3 (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return push_short_tuple (m, 3);
}

/* Rejects keys that Python cannot hash and therefore never writes. */
static int
check_keys (fci_pickle_machine *m, const fmtconv_value *values, uint32_t n, uint32_t step)
{
  for (uint32_t i = 0; i < n; i += step)
    if (values[i].kind == FMTCONV_VALUE_LIST || values[i].kind == FMTCONV_VALUE_DICT
        || values[i].kind == FMTCONV_VALUE_STORAGE)
      return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a %s cannot be a key",
                                fmtconv_value_describe (m->ctx, &values[i]));
  return 0;
}

/* Returns whether an object can be a container: its class is not one whose objects the reader interprets. */
static bool
is_open (const fmtconv_value *to)
{
  return to->kind == FMTCONV_VALUE_OBJECT && to->v.object->callee->role == FCI_ROLE_OPAQUE;
}

/* Adds values to an object of an unknown class. */
static int
add_to_object (fci_pickle_machine *m, fci_pickle_object *object, enum fmtconv_value_kind kind,
               const fmtconv_value *values, uint32_t n)
{
  fci_pickle_parts *parts = fci_pickle_parts_of (object);
  if (!parts)
    return fmtconv_ctx_failed (m->ctx);
  /* Both items and pairs are one list. */
  parts->more_kind = parts->more && parts->more_kind != kind ? FMTCONV_VALUE_LIST : kind;
  if (!parts->more)
    parts->more = fci_pickle_items_new (m, NULL, 0);
  return parts->more ? fci_pickle_items_add (m, parts->more, values, n) : FMTCONV_E_NOMEM;
}

/* Adds values to a container of that kind, or to an object of an unknown class.  What others refer to has them already in the
 * second run. */
static int
add (fci_pickle_machine *m, const fmtconv_value *to, enum fmtconv_value_kind kind,
     const fmtconv_value *values, uint32_t n)
{
  if (to->kind == kind)
    return m->is_second && to->v.items->is_shared ? 0 : fci_pickle_items_add (m, to->v.items, values, n);
  if (!is_open (to))
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a %s cannot take items with this opcode",
                              fmtconv_value_describe (m->ctx, to));
  return m->is_second && to->v.object->is_shared ? 0 : add_to_object (m, to->v.object, kind, values, n);
}

static int
add_marked (fci_pickle_machine *m, enum fmtconv_value_kind kind, uint32_t step)
{
  const fmtconv_value *values;
  uint32_t n;
  fmtconv_value to;
  int code = fci_pickle_pop_mark (m, &values, &n, &to);
  if (!code && n % step)
    code = fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a key without a value");
  if (!code && kind != FMTCONV_VALUE_LIST)
    code = check_keys (m, values, n, step);
  return code ? code : add (m, &to, kind, values, n);
}

int
fci_pickle_op_append (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value value;
  fmtconv_value to;
  if (fci_pickle_pop (m, &value) || fci_pickle_top (m, &to))
    return FMTCONV_E_FORMAT;
  return add (m, &to, FMTCONV_VALUE_LIST, &value, 1);
}

int
fci_pickle_op_appends (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return add_marked (m, FMTCONV_VALUE_LIST, 1);
}

int
fci_pickle_op_setitem (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value pair[2];
  fmtconv_value to;
  if (fci_pickle_pop (m, &pair[1]) || fci_pickle_pop (m, &pair[0]) || fci_pickle_top (m, &to)
      || check_keys (m, pair, 2, 2))
    return FMTCONV_E_FORMAT;
  return add (m, &to, FMTCONV_VALUE_DICT, pair, 2);
}

int
fci_pickle_op_setitems (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return add_marked (m, FMTCONV_VALUE_DICT, 2);
}

int
fci_pickle_op_additems (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return add_marked (m, FMTCONV_VALUE_SET, 1);
}
