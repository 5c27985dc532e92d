/* plugins/gguf/attributes.c: turns the keys of a file into attributes of its model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  MAX_LIST = 65536 /* items of an array in a configuration */
};

/* Returns the configuration's name of a key that begins with the architecture; NULL: another key. */
static const char *
config_key (fmtconv_ctx *ctx, const char *architecture, const fmtconv_attr *value)
{
  const char *rest = gguf_after (value->key, GGUF_CONFIG);
  if (rest)
    return gguf_unkey (ctx, rest);
  if (!gguf_is_text (value))
    return NULL;
  rest = *architecture ? gguf_after (value->key, architecture) : NULL;
  if (!rest || rest[0] != '.' || !rest[1] || (value->kind == FMTCONV_ATTR_PACKED && value->len > MAX_LIST))
    return NULL;
  return gguf_unkey (ctx, rest + 1);
}

static void
set_library (fmtconv_attr *attrs)
{
  fmtconv_attr *config = fmtconv_attr_get (attrs, "config");
  const char *class = fmtconv_attr_get_string (config, "_class_name", NULL);
  if (class)
    fmtconv_attr_set_string (attrs, "class", class);
  if (class || fmtconv_attr_get (config, "architectures"))
    fmtconv_attr_set_string (attrs, "library", class ? "diffusers" : "transformers");
}

int
gguf_set_attributes (fmtconv_ctx *ctx, fmtconv_attr *keys, fmtconv_attr *used, fmtconv_attr *attrs)
{
  const char *architecture = fmtconv_attr_get_string (keys, GGUF_ARCHITECTURE, "");
  const char *name = fmtconv_attr_get_string (keys, GGUF_NAME, NULL);
  fmtconv_attr *others = fmtconv_attr_object (ctx);
  size_t unused = 0; /* shapes */
  if (*architecture)
    fmtconv_attr_set_string (attrs, "architecture", architecture);
  if (name)
    fmtconv_attr_set_string (attrs, "title", name);
  for (fmtconv_attr *a = keys->first; a && !fmtconv_ctx_failed (ctx); a = a->next)
    {
      const char *config = config_key (ctx, architecture, a), *entry = gguf_after (a->key, GGUF_METADATA);
      if (config)
        fmtconv_attr_set (fmtconv_attr_make (attrs, "config"), config, fmtconv_attr_unpack (a));
      else if (entry && a->kind == FMTCONV_ATTR_STRING)
        fmtconv_attr_set (fmtconv_attr_make (attrs, "metadata"), gguf_unkey (ctx, entry), a);
      else if (gguf_after (a->key, GGUF_SHAPE))
        unused += !fmtconv_attr_get (used, a->key);
      else if (!gguf_after (a->key, GGUF_SPLIT) && strcmp (a->key, GGUF_SCALARS)
               && strcmp (a->key, GGUF_NAME_LIMIT))
        fmtconv_attr_set (others, a->key, a);
    }
  if (unused)
    fmtconv_note (ctx,
                  unused == 1
                      ? "%zu key " GGUF_SHAPE "* is left out, because the file does not have its tensor"
                      : "%zu keys " GGUF_SHAPE "* are left out, because the file does not have their tensors",
                  unused);
  if (others && others->len)
    fmtconv_attr_set (attrs, "gguf", others);
  set_library (attrs);
  return fmtconv_ctx_failed (ctx);
}
