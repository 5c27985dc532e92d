/* plugins/torch/collect.h: turns pickled values into the tensors of a model, and lists all other values.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_COLLECT_H
#define TORCH_COLLECT_H

#include "plugins/torch/root.h"
#include "plugins/torch/scan.h"

enum
{
  TORCH_MAX_NAME = 4096,
  TORCH_MAX_TENSORS = 1 << 20,
  TORCH_MAX_NODES = 64 << 20, /* values visited; a shared value counts once for each of its names */
  TORCH_MAX_LISTED = 1000     /* values listed one by one as left in the file */
};

typedef struct torch_load
{
  fmtconv_ctx *ctx;
  const fmtconv_pickle *pickle;
  fmtconv_model *out;
  torch_scan scan;
  /* What shared containers multiply is bounded by the size of the pickle, so that a small file costs little. */
  uint64_t max_tensors;
  uint64_t tensors;
  uint64_t max_name_bytes;
  uint64_t name_bytes;
  uint64_t max_nodes;
  uint64_t nodes;
  uint64_t listed;
  uint64_t unlisted;
  uint64_t unlisted_bytes;
  uint64_t lost; /* tensors left out without being asked for, which are not an optimizer's */
  uint64_t lost_bytes;
  uint64_t arrays;              /* numpy arrays among the tensors */
  const fmtconv_global *module; /* class of the first module that was read */
  struct torch_later *later;
  uint32_t n_later;
  uint32_t cap_later;
} torch_load;

/* Puts the tensors of the root into load->out and lists all other values.  Returns 0 or an error code. */
int torch_collect (torch_load *load, const torch_root *root);

/* leftovers.c: lists a value under `name` as left in the file, with the reason.  is_lost: its tensors count as lost.
 * Returns 0 or an error code. */
int torch_note_leftover (torch_load *load, const char *name, const fmtconv_value *value, const char *why,
                         bool is_lost);

/* Keeps such a value until all tensors of the model are known, because they can be in it too.  Returns 0 or an error
 * code. */
int torch_note_later (torch_load *load, const char *name, const fmtconv_value *value, const char *why,
                      bool is_lost);

/* Lists all values outside the root.  Returns 0 or an error code. */
int torch_note_outside (torch_load *load, const torch_root *root);

/* Lists the values kept for later and the number of values beyond TORCH_MAX_LISTED.  Returns 0 or an error code. */
int torch_note_leftovers_end (torch_load *load, const torch_root *root);

/* notes.c: tells how the model was read: arrays, modules, what is lost.  Returns 0 or an error code. */
int torch_note_reading (torch_load *load, const torch_root *root);

/* Keeps numbers and short strings of the top dictionary, such as epoch, as attributes source/torch/… */
void torch_note_facts (fmtconv_model *out, fmtconv_ctx *ctx, const fmtconv_value *top);

#endif
