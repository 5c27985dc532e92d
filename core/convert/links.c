/* core/convert/links.c: runs transforms on a model or on one of its components.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/link.h"
#include "core/convert/links.h"
#include "core/convert/stage.h"
#include "core/model/bundle.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/rules/rules.h"
#include <string.h>

enum
{
  MAX_COMPONENTS = 64
};

/* A chain while it runs. */
typedef struct runner
{
  fmtconv_ctx *ctx;
  const fmtconv_model *base;  /* the last model without components */
  const fmtconv_model *model; /* the current model */
} runner;

fci_link *
fci_links_add (fmtconv_ctx *ctx, fci_links *links)
{
  if (!(links->n & (links->n - 1)))
    {
      fci_link *more = fmtconv_ctx_alloc (ctx, links->n ? 2 * links->n : 1, sizeof *more);
      if (!more)
        return NULL;
      if (links->n)
        memcpy (more, links->link, links->n * sizeof *more);
      links->link = more;
    }
  return &links->link[links->n++];
}

static bool
is_bundle (const fmtconv_model *model)
{
  return fmtconv_model_next_component (model, NULL) != NULL;
}

/* Lists the -t option for each component that has tensors. */
static void
list_components (fmtconv_ctx *ctx, const fmtconv_model *bundle, const fci_link *link)
{
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (bundle, c));)
    if (fmtconv_model_count (c))
      {
        fci_link named = *link;
        named.component = fmtconv_model_name (c);
        const char *option = fci_link_option (ctx, 't', &named);
        fmtconv_detail (ctx, "%s", option + (*option == ' '));
      }
}

/* Returns whether the transform's rules match the component completely; without rules, whether the
 * component has tensors. */
static bool
matches_component (const fci_link *link, const fmtconv_model *component)
{
  fci_recognition found;
  const fmtconv_rules *rules = link->plugin->transform->rules;
  if (!rules)
    return fmtconv_model_count (component) > 0;
  int code = link->reverse ? fci_rules_recognize_reverse (rules, component, &found)
                           : fci_rules_recognize (rules, component, &found);
  return code == 0 && found.claimed && !found.missing && !found.unknown;
}

/* Returns the only component that the transform matches. Returns NULL, with an error, if it is not unique. */
static const char *
only_component (const runner *r, const fci_link *link)
{
  const fmtconv_model *only = NULL;
  size_t n = 0;
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (r->model, c));)
    if (matches_component (link, c) && ++n)
      only = c;
  if (n == 1 || r->ctx->failed)
    return n == 1 ? fmtconv_model_name (only) : NULL;
  list_components (r->ctx, r->model, link);
  fmtconv_fail (r->ctx, FMTCONV_E_USAGE, "transform '%s' takes one component: choose it with one of these",
                link->plugin->name);
  return NULL;
}

/* Returns the bundle with `made` replacing the component of the same name, or appended. Keeps the
 * attributes of the bundle. */
static const fmtconv_model *
put_component (const runner *r, const fmtconv_model *made)
{
  fmtconv_model *all[MAX_COMPONENTS + 1];
  size_t n = 0;
  bool there = false;
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (r->model, c));)
    {
      bool same = !strcmp (fmtconv_model_name (c), fmtconv_model_name (made));
      all[n++] = (fmtconv_model *) (same ? made : c);
      there = there || same;
    }
  if (!there)
    all[n++] = (fmtconv_model *) made;
  fmtconv_model *bundle = fci_model_bundle (r->ctx, n, all);
  if (is_bundle (r->model))
    fmtconv_attr_overlay (fmtconv_model_attrs (bundle), fmtconv_model_attrs (r->model));
  return bundle;
}

/* Returns the input of a transform of one component. Returns NULL on error. */
static const fmtconv_model *
input_of (const runner *r, const fci_link *link)
{
  const fmtconv_model *component = fci_model_find_component (r->model, link->component);
  if (component)
    return component;
  if (!is_bundle (r->base))
    return r->base;
  list_components (r->ctx, r->base, link);
  fmtconv_fail (r->ctx, FMTCONV_E_USAGE, "there is no component '%s'; use one of these:", link->component);
  return NULL;
}

static const fmtconv_model *
run_link (fmtconv_ctx *ctx, const fci_link *link, const fmtconv_model *in)
{
  return link->reverse ? fci_stage_reverse (ctx, link, in) : fci_stage_transform (ctx, link, in);
}

static int
run_on_component (runner *r, fci_link *link)
{
  const fmtconv_model *in = input_of (r, link);
  fci_subject subject;
  fci_subject_push_file (r->ctx, &subject, link->component);
  link->n_in = in ? fmtconv_model_count (in) : 0;
  link->out = in ? run_link (r->ctx, link, in) : NULL;
  fci_subject_pop (r->ctx, &subject);
  if (!link->out || fci_model_set_name ((fmtconv_model *) link->out, link->component))
    return r->ctx->failed;
  r->model = put_component (r, link->out);
  return r->ctx->failed;
}

static int
run_on_all (runner *r, fci_link *link)
{
  link->n_in = fci_model_tensors (r->model);
  link->out = r->model = run_link (r->ctx, link, r->model);
  if (r->model && !is_bundle (r->model))
    r->base = r->model;
  return r->ctx->failed;
}

/* Warns of an empty result: it can be written, but is hardly intended. */
static int
warn_unchanged (fmtconv_ctx *ctx, const fci_link *link)
{
  if (!link->n_in || fci_model_tensors (link->out))
    return 0;
  return fmtconv_warn (ctx, "transform '%s' drops all %zu tensors", link->plugin->name, link->n_in);
}

static bool
same_link (const fci_link *a, const fci_link *b)
{
  return a->plugin == b->plugin && a->reverse == b->reverse && !strcmp (a->params, b->params)
         && !strcmp (a->component ? a->component : "", b->component ? b->component : "");
}

size_t
fci_links_common (const fci_links *a, const fci_links *b, size_t n)
{
  size_t alike = 0;
  while (alike < n && same_link (&a->link[alike], &b->link[alike]))
    alike++;
  return alike;
}

int
fci_links_run (fmtconv_ctx *ctx, const fci_links *links, const fmtconv_model **model)
{
  runner r = { .ctx = ctx, .base = *model, .model = *model };
  for (size_t i = 0; i < links->n && !fci_check_cancel (ctx); i++)
    {
      fci_link *link = &links->link[i];
      if (link->after)
        {
          r.model = link->after;
          r.base = is_bundle (r.model) ? r.base : r.model;
          continue;
        }
      bool whole =
          !is_bundle (r.model) || (link->plugin->transform->understands & FMTCONV_FEATURE_COMPONENTS);
      if (!link->component && !whole && !(link->component = only_component (&r, link)))
        return ctx->failed;
      if ((link->component ? run_on_component (&r, link) : run_on_all (&r, link))
          || warn_unchanged (ctx, link))
        return ctx->failed;
      link->after = r.model;
    }
  *model = r.model;
  return ctx->failed;
}
