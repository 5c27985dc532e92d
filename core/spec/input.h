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
  const char *path;            /* path of its file */
  const fmtconv_model *model;  /* result of the reader */
  const fci_conversion *chain; /* its readers and transforms, after they ran */
  const struct fci_spec_input *next;
} fci_spec_input;

/* Returns the spec that produced a reader's model; NULL if a plain reader produced it. */
const fci_spec_input *fci_spec_input_of (const fmtconv_ctx *ctx, const fmtconv_model *model);

#endif
