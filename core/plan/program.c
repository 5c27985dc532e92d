/* core/plan/program.c: compiles a box's chain of operations to a row program.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/kernel/quant.h"
#include "core/kernel/row.h"
#include "core/plan/encoder.h"
#include "core/plan/program.h"
#include "core/plan/row-panel.h"
#include "core/plan/run.h"
#include "core/view/byteswap.h"
#include <string.h>

/* State of a program's compilation. */
typedef struct builder
{
  fci_row_program rows;
  uint32_t blocks; /* see fci_program */
  unsigned swap;
  unsigned n_points;
  fci_point points[FCI_MAX_STEPS];
  fci_point next; /* watches before the next rounding */
  bool pending;   /* arithmetic since the last rounding */
  uint32_t dtype; /* current data type of the elements */
  unsigned n_terms;
  const void *terms[FCI_MAX_TRACKS]; /* fci_product, or fci_factor if by_element[] is set */
  bool by_element[FCI_MAX_TRACKS];
  unsigned tracks[FCI_MAX_TRACKS];
  const char *refuse; /* reason why it cannot run; NULL: it can */
} builder;

static void
add_step (builder *b, fci_step step)
{
  if (b->rows.n_steps == FCI_MAX_STEPS)
    b->refuse = "too many operations for one pass over its elements";
  else
    b->rows.steps[b->rows.n_steps++] = step;
}

static void
watch (fci_point *point, unsigned findings, int severity, const char *hint)
{
  for (unsigned i = 0; i < FCI_FINDINGS; i++)
    if (findings >> i & 1 && point->asked[i] < severity + 1)
      {
        point->asked[i] = (uint8_t) (severity + 1);
        point->hint[i] = hint;
      }
}

void
fci_point_watch (fci_point *point, const fci_op *ops)
{
  for (; ops && ops->kind == FCI_OP_WATCH; ops = ops->before)
    watch (point, ops->findings, ops->severity, ops->hint);
}

static bool
is_watched (const fci_point *point)
{
  for (unsigned i = 0; i < FCI_FINDINGS; i++)
    if (point->asked[i])
      return true;
  return false;
}

/* Appends a rounding to `dtype` with the pending watches. */
static void
round_to (builder *b, uint32_t dtype)
{
  add_step (b, (fci_step){ .kind = FCI_STEP_ROUND, .dtype = dtype });
  if (b->refuse)
    return;
  if (!is_watched (&b->next))
    watch (&b->next, FMTCONV_FINDING_OVERFLOW | FMTCONV_FINDING_UNDERFLOW, FMTCONV_SEVERITY_WARN,
           "choose a wider data type to keep them");
  b->next.dtype = dtype;
  b->points[b->n_points++] = b->next;
  memset (&b->next, 0, sizeof b->next);
  b->pending = false;
  b->dtype = dtype;
}

/* Rounds to f32 for an encoder, which checks values itself. */
static void
finish_program (builder *b)
{
  add_step (b, (fci_step){ .kind = FCI_STEP_ROUND, .dtype = FMTCONV_F32 });
  if (b->refuse)
    return;
  b->points[b->n_points++] = (fci_point){ .dtype = FMTCONV_F32 };
  b->pending = false;
  b->dtype = FMTCONV_F32;
}

/* Appends a term; a view has at most FCI_MAX_TRACKS. */
static void
add_term (builder *b, const fci_op *op, const void *term)
{
  b->by_element[b->n_terms] = op->by != NULL;
  b->tracks[b->n_terms] = fci_first_track (op);
  b->terms[b->n_terms++] = term;
  b->pending = true;
}

static void
add_op (builder *b, const fci_op *op)
{
  switch (op->kind)
    {
    case FCI_OP_BYTESWAP:
      b->swap = fci_byteswap_width (b->dtype);
      break;
    case FCI_OP_CAST:
      if (b->pending || op->dtype != b->dtype || is_watched (&b->next))
        round_to (b, op->dtype);
      break;
    case FCI_OP_SCALE:
      add_step (b, (fci_step){ .kind = FCI_STEP_SCALE, .factor = (float) op->factor });
      b->pending = true;
      break;
    case FCI_OP_ADD_SCALAR:
      add_step (b, (fci_step){ .kind = FCI_STEP_ADD_SCALAR, .factor = (float) op->factor });
      b->pending = true;
      break;
    case FCI_OP_LOWRANK:
      add_step (b, (fci_step){ .kind = FCI_STEP_ADD, .factor = (float) op->factor });
      add_term (b, op, op->product);
      break;
    case FCI_OP_ADD:
      add_step (b, (fci_step){ .kind = FCI_STEP_ADD, .factor = (float) op->factor });
      add_term (b, op, op->by);
      break;
    case FCI_OP_MULTIPLY:
    case FCI_OP_DIVIDE:
      add_step (b, (fci_step){ .kind = op->kind == FCI_OP_DIVIDE ? FCI_STEP_DIVIDE : FCI_STEP_MULTIPLY });
      add_term (b, op, op->by);
      break;
    case FCI_OP_WATCH:
      watch (&b->next, op->findings, op->severity, op->hint);
      break;
    case FCI_OP_QUANTIZE: /* the encoder takes f32 and handles the watches */
      memset (&b->next, 0, sizeof b->next);
      if (b->pending || b->dtype != FMTCONV_F32)
        finish_program (b);
      break;
    }
}

