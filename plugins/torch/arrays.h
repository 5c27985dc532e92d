/* plugins/torch/arrays.h: arrays of numpy that are not numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_ARRAYS_H
#define TORCH_ARRAYS_H

#include <fmtconv/pickle.h>
#include <stdbool.h>

/* Returns whether a value is an array of numpy, of any type. */
bool torch_is_array (const fmtconv_value *value);

/* Returns the bytes of an array's elements as the pickle has them. */
uint64_t torch_array_size (const fmtconv_value *array);

#endif
