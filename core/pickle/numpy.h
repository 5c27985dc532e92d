/* core/pickle/numpy.h: numpy arrays in a pickle, read as tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PICKLE_NUMPY_H
#define FCI_PICKLE_NUMPY_H

#include "core/pickle/tensor.h"

/* Returns whether an object is a numpy array of any type. */
bool fci_torch_is_array (const fci_pickle_object *object);

/* Returns whether an array's elements are of a size that its type tells: numbers, records, raw bytes.  Texts, dates and
 * Python objects are not. */
bool fci_torch_array_is_numbers (fci_pickle_object *array);

/* Reads an array of numbers.  Returns 0, or t->code with t->why. */
int fci_torch_array_read (fmtconv_ctx *ctx, fci_pickle_object *array, fci_torch_tensor *t);

#endif
