/* core/model/quant-description.c: what a file says of the quantization of its tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/model/private.h"
#include "core/model/quant-description.h"
#include "core/view/load.h"
#include "core/view/view.h"
#include <string.h>

static const char header_key[] = "_quantization_metadata";
static const char tensor_ending[] = ".comfy_quant";
static const char weight_ending[] = ".weight";

/* The formats that fmtconv decodes (ComfyUI: comfy/quant_ops.py, QUANT_ALGOS; the forms by row and block are those of
 * its extensions). */
static const struct
{
  const char *name;
  fci_quant_format format;
} formats[] = {
  { "float8_e4m3fn", FCI_QUANT_SCALED },
  { "float8_e4m3fn_rowwise", FCI_QUANT_SCALED },
  { "float8_e4m3fn_blockwise", FCI_QUANT_SCALED },
  { "float8_e5m2", FCI_QUANT_SCALED },
  { "int8_tensorwise", FCI_QUANT_SCALED },
  { "int8_blockwise", FCI_QUANT_SCALED },
  { "mxfp8", FCI_QUANT_MXFP8 },
  { "nvfp4", FCI_QUANT_NVFP4 },
};

/* The last header entry that was parsed: it is asked for once per tensor. */
typedef struct parsed
{
  const char *text;
  const char *why; /* reason that it is not read; NULL: it is */
  fmtconv_attr *layers;
} parsed;

static const fci_state_key parsed_key = { "model/quant-description.c", sizeof (parsed) };

static const char *
header_text (const fmtconv_model *model)
{
  return fmtconv_attr_get_string (fmtconv_attr_get (fmtconv_model_attrs (model), "metadata"), header_key,
                                  NULL);
}

/* Returns the model's header entry, parsed.  NULL: it has none, or an error. */
static const parsed *
header_of (const fmtconv_model *model)
{
  const char *text = header_text (model);
  parsed *p = text ? fci_state (model->ctx, &parsed_key) : NULL;
  if (!p || p->text == text)
    return p;
  const char *why;
  fmtconv_attr *all = fmtconv_attr_parse_json (model->ctx, text, &why);
  *p = (parsed){ .text = text, .why = why, .layers = fmtconv_attr_get (all, "layers") };
  if (!why && (!p->layers || p->layers->kind != FMTCONV_ATTR_OBJECT))
    p->why = "it has no object 'layers'";
  return p;
}

/* Returns the name of the layer whose weights a tensor is, or NULL. */
static const char *
layer_of (fmtconv_ctx *ctx, const char *name)
{
  const size_t n = strlen (name), k = strlen (weight_ending);
  return n > k && strcmp (name + n - k, weight_ending) == 0
             ? fmtconv_ctx_printf (ctx, "%.*s", (int) (n - k), name)
             : NULL;
}

static const fmtconv_tensor *
tensor_of (const fmtconv_model *model, const char *layer)
{
  return fmtconv_model_find (model, fmtconv_ctx_printf (model->ctx, "%s%s", layer, tensor_ending));
}

bool
fci_quant_is_described (const fmtconv_model *model, const fmtconv_tensor *codes)
{
  const char *layer = layer_of (model->ctx, codes->name);
  const parsed *header = layer ? header_of (model) : NULL;
  return layer && ((header && fmtconv_attr_get (header->layers, layer)) || tensor_of (model, layer));
}

/* Returns whether the weights were multiplied by an orthogonal matrix before they were quantized; a value that is
 * neither a number nor a bool is taken for yes. */
static bool
is_rotated (fmtconv_attr *description)
{
  fmtconv_attr *convrot = fmtconv_attr_get (description, "convrot");
  return convrot && convrot->kind != FMTCONV_ATTR_NULL && fmtconv_attr_get_int (convrot, NULL, 1) != 0;
}

/* Sets *found from a layer's description. */
static void
read_format (fmtconv_ctx *ctx, fmtconv_attr *description, fci_quant_description *found)
{
  const char *name = fmtconv_attr_get_string (description, "format", NULL);
  *found =
      (fci_quant_description){ .format = FCI_QUANT_OTHER, .name = name ? name : "a format without a name" };
  for (size_t i = 0; i < sizeof formats / sizeof *formats && name; i++)
    if (strcmp (formats[i].name, name) == 0)
      found->format = formats[i].format;
  if (is_rotated (description))
    *found = (fci_quant_description){ .format = FCI_QUANT_OTHER,
                                      .name = fmtconv_ctx_printf (ctx, "%s with convrot", name) };
}

