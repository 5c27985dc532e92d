/* core/spec/input.h: the reader "spec", which makes the result of a spec an input.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SPEC_INPUT_H
#define FCI_SPEC_INPUT_H

#include "core/convert/convert.h"
#include <fmtconv/plugin.h>

/* The reader "spec". */
extern const fmtconv_plugin fci_spec_find_plugin;

/* A spec that was read. */
typedef struct fci_spec_input
{
  const char *path;            /* of its file */
  const fmtconv_model *model;  /* what the reader made of it */
  const fci_conversion *chain; /* its readers and transforms, which ran */
  const struct fci_spec_input *next;
} fci_spec_input;

/* The spec that a reader's model was made by.  NULL: by none. */
const fci_spec_input *fci_spec_input_of (const fmtconv_ctx *ctx, const fmtconv_model *model);

#endif
