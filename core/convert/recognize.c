/* core/convert/recognize.c: finds the transforms that match a model, by running their rules silently.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/recognize.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include <stdlib.h>
#include <string.h>

enum
{
  NEAR = 4 /* claimed tensors per missing or unknown tensor in a near match */
};

static bool
is_complete (const fci_claim *claim)
{
  return !claim->found.missing && !claim->found.unknown;
}

/* Returns whether few tensors are missing or unknown. An incomplete file of the right kind lacks little;
 * another kind of model shares only a few common names. */
static bool
is_near (const fci_claim *claim)
{
  const fci_recognition *found = &claim->found;
  return found->missing <= found->claimed / NEAR && found->unknown <= found->claimed / NEAR - found->missing;
}

static int
by_rank (const void *a, const void *b)
{
  const fci_claim *x = a, *y = b;
  int x_first = x->plugin->transform->precedence, y_first = y->plugin->transform->precedence;
  if (is_complete (x) != is_complete (y))
    return is_complete (x) ? -1 : 1;
  if (x_first != y_first)
    return x_first > y_first ? -1 : 1;
  if (x->is_for_writer != y->is_for_writer)
    return x->is_for_writer ? -1 : 1;
  return strcmp (x->plugin->name, y->plugin->name);
}

static void
count (fci_claims *out)
{
  while (out->complete < out->n && is_complete (&out->claim[out->complete]))
    out->complete++;
  while (out->first < out->complete
         && out->claim[out->first].plugin->transform->precedence
                == out->claim[0].plugin->transform->precedence)
    out->first++;
}

/* Returns whether some tensors are claimed by a complete match of the same kind, too: then the model is that one, and the near
 * match a model that has names of it. */
static bool
is_relative (const fci_claims *claims, const fci_claim *near, size_t n_tensors)
{
  for (size_t i = 0; i < claims->complete; i++)
    {
      const fci_claim *whole = &claims->claim[i];
      if (!strcmp (whole->plugin->transform->kind, near->plugin->transform->kind)
          && whole->found.claimed + near->found.claimed > n_tensors)
        return true;
    }
  return false;
}

/* Takes such near matches away. */
static void
remove_relatives (fci_claims *claims, fci_claim *claim, size_t n_tensors)
{
  size_t kept = claims->complete;
  for (size_t i = claims->complete; i < claims->n; i++)
    if (!is_relative (claims, &claim[i], n_tensors))
      claim[kept++] = claim[i];
  claims->n = kept;
}

/* Keeps only transforms for the writer, if one that takes the whole model comes first: another transform of these tensors, a
 * text encoder's from one program to another, gives them names that the writer's programs do not know. */
static void
keep_for_writer (fci_claims *claims)
{
  size_t n = 0;
  while (n < claims->complete && claims->claim[n].is_for_writer)
    n++;
  if (n)
    claims->n = claims->complete = claims->first = n;
}

typedef int recognizer (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out);

/* A search for transforms that match a model. */
typedef struct search
{
  fmtconv_ctx *ctx;
  const fmtconv_model *model;
  recognizer *recognize;
  const char *writer;   /* name of the writer of the output; NULL: not known */
  bool near;            /* near matches count */
  bool is_reverse;      /* the index has no rules for it */
  const char *made_for; /* in reverse: only transforms that are for the writer of that name; NULL: all */
} search;

const char *
fci_transform_for_writer (const fmtconv_transform *transform, const char *writer)
{
  const char *text = transform->for_writer;
  const size_t n = writer ? strlen (writer) : 0;
  return text && n && !strncmp (text, writer, n) && text[n] == ':' ? text + n + 1 : NULL;
}

/* Recognizes the names of either side of the rules, if the transform is for the writer from both. */
static int
recognize_sides (const search *s, const fmtconv_transform *transform, fci_claim *claim)
{
  fci_recognition second;
  int code = s->recognize (transform->rules, s->model, &claim->found);
  claim->params = s->is_reverse ? NULL : fci_transform_for_writer (transform, s->writer);
  if (code || !claim->params || (claim->found.claimed && is_complete (claim)))
    return code;
  code = fci_rules_recognize_reverse (transform->rules, s->model, &second);
  if (!code && second.claimed && !second.missing && !second.unknown)
    claim->found = second;
  return code == FMTCONV_E_NOMEM ? code : 0;
}

