/* tests/unit/cogvideox.c: the CogVideoX plugins against independent lists of expected tensors: names,
 * shapes, positions and order of the five transformers and the VAE, their configurations, and the reverse.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The order lists are diffusers' own state_dict order.
 */
#include "core/convert/link.h"
#include "core/convert/stage.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/model/scope.h"
#include "core/view/text.h"
#include "tests/unit/cogvideox-maps.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite (cogvideox, .timeout = 60);

static const row *
find_row (const map *m, const char *hf)
{
  for (size_t i = 0; i < m->n; i++)
    if (strcmp (m->rows[i].hf, hf) == 0)
      return &m->rows[i];
  return NULL;
}

/* ---- Positions in the source */
static uint64_t
place_of (const map *m, const char *sat)
{
  const fmtconv_tensor *t = fmtconv_model_find (m->in, sat);
  cr_assert (t && t->view->n_boxes == 1, "%s", sat);
  return t->view->boxes[0].offset;
}

/* Returns rows [start, start + n) of `of` parts as one box of the view that begins at its row `at`. */
static void
check_box (const map *m, const row *r, fmtconv_view *view, size_t k, uint64_t at, uint64_t start, uint64_t n,
           uint64_t of)
{
  uint64_t unit = r->shape[0] / of, bytes = 2;
  for (unsigned i = 1; i < r->rank; i++)
    bytes *= r->shape[i];
  cr_assert_lt (k, view->n_boxes, "%s", r->hf);
  const fci_box *box = &view->boxes[k];
  cr_expect_eq (box->start[0], at * unit, "%s", r->hf);
  cr_expect_eq (FCI_EXTENT (box, view->rank)[0], n * unit, "%s", r->hf);
  cr_expect_eq (box->offset, place_of (m, r->sat) + start * unit * bytes, "%s", r->hf);
  cr_expect_eq (FCI_STRIDE (box, view->rank)[0], (int64_t) bytes, "%s", r->hf);
  cr_expect_null (box->ops, "%s", r->hf);
}

static void
check_place (const map *m, const row *r, fmtconv_view *view)
{
  static const char *const qkv[] = { "rows[0:h)", "rows[h:2h)", "rows[2h:3h)" };
  size_t boxes = 1;
  bool known = strcmp (r->op, "copy") == 0;
  if (known)
    check_box (m, r, view, 0, 0, 0, 1, 1);
  for (uint64_t k = 0; k < 3; k++)
    if (strcmp (r->op, qkv[k]) == 0)
      {
        check_box (m, r, view, 0, 0, k, 1, 3);
        known = true;
      }
  if (strncmp (r->op, "chunks12 ", 9) == 0)
    {
      bool second = strcmp (r->op + 9, "3,4,5,9,10,11") == 0;
      cr_expect (second || strcmp (r->op + 9, "0,1,2,6,7,8") == 0);
      check_box (m, r, view, 0, 0, second ? 3 : 0, 3, 12);
      check_box (m, r, view, 1, 3, second ? 9 : 6, 3, 12);
      known = true;
      boxes = 2;
    }
  cr_expect (known, "%s: %s", r->hf, r->op);
  cr_expect_eq (view->n_boxes, boxes, "%s", r->hf);
}

/* ---- The conversion and its reverse */
static void
check_order (const map *m, const char *model, const fmtconv_model *out)
{
  char line[LINE];
  FILE *file = maps_open ("diffusers-order-", model, ".txt");
  const fmtconv_tensor *t = NULL;
  size_t n = 0;
  for (; fgets (line, sizeof line, file); n++)
    {
      uint64_t shape[FMTCONV_MAX_RANK];
      char *tab = strchr (line, '\t');
      cr_assert (tab);
      *tab = 0;
      unsigned rank = maps_shape (tab + 1, shape);
      t = fmtconv_model_next (out, t);
      cr_assert (t, "%s is not there", line);
      cr_assert_str_eq (t->name, line);
      cr_expect_eq (t->rank, rank, "%s", line);
      for (unsigned i = 0; i < rank; i++)
        cr_expect_eq (t->shape[i], shape[i], "%s", line);
      const row *r = find_row (m, line);
      cr_assert (r, "%s", line);
      check_place (m, r, t->view);
    }
  fclose (file);
  cr_expect_gt (n, (size_t) 400);
  cr_expect_eq (fmtconv_model_count (out), n);
}

