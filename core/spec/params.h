/* core/spec/params.h: the parameters of the reader "spec": values of the spec's variables.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_PARAMS_H
#define FCI_SPEC_PARAMS_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* "folder.vae" tells the reader where the relative path in the variable "vae" begins. */
#define FCI_SPEC_FOLDER "folder"

/* The reader's parameters as they are parsed. */
typedef struct fci_spec_params
{
  fmtconv_pairs folders;   /* of variables */
  fmtconv_pairs variables; /* their values */
} fci_spec_params;

extern const fmtconv_param fci_spec_params_table[];

/* Return whether the parameter takes values of variables, or their folders. */
bool fci_param_is_variable (const fmtconv_param *param);
bool fci_param_is_folder (const fmtconv_param *param);

#endif
