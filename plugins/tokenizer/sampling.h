/* plugins/tokenizer/sampling.h: the defaults of sampling, on the way back.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TOKENIZER_SAMPLING_H
#define TOKENIZER_SAMPLING_H

#include <fmtconv/formats.h>

/* Puts the defaults among the keys of a GGUF file into the entries of generation_config.json. */
void tokenizer_back_sampling (fmtconv_attr *keys, fmtconv_attr *to);

#endif
