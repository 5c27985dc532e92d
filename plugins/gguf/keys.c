/* plugins/gguf/keys.c: makes the keys of a file from the model's attributes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "gguf.h"
#include <fmtconv/formats.h>
#include <string.h>

/* Returns whether the tensors are in the blocks that the input's keys describe. */
static int
keeps_blocks (const fmtconv_model *model)
{
  if (fmtconv_attr_get (fmtconv_model_attrs (model), "quantized"))
    return 0;
  FMTCONV_FOREACH (t, model)
    if (fmtconv_dtype_is_blocks (t->dtype))
      return 1;
  return 0;
}

/* Copies the input's keys, except those that are rewritten, and those about a quantization that is gone. */
static void
put_given (fmtconv_attr *keys, const fmtconv_model *model)
{
  fmtconv_attr *given = fmtconv_attr_get (fmtconv_model_attrs (model), "gguf");
  const int has_blocks = keeps_blocks (model);
  for (fmtconv_attr *a = given ? given->first : NULL; a; a = a->next)
    if (!gguf_after (a->key, GGUF_SPLIT) && (has_blocks || !gguf_after (a->key, GGUF_QUANTIZE)))
      fmtconv_attr_set (keys, a->key, a);
}

/* Fails because the architecture is not known.  With the configuration of transformers, the transform that was not chosen would
 * have set it. */
static int
fail_unknown (fmtconv_ctx *ctx, const fmtconv_model *model)
{
  static const fmtconv_where
      give = { .hint = "give it, in lower-case letters and digits: -w gguf:architecture=NAME" },
      choose = { .hint = "omit -t, so that the transform of a language model is chosen, and choose the type "
                         "with --dtype q8_0 or the output's name, x-Q4_K_M.gguf; for another model: "
                         "-w gguf:architecture=NAME" };
  fmtconv_attr *config = fmtconv_attr_get (fmtconv_model_attrs (model), "config");
  return fmtconv_fail_at (ctx, FMTCONV_E_MISSING,
                          config && fmtconv_attr_get (config, "architectures") ? &choose : &give,
                          "the model's architecture is not known, but a GGUF file must name it");
}

static int
put_architecture (fmtconv_ctx *ctx, fmtconv_attr *keys, const fmtconv_model *model, const char *architecture)
{
  if (!architecture)
    return fail_unknown (ctx, model);
  if (!gguf_is_architecture (architecture))
    return fmtconv_fail (
        ctx, FMTCONV_E_USAGE,
        "'%s' cannot be an architecture: use lower-case letters and digits, but not 'general' "
        "or another word that keys begin with",
        architecture);
  fmtconv_attr_set_string (keys, GGUF_ARCHITECTURE, architecture);
  return fmtconv_ctx_failed (ctx);
}

static void
put_general (const struct gguf_write_params *p, fmtconv_attr *keys, const fmtconv_model *model)
{
  const char *title = fmtconv_attr_get_string (fmtconv_model_attrs (model), "title", NULL);
  int file_type = gguf_file_type (model);
  if (title && !fmtconv_attr_get (keys, GGUF_NAME))
    fmtconv_attr_set_string (keys, GGUF_NAME, title);
  if (file_type >= 0)
    fmtconv_attr_set_typed_uint (keys, GGUF_FILE_TYPE, (uint64_t) file_type, 32);
  else
    fmtconv_attr_unset (keys, GGUF_FILE_TYPE);
  fmtconv_attr_set_typed_uint (keys, GGUF_QUANTIZATION, 2, 32);
  if (p->alignment != INT64_MIN)
    fmtconv_attr_set_typed_uint (keys, GGUF_ALIGN, (uint64_t) p->alignment, 32);
  else if (!fmtconv_attr_get (keys, GGUF_ALIGN))
    fmtconv_attr_set_typed_uint (keys, GGUF_ALIGN, GGUF_ALIGNMENT, 32);
}

