/* plugins/diffusers/read.c: recognizes and reads a folder: a component or a pipeline.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include <string.h>

/* Returns the evidence of a name in a folder, in bits. */
static int
bits_of (const char *name)
{
  struct diffusers_weights w;
  if (!strcmp (name, DIFFUSERS_INDEX))
    return 160;
  if (diffusers_inspect (name, &w))
    return *w.stem ? 96 : 80;
  if (!strcmp (name, "scheduler_config.json") || !strcmp (name, DIFFUSERS_TOKENIZER))
    return 64;
  return strcmp (name, "text_encoder") ? 0 : 48;
}

int
diffusers_probe (const fmtconv_peek *peek)
{
  int bits = 0, has_config = 0;
  for (size_t i = 0; peek->is_folder && i < peek->n_entries; i++)
    {
      int more = bits_of (peek->entries[i]);
      bits = more > bits ? more : bits;
      has_config = has_config || !strcmp (peek->entries[i], DIFFUSERS_CONFIG);
    }
  return bits == 96 && has_config ? bits + 16 : bits;
}

int
diffusers_read (fmtconv_ctx *ctx, const void *params, fmtconv_input *in, fmtconv_model *out)
{
  const struct diffusers_read_params *p = params;
  int is_pair = fmtconv_input_has (in, "text_encoder") && !diffusers_has_weights (in, NULL);
  if (fmtconv_input_has (in, DIFFUSERS_INDEX) || is_pair)
    return diffusers_read_pipeline (ctx, p, in, out);
  return diffusers_read_component (ctx, p, in, out);
}
