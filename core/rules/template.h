/* core/rules/template.h: texts with expressions in braces: "{#i} blocks", "{0..n-1}".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_TEMPLATE_H
#define FCI_RULES_TEMPLATE_H

#include "core/rules/expr.h"

/* A piece of a text. */
typedef struct fci_template_piece
{
  fci_text_span text;      /* literal, if there is no expression */
  unsigned n_exprs;        /* 0; 1; 2: the bounds of consecutive numbers */
  const fci_expr *expr[2]; /* refer to the text */
} fci_template_piece;

/* Takes the piece that begins at *at, which is not the end, and moves *at after it. Returns NULL, or the reason why it is
 * not valid. */
const char *fci_template_next (fci_arena *arena, const char **at, fci_template_piece *piece);

#endif
