/* core/convert/leftovers.c: reports attributes and scales that an output loses or keeps.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/convert/leftovers.h"
#include "core/model/freeze.h"
#include "core/model/lineage.h"
#include "core/model/model.h"
#include "core/model/scaling.h"
#include "core/plugin/registry.h"
#include "core/view/view.h"
#include <string.h>

/* Returns whether a space-separated text contains the word. */
static bool
has_word (const char *text, const char *word)
{
  size_t n = strlen (word);
  for (const char *at = text; at && (at = strstr (at, word)); at += n)
    if ((at == text || at[-1] == ' ') && (!at[n] || at[n] == ' '))
      return true;
  return false;
}

/* Notes the attributes that the writer cannot store. */
static void
note_attributes (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const fmtconv_model *read,
                 const fmtconv_model *model)
{
  static const struct
  {
    const char *key;
    const char *what;
  } kept[] = { { "config", "configuration" }, { "gguf", "other keys" } };
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    {
      const fmtconv_attr *had = fmtconv_attr_get (fmtconv_model_attrs (read), kept[i].key);
      const fmtconv_attr *has = fmtconv_attr_get (fmtconv_model_attrs (model), kept[i].key);
      if (!had || !had->len || !has || has_word (writer->writer->keeps, kept[i].key))
        continue;
      for (const fmtconv_attr *a = has->first; a; a = a->next)
        fmtconv_detail (ctx, "%s", a->key);
      fmtconv_note (ctx, "%s cannot store the input's %s; dropped:", fci_plugin_title (ctx, "writer", writer),
                    kept[i].what);
    }
}

static size_t
count_scaled (const fmtconv_model *model)
{
  size_t n = 0;
  FCI_FOREACH_LEAF (leaf, model)
    n += fci_model_scaled (leaf);
  return n;
}

/* Returns a flag per tensor number: whether the tensor was read as quantized values with a scale. Returns
 * NULL if memory is exhausted. */
static const bool *
find_codes (fmtconv_ctx *ctx, const fmtconv_model *read)
{
  bool *codes = fmtconv_ctx_alloc (ctx, (size_t) fci_origins (ctx) + 1, sizeof *codes);
  FCI_FOREACH_LEAF (leaf, read)
    {
      uint32_t at = fci_model_base (leaf);
      for (const fmtconv_tensor *t = codes ? fmtconv_model_next (leaf, NULL) : NULL; t;
           t = fmtconv_model_next (leaf, t))
        codes[at++] = fmtconv_model_scaling (leaf, t, NULL) == FMTCONV_SCALING_CODES;
    }
  return codes;
}

/* Returns whether a tensor that was codes still has their type, without scales. */
static bool
is_bare (const fmtconv_model *model, const fmtconv_tensor *t)
{
  return (!fmtconv_dtype_is_float (t->dtype)
          || (t->dtype >= FMTCONV_F8_E4M3 && t->dtype <= FMTCONV_F8_E5M2FNUZ))
         && !fci_is_blocks (t->dtype) && !fmtconv_model_scaling (model, t, NULL);
}

/* Lists tensors that lost their scales: codes that were scaled in the input and are not in the result.
 * Returns their number. */
static size_t
list_bare (fmtconv_ctx *ctx, const fmtconv_model *read, const fmtconv_model *model)
{
  fci_tensor_lineage account;
  size_t n = 0;
  const bool *codes = find_codes (ctx, read);
  if (!codes || fci_tensor_lineage_make (ctx, model, NULL, &account))
    return 0;
  FCI_FOREACH_LEAF (leaf, model)
    {
      uint32_t at = fci_model_base (leaf);
      for (const fmtconv_tensor *t = fmtconv_model_next (leaf, NULL); t;
           t = fmtconv_model_next (leaf, t), at++)
        if (is_bare (leaf, t) && account.n_from[at] == 1 && codes[account.from[at][0]])
          {
            fmtconv_detail (ctx, "%s", t->name);
            n++;
          }
    }
  return n;
}

/* Reports tensors that stay scaled, and tensors that lost their scales. */
static void
note_scaled (fmtconv_ctx *ctx, const fmtconv_model *read, const fmtconv_model *model)
{
  if (!(fci_model_features (read) & FMTCONV_FEATURE_SCALED))
    return;
  size_t kept = count_scaled (model), bare = list_bare (ctx, read, model);
  if (bare)
    fmtconv_warn (ctx, "%zu scaled tensors have lost their scales and cannot be decoded:", bare);
  if (kept)
    fmtconv_note (
        ctx, "%zu scaled tensors keep their quantized values and scales (-t dequantize expands them)", kept);
}

int
fci_note_leftovers (fmtconv_ctx *ctx, const fmtconv_plugin *writer, const fmtconv_model *read,
                    const fmtconv_model *model)
{
  note_attributes (ctx, writer, read, model);
  note_scaled (ctx, read, model);
  return ctx->failed;
}
