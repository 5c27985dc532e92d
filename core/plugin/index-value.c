/* core/plugin/index-value.c: reads texts and numbers of an index of plugins.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/index-value.h"
#include <stdlib.h>
#include <string.h>

int
fci_index_text (const fci_yaml_file *file, const fci_yaml *map, const char *key, const char **out)
{
  const fci_yaml *node = fci_yaml_find (map, key);
  if (!node || fci_yaml_is (file, node, FCI_YAML_TEXT, key))
    return file->ctx->failed;
  *out = node->text;
  return 0;
}

int
fci_index_number (const fci_yaml_file *file, const fci_yaml *map, const char *key, unsigned most,
                  unsigned *out)
{
  const fci_yaml *node = fci_yaml_find (map, key);
  if (!node || fci_yaml_is (file, node, FCI_YAML_TEXT, key))
    return file->ctx->failed;
  const size_t n = strlen (node->text);
  if (!n || n > 6 || strspn (node->text, "0123456789") != n || strtoul (node->text, NULL, 10) > most)
    return fci_yaml_fail (file, node->at, "%s must be a number from 0 to %u, not '%s'", key, most,
                          node->text);
  *out = (unsigned) strtoul (node->text, NULL, 10);
  return 0;
}
