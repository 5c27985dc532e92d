/* core/convert/choose.c: chooses transforms if the user names none, and lists commands for other matches.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/presence.h"
#include "core/base/strbuf.h"
#include "core/convert/around.h"
#include "core/convert/choose.h"
#include "core/convert/convert.h"
#include "core/convert/link.h"
#include "core/convert/links.h"
#include "core/convert/recognize.h"
#include "core/convert/shell.h"
#include "core/convert/typed.h"
#include "core/model/model.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include "core/view/dtype.h"
#include <string.h>

/* Returns a name for the output of one part: "out-vae.safetensors" for "out.safetensors", "out-vae/" for "out/". */
static const char *
output_for (const fci_conversion *c, const char *kind)
{
  const char *output = c->job.output;
  size_t n = strlen (output);
  if (c->to_folder)
    return fmtconv_ctx_printf (c->ctx, "%s-%s/", c->output, kind);
  const char *slash = strrchr (output, '/'), *base = slash ? slash + 1 : output, *dot = strrchr (base, '.');
  size_t stem = dot && dot > base ? (size_t) (dot - output) : n;
  return fmtconv_ctx_printf (c->ctx, "%.*s-%s%s", (int) stem, output, kind, output + stem);
}

/* Lists one part: its kind, and the command that converts it. Long strings are shortened one by one. */
static void
list_part (const fci_conversion *c, const fci_claim *claim)
{
  fmtconv_ctx *ctx = c->ctx;
  const fci_recognition *found = &claim->found;
  const char *kind = claim->plugin->transform->kind, *output = c->only_model ? "" : output_for (c, kind);
  const char *mark = fci_missing_mark (ctx, claim->module);
  const char *missing = found->missing ? fmtconv_ctx_printf (ctx, ", %zu missing", found->missing) : "";
  const char *unknown = found->unknown ? fmtconv_ctx_printf (ctx, ", %zu unknown", found->unknown) : "";
  const char *reader = c->job.reader ? fci_shell_word (ctx, c->job.reader) : "";
  const char *writer = c->job.writer ? fci_shell_word (ctx, c->job.writer) : "";
  if (!output || !missing || !unknown || ctx->failed)
    return;
  if (c->only_model)
    {
      fmtconv_detail (ctx, "%s (%zu tensor%s%s%s): transform: %s%s", kind, found->claimed,
                      found->claimed == 1 ? "" : "s", missing, unknown, claim->plugin->name, mark);
      return;
    }
  fmtconv_detail (ctx, "%s (%zu tensor%s%s%s): fmtconv%s%s -t %s%s%s %s %s%s", kind, found->claimed,
                  found->claimed == 1 ? "" : "s", missing, unknown, *reader ? " -r " : "", reader,
                  claim->plugin->name, *writer ? " -w " : "", writer, fci_shell_path (ctx, c->job.input),
                  fci_shell_path (ctx, output), mark);
}

static void
list (const fci_conversion *c, const fci_claims *claims, size_t from)
{
  for (size_t i = from; i < claims->n; i++)
    list_part (c, &claims->claim[i]);
}

/* Returns whether a kind that is nearly recognized has the precedence of the recognized ones. */
static bool
is_doubtful (const fci_claims *claims)
{
  return claims->n > claims->complete
         && claims->claim[claims->complete].plugin->transform->precedence
                >= claims->claim[0].plugin->transform->precedence;
}

/* Adds the transform of a module.  Fails if it is not installed, or refused: to go on without it would make something
 * else. */
static int
add_link (fmtconv_ctx *ctx, fci_links *links, fci_module *module, const char *component, const char *params)
{
  const fmtconv_plugin *plugin = fci_module_load (ctx, module);
  if (!plugin)
    return fci_missing_fail (ctx, module, NULL, "which converts this model",
                             "choose the transforms with -t (-t none keeps all tensors unchanged)");
  fci_link *link = fci_links_add (ctx, links);
  if (link && !fci_link_make (ctx, FCI_TRANSFORM, plugin, params ? params : "", link))
    link->component = component;
  return ctx->failed;
}

