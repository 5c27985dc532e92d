/* core/api/inspect-recognize.c: finds the transforms that recognize a model to inspect, or that make such a model.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/inspect.h"
#include "core/base/ctx.h"
#include "core/convert/stage.h"
#include "core/plugin/missing.h"
#include "core/plugin/registry.h"
#include <stdio.h>
#include <string.h>

bool
fci_inspect_is_bundle (const fci_inspection *s)
{
  return fmtconv_model_next_component (s->stages[0], NULL) != NULL;
}

/* Writes the parameter that a transform lacks to a text of FCI_INSPECT_NEEDS bytes. */
static void
capture_message (void *text, const fmtconv_message *message)
{
  if (message->level == FMTCONV_MSG_ERROR)
    snprintf (text, FCI_INSPECT_NEEDS, "%s%s%s", message->what, message->hint ? "; " : "",
              message->hint ? message->hint : "");
}

/* Names what a transform that is not installed, or refused, lacks. Returns whether it can run. */
static bool
is_usable (const fci_inspection *s, size_t i, char needs[FCI_INSPECT_NEEDS])
{
  fci_module *module = s->claims.claim[i].module;
  if (fci_module_load (s->ctx, module))
    return true;
  if (module->is_absent)
    snprintf (needs, FCI_INSPECT_NEEDS, "the plugin %s, which is not installed: %s", module->name,
              fci_index_hint (s->ctx, module->known));
  else
    snprintf (needs, FCI_INSPECT_NEEDS, "the plugin %s, which was refused: %s: %s", module->name,
              module->path, module->error);
  return false;
}

const fmtconv_model *
fci_inspect_try_claim (const fci_inspection *s, size_t i, const char *params, char needs[FCI_INSPECT_NEEDS])
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

bool
fci_inspect_has_config (const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model);
  return fmtconv_attr_get (attrs, "config") || fmtconv_attr_get (attrs, "config-default");
}

/* Reports the defects of a model of a known kind. */
static void
note_near_matches (fci_inspection *s)
{
  const fci_claim *near = &s->claims.claim[0];
  s->is_near = true;
  snprintf (s->needs, sizeof s->needs,
            "a partial match of %s: %zu tensors match, %zu missing, %zu unknown; -t %s lists them",
            near->plugin->name, near->found.claimed, near->found.missing, near->found.unknown,
            near->plugin->name);
}

const fmtconv_rules *
fci_inspect_rules_with_sides (const fci_inspection *s)
{
  const fmtconv_rules *rules =
      s->claims.n && !s->is_near ? s->claims.claim[0].plugin->transform->rules : NULL;
  return rules && rules->sides ? rules : NULL;
}

/* Returns what the first transform makes of its output in reverse, which has a title; NULL: it says nothing. */
static const fmtconv_model *
origin_of (fci_inspection *s)
{
  char needs[FCI_INSPECT_NEEDS];
  return fci_inspect_rules_with_sides (s) ? fci_inspect_try_claim (s, 0, "reverse", needs) : NULL;
}

/* Names the first model file that was refused, as it may be that of this model. */
static void
note_refused (fci_inspection *s, fci_module *modules, size_t n_modules)
{
  for (size_t i = 0; i < n_modules && !*s->needs && !s->ctx->failed; i++)
    if (modules[i].model && !fci_module_load (s->ctx, &modules[i]) && modules[i].error)
      snprintf (s->needs, sizeof s->needs, "the model file '%s', which was refused: %s", modules[i].name,
                fci_missing_reason (s->ctx, &modules[i]));
}

/* Finds the transforms that make one file of the components of a pipeline. */
static int
recognize_pipeline (fci_inspection *s, fci_module *modules, size_t n_modules)
{
  fci_claims made;
  if (!modules || fci_claims_reverse (s->ctx, modules, n_modules, s->stages[0], &made) || !made.complete)
    return s->ctx->failed;
  s->claims = made;
  s->is_made = true;
  return s->ctx->failed;
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
recognize_made (fci_inspection *s, fci_module *modules, size_t n_modules)
{
  fci_claims made = { 0 };
  if (s->claims.complete && !fci_inspect_has_config (s->stages[0]))
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

int
fci_inspect_recognize (fci_inspection *s)
{
  size_t n_modules;
  fci_module *modules = fci_modules (s->ctx, &n_modules);
  if (fci_inspect_is_bundle (s))
    return recognize_pipeline (s, modules, n_modules);
  if (!modules || fci_claims_make (s->ctx, modules, n_modules, s->stages[0], FCI_ANY_WRITER, &s->claims))
    return s->ctx->failed;
  if (!recognize_made (s, modules, n_modules) && s->claims.complete)
    s->stages[1] = fci_inspect_try_claim (s, 0, "", s->needs);
  else if (s->claims.n && !s->is_made)
    note_near_matches (s);
  if (!s->claims.n || s->is_made)
    fci_describe (s->ctx, modules, n_modules, s->stages[0], &s->described);
  if (!s->claims.n && !s->described.kind)
    note_refused (s, modules, n_modules);
  return s->ctx->failed;
}
