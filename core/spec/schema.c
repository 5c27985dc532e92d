/* core/spec/schema.c: checks the nodes of a spec, with errors that give the position.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-check.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/model/bundle.h"
#include "core/model/model.h"
#include "core/spec/schema.h"
#include <string.h>

int
fci_spec_fail (const fci_pipeline *p, fci_yaml_pos at, const char *format, ...)
{
  const char *place = fci_yaml_location (p->ctx, p->path, at);
  va_list ap;
  va_start (ap, format);
  int code = fci_fail_filev (p->ctx, FMTCONV_E_FORMAT, place, NULL, format, ap);
  va_end (ap);
  return code;
}

int
fci_spec_kind (const fci_pipeline *p, const fci_yaml *node, fci_yaml_kind kind, const char *what)
{
  return fci_yaml_is (&(fci_yaml_file){ .ctx = p->ctx, .path = p->path }, node, kind, what);
}

int
fci_spec_keys (const fci_pipeline *p, const fci_yaml *map, const char *what, const char *const *keys,
               size_t n)
{
  return fci_yaml_keys (&(fci_yaml_file){ .ctx = p->ctx, .path = p->path }, map, what, keys, n);
}

int
fci_spec_bool (const fci_pipeline *p, const fci_yaml *node, bool *value)
{
  return fci_yaml_bool (&(fci_yaml_file){ .ctx = p->ctx, .path = p->path }, node, value);
}

bool
fci_spec_name_ok (const char *name)
{
  return fci_component_name_ok (name) && !strchr (name, '.');
}
