/* core/plugin/values.h: parses one parameter's value into the field of a plugin's struct.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_VALUES_H
#define FCI_PLUGIN_VALUES_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* Returns whether the value is the path of a file or folder. */
bool fci_param_is_path (const fmtconv_param *param);

/* Returns whether the key may be given several times. */
bool fci_param_repeats (const fmtconv_param *param);

/* Returns "bool", "integer", …; of a choice its alternatives: "bake|metadata". */
const char *fci_param_type (const fmtconv_param *param);

enum
{
  FCI_PARAMS_SIZE = 4096 /* maximum size of a plugin's struct */
};

/* Sets the field to its value for a parameter that is not given and has no default. */
void fci_value_unset (const fmtconv_param *param, void *block);

/* Parses `text` into the field.  Returns 0, or E_USAGE naming owner and key.  Not for PARAM_PAIRS. */
int fci_value_set (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *param, const char *text,
                   void *block);

/* Returns the bytes of a field of that type; 0: the type is unknown. */
size_t fci_value_size (int type);

#endif
