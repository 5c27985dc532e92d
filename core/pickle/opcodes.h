/* core/pickle/opcodes.h: the functions that execute the opcodes of the pickle machine.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_OPCODES_H
#define FCI_PICKLE_OPCODES_H

#include "core/pickle/machine.h"

/* Each function executes one opcode with the argument `arg` and returns 0 or an error code. */

/* scalar.c */
int fci_pickle_op_none (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_true (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_false (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_unsigned (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_signed (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_long (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_float (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_string (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_bytes (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_global (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_stack_global (fci_pickle_machine *m, const fci_pickle_arg *arg);

/* container.c */
int fci_pickle_op_empty_tuple (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_empty_list (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_empty_dict (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_empty_set (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_tuple (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_tuple1 (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_tuple2 (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_tuple3 (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_frozenset (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_append (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_appends (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_setitem (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_setitems (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_additems (fci_pickle_machine *m, const fci_pickle_arg *arg);

/* object.c */
int fci_pickle_op_reduce (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_newobj (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_newobj_ex (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_build (fci_pickle_machine *m, const fci_pickle_arg *arg);
int fci_pickle_op_persistent (fci_pickle_machine *m, const fci_pickle_arg *arg);

#endif
