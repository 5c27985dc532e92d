/* plugins/zero/groups.c: the parameters of stages 1 and 2.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The parameters of a group lie one after another, each with an optional padding; the ranks have consecutive parts of the
 * whole (deepspeed/utils/zero_to_fp32.py). */
#include "config.h"
#include "plugins/zero/zero.h"

/* A position in the parts of a group. */
typedef struct place
{
  uint32_t rank;
  uint64_t at;    /* in the rank's part */
  uint64_t whole; /* in the whole */
} place;

static const zero_flat *
part_of (const zero_load *load, uint32_t rank, uint32_t group)
{
  return &load->flats[(size_t) rank * load->groups + group];
}

/* Moves a position by n elements, and collects them as pieces unless they are a padding.  Returns the number of pieces;
 * SIZE_MAX: the parts end before. */
static size_t
take (zero_load *load, uint32_t group, uint64_t n, bool is_padding, place *p)
{
  size_t pieces = 0;
  p->whole += n;
  do
    {
      while (p->rank + 1 < load->ranks && p->at == part_of (load, p->rank, group)->elements)
        *p = (place){ .rank = p->rank + 1, .whole = p->whole };
      const zero_flat *part = part_of (load, p->rank, group);
      const uint64_t left = part->elements - p->at, step = n < left ? n : left;
      if (n && !step)
        return is_padding ? 0 : SIZE_MAX;
      if (!is_padding)
        load->pieces[pieces++] = fmtconv_view_slice (part->view, 0, p->at, step);
      p->at += step;
      n -= step;
    }
  while (n);
  return pieces;
}

/* Returns the paddings after each parameter of a group; NULL: there are none, or an error. */
static const fmtconv_value *
paddings_of (const zero_load *load, uint32_t group, size_t params)
{
  const zero_file *file = &load->optimizers[0];
  const fmtconv_value *all = zero_state (file, "param_alignment_paddings");
  if (!all || fmtconv_value_kind (all) == FMTCONV_VALUE_NONE)
    return NULL;
  const fmtconv_value *list = fmtconv_value_at (all, group);
  bool right = fmtconv_value_kind (all) == FMTCONV_VALUE_LIST
               && fmtconv_value_kind (list) == FMTCONV_VALUE_LIST && fmtconv_value_count (list) == params;
  for (size_t i = 0; right && i < params; i++)
    {
      int64_t padding = -1;
      fmtconv_value_int (fmtconv_value_at (list, i), &padding);
      right = padding >= 0 && padding <= INT32_MAX;
    }
  if (!right)
    zero_wrong (load, file, NULL, "its paddings are not one number for each parameter");
  return right ? list : NULL;
}

/* DeepSpeed rounds the size of a group up to a multiple of twice the ranks. */
static int
check_end (const zero_load *load, uint32_t group, uint64_t used)
{
  const uint64_t align = 2 * (uint64_t) load->ranks;
  uint64_t held = 0;
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    held += part_of (load, rank, group)->elements;
  if ((used + align - 1) / align == (held + align - 1) / align)
    return 0;
  return zero_wrong (
      load, &load->optimizers[0], NULL,
      fmtconv_ctx_printf (load->ctx,
                          "the parameters of group %u have %llu elements, but all ranks together %llu", group,
                          (unsigned long long) used, (unsigned long long) held));
}

static int
put_group (zero_load *load, uint32_t group, const fmtconv_value *shapes)
{
  const zero_file *model = &load->models[0];
  if (fmtconv_value_kind (shapes) != FMTCONV_VALUE_DICT)
    return zero_wrong (load, model, NULL, "the shapes of a group are not a dictionary");
  const size_t n = fmtconv_value_count (shapes);
  const fmtconv_value *paddings = paddings_of (load, group, n);
  place p = { 0 };
  for (size_t i = 0; i < n && !fmtconv_ctx_failed (load->ctx); i++)
    {
      zero_param param;
      int64_t padding = 0;
      if (zero_read_param (load, model, fmtconv_value_key (shapes, i), fmtconv_value_at (shapes, i), &param))
        return fmtconv_ctx_failed (load->ctx);
      const size_t pieces = take (load, group, param.elements, false, &p);
      if (pieces == SIZE_MAX)
        return zero_wrong (load, model, param.name, "the parts of all ranks end before its last element");
      fmtconv_model_put (load->out, param.name, zero_join (load, pieces, &param));
      if (fmtconv_value_int (fmtconv_value_at (paddings, i), &padding))
        take (load, group, (uint64_t) padding, true, &p);
    }
  return fmtconv_ctx_failed (load->ctx) ? fmtconv_ctx_failed (load->ctx) : check_end (load, group, p.whole);
}

int
zero_put_groups (zero_load *load, const fmtconv_value *shapes)
{
  if (zero_make_room (load, load->ranks))
    return FMTCONV_E_NOMEM;
  const size_t n = fmtconv_value_count (shapes);
  if (n != load->groups)
    return zero_wrong (load, &load->models[0], NULL,
                       fmtconv_ctx_printf (load->ctx,
                                           "it has the shapes of %zu groups, but the optimizer has %u", n,
                                           load->groups));
  for (uint32_t group = 0; group < n; group++)
    if (put_group (load, group, fmtconv_value_at (shapes, group)))
      return fmtconv_ctx_failed (load->ctx);
  return 0;
}
