/* core/api/inspect.c: fmtconv_inspect: describes a file or folder, and the commands that convert it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/describe.h"
#include "core/api/parts.h"
#include "core/api/sanitize.h"
#include "core/api/shares.h"
#include "core/api/stats.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/convert/chain.h"
#include "core/convert/choose.h"
#include "core/convert/detect.h"
#include "core/convert/link.h"
#include "core/convert/recognize.h"
#include "core/convert/shell.h"
#include "core/convert/stage.h"
#include "core/convert/typed.h"
#include "core/exec/publish/leftover.h"
#include "core/model/scaling.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include "core/source/input.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  NEEDS = 1024 /* capacity of a text, bytes */
};

typedef struct inspection
{
  fmtconv_ctx *ctx;
  const char *path;
  fci_link reader;
  const char *typed;              /* the given reader; NULL: detected */
  const fmtconv_model *stages[2]; /* the input; the result of the transform, or NULL */
  fci_claims claims;              /* transforms that recognize the model */
  bool is_near;                   /* a transform would recognize it, except for a few tensors */
  const fmtconv_model *origin;    /* what it was made of, if the rules say whose names there are */
  bool is_made;                   /* they recognize it in reverse: it is their output */
  fci_claims others;              /* in the other direction than `claims` */
  const char **commands;          /* one for each transform, then for others */
  size_t n_commands;
  fci_described described; /* by transforms that recognize it without rules, unless rules recognize it */
  const char *whole;       /* command that converts or copies the whole model; NULL: none */
  char needs[NEEDS];       /* the parameter that the first transform lacks; "": none */
} inspection;

static int
inspect (inspection *s)
{
  fmtconv_input *in = fci_input_user (s->ctx, s->path);
  if (!in)
    return s->ctx->failed;
  if (s->typed)
    fci_reader_parse (s->ctx, s->typed, &s->reader);
  else
    fci_link_make (s->ctx, FCI_READER, fci_detect_reader (s->ctx, in), "", &s->reader);
  if (!s->ctx->failed)
    s->stages[0] = fci_stage_read (s->ctx, &s->reader, in);
  return s->ctx->failed;
}

/* Components have been reported separately. */
static bool
is_bundle (const inspection *s)
{
  return fmtconv_model_next_component (s->stages[0], NULL) != NULL;
}

/* Writes the parameter that a transform lacks to a text of NEEDS bytes. */
static void
capture_message (void *text, const fmtconv_message *message)
{
  if (message->level == FMTCONV_MSG_ERROR)
    snprintf (text, NEEDS, "%s%s%s", message->what, message->hint ? "; " : "",
              message->hint ? message->hint : "");
}

/* Names what a transform that is not installed, or refused, lacks. Returns whether it can run. */
static bool
is_usable (const inspection *s, size_t i, char needs[NEEDS])
{
  fci_module *module = s->claims.claim[i].module;
  if (fci_module_load (s->ctx, module))
    return true;
  if (module->is_absent)
    snprintf (needs, NEEDS, "the plugin %s, which is not installed: %s", module->name,
              fci_index_hint (s->ctx, module->known));
  else
    snprintf (needs, NEEDS, "the plugin %s, which was refused: %s: %s", module->name, module->path,
              module->error);
  return false;
}

/* Returns the model that a transform makes of it. Messages are suppressed, because a parameter may be
 * missing. NULL: it is, or the transform, and `needs` names it. */
static const fmtconv_model *
try_claim (const inspection *s, size_t i, const char *params, char needs[NEEDS])
{
  if (!is_usable (s, i, needs))
    return NULL;
  fci_try saved;
  unsigned flags = s->ctx->options.flags;
  s->ctx->options.flags =
      flags & ~(unsigned) FMTCONV_STRICT; /* a warning of the transform is not an error here */
  fci_try_listen (s->ctx, &saved, capture_message, needs);
  fci_link link;
  int code = fci_link_make (s->ctx, FCI_TRANSFORM, s->claims.claim[i].plugin, params, &link);
  const fmtconv_model *made = code ? NULL : fci_stage_transform (s->ctx, &link, s->stages[0]);
  if (fci_try_end (s->ctx, &saved))
    made = NULL;
  s->ctx->options.flags = flags;
  return made;
}

