/* core/model/description.c: the attributes that describe a model under the names that it has.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/description.h"

void
fci_model_forget_description (fmtconv_model *model)
{
  static const char *const keys[] = { "title",   "config", "config-default", "config-name",
                                      "library", "class",  "weights-name" };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    fmtconv_attr_unset (fmtconv_model_attrs (model), keys[i]);
}
