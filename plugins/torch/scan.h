/* plugins/torch/scan.h: the walk that counts tensors below a value, each once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_SCAN_H
#define TORCH_SCAN_H

#include "plugins/torch/value.h"

enum
{
  TORCH_MAX_DEPTH = 1000
};

typedef struct torch_scan
{
  fmtconv_ctx *ctx;
  fmtconv_source *source; /* the pickle, for messages */
  struct torch_frame *frames;
  uint8_t walk;     /* number of this walk: a node it met is not entered again */
  uint64_t tensors; /* met so far */
  uint64_t bytes;   /* of these */
} torch_scan;

/* Count the tensors below `value` that walk `scan->walk` has not met, and note on every container and
 * object whether a tensor is below.  0; E_LIMIT beyond a depth of 1000. */
int torch_scan_value (torch_scan *scan, const pk_value *value);

/* Is a tensor below, or is it a container in a cycle of containers?  After a scan. */
bool torch_holds (const pk_value *value);

#endif
