/* plugins/common/pickle/opcodes.c: the table of pickle opcodes, and the opcodes that control the machine.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/opcodes.h"

static int
op_proto (pk_machine *m, const pk_arg *arg)
{
  if (m->at != 0)
    return pk_refuse (m, FMTCONV_E_FORMAT, "it is not at the start");
  if (arg->number > 5)
    return pk_refuse (m, FMTCONV_E_UNSUPPORTED, "protocol %u is not supported (0 to 5 are)",
                      (unsigned) arg->number);
  return 0;
}

static int
op_frame (pk_machine *m, const pk_arg *arg)
{
  if (arg->number > m->size - m->pos)
    return pk_refuse (m, FMTCONV_E_FORMAT, "a frame of %llu bytes, but %u remain in the pickle",
                      (unsigned long long) arg->number, m->size - m->pos);
  return 0;
}

static int
op_stop (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  if (m->n != 1 || m->n_marks)
    return pk_refuse (m, FMTCONV_E_FORMAT, "%u values and %u marks are on the stack; expected one value",
                      m->n, m->n_marks);
  m->stopped = true;
  return 0;
}

static int
op_mark (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return pk_mark_here (m);
}

static int
op_put (pk_machine *m, const pk_arg *arg)
{
  return pk_memo_put (m, arg->number);
}

static int
op_memoize (pk_machine *m, const pk_arg *arg)
{
  (void) arg;
  return pk_memo_put (m, m->memoized);
}

static int
op_get (pk_machine *m, const pk_arg *arg)
{
  return pk_memo_get (m, arg->number);
}

const pk_opcode pk_opcodes[256] = {
  ['.'] = { "STOP", PK_ARG_NONE, op_stop },
  ['('] = { "MARK", PK_ARG_NONE, op_mark },
  [0x80] = { "PROTO", PK_ARG_U1, op_proto },
  [0x95] = { "FRAME", PK_ARG_U8, op_frame },

  ['N'] = { "NONE", PK_ARG_NONE, pk_op_none },
  [0x88] = { "NEWTRUE", PK_ARG_NONE, pk_op_true },
  [0x89] = { "NEWFALSE", PK_ARG_NONE, pk_op_false },
  ['K'] = { "BININT1", PK_ARG_U1, pk_op_unsigned },
  ['M'] = { "BININT2", PK_ARG_U2, pk_op_unsigned },
  ['J'] = { "BININT", PK_ARG_U4, pk_op_signed },
  [0x8a] = { "LONG1", PK_ARG_STRING1, pk_op_long },
  [0x8b] = { "LONG4", PK_ARG_STRING4, pk_op_long },
  ['G'] = { "BINFLOAT", PK_ARG_U8, pk_op_float },

  [0x8c] = { "SHORT_BINUNICODE", PK_ARG_STRING1, pk_op_string },
  ['X'] = { "BINUNICODE", PK_ARG_STRING4, pk_op_string },
  [0x8d] = { "BINUNICODE8", PK_ARG_STRING8, pk_op_string },
  ['U'] = { "SHORT_BINSTRING", PK_ARG_STRING1, pk_op_string },
  ['C'] = { "SHORT_BINBYTES", PK_ARG_STRING1, pk_op_bytes },
  ['B'] = { "BINBYTES", PK_ARG_STRING4, pk_op_bytes },
  [0x8e] = { "BINBYTES8", PK_ARG_STRING8, pk_op_bytes },
  [0x96] = { "BYTEARRAY8", PK_ARG_STRING8, pk_op_bytes },

  [')'] = { "EMPTY_TUPLE", PK_ARG_NONE, pk_op_empty_tuple },
  [']'] = { "EMPTY_LIST", PK_ARG_NONE, pk_op_empty_list },
  ['}'] = { "EMPTY_DICT", PK_ARG_NONE, pk_op_empty_dict },
  [0x8f] = { "EMPTY_SET", PK_ARG_NONE, pk_op_empty_set },
  ['t'] = { "TUPLE", PK_ARG_NONE, pk_op_tuple },
  [0x85] = { "TUPLE1", PK_ARG_NONE, pk_op_tuple1 },
  [0x86] = { "TUPLE2", PK_ARG_NONE, pk_op_tuple2 },
  [0x87] = { "TUPLE3", PK_ARG_NONE, pk_op_tuple3 },
  [0x91] = { "FROZENSET", PK_ARG_NONE, pk_op_frozenset },
  ['a'] = { "APPEND", PK_ARG_NONE, pk_op_append },
  ['e'] = { "APPENDS", PK_ARG_NONE, pk_op_appends },
  ['s'] = { "SETITEM", PK_ARG_NONE, pk_op_setitem },
  ['u'] = { "SETITEMS", PK_ARG_NONE, pk_op_setitems },
  [0x90] = { "ADDITEMS", PK_ARG_NONE, pk_op_additems },

  ['c'] = { "GLOBAL", PK_ARG_LINES, pk_op_global },
  [0x93] = { "STACK_GLOBAL", PK_ARG_NONE, pk_op_stack_global },
  ['R'] = { "REDUCE", PK_ARG_NONE, pk_op_reduce },
  [0x81] = { "NEWOBJ", PK_ARG_NONE, pk_op_newobj },
  [0x92] = { "NEWOBJ_EX", PK_ARG_NONE, pk_op_newobj_ex },
  ['b'] = { "BUILD", PK_ARG_NONE, pk_op_build },
  ['Q'] = { "BINPERSID", PK_ARG_NONE, pk_op_persistent },

  ['h'] = { "BINGET", PK_ARG_U1, op_get },
  ['j'] = { "LONG_BINGET", PK_ARG_U4, op_get },
  ['q'] = { "BINPUT", PK_ARG_U1, op_put },
  ['r'] = { "LONG_BINPUT", PK_ARG_U4, op_put },
  [0x94] = { "MEMOIZE", PK_ARG_NONE, op_memoize },

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
