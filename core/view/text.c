/* core/view/text.c: a view's normal form as text, for tests and for the digest of a plan.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/source.h"
#include "core/view/text.h"
#include "core/view/view.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints the name of a source without the folder of its file, so that a text does not depend on where the file lies. */
static void
print_source (FILE *out, const fmtconv_source *source)
{
  const char *slash = !source->within && source->disk ? strrchr (source->part, '/') : NULL;
  if (source->within)
    {
      print_source (out, source->within);
      fputs (": ", out);
    }
  if (source->part)
    fputs (slash ? slash + 1 : source->part, out);
  else
    fprintf (out, "from byte 0x%" PRIx64, source->start - source->within->start);
}

static void
print_numbers (FILE *out, char open, const uint64_t *numbers, unsigned n, char close)
{
  fputc (open, out);
  for (unsigned i = 0; i < n; i++)
    fprintf (out, "%s%" PRIu64, i ? "," : "", numbers[i]);
  fputc (close, out);
}

/* Prints strides; a stride for an extent of 1 does not matter and is printed as 0. */
static void
print_strides (FILE *out, const fci_box *box, unsigned rank)
{
  uint64_t shown[FMTCONV_MAX_RANK];
  for (unsigned i = 0; i < rank; i++)
    shown[i] = FCI_EXTENT (box, rank)[i] == 1 ? 0 : (uint64_t) FCI_STRIDE (box, rank)[i];
  print_numbers (out, '(', shown, rank, ')');
}

static void
print_watch (FILE *out, const fci_op *op)
{
  static const char *const findings[] = { "inexact", "overflow", "underflow", "nan", "inf" };
  static const char *const severities[] = { "count", "warn", "error" };
  fputs ("watch", out);
  for (unsigned i = 0; i < 5; i++)
    if (op->findings & 1u << i)
      fprintf (out, " %s", findings[i]);
  fprintf (out, ": %s", severities[op->severity]);
  if (op->hint)
    fprintf (out, " (%s)", op->hint);
}

/* Prints the position of a box's factor; "64/128+3": 64 bytes further after 128 indices, without the first
 * 3. */
static void
print_factor (FILE *out, const fci_factor *factor, const fci_box *box, unsigned rank, unsigned t)
{
  const fci_track *track = FCI_TRACK (box, rank, t);
  fputc (' ', out);
  print_source (out, factor->source);
  fprintf (out, "@%" PRIu64 " %s (", track->at, fmtconv_dtype_get (factor->dtype)->name);
  for (unsigned i = 0; i < rank; i++)
    {
      const fci_block_stride *block_stride = &track->block_stride[i];
      fprintf (out, "%s%" PRIu64, i ? "," : "", FCI_EXTENT (box, rank)[i] == 1 ? 0 : block_stride->step);
      if (FCI_EXTENT (box, rank)[i] != 1 && block_stride->block != 1)
        fprintf (out, "/%" PRIu64 "+%" PRIu64, block_stride->block, block_stride->phase);
    }
}

static void print_ops (FILE *out, const fci_box *box, unsigned rank, const fci_op *last, unsigned first);

static void
print_product (FILE *out, const fci_op *op, const fci_box *box, unsigned rank)
{
  fprintf (out, "lowrank %.9g %" PRIu64, op->factor, op->product->rank);
  for (unsigned i = 0; i < FCI_FACTORS; i++)
    {
      const fci_factor *factor = &op->product->factor[i];
      print_factor (out, factor, box, rank, op->tracks - FCI_FACTORS + i);
      fprintf (out, ";%" PRIu64 ")", factor->step);
      print_ops (out, box, rank, factor->ops, 0);
    }
}

/* Prints a factor with its operations; first: number of the chain's first track. */
static void
print_multiply (FILE *out, const fci_op *op, const fci_box *box, unsigned rank, unsigned first)
{
  const unsigned own = first + fci_first_track (op);
  if (op->kind == FCI_OP_ADD)
    fprintf (out, "add %.9g times", op->factor);
  else
    fputs (op->kind == FCI_OP_MULTIPLY ? "times" : "divided by", out);
  if (op->by->ops)
    fputs (" [", out);
  print_factor (out, op->by, box, rank, own);
  fputc (')', out);
  if (!op->by->ops)
    return;
  print_ops (out, box, rank, op->by->ops, own + 1);
  fputs (" ]", out);
}

static void
print_op (FILE *out, const fci_op *op, const fci_box *box, unsigned rank, unsigned first)
{
  fputs (" | ", out);
  if (op->kind == FCI_OP_BYTESWAP)
    fputs ("swap", out);
  else if (op->kind == FCI_OP_CAST)
    fprintf (out, "cast %s", fmtconv_dtype_get (op->dtype)->name);
  else if (op->kind == FCI_OP_SCALE)
    fprintf (out, "scale %.9g", op->factor);
  else if (op->kind == FCI_OP_ADD_SCALAR)
    fprintf (out, "add %.9g", op->factor);
  else if (op->kind == FCI_OP_QUANTIZE)
    fprintf (out, "quantize %s%s", fmtconv_dtype_get (op->dtype)->name,
             op->importance ? " by importance" : "");
  else if (op->kind == FCI_OP_LOWRANK)
    print_product (out, op, box, rank);
  else if (op->by)
    print_multiply (out, op, box, rank, first);
  else
    print_watch (out, op);
}

/* Prints the operations from first to last; the chain is stored in reverse. */
static void
print_ops (FILE *out, const fci_box *box, unsigned rank, const fci_op *last, unsigned first)
{
  size_t n = 0;
  for (const fci_op *op = last; op; op = op->before)
    n++;
  for (size_t i = n; i > 0; i--)
    {
      const fci_op *op = last;
      for (size_t k = 1; k < i; k++)
        op = op->before;
      print_op (out, op, box, rank, first);
    }
}

void
fci_view_print (FILE *out, fmtconv_view *view)
{
  if (view->encoded)
    {
      fputs ("bytes of ", out);
      view = view->encoded;
    }
  fputs (fmtconv_dtype_get (view->dtype)->name, out);
  print_numbers (out, '[', view->shape, view->rank, ']');
  fputs (" =", out);
  for (size_t i = 0; i < view->n_boxes; i++)
    {
      const fci_box *box = &view->boxes[i];
      fputs (i ? "; box " : " box ", out);
      print_numbers (out, '[', box->start, view->rank, ']');
      fputc ('+', out);
      print_numbers (out, '[', FCI_EXTENT (box, view->rank), view->rank, ']');
      fputs (" <- ", out);
      print_source (out, box->source);
      fprintf (out, "@%" PRIu64, box->offset);
      if (box->phase)
        fprintf (out, ".%" PRIu32, box->phase);
      fprintf (out, " %s ", fmtconv_dtype_get (box->dtype)->name);
      print_strides (out, box, view->rank);
      print_ops (out, box, view->rank, box->ops, 0);
    }
  if (view->n_boxes == 0)
    fputs (" nothing", out);
}

const char *
fci_view_text (fmtconv_view *view)
{
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream (&text, &len);
  if (!out)
    return fci_nomem (view->ctx);
  fci_view_print (out, view);
  bool failed = ferror (out);
  const char *copy =
      fclose (out) == 0 && !failed ? fci_strndup (view->ctx, text, len) : fci_nomem (view->ctx);
  free (text);
  return copy;
}