/* Entries that GGUF has no value for (null, an object, a list of several kinds) are kept as JSON text. */
static void
put_config (fmtconv_ctx *ctx, fmtconv_attr *keys, const char *architecture, fmtconv_attr *config)
{
  const char *prefix = fmtconv_ctx_printf (ctx, "%s.", architecture);
  for (fmtconv_attr *a = config ? config->first : NULL; prefix && a; a = a->next)
    if (gguf_type_of (a) >= 0)
      fmtconv_attr_set (keys, gguf_key (ctx, prefix, a->key), a);
    else
      fmtconv_attr_set_string (keys, gguf_key (ctx, GGUF_CONFIG, a->key), fmtconv_attr_json_text (a, 0));
}

static void
put_metadata (fmtconv_ctx *ctx, fmtconv_attr *keys, fmtconv_attr *metadata)
{
  for (fmtconv_attr *a = metadata ? metadata->first : NULL; a; a = a->next)
    if (a->kind == FMTCONV_ATTR_STRING)
      fmtconv_attr_set (keys, gguf_key (ctx, GGUF_METADATA, a->key), a);
}

static int
check_alignment (fmtconv_ctx *ctx, int64_t alignment)
{
  if (alignment == INT64_MIN
      || (alignment >= GGUF_MIN_ALIGNMENT && alignment <= GGUF_MAX_ALIGNMENT
          && !(alignment & (alignment - 1))))
    return 0;
  return fmtconv_fail (ctx, FMTCONV_E_USAGE, "alignment=%lld is not a power of two from %d to %d",
                       (long long) alignment, GGUF_MIN_ALIGNMENT, GGUF_MAX_ALIGNMENT);
}

static int
check_keys (fmtconv_ctx *ctx, const fmtconv_attr *keys)
{
  if (keys->len > GGUF_MAX_KEYS)
    return fmtconv_fail (ctx, FMTCONV_E_LIMIT, "%zu keys, more than the limit of %d", keys->len,
                         GGUF_MAX_KEYS);
  for (const fmtconv_attr *a = keys->first; a; a = a->next)
    if (strlen (a->key) > GGUF_MAX_KEY)
      return fmtconv_fail (ctx, FMTCONV_E_LIMIT,
                           "the key '%s' has %zu bytes, more than the format's limit of %d", a->key,
                           strlen (a->key), GGUF_MAX_KEY);
    else if (gguf_type_of (a) < 0)
      return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED, "key '%s': GGUF cannot hold this kind of value",
                           a->key);
  return 0;
}

const char *
gguf_architecture (const struct gguf_write_params *p, const fmtconv_model *model)
{
  return p->architecture ? p->architecture
                         : fmtconv_attr_get_string (fmtconv_model_attrs (model), "architecture", NULL);
}

fmtconv_attr *
gguf_keys (fmtconv_ctx *ctx, const struct gguf_write_params *p, const fmtconv_model *model)
{
  fmtconv_attr *attrs = fmtconv_model_attrs (model), *keys = fmtconv_attr_object (ctx),
               *config = fmtconv_attr_object (ctx);
  const char *architecture = gguf_architecture (p, model);
  if (check_alignment (ctx, p->alignment) || put_architecture (ctx, keys, model, architecture))
    return NULL;
  put_given (keys, model);
  fmtconv_attr_set_string (keys, GGUF_ARCHITECTURE, architecture);
  put_general (p, keys, model);
  fmtconv_attr_overlay (config, fmtconv_attr_get (attrs, "config-default"));
  fmtconv_attr_overlay (config, fmtconv_attr_get (attrs, "config"));
  put_config (ctx, keys, architecture, config);
  put_metadata (ctx, keys, fmtconv_attr_get (attrs, "metadata"));
  if (fmtconv_ctx_failed (ctx) || gguf_override (keys, &p->kv) || check_keys (ctx, keys))
    return NULL;
  return keys;
}
