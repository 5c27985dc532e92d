/* core/convert/components.c: refuses a folder of components for a writer of one model, and lists commands for each.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/base/strbuf.h"
#include "core/convert/choose-private.h"
#include "core/convert/components.h"
#include "core/convert/link.h"
#include "core/convert/shell.h"
#include "core/model/model.h"
#include <string.h>

/* Returns the folder of a component below the input; NULL: it is absent, or an error. */
static const char *
component_folder (const fci_conversion *c, const char *name)
{
  const char *input = c->part->job.input;
  const bool slash = *input && input[strlen (input) - 1] == '/';
  const char *path = fmtconv_ctx_printf (c->ctx, "%s%s%s", input, slash ? "" : "/", name);
  return path && fci_folder_exists (c->ctx, path) ? path : NULL;
}

/* Adds the given transforms of the component, and those of all components. */
static void
add_transforms (fci_strbuf *command, const fci_conversion *c, const char *component)
{
  for (size_t i = 0; i < c->chain.n && c->job.n_transforms; i++)
    {
      fci_link link = c->chain.link[i];
      if (link.component && strcmp (link.component, component) != 0)
        continue;
      link.component = NULL;
      if (i + (c->job.dtype != NULL) < c->chain.n) /* the last link is that of --dtype */
        fci_strbuf_add (command, fci_link_option (c->ctx, 't', &link));
    }
}

static void
list_component (const fci_conversion *c, const fmtconv_model *component, const char *folder)
{
  const char *name = fmtconv_model_name (component), *output = fci_choose_output (c, name);
  const size_t n = fmtconv_model_count (component);
  fci_strbuf command = { .ctx = c->ctx };
  if (c->job.reader)
    fci_strbuf_add (&command, fci_link_option (c->ctx, 'r', &c->part->reader));
  add_transforms (&command, c, name);
  if (c->job.writer)
    fci_strbuf_add (&command, fci_link_option (c->ctx, 'w', &c->writer));
  if (c->job.dtype)
    fci_strbuf_add_all (&command, " --dtype ", fci_shell_word (c->ctx, c->job.dtype), NULL);
  if (output)
    fmtconv_detail (c->ctx, "%s (%zu tensor%s): fmtconv%s %s %s", name, n, n == 1 ? "" : "s",
                    fci_strbuf_text (&command), fci_shell_path (c->ctx, folder),
                    fci_shell_path (c->ctx, output));
}

/* Returns whether a transform of the chain takes components, and may make one model of them. */
static bool
makes_one_model (const fci_conversion *c)
{
  for (size_t i = 0; i < c->chain.n; i++)
    {
      const fmtconv_rules *rules = c->chain.link[i].plugin->transform->rules;
      if (rules && rules->components)
        return true;
    }
  return false;
}

int
fci_check_components (fci_conversion *c)
{
  size_t n = 0;
  if (c->part->job.name || fci_choose_writes_components (c) || makes_one_model (c))
    return c->ctx->failed;
  for (const fmtconv_model *m = NULL; (m = fmtconv_model_next_component (c->model, m));)
    {
      const char *folder = fmtconv_model_count (m) ? component_folder (c, fmtconv_model_name (m)) : NULL;
      if (folder && ++n)
        list_component (c, m, folder);
    }
  if (!n)
    return c->ctx->failed;
  return fmtconv_fail (
      c->ctx, FMTCONV_E_UNSUPPORTED,
      "writer '%s' takes one model, but the input has several components; convert one of them:",
      c->writer.plugin->name);
}
