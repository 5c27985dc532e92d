/* core/plugin/params.h: parses NAME:key=value,… into a plugin's struct.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_PARAMS_H
#define FCI_PLUGIN_PARAMS_H

#include <fmtconv/plugin.h>
#include <stdbool.h>

/* An element of a chain: the name, and the text after ':' ("" if it has no parameters). */
typedef struct fci_spec
{
  const char *name;
  const char *params;
} fci_spec;

/* Splits "NAME:key=value,…".  Returns 0, or E_USAGE for a malformed name. */
int fci_spec_parse (fmtconv_ctx *ctx, const char *text, fci_spec *out);

/* Returns the plugin's struct, filled from text and defaults.  owner: for messages ("writer
 * 'safetensors'").  A backslash escapes , = : and itself.  params NULL: only "" is valid, and the result
 * is not NULL.  NULL: E_USAGE (an unknown, repeated or ill-typed key). */
const void *fci_params_parse (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params,
                              const char *text);

/* Returns `text` with each value that has no key given to the main parameter ("to=TYPE"; NULL: none), as
 * in "bf16" to "to=bf16"; all else stays as typed.  NULL: an error, E_USAGE with the nearest spelling. */
const char *fci_params_spell (fmtconv_ctx *ctx, const char *owner, const fmtconv_param *params,
                              const char *main, const char *text);

/* Returns the key of a main parameter: "to" of "to=TYPE". */
const char *fci_main_key (fmtconv_ctx *ctx, const char *main);

/* Returns the parameters in `text`, parsed for another table before, with keys that `params` has, too.
 * NULL: an error was recorded. */
const char *fci_params_shared (fmtconv_ctx *ctx, const fmtconv_param *params, const char *text);

/* Splits the first key=value off a text other than "", unescaped; *value is NULL for a key without '='.
 * Returns its end: a comma or the end of the text.  NULL: an error was recorded. */
const char *fci_params_next (fmtconv_ctx *ctx, const char *owner, const char *at, const char **key,
                             const char **value);

/* Returns "key=value", escaped for such a text.  NULL: an error was recorded. */
const char *fci_params_pair (fmtconv_ctx *ctx, const char *key, const char *value);

/* Returns the first entry of a table for a key: "metadata.*" for "metadata.format", "*" for any.  NULL:
 * none matches. */
const fmtconv_param *fci_params_find (const fmtconv_param *params, const char *key);

#endif