/* Compiles the chain, oldest operation first, and the rounding to the output type. */
static void
build (builder *b, const fci_box *box, uint32_t dtype)
{
  const fci_op *chain[FCI_MAX_OPS];
  unsigned n = 0;
  memset (b, 0, sizeof *b);
  if (fci_is_blocks (box->dtype) && !fci_ops_are_idle (box->ops))
    {
      b->blocks = box->dtype;
      b->rows.from = b->dtype = FMTCONV_F32;
      if (!fci_quant_can_decode (box->dtype))
        b->refuse = "blocks of this data type cannot be decoded";
    }
  else
    b->rows.from = b->dtype = box->dtype;
  for (const fci_op *op = box->ops; op && !b->refuse; op = op->before)
    if (n == FCI_MAX_OPS)
      b->refuse = "too many operations for one pass over its elements";
    else
      chain[n++] = op;
  while (n > 0 && !b->refuse)
    add_op (b, chain[--n]);
  if (!b->refuse && (b->pending || dtype != b->dtype))
    round_to (b, dtype);
  if (!b->refuse && b->rows.n_steps)
    b->refuse = fci_row_refusal (&b->rows);
}

static const fci_program *find_or_keep (fci_plan *plan, const fci_box *box, uint32_t dtype,
                                        const char *tensor);

/* Returns the program that evaluates a factor's elements to f32.  NULL: an error was recorded. */
static const fci_program *
program_of_factor (fci_plan *plan, const fci_factor *factor, const char *tensor)
{
  const fci_box box = { .ops = factor->ops, .dtype = factor->dtype };
  return find_or_keep (plan, &box, FMTCONV_F32, tensor);
}

static bool
add_terms (fci_plan *plan, const builder *b, fci_program *program, const char *tensor)
{
  fci_term *terms = fmtconv_ctx_alloc (plan->ctx, b->n_terms, sizeof *terms);
  if (!terms)
    return false;
  for (unsigned i = 0; i < b->n_terms; i++)
    {
      fci_term *term = &terms[i];
      term->track = b->tracks[i];
      term->by = b->by_element[i] ? b->terms[i] : NULL;
      term->product = b->by_element[i] ? NULL : b->terms[i];
      program->n_products += !b->by_element[i];
      for (unsigned f = 0; f < fci_term_factors (term); f++)
        if (!(term->factor[f] =
                  program_of_factor (plan, term->by ? term->by : &term->product->factor[f], tensor)))
          return false;
    }
  program->n_terms = b->n_terms;
  program->terms = terms;
  plan->has_products |= program->n_products > 0;
  return true;
}

/* Stores a program in the plan under its content.  NULL: an error was recorded. */
static const fci_program *
keep (fci_plan *plan, const builder *b, const char *key, size_t len, const char *tensor)
{
  fci_program *program = fci_new (plan->ctx, fci_program);
  fci_point *points = fmtconv_ctx_alloc (plan->ctx, b->n_points, sizeof *points);
  const char *kept = fci_strndup (plan->ctx, key, len);
  if (!program || !points || !kept || !add_terms (plan, b, program, tensor))
    return NULL;
  program->rows = b->rows;
  program->blocks = b->blocks;
  program->swap = b->swap;
  program->n_points = b->n_points;
  program->points = points;
  if (b->n_points)
    memcpy (points, b->points, b->n_points * sizeof *points);
  size_t scratch = b->rows.n_steps ? fci_row_scratch (&b->rows) : 0;
  if (program->n_terms > program->n_products)
    scratch = FCI_FACTOR_AT (scratch) + FCI_FACTOR_CAPACITY;
  if (scratch > plan->row_scratch)
    plan->row_scratch = scratch;
  return fci_map_add (plan->programs, kept, len, (uintptr_t) program, NULL) ? program : NULL;
}