/* Returns whether a table makes a pipeline, and the writer stores one model. */
static bool
makes_too_many (const search *s, const fmtconv_rules *rules)
{
  if (!rules->components || s->is_reverse || !s->writer || !strcmp (s->writer, FCI_ANY_WRITER))
    return false;
  const fci_module *module = fci_module_find (s->ctx, s->writer);
  return module && fci_plugin_has (module->plugin, FCI_WRITER)
         && !(module->plugin->writer->limits.understands & FMTCONV_FEATURE_COMPONENTS);
}

/* Returns whether the rules make a configuration, without which a library does not load what they make in reverse. */
static bool
makes_config (fmtconv_ctx *ctx, const fmtconv_rules *rules)
{
  const char *why = NULL;
  fmtconv_attr *tree =
      rules && rules->attributes ? fmtconv_attr_parse_json (ctx, rules->attributes, &why) : NULL;
  return tree && fmtconv_attr_get (tree, "config");
}

/* Returns whether a transform is only for the writer of that name, and can run in reverse without being asked. */
static bool
is_made_for (const search *s, const fmtconv_transform *transform)
{
  return transform->writer && !strcmp (transform->writer, s->made_for)
         && makes_config (s->ctx, transform->rules);
}

/* Returns whether a transform may be chosen for the writer of the search. One that looks further than its rules is chosen only
 * for a known writer: fmtconv_inspect calls its `describe` instead. */
static bool
suits_writer (const search *s, const fmtconv_transform *transform)
{
  const bool is_any = s->writer && !strcmp (s->writer, FCI_ANY_WRITER);
  if (s->made_for && !is_made_for (s, transform))
    return false;
  if (transform->recognize && (s->is_reverse || !s->writer || is_any))
    return false;
  return s->is_reverse || !transform->writer || is_any
         || (s->writer && strcmp (transform->writer, s->writer) == 0);
}

/* Runs the rules of a plugin, and looks further if it does. Returns whether they match. */
static bool
matches (const search *s, const fmtconv_plugin *plugin, fci_claim *claim)
{
  claim->plugin = plugin;
  if (!fci_plugin_has (plugin, FCI_TRANSFORM) || !plugin->transform->kind || !plugin->transform->rules)
    return false;
  if (!suits_writer (s, plugin->transform) || makes_too_many (s, plugin->transform->rules))
    return false;
  int code = recognize_sides (s, plugin->transform, claim);
  if (code == FMTCONV_E_NOMEM)
    fci_nomem (s->ctx);
  if (code && !s->ctx->failed && !fci_rules_check (s->ctx, plugin->transform->rules))
    fmtconv_fail (s->ctx, code, "cannot recognize the model by the rules of '%s'%s%s", plugin->name,
                  claim->found.why ? ": " : "", claim->found.why ? claim->found.why : "");
  const char *only = plugin->transform->writer;
  claim->is_for_writer = only && s->writer && !strcmp (only, s->writer) && is_complete (claim)
                         && claim->found.claimed == fmtconv_model_count (s->model);
  if (code || !claim->found.claimed)
    return false;
  if (plugin->transform->recognize)
    return is_complete (claim) && plugin->transform->recognize (s->ctx, s->model);
  return is_complete (claim) || (s->near && is_near (claim));
}

/* Returns whether a module's transform matches, first by the index, then by its own rules. */
static bool
module_matches (const search *s, fci_module *module, fci_claim *claim)
{
  const fmtconv_plugin *known = module->known ? &module->known->plugin : NULL;
  *claim = (fci_claim){ .module = module };
  if (known && s->is_reverse && !(fci_plugin_has (known, FCI_TRANSFORM) && known->transform->kind))
    return false;
  if (known && !s->is_reverse && !matches (s, known, claim))
    {
      fci_missing_note_unused (s->ctx, module);
      return false;
    }
  const fmtconv_plugin *plugin = fci_module_load (s->ctx, module);
  return plugin ? matches (s, plugin, claim) : known && !s->is_reverse;
}

/* Finds the transforms whose rules match, in order. Returns 0 or an error code. */
static int
find_claims (const search *s, fci_module *modules, size_t n_modules, fci_claims *out)
{
  fci_claim *claims = fmtconv_ctx_alloc (s->ctx, n_modules + 1, sizeof *claims);
  *out = (fci_claims){ .claim = claims };
  for (size_t i = 0; claims && i < n_modules && !s->ctx->failed; i++)
    out->n += module_matches (s, &modules[i], &claims[out->n]);
  if (s->ctx->failed || !claims)
    return s->ctx->failed;
  qsort (claims, out->n, sizeof *claims, by_rank);
  count (out);
  keep_for_writer (out);
  remove_relatives (out, claims, fmtconv_model_count (s->model));
  /* A pipeline takes every tensor: what nearly matches has nothing to add. */
  if (out->complete && claims[0].plugin->transform->rules->components)
    out->n = out->complete;
  return 0;
}

