/* plugins/diffusers/read.c: what a folder is: a component or a pipeline of them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "diffusers.h"
#include <string.h>

int
diffusers_probe (const fmtconv_peek *peek)
{
  struct diffusers_weights w;
  int bits = 0, has_config = 0;
  for (size_t i = 0; peek->is_folder && i < peek->n_entries; i++)
    {
      if (!strcmp (peek->entries[i], DIFFUSERS_INDEX))
        return 160;
      has_config = has_config || !strcmp (peek->entries[i], DIFFUSERS_CONFIG);
      if (diffusers_look_at (peek->entries[i], &w))
        bits = 96;
    }
  return bits && has_config ? bits + 16 : bits;
}

int
diffusers_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  const struct diffusers_read_params *p = params;
  if (fmtconv_has (in, DIFFUSERS_INDEX))
    return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .hint = "name the folder of one of them: transformer, vae …" },
                            "this is a pipeline of several components");
  return diffusers_read_component (ctx, p->variant, in, out);
}
