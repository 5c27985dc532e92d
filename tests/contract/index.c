/* tests/contract/index.c: the index of known plugins says what the modules say of themselves.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/index.h"
#include "core/convert/detect.h"
#include "core/model/freeze.h"
#include "core/model/model.h"
#include "core/model/new.h"
#include "core/plugin/agree.h"
#include "core/rules/rules.h"
#include "tests/contract/each.h"

/* What is built into the library is in no package. */
#define EACH_MODULE(plugin, entry)                                                                          \
  EACH_PLUGIN (plugin)                                                                                      \
    for (const fci_index_entry *entry = modules[number]->path ? entry_of (ctx, plugin->name) : NULL; entry; \
         entry = NULL)

static const fci_index_entry *
entry_of (fmtconv_ctx *ctx, const char *name)
{
  const fci_index_entry *entry = fci_index_find (ctx, name);
  cr_assert_not_null (entry, "%s: the index does not know it", name);
  return entry;
}

static const char *
text (const char *s)
{
  return s ? s : "(none)";
}

Test (index, roles)
{
  EACH_MODULE (plugin, entry)
  {
    const fmtconv_plugin *known = &entry->plugin;
    cr_expect_not_null (entry->package, "%s", plugin->name);
    cr_expect_gt (strlen (known->summary), 0u, "%s", plugin->name);
    cr_expect_eq (plugin->reader != NULL, known->reader != NULL, "%s: reader", plugin->name);
    cr_expect_eq (plugin->transform != NULL, known->transform != NULL, "%s: transform", plugin->name);
    cr_expect_eq (plugin->writer != NULL, known->writer != NULL, "%s: writer", plugin->name);
    if (plugin->reader && known->reader)
      cr_expect_str_eq (text (plugin->reader->suffixes), text (known->reader->suffixes), "%s: reader",
                        plugin->name);
    if (plugin->writer && known->writer)
      {
        cr_expect_str_eq (text (plugin->writer->suffixes), text (known->writer->suffixes), "%s: writer",
                          plugin->name);
        cr_expect_eq (plugin->writer->is_folder, known->writer->is_folder, "%s: folder", plugin->name);
      }
    if (plugin->transform && known->transform)
      {
        cr_expect_str_eq (text (plugin->transform->kind), text (known->transform->kind), "%s", plugin->name);
        cr_expect_str_eq (text (plugin->transform->joins), text (known->transform->joins), "%s",
                          plugin->name);
        cr_expect_str_eq (text (plugin->transform->writer), text (known->transform->writer), "%s",
                          plugin->name);
        cr_expect_eq (plugin->transform->precedence, known->transform->precedence, "%s", plugin->name);
      }
  }
  fmtconv_ctx_free (ctx);
}

/* ---- Readers: both bid, or neither; the index bids no less */

static void
compare_bids (const fmtconv_plugin *plugin, const fci_index_entry *entry, const fmtconv_peek *peek,
              const char *what)
{
  const int bid = fci_bid (plugin->reader, peek), known = fci_index_bid (entry, peek);
  cr_expect_eq (bid > 0, known > 0, "%s: %s: the module bids %d, the index %d", plugin->name, what, bid,
                known);
  cr_expect_geq (known, bid, "%s: %s", plugin->name, what);
}

Test (index, files)
{
  static const struct
  {
    const char *bytes;
    size_t len;
  } heads[] = {
    { "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\20\0\0\0archive/data.pkl", 46 },
    { "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\11\0\0\0a/version........x/data.pkl", 56 },
    { "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0x.npy.....", 40 },
    { "\200\2\212\nl\374\234F\371 j\250P\31.\200\2M\351\3.", 20 },
    { "\200\4\225\r\0\0\0\0\0\0\0\212\nl\374\234F\371 j\250P\31.\200\4", 26 },
    { "\200\2}q\0X\1\0\0\0aq\1.", 14 },
    { "\200\6}q\0X\1\0\0\0aq\1.", 14 },
    { "\10\0\0\0\0\0\0\0{}      ", 16 },
    { "\10\0\0\0\0\0\0\0 {}     ", 16 },
    { "\0\341\365\5\0\0\0\0{\"a\":{\"dtype\"", 22 },
    { "\377\377\377\377\377\377\377\377{\"a\":{\"dtype\"", 22 },
    { "{\"weight_map\": {}}", 18 },
    { "GGUF\3\0\0\0\377\377\377\377\377\377\377\377", 16 },
    { "GGUF\0\0\0\2\377\377\377\377\377\377\377\377", 16 },
    { "GGUF\1\0\0\0\377\377\377\377\377\377\377\377", 16 },
    { "\223NUMPY\1\0\377\377{'descr'", 18 },
    { "fmtconv: 1\nread: {}\n", 20 },
    { "", 0 },
  };
  static const char *const bases[] = { "x",
                                       "a.pt",
                                       "a.BIN",
                                       "a.ckpt",
                                       "a.gguf",
                                       "a.safetensors",
                                       "model.safetensors.index.json",
                                       "model.safetensors.index.fp16.json",
                                       "pytorch_model.bin.index.json",
                                       "pytorch_model.bin.index.fp16.json",
                                       ".bin.index.json",
                                       "mp_rank_00_model_states.pt",
                                       "mp_rank_00_model_states.pt.old" };
  EACH_MODULE (plugin, entry)
  for (size_t k = 0; plugin->reader && k < sizeof heads / sizeof *heads; k++)
    for (size_t len = 0; len <= heads[k].len; len++)
      for (size_t b = 0; b < sizeof bases / sizeof *bases; b++)
        {
          const uint8_t *head = (const uint8_t *) heads[k].bytes;
          const fmtconv_peek peek = { .path = bases[b],
                                      .base = bases[b],
                                      .head = head,
                                      .tail = head,
                                      .head_len = len,
                                      .tail_len = len,
                                      .size = len,
                                      .is_named = 1 };
          compare_bids (plugin, entry, &peek,
                        fmtconv_ctx_printf (ctx, "%s, %zu bytes of %zu", bases[b], len, k));
        }
  fmtconv_ctx_free (ctx);
}

