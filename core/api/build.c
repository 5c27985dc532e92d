/* core/api/build.c: fmtconv_build_info: describes the library itself, for reports of defects.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/plugin/installed.h"
#include <jansson.h>
#include <yaml.h>
#include <zip.h>
#include <zlib.h>

static void
add_library (fmtconv_attr *list, const char *name, const char *version)
{
  fmtconv_attr *node = fci_add_object (list);
  fci_add_text (node, "name", name);
  fci_add_text (node, "version", version);
}

fmtconv_attr *
fmtconv_build_info (fmtconv_ctx *ctx)
{
  if (fci_call_begin (ctx, true, NULL))
    return NULL;
  fmtconv_attr *info = fmtconv_attr_object (ctx);
  fci_add_text (info, "version", fmtconv_version ());
  fci_add_count (info, "abi", FMTCONV_ABI);
  fci_add_text (info, "plugin_dir", fci_installed_dir (ctx, FCI_PLUGIN_DIR));
  fci_add_text (info, "preset_dir", fci_installed_dir (ctx, FCI_PIPELINE_DIR));
  fmtconv_attr *list = fci_add_array (info, "libraries");
  add_library (list, "jansson", jansson_version_str ());
  add_library (list, "libyaml", yaml_get_version_string ());
  add_library (list, "libzip", zip_libzip_version ());
  add_library (list, "zlib", zlibVersion ());
  return ctx->failed ? NULL : info;
}
