/* plugins/common/safetensors-types.h: the names of data types in the headers of safetensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SAFETENSORS_TYPES_H
#define SAFETENSORS_TYPES_H

#include <fmtconv/plugin.h>

/* The format's data types.  id: rank in the official writer's order of tensors (highest first). */
extern const fmtconv_dtype_name safetensors_dtypes[];

#endif
