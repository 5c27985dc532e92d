/* core/api/tree.c: helpers that build the attribute tree of a result.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/api/tree.h"
#include "core/attr/attr.h"
#include "core/base/ctx.h"
#include "core/base/text.h"
#include "core/view/inspect.h"
#include "core/view/view.h"
#include <math.h>
#include <string.h>

fmtconv_attr *
fci_add_array (fmtconv_attr *object, const char *key)
{
  fmtconv_attr *array = object ? fci_attr_new (object->ctx, FMTCONV_ATTR_ARRAY) : NULL;
  if (array)
    fci_attr_append (object, key, array);
  return array;
}

fmtconv_attr *
fci_add_object (fmtconv_attr *array)
{
  fmtconv_attr *object = array ? fci_attr_new (array->ctx, FMTCONV_ATTR_OBJECT) : NULL;
  if (object)
    fci_attr_append (array, NULL, object);
  return object;
}

void
fci_add_count (fmtconv_attr *object, const char *key, uint64_t n)
{
  fmtconv_attr_set_uint (object, key, n);
}

void
fci_add_number (fmtconv_attr *object, const char *key, double v)
{
  if (isfinite (v))
    fmtconv_attr_set_float (object, key, v);
  else
    fmtconv_attr_set (object, key, NULL);
}

void
fci_add_text (fmtconv_attr *object, const char *key, const char *text)
{
  size_t len = text ? strlen (text) : 0;
  if (object && text && !fci_is_utf8 (text, len))
    text = fci_escape (object->ctx, text, len);
  fmtconv_attr_set_string (object, key, text);
}

/* Returns the name of an item that a component skipped, with the component: "vae/README.md". */
static void
add_skips (fmtconv_attr *list, const fmtconv_model *model)
{
  const char *name = fmtconv_model_name (model);
  for (const fci_skip *skip = fci_model_skips (model); skip; skip = skip->next)
    {
      fmtconv_attr *node = fci_add_object (list);
      const char *what =
          node && *name ? fmtconv_ctx_printf (node->ctx, "%s/%s", name, skip->what) : skip->what;
      fci_add_text (node, "what", what ? what : "");
      fci_add_count (node, "bytes", skip->bytes);
      fci_add_text (node, "why", skip->why);
    }
}

void
fci_add_skipped (fmtconv_attr *object, const fmtconv_model *model)
{
  fmtconv_attr *list = fci_add_array (object, "skipped");
  add_skips (list, model);
  for (const fmtconv_model *c = NULL; list && (c = fmtconv_model_next_component (model, c));)
    add_skips (list, c);
}

void
fci_add_tensor (fmtconv_attr *object, const char *name, fmtconv_view *view)
{
  const fmtconv_dtype_info *info = fmtconv_dtype_get (view->dtype);
  fmtconv_attr_set_string (object, "name", name);
  fmtconv_attr_set_string (object, "dtype", info ? info->name : NULL);
  fmtconv_attr *shape = fci_add_array (object, "shape");
  for (unsigned i = 0; i < view->rank; i++)
    fci_add_count (shape, NULL, view->shape[i]);
  fci_add_count (object, "bytes", fci_view_bytes (view));
}
