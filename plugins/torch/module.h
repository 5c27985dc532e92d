/* plugins/torch/module.h: a pickled torch.nn.Module, read as the dictionary that its state_dict() is.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TORCH_MODULE_H
#define TORCH_MODULE_H

#include "plugins/torch/scan.h"

/* The parts of a module that hold its weights, in the order of state_dict(). */
enum
{
  TORCH_PARAMETERS,
  TORCH_BUFFERS,
  TORCH_MODULES,
  TORCH_PARTS
};

/* Returns whether a value is a module: an object of any class whose state has the three parts. */
bool torch_is_module (const torch_scan *scan, const fmtconv_value *value);

/* Returns one part of a module, a dictionary. */
const fmtconv_value *torch_module_part (const fmtconv_value *module, unsigned part);

/* Returns whether state_dict() leaves the buffer `key` out. */
bool torch_module_omits (const fmtconv_value *module, const fmtconv_value *key);

/* Returns the next attribute of a module that is not one of its parts, with its name, and moves *i, which begins with 0;
 * NULL: no more. */
const fmtconv_value *torch_module_attribute (const fmtconv_value *module, size_t *i,
                                             const fmtconv_value **key);

#endif
