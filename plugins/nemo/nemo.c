/* plugins/nemo/nemo.c: the nemo plugin: reads the weights in archives of NeMo where they lie.
 * SPDX-License-Identifier: Apache-2.0
 *
 * An archive of NeMo 1 (nemo/core/connectors/save_restore_connector.py, nemo/collections/nlp/parts/nlp_overrides.py) is a tar file
 * of model_config.yaml and model_weights.ckpt, a state dictionary of torch.save, or the folder model_weights of a distributed
 * checkpoint, or folders of model-parallel ranks, which the reader megatron joins; and files of the model, such as a tokenizer. */
#include "config.h"

#include <fmtconv/formats.h>
#include <stdbool.h>
#include <string.h>

#define CONFIG "model_config.yaml"
#define WEIGHTS "model_weights.ckpt"
#define FOLDER "model_weights"

struct params
{
  int crc;
};

static const fmtconv_param params[] = {
  { "crc", FMTCONV_PARAM_CHOICE, offsetof (struct params, crc), "check|ignore",
    "whether a checksum mismatch is an error" },
  { 0 },
};

/* Keeps the configuration as an attribute. */
static int
read_config (fmtconv_ctx *ctx, fmtconv_input *config, fmtconv_model *out)
{
  const char *why = NULL;
  fmtconv_cursor c = fmtconv_cursor_start (fmtconv_input_open (config));
  fmtconv_attr *tree = c.source ? fmtconv_cursor_take_yaml (&c, c.end, &why) : NULL;
  if (tree)
    fmtconv_attr_set (fmtconv_attr_make (fmtconv_model_attrs (out), "source/nemo"), "model_config", tree);
  else if (!fmtconv_ctx_failed (ctx))
    fmtconv_warn (ctx, "cannot read %s (%s); it is left out", fmtconv_input_path (config),
                  why ? why : "unknown reason");
  return fmtconv_ctx_failed (ctx);
}

/* Returns whether an entry is the folder of a model-parallel rank. */
static bool
is_rank (const char *name)
{
  return fmtconv_glob_match ("mp_rank_[0-9]*", name) || fmtconv_glob_match ("tp_rank_[0-9]*", name);
}

static bool
has_ranks (fmtconv_input *folder)
{
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (is_rank (name))
      return true;
  return false;
}

/* Fails as the weights are not there, and lists what is there. */
static void
fail_weights (fmtconv_ctx *ctx, fmtconv_input *folder)
{
  const char *name;
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    fmtconv_detail (ctx, "%s", name);
  if (!fmtconv_ctx_failed (ctx))
    fmtconv_fail_at (
        ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "check that it is a whole archive of NeMo" },
        "neither " WEIGHTS " nor a distributed checkpoint " FOLDER " nor folders of ranks in %s:",
        fmtconv_input_path (folder));
}

/* Returns the model in a folder; NULL: an error. */
static const fmtconv_model *
read_weights (fmtconv_ctx *ctx, const struct params *p, fmtconv_input *folder)
{
  if (fmtconv_input_has (folder, WEIGHTS))
    return fmtconv_input_read (fmtconv_input_child (folder, WEIGHTS), p->crc ? "torch:crc=ignore" : "torch");
  fmtconv_input *below = fmtconv_input_has (folder, FOLDER) ? fmtconv_input_child (folder, FOLDER) : NULL;
  if (below && fmtconv_input_is_folder (below) && fmtconv_input_has (below, ".metadata"))
    return fmtconv_input_read (below, p->crc ? "dcp:crc=ignore" : "dcp");
  if (has_ranks (folder))
    return fmtconv_input_read (folder, p->crc ? "megatron:crc=ignore" : "megatron");
  if (!fmtconv_ctx_failed (ctx))
    fail_weights (ctx, folder);
  return NULL;
}

static int
read_nemo (fmtconv_ctx *ctx, const void *params_, fmtconv_input *in, fmtconv_model *out)
{
  const char *name;
  fmtconv_input *folder = fmtconv_input_is_folder (in) ? in : fmtconv_input_members (in);
  const fmtconv_model *model = folder ? read_weights (ctx, params_, folder) : NULL;
  if (!model)
    return fmtconv_ctx_failed (ctx);
  fmtconv_model_adopt (out, model);
  if (fmtconv_input_has (folder, CONFIG) && read_config (ctx, fmtconv_input_child (folder, CONFIG), out))
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; (name = fmtconv_input_entry (folder, i)); i++)
    if (strcmp (name, WEIGHTS) && strcmp (name, FOLDER) && strcmp (name, CONFIG) && !is_rank (name))
      fmtconv_model_skip (out, name, 0, "not weights");
  return fmtconv_ctx_failed (ctx);
}

static bool
has_entry (const fmtconv_peek *peek, const char *name)
{
  for (size_t i = 0; i < peek->n_entries; i++)
    if (!strcmp (peek->entries[i], name))
      return true;
  return false;
}

static int
probe (const fmtconv_peek *peek)
{
  if (peek->is_folder)
    return has_entry (peek, CONFIG) && (has_entry (peek, WEIGHTS) || has_entry (peek, FOLDER)) ? 128 : 0;
  return peek->head_len >= 262 && !memcmp (peek->head + 257, "ustar", 5)
                 && fmtconv_glob_match ("*.nemo", peek->base)
             ? 120
             : 0;
}

FMTCONV_PLUGIN (nemo, .name = "nemo", .summary = "archives of NeMo",
                .reader = FMTCONV_READER (.params = params, .probe = probe, .read = read_nemo));
