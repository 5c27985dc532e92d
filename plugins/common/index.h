/* plugins/common/index.h: models in several files and the index beside them; linked by every reader of such files.
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
 * torch: the reader of files that are pickles, with its parameters as typed; aliases: INDEX_ALIASES_…, for the index
 * and for its safetensors files.  0, or the code of an error. */
int index_read (fmtconv_ctx *ctx, fmtconv_input *in, const char *torch, int aliases, fmtconv_model *out);

/* Which entries of metadata are other names of tensors, as a parameter's choices and their values. */
#define INDEX_ALIASES "names|all|none"
#define INDEX_ALIASES_HELP                                                                                \
  "metadata entries to take as other names of tensors: those that look alike, all with a tensor's name, " \
  "none"
enum
{
  INDEX_ALIASES_NAMES, /* those that look alike */
  INDEX_ALIASES_ALL,   /* all that have a tensor's name as their value */
  INDEX_ALIASES_NONE
};

/* Does the entry {name: kept} of a file's metadata look like another name of its tensor `kept`? */
int index_is_alias (const char *name, const char *kept);

/* safetensors has no ties: of a tied tensor one name is written, and {"other name": "name"} in the metadata.  Source:
 * safetensors, bindings/python/py_src/safetensors/torch.py (save_model); huggingface_hub,
 * src/huggingface_hub/serialization/_torch.py (of several files in the index).  Such names become tensors of `out`
 * again, and what they are is noted.  Returns the other entries; NULL: there is no metadata, or an error. */
fmtconv_attr *index_take_aliases (fmtconv_ctx *ctx, int aliases, fmtconv_attr *metadata, fmtconv_model *out);

#endif
