/* plugins/zero/params.c: the parameters that the model states of all model-parallel ranks name, each once.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Tensor-parallel ranks name the same parameters, and stages of a pipeline some, such as a tied embedding. */
#include "config.h"

#include "plugins/common/pickled.h"
#include "plugins/zero/zero.h"
#include <stdlib.h>
#include <string.h>

/* A name and a shape in the file of a rank. */
typedef struct named
{
  const char *name;
  const fmtconv_value *key, *shape;
  size_t order; /* in the files of all ranks */
  uint32_t rank;
  bool is_copy;
} named;

/* Counts the names in the file of a rank.  Returns 0 or an error code. */
static int
count (const zero_load *load, const zero_file *model, size_t *n)
{
  const fmtconv_value *groups = zero_get (model, "param_shapes");
  if (fmtconv_value_kind (groups) != FMTCONV_VALUE_LIST)
    return zero_wrong (load, model, NULL, "it has no shapes of the parameters");
  for (size_t group = 0; group < fmtconv_value_count (groups); group++)
    {
      const fmtconv_value *of = fmtconv_value_at (groups, group);
      if (fmtconv_value_kind (of) != FMTCONV_VALUE_DICT)
        return zero_wrong (load, model, NULL, "the shapes of a group are not a dictionary");
      *n += fmtconv_value_count (of);
    }
  return 0;
}

/* Lists the names in the file of a rank. */
static int
list (const zero_load *load, uint32_t rank, named *all, size_t *n)
{
  const zero_file *model = &load->models[rank];
  const fmtconv_value *groups = zero_get (model, "param_shapes");
  for (size_t group = 0; group < fmtconv_value_count (groups); group++)
    {
      const fmtconv_value *of = fmtconv_value_at (groups, group);
      for (size_t i = 0; i < fmtconv_value_count (of); i++, (*n)++)
        {
          named *p = &all[*n];
          *p = (named){ .name = pickled_name (load->ctx, fmtconv_value_key (of, i)),
                        .key = fmtconv_value_key (of, i),
                        .shape = fmtconv_value_at (of, i),
                        .order = *n,
                        .rank = rank };
          if (!p->name)
            return zero_wrong (load, model, NULL, "the name of a parameter is not a text");
        }
    }
  return fmtconv_ctx_failed (load->ctx);
}

static int
by_name (const void *a_, const void *b_)
{
  const named *a = a_, *b = b_;
  const int order = strcmp (a->name, b->name);
  return order ? order : (a->order > b->order) - (a->order < b->order);
}

static int
by_order (const void *a_, const void *b_)
{
  const named *a = a_, *b = b_;
  return (a->order > b->order) - (a->order < b->order);
}

/* Marks a parameter that an earlier rank has, whose shape must be the same. */
static int
mark_copy (const zero_load *load, const named *first, named *other)
{
  zero_param a, b;
  other->is_copy = true;
  if (zero_read_param (load, &load->models[first->rank], first->key, first->shape, &a)
      || zero_read_param (load, &load->models[other->rank], other->key, other->shape, &b))
    return fmtconv_ctx_failed (load->ctx);
  if (a.rank == b.rank && !memcmp (a.shape, b.shape, a.rank * sizeof *a.shape))
    return 0;
  return zero_wrong (load, &load->models[other->rank], other->name,
                     "an earlier model-parallel rank has it with another shape");
}

/* Marks the copies among all names.  Returns 0 or an error code. */
static int
mark_copies (const zero_load *load, named *all, size_t n)
{
  const named *first = all;
  qsort (all, n, sizeof *all, by_name);
  for (size_t i = 1; i < n; i++)
    if (strcmp (first->name, all[i].name) != 0)
      first = &all[i];
    else if (first->rank != all[i].rank && mark_copy (load, first, &all[i]))
      return fmtconv_ctx_failed (load->ctx);
  qsort (all, n, sizeof *all, by_order);
  return 0;
}

zero_param *
zero_list_params (const zero_load *load, size_t *n)
{
  size_t total = 0, listed = 0;
  *n = 0;
  for (uint32_t rank = 0; rank < load->model_ranks; rank++)
    if (count (load, &load->models[rank], &total))
      return NULL;
  named *all = fmtconv_ctx_alloc (load->ctx, total + 1, sizeof *all);
  for (uint32_t rank = 0; all && rank < load->model_ranks; rank++)
    if (list (load, rank, all, &listed))
      return NULL;
  if (!all || mark_copies (load, all, total))
    return NULL;
  for (size_t i = 0; i < total; i++)
    *n += !all[i].is_copy;
  zero_param *params = fmtconv_ctx_alloc (load->ctx, *n + 1, sizeof *params);
  zero_param *next = params;
  for (size_t i = 0; next && i < total; i++)
    if (!all[i].is_copy
        && zero_read_param (load, &load->models[all[i].rank], all[i].key, all[i].shape, next++))
      return NULL;
  return params;
}
