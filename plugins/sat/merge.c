/* plugins/sat/merge.c: merges the models of model-parallel ranks.
 * SPDX-License-Identifier: Apache-2.0
 *
 * How SwissArmyTransformer splits a layer (sat/mpu/layers.py, sat/model/transformer.py): the queries, keys and
 * values, and the first matrix of the feed-forward network, by rows; the matrix after each of them by columns.
 * query_key_value has all three in each rank's rows: [q_r; k_r; v_r].  Every rank has a copy of all else. */
#include "config.h"
#include "sat.h"
#include <fmtconv/formats.h>
#include <string.h>

#define LAYER "{x*}transformer.layers.{i}."

/* Tensors that are split over the ranks. */
static const struct cut
{
  const char *pattern;
  unsigned axis;
  unsigned parts; /* parts of a rank's share, each split separately */
} cuts[] = {
  { LAYER "attention.query_key_value.{w:weight,bias}", 0, 3 },
  { LAYER "mlp.dense_h_to_4h.{w:weight,bias}", 0, 1 },
  { LAYER "attention.dense.weight", 1, 1 },
  { LAYER "mlp.dense_4h_to_h.weight", 1, 1 },
};

struct merge
{
  fmtconv_ctx *ctx;
  const struct sat_place *place;
  const fmtconv_model **ranks;
  fmtconv_view **shares; /* of one tensor, one for each rank */
  fmtconv_view **pieces; /* parts of the shares, in the order of the result */
};

static const char *
name_of (const struct merge *m, unsigned rank)
{
  return fmtconv_input_basename (m->place->ranks[rank]);
}

static const struct cut *
find_cut (const char *name)
{
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
    if (fmtconv_pattern_match (cuts[i].pattern, name))
      return &cuts[i];
  return NULL;
}

static const char *
form_of (fmtconv_ctx *ctx, const fmtconv_tensor *t)
{
  const char *text = fmtconv_ctx_printf (ctx, "%s[", fmtconv_dtype_get (t->dtype)->name);
  for (unsigned i = 0; i < t->rank; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s%llu", text, i ? "," : "", (unsigned long long) t->shape[i]);
  return fmtconv_ctx_printf (ctx, "%s]", text);
}

static bool
same_form (const fmtconv_tensor *a, const fmtconv_tensor *b)
{
  bool same = a->dtype == b->dtype && a->rank == b->rank;
  for (unsigned i = 0; same && i < a->rank; i++)
    same = a->shape[i] == b->shape[i];
  return same;
}

/* Rejects LoRAs: the two matrices of a LoRA on a split matrix are not split alike. */
static int
refuse_lora (const struct merge *m)
{
  FMTCONV_FOREACH (t, m->ranks[0])
    if (fmtconv_glob_match ("*.matrix_[AB].*", t->name) || fmtconv_glob_match ("*.lora_linear.*", t->name))
      return fmtconv_fail_at (
          m->ctx, FMTCONV_E_UNSUPPORTED,
          &(fmtconv_where){ .tensor = t->name, .hint = "train the LoRA with model_parallel_size 1" },
          "a LoRA of %u model-parallel ranks cannot be merged: after a matrix split by columns, every rank "
          "adds a separate whole matrix_B, and SAT never sums them",
          m->place->n_ranks);
  return 0;
}

/* Checks that a rank has the same tensors as the first, with the same shapes and types. */
static int
check_rank (const struct merge *m, unsigned rank)
{
  fmtconv_where where = { .hint = "give files of one checkpoint" };
  FMTCONV_FOREACH (t, m->ranks[0])
    {
      const fmtconv_tensor *other = fmtconv_model_find (m->ranks[rank], t->name);
      where.tensor = t->name;
      if (!other)
        return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "it is in %s, but not in %s",
                                name_of (m, 0), name_of (m, rank));
      if (!same_form (t, other))
        return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "it is %s in %s, but %s in %s",
                                form_of (m->ctx, t), name_of (m, 0), form_of (m->ctx, other),
                                name_of (m, rank));
    }
  FMTCONV_FOREACH (t, m->ranks[rank])
    {
      where.tensor = t->name;
      if (!fmtconv_model_find (m->ranks[0], t->name))
        return fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &where, "it is in %s, but not in %s",
                                name_of (m, rank), name_of (m, 0));
    }
  return fmtconv_ctx_failed (m->ctx);
}

