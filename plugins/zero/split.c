/* plugins/zero/split.c: the parameters of stage 3.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every rank has an equal part of each parameter, the last ones padded; the parts of a rank lie one after another in its
 * flat tensors, over whose borders they run (deepspeed/utils/zero_to_fp32.py). */
#include "config.h"
#include "plugins/zero/zero.h"

/* A position in the flat tensors of a rank: the same for all ranks. */
typedef struct place
{
  uint32_t group;
  uint64_t at;
} place;

/* Collects the next n elements of a rank as pieces from `pieces` on.  Returns the number of pieces then; 0: the rank has
 * not so many. */
static size_t
take (zero_load *load, uint32_t rank, uint64_t n, size_t pieces, place *p)
{
  const zero_flat *flats = &load->flats[(size_t) rank * load->groups];
  while (n)
    {
      while (p->group < load->groups && p->at == flats[p->group].elements)
        *p = (place){ .group = p->group + 1 };
      if (p->group == load->groups || zero_make_room (load, pieces + 1))
        return 0;
      const uint64_t left = flats[p->group].elements - p->at, step = n < left ? n : left;
      load->pieces[pieces++] = fmtconv_view_slice (flats[p->group].view, 0, p->at, step);
      p->at += step;
      n -= step;
    }
  return pieces;
}

/* Returns a parameter whose parts begin at *from, which moves on; NULL: an error. */
static fmtconv_view *
gather (zero_load *load, const zero_param *param, place *from)
{
  const uint64_t share = param->elements / load->ranks + (param->elements % load->ranks != 0);
  place end = *from;
  size_t pieces = 0;
  if (!param->elements)
    return fmtconv_view_reshape (fmtconv_view_slice (load->flats[0].view, 0, 0, 0), param->rank,
                                 param->shape);
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    {
      end = *from;
      pieces = take (load, rank, share, pieces, &end);
      if (!pieces)
        {
          zero_wrong (load, &load->optimizers[rank], param->name,
                      "the part of this rank ends before its last element");
          return NULL;
        }
    }
  *from = end;
  return zero_join (load, pieces, param);
}

/* Checks that the parameters are all that a rank has. */
static int
check_end (const zero_load *load, const place *end)
{
  uint64_t left = end->group < load->groups ? load->flats[end->group].elements - end->at : 0;
  for (uint32_t group = end->group + 1; group < load->groups; group++)
    left += load->flats[group].elements;
  return left ? zero_wrong (load, &load->optimizers[0], NULL,
                            fmtconv_ctx_printf (load->ctx, "%llu of its elements are of no parameter",
                                                (unsigned long long) left))
              : 0;
}

static int
put_group (zero_load *load, const fmtconv_value *shapes, place *at)
{
  const zero_file *model = &load->models[0];
  if (fmtconv_value_kind (shapes) != FMTCONV_VALUE_DICT)
    return zero_wrong (load, model, NULL, "the shapes of a group are not a dictionary");
  for (size_t i = 0; i < fmtconv_value_count (shapes); i++)
    {
      zero_param param;
      if (zero_read_param (load, model, fmtconv_value_key (shapes, i), fmtconv_value_at (shapes, i), &param))
        return fmtconv_ctx_failed (load->ctx);
      fmtconv_model_put (load->out, param.name, gather (load, &param, at));
      if (fmtconv_ctx_failed (load->ctx))
        return fmtconv_ctx_failed (load->ctx);
    }
  return 0;
}

int
zero_put_split (zero_load *load, const fmtconv_value *shapes)
{
  place at = { 0 };
  for (size_t group = 0; group < fmtconv_value_count (shapes); group++)
    if (put_group (load, fmtconv_value_at (shapes, group), &at))
      return fmtconv_ctx_failed (load->ctx);
  return check_end (load, &at);
}
