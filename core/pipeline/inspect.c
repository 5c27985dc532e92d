/* core/pipeline/inspect.c: fmtconv_inspect: what a file or folder holds, and what converts it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/model/view.h"
#include "core/pipeline/detect.h"
#include "core/pipeline/report.h"
#include "core/pipeline/stage.h"
#include "core/source/input.h"
#include <stdlib.h>
#include <string.h>

typedef struct inspection
{
  fmtconv_ctx *ctx;
  const char *path;
  fci_link reader;
  const char *typed;              /* the reader as it was given; NULL: detected */
  const fmtconv_model *stages[2]; /* what was read; what the transform makes of it, or NULL */
  fci_claims claims;              /* the transforms that know it */
  const char **commands;          /* what converts it, one a transform */
  size_t n_commands;
  const char *whole; /* what converts all components together; NULL: there are not several */
} inspection;

/* Tensors and bytes of one data type. */
typedef struct share
{
  uint32_t dtype;
  size_t tensors;
  uint64_t bytes;
} share;

enum
{
  SHARES = 256 /* more than there are data types */
};

static int
look (inspection *s)
{
  fmtconv_input *in = fci_input_user (s->ctx, s->path);
  fci_spec spec = { .params = "" };
  if (!in)
    return s->ctx->failed;
  if (s->typed && fci_spec_parse (s->ctx, s->typed, &spec))
    return s->ctx->failed;
  s->reader.params = spec.params;
  s->reader.plugin =
      s->typed ? fci_plugin_find (s->ctx, spec.name, FCI_READER) : fci_detect_reader (s->ctx, in);
  if (s->reader.plugin)
    s->stages[0] = fci_stage_read (s->ctx, s->reader.plugin, s->reader.params, in);
  return s->ctx->failed;
}

/* Its components are named already. */
static bool
is_bundle (const inspection *s)
{
  return fmtconv_next_component (s->stages[0], NULL) != NULL;
}

/* Which transforms know the model; the first one's result is asked for the title and the parts, silently,
 * because it may lack a parameter. */
static int
recognise (inspection *s)
{
  size_t n_modules;
  fci_try saved;
  unsigned flags = s->ctx->options.flags;
  const fci_module *modules = fci_modules (s->ctx, &n_modules);
  if (is_bundle (s))
    return s->ctx->failed;
  if (!modules || fci_claims_make (s->ctx, modules, n_modules, s->stages[0], &s->claims)
      || !s->claims.complete)
    return s->ctx->failed;
  s->ctx->options.flags = flags & ~(unsigned) FMTCONV_STRICT; /* what it would warn of is no error here */
  fci_try_begin (s->ctx, &saved);
  s->stages[1] = fci_stage_transform (s->ctx, s->claims.claim[0].plugin, "", s->stages[0]);
  if (fci_try_end (s->ctx, &saved))
    s->stages[1] = NULL;
  s->ctx->options.flags = flags;
  return 0;
}

/* Only GGUF stores blocks, and a model that has them is mostly wanted without. */
static bool
has_blocks (const inspection *s)
{
  for
    FMTCONV_EACH (t, s->stages[0])
  if (fci_is_blocks (t->dtype))
    return true;
  return false;
}

/* One command for each transform that recognises the model, or the one that takes it as it is. */
static int
find_commands (inspection *s)
{
  const char *path = fci_shell_path (s->ctx, s->path);
  const char *reader = s->typed ? fmtconv_text (s->ctx, " -r %s", fci_shell_word (s->ctx, s->typed)) : "";
  const char *output = is_bundle (s) ? "OUTPUT/" : "OUTPUT.safetensors";
  if (fci_claims_are_components (&s->claims) && reader)
    s->whole = fmtconv_text (s->ctx, "fmtconv%s %s OUTPUT/", reader, path);
  s->n_commands = s->claims.complete ? s->claims.complete : 1;
  s->commands = fmtconv_alloc (s->ctx, s->n_commands, sizeof *s->commands);
  for (size_t i = 0; s->commands && reader && i < s->n_commands; i++)
    {
      const char *name = s->claims.complete ? s->claims.claim[i].plugin->name
                         : has_blocks (s)   ? "dequantise"
                                            : "";
      s->commands[i] =
          fmtconv_text (s->ctx, "fmtconv%s%s%s %s %s", reader, *name ? " -t " : "", name, path, output);
    }
  return s->ctx->failed;
}

/* The kinds that are converted unasked; several where the user has to choose. */
static const char *
kind_of (const inspection *s)
{
  const char *kind = is_bundle (s) ? "several components" : NULL;
  for (size_t i = 0; i < s->claims.first; i++)
    kind = fmtconv_text (s->ctx, "%s%s%s", kind ? kind : "", kind ? ", " : "",
                         s->claims.claim[i].plugin->transform->kind);
  return kind;
}

static const char *
title_of (const inspection *s)
{
  const char *title = NULL;
  for (int i = 1; i >= 0 && !title; i--)
    if (s->stages[i])
      title = fmtconv_get_string (fmtconv_attrs (s->stages[i]), "title", NULL);
  if (title)
    return title;
  size_t n = fci_model_tensors (s->stages[0]);
  return fmtconv_text (s->ctx, "%zu tensor%s", n, n == 1 ? "" : "s");
}

