/* core/base/budget.c: the account of the memory that a context takes for what it reads and plans.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/budget.h"

enum
{
  FOR_A_MESSAGE = 2 << 20, /* bytes that may be taken after the limit was reached: two chunks of an arena */
  FOR_A_TENSOR = 4096,     /* bytes of a tensor: name, views and its part of the plan take about 2 KiB */
  FIRST = 20 << 20,        /* bytes for any input */
  FOR_A_BYTE = 12,         /* bytes for each byte of the input */
  TENSORS_FOR_A_BYTE = 20  /* same, for its tensors */
};

static uint64_t
min (uint64_t a, uint64_t b)
{
  return a < b ? a : b;
}

/* No product overflows: the number of tensors has a limit, and the input is cut. */
static uint64_t
times_input (const fci_budget *budget, uint64_t n)
{
  return n * min (budget->input, UINT64_C (1) << 48);
}

uint64_t
fci_budget_limit (const fci_budget *budget)
{
  return budget->follows_input ? min (budget->limit, FIRST + times_input (budget, FOR_A_BYTE))
                               : budget->limit;
}

/* Returns the limit with all that is added to it. */
static uint64_t
whole_limit (const fci_budget *budget)
{
  const uint64_t tensors = FOR_A_TENSOR * min (budget->tensors, UINT64_C (1) << 48),
                 room = (budget->follows_input ? min (tensors, times_input (budget, TENSORS_FOR_A_BYTE))
                                               : tensors)
                        + (budget->is_over ? FOR_A_MESSAGE : 0),
                 limit = fci_budget_limit (budget);
  return limit > UINT64_MAX - room ? UINT64_MAX : limit + room;
}

bool
fci_budget_take (fci_budget *budget, uint64_t n)
{
  if (!budget)
    return true;
  const uint64_t limit = whole_limit (budget);
  if (budget->used > limit || n > limit - budget->used)
    {
      budget->is_over = true;
      return false;
    }
  budget->used += n;
  if (budget->used > budget->most)
    budget->most = budget->used;
  return true;
}

void
fci_budget_give (fci_budget *budget, uint64_t n)
{
  if (budget)
    budget->used -= n;
}

void
fci_budget_add_input (fci_budget *budget, const char *path, uint64_t bytes)
{
  budget->input += bytes;
  if (budget->file && bytes <= budget->file_bytes)
    return;
  budget->file = path;
  budget->file_bytes = bytes;
}

void
fci_budget_forget_input (fci_budget *budget, const fci_budget *before)
{
  budget->input = before->input;
  budget->follows_input = before->follows_input;
  budget->file = before->file;
  budget->file_bytes = before->file_bytes;
}