/* Every tensor that was not dropped is restored under its name, at its position, in one box. */
static void
check_back (const map *m, const fmtconv_rules *table, const fmtconv_model *out)
{
  const fmtconv_model *back = reverse_rules (table, out);
  size_t n = 0;
  cr_assert_eq (m->w->code, 0, "%s", m->w->said);
  FMTCONV_FOREACH (t, m->in)
    {
      const fmtconv_tensor *b = fmtconv_model_find (back, t->name);
      if (fci_model_dropped (out,
                             fci_model_base (fci_model_input (out, 0)) + (uint32_t) fci_tensor_index (t)))
        {
          cr_expect_null (b, "%s", t->name);
          continue;
        }
      cr_assert (b, "%s", t->name);
      cr_expect_str_eq (fci_view_text (b->view), fci_view_text (t->view), "%s", t->name);
      n++;
    }
  cr_expect_eq (fmtconv_model_count (back), n);
}

/* Returns the config.json that the diffusers writer makes of a model's attributes, except for the version. */
static const char *
config_text (fmtconv_ctx *ctx, fmtconv_attr *attrs)
{
  fmtconv_attr *config = fmtconv_attr_object (ctx);
  fmtconv_attr_overlay (config, fmtconv_attr_get (attrs, "config-default"));
  fmtconv_attr_overlay (config, fmtconv_attr_get (attrs, "config"));
  return fmtconv_attr_json_text (config, 1);
}

static void
check_config (const map *m, const char *model, const fmtconv_plugin *plugin)
{
  char path[1024], text[8192];
  snprintf (path, sizeof path, "%s/%s.json", TEST_CONFIGS, model);
  FILE *file = fopen (path, "r");
  cr_assert (file, "%s", path);
  text[fread (text, 1, sizeof text - 1, file)] = 0;
  fclose (file);
  fmtconv_attr *wanted = fmtconv_attr_literal (m->w->ctx, text);
  fmtconv_attr_unset (wanted, "_diffusers_version");
  fci_link link;
  cr_assert_eq (fci_link_make (m->w->ctx, FCI_TRANSFORM, plugin, "", &link), 0);
  const fmtconv_model *out = fci_stage_transform (m->w->ctx, &link, m->in);
  cr_assert (out, "%s", m->w->said);
  cr_expect_str_eq (config_text (m->w->ctx, fmtconv_model_attrs (out)), fmtconv_attr_json_text (wanted, 1));
  cr_expect_str_eq (fmtconv_attr_get_string (fmtconv_model_attrs (out), "library", ""), "diffusers");
  size_t n = 0;
  char line[LINE];
  file = maps_open ("diffusers-order-", model, ".txt");
  for (const fmtconv_tensor *t = NULL; fgets (line, sizeof line, file); n++)
    {
      t = fmtconv_model_next (out, t);
      line[strcspn (line, "\t")] = 0;
      cr_assert (t, "%s is not there", line);
      cr_assert_str_eq (t->name, line);
    }
  fclose (file);
  cr_expect_eq (fmtconv_model_count (out), n);
}

static void
check_model (const char *model, const char *transform, bool learned, uint64_t layers, uint64_t width)
{
  map m;
  map_read (model, &m);
  const fmtconv_plugin *plugin = maps_transform (m.w, transform);
  const fmtconv_rules *table = plugin->transform->rules;
  fci_recognition seen;
  cr_expect_eq (fci_rules_recognize (table, m.in, &seen), 0);
  cr_expect_eq (seen.missing, 0);
  cr_expect_eq (seen.unknown, 0);
  cr_expect_gt (seen.claimed, 400);
  cr_expect_eq (fci_rules_check (m.w->ctx, table), 0, "%s", m.w->said);

  fmtconv_model *out = fci_model_new (m.w->ctx, m.in);
  fmtconv_rules_apply (table, m.in, out);
  cr_assert_eq (m.w->code, 0, "%s", m.w->said);
  const fmtconv_tensor *positions = fmtconv_model_find (out, "patch_embed.pos_embedding");
  if (positions && !learned) /* the plugin drops the table, which diffusers computes */
    fmtconv_model_drop (out, positions, "computed");
  cr_assert_eq (fci_model_freeze (out, "test"), 0, "%s", m.w->said);
  if (layers)
    cr_expect_eq (fmtconv_rules_variable (out, "#i"), layers);
  cr_expect_eq (fmtconv_rules_variable (out, "h"), width);
  check_order (&m, model, out);
  check_back (&m, table, out);
  check_config (&m, model, plugin);
  map_free (&m);
}

Test (cogvideox, transformer_2b)
{
  check_model ("CogVideoX-2B", "cogvideox-transformer", false, 30, 1920);
}

Test (cogvideox, transformer_5b)
{
  check_model ("CogVideoX-5B", "cogvideox-transformer", false, 42, 3072);
}

Test (cogvideox, transformer_5b_i2v)
{
  check_model ("CogVideoX-5B-I2V", "cogvideox-transformer", true, 42, 3072);
}

Test (cogvideox, transformer_15_5b)
{
  check_model ("CogVideoX1.5-5B", "cogvideox-transformer", false, 42, 3072);
}

