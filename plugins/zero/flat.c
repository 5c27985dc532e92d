/* plugins/zero/flat.c: the flat tensors of all ranks: parts of the fp32 weights, or of a moment.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "plugins/zero/zero.h"

/* Returns the list of a rank's flat tensors; NULL: an error. */
static const fmtconv_value *
list_of (const zero_load *load, uint32_t rank)
{
  const zero_file *file = &load->optimizers[rank];
  const char *key = load->is_split ? "fp32_flat_groups" : "single_partition_of_fp32_groups";
  const fmtconv_value *list = zero_state (file, key);
  const unsigned kind = fmtconv_value_kind (list);
  const size_t n = fmtconv_value_count (list);
  if ((kind == FMTCONV_VALUE_LIST || kind == FMTCONV_VALUE_TUPLE) && n && n <= ZERO_MAX_GROUPS)
    return list;
  zero_wrong (load, file, NULL, fmtconv_ctx_printf (load->ctx, "it has no list '%s'", key));
  return NULL;
}

const char *
zero_moment (const zero_load *load)
{
  static const char *const keys[] = { NULL, "exp_avg", "exp_avg_sq" };
  return keys[load->params->part];
}

/* Returns the states that the optimizer of a rank has for each group, by number; NULL: it has none. */
static const fmtconv_value *
states_of (const zero_load *load, uint32_t rank)
{
  const fmtconv_value *base =
      zero_state (&load->optimizers[rank], load->is_split ? "optimizer_state_dict" : "base_optimizer_state");
  return fmtconv_value_kind (base) == FMTCONV_VALUE_LIST ? base : fmtconv_value_find (base, "state");
}

/* Returns the state of a group.  `states` is a list, or a dictionary whose keys are the numbers of groups.  NULL: it has no such
 * group. */
static const fmtconv_value *
item_of (const fmtconv_value *states, uint32_t group)
{
  int64_t key;
  if (fmtconv_value_kind (states) == FMTCONV_VALUE_LIST)
    return fmtconv_value_at (states, group);
  for (size_t i = fmtconv_value_count (states); i > 0; i--)
    if (fmtconv_value_int (fmtconv_value_key (states, i - 1), &key) && key == group)
      return fmtconv_value_at (states, i - 1);
  return NULL;
}

const fmtconv_value *
zero_group_state (const zero_load *load, uint32_t rank, uint32_t group)
{
  return item_of (states_of (load, rank), group);
}

/* Returns the moment of a group of a rank; NULL: an error. */
static const fmtconv_value *
moment_of (const zero_load *load, uint32_t rank, uint32_t group)
{
  const fmtconv_value *state = zero_group_state (load, rank, group);
  const fmtconv_value *moment = fmtconv_value_kind (state) == FMTCONV_VALUE_DICT
                                    ? fmtconv_value_find (state, zero_moment (load))
                                    : NULL;
  if (!moment)
    fmtconv_fail_at (
        load->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){
            .source = load->optimizers[rank].pickle->source,
            .hint = "an optimizer has moments after its first step, and only if it is of Adam's kind; "
                    "omit part= to read the weights" },
        "the optimizer has no '%s' of group %u", zero_moment (load), group);
  return moment;
}

static int
read_flat (zero_load *load, uint32_t rank, uint32_t group, const fmtconv_value *value)
{
  zero_flat *flat = &load->flats[(size_t) rank * load->groups + group];
  const char *name = fmtconv_ctx_printf (load->ctx, "(part %u of rank %u)", group, rank);
  flat->view = zero_offloaded (load, rank, group, value);
  if (!flat->view && !fmtconv_ctx_failed (load->ctx))
    flat->view = zero_view (load, &load->optimizers[rank], name, value);
  if (!flat->view)
    return fmtconv_ctx_failed (load->ctx);
  if (fmtconv_view_rank (flat->view) != 1)
    return zero_wrong (load, &load->optimizers[rank], name,
                       "it is not flat: it has more dimensions than one");
  if (fmtconv_view_dtype (flat->view) != fmtconv_view_dtype (load->flats[0].view))
    return zero_wrong (load, &load->optimizers[rank], name,
                       "it has another data type than the first part of rank 0");
  flat->elements = fmtconv_view_shape (flat->view)[0];
  if (load->is_split && flat->elements != load->flats[group].elements)
    return zero_wrong (load, &load->optimizers[rank], name,
                       fmtconv_ctx_printf (load->ctx, "it has %llu elements, but that of rank 0 has %llu",
                                           (unsigned long long) flat->elements,
                                           (unsigned long long) load->flats[group].elements));
  return 0;
}

int
zero_read_flats (zero_load *load)
{
  for (uint32_t rank = 0; rank < load->ranks; rank++)
    {
      const fmtconv_value *list = list_of (load, rank);
      if (!list)
        return fmtconv_ctx_failed (load->ctx);
      const uint32_t n = (uint32_t) fmtconv_value_count (list);
      if (rank == 0)
        {
          load->groups = n;
          load->flats = fmtconv_ctx_alloc (load->ctx, (size_t) load->ranks * n, sizeof *load->flats);
        }
      if (!load->flats)
        return FMTCONV_E_NOMEM;
      if (n != load->groups)
        return zero_wrong (
            load, &load->optimizers[rank], NULL,
            fmtconv_ctx_printf (load->ctx, "it has %u groups, but that of rank 0 has %u", n, load->groups));
      for (uint32_t group = 0; group < n; group++)
        {
          const fmtconv_value *part =
              zero_moment (load) ? moment_of (load, rank, group) : fmtconv_value_at (list, group);
          if (!part || read_flat (load, rank, group, part))
            return fmtconv_ctx_failed (load->ctx);
        }
    }
  return 0;
}