/* Returns all modules, of which none that the index does not know is refused.  NULL: an error was recorded. */
static fci_module *
usable_modules (fmtconv_ctx *ctx, size_t *n)
{
  fci_module *modules = fci_modules (ctx, n);
  return modules
                 && !fci_missing_check_refused (ctx, modules, *n, FCI_TRANSFORM,
                                                "choose the transforms with -t")
             ? modules
             : NULL;
}

bool
fci_claims_are_components (const fci_claims *claims)
{
  bool fits = claims->complete > 1 && claims->first == claims->complete && !is_doubtful (claims);
  for (size_t i = 0; fits && i < claims->complete; i++)
    for (size_t k = 0; fits && k < i; k++)
      fits = strcmp (claims->claim[i].plugin->transform->kind, claims->claim[k].plugin->transform->kind) != 0;
  return fits;
}

/* Returns whether the output can hold all recognized kinds. A model without an output can. */
static bool
is_pipeline (const fci_conversion *c, const fci_claims *claims)
{
  if (c->only_model)
    return fci_claims_are_components (claims);
  return c->to_folder && (c->writer.plugin->writer->limits.understands & FMTCONV_FEATURE_COMPONENTS)
         && fci_claims_are_components (claims);
}

/* Returns whether the module's transform joins the results of one of the makers, and is not in the chain. */
static bool
is_wanted (fmtconv_ctx *ctx, fci_module *module, const fci_links *makers, size_t n_makers,
           const fci_links *links)
{
  const fmtconv_plugin *join = fci_module_described (ctx, module);
  const char *joins = fci_plugin_has (join, FCI_TRANSFORM) ? join->transform->joins : NULL;
  bool wanted = false;
  for (size_t k = 0; joins && k < n_makers; k++)
    wanted = wanted || !strcmp (makers->link[k].plugin->name, joins);
  for (size_t k = 0; wanted && k < links->n; k++)
    wanted = strcmp (links->link[k].plugin->name, join->name) != 0;
  return wanted;
}

int
fci_chain_joins (fci_conversion *c, const fci_links *makers, fci_links *links)
{
  size_t n = 0, n_makers = makers->n; /* a plugin may be both */
  fci_module *modules = n_makers ? usable_modules (c->ctx, &n) : NULL;
  for (size_t i = 0; !c->ctx->failed && i < n; i++)
    if (is_wanted (c->ctx, &modules[i], makers, n_makers, links)
        && add_link (c->ctx, links, &modules[i], NULL, NULL))
      break;
  return c->ctx->failed;
}

static int
choose_pipeline (fci_conversion *c, const fci_claims *claims, fci_links *links)
{
  for (size_t i = 0; i < claims->complete; i++)
    {
      const fci_claim *claim = &claims->claim[i];
      if (add_link (c->ctx, links, claim->module, claim->plugin->transform->kind, claim->params))
        return c->ctx->failed;
    }
  return fci_chain_joins (c, links, links);
}

/* Adds the only match, and notes whether it is for the writer, which wants other transforms around it. */
static int
add_for_writer (fci_conversion *c, const fci_claim *claim, fci_links *links)
{
  const bool only = claim->plugin->transform->writer != NULL;
  c->is_for_writer = only || claim->params;
  if (only && fci_chain_before (c, claim->plugin->transform, links))
    return c->ctx->failed;
  if (add_link (c->ctx, links, claim->module, NULL, claim->params))
    return c->ctx->failed;
  return only ? fci_chain_next (c, claim->plugin->transform, links) : 0;
}

/* Returns whether two transforms take the same tensor. */
static bool
overlap (const fci_conversion *c, const fci_claim *a, const fci_claim *b)
{
  const size_t n = a->found.takes && b->found.takes ? fmtconv_model_count (c->model) : 0;
  for (size_t i = 0; i < n; i++)
    if (a->found.takes[i] && b->found.takes[i])
      return true;
  return false;
}

