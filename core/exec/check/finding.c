/* core/exec/check/finding.c: turns tallies of roundings into findings, warnings and errors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/exec/check/finding.h"
#include <inttypes.h>
#include <string.h>

enum
{
  NAMED = 5 /* tensors that a warning names; the report has all */
};

static uint64_t
tallied (const fci_tally *tally, unsigned which)
{
  const uint64_t count[FCI_FINDINGS] = { tally->inexact, tally->overflow, tally->underflow, tally->nan,
                                         tally->inf };
  return count[which];
}

/* Returns the end of a message that begins with "N values". */
static const char *
said (unsigned finding)
{
  switch (finding)
    {
    case FMTCONV_FINDING_INEXACT:
      return "were rounded";
    case FMTCONV_FINDING_OVERFLOW:
      return "were too large for the data type";
    case FMTCONV_FINDING_UNDERFLOW:
      return "lost precision because they are below the normal range of the data type";
    case FMTCONV_FINDING_NAN:
      return "are NaN";
    default:
      return "are infinite";
    }
}

static bool
same_hint (const char *a, const char *b)
{
  return a == b || (a && b && strcmp (a, b) == 0);
}

/* A list of findings; equal findings of one tensor are joined. */
typedef struct finder
{
  fmtconv_ctx *ctx;
  fci_finding **of_tensor; /* first finding of the current tensor */
  fci_finding **end;
} finder;

static bool
add_finding (finder *f, const fci_rows *rows, unsigned which, const fci_point *point, const fci_tally *tally,
             uint64_t row)
{
  const unsigned finding = 1u << which;
  const uint64_t count = tallied (tally, which);
  const int severity = point->asked[which] - 1;
  for (fci_finding *old = *f->of_tensor; old; old = old->next)
    if (old->finding == finding && old->severity == severity && same_hint (old->hint, point->hint[which]))
      {
        old->count += count;
        old->normal += tally->normal;
        return true;
      }
  fci_finding *new = fci_new (f->ctx, fci_finding);
  if (!new)
    return false;
  *new = (fci_finding){ .tensor = rows->name,
                        .file = rows->file,
                        .finding = finding,
                        .severity = severity,
                        .count = count,
                        .of = rows->view->elements,
                        .normal = tally->normal,
                        .row = row,
                        .hint = point->hint[which] };
  *f->end = new;
  f->end = &new->next;
  return true;
}

/* Adds the requested findings of one rounding.  bad: rows of an encoder, or NULL.  Returns false if an error
 * was recorded. */
static bool
add_point (finder *f, const fci_rows *rows, const fci_point *point, const fci_tally *tally,
           const fci_bad_rows *bad)
{
  for (unsigned which = 0; which < FCI_FINDINGS; which++)
    {
      uint64_t row = UINT64_MAX;
      if (bad && 1u << which == FMTCONV_FINDING_NAN)
        row = bad->nan;
      if (bad && 1u << which == FMTCONV_FINDING_INF)
        row = bad->inf;
      if (point->asked[which] && tallied (tally, which) && !add_finding (f, rows, which, point, tally, row))
        return false;
    }
  return true;
}

static bool
add_tensor (finder *f, const fci_rows *rows, const fci_pool *pool)
{
  const fci_encoder *encoder = rows->encoder;
  f->of_tensor = f->end;
  if (encoder
      && !add_point (f, rows, &encoder->point, &pool->tallies[encoder->tally],
                     &pool->bad_rows[encoder->number]))
    return false;
  for (size_t i = 0; i < rows->n_parts; i++)
    for (unsigned k = 0; k < rows->parts[i].program->n_points; k++)
      if (!add_point (f, rows, &rows->parts[i].program->points[k], &pool->tallies[rows->parts[i].tally + k],
                      NULL))
        return false;
  return true;
}

