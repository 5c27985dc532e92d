/* plugins/common/pickle/container.c: the opcodes that make and fill tuples, lists, dictionaries and sets.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/pickle/opcodes.h"

/* Pushes a container of these values. */
static int
push_container (pk_machine *m, pk_kind kind, const pk_value *values, uint32_t n)
{
  pk_items *items = pk_items_new (m->ctx, values, n);
  return items ? pk_push (m, pk_container (kind, items)) : FMTCONV_E_NOMEM;
}

int
pk_op_empty_tuple (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_container (m, PK_TUPLE, NULL, 0);
}

int
pk_op_empty_list (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_container (m, PK_LIST, NULL, 0);
}

int
pk_op_empty_dict (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_container (m, PK_DICT, NULL, 0);
}

int
pk_op_empty_set (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_container (m, PK_SET, NULL, 0);
}

static int
push_marked (pk_machine *m, pk_kind kind)
{
  const pk_value *values;
  uint32_t n;
  int code = pk_pop_mark (m, &values, &n, NULL);
  return code ? code : push_container (m, kind, values, n);
}

int
pk_op_tuple (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_marked (m, PK_TUPLE);
}

int
pk_op_frozenset (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_marked (m, PK_SET);
}

static int
push_short_tuple (pk_machine *m, uint32_t n)
{
  pk_value values[3];
  for (uint32_t i = n; i-- > 0;)
    if (pk_pop (m, &values[i]))
      return FMTCONV_E_FORMAT;
  return push_container (m, PK_TUPLE, values, n);
}

int
pk_op_tuple1 (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_short_tuple (m, 1);
}

int
pk_op_tuple2 (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_short_tuple (m, 2);
}

int
pk_op_tuple3 (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return push_short_tuple (m, 3);
}

/* Rejects keys that Python cannot hash and therefore never writes. */
static int
check_keys (pk_machine *m, const pk_value *values, uint32_t n, uint32_t step)
{
  for (uint32_t i = 0; i < n; i += step)
    if (values[i].kind == PK_LIST || values[i].kind == PK_DICT || values[i].kind == PK_STORAGE)
      return pk_refuse (m, FMTCONV_E_FORMAT, "a %s cannot be a key", pk_describe (m->ctx, &values[i]));
  return 0;
}

/* Returns whether an object can be a container: its class is not one whose objects the reader interprets. */
static bool
is_open (const pk_value *to)
{
  return to->kind == PK_OBJECT && to->v.object->callee->role == ROLE_OPAQUE;
}

/* Adds values to a container of that kind, or to an object of an unknown class. */
static int
add (pk_machine *m, const pk_value *to, pk_kind kind, const pk_value *values, uint32_t n)
{
  if (to->kind == kind)
    return pk_items_add (m->ctx, to->v.items, values, n);
  if (!is_open (to))
    return pk_refuse (m, FMTCONV_E_FORMAT, "a %s cannot take items with this opcode",
                      pk_describe (m->ctx, to));
  if (!to->v.object->more)
    to->v.object->more = pk_items_new (m->ctx, NULL, 0);
  return to->v.object->more ? pk_items_add (m->ctx, to->v.object->more, values, n) : FMTCONV_E_NOMEM;
}

static int
add_marked (pk_machine *m, pk_kind kind, uint32_t step)
{
  const pk_value *values;
  uint32_t n;
  pk_value to;
  int code = pk_pop_mark (m, &values, &n, &to);
  if (!code && n % step)
    code = pk_refuse (m, FMTCONV_E_FORMAT, "a key without a value");
  if (!code && kind != PK_LIST)
    code = check_keys (m, values, n, step);
  return code ? code : add (m, &to, kind, values, n);
}

int
pk_op_append (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value value;
  pk_value to;
  if (pk_pop (m, &value) || pk_top (m, &to))
    return FMTCONV_E_FORMAT;
  return add (m, &to, PK_LIST, &value, 1);
}

int
pk_op_appends (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return add_marked (m, PK_LIST, 1);
}

int
pk_op_setitem (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value pair[2];
  pk_value to;
  if (pk_pop (m, &pair[1]) || pk_pop (m, &pair[0]) || pk_top (m, &to) || check_keys (m, pair, 2, 2))
    return FMTCONV_E_FORMAT;
  return add (m, &to, PK_DICT, pair, 2);
}

int
pk_op_setitems (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return add_marked (m, PK_DICT, 2);
}

int
pk_op_additems (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return add_marked (m, PK_SET, 1);
}