/* Reports complete matches of which none comes first: of different tensors, or of the same. */
static int
fail_several (const fci_conversion *c, const fci_claims *claims)
{
  for (size_t i = 1; i < claims->complete; i++)
    for (size_t k = 0; k < i; k++)
      if (overlap (c, &claims->claim[k], &claims->claim[i]))
        return fmtconv_fail_at (
            c->ctx, FMTCONV_E_UNSUPPORTED,
            &(fmtconv_where){
                .hint = "choose one with -t, or tell their model files apart by 'when' or 'unless'" },
            "two transforms recognize the same tensors: %s and %s", claims->claim[k].plugin->name,
            claims->claim[i].plugin->name);
  return fmtconv_fail (c->ctx, FMTCONV_E_UNSUPPORTED,
                       "the input holds several models, but the output holds one: choose one with -t");
}

static int
choose (fci_conversion *c, const fci_claims *claims, fci_links *links)
{
  if (is_pipeline (c, claims))
    return choose_pipeline (c, claims, links);
  if (claims->first == 1 && !is_doubtful (claims))
    {
      if (!fci_module_load (c->ctx, claims->claim[0].module))
        return add_link (c->ctx, links, claims->claim[0].module, NULL, NULL);
      const bool is_whole = claims->claim[0].plugin->transform->rules->components != NULL;
      if (!is_whole)
        list (c, claims, 1);
      if (claims->n > 1 && !is_whole)
        fmtconv_note (c->ctx, "only the %s is converted; these commands convert the other parts:",
                      claims->claim[0].plugin->transform->kind);
      return add_for_writer (c, &claims->claim[0], links);
    }
  list (c, claims, 0);
  if (claims->complete)
    return fail_several (c, claims);
  if (claims->n)
    return fmtconv_fail_at (
        c->ctx, FMTCONV_E_MISSING,
        &(fmtconv_where){
            .hint = "run a listed command to see what is wrong, or keep all tensors unchanged with -t none" },
        "no transform matches this model completely; nearest matches:");
  return c->ctx->failed;
}

/* Returns the name of the writer; NULL: the model has no output. */
static const char *
writer_of (const fci_conversion *c)
{
  return c->writer.plugin ? c->writer.plugin->name : NULL;
}

/* Returns whether the writer can store several components, with its parameters. */
static bool
writes_components (const fci_conversion *c)
{
  const fmtconv_writer *writer = c->writer.plugin->writer;
  fmtconv_limits limits = writer->limits;
  if (writer->adjust)
    writer->adjust (c->writer.block, &limits);
  return limits.understands & FMTCONV_FEATURE_COMPONENTS;
}

/* Chooses the transform that makes one model of the components, if the output stores one and one transform can. */
static int
choose_one_file (fci_conversion *c, const fmtconv_model *bundle, fci_links *links)
{
  size_t n;
  fci_claims claims;
  if (c->only_model || writes_components (c))
    return c->ctx->failed;
  fci_module *modules = usable_modules (c->ctx, &n);
  if (!modules || fci_claims_reverse (c->ctx, modules, n, bundle, &claims) || claims.complete != 1)
    return c->ctx->failed;
  fci_link *link = fci_links_add (c->ctx, links);
  if (link)
    fci_link_make (c->ctx, FCI_TRANSFORM, claims.claim[0].plugin, "reverse", link);
  return c->ctx->failed;
}

/* Returns what the writer's transform for quantized values with scales makes of a model, without its messages, and adds it to
 * the links; the model itself, if it has none, or the writer no such transform, or an error was recorded. */
static const fmtconv_model *
decoded (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  const char *decode = c->only_model ? NULL : c->writer.plugin->writer->decode;
  const fmtconv_model *made = model;
  fci_try saved;
  if (!decode || !(fci_model_features (model) & FMTCONV_FEATURE_SCALED)
      || fci_links_parse (c->ctx, &decode, 1, links))
    return model;
  fci_try_begin (c->ctx, &saved);
  fci_links_run (c->ctx, links, &made);
  const bool failed = fci_try_end (c->ctx, &saved) != 0;
  links->link[0].after = NULL; /* it runs again, with messages */
  return failed || !made ? model : made;
}

/* Chooses for a model with quantized values and scales what the writer wants, if it does not store them. */
static int
choose_decoded (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  fci_links chosen = { 0 };
  const fmtconv_model *plain = decoded (c, model, &chosen);
  const size_t n = chosen.n;
  if (plain == model || fci_chain_choose_for_writer (c, plain, &chosen) || chosen.n == n)
    return c->ctx->failed;
  *links = chosen;
  c->is_for_writer = true;
  return 0;
}