/* Returns whether the input is a folder of a component of diffusers or transformers. */
static bool
has_config (const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model);
  return fmtconv_attr_get (attrs, "config") || fmtconv_attr_get (attrs, "config-default");
}

/* Reports the defects of a model of a known kind. */
static void
note_near_matches (inspection *s)
{
  const fci_claim *near = &s->claims.claim[0];
  s->is_near = true;
  snprintf (s->needs, sizeof s->needs,
            "a partial match of %s: %zu tensors match, %zu missing, %zu unknown; -t %s lists them",
            near->plugin->name, near->found.claimed, near->found.missing, near->found.unknown,
            near->plugin->name);
}

/* Returns the rules of the first transform that recognizes the model, if they say whose names there are; or NULL. */
static const fmtconv_rules *
rules_with_sides (const inspection *s)
{
  const fmtconv_rules *rules =
      s->claims.n && !s->is_near ? s->claims.claim[0].plugin->transform->rules : NULL;
  return rules && rules->sides ? rules : NULL;
}

/* Returns what the first transform makes of its output in reverse, which has a title; NULL: it says nothing. */
static const fmtconv_model *
origin_of (inspection *s)
{
  char needs[NEEDS];
  return rules_with_sides (s) ? try_claim (s, 0, "reverse", needs) : NULL;
}

/* Names the first model file that was refused, as it may be that of this model. */
static void
note_refused (inspection *s, fci_module *modules, size_t n_modules)
{
  for (size_t i = 0; i < n_modules && !*s->needs && !s->ctx->failed; i++)
    if (modules[i].model && !fci_module_load (s->ctx, &modules[i]) && modules[i].error)
      snprintf (s->needs, sizeof s->needs, "the model file '%s', which was refused: %s", modules[i].name,
                fci_missing_reason (s->ctx, &modules[i]));
}

/* Finds the transforms that make one file of the components of a pipeline. */
static int
recognize_pipeline (inspection *s, fci_module *modules, size_t n_modules)
{
  fci_claims made;
  if (!modules || fci_claims_reverse (s->ctx, modules, n_modules, s->stages[0], &made) || !made.complete)
    return s->ctx->failed;
  s->claims = made;
  s->is_made = true;
  return s->ctx->failed;
}

/* Returns whether an earlier transform has the kind of a claim. */
static bool
is_listed (const fci_claims *claims, size_t i)
{
  for (size_t k = 0; k < i; k++)
    if (!strcmp (claims->claim[k].plugin->transform->kind, claims->claim[i].plugin->transform->kind))
      return true;
  return false;
}

/* Lists the kinds that are converted by default; several if the user has to choose. */
static const char *
kind_of (const inspection *s)
{
  const fci_claims *claims = s->is_made && s->others.complete ? &s->others : &s->claims;
  const char *kind = is_bundle (s) ? "several components" : NULL;
  for (size_t i = 0; i < claims->first && !is_bundle (s); i++)
    if (!is_listed (claims, i))
      kind = fmtconv_ctx_printf (s->ctx, "%s%s%s", kind ? kind : "", kind ? ", " : "",
                                 claims->claim[i].plugin->transform->kind);
  return kind ? kind : s->described.kind;
}

/* How many of the transforms that recognize the model are for one writer, and how many of the others make such a model, too. */
typedef struct overlap
{
  size_t for_writer;
  size_t made;
} overlap;

static overlap
overlap_of (const fci_claims *claims, const fci_claims *made)
{
  overlap found = { 0 };
  for (size_t i = 0; i < claims->complete; i++)
    if (claims->claim[i].plugin->transform->writer)
      found.for_writer++;
    else
      for (size_t k = 0; k < made->complete; k++)
        found.made += claims->claim[i].plugin == made->claim[k].plugin;
  return found;
}

/* Finds the transforms that make such a model.  Where the names of both sides are equal, a folder with a configuration is of the
 * second.  Returns whether there are some, and the model is their output. */
static bool
recognize_made (inspection *s, fci_module *modules, size_t n_modules)
{
  fci_claims made = { 0 };
  if (s->claims.complete && !has_config (s->stages[0]))
    return false;
  if (fci_claims_reverse (s->ctx, modules, n_modules, s->stages[0], &made) || !made.complete)
    return false;
  const overlap both = overlap_of (&s->claims, &made);
  if (both.for_writer + both.made < s->claims.complete)
    return false;
  if (both.for_writer && !both.made) /* what a format's rules say comes first */
    {
      s->others = made;
      return false;
    }
  s->others = s->claims;
  s->claims = made;
  s->is_made = true;
  s->origin = origin_of (s);
  return true;
}

