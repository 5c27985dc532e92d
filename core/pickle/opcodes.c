/* core/pickle/opcodes.c: the table of pickle opcodes, and the opcodes that control the machine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/opcodes.h"

static int
op_proto (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  if (m->at != 0)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "it is not at the start");
  if (arg->number > 5)
    return fci_pickle_refuse (m, FMTCONV_E_UNSUPPORTED, "protocol %u is not supported (0 to 5 are)",
                              (unsigned) arg->number);
  return 0;
}

static int
op_frame (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  if (arg->number > m->size - m->pos)
    return fci_pickle_refuse (m, FMTCONV_E_FORMAT, "a frame of %llu bytes, but %u remain in the pickle",
                              (unsigned long long) arg->number, m->size - m->pos);
  return 0;
}

static int
op_stop (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  if (m->n != 1 || m->n_marks)
    return fci_pickle_refuse (
        m, FMTCONV_E_FORMAT, "%u values and %u marks are on the stack; expected one value", m->n, m->n_marks);
  m->stopped = true;
  return 0;
}

static int
op_mark (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return fci_pickle_mark_here (m);
}

static int
op_put (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_memo_put (m, arg->number);
}

static int
op_memoize (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  (void) arg;
  return fci_pickle_memo_put (m, m->memoized);
}

static int
op_get (fci_pickle_machine *m, const fci_pickle_arg *arg)
{
  return fci_pickle_memo_get (m, arg->number);
}

const fci_pickle_opcode fci_pickle_opcodes[256] = {
  ['.'] = { "STOP", FCI_PICKLE_ARG_NONE, op_stop },
  ['('] = { "MARK", FCI_PICKLE_ARG_NONE, op_mark },
  [0x80] = { "PROTO", FCI_PICKLE_ARG_U1, op_proto },
  [0x95] = { "FRAME", FCI_PICKLE_ARG_U8, op_frame },

  ['N'] = { "NONE", FCI_PICKLE_ARG_NONE, fci_pickle_op_none },
  [0x88] = { "NEWTRUE", FCI_PICKLE_ARG_NONE, fci_pickle_op_true },
  [0x89] = { "NEWFALSE", FCI_PICKLE_ARG_NONE, fci_pickle_op_false },
  ['K'] = { "BININT1", FCI_PICKLE_ARG_U1, fci_pickle_op_unsigned },
  ['M'] = { "BININT2", FCI_PICKLE_ARG_U2, fci_pickle_op_unsigned },
  ['J'] = { "BININT", FCI_PICKLE_ARG_U4, fci_pickle_op_signed },
  [0x8a] = { "LONG1", FCI_PICKLE_ARG_STRING1, fci_pickle_op_long },
  [0x8b] = { "LONG4", FCI_PICKLE_ARG_STRING4, fci_pickle_op_long },
  ['G'] = { "BINFLOAT", FCI_PICKLE_ARG_U8, fci_pickle_op_float },

  [0x8c] = { "SHORT_BINUNICODE", FCI_PICKLE_ARG_STRING1, fci_pickle_op_string },
  ['X'] = { "BINUNICODE", FCI_PICKLE_ARG_STRING4, fci_pickle_op_string },
  [0x8d] = { "BINUNICODE8", FCI_PICKLE_ARG_STRING8, fci_pickle_op_string },
  ['U'] = { "SHORT_BINSTRING", FCI_PICKLE_ARG_STRING1, fci_pickle_op_string },
  ['C'] = { "SHORT_BINBYTES", FCI_PICKLE_ARG_STRING1, fci_pickle_op_bytes },
  ['B'] = { "BINBYTES", FCI_PICKLE_ARG_STRING4, fci_pickle_op_bytes },
  [0x8e] = { "BINBYTES8", FCI_PICKLE_ARG_STRING8, fci_pickle_op_bytes },
  [0x96] = { "BYTEARRAY8", FCI_PICKLE_ARG_STRING8, fci_pickle_op_bytes },

  [')'] = { "EMPTY_TUPLE", FCI_PICKLE_ARG_NONE, fci_pickle_op_empty_tuple },
  [']'] = { "EMPTY_LIST", FCI_PICKLE_ARG_NONE, fci_pickle_op_empty_list },
  ['}'] = { "EMPTY_DICT", FCI_PICKLE_ARG_NONE, fci_pickle_op_empty_dict },
  [0x8f] = { "EMPTY_SET", FCI_PICKLE_ARG_NONE, fci_pickle_op_empty_set },
  ['t'] = { "TUPLE", FCI_PICKLE_ARG_NONE, fci_pickle_op_tuple },
  [0x85] = { "TUPLE1", FCI_PICKLE_ARG_NONE, fci_pickle_op_tuple1 },
  [0x86] = { "TUPLE2", FCI_PICKLE_ARG_NONE, fci_pickle_op_tuple2 },
  [0x87] = { "TUPLE3", FCI_PICKLE_ARG_NONE, fci_pickle_op_tuple3 },
  [0x91] = { "FROZENSET", FCI_PICKLE_ARG_NONE, fci_pickle_op_frozenset },
  ['a'] = { "APPEND", FCI_PICKLE_ARG_NONE, fci_pickle_op_append },
  ['e'] = { "APPENDS", FCI_PICKLE_ARG_NONE, fci_pickle_op_appends },
  ['s'] = { "SETITEM", FCI_PICKLE_ARG_NONE, fci_pickle_op_setitem },
  ['u'] = { "SETITEMS", FCI_PICKLE_ARG_NONE, fci_pickle_op_setitems },
  [0x90] = { "ADDITEMS", FCI_PICKLE_ARG_NONE, fci_pickle_op_additems },

  ['c'] = { "GLOBAL", FCI_PICKLE_ARG_LINES, fci_pickle_op_global },
  [0x93] = { "STACK_GLOBAL", FCI_PICKLE_ARG_NONE, fci_pickle_op_stack_global },
  ['R'] = { "REDUCE", FCI_PICKLE_ARG_NONE, fci_pickle_op_reduce },
  [0x81] = { "NEWOBJ", FCI_PICKLE_ARG_NONE, fci_pickle_op_newobj },
  [0x92] = { "NEWOBJ_EX", FCI_PICKLE_ARG_NONE, fci_pickle_op_newobj_ex },
  ['b'] = { "BUILD", FCI_PICKLE_ARG_NONE, fci_pickle_op_build },
  ['Q'] = { "BINPERSID", FCI_PICKLE_ARG_NONE, fci_pickle_op_persistent },

  ['h'] = { "BINGET", FCI_PICKLE_ARG_U1, op_get },
  ['j'] = { "LONG_BINGET", FCI_PICKLE_ARG_U4, op_get },
  ['q'] = { "BINPUT", FCI_PICKLE_ARG_U1, op_put },
  ['r'] = { "LONG_BINPUT", FCI_PICKLE_ARG_U4, op_put },
  [0x94] = { "MEMOIZE", FCI_PICKLE_ARG_NONE, op_memoize },

  /* Rejected: text forms, extensions, and opcodes that torch.save never writes. */
  ['0'] = { .name = "POP" },
  ['1'] = { .name = "POP_MARK" },
  ['2'] = { .name = "DUP" },
  ['F'] = { .name = "FLOAT" },
  ['I'] = { .name = "INT" },
  ['L'] = { .name = "LONG" },
  ['P'] = { .name = "PERSID" },
  ['S'] = { .name = "STRING" },
  ['T'] = { .name = "BINSTRING" },
  ['V'] = { .name = "UNICODE" },
  ['d'] = { .name = "DICT" },
  ['g'] = { .name = "GET" },
  ['i'] = { .name = "INST" },
  ['l'] = { .name = "LIST" },
  ['o'] = { .name = "OBJ" },
  ['p'] = { .name = "PUT" },
  [0x82] = { .name = "EXT1" },
  [0x83] = { .name = "EXT2" },
  [0x84] = { .name = "EXT4" },
  [0x97] = { .name = "NEXT_BUFFER" },
  [0x98] = { .name = "READONLY_BUFFER" },
};
