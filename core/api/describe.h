/* core/api/describe.h: asks transforms without rules whether they know a model.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_DESCRIBE_H
#define FCI_API_DESCRIBE_H

#include "core/plugin/registry.h"

enum
{
  FCI_MAX_DESCRIBED = 8 /* transforms that know one model */
};

/* What the transforms say of a model. */
typedef struct fci_described
{
  const char *title; /* of the first of them; NULL: none knows it */
  const char *kind;
  size_t n;
  const char *command[FCI_MAX_DESCRIBED]; /* with INPUT for the model */
} fci_described;

/* Asks all transforms that can describe models. */
void fci_describe (fmtconv_ctx *ctx, fci_module *modules, size_t n, const fmtconv_model *model,
                   fci_described *out);

/* Returns the i-th command as one types it, with the path of the model.  NULL only after an error. */
const char *fci_describe_command (fmtconv_ctx *ctx, const fci_described *described, size_t i,
                                  const char *path);

#endif
