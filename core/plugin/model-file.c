/* core/plugin/model-file.c: a model file becomes the descriptor of a transform.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/subject.h"
#include "core/plugin/model-file.h"
#include "core/plugin/model-pipeline.h"
#include "core/plugin/registry.h"
#include "core/rules/file.h"
#include "core/rules/rules.h"
#include <stdio.h>
#include <string.h>

/* Whose names the tensors get, in the order of the parameter's choices. */
enum
{
  TO_SECOND,
  TO_FIRST,
  TO_GGUF /* those of the first side, as ComfyUI-GGUF loads them */
};

/* The parameters of all these transforms. */
typedef struct model_params
{
  int to; /* TO_SECOND … */
  int reverse;
  const char *prefix;
  fmtconv_pairs let;
  fmtconv_pairs config;
  fmtconv_pairs set;
  fmtconv_input *folder[FCI_MAX_FOLDERS]; /* of the components of files, in their order; NULL: not given */
} model_params;

int
fci_model_files_find (fmtconv_ctx *ctx, fci_files *out)
{
  const fci_search search = {
    .what = "folder of models",
    .suffix = ".yaml",
    .variable = "FMTCONV_MODEL_PATH",
    .installed = FCI_MODEL_DIR,
    .own = "fmtconv/models",
    .is_own_first = true,
    .embedded = "models",
  };
  return fci_search_files (ctx, &search, NULL, out);
}

/* Returns the rules of the transform that runs, with the values of the user; NULL: an error was recorded. */
static const fmtconv_rules *
running_rules (fmtconv_ctx *ctx, const model_params *p)
{
  const fci_module *self = fci_module_find (ctx, fci_subject_now (ctx)->plugin);
  const fmtconv_rules *with = self ? fci_rules_with (ctx, self->plugin->transform->rules, &p->let) : NULL;
  fmtconv_rules *rules = with ? fci_new (ctx, fmtconv_rules) : NULL;
  if (!rules)
    return NULL;
  *rules = *with;
  rules->reverse_prefix = p->prefix;
  return rules;
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const model_params *p = params_;
  const bool is_reverse = p->reverse || p->to == TO_FIRST;
  if (p->reverse && p->to == TO_GGUF)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "to=gguf takes the names of both sides: leave out reverse");
  if (p->prefix && !is_reverse)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "prefix= is for reverse: forward, the prefix of the input is removed");
  const fmtconv_rules *rules = running_rules (ctx, p);
  if (!rules)
    return fmtconv_ctx_failed (ctx);
  if (p->to == TO_GGUF)
    fci_rules_for_comfy (rules, in, out);
  else if (is_reverse)
    fmtconv_rules_reverse (rules, in, out);
  else
    fmtconv_rules_apply (rules, in, out);
  if (rules->components && !is_reverse && !ctx->failed)
    fci_pipeline_attach (ctx, rules, p->folder, out);
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (out), "config");
  if (p->config.n && !config)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "config.%s=: the output has no config.json", p->config.key[0]);
  fmtconv_attr_override (config, &p->config);
  if (is_reverse)
    fci_rules_check_back (rules, in, out);
  return fci_pipeline_set (ctx, &p->set, out);
}

enum
{
  PREFIX = 2 /* place of the parameter among all */
};

/* Returns the parameters: the sides have the names that the file gives them. */
static const fmtconv_param *
params_of (fmtconv_ctx *ctx, const fmtconv_rules *rules, bool is_for_comfy)
{
  const char *bar = strchr (rules->sides, '|');
  const fmtconv_param all[] = {
    { "to", FMTCONV_PARAM_CHOICE, offsetof (model_params, to),
      fmtconv_ctx_printf (ctx, "%s|%.*s%s", bar + 1, (int) (bar - rules->sides), rules->sides,
                          is_for_comfy ? "|gguf" : ""),
      is_for_comfy ? "whose names the tensors get; gguf: those that ComfyUI-GGUF loads"
                   : "whose names the tensors get" },
    { "reverse", FMTCONV_PARAM_BOOL, offsetof (model_params, reverse), "no",
      fmtconv_ctx_printf (ctx, "short for to=%.*s", (int) (bar - rules->sides), rules->sides) },
    { "prefix", FMTCONV_PARAM_TEXT, offsetof (model_params, prefix), NULL,
      "in reverse, the prefix that names get, one of those in the file; the first is the default" },
    { "let.*", FMTCONV_PARAM_PAIRS, offsetof (model_params, let), NULL,
      "let.NAME=VALUE: the value of a name that the file declares" },
    { "config.*", FMTCONV_PARAM_PAIRS, offsetof (model_params, config), NULL,
      "config.KEY=VALUE: an entry of config.json" },
    { 0 },
  };
  const fmtconv_param set = { "set.*", FMTCONV_PARAM_PAIRS, offsetof (model_params, set), NULL,
                              "set.COMPONENT.KEY=VALUE: an entry of the configuration of a component" };
  const size_t n = sizeof all / sizeof *all;
  fmtconv_param *copy = fmtconv_ctx_alloc (ctx, n + FCI_MAX_FOLDERS + 1, sizeof *copy);
  if (!copy)
    return NULL;
  memcpy (copy, all, sizeof all);
  if (!rules->components)
    return copy;
  copy[PREFIX] = set; /* the prefixes are those of the components */
  fci_pipeline_params (ctx, rules, offsetof (model_params, folder), &copy[n - 1]);
  return copy;
}