/* Adds the writer's transform that decodes tensors in blocks, if there are some. */
static int
add_decoding (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  const char *decode = c->writer.plugin->writer->decode;
  FMTCONV_FOREACH (t, model)
    if (decode && fci_is_blocks (t->dtype))
      return fci_links_parse (c->ctx, &decode, 1, links);
  return c->ctx->failed;
}

/* Chooses the transform that made the model for the writer that this one undoes, in reverse, those around it, and one that
 * decodes blocks.  Returns whether there is one. */
static bool
choose_back (fci_conversion *c, const fmtconv_model *model, fci_module *modules, size_t n_modules,
             fci_links *links)
{
  fci_claims claims;
  const char *undoes = c->only_model ? NULL : c->writer.plugin->writer->undoes;
  if (!undoes || fci_claims_of_writer (c->ctx, modules, n_modules, model, undoes, &claims)
      || claims.complete != 1)
    return false;
  c->is_for_writer = true;
  if (!fci_chain_before (c, NULL, links) && !add_link (c->ctx, links, claims.claim[0].module, NULL, "reverse")
      && !fci_chain_next (c, NULL, links))
    add_decoding (c, model, links);
  return true;
}

int
fci_chain_choose (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  size_t n_modules;
  fci_claims claims;
  if (fmtconv_model_next_component (model, NULL))
    return choose_one_file (c, model, links);
  if (choose_decoded (c, model, links) || links->n)
    return c->ctx->failed;
  fci_module *modules = usable_modules (c->ctx, &n_modules);
  if (!modules || choose_back (c, model, modules, n_modules, links))
    return c->ctx->failed;
  if (fci_claims_make (c->ctx, modules, n_modules, model, writer_of (c), &claims))
    return c->ctx->failed;
  return choose (c, &claims, links);
}

int
fci_chain_choose_for_writer (fci_conversion *c, const fmtconv_model *model, fci_links *links)
{
  size_t n;
  fci_claims claims;
  if (fmtconv_model_next_component (model, NULL))
    return c->ctx->failed;
  fci_module *modules = fci_modules (c->ctx, &n);
  if (!modules || fci_claims_make (c->ctx, modules, n, model, writer_of (c), &claims))
    return c->ctx->failed;
  const fci_claim *only = claims.first == 1 && !is_doubtful (&claims) ? claims.claim : NULL;
  if (!only || !(only->params || only->plugin->transform->writer))
    return c->ctx->failed;
  add_for_writer (c, only, links);
  c->is_for_writer = false; /* what stands after it was typed */
  return c->ctx->failed;
}

int
fci_chain_choose_component (fci_conversion *c, const fmtconv_model *model, const char *name, fci_links *links)
{
  size_t n_modules, n = 0;
  fci_claims claims;
  fci_module *found = NULL;
  fci_module *modules = usable_modules (c->ctx, &n_modules);
  if (!modules || fci_claims_make (c->ctx, modules, n_modules, model, writer_of (c), &claims))
    return c->ctx->failed;
  for (size_t i = 0; i < claims.complete; i++)
    if (!strcmp (claims.claim[i].plugin->transform->kind, name) && ++n)
      found = claims.claim[i].module;
  if (n == 1)
    return add_link (c->ctx, links, found, NULL, NULL);
  if (claims.complete == 1)
    return add_link (c->ctx, links, claims.claim[0].module, NULL, NULL);
  for (size_t i = 0; i < claims.complete; i++)
    fmtconv_detail (c->ctx, "%s: %s%s", claims.claim[i].plugin->transform->kind, claims.claim[i].plugin->name,
                    fci_missing_mark (c->ctx, claims.claim[i].module));
  if (claims.complete)
    return fmtconv_fail (c->ctx, FMTCONV_E_UNSUPPORTED,
                         "several transforms match the component '%s': name one of these", name);
  links->none = true;
  return c->ctx->failed;
}

/* Returns the folder of a component below the input; NULL: there is no such folder, or an error. */
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
  const char *name = fmtconv_model_name (component), *output = output_for (c, name);
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
  if (c->part->job.name || writes_components (c) || makes_one_model (c))
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
