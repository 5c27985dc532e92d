/* plugins/diffusers/pooling.c: reads how an embedding model of sentence-transformers makes one vector of a text: modules.json
 * and the folder that it names, 1_Pooling.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "diffusers.h"
#include "plugins/common/text.h"
#include <fmtconv/formats.h>
#include <string.h>

#define MODULES "modules.json"

enum
{
  MAX_FILE = 1 << 20, /* bytes; larger files are not those of sentence-transformers */
  DEPTH = 16
};

/* Returns what a JSON file in a folder holds; NULL: the folder has no such file, or an error was recorded. */
static fmtconv_attr *
read_json (fmtconv_input *folder, const char *name)
{
  fmtconv_input *in = fmtconv_input_has (folder, name) ? fmtconv_input_child (folder, name) : NULL;
  if (!in || fmtconv_input_is_folder (in))
    return NULL;
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (in));
  return c.source && c.end <= MAX_FILE ? fmtconv_cursor_take_json (&c, c.end, DEPTH) : NULL;
}

/* Returns the folder of the module that pools, "" if its path is not a plain name; NULL: no module pools. */
static const char *
folder_of (fmtconv_attr *modules)
{
  for (fmtconv_attr *a = modules && modules->kind == FMTCONV_ATTR_ARRAY ? modules->first : NULL; a;
       a = a->next)
    if (text_ends_with (fmtconv_attr_get_string (a, "type", ""), "Pooling"))
      {
        const char *path = fmtconv_attr_get_string (a, "path", "");
        return *path && *path != '.' && !strchr (path, '/') ? path : "";
      }
  return NULL;
}

/* Returns the way in which a configuration pools; "": it does not say. */
static const char *
mode_of (fmtconv_attr *config)
{
  static const char *const old[][2] = { { "pooling_mode_mean_tokens", "mean" },
                                        { "pooling_mode_cls_token", "cls" },
                                        { "pooling_mode_lasttoken", "lasttoken" } };
  for (size_t i = 0; config && i < sizeof old / sizeof *old; i++)
    if (fmtconv_attr_get_int (config, old[i][0], 0) != 0)
      return old[i][1];
  return config ? fmtconv_attr_get_string (config, "pooling_mode", "") : "";
}

int
diffusers_read_pooling (fmtconv_ctx *ctx, fmtconv_input *folder, fmtconv_model *out)
{
  const char *path = folder_of (read_json (folder, MODULES));
  if (!path)
    return fmtconv_ctx_failed (ctx);
  fmtconv_input *child =
      *path && fmtconv_input_has (folder, path) ? fmtconv_input_child (folder, path) : NULL;
  fmtconv_attr *config =
      child && fmtconv_input_is_folder (child) ? read_json (child, DIFFUSERS_CONFIG) : NULL;
  if (!fmtconv_ctx_failed (ctx))
    fmtconv_attr_set_string (fmtconv_attr_make (fmtconv_model_attrs (out), "source"), "pooling",
                             mode_of (config));
  return fmtconv_ctx_failed (ctx);
}
