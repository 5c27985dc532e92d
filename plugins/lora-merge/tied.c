/* plugins/lora-merge/tied.c: finds the tensor that represents a group of tied tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <fmtconv/formats.h>

/* fmtconv_model_tied returns the first of a group for all others, and the second for the first, so both are found
 * from any of them. */
const fmtconv_tensor *
merge_first_tied (const fmtconv_model *model, const fmtconv_tensor *t)
{
  const fmtconv_tensor *one = fmtconv_model_tied (model, t);
  if (!one)
    return t;
  const fmtconv_tensor *other = fmtconv_model_tied (model, one);
  return (uintptr_t) one < (uintptr_t) other ? one : other;
}
