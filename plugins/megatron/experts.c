/* plugins/megatron/experts.c: gives the experts of all expert-parallel ranks their numbers in the whole model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each rank has equally many experts, in order, and numbers them from 0: "mlp.experts.local_experts.N.", or in one module
 * "mlp.experts.linear_fc1.weightN" (megatron/core/transformer/moe/experts.py, SequentialMLP and TEGroupedMLP).  GroupedMLP there
 * has a matrix of all experts: weight1 is declared [H, N * F] and weight2 [N * F, H], but their elements are those of [N, H, F] and
 * [N, F, H], in which inputs are rows. */
#include "config.h"

#include "plugins/megatron/megatron.h"
#include <stdlib.h>
#include <string.h>

/* Finds the number of the expert in a name.  Returns whether it has one; rest: the text after it. */
static bool
find_number (const char *name, const char **number, const char **rest)
{
  static const char *const before[] = { ".experts.local_experts.", ".experts.linear_fc1.weight",
                                        ".experts.linear_fc2.weight", ".experts.linear_fc1.bias",
                                        ".experts.linear_fc2.bias" };
  for (size_t i = 0; i < sizeof before / sizeof *before; i++)
    {
      const char *at = strstr (name, before[i]);
      *number = at ? at + strlen (before[i]) : "";
      const size_t digits = strspn (*number, "0123456789");
      *rest = *number + digits;
      if (digits && digits < 7 && (i ? !**rest : **rest == '.'))
        return true;
    }
  return false;
}

const char *
megatron_expert_name (const megatron_load *load, const char *name, megatron_rank rank)
{
  const char *number, *rest;
  if (!load->experts || !find_number (name, &number, &rest))
    return NULL;
  const unsigned long own = strtoul (number, NULL, 10);
  if (own < load->experts)
    return fmtconv_ctx_printf (load->ctx, "%.*s%lu%s", (int) (number - name), name,
                               (unsigned long) rank.expert * load->experts + own, rest);
  fmtconv_fail_at (load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = name },
                   "%s has an expert %lu, but %s %u of each rank", megatron_rank_name (load, rank), own,
                   megatron_say (load), load->experts);
  return NULL;
}

unsigned
megatron_joint_matrix (const megatron_load *load, const char *name)
{
  const char *at = strstr (name, ".experts.weight");
  at = at ? at + strlen (".experts.weight") : "";
  return load->experts && (*at == '1' || *at == '2') && !at[1] ? (unsigned) (*at - '0') : 0;
}

fmtconv_view *
megatron_take_expert (const megatron_load *load, const char *name, fmtconv_view *view, uint32_t expert)
{
  const uint64_t *shape = fmtconv_view_shape (view);
  const unsigned along = megatron_joint_matrix (load, name) == 1; /* the axis that experts divide */
  if (fmtconv_view_rank (view) != 2 || shape[along] % load->experts)
    {
      fmtconv_fail_at (load->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = name },
                       "it is not a matrix of %u experts", load->experts);
      return NULL;
    }
  const uint64_t each = shape[along] / load->experts;
  const uint64_t rows = along ? shape[0] : each, columns = along ? each : shape[1];
  fmtconv_view *all = fmtconv_view_reshape (view, 3, (const uint64_t[]){ load->experts, rows, columns });
  fmtconv_view *one = fmtconv_view_slice (all, 0, expert, 1);
  return fmtconv_view_permute (fmtconv_view_reshape (one, 2, (const uint64_t[]){ rows, columns }),
                               (const unsigned[]){ 1, 0 });
}
