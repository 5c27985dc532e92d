/* core/plugin/params.h: NAME:key=value,… as the user typed it, into a plugin's struct.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_PARAMS_H
#define FCI_PLUGIN_PARAMS_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* A chain element: the name, and the rest behind ':' ("" if there is none). */
typedef struct fci_spec
{
  const char *name;
  const char *params;
} fci_spec;

/* Split "NAME:key=value,…"; a malformed name is E_USAGE. */
int fci_spec_parse (fmtconv_ctx *ctx, const char *text, fci_spec *out);

/* The plugin's struct, filled from text and defaults.  owner: for messages ("writer 'safetensors'").  A
 * backslash escapes , = : and itself.  Unknown, repeated, ill-typed: E_USAGE with the nearest key.  params ==
 * NULL: any text but "" is an error; the result is then not NULL all the same. */
const void *fci_params_parse (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params,
                              const char *text);

/* Returns `text` with each value that has no key given to the main parameter ("to=TYPE"; NULL: none), as in "bf16" to
 * "to=bf16"; all else stays as typed.  NULL: an error, E_USAGE with the nearest spelling. */
const char *fci_params_spell (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params,
                              const char *main, const char *text);

/* Returns the key of a main parameter: "to" of "to=TYPE". */
const char *fci_main_key (fmtconv_ctx *ctx, const char *main);

/* Those of `text`, which was parsed for another table, whose keys `params` has too.  NULL: an error. */
const char *fci_params_shared (fmtconv_ctx *ctx, const fmtconv_param *params, const char *text);

/* The first key=value of a text that is not "", unescaped; *value is NULL where a key stands alone.  Where it ends:
 * at a comma, or at the text's end.  NULL: an error. */
const char *fci_params_next (fmtconv_ctx *ctx, const char *owner, const char *at, const char **key,
                             const char **value);

/* "key=value" as it stands in such a text.  NULL: an error. */
const char *fci_params_pair (fmtconv_ctx *ctx, const char *key, const char *value);

/* The first entry of a table for that key: "metadata.*" for "metadata.format", "*" for any.  NULL: none. */
const fmtconv_param *fci_params_find (const fmtconv_param *params, const char *key);

#endif
