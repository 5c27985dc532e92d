/* core/api/parts.c: the parts of a model: the tensors that each transform takes, and the remaining tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/parts.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/convert/recognize.h"
#include "core/model/freeze.h"
#include "core/model/lineage.h"
#include <string.h>

typedef struct part
{
  const char *name; /* a kind, or the reason why its tensors are left out */
  size_t tensors;
  uint64_t bytes;
} part;

typedef struct parts
{
  const fci_claims *claims;
  const fmtconv_model *const *stages;
  fci_tensor_lineage account; /* made by the first transform, if it was run */
  part *part;                 /* the parts of the claims come first */
  size_t n;
  size_t capacity;
} parts;

static bool
takes (const parts *p, size_t claim, size_t tensor)
{
  if (!claim && p->stages[1])
    return !p->account.why[fci_model_base (p->stages[0]) + tensor];
  return p->claims->claim[claim].found.takes[tensor];
}

/* Adds a part for tensors that are left out.  Returns NULL if memory runs out. */
static part *
add_reason (fmtconv_ctx *ctx, parts *p, const char *why)
{
  if (p->n == p->capacity)
    {
      part *more = fmtconv_ctx_alloc (ctx, 2 * p->capacity, sizeof *more);
      if (!more)
        return NULL;
      memcpy (more, p->part, p->n * sizeof *more);
      p->part = more;
      p->capacity *= 2;
    }
  p->part[p->n].name = why;
  return &p->part[p->n++];
}

/* Returns the first claim that is a part: a pipeline is the whole, if its parts are recognized, too. */
static size_t
first_part (const parts *p)
{
  const fci_claims *claims = p->claims;
  return claims->complete > 1 && claims->claim[0].plugin->transform->rules->components ? 1 : 0;
}

/* Returns the part of a tensor: that of the first transform that takes it, else that of the reason of the
 * first transform, or of the whole if only a pipeline takes it. */
static part *
part_of (fmtconv_ctx *ctx, parts *p, size_t tensor)
{
  const char *why = p->stages[1]          ? p->account.why[fci_model_base (p->stages[0]) + tensor]
                    : p->claims->complete ? "the rest"
                                          : "tensors";
  for (size_t i = first_part (p); i < p->claims->complete; i++)
    if (takes (p, i, tensor))
      return &p->part[i];
  if (!why)
    return &p->part[0];
  for (size_t i = p->claims->complete; i < p->n; i++)
    if (!strcmp (p->part[i].name, why))
      return &p->part[i];
  return add_reason (ctx, p, why);
}

static int
begin (fmtconv_ctx *ctx, parts *p)
{
  if (p->stages[1] && fci_tensor_lineage_make (ctx, p->stages[1], NULL, &p->account))
    return ctx->failed;
  p->n = p->claims->complete;
  p->capacity = p->n + 1;
  p->part = fmtconv_ctx_alloc (ctx, p->capacity, sizeof *p->part);
  for (size_t i = 0; p->part && i < p->n; i++)
    p->part[i].name = p->claims->claim[i].plugin->transform->kind;
  return ctx->failed;
}

void
fci_add_parts (fmtconv_attr *object, const fci_claims *claims, const fmtconv_model *const *stages,
               const char *const *commands)
{
  parts p = { .claims = claims, .stages = stages };
  fmtconv_attr *list = fci_add_array (object, "parts");
  if (!list || begin (list->ctx, &p))
    return;
  FMTCONV_FOREACH (t, stages[0])
    {
      part *at = part_of (list->ctx, &p, fci_tensor_index (t));
      if (!at)
        return;
      at->tensors++;
      at->bytes += t->bytes;
    }
  for (size_t i = 0; i < p.n; i++)
    {
      if (!p.part[i].tensors)
        continue;
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "part", p.part[i].name);
      fci_add_count (node, "tensors", p.part[i].tensors);
      fci_add_count (node, "bytes", p.part[i].bytes);
      if (i < claims->complete)
        fci_add_text (node, "command", commands[i]);
    }
}

/* Returns "vae (AutoencoderKLCogVideoX)", or a description of a component without tensors. */
static const char *
component_text (fmtconv_ctx *ctx, const fmtconv_model *c)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (c);
  const char *class = fmtconv_attr_get_string (attrs, "class", NULL),
             *title = fmtconv_attr_get_string (attrs, "title", NULL);
  size_t files = 0;
  for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (c, blob));)
    files++;
  const char *what = title ? title : class;
  const char *carried =
      files ? fmtconv_ctx_printf (ctx, "%s%zu file%s", what ? ", " : "", files, files == 1 ? "" : "s") : "";
  if (!what && !files)
    return fmtconv_ctx_printf (ctx, "%s", fmtconv_model_name (c));
  return fmtconv_ctx_printf (ctx, "%s (%s%s)", fmtconv_model_name (c), what ? what : "", carried);
}

void
fci_add_components (fmtconv_attr *object, const fmtconv_model *bundle)
{
  fmtconv_attr *list = fci_add_array (object, "parts");
  for (const fmtconv_model *c = NULL; list && (c = fmtconv_model_next_component (bundle, c));)
    {
      fmtconv_attr *node = fci_add_object (list);
      fci_add_text (node, "part", component_text (list->ctx, c));
      fci_add_count (node, "tensors", fmtconv_model_count (c));
      fci_add_count (node, "bytes", fci_model_bytes (c));
    }
}
