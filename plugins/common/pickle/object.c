/* plugins/common/pickle/object.c: the opcodes that call globals; they only record the call and its arguments.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/common/pickle/opcodes.h"
#include "plugins/common/pickle/storage.h"

static int
new_object (pk_machine *m, pk_kind kind, const pk_global *callee, pk_items *args, pk_value state)
{
  pk_object *object = fmtconv_ctx_alloc (m->ctx, 1, sizeof *object);
  if (!object)
    return FMTCONV_E_NOMEM;
  *object = (pk_object){ .callee = callee, .args = args, .state = state, .at = m->at };
  return pk_push (m, (pk_value){ .kind = kind, .v.object = object });
}

static int
add_pairs (pk_machine *m, pk_items *dict, const pk_items *pairs)
{
  /* A pickler writes each pair once, so the pairs cannot outnumber the bytes. */
  m->paired += pairs->n;
  if (m->paired > m->size)
    return pk_refuse (m, FMTCONV_E_LIMIT, "the dictionaries have more pairs than the pickle has bytes");
  for (uint32_t i = 0; i < pairs->n; i++)
    {
      const pk_value *pair = &pairs->at[i];
      if (!pk_is_container (pair) || pair->v.items->n != 2)
        return pk_refuse (m, FMTCONV_E_FORMAT, "item %u of a dictionary is a %s, not a pair", i,
                          pk_describe (m->ctx, pair));
      if (pk_items_add (m->ctx, dict, pair->v.items->at, 2))
        return FMTCONV_E_NOMEM;
    }
  return 0;
}

/* Pushes an OrderedDict or defaultdict.  Old picklers pass a list of pairs to OrderedDict. */
static int
new_dict (pk_machine *m, const pk_items *args)
{
  pk_items *dict = pk_items_new (m->ctx, NULL, 0);
  if (!dict)
    return FMTCONV_E_NOMEM;
  const pk_value *last = args->n ? &args->at[args->n - 1] : NULL;
  int code = last && last->kind == PK_LIST ? add_pairs (m, dict, last->v.items) : 0;
  return code ? code : pk_push (m, pk_container (PK_DICT, dict));
}

/* A pickler writes the text of each bytes object once, so the texts cannot outnumber the bytes. */
static int
check_encoding (pk_machine *m, const pk_items *args)
{
  m->encoded += args->n && args->at[0].kind == PK_STRING ? args->at[0].len : 0;
  if (m->encoded > m->size)
    return pk_refuse (m, FMTCONV_E_LIMIT, "texts stand for more bytes than the pickle has");
  return 0;
}

/* Records a call.  Objects can be called too (bound methods, partial functions); the result is opaque. */
static int
call (pk_machine *m, const pk_value *callee, const pk_value *args, pk_value state)
{
  static const pk_global computed = { .module = "(computed)", .name = "callable" };
  if (args->kind != PK_TUPLE)
    return pk_refuse (m, FMTCONV_E_FORMAT, "the arguments are a %s, not a tuple", pk_describe (m->ctx, args));
  if (callee->kind == PK_OBJECT)
    return new_object (m, PK_OBJECT, &computed, args->v.items, state);
  if (callee->kind != PK_GLOBAL)
    return pk_refuse (m, FMTCONV_E_FORMAT, "a %s cannot be called", pk_describe (m->ctx, callee));
  if (callee->v.global->role == ROLE_DICT)
    return new_dict (m, args->v.items);
  if (callee->v.global->role == ROLE_ENCODE && check_encoding (m, args->v.items))
    return fmtconv_ctx_failed (m->ctx);
  return new_object (m, PK_OBJECT, callee->v.global, args->v.items, state);
}

int
pk_op_reduce (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value args;
  pk_value callee;
  if (pk_pop (m, &args) || pk_pop (m, &callee))
    return FMTCONV_E_FORMAT;
  return call (m, &callee, &args, (pk_value){ .kind = PK_NONE });
}

int
pk_op_newobj (pk_machine *m, const pk_arg *arg)
{
  return pk_op_reduce (m, arg);
}

int
pk_op_newobj_ex (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value keywords;
  pk_value args;
  pk_value callee;
  if (pk_pop (m, &keywords) || pk_pop (m, &args) || pk_pop (m, &callee))
    return FMTCONV_E_FORMAT;
  if (keywords.kind != PK_DICT)
    return pk_refuse (m, FMTCONV_E_FORMAT, "the keywords are a %s, not a dict",
                      pk_describe (m->ctx, &keywords));
  return call (m, &callee, &args, keywords);
}

/* Returns whether BUILD may set the state.  A tensor's state would replace its values; torch before 0.4 gives
 * parameters one that does not: (requires_grad, volatile, hooks). */
static bool
takes_state (const pk_value *object, const pk_value *state)
{
  if (object->kind != PK_OBJECT)
    return object->kind == PK_DICT;
  if (pk_has_role (object, ROLE_NN_PARAMETER))
    return state->kind == PK_TUPLE && state->v.items->n == 3;
  return object->v.object->callee->role < ROLE_TENSOR;
}

/* Drops the state of a dictionary (a module's version notes): it is not one of its items. */
int
pk_op_build (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value state;
  pk_value object;
  if (pk_pop (m, &state) || pk_top (m, &object))
    return FMTCONV_E_FORMAT;
  if (!takes_state (&object, &state))
    return pk_refuse (m, FMTCONV_E_FORMAT, "a %s has no state", pk_describe (m->ctx, &object));
  if (object.kind == PK_OBJECT)
    object.v.object->state = state;
  return 0;
}

int
pk_op_persistent (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  pk_value id;
  if (pk_pop (m, &id))
    return FMTCONV_E_FORMAT;
  if (id.kind != PK_TUPLE)
    return pk_refuse (m, FMTCONV_E_FORMAT, "the persistent id is a %s, not a tuple",
                      pk_describe (m->ctx, &id));
  const pk_items *parts = id.v.items;
  /* ('module', class, file, source), from before torch 1.6, is the class. */
  if (parts->n == 4 && pk_is (&parts->at[0], "module") && parts->at[1].kind == PK_GLOBAL)
    return pk_push (m, parts->at[1]);
  torch_tensor t = { 0 };
  if (torch_storage_check (m->ctx, parts, &t))
    return pk_refuse (m, t.code, "%s", t.why);
  if (new_object (m, PK_STORAGE, NULL, id.v.items, (pk_value){ .kind = PK_NONE }))
    return fmtconv_ctx_failed (m->ctx);
  return pk_items_add (m->ctx, m->storages, &m->stack[m->n - 1], 1);
}