Test (index, folders)
{
  static const char *const names[] = { "config.json",
                                       "model_index.json",
                                       "model.safetensors",
                                       "model.fp16.safetensors",
                                       "model-00001-of-00002.safetensors",
                                       "model.fp16-00001-of-00002.safetensors",
                                       "model-00001-of-00002.fp16.safetensors",
                                       "model.safetensors.index.json",
                                       "model.safetensors.index.fp16.json",
                                       "modeling.py",
                                       "diffusion_pytorch_model.safetensors",
                                       "diffusion_pytorch_model.bin",
                                       "diffusion_pytorch_model.fp16.bin",
                                       "pytorch_model.bin",
                                       "pytorch_model-00002-of-00002.bin",
                                       "pytorch_model.bin.index.json",
                                       "pytorch_lora_weights.safetensors",
                                       "pytorch_lora_weights.bin",
                                       "adapter_model.safetensors",
                                       "adapter_config.json",
                                       "consolidated_00001-of-00002.safetensors",
                                       "consolidated-1-of-2.bin",
                                       "other.safetensors",
                                       "other.bin.index.json",
                                       "other.safetensors.index.json",
                                       "scheduler_config.json",
                                       "tokenizer_config.json",
                                       "text_encoder",
                                       "1_Pooling",
                                       "README.md",
                                       "latest",
                                       "training_config.yaml",
                                       "mp_rank_00_model_states.pt",
                                       "zero_pp_rank_0_mp_rank_00_model_states.pt",
                                       "1000",
                                       "0001000",
                                       "global_step1000",
                                       "global_step",
                                       "global_stepX",
                                       "release",
                                       "releases",
                                       "pytorch_model",
                                       "zero",
                                       "latest_universal",
                                       "model_world_size_8_rank_0.pt",
                                       "lora-disney-11-23-10-00",
                                       "-11-23-10-00",
                                       "a-11-23-10-0x",
                                       "checkpoint-500" };
  const size_t n = sizeof names / sizeof *names;
  EACH_MODULE (plugin, entry)
  for (size_t i = 0; plugin->reader && i < n; i++)
    for (size_t k = 0; k < n; k++)
      {
        const char *const two[] = { names[i], names[k] };
        const fmtconv_peek peek = {
          .path = "d", .base = "d", .is_folder = 1, .entries = two, .n_entries = 1 + (k > 0)
        };
        compare_bids (plugin, entry, &peek,
                      fmtconv_ctx_printf (ctx, "a folder with %s, %s", names[i], names[k]));
      }
  fmtconv_ctx_free (ctx);
}

/* ---- Transforms: the same patterns, so the same recognition */

Test (index, rules)
{
  EACH_MODULE (plugin, entry)
  if (plugin->transform && plugin->transform->kind && entry->plugin.transform)
    {
      cr_expect_not_null (entry->plugin.transform->rules, "%s", plugin->name);
      const char *text = fci_index_disagrees (ctx, entry, plugin);
      cr_expect_null (text, "%s: known.yaml: %s", plugin->name, text ? text : "");
    }
  fmtconv_ctx_free (ctx);
}

enum
{
  NAMES = 4096
};

/* Names of a model's tensors. */
typedef struct names
{
  char *name[NAMES];
  size_t n;
} names;

static void
add_name (names *to, const char *prefix, const char *name)
{
  cr_assert_lt (to->n, (size_t) NAMES);
  cr_assert_geq (asprintf (&to->name[to->n++], "%s%s", prefix, name), 0);
}

static void
add_map (names *to, const char *prefix, const char *model)
{
  char path[1024], line[1024];
  snprintf (path, sizeof path, "%s/%s.tsv", TEST_MAPS, model);
  FILE *file = fopen (path, "r");
  cr_assert (file && fgets (line, sizeof line, file), "%s", path);
  while (fgets (line, sizeof line, file))
    {
      line[strcspn (line, "\t")] = '\0';
      if (!to->n || strcmp (to->name[to->n - 1] + strlen (prefix), line) != 0)
        add_name (to, prefix, line);
    }
  fclose (file);
}

