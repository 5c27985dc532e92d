/* core/layout/names.c: creates layouts, and the files in them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/argument.h"
#include "core/base/ctx.h"
#include "core/layout/layout.h"
#include "core/layout/names.h"
#include <string.h>

enum
{
  DEPTH = 8 /* components of a name */
};

fmtconv_layout *
fci_layout_new (fmtconv_ctx *ctx, const char *target)
{
  fmtconv_layout *layout = target ? fci_new (ctx, fmtconv_layout) : NULL;
  if (!layout)
    return NULL;
  layout->ctx = ctx;
  layout->within = "";
  layout->target = fci_strdup (ctx, target);
  return layout->target ? layout : NULL;
}

fmtconv_layout *
fci_layout_new_folder (fmtconv_ctx *ctx, const char *target)
{
  fmtconv_layout *layout = fci_layout_new (ctx, target);
  if (layout)
    layout->is_folder = true;
  return layout;
}

const char *
fmtconv_layout_target (const fmtconv_layout *layout)
{
  return layout ? layout->target : NULL;
}

/* Returns whether n bytes are a valid name of a file or folder. */
static bool
is_plain (const char *name, size_t n)
{
  return n > 0 && !(n == 1 && name[0] == '.') && !(n == 2 && name[0] == '.' && name[1] == '.');
}

/* Returns whether all components are valid; only a folder's layout allows more than one. */
static bool
is_fine (const fmtconv_layout *layout, const char *name)
{
  unsigned depth = 0;
  for (;; name++)
    {
      size_t n = strcspn (name, "/");
      if (!is_plain (name, n) || ++depth > DEPTH)
        return false;
      name += n;
      if (!*name)
        return depth == 1 || layout->is_folder;
    }
}

/* Returns `name` relative to the output.  NULL: an error was recorded. */
static const char *
full_name (fmtconv_layout *layout, const char *name)
{
  fmtconv_ctx *ctx = layout->ctx;
  if (fmtconv_ctx_failed (ctx))
    return NULL;
  if (layout->frozen)
    fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "a file was added after the layout was closed");
  else if (!is_fine (layout, name))
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' is not a valid output file name", name);
  else
    return *layout->within ? fmtconv_ctx_printf (ctx, "%s%s", layout->within, name) : fci_strdup (ctx, name);
  return NULL;
}

static const char *
last_component (const char *name)
{
  const char *slash = strrchr (name, '/');
  return slash ? slash + 1 : name;
}

fmtconv_file *
fmtconv_layout_create (fmtconv_layout *layout, const char *name)
{
  if (!layout || fmtconv_ctx_failed (layout->ctx))
    return NULL;
  fmtconv_ctx *ctx = layout->ctx;
  if (!name && layout->is_folder && !layout->is_inner)
    {
      fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "bytes cannot be added to a folder");
      return NULL;
    }
  const char *full = full_name (layout, name ? name : layout->target);
  fmtconv_file *file = full ? fci_new (ctx, fmtconv_file) : NULL;
  if (!file)
    return NULL;
  file->layout = layout;
  file->name = full;
  file->base = last_component (full);
  file->part = layout->part;
  if (layout->last)
    layout->last->next = file;
  else
    layout->first = file;
  layout->last = file;
  layout->n_files++;
  return file;
}

void
fmtconv_layout_stale (fmtconv_layout *layout, const char *glob)
{
  const bool is_given = layout && fci_has_argument (layout->ctx, "fmtconv_layout_stale", "glob", glob);
  const char *full = is_given ? full_name (layout, glob) : NULL;
  fci_stale *stale = full ? fci_new (layout->ctx, fci_stale) : NULL;
  if (!stale)
    return;
  stale->glob = last_component (full);
  stale->folder = fci_strndup (layout->ctx, full, (size_t) (stale->glob - full));
  if (layout->last_stale)
    layout->last_stale->next = stale;
  else
    layout->stale = stale;
  layout->last_stale = stale;
}

int
fci_layout_enter (fmtconv_layout *layout, const char *name, fci_layout_scope *saved)
{
  const char *full = full_name (layout, name);
  *saved =
      (fci_layout_scope){ .target = layout->target, .within = layout->within, .is_inner = layout->is_inner };
  if (!full)
    return fmtconv_ctx_failed (layout->ctx);
  const char *base = last_component (full), *within = fci_strndup (layout->ctx, full, (size_t) (base - full));
  if (!within)
    return fmtconv_ctx_failed (layout->ctx);
  layout->target = base;
  layout->within = within;
  layout->is_inner = true;
  return 0;
}

void
fci_layout_leave (fmtconv_layout *layout, const fci_layout_scope *saved)
{
  layout->target = saved->target;
  layout->within = saved->within;
  layout->is_inner = saved->is_inner;
}

bool
fci_layout_has_file (const fmtconv_layout *layout, const char *name)
{
  for (const fmtconv_file *file = layout->first; file; file = file->next)
    if (strcmp (file->name, name) == 0)
      return true;
  return false;
}
