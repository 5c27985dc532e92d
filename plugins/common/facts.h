/* plugins/common/facts.h: numbers and short texts of a pickle as attributes of a model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FACTS_H
#define FACTS_H

#include <fmtconv/pickle.h>
#include <stdbool.h>

/* Returns a printable ASCII string of at most `most` bytes; NULL: the value is not one. */
const char *facts_text (fmtconv_ctx *ctx, const fmtconv_value *value, size_t most);

/* Keeps a value as an attribute below `to_path` if it is a fact: a number, a short text.  Returns whether it is. */
bool facts_note (fmtconv_model *out, fmtconv_ctx *ctx, const char *to_path, const fmtconv_value *key,
                 const fmtconv_value *value);

/* Keeps the arguments of the program that trained the model, an argparse.Namespace, below source/torch/args: Megatron's have its
 * numbers of heads.  Nothing if the value is NULL, or another one. */
void facts_note_arguments (fmtconv_model *out, fmtconv_ctx *ctx, const fmtconv_value *value);

#endif