static fmtconv_view *
join (const struct merge *m, const fmtconv_tensor *t, const struct cut *cut)
{
  unsigned n = m->place->n_ranks;
  if (cut->axis >= t->rank || t->shape[cut->axis] % cut->parts)
    {
      fmtconv_fail_at (m->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->name },
                       "%s in every rank cannot be split into %u equal parts along axis %u",
                       form_of (m->ctx, t), cut->parts, cut->axis);
      return NULL;
    }
  for (unsigned part = 0; part < cut->parts; part++)
    for (unsigned rank = 0; rank < n; rank++)
      m->pieces[part * n + rank] = fmtconv_view_chunk (m->shares[rank], cut->axis, part, cut->parts);
  return fmtconv_view_concat (cut->axis, (size_t) cut->parts * n, m->pieces);
}

static fmtconv_view *
merged (const struct merge *m, const fmtconv_tensor *t)
{
  const struct cut *cut = find_cut (t->name);
  for (unsigned rank = 0; rank < m->place->n_ranks; rank++)
    m->shares[rank] = fmtconv_model_find (m->ranks[rank], t->name)->view;
  return cut ? join (m, t, cut) : fmtconv_view_require_equal (m->place->n_ranks, m->shares);
}

static int
merge_ranks (const struct merge *m, fmtconv_model *out)
{
  unsigned n = m->place->n_ranks;
  if (refuse_lora (m))
    return fmtconv_ctx_failed (m->ctx);
  for (unsigned rank = 1; rank < n; rank++)
    {
      if (check_rank (m, rank))
        return fmtconv_ctx_failed (m->ctx);
      fmtconv_model_skip (out,
                          fmtconv_ctx_printf (m->ctx, "%s: everything except its weights", name_of (m, rank)),
                          0, "saved by every rank");
    }
  FMTCONV_FOREACH (t, m->ranks[0])
    fmtconv_model_replace (out, fmtconv_model_find (out, t->name), merged (m, t));
  fmtconv_attr_set_int (fmtconv_attr_make (fmtconv_model_attrs (out), "source/sat"), "model_parallel_size",
                        n);
  fmtconv_attr_set_string (fmtconv_model_attrs (out), "title",
                           fmtconv_ctx_printf (m->ctx, "SAT checkpoint, %u model-parallel ranks merged", n));
  return fmtconv_note (m->ctx, "merging %u model-parallel ranks", n);
}

int
sat_read_ranks (fmtconv_ctx *ctx, const struct sat_place *place, const char *reader, fmtconv_model *out)
{
  unsigned n = place->n_ranks;
  struct merge m = { .ctx = ctx,
                     .place = place,
                     .ranks = fmtconv_ctx_alloc (ctx, n, sizeof *m.ranks),
                     .shares = fmtconv_ctx_alloc (ctx, n, sizeof *m.shares),
                     .pieces = fmtconv_ctx_alloc (ctx, 3 * (size_t) n, sizeof *m.pieces) };
  for (unsigned rank = 0; rank < n && !fmtconv_ctx_failed (ctx); rank++)
    {
      m.ranks[rank] = fmtconv_input_read (place->ranks[rank], reader);
      if (!m.ranks[rank] || sat_check_world (ctx, place, rank, m.ranks[rank]))
        return fmtconv_ctx_failed (ctx);
    }
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  fmtconv_model_adopt (out, m.ranks[0]);
  return n > 1 ? merge_ranks (&m, out) : fmtconv_ctx_failed (ctx);
}
