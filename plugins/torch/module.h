/* plugins/torch/module.h: a pickled torch.nn.Module, read as the dictionary that its state_dict() is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_MODULE_H
#define TORCH_MODULE_H

#include "plugins/common/pickle/value.h"

/* The parts of a module that hold its weights, in the order of state_dict(). */
enum
{
  TORCH_PARAMETERS,
  TORCH_BUFFERS,
  TORCH_MODULES,
  TORCH_PARTS
};

/* Returns whether a value is a module: an object of any class whose state has the three parts. */
bool torch_is_module (const pk_value *value);

/* Returns one part of a module, a dictionary. */
pk_value torch_module_part (const pk_value *module, unsigned part);

/* Returns whether state_dict() leaves the buffer `key` out. */
bool torch_module_omits (const pk_value *module, const pk_value *key);

/* Returns the i-th attribute of a module that is not one of its parts, with its name; false: no more. */
bool torch_module_attribute (const pk_value *module, uint32_t *i, pk_value *key, pk_value *value);

#endif