/* Returns the stored program of a box, or compiles it.  NULL: E_UNSUPPORTED. */
static const fci_program *
find_or_keep (fci_plan *plan, const fci_box *box, uint32_t dtype, const char *tensor)
{
  char key[sizeof (fci_row_program) + 2 * sizeof (unsigned) + sizeof (fci_point) * FCI_MAX_STEPS
           + sizeof (void *) * FCI_MAX_TRACKS];
  builder b;
  uintptr_t found;
  build (&b, box, dtype);
  if (b.refuse)
    {
      fmtconv_fail_at (plan->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = tensor },
                       "cannot be written as %s: %s", fmtconv_dtype_get (dtype)->name, b.refuse);
      return NULL;
    }
  const unsigned before[2] = { b.swap, b.blocks };
  size_t head = sizeof b.rows + sizeof before, len = head + b.n_points * sizeof *b.points;
  memcpy (key, &b.rows, sizeof b.rows);
  memcpy (key + sizeof b.rows, before, sizeof before);
  memcpy (key + head, b.points, b.n_points * sizeof *b.points);
  memcpy (key + len, b.terms, b.n_terms * sizeof *b.terms);
  len += b.n_terms * sizeof *b.terms;
  if (fci_map_get (plan->programs, key, len, &found))
    return (const fci_program *) found;
  return keep (plan, &b, key, len, tensor);
}

/* Returns whether a codec computes a factor of the operations. */
static bool
factors_are_decoded (const fci_op *ops)
{
  for (const fci_op *op = ops; op; op = op->before)
    {
      for (unsigned f = 0; op->product && f < FCI_FACTORS; f++)
        if (fci_source_decoder (op->product->factor[f].source)
            || factors_are_decoded (op->product->factor[f].ops))
          return true;
      if (op->by && (fci_source_decoder (op->by->source) || factors_are_decoded (op->by->ops)))
        return true;
    }
  return false;
}

const fci_program *
fci_program_of (fci_plan *plan, const fci_box *box, uint32_t dtype, const char *tensor)
{
  fci_memo *memo = &plan->memo;
  plan->decodes |= fci_source_decoder (box->source) || factors_are_decoded (box->ops);
  if (!memo->program || memo->ops != box->ops || memo->from != box->dtype || memo->to != dtype)
    *memo = (fci_memo){
      .ops = box->ops, .from = box->dtype, .to = dtype, .program = find_or_keep (plan, box, dtype, tensor)
    };
  return memo->program;
}

/* Returns the part of a program: the last part, or a new one. */
static fci_part *
part_for (fci_plan *plan, fci_rows *rows, const fci_program *program)
{
  for (size_t i = rows->n_parts; i > 0 && i + 4 > rows->n_parts; i--)
    if (rows->parts[i - 1].program == program)
      return &rows->parts[i - 1];
  fci_part *part = &rows->parts[rows->n_parts++];
  part->program = program;
  part->tally = plan->n_tallies;
  plan->n_tallies += program->n_points;
  return part;
}

/* Reserves capacity for one more part: most tensors need one, others at most one per box. */
static bool
scratch_for_part (fci_plan *plan, fci_rows *rows, size_t *capacity)
{
  if (rows->n_parts < *capacity)
    return true;
  size_t n = *capacity == 0 ? 1 : *capacity * 2;
  fci_part *parts = fmtconv_ctx_alloc (plan->ctx, n, sizeof *parts);
  if (!parts)
    return false;
  if (rows->n_parts)
    memcpy (parts, rows->parts, rows->n_parts * sizeof *parts);
  rows->parts = parts;
  *capacity = n;
  return true;
}

fci_rows *
fci_rows_of (fci_plan *plan, const char *name, fmtconv_view *view)
{
  fci_rows *rows = fci_new (plan->ctx, fci_rows);
  size_t capacity = 0;
  if (!rows)
    return NULL;
  rows->name = name;
  rows->view = view;
  rows->grain = fmtconv_dtype_get (view->dtype)->block;
  rows->grain_bytes = fmtconv_dtype_get (view->dtype)->block_bytes;
  if (!fci_encoder_of (plan, rows))
    return NULL;
  rows->streams = !rows->encoder;
  if (view->n_boxes > 1
      && !(rows->part_of = fmtconv_ctx_alloc (plan->ctx, view->n_boxes, sizeof *rows->part_of)))
    return NULL;
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_program *program = fci_program_of (plan, &view->boxes[i], fci_box_target (view, i), name);
      if (!program || !scratch_for_part (plan, rows, &capacity))
        return NULL;
      fci_part *part = part_for (plan, rows, program);
      rows->streams &= program->n_terms == 0 && fci_box_is_in_order (view, &view->boxes[i]);
      if (view->rank && FCI_EXTENT (&view->boxes[i], view->rank)[0] > rows->longest)
        rows->longest = FCI_EXTENT (&view->boxes[i], view->rank)[0];
      if (rows->part_of)
        rows->part_of[i] = (uint32_t) (part - rows->parts);
    }
  return rows;
}
