/* plugins/common/pickle/opcodes.h: the functions that execute the opcodes of the pickle machine.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_OPCODES_H
#define TORCH_OPCODES_H

#include "plugins/common/pickle/machine.h"

/* Each function executes one opcode with the argument `arg` and returns 0 or an error code. */

/* scalar.c */
int pk_op_none (pk_machine *m, const pk_arg *arg);
int pk_op_true (pk_machine *m, const pk_arg *arg);
int pk_op_false (pk_machine *m, const pk_arg *arg);
int pk_op_unsigned (pk_machine *m, const pk_arg *arg);
int pk_op_signed (pk_machine *m, const pk_arg *arg);
int pk_op_long (pk_machine *m, const pk_arg *arg);
int pk_op_float (pk_machine *m, const pk_arg *arg);
int pk_op_string (pk_machine *m, const pk_arg *arg);
int pk_op_bytes (pk_machine *m, const pk_arg *arg);
int pk_op_global (pk_machine *m, const pk_arg *arg);
int pk_op_stack_global (pk_machine *m, const pk_arg *arg);

/* container.c */
int pk_op_empty_tuple (pk_machine *m, const pk_arg *arg);
int pk_op_empty_list (pk_machine *m, const pk_arg *arg);
int pk_op_empty_dict (pk_machine *m, const pk_arg *arg);
int pk_op_empty_set (pk_machine *m, const pk_arg *arg);
int pk_op_tuple (pk_machine *m, const pk_arg *arg);
int pk_op_tuple1 (pk_machine *m, const pk_arg *arg);
int pk_op_tuple2 (pk_machine *m, const pk_arg *arg);
int pk_op_tuple3 (pk_machine *m, const pk_arg *arg);
int pk_op_frozenset (pk_machine *m, const pk_arg *arg);
int pk_op_append (pk_machine *m, const pk_arg *arg);
int pk_op_appends (pk_machine *m, const pk_arg *arg);
int pk_op_setitem (pk_machine *m, const pk_arg *arg);
int pk_op_setitems (pk_machine *m, const pk_arg *arg);
int pk_op_additems (pk_machine *m, const pk_arg *arg);

/* object.c */
int pk_op_reduce (pk_machine *m, const pk_arg *arg);
int pk_op_newobj (pk_machine *m, const pk_arg *arg);
int pk_op_newobj_ex (pk_machine *m, const pk_arg *arg);
int pk_op_build (pk_machine *m, const pk_arg *arg);
int pk_op_persistent (pk_machine *m, const pk_arg *arg);

#endif
