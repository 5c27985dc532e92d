/* core/base/budget.h: the account of the memory that a context takes for what it reads and plans.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The arenas and maps of a context are charged, and memory that libraries take while they parse.  Not charged: data of
 * tensors, which --memory bounds, and lists of the plan, which are as long as the list of tensors. */
#ifndef FCI_BASE_BUDGET_H
#define FCI_BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fci_budget
{
  uint64_t limit;     /* bytes, without those for tensors */
  uint64_t tensors;   /* of the models: each adds to the limit, and their number has a limit, too */
  uint64_t input;     /* bytes of the files that were opened */
  bool is_default;    /* the application gave no limit */
  bool follows_input; /* a small input gets a smaller limit, so that it cannot take much more than it has */
  uint64_t used;
  uint64_t most;    /* the largest `used` so far */
  uint64_t models;  /* `used` when the last model was complete, and the scratch of its reader had ended */
  const char *file; /* the largest of them, for the message; NULL: none */
  uint64_t file_bytes;
  bool is_over; /* memory was refused: the failure that is recorded next is this one */
} fci_budget;

/* Charges n bytes.  Returns false, and charges nothing, if that is beyond the limit; a little is left then for the
 * message.  budget may be NULL: nothing is counted. */
bool fci_budget_take (fci_budget *budget, uint64_t n);

/* Returns n bytes that were charged. */
void fci_budget_give (fci_budget *budget, uint64_t n);

/* Counts a file that was opened, whose path must live as long as the context. */
void fci_budget_add_input (fci_budget *budget, const char *path, uint64_t bytes);

/* Takes back what opening a file of fmtconv itself counted as input.  before: the account before that. */
void fci_budget_forget_input (fci_budget *budget, const fci_budget *before);

/* Returns the limit, without the bytes for tensors. */
uint64_t fci_budget_limit (const fci_budget *budget);

#endif