static int
by_bytes (const void *a, const void *b)
{
  const share *x = a, *y = b;
  if (x->bytes != y->bytes)
    return x->bytes < y->bytes ? 1 : -1;
  return (x->dtype > y->dtype) - (x->dtype < y->dtype);
}

static void
add_dtypes (fmtconv_attr *result, const inspection *s)
{
  share shares[SHARES] = { 0 };
  size_t n = 0;
  for
    FCI_EACH_LEAF (leaf, s->stages[0])
  for
    FMTCONV_EACH (t, leaf)
    {
      size_t i = 0;
      while (i < n && shares[i].dtype != t->dtype)
        i++;
      if (i == SHARES)
        continue;
      n = i == n ? n + 1 : n;
      shares[i].dtype = t->dtype;
      shares[i].tensors++;
      shares[i].bytes += t->bytes;
    }
  qsort (shares, n, sizeof *shares, by_bytes);
  fmtconv_attr *list = fci_add_array (result, "dtypes");
  for (size_t i = 0; i < n; i++)
    {
      fmtconv_attr *node = fci_add_object (list);
      fmtconv_set_string (node, "dtype", fmtconv_dtype (shares[i].dtype)->name);
      fci_add_count (node, "tensors", shares[i].tensors);
      fci_add_count (node, "bytes", shares[i].bytes);
    }
}

/* One source that tensors lie in. */
typedef struct storage
{
  const fmtconv_tensor *last; /* that was counted */
  size_t tensors;
} storage;

/* Count a tensor for each source it lies in. */
static void
count_box (const inspection *s, fci_map *seen, const fmtconv_tensor *t, const fci_box *box, size_t *shared)
{
  uintptr_t value = 0;
  if (!fci_map_get (seen, &box->source, sizeof box->source, &value))
    {
      value = (uintptr_t) fci_new (s->ctx, storage);
      if (!value || !fci_map_add (seen, &box->source, sizeof box->source, value, NULL))
        return;
    }
  storage *at = (storage *) value;
  if (at->last == t)
    return;
  at->last = t;
  *shared += ++at->tensors == 2;
}

static void
add_storages (fmtconv_attr *result, const inspection *s)
{
  const fmtconv_model *model = s->stages[0];
  bool any_tied = (fci_model_features (model) & FMTCONV_TIED) != 0;
  fci_map *seen = fci_map_new (s->ctx);
  size_t shared = 0, tied = 0;
  if (!seen)
    return;
  for
    FCI_EACH_LEAF (leaf, model)
  for
    FMTCONV_EACH (t, leaf)
    {
      for (size_t i = 0; i < t->view->n_boxes; i++)
        count_box (s, seen, t, &t->view->boxes[i], &shared);
      tied += any_tied && fmtconv_tied (leaf, t);
    }
  fmtconv_attr *node = fmtconv_make (result, "storages");
  fci_add_count (node, "sources", fci_map_count (seen));
  fci_add_count (node, "shared", shared);
  fci_add_count (node, "tied", tied);
}

static void
add_list (fmtconv_attr *result, const inspection *s)
{
  fmtconv_attr *list = fci_add_array (result, "list");
  for
    FCI_EACH_LEAF (leaf, s->stages[0])
  for
    FMTCONV_EACH (t, leaf)
    {
      const char *of = fmtconv_name (leaf);
      fci_add_tensor (fci_add_object (list), *of ? fmtconv_text (s->ctx, "%s/%s", of, t->name) : t->name,
                      t->view);
    }
}

static fmtconv_attr *
describe (const inspection *s)
{
  const fmtconv_model *model = s->stages[0];
  fmtconv_attr *result = fmtconv_object (s->ctx);
  fci_add_text (result, "path", s->path);
  fmtconv_set_string (result, "format", s->reader.plugin->name);
  fmtconv_set_string (result, "kind", kind_of (s));
  fci_add_text (result, "title", title_of (s));
  fci_add_count (result, "tensors", fci_model_tensors (model));
  fci_add_count (result, "bytes", fci_model_bytes (model));
  fci_add_count (result, "parameters", fci_model_elements (model));
  add_dtypes (result, s);
  if (is_bundle (s))
    fci_add_components (result, model);
  else
    fci_add_parts (result, &s->claims, s->stages, s->commands);
  fci_add_skipped (result, model);
  add_storages (result, s);
  fci_add_shown (result, "attributes", fmtconv_attrs (model));
  fmtconv_attr *commands = fci_add_array (result, "convert");
  if (s->whole)
    fci_add_text (commands, NULL, s->whole);
  for (size_t i = 0; i < s->n_commands; i++)
    fci_add_text (commands, NULL, s->commands[i]);
  if (s->ctx->options.flags & FMTCONV_LIST)
    add_list (result, s);
  if (s->ctx->options.flags & FMTCONV_STATS)
    fci_add_stats (result, fmtconv_get (result, "list"), model);
  return s->ctx->failed ? NULL : result;
}

fmtconv_attr *
fmtconv_inspect (fmtconv_ctx *ctx, const char *path, const char *reader)
{
  inspection s = { .ctx = ctx, .path = path, .typed = reader };
  if (!ctx || ctx->failed)
    return NULL;
  if (!path || !*path)
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "a file or folder to look at is needed");
  if (ctx->failed || look (&s) || recognise (&s) || find_commands (&s))
    return NULL;
  return describe (&s);
}
