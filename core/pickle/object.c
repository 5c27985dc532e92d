/* core/pickle/object.c: the opcodes that call globals; they only record the call and its arguments.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "core/pickle/fold.h"
#include "core/pickle/opcodes.h"
#include "core/pickle/storage.h"

static int
new_object (fci_pickle_machine *m, enum fmtconv_value_kind kind, const fci_pickle_global *callee,
            const fmtconv_value *args, fmtconv_value state)
{
  fci_pickle_object *object = fci_pickle_take (m, sizeof *object);
  fci_pickle_parts *parts = object ? fci_pickle_take (m, sizeof *parts) : NULL;
  if (!parts)
    return FMTCONV_E_NOMEM;
  *parts = (fci_pickle_parts){ .args = *args, .state = state, .memory = m->memory };
  *object = (fci_pickle_object){ .callee = callee, .at.parts = parts, .node = m->nodes++, .u.offset = m->at };
  return fci_pickle_push (m, (fmtconv_value){ .kind = kind, .v.object = object });
}

/* Records the call of a global.  Tensors are folded at once.  What is kept with a storage inside the pickle, and with the text of
 * bytes, is found once, so that what contains them is not folded. */
static int
new_call (fci_pickle_machine *m, const fci_pickle_global *callee, const fmtconv_value *args,
          fmtconv_value state)
{
  if (new_object (m, FMTCONV_VALUE_OBJECT, callee, args, state))
    return fmtconv_ctx_failed (m->ctx);
  if (callee->role == FCI_ROLE_BYTES || callee->role == FCI_ROLE_ENCODE)
    m->pinned = m->pos;
  if (callee->role >= FCI_ROLE_TENSOR && callee->role != FCI_ROLE_NN_PARAMETER)
    fci_pickle_fold (m, m->stack[m->n - 1].v.object, m->starts[m->n - 1]);
  return 0;
}

static int
add_pairs (fci_pickle_machine *m, fci_pickle_items *dict, const fci_pickle_items *pairs)
{
  /* The list and the dictionary refer to the same values. */
  m->pinned = m->pos;
  /* A pickler writes each pair once, so the pairs cannot outnumber the bytes. */
  m->paired += pairs->n;
  if (m->paired > m->size)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT,
                              "the dictionaries have more pairs than the pickle has bytes");
  for (uint32_t i = 0; i < pairs->n; i++)
    {
      const fmtconv_value *pair = &pairs->at[i];
      if (!fci_pickle_is_container (pair) || pair->v.items->n != 2)
        return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "item %u of a dictionary is a %s, not a pair", i,
                                  fmtconv_value_describe (m->ctx, pair));
      if (fci_pickle_items_add (m, dict, pair->v.items->at, 2))
        return FMTCONV_E_NOMEM;
    }
  return 0;
}

/* Pushes an OrderedDict or defaultdict.  Old picklers pass a list of pairs to OrderedDict. */
static int
new_dict (fci_pickle_machine *m, const fci_pickle_items *args)
{
  fci_pickle_items *dict = fci_pickle_new_node (m, NULL, 0);
  if (!dict)
    return FMTCONV_E_NOMEM;
  const fmtconv_value *last = args->n ? &args->at[args->n - 1] : NULL;
  int code = last && last->kind == FMTCONV_VALUE_LIST ? add_pairs (m, dict, last->v.items) : 0;
  return code ? code : fci_pickle_push (m, fci_pickle_container (FMTCONV_VALUE_DICT, dict));
}

/* A pickler writes the text of each bytes object once, so the texts cannot outnumber the bytes. */
static int
check_encoding (fci_pickle_machine *m, const fci_pickle_items *args)
{
  m->encoded += args->n && args->at[0].kind == FMTCONV_VALUE_STRING ? args->at[0].len : 0;
  if (m->encoded > m->size)
    return fci_pickle_refuse (m, FMTCONV_E_LIMIT, "texts stand for more bytes than the pickle has");
  return 0;
}

