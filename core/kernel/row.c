/* core/kernel/row.c: checks row programs, and runs a row through all stages, block by block.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/dtype.h"
#include "core/kernel/fast.h"
#include "core/kernel/kernel.h"
#include "core/kernel/row.h"
#include "core/kernel/stage.h"
#include <math.h>

/* Scratch: two rows between stages, then that of one stage, and bytes for alignment. */
enum
{
  ALIGNMENT = 64,
  ROW_BYTES = FCI_FAST_BLOCK * 4,
  SCRATCH = 2 * ROW_BYTES + FCI_STAGE_SCRATCH + ALIGNMENT
};

_Static_assert(ROW_BYTES >= FCI_PART_BLOCK * 8 * 2, "a block of real numbers may become complex");
_Static_assert(SCRATCH <= 64 * 1024, "scratch is bounded");

static const char *
scale_refusal (uint32_t dtype, float factor)
{
  const fci_plain_type type = fci_plain_type_of (dtype);
  if (type.complex)
    return "complex numbers cannot be scaled";
  if (type.carrier != FCI_IN_F32 && type.carrier != FCI_IN_F64)
    return "integers and booleans cannot be scaled";
  if (!isfinite (factor))
    return "the factor is not a finite number";
  return NULL;
}

static const char *
round_refusal (uint32_t from, uint32_t to)
{
  const fci_plain_type type = fci_plain_type_of (to);
  if (type.carrier == FCI_NO_CARRIER)
    return "the target data type is a block type";
  if (fci_plain_type_of (from).complex && !type.complex)
    return "complex numbers cannot become real";
  return NULL;
}

const char *
fci_row_refusal (const fci_row_program *program)
{
  uint32_t dtype = program->from;
  const char *why = NULL;
  if (fci_plain_type_of (dtype).carrier == FCI_NO_CARRIER)
    return "the source data type is a block type";
  if (program->n_steps < 1 || program->n_steps > FCI_MAX_STEPS)
    return "the program has too few or too many steps";
  for (unsigned i = 0; i < program->n_steps && !why; i++)
    {
      const fci_step *step = &program->steps[i];
      if (step->kind != FCI_STEP_ROUND)
        why = scale_refusal (dtype, step->factor);
      else
        {
          why = round_refusal (dtype, step->dtype);
          dtype = step->dtype;
        }
    }
  if (!why && program->steps[program->n_steps - 1].kind != FCI_STEP_ROUND)
    return "the last step does not round to the stored data type";
  return why;
}

size_t
fci_row_scratch (const fci_row_program *program)
{
  (void) program;
  return SCRATCH;
}

/* Cuts a program into one stage per ROUND.  Returns their number; block: maximum elements for all stages at
 * once. */
static unsigned
cut (const fci_row_program *program, fci_stage *stages, size_t *block)
{
  unsigned n = 0;
  fci_stage stage = { .from = program->from, .scales = program->steps };
  *block = FCI_FAST_BLOCK;
  for (unsigned i = 0; i < program->n_steps; i++)
    if (program->steps[i].kind != FCI_STEP_ROUND)
      {
        stage.n_scales++;
        stage.n_operands += fci_step_has_operand (program->steps[i].kind);
      }
    else
      {
        stage.to = program->steps[i].dtype;
        stage.fast = stage.n_operands ? NULL : fci_fast (&stage);
        if (!stage.fast)
          *block = FCI_PART_BLOCK / 2;
        stages[n++] = stage;
        stage = (fci_stage){ .from = stage.to, .scales = &program->steps[i + 1] };
      }
  return n;
}

static size_t
size_of (uint32_t dtype)
{
  const fci_plain_type type = fci_plain_type_of (dtype);
  return type.part_size * (type.complex ? 2 : 1);
}

void
fci_row_run (const fci_row_program *program, const void *in, void *out, size_t n, void *scratch,
             const fci_operand *operands, fci_tally *tally)
{
  fci_stage stages[FCI_MAX_STEPS];
  size_t block;
  const unsigned n_stages = cut (program, stages, &block);
  unsigned char *aligned = (unsigned char *) scratch + -(uintptr_t) scratch % ALIGNMENT;
  unsigned char *rows[2] = { aligned, aligned + ROW_BYTES };
  const size_t in_size = size_of (program->from);
  const size_t out_size = size_of (stages[n_stages - 1].to);
  for (size_t done = 0; done < n; done += block)
    {
      const size_t count = n - done < block ? n - done : block;
      const void *from = (const unsigned char *) in + done * in_size;
      const fci_operand *next = operands;
      for (unsigned k = 0; k < n_stages; k++)
        {
          const fci_stage_operands at = { .operands = next, .first = done };
          void *to = k + 1 < n_stages ? rows[k % 2] : (unsigned char *) out + done * out_size;
          fci_stage_run (&stages[k], from, to, count, &at, aligned + 2 * ROW_BYTES, tally ? &tally[k] : NULL);
          from = to;
          next = next ? next + stages[k].n_operands : NULL;
        }
    }
}