enum
{
  PIPELINE = 100 /* precedence over the models of its components */
};

static unsigned
understood_by (const fmtconv_rules *rules)
{
  return FMTCONV_FEATURE_TIED | (rules->components ? FMTCONV_FEATURE_COMPONENTS | FMTCONV_FEATURE_BLOBS : 0);
}

static const fmtconv_plugin *
describe (fmtconv_ctx *ctx, const fci_rules_file *read)
{
  fmtconv_transform *transform = fci_new (ctx, fmtconv_transform);
  fmtconv_plugin *plugin = fci_new (ctx, fmtconv_plugin);
  if (!transform || !plugin)
    return NULL;
  *transform = (fmtconv_transform){ .struct_size = sizeof *transform,
                                    .params = params_of (ctx, read->rules, read->is_for_comfy),
                                    .understands = understood_by (read->rules),
                                    .kind = read->kind,
                                    .precedence = read->rules->components ? PIPELINE : 0,
                                    .rules = read->rules,
                                    .apply = apply,
                                    .main = "to=SIDE",
                                    .writer = read->writer,
                                    .for_writer = read->is_for_comfy ? "gguf:to=gguf" : NULL };
  *plugin = (fmtconv_plugin){ .abi = FMTCONV_ABI,
                              .struct_size = sizeof *plugin,
                              .name = read->name,
                              .summary = read->summary,
                              .transform = transform };
  return ctx->failed ? NULL : plugin;
}

/* Reads the file. Returns 0 or the code of an error. */
static int
read_file (fmtconv_ctx *ctx, const fci_file *file, fci_rules_file *read)
{
  fmtconv_input *in = fci_file_open (ctx, file);
  if (!in || fci_rules_file_read (in, NULL, read))
    return ctx->failed;
  if (!read->name)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "%s is not a model file: it must begin with 'fmtconv-model: 1'", file->path);
  return fci_rules_file_check_name (ctx, read, file->name);
}

enum
{
  REASON = 2048 /* bytes for the reason of a refusal */
};

/* Writes the first error to a text of REASON bytes, without the announcement of a list that follows it. */
static void
keep_reason (void *reason, const fmtconv_message *message)
{
  static const char *const lists[] = { "  Valid keys:", "; valid keys:" };
  if (message->level != FMTCONV_MSG_ERROR || *(const char *) reason)
    return;
  const char *file =
      message->file && strncmp (message->what, message->file, strlen (message->file)) ? message->file : NULL;
  int n = (int) strlen (message->what);
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    {
      const int end = (int) strlen (lists[i]);
      if (n > end && !strcmp (message->what + n - end, lists[i]))
        n -= end;
    }
  snprintf (reason, REASON, "%s%s%.*s", file ? file : "", file ? ": " : "", n, message->what);
}

/* A file with mistakes must not stop the conversion; a call of the system that fails does. */
const fmtconv_plugin *
fci_model_file_open (fmtconv_ctx *ctx, const fci_file *file, const char **error)
{
  char reason[REASON] = "";
  fci_rules_file read;
  fci_try saved;
  if (ctx->failed || (*error = file->error))
    return NULL;
  fci_try_listen (ctx, &saved, keep_reason, reason);
  const bool fine = read_file (ctx, file, &read) == 0;
  fci_try_end (ctx, &saved);
  if (!fine && !ctx->failed)
    *error = *reason ? fci_strdup (ctx, reason) : "it cannot be read";
  return fine && fci_pipeline_link (ctx, &read, error) ? describe (ctx, &read) : NULL;
}
