/* plugins/gguf/tokenizer-note.c: says how the tokenizer of a model gets into its file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <string.h>

/* Returns whether the model carries the file of a tokenizer. */
static int
has_tokenizer (const fmtconv_model *model)
{
  static const char *const names[] = { "merges.txt", "sentencepiece.bpe.model", "spiece.model",
                                       "tokenizer.json", "tokenizer.model" };
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (model, blob));)
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (!strcmp (blob->name, names[i]))
        return 1;
  return 0;
}

int
gguf_note_tokenizer (fmtconv_ctx *ctx, fmtconv_attr *keys, const fmtconv_model *model)
{
  if (fmtconv_attr_get (keys, GGUF_TOKENIZER) || !has_tokenizer (model))
    return fmtconv_ctx_failed (ctx);
  return fmtconv_note (ctx, "the file has no tokenizer: -t tokenizer stores that of the input as keys");
}
