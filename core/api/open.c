/* core/api/open.c: fmtconv_checkpoint_open and the calls that describe an open checkpoint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/checkpoint.h"
#include "core/api/sanitize.h"
#include "core/api/side.h"
#include "core/api/tree.h"
#include "core/base/ctx.h"
#include "core/base/error.h"
#include "core/base/structs.h"
#include <string.h>

static const char no_path[] = "a file or folder to open is required";

/* Lists the tensors of all components in order. */
static int
list_tensors (fmtconv_checkpoint *c)
{
  c->entry = fmtconv_ctx_alloc (c->ctx, fci_model_tensors (c->model), sizeof *c->entry);
  if (!c->entry)
    return c->ctx->failed;
  FCI_FOREACH_LEAF (leaf, c->model)
    FMTCONV_FOREACH (t, leaf)
      {
        c->entry[c->n++] = (fci_entry){ .component = fmtconv_model_name (leaf), .tensor = t };
      }
  return 0;
}

/* Copies what the application gave, with its texts. */
static int
take_options (fmtconv_ctx *ctx, const fmtconv_open_options *given, fmtconv_open_options *options)
{
  if (fci_struct_take (ctx, FCI_STRUCT (fmtconv_open_options), given, options))
    return ctx->failed;
  options->path = fci_strdup (ctx, options->path);
  options->reader = fci_strdup (ctx, options->reader);
  options->transforms =
      fci_strings_take (ctx, "fmtconv_open_options.transforms", options->transforms, options->n_transforms);
  if (!ctx->failed && (!options->path || !*options->path))
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "%s", no_path);
  return ctx->failed;
}

fmtconv_checkpoint *
fmtconv_checkpoint_open (fmtconv_ctx *ctx, const fmtconv_open_options *options)
{
  fmtconv_open_options given;
  if (fci_call_begin (ctx, options != NULL, no_path) || take_options (ctx, options, &given))
    return NULL;
  fci_side side = { .path = given.path,
                    .reader = given.reader,
                    .transforms = given.transforms,
                    .n_transforms = given.n_transforms };
  fmtconv_checkpoint *c = fci_new (ctx, fmtconv_checkpoint);
  if (!c || fci_side_read (ctx, &side))
    return NULL;
  *c = (fmtconv_checkpoint){
    .ctx = ctx, .path = given.path, .reader = side.link.plugin->name, .model = side.model
  };
  return list_tensors (c) ? NULL : c;
}

static void
add_component (fmtconv_attr *list, const fmtconv_model *component)
{
  fmtconv_attr *node = fci_add_object (list);
  fmtconv_attr_set_string (node, "name", fmtconv_model_name (component));
  fci_add_sanitized (node, "attributes", fmtconv_model_attrs (component));
  fci_add_count (node, "tensors", fmtconv_model_count (component));
}

fmtconv_attr *
fmtconv_checkpoint_describe (const fmtconv_checkpoint *checkpoint)
{
  if (!checkpoint || fci_call_begin (checkpoint->ctx, true, NULL))
    return NULL;
  const fmtconv_model *model = checkpoint->model;
  fmtconv_attr *result = fmtconv_attr_object (checkpoint->ctx);
  fci_add_text (result, "path", checkpoint->path);
  fmtconv_attr_set_string (result, "reader", checkpoint->reader);
  fci_add_sanitized (result, "attributes", fmtconv_model_attrs (model));
  fmtconv_attr *list = fci_add_array (result, "components");
  for (const fmtconv_model *c = NULL; list && (c = fmtconv_model_next_component (model, c));)
    add_component (list, c);
  fci_add_skipped (result, model);
  return checkpoint->ctx->failed ? NULL : result;
}

size_t
fmtconv_checkpoint_count (const fmtconv_checkpoint *checkpoint)
{
  return checkpoint ? checkpoint->n : 0;
}

fci_entry *
fci_checkpoint_entry (const fmtconv_checkpoint *checkpoint, size_t i)
{
  if (i < checkpoint->n)
    return &checkpoint->entry[i];
  fmtconv_fail (checkpoint->ctx, FMTCONV_E_USAGE, "there is no tensor %zu; the checkpoint has %zu", i,
                checkpoint->n);
  return NULL;
}

int
fmtconv_checkpoint_tensor (const fmtconv_checkpoint *checkpoint, size_t i, fmtconv_tensor_info *info)
{
  if (!checkpoint)
    return FMTCONV_E_USAGE;
  fmtconv_ctx *ctx = checkpoint->ctx;
  if (fci_call_begin (ctx, info != NULL, "a struct for the description is required"))
    return ctx->failed;
  if (!fci_struct_has_size (FCI_STRUCT (fmtconv_tensor_info), info))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "fmtconv_tensor_info has a wrong struct_size: %zu",
                         info->struct_size);
  const fci_entry *entry = fci_checkpoint_entry (checkpoint, i);
  if (!entry)
    return ctx->failed;
  const fmtconv_tensor *t = entry->tensor;
  const fmtconv_dtype_info *type = fmtconv_dtype_get (t->dtype);
  *info = (fmtconv_tensor_info){ .struct_size = sizeof *info,
                                 .component = entry->component,
                                 .name = t->name,
                                 .dtype = type->name,
                                 .block = type->block,
                                 .block_bytes = type->block_bytes,
                                 .rank = t->rank,
                                 .shape = t->shape,
                                 .bytes = t->bytes };
  return 0;
}
