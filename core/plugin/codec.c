/* core/plugin/codec.c: checks the block types of a plugin, and adds them to those of the process.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/block-types.h"
#include "core/base/ctx.h"
#include "core/plugin/codec.h"
#include "core/view/dtype.h"
#include <ctype.h>
#include <string.h>

enum
{
  LEAST = offsetof (fmtconv_block_type, encode), /* the fields of which a type needs all */
  MAX_NAME = 31,
  MAX_TYPES = 256 /* of a plugin */
};

static bool
is_name (const char *name)
{
  const size_t n = strlen (name);
  return n <= MAX_NAME && islower ((unsigned char) *name)
         && strspn (name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/* Returns what is wrong with a type whose name is one; NULL: nothing. */
static const char *
fault (const fmtconv_block_type *type)
{
  if (fci_dtype_named (type->name))
    return "is a data type of fmtconv itself";
  if (type->block < 2 || type->block > FCI_MAX_BLOCK || (type->block & (type->block - 1)))
    return "has blocks of another size than 2, 4, 8, 16, 32, 64, 128 or 256 elements";
  if (type->block_bytes < 1 || type->block_bytes > FCI_MAX_ELEMENT_BYTES * type->block)
    return "has blocks of no bytes, or of more than 2 for each element";
  if (type->gguf && (type->gguf <= FMTCONV_PLUGIN_TYPE - FMTCONV_GGML || type->gguf > UINT16_MAX))
    return "has a number that is ggml's own, or too large: GGUF numbers of plugins are from 65 to 65535";
  if (!type->decode)
    return "has no decode callback";
  return NULL;
}

static bool
take_type (fmtconv_ctx *ctx, const fmtconv_block_type *given, fmtconv_block_type *to, const char **error)
{
  const char *wrong = NULL;
  if (given->struct_size < LEAST)
    *error = "a block type of its codec has no struct_size: declare it with FMTCONV_BLOCK_TYPE";
  else
    {
      memcpy (to, given, given->struct_size < sizeof *to ? given->struct_size : sizeof *to);
      if (!to->name || !is_name (to->name))
        *error = "a block type of its codec has no name of at most 31 lower-case letters, digits and '_'";
      else if ((wrong = fault (to)))
        *error = fmtconv_ctx_printf (ctx, "its block type '%s' %s", to->name, wrong);
    }
  return !*error && !ctx->failed;
}

const fmtconv_block_codec *
fci_codec_check (fmtconv_ctx *ctx, const fmtconv_block_codec *given, const char **error)
{
  size_t n = 0;
  if (given->struct_size < sizeof *given || !given->types || !given->types[0])
    {
      *error = "its codec has no block types";
      return NULL;
    }
  while (n <= MAX_TYPES && given->types[n])
    n++;
  if (n > MAX_TYPES)
    {
      *error = "its codec has more than 256 block types: does the list end with NULL?";
      return NULL;
    }
  fmtconv_block_codec *codec = fci_new (ctx, fmtconv_block_codec);
  fmtconv_block_type *types = fmtconv_ctx_alloc (ctx, n, sizeof *types);
  const fmtconv_block_type **list = fmtconv_ctx_alloc (ctx, n + 1, sizeof *list);
  if (!codec || !types || !list)
    return NULL;
  for (size_t i = 0; i < n; i++)
    {
      if (!take_type (ctx, given->types[i], &types[i], error))
        return NULL;
      list[i] = &types[i];
    }
  *codec = (fmtconv_block_codec){ .struct_size = sizeof *codec, .types = list };
  return codec;
}

const char *
fci_codec_add (fmtconv_ctx *ctx, const fmtconv_plugin *plugin)
{
  return plugin->codec ? fci_block_types_add (ctx, plugin->name, plugin->codec->types) : NULL;
}

const char *
fci_codec_text (fmtconv_ctx *ctx, const fmtconv_block_codec *codec)
{
  const char *text = "";
  for (size_t i = 0; text && codec && codec->types[i]; i++)
    text = codec->types[i]->gguf
               ? fmtconv_ctx_printf (ctx, "%s%s%s=%u", text, *text ? " " : "", codec->types[i]->name,
                                     codec->types[i]->gguf)
               : fmtconv_ctx_printf (ctx, "%s%s%s", text, *text ? " " : "", codec->types[i]->name);
  return text;
}
