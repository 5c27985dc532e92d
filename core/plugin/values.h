/* core/plugin/values.h: one parameter's value: from text into the field of a plugin's struct.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_VALUES_H
#define FCI_PLUGIN_VALUES_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* Is its value the path of a file or folder? */
bool fci_param_is_path (const fmtconv_param *param);

/* "bool", "integer", …; of a choice its alternatives: "bake|metadata". */
const char *fci_param_type (const fmtconv_param *param);

enum
{
  FCI_PARAMS_SIZE = 4096 /* of a plugin's struct, at most */
};

/* What the field holds when nothing is given and there is no default. */
void fci_value_unset (const fmtconv_param *param, void *block);

/* The value `text` into the field; E_USAGE names owner and key.  Not for PARAM_PAIRS. */
int fci_value_set (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *param, const char *text,
                   void *block);

/* Bytes of the field; 0: the type is unknown. */
size_t fci_value_size (int type);

#endif