/* Finds the transforms that recognize the model, or that make such a model. Title and parts come from the
 * result of the first one that recognizes it. */
static int
recognize (inspection *s)
{
  size_t n_modules;
  fci_module *modules = fci_modules (s->ctx, &n_modules);
  if (is_bundle (s))
    return recognize_pipeline (s, modules, n_modules);
  if (!modules || fci_claims_make (s->ctx, modules, n_modules, s->stages[0], FCI_ANY_WRITER, &s->claims))
    return s->ctx->failed;
  if (!recognize_made (s, modules, n_modules) && s->claims.complete)
    s->stages[1] = try_claim (s, 0, "", s->needs);
  else if (s->claims.n && !s->is_made)
    note_near_matches (s);
  if (!s->claims.n || s->is_made)
    fci_describe (s->ctx, modules, n_modules, s->stages[0], &s->described);
  if (!s->claims.n && !s->described.kind)
    note_refused (s, modules, n_modules);
  return s->ctx->failed;
}

/* Returns the first value of a model file without a default, as it is typed after the transform's name, or "". */
static const char *
value_to_type (const inspection *s, size_t i)
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
output_of (const inspection *s, size_t i, const char **params)
{
  char needs[NEEDS];
  *params = s->is_made ? ":reverse" : "";
  if (s->is_made) /* names that do not occur in folders of components */
    return s->claims.claim[i].plugin->transform->writer ? "OUTPUT/" : "OUTPUT.safetensors";
  const fmtconv_model *made = i ? try_claim (s, i, "", needs) : s->stages[1];
  if (!made)
    *params = value_to_type (s, i);
  return !made || has_config (made) || fmtconv_model_next_component (made, NULL) ? "OUTPUT/"
                                                                                 : "OUTPUT.safetensors";
}

static void
add_scaled (fmtconv_attr *result, const inspection *s)
{
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, s->stages[0])
    n += fci_model_scaled (leaf);
  if (n)
    fci_add_count (result, "scaled", n);
}

/* Returns whether the model has blocks, which only GGUF can store, or scaled tensors: most users want them
 * decoded. */
static bool
has_blocks (const inspection *s)
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
writer_of (const inspection *s, size_t i)
{
  return s->is_made ? NULL : s->claims.claim[i].plugin->transform->writer;
}

/* Returns whether the transform is chosen in reverse for a folder, with what else the folder needs. */
static bool
is_chosen_back (const inspection *s)
{
  const fmtconv_transform *transform = s->claims.complete ? s->claims.claim[0].plugin->transform : NULL;
  fmtconv_attr *config = s->origin ? fmtconv_attr_get (fmtconv_model_attrs (s->origin), "config") : NULL;
  return s->is_made && transform && transform->writer && fmtconv_attr_get (config, "architectures");
}

