/* core/convert/output.c: determines whether the output is a file or a folder, and its parent folder.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/convert/convert.h"
#include "core/convert/detect.h"
#include "core/convert/output.h"
#include "core/layout/manifest.h"
#include "core/layout/names.h"
#include "core/plugin/registry.h"
#include "core/zip/scratch.h"
#include <string.h>

static bool
ends_in_slash (const char *path)
{
  size_t n = strlen (path);
  return n > 0 && path[n - 1] == '/';
}

/* Returns whether the path has a suffix of a writer's files. */
static bool
has_file_suffix (fmtconv_ctx *ctx, const char *path)
{
  size_t n;
  fci_module *modules = fci_modules (ctx, &n);
  for (size_t i = 0; !ctx->failed && i < n; i++)
    if (fci_module_writes (ctx, &modules[i], path))
      return true;
  return false;
}

const char *
fci_output_hint (fci_conversion *c)
{
  const char *path = c->job.output;
  if (ends_in_slash (path) || !fci_folder_exists (c->ctx, path) || has_file_suffix (c->ctx, path))
    return path;
  return fmtconv_ctx_printf (c->ctx, "%s/", path);
}

/* Returns whether the writer writes folders and this output is a folder. */
static bool
is_for_folder (const fci_conversion *c)
{
  const char *suffixes = c->writer.plugin->writer->suffixes, *output = c->job.output;
  if (c->writer.plugin->writer->is_folder)
    return true;
  return fci_has_suffix ("x/", suffixes)
         && (ends_in_slash (output) || fci_folder_exists (c->ctx, output)
             || !fci_has_suffix (output, suffixes));
}

int
fci_output_resolve (fci_conversion *c)
{
  fmtconv_ctx *ctx = c->ctx;
  const char *output = c->job.output;
  size_t n = strlen (output);
  c->to_folder = is_for_folder (c);
  while (c->to_folder && n > 1 && output[n - 1] == '/')
    n--;
  if (!(c->output = fci_strndup (ctx, output, n)))
    return ctx->failed;
  const char *slash = strrchr (c->output, '/');
  bool exists = c->to_folder && fci_folder_exists (ctx, c->output);
  c->target = slash ? slash + 1 : c->output;
  if (ctx->failed)
    return ctx->failed;
  if (!exists && (!*c->target || !strcmp (c->target, ".") || !strcmp (c->target, "..")))
    return c->to_folder
               ? fmtconv_fail (ctx, FMTCONV_E_USAGE, "the output '%s' cannot name a new folder", output)
               : fmtconv_fail (ctx, FMTCONV_E_USAGE, "the output '%s' names a folder: add a file name",
                               output);
  c->folder = exists  ? c->output
              : slash ? fci_strndup (ctx, c->output, (size_t) (slash - c->output) + 1)
                      : ".";
  fci_scratch_use (ctx, c->folder);
  return ctx->failed;
}

fmtconv_layout *
fci_output_layout (const fci_conversion *c)
{
  fmtconv_layout *layout =
      c->to_folder ? fci_layout_new_folder (c->ctx, c->target) : fci_layout_new (c->ctx, c->target);
  return layout && !fci_layout_set_manifest (layout, c->job.manifest) ? layout : NULL;
}
