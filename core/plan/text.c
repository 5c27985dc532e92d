/* core/plan/text.c: a plan as text, one line per requirement or run; only tests read it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/plan/run.h"
#include "core/plan/text.h"
#include "core/view/place.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  SHOWN_BOXES = 4 /* boxes that are printed for a ROWS run */
};

static const char *
show (const fci_plan *plan, const char *s)
{
  const char *escaped = fci_escape (plan->ctx, s, strlen (s));
  return escaped ? escaped : "";
}

static void
print_numbers (FILE *out, const char *open, unsigned n, const uint64_t *number, const char *close)
{
  fputs (open, out);
  for (unsigned i = 0; i < n; i++)
    fprintf (out, "%s%" PRIu64, i ? "," : "", number[i]);
  fputs (close, out);
}

static void
print_factor (const fci_plan *plan, FILE *out, const fci_rows *rows, const fci_box *box,
              const fci_factor *factor, unsigned track)
{
  fprintf (out, " '%s'@%" PRIu64 " %s", show (plan, fci_source_name (factor->source)),
           FCI_TRACK (box, rows->view->rank, track)->at, fmtconv_dtype_get (factor->dtype)->name);
}

static void
print_operand (const fci_step *step, const char *divide, const char *multiply, const char *add, FILE *out)
{
  if (step->kind == FCI_STEP_ADD)
    fprintf (out, "%s %.9g times", add, (double) step->factor);
  else
    fputs (step->kind == FCI_STEP_DIVIDE ? divide : multiply, out);
}

/* Prints the terms of a factor; first: number of its first track. */
static void
print_inner (const fci_plan *plan, FILE *out, const fci_rows *rows, const fci_box *box,
             const fci_program *own, unsigned first)
{
  for (unsigned at = 0, k = 0; k < own->n_terms; at++)
    {
      const fci_step *step = &own->rows.steps[at];
      if (!fci_step_has_operand (step->kind))
        continue;
      print_operand (step, " over", " times", " plus", out);
      print_factor (plan, out, rows, box, own->terms[k].by, first + own->terms[k].track);
      print_inner (plan, out, rows, box, own->terms[k].factor[0], first + own->terms[k].track + 1);
      k++;
    }
}

/* Prints a term of a box and the positions of its factors. */
static void
print_term (const fci_plan *plan, FILE *out, const fci_rows *rows, size_t i, unsigned n, const fci_step *step)
{
  const fci_box *box = &rows->view->boxes[i];
  const fci_term *term = &fci_rows_part (rows, i)->program->terms[n];
  if (term->product)
    {
      fprintf (out, " | add %.9g times rank %" PRIu64, (double) step->factor, term->product->rank);
      for (unsigned f = 0; f < FCI_FACTORS; f++)
        print_factor (plan, out, rows, box, &term->product->factor[f], term->track + f);
      return;
    }
  print_operand (step, " | divided by", " | times", " | add", out);
  print_factor (plan, out, rows, box, term->by, term->track);
  print_inner (plan, out, rows, box, term->factor[0], term->track + 1);
}

static void
print_program (const fci_plan *plan, FILE *out, const fci_rows *rows, size_t box)
{
  const fci_program *program = fci_rows_part (rows, box)->program;
  unsigned n = 0;
  if (program->blocks)
    fputs (" | decode", out);
  if (program->swap)
    fputs (" | swap", out);
  for (unsigned i = 0; i < program->rows.n_steps; i++)
    {
      const fci_step *step = &program->rows.steps[i];
      if (step->kind == FCI_STEP_SCALE)
        fprintf (out, " | scale %.9g", (double) step->factor);
      else if (step->kind == FCI_STEP_ADD_SCALAR)
        fprintf (out, " | add %.9g", (double) step->factor);
      else if (step->kind != FCI_STEP_ROUND)
        print_term (plan, out, rows, box, n++, step);
      else
        fprintf (out, " | round %s", fmtconv_dtype_get (step->dtype)->name);
    }
}

static void
print_box (const fci_plan *plan, FILE *out, const fci_rows *rows, size_t i)
{
  const fci_box *box = &rows->view->boxes[i];
  unsigned rank = rows->view->rank;
  print_numbers (out, " [", rank, box->start, "]");
  print_numbers (out, "+[", rank, FCI_EXTENT (box, rank), "]");
  fprintf (out, " <- '%s'@%" PRIu64, show (plan, fci_source_name (box->source)), box->offset);
  if (box->phase)
    fprintf (out, ".%" PRIu32, box->phase);
  fprintf (out, " %s", fmtconv_dtype_get (box->dtype)->name);
  print_numbers (out, " (", rank, (const uint64_t *) FCI_STRIDE (box, rank), ")");
  print_program (plan, out, rows, i);
  if (fci_ops_encoder (box->ops))
    fprintf (out, " | quantize %s%s", fmtconv_dtype_get (rows->encoder->dtype)->name,
             rows->encoder->of_box && rows->encoder->of_box[i] ? " by importance" : "");
}

static void
print_boxes (const fci_plan *plan, FILE *out, const fci_rows *rows)
{
  size_t n = rows->view->n_boxes;
  for (size_t i = 0; i < n && i < SHOWN_BOXES; i++)
    {
      fputs (i ? ";" : "", out);
      print_box (plan, out, rows, i);
    }
  if (n > SHOWN_BOXES)
    fprintf (out, "; %zu more", n - SHOWN_BOXES);
}

