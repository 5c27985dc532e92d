/* plugins/index/index.h: models in several files and the index beside them; linked by every reader of such files.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An index is JSON: {"metadata": {…}, "weight_map": {TENSOR: FILE, …}}.  Source: huggingface_hub,
 * src/huggingface_hub/serialization/_base.py; transformers, src/transformers/modeling_utils.py. */
#ifndef INDEX_H
#define INDEX_H

#include <fmtconv/plugin.h>

/* Is it the name of an index of files that end in `suffix` (".bin"): "model.bin.index.json", of a variant
 * "model.bin.index.fp16.json"? */
int index_is_name (const char *base, const char *suffix);

/* The files that the index `in` names, in the order of their names; in each, the tensors in the file's own order:
 * the order of the model that was saved is not kept anywhere.  Every tensor must be in the file that the index
 * names, and none beside them.
 * torch: the reader of files that are pickles, with its parameters as typed.  0, or the code of an error. */
int index_read (fmtconv_ctx *ctx, fmtconv_input *in, const char *torch, fmtconv_model *out);

#endif
