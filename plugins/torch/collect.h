/* plugins/torch/collect.h: from values to the tensors of a model, and an account of all that is not one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_COLLECT_H
#define TORCH_COLLECT_H

#include "plugins/torch/root.h"
#include "plugins/torch/scan.h"
#include "plugins/torch/tensor.h"

enum
{
  TORCH_MAX_NAME = 4096,
  TORCH_MAX_TENSORS = 262144,
  TORCH_MAX_NODES = 64 << 20, /* walked when names are made; shared nodes count once a name */
  TORCH_MAX_LISTED = 1000     /* values that are listed one by one as left in the file */
};

typedef struct torch_load
{
  fmtconv_ctx *ctx;
  fmtconv_source *pickle;
  const uint8_t *pickled; /* its bytes */
  const torch_archive *archive;
  bool big_endian; /* its storages */
  fmtconv_model *out;
  torch_scan scan;
  uint64_t max_repeated; /* bytes that overlapping elements may add to the output */
  uint64_t repeated;
  uint64_t tensors;
  uint64_t max_name_bytes; /* names of shared containers multiply: a small file must not fill the memory */
  uint64_t name_bytes;
  uint64_t nodes;
  uint64_t listed;
  uint64_t unlisted;
  uint64_t unlisted_bytes;
} torch_load;

/* The tensors of the root into load->out, the rest listed: 0 or an error. */
int torch_collect (torch_load *load, const torch_root *root);

/* leftovers.c: list a value as left in the file; all that is beside the root; how many were not listed. */
int torch_note_leftover (torch_load *load, const char *name, const pk_value *value, const char *why);
int torch_note_outside (torch_load *load, const torch_root *root);
void torch_note_leftovers_end (torch_load *load);

/* leftovers.c: numbers and words at the top, such as epoch, as attributes source/torch/… */
void torch_note_facts (fmtconv_model *out, fmtconv_ctx *ctx, const pk_value *top);

#endif
