/* core/layout/manifest.c: the file with the SHA-256 of all other files of an output.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/layout/manifest.h"
#include "core/layout/names.h"
#include <fmtconv/formats.h>
#include <string.h>

const char *
fci_manifest_name (fmtconv_ctx *ctx, const char *target, bool is_folder)
{
  return is_folder ? "SHA256SUMS" : fmtconv_ctx_printf (ctx, "%s.sha256", target);
}

int
fci_layout_set_manifest (fmtconv_layout *layout, const char *name)
{
  fmtconv_ctx *ctx = layout->ctx;
  if (name && (strchr (name, '/') || !strcmp (name, ".") || !strcmp (name, "..")))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_USAGE,
        &(fmtconv_where){ .hint = "give a file name without '/'; 'sha256sum -c' is run there" },
        "the manifest '%s' would not be in the folder of the output", name);
  layout->old_manifest = fci_manifest_name (ctx, layout->target, layout->is_folder);
  layout->manifest = name && !*name ? layout->old_manifest : name;
  return fmtconv_ctx_failed (ctx);
}

/* Returns whether sha256sum escapes a character of names. */
static bool
is_escaped (char c)
{
  return c == '\\' || c == '\n' || c == '\r';
}

/* Appends a name as sha256sum prints it. */
static void
put_name (fmtconv_file *manifest, const char *name)
{
  for (size_t n; *name; name += n)
    {
      n = strcspn (name, "\\\n\r");
      fmtconv_file_emit (manifest, name, n);
      if (!name[n])
        continue;
      fmtconv_file_emit (manifest, name[n] == '\\' ? "\\\\" : name[n] == '\n' ? "\\n" : "\\r", 2);
      n++;
    }
}

/* Appends the line of a file; a backslash before it says that its name is escaped. */
static void
put_line (fmtconv_file *manifest, const fmtconv_file *file)
{
  const char *name = file->name;
  while (*name && !is_escaped (*name))
    name++;
  if (*name)
    fmtconv_file_emit (manifest, "\\", 1);
  fci_file_emit_sha256 (manifest, file);
  fmtconv_file_emit (manifest, "  ", 2);
  put_name (manifest, file->name);
  fmtconv_file_emit (manifest, "\n", 1);
}

int
fci_layout_put_manifest (fmtconv_layout *layout)
{
  fmtconv_ctx *ctx = layout->ctx;
  if (layout->manifest && fci_layout_has_file (layout, layout->manifest))
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &(fmtconv_where){ .hint = "give it another name" },
                            "the manifest '%s' has the name of a file of the output", layout->manifest);
  if (layout->old_manifest)
    fmtconv_layout_stale (layout, fmtconv_glob_quote (ctx, layout->old_manifest));
  fmtconv_file *manifest = layout->manifest ? fmtconv_layout_create (layout, layout->manifest) : NULL;
  for (const fmtconv_file *file = layout->first; manifest && file != manifest; file = file->next)
    put_line (manifest, file);
  return fmtconv_ctx_failed (ctx);
}
