/* core/spec/params.c: the parameters of the reader "spec": values of the spec's variables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/spec/params.h"

enum
{
  FOLDERS,
  VARIABLES
};

const fmtconv_param fci_spec_params_table[] = {
  [FOLDERS] = { FCI_SPEC_FOLDER ".*", FMTCONV_PARAM_PAIRS, offsetof (fci_spec_params, folders), NULL,
                "base folder of a relative path in that variable; default: the working folder" },
  [VARIABLES] = { "*", FMTCONV_PARAM_PAIRS, offsetof (fci_spec_params, variables), NULL,
                  "value of that variable of the spec; 'input' sets ${input}" },
  { 0 },
};

bool
fci_param_is_variable (const fmtconv_param *param)
{
  return param == &fci_spec_params_table[VARIABLES];
}

bool
fci_param_is_folder (const fmtconv_param *param)
{
  return param == &fci_spec_params_table[FOLDERS];
}
