/* plugins/lora-merge/tied.c: what stands for tensors that are the very same bytes, so that all of them get one sum.
 * SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"
#include <fmtconv/formats.h>

/* fmtconv_model_tied gives the first of a group for each of the others, and the second for the first: from any of them both
 * are found. */
const fmtconv_tensor *
merge_first_tied (const fmtconv_model *model, const fmtconv_tensor *t)
{
  const fmtconv_tensor *one = fmtconv_model_tied (model, t);
  if (!one)
    return t;
  const fmtconv_tensor *other = fmtconv_model_tied (model, one);
  return (uintptr_t) one < (uintptr_t) other ? one : other;
}
