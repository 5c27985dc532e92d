/* plugins/lora-merge/report.c: notes and warnings about the merge.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"

/* Returns the number of products.  *first: the first of them; *equal: all have its factor and rank. */
static size_t
count_products (const struct merge *m, const struct merge_term **first, int *equal)
{
  size_t n = 0;
  *first = NULL;
  *equal = 1;
  for (size_t i = 0; i < m->n; i++)
    {
      const struct merge_term *p = &m->terms[i];
      if (p->order < 0 || p->kind != MERGE_PRODUCT)
        continue;
      *first = *first ? *first : p;
      *equal &= p->factor == (*first)->factor && p->a->shape[0] == (*first)->a->shape[0];
      n++;
    }
  return n;
}

/* Returns the number of terms that are not products of two matrices. */
static size_t
count_others (const struct merge *m)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n; i++)
    n += m->terms[i].order >= 0 && m->terms[i].kind != MERGE_PRODUCT && m->terms[i].kind != MERGE_BIAS;
  return n;
}

/* Returns the number of f64 weights and matrices, which have more digits than the f32 sums. */
static size_t
count_f64 (const struct merge *m)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n; i++)
    {
      const struct merge_term *p = &m->terms[i];
      const int is_new = i == 0 || p[-1].first != p->first;
      if (p->order >= 0)
        n += (is_new && p->at->dtype == FMTCONV_F64)
             + (p->kind == MERGE_PRODUCT && p->a->dtype == FMTCONV_F64) + (p->b->dtype == FMTCONV_F64);
    }
  return n;
}

static void
warn_f64 (const struct merge *m)
{
  const size_t n = count_f64 (m);
  if (n)
    fmtconv_warn (m->ctx,
                  n == 1
                      ? "%zu f64 tensor is rounded to f32 before it is added: the arithmetic is in f32"
                      : "%zu f64 tensors are rounded to f32 before they are added: the arithmetic is in f32",
                  n);
}

static void
note_result (const struct merge *m)
{
  int equal;
  const struct merge_term *p;
  size_t n = count_products (m, &p, &equal), others = count_others (m);
  if (n && !equal)
    fmtconv_note (m->ctx, "%zu products of a LoRA are added to weights, at different factors or ranks", n);
  else if (n)
    fmtconv_note (m->ctx,
                  n == 1 ? "%zu product of a LoRA of rank %llu is added to a weight, at %g times B A"
                         : "%zu products of a LoRA of rank %llu are added to weights, at %g times B A",
                  n, (unsigned long long) p->a->shape[0], p->factor);
  if (others)
    fmtconv_note (m->ctx,
                  others == 1 ? "%zu tensor is changed by another part of the adapter"
                              : "%zu tensors are changed by other parts of the adapter",
                  others);
}

void
merge_report (const struct merge *m)
{
  note_result (m);
  warn_f64 (m);
}
