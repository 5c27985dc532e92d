/* plugins/diffusers/files.c: attaches the files of a component other than weights and configuration.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "diffusers.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Files that a folder of weights may also hold: those of its tokenizer (transformers,
 * src/transformers/tokenization_utils_base.py) and the generation configuration. */
static const char *const beside_weights[] = {
  "added_tokens.json", "chat_template.jinja",     "chat_template.json",      "generation_config.json",
  "merges.txt",        "sentencepiece.bpe.model", "special_tokens_map.json", "spiece.model",
  "tokenizer.json",    "tokenizer.model",         "tokenizer_config.json",   "vocab.json",
  "vocab.txt",
};

static int
is_companion_file (const char *name)
{
  for (size_t i = 0; i < sizeof beside_weights / sizeof *beside_weights; i++)
    if (!strcmp (name, beside_weights[i]))
      return 1;
  return 0;
}

/* Returns why a file is skipped; NULL: it is attached. */
static const char *
left_out (fmtconv_input *folder, const char *name, int has_weights)
{
  if (has_weights && diffusers_is_other_weights (name))
    return "weights with a name that programs do not load";
  if (has_weights && !is_companion_file (name))
    return "not a file of weights, configuration or tokenizer";
  return fmtconv_input_is_folder (fmtconv_input_child (folder, name)) ? "a folder" : NULL;
}

int
diffusers_attach_files (fmtconv_ctx *ctx, fmtconv_input *folder, const char *config, int has_weights,
                        fmtconv_model *out)
{
  const char *name;
  struct diffusers_weights w;
  for (size_t i = 0; !fmtconv_ctx_failed (ctx) && (name = fmtconv_input_entry (folder, i)); i++)
    {
      if (*name == '.' || (config && !strcmp (name, config)) || (has_weights && diffusers_inspect (name, &w)))
        continue;
      const char *why = left_out (folder, name, has_weights);
      if (why)
        fmtconv_model_skip (out, name, 0, why);
      else
        fmtconv_model_attach (out, name, fmtconv_input_open (fmtconv_input_child (folder, name)));
    }
  return fmtconv_ctx_failed (ctx);
}
