/* plugins/lora-merge/transposed.c: finds weights with the axes [in, out], to which products are added transposed.
 * SPDX-License-Identifier: Apache-2.0
 *
 * peft uses the class of the module (src/peft/tuners/lora/model.py): the weights of transformers' Conv1D are [in,
 * out], and fan_in_fan_out is that of the last wrapped module.  Here the shapes decide.  For square weights the
 * configuration decides, unless the shapes of other weights contradict it. */
#include "config.h"

#include "merge.h"

/* Examples of weights that are not square, or NULL. */
struct seen
{
  const struct merge_term *plain;
  const struct merge_term *transposed;
};

static int
is_matrix (const struct merge_term *p)
{
  return p->order >= 0 && p->kind == MERGE_PRODUCT && !p->group->is_sat && !p->group->is_embedding
         && !p->group->n_rows && p->at->rank == 2 && p->a->rank == 2 && p->b->rank == 2;
}

static int
fits (const struct merge_term *p, int transposed)
{
  return p->b->shape[0] == p->at->shape[transposed] && p->a->shape[1] == p->at->shape[!transposed];
}

/* Fails because the configuration contradicts the weight of `other`. */
static int
fail_unclear (const struct merge *m, const struct merge_term *p, const struct merge_term *other)
{
  return fmtconv_fail_at (
      m->ctx, FMTCONV_E_UNSUPPORTED,
      &(fmtconv_where){ .tensor = p->at->name,
                        .hint = "give it for all square weights: lora-merge:fan-in-fan-out=yes or no" },
      "cannot tell whether its axes are [out, in] or [in, out]: it is square, and '%s' has %s",
      other->at->name, fits (other, 1) ? "[in, out]" : "[out, in]");
}

/* Decides for a square weight. */
static int
transpose_square (struct merge *m, const struct seen *seen, struct merge_term *p)
{
  const int given = m->params->fan_in_fan_out;
  p->is_transposed =
      given >= 0 ? given : lora_flag (&m->facts, lora_group_origin (p->group)->module, "fan_in_fan_out") > 0;
  const struct merge_term *other = p->is_transposed ? seen->plain : seen->transposed;
  return given < 0 && other ? fail_unclear (m, p, other) : fmtconv_ctx_failed (m->ctx);
}

int
merge_find_transposed (struct merge *m)
{
  struct seen seen = { NULL, NULL };
  for (size_t i = 0; i < m->n; i++)
    {
      struct merge_term *p = &m->terms[i];
      p->is_transposed = p->group->is_embedding;
      if (!is_matrix (p) || fits (p, 0) == fits (p, 1))
        continue;
      p->is_transposed = fits (p, 1);
      if (p->is_transposed)
        seen.transposed = p;
      else
        seen.plain = p;
    }
  for (size_t i = 0; i < m->n; i++)
    if (is_matrix (&m->terms[i]) && fits (&m->terms[i], 0) && fits (&m->terms[i], 1)
        && transpose_square (m, &seen, &m->terms[i]))
      return fmtconv_ctx_failed (m->ctx);
  return 0;
}
