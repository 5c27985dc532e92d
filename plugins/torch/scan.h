/* plugins/torch/scan.h: counts the tensors inside a value, each once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_SCAN_H
#define TORCH_SCAN_H

#include <fmtconv/pickle.h>
#include <stdbool.h>

enum
{
  TORCH_MAX_DEPTH = 1000
};

/* The marks that walks leave on a node. */
typedef struct torch_mark
{
  uint8_t seen;       /* number of the last walk that visited it */
  uint8_t open : 1;   /* the walk is inside it */
  uint8_t holds : 1;  /* it contains a tensor at some depth */
  uint8_t cyclic : 1; /* it is in, or leads to, a cycle of containers */
  uint8_t unique : 1; /* its keys are known to differ */
  uint8_t shaped : 1; /* it contains, at some depth, a tensor that is not a single number */
  uint8_t direct : 1; /* one of its values is such a tensor */
  uint8_t module : 2; /* of a state: TORCH_STATE_… */
} torch_mark;

/* Whether a dictionary is the state of a torch.nn.Module. */
enum
{
  TORCH_STATE_UNKNOWN,
  TORCH_STATE_OTHER,
  TORCH_STATE_MODULE
};

typedef struct torch_scan
{
  fmtconv_ctx *ctx;
  const fmtconv_pickle *pickle;
  torch_mark *marks; /* of each node of the pickle */
  struct torch_frame *frames;
  uint8_t walk;     /* number of this walk, which marks the nodes that it has visited */
  uint64_t tensors; /* counted so far */
  uint64_t bytes;   /* of these tensors */
} torch_scan;

/* Returns the marks of a container or object; NULL: another kind of value. */
torch_mark *torch_mark_of (const torch_scan *scan, const fmtconv_value *value);

/* Counts the tensors inside `value` that walk `scan->walk` has not visited, and marks every container and
 * object that holds a tensor.  Returns 0, E_NOMEM, or E_LIMIT if values are nested deeper than TORCH_MAX_DEPTH. */
int torch_scan_value (torch_scan *scan, const fmtconv_value *value);

/* Returns whether a scanned value holds a tensor, or is a container in a cycle of containers. */
bool torch_holds (const torch_scan *scan, const fmtconv_value *value);

/* Returns whether a scanned value holds a tensor that is not a single number. */
bool torch_holds_shaped (const torch_scan *scan, const fmtconv_value *value);

/* Returns whether a value is a tensor, readable or not. */
bool torch_is_tensor (const torch_scan *scan, const fmtconv_value *value);

/* Returns whether both values are strings with the same bytes. */
bool torch_same_text (const fmtconv_value *a, const fmtconv_value *b);

/* Returns whether a value is a tuple, list, dictionary or set. */
bool torch_is_container (const fmtconv_value *value);

#endif