static void
add_lora (names *to)
{
  char name[128];
  for (int i = 0; i < 30; i++)
    for (int p = 0; p < 8; p++)
      {
        snprintf (name, sizeof name, "transformer.layers.%d.attention.%s.matrix_%c.%d", i,
                  p < 6 ? "query_key_value" : "dense", "AB"[p % 2], p < 6 ? p / 2 : 0);
        add_name (to, "model.diffusion_model.", name);
      }
}

static void
add_t5 (names *to)
{
  static const char *const parts[] = { "0.SelfAttention.q", "0.SelfAttention.k",     "0.SelfAttention.v",
                                       "0.SelfAttention.o", "0.layer_norm",          "1.DenseReluDense.wi_0",
                                       "1.layer_norm",      "1.DenseReluDense.wi_1", "1.DenseReluDense.wo" };
  char name[128];
  const char *prefix = "conditioner.embedders.0.transformer.";
  add_name (to, prefix, "shared.weight");
  for (int i = 0; i < 24; i++)
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
      {
        snprintf (name, sizeof name, "encoder.block.%d.layer.%s.weight", i, parts[p]);
        add_name (to, prefix, name);
      }
  add_name (to, prefix, "encoder.final_layer_norm.weight");
}

/* Makes the model of the names whose numbers modulo `every` are not `skip`, with `extra` foreign ones. */
static fmtconv_model *
model_of (fmtconv_ctx *ctx, const names *from, size_t every, size_t skip, size_t extra)
{
  static const float zeroes[1];
  const uint64_t one = 1;
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; i < from->n; i++)
    if (i % every != skip && !fmtconv_model_find (model, from->name[i]))
      fmtconv_model_put (model, from->name[i], fmtconv_view_constant (ctx, FMTCONV_F32, 1, &one, zeroes));
  for (size_t i = 0; i < extra; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "model.diffusion_model.foreign.%zu", i),
                       fmtconv_view_constant (ctx, FMTCONV_F32, 1, &one, zeroes));
  cr_assert_eq (fci_model_freeze (model, "test"), 0);
  return model;
}

/* Returns how many transforms claim the model completely, after comparing what both tables say. */
static size_t
compare_recognition (fmtconv_ctx *ctx, const fci_module **modules, size_t n, const fmtconv_model *model)
{
  size_t complete = 0;
  for (size_t i = 0; i < n; i++)
    {
      fci_recognition own, known;
      const fmtconv_plugin *plugin = modules[i]->plugin;
      if (!plugin->transform || !plugin->transform->kind)
        continue;
      const fci_index_entry *entry = entry_of (ctx, plugin->name);
      cr_assert_eq (fci_rules_recognize (plugin->transform->rules, model, &own), 0);
      cr_assert_eq (fci_rules_recognize (entry->plugin.transform->rules, model, &known), 0);
      cr_expect_eq (own.claimed, known.claimed, "%s: %zu, the index %zu", plugin->name, own.claimed,
                    known.claimed);
      cr_expect_eq (own.missing, known.missing, "%s: %zu, the index %zu", plugin->name, own.missing,
                    known.missing);
      cr_expect_eq (own.unknown, known.unknown, "%s: %zu, the index %zu", plugin->name, own.unknown,
                    known.unknown);
      complete += own.claimed && !own.missing && !own.unknown;
    }
  return complete;
}

/* Complete models, models that lack every third, 50th or 400th tensor, and models with foreign tensors. */
static void
compare_models (const names *from, size_t wanted)
{
  static const size_t every[] = { 100000, 400, 50, 3 }, extra[] = { 0, 1, 40, 4000 };
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fci_module **modules = NULL;
  const size_t n = each_plugin (ctx, &modules);
  size_t complete = compare_recognition (ctx, modules, n, model_of (ctx, from, SIZE_MAX, SIZE_MAX - 1, 0));
  if (wanted)
    cr_expect_leq (complete, wanted);
  for (size_t e = 0; e < sizeof every / sizeof *every; e++)
    for (size_t x = 0; x < sizeof extra / sizeof *extra; x++)
      compare_recognition (ctx, modules, n, model_of (ctx, from, every[e], 1, extra[x]));
  fmtconv_ctx_free (ctx);
}

static void
free_names (names *all)
{
  while (all->n)
    free (all->name[--all->n]);
}

Test (index, recognition)
{
  static const char *const models[] = { "CogVideoX-2B",    "CogVideoX-5B",        "CogVideoX-5B-I2V",
                                        "CogVideoX1.5-5B", "CogVideoX1.5-5B-I2V", "VAE" };
  static names all;
  for (size_t i = 0; i < sizeof models / sizeof *models; i++)
    {
      add_map (&all, "", models[i]);
      compare_models (&all, 1);
      free_names (&all);
    }
  add_lora (&all);
  compare_models (&all, 1);
  add_map (&all, "", models[0]);
  add_map (&all, "first_stage_model.", "VAE");
  add_t5 (&all);
  compare_models (&all, 4);
  free_names (&all);
}