static int
fail (fmtconv_ctx *ctx, const fci_finding *finding)
{
  bool lost =
      finding->finding & (FMTCONV_FINDING_INEXACT | FMTCONV_FINDING_OVERFLOW | FMTCONV_FINDING_UNDERFLOW);
  const fmtconv_where where = { .tensor = finding->tensor, .hint = finding->hint };
  if (finding->row != UINT64_MAX)
    return fmtconv_fail_at (ctx, lost ? FMTCONV_E_LOSSY : FMTCONV_E_FORMAT, &where,
                            "%" PRIu64 " of %" PRIu64 " values %s; the first is in row %" PRIu64,
                            finding->count, finding->of, said (finding->finding), finding->row);
  return fmtconv_fail_at (ctx, lost ? FMTCONV_E_LOSSY : FMTCONV_E_FORMAT, &where,
                          "%" PRIu64 " of %" PRIu64 " values %s", finding->count, finding->of,
                          said (finding->finding));
}

/* Returns true if the values below the normal range cost a tensor no more of its norm than twice what rounding in the
 * normal range may cost: relative 2u, where u is half a unit in the last place (2^-11 in f16, 2^-8 in bf16).
 *
 * k values below the smallest normal number s lose at most u·s each, so their part of the norm is at most u·s·√k.  m
 * values in the normal range alone give the tensor a norm of at least s·√m.  So the share is at most u·√(k/m), which
 * is within 2u where k ≤ 4m.  Counts do not depend on the number of threads, as sums of squares would. */
static bool
is_usual (const fci_finding *f)
{
  return f->finding == FMTCONV_FINDING_UNDERFLOW && f->severity == FMTCONV_SEVERITY_WARN
         && f->count <= 4 * f->normal;
}

/* Prints one note that counts the usual underflows of all tensors. */
static void
note_usual (fmtconv_ctx *ctx, const fci_finding *first)
{
  uint64_t values = 0, of = 0;
  size_t tensors = 0;
  for (const fci_finding *f = first; f; f = f->next)
    if (f->is_usual)
      {
        values += f->count;
        of += f->of;
        tensors++;
      }
  if (tensors)
    fmtconv_note (ctx,
                  "%" PRIu64 " of %" PRIu64
                  " values in %zu %s are below the normal range of the data type; they keep "
                  "fewer digits",
                  values, of, tensors, tensors == 1 ? "tensor" : "tensors");
}

/* Warns once for all tensors with a finding; several outputs: with their files. */
static int
warn (fmtconv_ctx *ctx, const fci_finding *first, unsigned finding, bool several)
{
  uint64_t values = 0, of = 0;
  size_t tensors = 0;
  const char *hint = NULL;
  for (const fci_finding *f = first; f; f = f->next)
    if (f->finding == finding && f->severity == FMTCONV_SEVERITY_WARN && !f->is_usual)
      {
        values += f->count;
        of += f->of;
        tensors++;
        hint = hint ? hint : f->hint;
        if (tensors <= NAMED)
          fmtconv_detail (ctx, "tensor '%s': %" PRIu64 " of %" PRIu64 "%s%s", f->tensor, f->count, f->of,
                          several ? " in " : "", several ? f->file->name : "");
      }
  if (tensors == 0)
    return 0;
  fci_detail_more (ctx, tensors > NAMED ? tensors - NAMED : 0);
  const char *more = hint ? fmtconv_ctx_printf (ctx, "; %s", hint) : NULL;
  return fmtconv_warn (ctx, "%" PRIu64 " of %" PRIu64 " values in %zu %s %s%s", values, of, tensors,
                       tensors == 1 ? "tensor" : "tensors", said (finding), more ? more : "");
}

int
fci_report_findings (const fci_pool *pool, fci_outcome *outcome)
{
  fmtconv_ctx *ctx = pool->ctx;
  const fci_plan *plan = pool->plan;
  fci_finding *first = NULL;
  finder f = { .ctx = ctx, .end = &first };
  int code = 0;
  for (size_t i = 0; i < plan->rows.n; i++)
    if (!add_tensor (&f, FCI_ROWS (plan)[i], pool))
      return fmtconv_ctx_failed (ctx);
  for (fci_finding *finding = first; finding; finding = finding->next)
    finding->is_usual = is_usual (finding);
  outcome->findings = first;
  for (const fci_finding *finding = first; finding; finding = finding->next)
    if (finding->severity == FMTCONV_SEVERITY_ERROR)
      return fail (ctx, finding);
  for (unsigned which = 0; which < FCI_FINDINGS && code == 0; which++)
    code = warn (ctx, first, 1u << which, plan->n_layouts > 1);
  if (code == 0)
    note_usual (ctx, first);
  return code;
}
