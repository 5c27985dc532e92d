/* core/attr/yaml-node.c: nodes of a strict YAML document: lookup, places, allowed characters.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-node.h"
#include "core/base/ctx.h"
#include "core/base/utf8.h"
#include <string.h>

const char *
fci_yaml_location (fmtconv_ctx *ctx, const char *path, fci_yaml_pos at)
{
  return fmtconv_ctx_printf (ctx, "%s:%zu:%zu", path, at.line, at.column);
}

fci_yaml *
fci_yaml_find (const fci_yaml *map, const char *key)
{
  for (fci_yaml *node = map && map->kind == FCI_YAML_MAP ? map->first : NULL; node; node = node->next)
    if (!strcmp (node->key, key))
      return node;
  return NULL;
}

/* Returns whether an invisible character is allowed in a file. */
static bool
is_layout (uint32_t c)
{
  return c == '\n' || c == '\r' || c == '\t';
}

int
fci_yaml_visible (fmtconv_ctx *ctx, const char *path, const char *text, size_t len)
{
  fci_yaml_pos at = { 1, 1 };
  for (size_t i = 0, n; i < len; i += n)
    {
      uint32_t c;
      n = fci_utf8_next (text + i, len - i, &c);
      if (n == 0)
        fci_fail_file (ctx, FMTCONV_E_FORMAT, fci_yaml_location (ctx, path, at), NULL,
                       "the file is not valid UTF-8");
      else if (fci_is_hidden (c) && !is_layout (c))
        fci_fail_file (ctx, FMTCONV_E_FORMAT, fci_yaml_location (ctx, path, at), NULL,
                       "the control character U+%04X is not allowed", (unsigned) c);
      if (ctx->failed)
        return ctx->failed;
      bool ends = c == '\n' || (c == '\r' && text[i + 1] != '\n');
      at = ends ? (fci_yaml_pos){ at.line + 1, 1 } : (fci_yaml_pos){ at.line, at.column + 1 };
    }
  return 0;
}