/* Returns a command that converts the whole model, or copies it; NULL: there are only commands for parts. */
static const char *
whole_command (const inspection *s, const char *reader, const char *path)
{
  bool is_folder = is_bundle (s) || fci_claims_are_components (&s->claims) || has_config (s->stages[0]);
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
command_for_writer (const inspection *s, const char *reader, const char *path, const char *writer)
{
  return fmtconv_ctx_printf (s->ctx, "fmtconv%s %s OUTPUT.%s", reader, path, writer);
}

static const char *
command_of (const inspection *s, const char *reader, const char *path, size_t i)
{
  const char *params, *output = output_of (s, i, &params);
  if (is_chosen_back (s) && s->claims.complete == 1)
    return fmtconv_ctx_printf (s->ctx, "fmtconv%s %s %s", reader, path, output);
  return fmtconv_ctx_printf (s->ctx, "fmtconv%s -t %s%s %s %s", reader, s->claims.claim[i].plugin->name,
                             params, path, output);
}

/* Adds commands of a model that transforms recognize in both directions: those for one writer, or those in reverse. */
static void
add_others (inspection *s, const char *reader, const char *path)
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

/* One command for each transform that recognizes the model, and one that takes it as it is. */
static int
find_commands (inspection *s)
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

/* Returns the title of a model whose rules say whose names it has; NULL: they do not. */
static const char *
title_by_sides (const inspection *s)
{
  const fmtconv_rules *rules = rules_with_sides (s);
  const fmtconv_model *made = s->is_made ? s->origin : s->stages[1];
  const char *title =
      rules && made ? fmtconv_attr_get_string (fmtconv_model_attrs (made), "title", NULL) : NULL;
  if (!title)
    return NULL;
  const size_t n = strcspn (rules->sides, "|");
  return s->is_made ? fmtconv_ctx_printf (s->ctx, "%s, names of %s", title, rules->sides + n + 1)
                    : fmtconv_ctx_printf (s->ctx, "%s, names of %.*s", title, (int) n, rules->sides);
}

static const char *
title_of (const inspection *s)
{
  const char *title = title_by_sides (s);
  for (int i = 1; i >= 0 && !title; i--)
    if (s->stages[i])
      title = fmtconv_attr_get_string (fmtconv_model_attrs (s->stages[i]), "title", NULL);
  if (!title)
    title = s->described.title;
  if (title)
    return title;
  size_t n = fci_model_tensors (s->stages[0]);
  const char *maker = s->is_made && !is_bundle (s) ? s->claims.claim[0].plugin->name : NULL;
  return fmtconv_ctx_printf (s->ctx, "%zu tensor%s%s%s", n, n == 1 ? "" : "s",
                             maker ? ", as written by " : "", maker ? maker : "");
}

static void
add_list (fmtconv_attr *result, const inspection *s)
{
  fmtconv_attr *list = fci_add_array (result, "list");
  FCI_FOREACH_LEAF (leaf, s->stages[0])
    FMTCONV_FOREACH (t, leaf)
      {
        const char *of = fmtconv_model_name (leaf);
        fci_add_tensor (fci_add_object (list),
                        *of ? fmtconv_ctx_printf (s->ctx, "%s/%s", of, t->name) : t->name, t->view);
      }
}

static fmtconv_attr *
describe (const inspection *s)
{
  const fmtconv_model *model = s->stages[0];
  fmtconv_attr *result = fmtconv_attr_object (s->ctx);
  fci_add_text (result, "path", s->path);
  fmtconv_attr_set_string (result, "format", s->reader.plugin->name);
  fmtconv_attr_set_string (result, "kind", kind_of (s));
  fci_add_text (result, "title", title_of (s));
  fci_add_count (result, "tensors", fci_model_tensors (model));
  fci_add_count (result, "bytes", fci_model_bytes (model));
  fci_add_count (result, "parameters", fci_model_elements (model));
  fci_add_dtypes (result, model);
  if (is_bundle (s))
    fci_add_components (result, model);
  else
    fci_add_parts (result, &s->claims, s->stages, s->commands);
  fci_add_skipped (result, model);
  fci_add_storages (result, model);
  add_scaled (result, s);
  fci_add_sanitized (result, "attributes", fmtconv_model_attrs (model));
  if (*s->needs)
    fci_add_text (result, "needs", s->needs);
  fmtconv_attr *commands = fci_add_array (result, "convert");
  if (s->whole)
    fci_add_text (commands, NULL, s->whole);
  for (size_t i = 0; i < s->n_commands; i++)
    fci_add_text (commands, NULL, s->commands[i]);
  for (size_t i = 0; i < s->described.n; i++)
    fci_add_text (commands, NULL, fci_describe_command (s->ctx, &s->described, i, s->path));
  if (s->ctx->options.flags & FMTCONV_LIST)
    add_list (result, s);
  if (s->ctx->options.flags & FMTCONV_STATS)
    fci_add_stats (result, fmtconv_attr_get (result, "list"), model);
  return s->ctx->failed ? NULL : result;
}

fmtconv_attr *
fmtconv_inspect (fmtconv_ctx *ctx, const char *path, const char *reader)
{
  inspection s = { .ctx = ctx, .path = path, .typed = reader };
  if (fci_call_begin (ctx, path && *path, "a file or folder to inspect is required")
      || fci_leftovers_note (ctx, path) || inspect (&s) || recognize (&s) || find_commands (&s))
    return NULL;
  return describe (&s);
}
