/* core/rules/template.h: texts with expressions in braces: "{#i} blocks", "{0..n-1}", "{0..n-1..2}", "{0..n-1..1..9}".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_TEMPLATE_H
#define FCI_RULES_TEMPLATE_H

#include "core/rules/expr.h"

enum
{
  FCI_TEMPLATE_EXPRS = 4
};

/* A piece of a text. */
typedef struct fci_template_piece
{
  fci_text_span text; /* literal; or the expression, with its braces */
  unsigned
      n_exprs; /* 0; 1; 2: the first and the last of consecutive numbers; 3: and the step between them; 4: and the largest,
                     * which larger ones become */
  const fci_expr *expr[FCI_TEMPLATE_EXPRS]; /* refer to the text */
} fci_template_piece;

/* Takes the piece that begins at *at, which is not the end, and moves *at after it. Returns NULL, or the reason why it is
 * not valid. */
const char *fci_template_next (fci_arena *arena, const char **at, fci_template_piece *piece);

#endif
