/* plugins/common/pickle/numpy.h: numpy arrays in a pickle, read as tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_NUMPY_H
#define TORCH_NUMPY_H

#include "plugins/common/pickle/tensor.h"

/* Returns whether an object is a numpy array of any type. */
bool torch_is_array (const pk_object *object);

/* Returns whether an array's elements are of a size that its type tells: numbers, records, raw bytes.  Texts, dates and
 * Python objects are not. */
bool torch_array_is_numbers (const pk_object *array);

/* Returns the bytes of the elements as the pickle has them, for an array of any type. */
uint64_t torch_array_size (const pk_object *array);

/* Reads an array of numbers.  Returns 0, or t->code with t->why. */
int torch_array_read (fmtconv_ctx *ctx, const pk_object *array, torch_tensor *t);

#endif