static void
print_rows (const fci_plan *plan, FILE *out, const fci_run *run)
{
  const fci_rows *rows = run->u.rows;
  fmtconv_view *view = rows->view;
  fprintf (out, "'%s' %s", show (plan, rows->name), fmtconv_dtype_get (view->dtype)->name);
  print_numbers (out, "[", view->rank, view->shape, "]");
  const fmtconv_dtype_info *info = fmtconv_dtype_get (view->dtype);
  if (run->size != fci_dtype_bytes (view->dtype, view->elements))
    fprintf (out, " %" PRIu64 "+%" PRIu64, run->from / info->block_bytes * info->block,
             run->size / info->block_bytes * info->block);
  fputc (':', out);
  print_boxes (plan, out, rows);
}

static void
print_digest (const fci_plan *plan, FILE *out, const fci_region *digest)
{
  if (digest->kind == FCI_REGION_SHA256)
    {
      fprintf (out, " sha256 of '%s'", show (plan, digest->u.hashed->name));
      return;
    }
  const fci_region *first = digest->u.digest.first, *last = digest->u.digest.last;
  fprintf (out, " crc32 of %" PRIu64 "+%" PRIu64, first->at, last->at + last->size - first->at);
}

static void
print_run (const fci_plan *plan, FILE *out, const fci_run *run)
{
  static const char *const kind[] = { "literal", "fill", "copy", "rows", "digest" };
  fprintf (out, "%" PRIu64 " %s %" PRIu64, run->at, kind[run->kind], run->size);
  if (run->kind == FCI_RUN_FILL)
    fprintf (out, " 0x%02x", (unsigned) run->u.fill & 0xff);
  else if (run->kind == FCI_RUN_DIGEST)
    print_digest (plan, out, run->u.region);
  else if (run->kind == FCI_RUN_COPY)
    fprintf (out, " '%s'@%" PRIu64, show (plan, fci_source_name (run->u.source)), run->from);
  else if (run->kind == FCI_RUN_ROWS)
    {
      fputc (' ', out);
      print_rows (plan, out, run);
    }
  fputc ('\n', out);
}

/* Prints "same 'name' f32[4]: [0]+[4] <- 'a'@0 f32 (4) = [0]+[4] <- 'b'@0 f32 (4)" */
static void
print_pair (const fci_plan *plan, FILE *out, const fci_pair *pair)
{
  fmtconv_view *view = pair->wanted->view;
  fprintf (out, "same '%s' %s", show (plan, pair->wanted->name), fmtconv_dtype_get (view->dtype)->name);
  print_numbers (out, "[", view->rank, view->shape, "]:");
  print_boxes (plan, out, pair->wanted);
  fputs (" =", out);
  print_boxes (plan, out, pair->other);
  fputc ('\n', out);
}

/* Prints "measure 'name' f32[4,6] by [1,6] / 448: [0,0]+[4,6] <- 'a'@0 f32 (24,4)" */
static void
print_measured (const fci_plan *plan, FILE *out, const fci_measured *measured)
{
  fmtconv_view *view = measured->rows->view;
  const fci_measure *measure = measured->requirement->measure;
  fprintf (out, "measure '%s' %s", show (plan, measured->rows->name), fmtconv_dtype_get (view->dtype)->name);
  if (measure->kind == FCI_MEASURE_ABSMAX)
    {
      print_numbers (out, "[", view->rank, view->shape, "] by ");
      print_numbers (out, "[", view->rank, measure->block, "]");
    }
  else
    {
      print_numbers (out, "[", view->rank, view->shape, "]");
      if (measure->kind == FCI_MEASURE_SLERP)
        fprintf (out, " slerp %.9g", measure->fraction);
      else
        fputs (measure->kind == FCI_MEASURE_NORM ? " norms" : " values", out);
    }
  if (measure->divisor > 0)
    fprintf (out, " / %.9g", (double) measure->divisor);
  fputc (':', out);
  print_boxes (plan, out, measured->rows);
  if (measured->other)
    {
      fputs (" to", out);
      print_boxes (plan, out, measured->other);
    }
  fputc ('\n', out);
}

static void
print_plan (const fci_plan *plan, FILE *out)
{
  size_t i = 0;
  for (size_t k = 0; k < plan->measured.n; k++)
    print_measured (plan, out, &FCI_MEASURED (plan)[k]);
  for (size_t k = 0; k < plan->pairs.n; k++)
    print_pair (plan, out, &FCI_PAIRS (plan)[k]);
  for (size_t k = 0; k < plan->files.n; k++)
    {
      const fmtconv_file *file = FCI_FILES (plan)[k].file;
      fprintf (out, "file '%s' %" PRIu64 "\n", show (plan, file->name), file->size);
      for (uint64_t done = 0; done < file->size; done += FCI_RUNS (plan)[i++].size)
        print_run (plan, out, &FCI_RUNS (plan)[i]);
    }
}

const char *
fci_plan_text (const fci_plan *plan)
{
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream (&text, &n);
  if (!out)
    return fci_nomem (plan->ctx);
  print_plan (plan, out);
  const char *kept = fclose (out) == 0 ? fci_strndup (plan->ctx, text, n) : fci_nomem (plan->ctx);
  free (text);
  return kept;
}