Test (cogvideox, transformer_15_5b_i2v)
{
  check_model ("CogVideoX1.5-5B-I2V", "cogvideox-transformer", true, 42, 3072);
}

Test (cogvideox, vae)
{
  check_model ("VAE", "cogvideox-vae", true, 4, 0);
}

/* ---- LoRA: SAT's names of parameters, with the other content of a training file */
static void
put_lora_layer (world *w, fmtconv_model *model, const char *prefix, int i, uint64_t rank, uint64_t width)
{
  static const char *const own[] = { "query_key_value.matrix_A.0", "query_key_value.matrix_A.1",
                                     "query_key_value.matrix_A.2", "dense.matrix_A.0" };
  for (int k = 0; k < 8; k++)
    {
      const uint64_t shape[] = { k % 2 ? width : rank, k % 2 ? rank : width };
      char *name = fmtconv_ctx_printf (w->ctx, "%stransformer.layers.%d.attention.%s", prefix, i, own[k / 2]);
      strstr (name, "matrix_")[7] = k % 2 ? 'B' : 'A';
      put_leaf (w, model, name, 2, shape);
    }
  put_leaf (w, model,
            fmtconv_ctx_printf (w->ctx, "%stransformer.layers.%d.attention.dense.original.weight", prefix, i),
            2, (const uint64_t[]){ width, width });
}

static void
check_lora (const char *prefix, int layers, uint64_t width)
{
  static const char *const order[] = { "to_q.lora_A", "to_k.lora_A", "to_v.lora_A",     "to_q.lora_B",
                                       "to_k.lora_B", "to_v.lora_B", "to_out.0.lora_A", "to_out.0.lora_B" };
  world *w = world_new ();
  fmtconv_model *in = fci_model_new (w->ctx, NULL);
  put_leaf (w, in, "conditioner.embedders.0.transformer.shared.weight", 2, (const uint64_t[]){ 32, 8 });
  for (int i = 0; i < layers; i++)
    put_lora_layer (w, in, prefix, i, 128, width);
  cr_assert_eq (fci_model_freeze (in, "test"), 0);
  const fmtconv_rules *table = maps_transform (w, "cogvideox-lora")->transform->rules;
  const fmtconv_model *out = apply_rules (table, in);
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_eq (fmtconv_model_count (out), (size_t) layers * 8);
  cr_expect_eq (fmtconv_rules_variable (out, "r"), 128);
  cr_expect_eq (fmtconv_rules_variable (out, "h"), width);
  cr_expect_eq (fmtconv_rules_variable (out, "#i"), (uint64_t) layers);
  cr_expect_str_eq (fci_model_dropped (out, fci_model_base (fci_model_input (out, 0)) + 0), "text encoder");
  size_t n = 0;
  FMTCONV_FOREACH (t, out)
    {
      cr_expect_str_eq (t->name,
                        fmtconv_ctx_printf (w->ctx, "transformer.transformer_blocks.%zu.attn1.%s.weight",
                                            n / 8, order[n % 8]));
      n++;
    }
  const fmtconv_model *back = reverse_rules (table, out);
  cr_assert_eq (w->code, 0, "%s", w->said);
  cr_expect_eq (fmtconv_model_count (back), (size_t) layers * 8);
  cr_expect_str_eq (
      value_of (back, "model.diffusion_model.transformer.layers.9.attention.query_key_value.matrix_B.2"),
      value_of (in, fmtconv_ctx_printf (w->ctx, "%stransformer.layers.9.attention.query_key_value.matrix_B.2",
                                        prefix)));
  world_free (w);
}

Test (cogvideox, lora)
{
  check_lora ("model.diffusion_model.", 30, 1920);
  check_lora ("model.diffusion_model._orig_mod.", 42, 3072);
  check_lora ("", 42, 3072);
}

Test (cogvideox, a_lora_with_a_layer_too_few)
{
  world *w = world_new ();
  fmtconv_model *in = fci_model_new (w->ctx, NULL);
  put_lora_layer (w, in, "", 0, 4, 16);
  put_leaf (w, in, "transformer.layers.1.attention.dense.matrix_A.0", 2, (const uint64_t[]){ 4, 16 });
  cr_assert_eq (fci_model_freeze (in, "test"), 0);
  apply_rules (maps_transform (w, "cogvideox-lora")->transform->rules, in);
  cr_expect_eq (w->code, FMTCONV_E_MISSING);
  cr_expect (strstr (w->said, "tensors: 7 missing\nmissing: '"), "%s", w->said);
  cr_expect (strstr (w->said, "'transformer.layers.1.attention.query_key_value.matrix_A.2'"), "%s", w->said);
  world_free (w);
}
