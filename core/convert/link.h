/* core/convert/link.h: one plugin of a chain with its parameters, which are parsed once.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_LINK_H
#define FCI_CONVERT_LINK_H

#include "core/plugin/registry.h"

typedef struct fci_link
{
  const fmtconv_plugin *plugin; /* NULL: not known yet */
  const char *params;           /* as typed, with the keys of all values; "" if none */
  const void *block;            /* the parsed parameters: the plugin's struct */
  bool reverse;                 /* its rules run in reverse */
  const char *component;        /* component it takes or makes; NULL: the whole model */
  size_t n_in;                  /* tensors of its input */
  const fmtconv_model *out;     /* its result; NULL: it has not run yet */
  const fmtconv_model *after;   /* the whole model after it ran */
} fci_link;

/* Fills in a link of that role from parameters as typed.  plugin: may be NULL after an error.  Returns 0 or a
 * an error. Returns 0, or an error code for a wrong parameter. */
int fci_link_make (fmtconv_ctx *ctx, fci_role role, const fmtconv_plugin *plugin, const char *params,
                   fci_link *out);

/* Returns " -t COMPONENT/NAME:params", quoted for a shell, with the letter `option`; "" if memory is
 * exhausted. */
const char *fci_link_option (fmtconv_ctx *ctx, char option, const fci_link *link);

#endif
