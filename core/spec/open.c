/* core/spec/open.c: parses the file of a spec, and checks its version and variables.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/yaml-strict.h"
#include "core/base/ctx.h"
#include "core/source/input.h"
#include "core/spec/open.h"
#include "core/spec/schema.h"
#include "core/spec/variables.h"
#include <string.h>

static int
check_version (const fci_pipeline *p)
{
  const fci_yaml *version = fci_yaml_find (p->root, "fmtconv");
  if (!version)
    return fci_spec_fail (p, p->root->at, "not a spec: the line 'fmtconv: 1' is missing");
  if (version->kind != FCI_YAML_TEXT || strspn (version->text, "0123456789") != strlen (version->text))
    return fci_spec_fail (p, version->at, "the spec version must be a number: 'fmtconv: 1'");
  if (strcmp (version->text, "1"))
    return fci_spec_fail (p, version->at, "spec version %s is not supported; this fmtconv supports version 1",
                          version->text);
  return 0;
}

int
fci_spec_open (fci_pipeline *p, fmtconv_input *file)
{
  static const char *const keys[] = { "fmtconv", "variables", "read", "components", "transform", "write" };
  fmtconv_source *source = fmtconv_input_open (file);
  if (!source)
    return p->ctx->failed;
  const char *path = fmtconv_input_path (file), *slash = strrchr (path, '/');
  p->path = path;
  p->folder = fci_strndup (p->ctx, path, slash ? (size_t) (slash - path) + 1 : 0);
  p->root = fci_yaml_strict (source, path);
  if (!p->root || fci_spec_kind (p, p->root, FCI_YAML_MAP, "a spec") || check_version (p)
      || fci_spec_keys (p, p->root, "a spec", keys, sizeof keys / sizeof *keys))
    return p->ctx->failed;
  return fci_variables_declare (p);
}
