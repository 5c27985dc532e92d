/* plugins/safetensors/write.c: writes a model as one safetensors file or several, with metadata.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "safetensors.h"

/* Returns the metadata: "format", the model's entries and the user's entries. */
static fmtconv_attr *
entries_of (fmtconv_ctx *ctx, const struct safetensors_write_params *p, const fmtconv_model *model)
{
  fmtconv_attr *all = fmtconv_attr_object (ctx);
  fmtconv_attr_set_string (all, "format", "pt");
  fmtconv_attr_overlay (all, fmtconv_attr_get (fmtconv_model_attrs (model), "metadata"));
  for (size_t i = 0; i < p->metadata.n; i++)
    if (*p->metadata.value[i])
      fmtconv_attr_set_string (all, p->metadata.key[i], p->metadata.value[i]);
    else
      fmtconv_attr_unset (all, p->metadata.key[i]);
  return all;
}

int
safetensors_write (fmtconv_ctx *ctx, const void *params, const fmtconv_model *model, fmtconv_layout *out)
{
  struct safetensors_content content;
  struct safetensors_shards shards;
  const struct safetensors_write_params *p = params;
  if (fmtconv_model_find (model, SAFETENSORS_METADATA))
    return fmtconv_fail_at (
        ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .tensor = SAFETENSORS_METADATA,
                          .hint = "rename or drop it: -t drop:name=" SAFETENSORS_METADATA },
        "the format reserves this name for its metadata");
  fmtconv_attr *metadata = entries_of (ctx, p, model);
  if (!metadata || safetensors_resolve_ties (ctx, p, model, metadata, &content)
      || safetensors_split (ctx, &content, metadata, p->max_shard_size, &shards))
    return fmtconv_ctx_failed (ctx);
  return safetensors_put_shards (ctx, p->index, metadata, &shards, out);
}
