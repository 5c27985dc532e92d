/* plugins/lora-gguf/base.c: reads the configuration of the model that an adapter is for, and compares it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "lora-gguf.h"
#include <inttypes.h>
#include <string.h>

#define CONFIG "config.json"

enum
{
  MAX_CONFIG = 16 << 20, /* bytes */
  DEPTH = 64
};

/* Fails because the base model is not given; shows the name that the adapter has for it. */
static int
fail_absent (const struct adapter *s)
{
  const char *name = fmtconv_attr_get_string (s->facts.peft, "base_model_name_or_path", NULL);
  const char *hint = fmtconv_ctx_printf (
      s->ctx,
      "name the folder of the base model%s%s%s, of which only config.json is read: -t lora-gguf:base=FOLDER",
      name ? " '" : "", name ? name : "", name ? "'" : "");
  return fmtconv_fail_at (s->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = hint },
                          "names and shapes of a GGUF adapter depend on the configuration of the base model, "
                          "which is not given");
}

int
adapter_read_base (struct adapter *s)
{
  fmtconv_input *base = s->params->base, *file = base;
  if (!base)
    return fail_absent (s);
  if (fmtconv_input_is_folder (base))
    {
      if (!fmtconv_input_has (base, CONFIG))
        return fmtconv_ctx_failed (s->ctx)
                   ? fmtconv_ctx_failed (s->ctx)
                   : fmtconv_fail_at (s->ctx, FMTCONV_E_MISSING,
                                      &(fmtconv_where){ .hint = "name the folder of the base model, with its "
                                                                "config.json: -t lora-gguf:base=FOLDER" },
                                      "%s has no " CONFIG, fmtconv_input_path (base));
      file = fmtconv_input_child (base, CONFIG);
    }
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (file));
  if (c.source && c.end > MAX_CONFIG)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_LIMIT, &(fmtconv_where){ .source = c.source },
                            "the file has %" PRIu64 " bytes, more than the limit of %d", (uint64_t) c.end,
                            MAX_CONFIG);
  s->config = c.source ? fmtconv_cursor_take_json (&c, c.end, DEPTH) : NULL;
  s->config_at = fmtconv_input_path (file);
  if (s->config && !fmtconv_attr_at (s->config, "architectures/0"))
    return fmtconv_fail_at (
        s->ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .source = c.source,
                          .hint = "name the folder of the base model: -t lora-gguf:base=FOLDER" },
        "it is not the configuration of a language model: 'architectures' is missing");
  return fmtconv_ctx_failed (s->ctx);
}

/* Returns the number of layers of the base model.  INT64_MAX: it is not stated. */
static int64_t
n_layers (const struct adapter *s)
{
  static const char *const keys[] = { "num_hidden_layers", "n_layer", "num_layers" };
  fmtconv_attr *text = fmtconv_attr_get (s->config, "text_config");
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    {
      const int64_t n = fmtconv_attr_get_int (s->config, keys[i], -1);
      if (n >= 0)
        return n;
      const int64_t inner = text ? fmtconv_attr_get_int (text, keys[i], -1) : -1;
      if (inner >= 0)
        return inner;
    }
  return INT64_MAX;
}

int
adapter_check_weight (const struct adapter *s, const fmtconv_new_weight *w)
{
  static const char block[] = "blk.";
  const fmtconv_attr *tied = fmtconv_attr_get (s->config, "tie_word_embeddings");
  const int64_t layers = n_layers (s);
  int64_t layer = 0;
  if (!strncmp (w->name, block, strlen (block)))
    for (const char *at = w->name + strlen (block); *at >= '0' && *at <= '9' && layer < layers; at++)
      layer = 10 * layer + (*at - '0');
  if (layer >= layers && layer)
    return fmtconv_fail_at (
        s->ctx, FMTCONV_E_FORMAT,
        &(fmtconv_where){ .hint = "check that base= is the model that the adapter is for" },
        "the adapter has '%s', but the model of %s has %" PRId64 " layers", w->name, s->config_at, layers);
  if (!strcmp (w->name, "output.weight") && tied && tied->kind == FMTCONV_ATTR_BOOL && tied->v.i)
    return fmtconv_fail_at (
        s->ctx, FMTCONV_E_UNSUPPORTED,
        &(fmtconv_where){ .hint =
                              "merge the adapter instead: -t lora-merge:file=ADAPTER MODEL/ OUTPUT.gguf" },
        "the adapter changes lm_head, but the head of the model is its embedding, for which llama.cpp "
        "applies "
        "no other matrices");
  return 0;
}
