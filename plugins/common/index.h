/* plugins/common/index.h: reads a model that is split into several files with an index.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An index is JSON: {"metadata": {…}, "weight_map": {TENSOR: FILE, …}}.  Source: huggingface_hub,
 * src/huggingface_hub/serialization/_base.py; transformers, src/transformers/modeling_utils.py. */
#ifndef INDEX_H
#define INDEX_H

#include <fmtconv/plugin.h>

/* Returns whether it is the name of an index of files that end in `suffix` (".bin"): "model.bin.index.json"
 * or, for a variant, "model.bin.index.fp16.json". */
int index_is_name (const char *base, const char *suffix);

/* Reads the files that the index `in` names, sorted by name, each with its tensors in file order: the order
 * of the saved model is not stored anywhere.  Every tensor must be in the file that the index names, and no
 * file may have others.  torch: the reader of pickle files, with its parameters; aliases: INDEX_ALIASES_…, for
 * the index and its safetensors files.  Returns 0 or an error code. */
int index_read (fmtconv_ctx *ctx, fmtconv_input *in, const char *torch, int aliases, fmtconv_model *out);

/* The parameter aliases=: which metadata entries are other names of tensors. */
#define INDEX_ALIASES "names|all|none"
#define INDEX_ALIASES_HELP                                                                                \
  "metadata entries to take as other names of tensors: those that look alike, all with a tensor's name, " \
  "none"
enum
{
  INDEX_ALIASES_NAMES, /* those for which index_is_alias is true */
  INDEX_ALIASES_ALL,   /* all that have a tensor's name as their value */
  INDEX_ALIASES_NONE
};

/* Returns whether the metadata entry {name: kept} looks like another name of the tensor `kept`. */
int index_is_alias (const char *name, const char *kept);

/* Restores tied tensors from metadata.  safetensors files cannot hold ties: one name of a tied tensor is
 * written, and the metadata gets {"other name": "name"}.  Source: safetensors,
 * bindings/python/py_src/safetensors/torch.py (save_model); huggingface_hub,
 * src/huggingface_hub/serialization/_torch.py (of several files in the index).  Puts such names into `out` and
 * notes them.  Returns the other entries; NULL: no metadata, or an error. */
fmtconv_attr *index_take_aliases (fmtconv_ctx *ctx, int aliases, fmtconv_attr *metadata, fmtconv_model *out);

#endif
