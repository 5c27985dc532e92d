/* core/rules/attr-functions.h: functions of expressions that look into the attributes of the input: config, gguf, args,
 * source, flags, texts, values, rope_factors, rope_scaling.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_ATTR_FUNCTIONS_H
#define FCI_RULES_ATTR_FUNCTIONS_H

#include "core/rules/expr.h"
#include <stdbool.h>
#include <stdint.h>

/* Evaluates a call in the environment of a run, and sets *state.  Returns false if the function is none of these. */
bool fci_attr_function (fci_expr_env *env, const fci_expr *call, fci_expr_value *out, fci_expr_state *state);

/* Sets *out to a number without a sign, which must fit into 63 bits. */
fci_expr_state fci_expr_unsigned (fci_expr_env *env, uint64_t value, fci_expr_value *out);

#endif