int
fci_claims_make (fmtconv_ctx *ctx, fci_module *modules, size_t n_modules, const fmtconv_model *model,
                 const char *writer, fci_claims *out)
{
  const search s = {
    .ctx = ctx, .model = model, .recognize = fci_rules_recognize, .writer = writer, .near = true
  };
  return find_claims (&s, modules, n_modules, out);
}

/* Recognizes a model by reversed rules. Rules that cannot run in reverse match nothing. */
static int
recognize_reverse (const fmtconv_rules *rules, const fmtconv_model *model, fci_recognition *out)
{
  *out = (fci_recognition){ 0 };
  return fci_rules_one_way (fci_model_ctx (model), rules) ? 0
                                                          : fci_rules_recognize_reverse (rules, model, out);
}

int
fci_claims_reverse (fmtconv_ctx *ctx, fci_module *modules, size_t n_modules, const fmtconv_model *model,
                    fci_claims *out)
{
  const search s = { .ctx = ctx, .model = model, .recognize = recognize_reverse, .is_reverse = true };
  return find_claims (&s, modules, n_modules, out);
}

int
fci_claims_of_writer (fmtconv_ctx *ctx, fci_module *modules, size_t n_modules, const fmtconv_model *model,
                      const char *writer, fci_claims *out)
{
  const search s = {
    .ctx = ctx, .model = model, .recognize = recognize_reverse, .is_reverse = true, .made_for = writer
  };
  if (find_claims (&s, modules, n_modules, out))
    return ctx->failed;
  out->n = out->first = out->complete;
  return 0;
}

enum
{
  SHOWN_NAMES = 5 /* tensors that an error lists */
};

/* Lists the first tensors of the model. */
static void
list_names (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  const fmtconv_tensor *t = fmtconv_model_next (model, NULL);
  size_t n = 0;
  for (; t && n < SHOWN_NAMES; t = fmtconv_model_next (model, t), n++)
    fmtconv_detail (ctx, "%s", t->name);
  fci_detail_more (ctx, fmtconv_model_count (model) - n);
}

/* Returns the names of the complete matches: "cogvideox-lora, cogvideox-vae". Returns NULL if there are
 * none. */
static const char *
claim_names (fmtconv_ctx *ctx, const fci_claims *claims)
{
  const char *names = NULL;
  for (size_t i = 0; i < claims->complete; i++)
    names =
        fmtconv_ctx_printf (ctx, "%s%s%s%s", names ? names : "", names ? ", " : "",
                            claims->claim[i].plugin->name, fci_missing_mark (ctx, claims->claim[i].module));
  return names;
}

/* Returns a hint with the transform that fits the model. Returns NULL on error. */
static const char *
absent_hint (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  size_t n;
  fci_claims claims, made;
  fci_module *modules = fci_modules (ctx, &n);
  if (!modules || fci_claims_make (ctx, modules, n, model, NULL, &claims)
      || fci_claims_reverse (ctx, modules, n, model, &made))
    return NULL;
  if (claims.complete)
    return fmtconv_ctx_printf (ctx, "try -t %s", claim_names (ctx, &claims));
  if (made.complete)
    return fmtconv_ctx_printf (
        ctx, "these names are the output of %s: omit the transform, or convert back with -t %s:reverse",
        claim_names (ctx, &made), made.claim[0].plugin->name);
  return "no other installed transform recognizes these tensors; -t none keeps them unchanged";
}

int
fmtconv_model_fail_absent (const fmtconv_model *model, const char *what)
{
  fmtconv_ctx *ctx = model ? fci_model_ctx (model) : NULL;
  const char *hint = ctx && !ctx->failed ? absent_hint (ctx, model) : NULL;
  if (!hint)
    return ctx ? ctx->failed : 0;
  list_names (ctx, model);
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = hint },
                          "no %s found among %zu tensor%s", what, fmtconv_model_count (model),
                          fmtconv_model_count (model) == 1 ? "" : "s");
}
