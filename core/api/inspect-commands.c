/* core/api/inspect-commands.c: the commands that convert a model that is inspected.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/inspect.h"
#include "core/base/ctx.h"
#include "core/convert/choose.h"
#include "core/convert/shell.h"
#include <string.h>

/* Returns the first value of a model file without a default, as it is typed after the transform's name, or "". */
static const char *
value_to_type (const fci_inspection *s, size_t i)
{
  const fmtconv_rules *rules = s->claims.claim[i].plugin->transform->rules;
  const char *end = rules && rules->let ? strstr (rules->let, "=; ") : NULL, *name = end;
  if (!end)
    return "";
  while (name > rules->let && name[-1] != ' ')
    name--;
  return fmtconv_ctx_printf (s->ctx, ":let.%.*s=VALUE", (int) (end - name), name);
}

/* Sets the parameters of a claim, and returns a name for its output: a folder if it has, or may have, a configuration or
 * components. */
static const char *
output_of (const fci_inspection *s, size_t i, const char **params)
{
  char needs[FCI_INSPECT_NEEDS];
  *params = s->is_made ? ":reverse" : "";
  if (s->is_made) /* names that do not occur in folders of components */
    return s->claims.claim[i].plugin->transform->writer ? "OUTPUT/" : "OUTPUT.safetensors";
  const fmtconv_model *made = i ? fci_inspect_try_claim (s, i, "", needs) : s->stages[1];
  if (!made)
    *params = value_to_type (s, i);
  return !made || fci_inspect_has_config (made) || fmtconv_model_next_component (made, NULL)
             ? "OUTPUT/"
             : "OUTPUT.safetensors";
}

/* Returns whether the model has blocks, which only GGUF can store, or scaled tensors: most users want them
 * decoded. */
static bool
has_blocks (const fci_inspection *s)
{
  if (fci_model_features (s->stages[0]) & FMTCONV_FEATURE_SCALED)
    return true;
  FMTCONV_FOREACH (t, s->stages[0])
    if (t->dtype >= FMTCONV_GGML)
      return true;
  return false;
}

/* Returns the only writer that a claim is for, which chooses the other transforms, too; NULL: all. */
static const char *
writer_of (const fci_inspection *s, size_t i)
{
  return s->is_made ? NULL : s->claims.claim[i].plugin->transform->writer;
}

/* Returns whether the transform is chosen in reverse for a folder, with what else the folder needs. */
static bool
is_chosen_back (const fci_inspection *s)
{
  const fmtconv_transform *transform = s->claims.complete ? s->claims.claim[0].plugin->transform : NULL;
  fmtconv_attr *config = s->origin ? fmtconv_attr_get (fmtconv_model_attrs (s->origin), "config") : NULL;
  return s->is_made && transform && transform->writer && fmtconv_attr_get (config, "architectures");
}

/* Returns a command that converts the whole model, or copies it; NULL: there are only commands for parts. */
static const char *
whole_command (const fci_inspection *s, const char *reader, const char *path)
{
  bool is_folder = fci_inspect_is_bundle (s) || fci_claims_are_components (&s->claims)
                   || fci_inspect_has_config (s->stages[0]);
  if (is_chosen_back (s))
    return NULL;
  if (s->claims.complete && !s->is_made && !writer_of (s, 0) && !fci_claims_are_components (&s->claims))
    return NULL;
  const char *transform = !s->claims.complete && has_blocks (s) ? " -t dequantize"
                          : s->is_near                          ? " -t none"
                                                                : "";
  return fmtconv_ctx_printf (s->ctx, "fmtconv%s%s %s %s", reader, transform, path,
                             is_folder ? "OUTPUT/" : "OUTPUT.safetensors");
}

static const char *
command_for_writer (const fci_inspection *s, const char *reader, const char *path, const char *writer)
{
  return fmtconv_ctx_printf (s->ctx, "fmtconv%s %s OUTPUT.%s", reader, path, writer);
}

static const char *
command_of (const fci_inspection *s, const char *reader, const char *path, size_t i)
{
  const char *params, *output = output_of (s, i, &params);
  if (is_chosen_back (s) && s->claims.complete == 1)
    return fmtconv_ctx_printf (s->ctx, "fmtconv%s %s %s", reader, path, output);
  return fmtconv_ctx_printf (s->ctx, "fmtconv%s -t %s%s %s %s", reader, s->claims.claim[i].plugin->name,
                             params, path, output);
}

/* Adds commands of a model that transforms recognize in both directions: those for one writer, or those in reverse. */
static void
add_others (fci_inspection *s, const char *reader, const char *path)
{
  for (size_t i = 0; i < s->others.complete; i++)
    {
      const fmtconv_plugin *plugin = s->others.claim[i].plugin;
      if (!s->is_made)
        s->commands[s->n_commands++] = fmtconv_ctx_printf (
            s->ctx, "fmtconv%s -t %s:reverse %s OUTPUT.safetensors", reader, plugin->name, path);
      else if (plugin->transform->writer)
        s->commands[s->n_commands++] = command_for_writer (s, reader, path, plugin->transform->writer);
    }
}

int
fci_inspect_commands (fci_inspection *s)
{
  const char *path = fci_shell_path (s->ctx, s->path);
  const char *reader =
      s->typed ? fmtconv_ctx_printf (s->ctx, " -r %s", fci_shell_word (s->ctx, s->typed)) : "";
  s->n_commands = s->claims.complete;
  s->commands = fmtconv_ctx_alloc (s->ctx, s->n_commands + s->others.complete + 1, sizeof *s->commands);
  if (!s->commands || !reader)
    return s->ctx->failed;
  for (size_t i = 0; i < s->claims.complete; i++)
    s->commands[i] = writer_of (s, i) ? command_for_writer (s, reader, path, writer_of (s, i))
                                      : command_of (s, reader, path, i);
  add_others (s, reader, path);
  s->whole = whole_command (s, reader, path);
  return s->ctx->failed;
}