/* Records a call.  Objects can be called too (bound methods, partial functions); the result is opaque. */
static int
call (fci_pickle_machine *m, const fmtconv_value *callee, const fmtconv_value *args, fmtconv_value state)
{
  static const fci_pickle_global computed = { .public = { .module = "(computed)", .name = "callable" } };
  if (args->kind != FMTCONV_VALUE_TUPLE)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the arguments are a %s, not a tuple",
                              fmtconv_value_describe (m->ctx, args));
  if (callee->kind == FMTCONV_VALUE_OBJECT)
    return new_object (m, FMTCONV_VALUE_OBJECT, &computed, args, state);
  if (callee->kind != FMTCONV_VALUE_GLOBAL)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a %s cannot be called",
                              fmtconv_value_describe (m->ctx, callee));
  if (callee->v.global->role == FCI_ROLE_DICT)
    return new_dict (m, args->v.items);
  if (callee->v.global->role == FCI_ROLE_ENCODE && check_encoding (m, args->v.items))
    return fmtconv_ctx_failed (m->ctx);
  return new_call (m, callee->v.global, args, state);
}

int
fci_pickle_op_reduce (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value args;
  fmtconv_value callee;
  if (fci_pickle_pop (m, &args) || fci_pickle_pop (m, &callee))
    return FMTCONV_E_FORMAT;
  return call (m, &callee, &args, (fmtconv_value){ .kind = FMTCONV_VALUE_NONE });
}

int
fci_pickle_op_newobj (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_op_reduce (m, arg);
}

int
fci_pickle_op_newobj_ex (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value keywords;
  fmtconv_value args;
  fmtconv_value callee;
  if (fci_pickle_pop (m, &keywords) || fci_pickle_pop (m, &args) || fci_pickle_pop (m, &callee))
    return FMTCONV_E_FORMAT;
  if (keywords.kind != FMTCONV_VALUE_DICT)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the keywords are a %s, not a dict",
                              fmtconv_value_describe (m->ctx, &keywords));
  return call (m, &callee, &args, keywords);
}

/* Returns whether BUILD may set the state.  A tensor's state would replace its values; torch before 0.4 gives
 * parameters one that does not: (requires_grad, volatile, hooks). */
static bool
takes_state (const fmtconv_value *object, const fmtconv_value *state)
{
  if (object->kind != FMTCONV_VALUE_OBJECT)
    return object->kind == FMTCONV_VALUE_DICT;
  if (fci_pickle_has_role (object, FCI_ROLE_NN_PARAMETER))
    return state->kind == FMTCONV_VALUE_TUPLE && state->v.items->n == 3;
  return object->v.object->callee->role < FCI_ROLE_TENSOR;
}

/* Sets the state of an object, which is complete then.  What others refer to has it already in the second run. */
static int
set_state (fci_pickle_machine *m, fci_pickle_object *object, const fmtconv_value *state)
{
  if (m->is_second && object->is_shared)
    return 0;
  fci_pickle_parts *parts = fci_pickle_parts_of (object);
  if (!parts)
    return fmtconv_ctx_failed (m->ctx);
  parts->state = *state;
  if (object->callee->role == FCI_ROLE_OPAQUE)
    fci_pickle_fold (m, object, m->starts[m->n - 1]);
  return 0;
}

/* Drops the state of a dictionary (a module's version notes): it is not one of its items. */
int
fci_pickle_op_build (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value state;
  fmtconv_value object;
  if (fci_pickle_pop (m, &state) || fci_pickle_top (m, &object))
    return FMTCONV_E_FORMAT;
  if (!takes_state (&object, &state))
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a %s has no state",
                              fmtconv_value_describe (m->ctx, &object));
  return object.kind == FMTCONV_VALUE_OBJECT ? set_state (m, object.v.object, &state) : 0;
}

int
fci_pickle_op_persistent (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  fmtconv_value id;
  if (fci_pickle_pop (m, &id))
    return FMTCONV_E_FORMAT;
  if (id.kind != FMTCONV_VALUE_TUPLE)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "the persistent id is a %s, not a tuple",
                              fmtconv_value_describe (m->ctx, &id));
  const fci_pickle_items *parts = id.v.items;
  /* ('module', class, file, source), from before torch 1.6, is the class. */
  if (parts->n == 4 && fmtconv_value_is (&parts->at[0], "module")
      && parts->at[1].kind == FMTCONV_VALUE_GLOBAL)
    return fci_pickle_push (m, parts->at[1]);
  fci_torch_tensor t = { 0 };
  if (fci_torch_storage_check (m->ctx, parts, &t))
    return fci_pickle_refuse (m, t.code, "%s", t.why);
  if (new_object (m, FMTCONV_VALUE_STORAGE, NULL, &id, (fmtconv_value){ .kind = FMTCONV_VALUE_NONE }))
    return fmtconv_ctx_failed (m->ctx);
  return m->storages ? fci_pickle_storages_add (m, parts) : 0;
}
