/* core/attr/yaml-check.c: checks nodes of a strict document and reports faults with their place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-check.h"
#include "core/attr/yaml-node.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include <string.h>

int
fci_yaml_fail (const fci_yaml_file *p, fci_yaml_pos at, const char *format, ...)
{
  const char *place = fci_yaml_location (p->ctx, p->path, at);
  va_list ap;
  va_start (ap, format);
  int code = fci_fail_filev (p->ctx, FMTCONV_E_FORMAT, place, NULL, format, ap);
  va_end (ap);
  return code;
}

int
fci_yaml_is (const fci_yaml_file *p, const fci_yaml *node, fci_yaml_kind kind, const char *what)
{
  static const char *const names[] = { "nothing", "a text", "a list", "a map" };
  if (node->kind == kind)
    return 0;
  return fci_yaml_fail (p, node->at, "%s must be %s, not %s", what, names[kind], names[node->kind]);
}

int
fci_yaml_keys (const fci_yaml_file *p, const fci_yaml *map, const char *what, const char *const *keys,
               size_t n)
{
  for (const fci_yaml *node = map->first; node; node = node->next)
    {
      size_t i = 0;
      while (i < n && strcmp (node->key, keys[i]))
        i++;
      if (i < n)
        continue;
      const char *suggestion = fci_spell_nearest (node->key, keys, n);
      for (i = 0; i < n; i++)
        fmtconv_detail (p->ctx, "%s", keys[i]);
      if (suggestion)
        return fci_yaml_fail (p, node->key_at, "%s has no key '%s'; did you mean '%s'?  Valid keys:", what,
                              node->key, suggestion);
      return fci_yaml_fail (p, node->key_at, "%s has no key '%s'; valid keys:", what, node->key);
    }
  return 0;
}

int
fci_yaml_bool (const fci_yaml_file *p, const fci_yaml *node, bool *value)
{
  static const char *const words[] = { "no", "yes", "false", "true" };
  for (size_t i = 0; node->kind == FCI_YAML_TEXT && i < sizeof words / sizeof *words; i++)
    if (!strcmp (node->text, words[i]))
      {
        *value = i & 1;
        return 0;
      }
  return fci_yaml_fail (p, node->at, "'%s' must be yes or no", node->key);
}
