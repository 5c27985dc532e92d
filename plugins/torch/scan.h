/* plugins/torch/scan.h: counts the tensors inside a value, each once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_SCAN_H
#define TORCH_SCAN_H

#include "plugins/common/pickle/value.h"

enum
{
  TORCH_MAX_DEPTH = 1000
};

typedef struct torch_scan
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the pickle, for messages */
  struct torch_frame *frames;
  uint8_t walk;     /* number of this walk, which marks the nodes that it has visited */
  uint64_t tensors; /* counted so far */
  uint64_t bytes;   /* of these tensors */
} torch_scan;

/* Counts the tensors inside `value` that walk `scan->walk` has not visited, and marks every container and
 * object that holds a tensor.  Returns 0, or E_LIMIT if values are nested deeper than TORCH_MAX_DEPTH. */
int torch_scan_value (torch_scan *scan, const pk_value *value);

/* Returns whether a scanned value holds a tensor, or is a container in a cycle of containers. */
bool torch_holds (const pk_value *value);

/* Returns whether a scanned value holds a tensor that is not a single number. */
bool torch_holds_shaped (const pk_value *value);

#endif