/* Reads a layer's description from a tensor. */
static int
read_tensor (const fmtconv_tensor *t, fci_quant_description *found)
{
  fmtconv_ctx *ctx = t->view->ctx;
  size_t n;
  const char *why = NULL, *text = fci_tensor_load (t, &n);
  fmtconv_attr *description = text && strlen (text) == n ? fmtconv_attr_parse_json (ctx, text, &why) : NULL;
  if (fmtconv_ctx_failed (ctx))
    return fmtconv_ctx_failed (ctx);
  if (!description)
    return fmtconv_fail_at (ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = t->name },
                            "the description of a layer's quantization is not JSON: %s",
                            why ? why : "it holds a NUL");
  read_format (ctx, description, found);
  return 0;
}

int
fci_quant_describe (const fmtconv_model *model, const fmtconv_tensor *codes, fci_quant_description *found)
{
  *found = (fci_quant_description){ .format = FCI_QUANT_NONE };
  const char *layer = layer_of (model->ctx, codes->name);
  const parsed *header = layer ? header_of (model) : NULL;
  if (header && header->why)
    return fmtconv_fail_at (model->ctx, FMTCONV_E_FORMAT, &(fmtconv_where){ .tensor = codes->name },
                            "the header's %s cannot be read: %s", header_key, header->why);
  fmtconv_attr *described = header ? fmtconv_attr_get (header->layers, layer) : NULL;
  const fmtconv_tensor *t = layer && !described ? tensor_of (model, layer) : NULL;
  if (described)
    read_format (model->ctx, described, found);
  return t ? read_tensor (t, found) : fmtconv_ctx_failed (model->ctx);
}

/* Returns the tensor of the transform's input that an entry is, with another name at most; NULL: none. */
static const fmtconv_tensor *
unchanged (const fci_transform_scope *scope, const fci_model_entry *entry)
{
  size_t i;
  const fci_scope_input *given =
      entry->n_from == 1 ? fci_transform_scope_find (scope, entry->from_one, &i) : NULL;
  const fmtconv_tensor *t = given ? &given->model->entries[i]->tensor : NULL;
  if (!t || t->dtype != entry->tensor.dtype || t->rank != entry->tensor.rank
      || memcmp (t->shape, entry->tensor.shape, t->rank * sizeof *t->shape) != 0)
    return NULL;
  return t;
}

/* Returns the entries of `layers` whose codes are still there, under their new names; *moved: whether they differ. */
static fmtconv_attr *
layers_again (const fmtconv_model *model, const fci_transform_scope *scope, fmtconv_attr *layers, bool *moved)
{
  fmtconv_attr *again = fmtconv_attr_object (model->ctx);
  *moved = false;
  for (const fci_model_entry *entry = model->first; entry && again; entry = entry->next)
    {
      const fmtconv_tensor *t = unchanged (scope, entry);
      const char *before = t ? layer_of (model->ctx, t->name) : NULL;
      fmtconv_attr *layer = before ? fmtconv_attr_get (layers, before) : NULL;
      const char *now = layer ? layer_of (model->ctx, entry->tensor.name) : NULL;
      if (now)
        fmtconv_attr_set (again, now, layer);
      *moved = *moved || (layer && (!now || strcmp (before, now) != 0));
    }
  *moved = *moved || (again && again->len != layers->len);
  return again;
}

/* Returns whether the transform passed on the entry of an input; else it wrote one for its result. */
static bool
is_passed_on (const fci_transform_scope *scope, const char *text)
{
  for (size_t i = 0; i < scope->n; i++)
    {
      const char *given = header_text (scope->given[i].model);
      if (given && strcmp (given, text) == 0)
        return true;
    }
  return false;
}

int
fci_quant_follow (fmtconv_model *model, const fci_transform_scope *scope)
{
  const parsed *header = header_of (model);
  bool moved;
  if (!header || header->why || !is_passed_on (scope, header->text))
    return fmtconv_ctx_failed (model->ctx);
  fmtconv_attr *layers = layers_again (model, scope, header->layers, &moved);
  if (!layers || !moved)
    return fmtconv_ctx_failed (model->ctx);
  fmtconv_attr *metadata = fmtconv_attr_get (model->attrs, "metadata"), *all = NULL;
  const char *why;
  if (layers->len == 0)
    fmtconv_attr_unset (metadata, header_key);
  else if ((all = fmtconv_attr_parse_json (model->ctx, header->text, &why)))
    {
      fmtconv_attr_set (all, "layers", layers);
      fmtconv_attr_set_string (metadata, header_key, fmtconv_attr_json_text (all, 0));
    }
  return fmtconv_ctx_failed (model->ctx);
}
