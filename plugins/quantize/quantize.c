/* plugins/quantize/quantize.c: the transform that quantizes matrices to blocks or to 8-bit floats with scales.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "quantize.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  LISTED = 64 /* lines of the summary; the rest is counted in one more line */
};

/* What shells offer and names of outputs choose, from small to large.  mxfp4 is not among them: in files that are called so,
 * llama.cpp stores experts alone in it. */
static const char values[] =
    "to=tq1_0|tq2_0|Q3_K_S|Q3_K_M|Q3_K_L|Q4_K_S|Q4_K_M|Q5_K_S|Q5_K_M|q2_K|q3_K|q4_0|q4_1|q4_K|"
    "iq4_nl|iq4_xs|q5_0|q5_1|q5_K|q6_K|"
    "q8_0|f8_e4m3|f8_e5m2|f16|bf16|f32|auto rest=f16|bf16|f32 block=128|128x128";

static const fmtconv_param params[] = {
  { "to", FMTCONV_PARAM_TEXT, offsetof (struct quantize_params, to), NULL,
    "data type of matrices (q8_0, q4_K …, f8_e4m3, f8_e5m2, f16, bf16, f32), or a mix: Q4_K_M …; auto: 16 "
    "bits" },
  { "rule|keep", FMTCONV_PARAM_PAIRS, offsetof (struct quantize_params, rules), NULL,
    "rule=GLOB=TYPE: type of the tensors that match; keep=GLOB: not quantized; the first match counts" },
  { "rest", FMTCONV_PARAM_DTYPE, offsetof (struct quantize_params, rest), NULL,
    "data type of the other tensors: f16 (default; f32 for 1-D), bf16 or f32; not with 8-bit floats" },
  { "imatrix", FMTCONV_PARAM_INPUT, offsetof (struct quantize_params, imatrix), NULL,
    "importance matrix made by llama.cpp: how much each column matters" },
  { "scale", FMTCONV_PARAM_CHOICE, offsetof (struct quantize_params, scale), "none|tensor|row|block",
    "which elements share a scale, for f8_e4m3 and f8_e5m2" },
  { "block", FMTCONV_PARAM_TEXT, offsetof (struct quantize_params, block), NULL,
    "rows and columns of a block, with scale=block: 128 or 128x128 (the default)" },
  { "scale-name", FMTCONV_PARAM_CHOICE, offsetof (struct quantize_params, scale_name),
    "auto|weight_scale|scale_weight|weight_scale_inv",
    "name of scales; default: weight_scale, with scale=block weight_scale_inv; scale_weight is for ComfyUI" },
  { "meta", FMTCONV_PARAM_CHOICE, offsetof (struct quantize_params, meta),
    "none|comfy|compressed-tensors|deepseek",
    "describe 8-bit floats as this loader reads it, in the safetensors header (comfy) or config.json" },
  { "choice", FMTCONV_PARAM_CHOICE, offsetof (struct quantize_params, choice), "name|llama|loader",
    "who chooses the types: the names of layers, llama.cpp, or the loader's software (ComfyUI-GGUF)" },
  { 0 },
};

static int
read_type (fmtconv_ctx *ctx, const char *name, uint32_t *dtype)
{
  *dtype = fmtconv_dtype_parse (ctx, name);
  if (!*dtype || quantize_makes (*dtype))
    return fmtconv_ctx_failed (ctx);
  if (fmtconv_dtype_is_blocks (*dtype))
    return fmtconv_fail (ctx, FMTCONV_E_UNSUPPORTED, "%s can be read but not written",
                         fmtconv_dtype_get (*dtype)->name);
  return fmtconv_fail_at (ctx, FMTCONV_E_USAGE,
                          &(fmtconv_where){ .hint = "give a block type, f8_e4m3, f8_e5m2, f16, bf16 or f32" },
                          "weights cannot be quantized to %s", fmtconv_dtype_get (*dtype)->name);
}

/* Parses a rule such as "*.to_v.weight=q6_K", or the glob of keep=. */
static int
read_rule (fmtconv_ctx *ctx, const char *key, const char *value, struct quantize_rule *rule)
{
  *rule = (struct quantize_rule){ .glob = value };
  if (strcmp (key, "keep") == 0)
    return 0;
  const char *equals = strrchr (value, '=');
  if (!equals || equals == value)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "rule=%s is not GLOB=TYPE", value);
  rule->glob = fmtconv_ctx_printf (ctx, "%.*s", (int) (equals - value), value);
  return read_type (ctx, equals + 1, &rule->dtype);
}

/* Returns the type of most weights in 16 bits, as llama.cpp's converter does: that of the first matrix in such a type. */
static uint32_t
automatic (const fmtconv_model *in)
{
  FMTCONV_FOREACH (t, in)
    {
      if (t->rank > 1 && (t->dtype == FMTCONV_BF16 || t->dtype == FMTCONV_F16))
        return t->dtype;
    }
  return FMTCONV_F16;
}

static int
read_to (fmtconv_ctx *ctx, const char *to, const fmtconv_model *in, struct quantize_plan *plan)
{
  if (!to)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no type given: quantize:to=q8_0, another type, or a mix (%s)",
                         quantize_mix_names ());
  if (!strcmp (to, "auto"))
    {
      plan->to = automatic (in);
      return 0;
    }
  plan->mix = quantize_mix_of (to);
  if (!plan->mix)
    return read_type (ctx, to, &plan->to);
  plan->to = quantize_mix_base (plan->mix);
  return 0;
}

/* Fails if a glob of a rule matches no tensor: it may be mistyped. */
static int
check_globs (fmtconv_ctx *ctx, const fmtconv_pairs *given, const struct quantize_plan *plan,
             const fmtconv_model *in)
{
  const char **globs = fmtconv_ctx_alloc (ctx, given->n, sizeof *globs);
  if (!given->n || !globs)
    return fmtconv_ctx_failed (ctx);
  for (size_t i = 0; i < given->n; i++)
    globs[i] = plan->rules[i].glob;
  return fmtconv_globs_check (&(fmtconv_pairs){ .n = given->n, .key = given->key, .value = globs }, in,
                              "quantize:rule=GLOB=TYPE");
}

int
quantize_plan (fmtconv_ctx *ctx, const struct quantize_params *p, const fmtconv_model *in,
               struct quantize_plan *plan)
{
  *plan = (struct quantize_plan){ .n_rules = p->rules.n, .rest = p->rest };
  if (read_to (ctx, p->to, in, plan) || quantize_read_scaling (ctx, p, &plan->scaling))
    return fmtconv_ctx_failed (ctx);
  if (p->choice == QUANTIZE_AS_LOADER && quantize_comfy_start (ctx, p, in, plan))
    return fmtconv_ctx_failed (ctx);
  if (!p->rest && !quantize_is_scaled (plan->to))
    plan->rest = p->choice == QUANTIZE_AS_LOADER ? FMTCONV_F32 : FMTCONV_F16;
  if (p->rest && p->rest != FMTCONV_F16 && p->rest != FMTCONV_BF16 && p->rest != FMTCONV_F32)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "rest=%s: tensors that are not quantized can be f16, bf16 or f32 only",
                         fmtconv_dtype_get (p->rest)->name);
  plan->rules = fmtconv_ctx_alloc (ctx, plan->n_rules, sizeof *plan->rules);
  for (size_t i = 0; plan->rules && i < plan->n_rules; i++)
    if (read_rule (ctx, p->rules.key[i], p->rules.value[i], &plan->rules[i]))
      return fmtconv_ctx_failed (ctx);
  if (quantize_check_scaling (ctx, plan) || check_globs (ctx, &p->rules, plan, in))
    return fmtconv_ctx_failed (ctx);
  FMTCONV_FOREACH (t, in)
    {
      uint64_t layer = quantize_layer (t->name);
      plan->layers = layer != UINT64_MAX && layer >= plan->layers ? layer + 1 : plan->layers;
    }
  plan->is_llama = p->choice != QUANTIZE_BY_NAME && !plan->comfy;
  if (plan->is_llama)
    quantize_llama_start (ctx, &plan->llama, p, in, plan->layers);
  return fmtconv_ctx_failed (ctx);
}

/* The number of tensors with the same choice. */
struct line
{
  struct quantize_choice choice;
  uint64_t row; /* length of a row in elements, if it prevented the wanted type; else 0 */
  size_t n;
};

struct summary
{
  struct line lines[LISTED];
  size_t n;
  size_t quantized;
  size_t again;   /* quantized before, to another type */
  size_t other;   /* not floating-point */
  size_t weighed; /* quantized with an importance matrix */
  size_t unlisted;
  size_t cut;    /* rows prevented the wanted type */
  size_t mixed;  /* given another type by the mix */
  size_t scaled; /* of `quantized`: to 8-bit floats */
};

static bool
is_scaled (const struct quantize_choice *choice)
{
  return !choice->why && quantize_is_scaled (choice->dtype);
}

static void
count (struct summary *s, struct quantize_choice c, const fmtconv_tensor *t)
{
  uint64_t row = c.wanted != c.dtype ? quantize_row (t) : 0;
  s->quantized += fmtconv_dtype_is_blocks (c.dtype) || is_scaled (&c);
  s->mixed += c.mixed;
  s->cut += row > 0;
  for (size_t i = 0; i < s->n; i++)
    {
      struct line *line = &s->lines[i];
      if (line->choice.wanted == c.wanted && line->choice.dtype == c.dtype && line->row == row
          && line->choice.why == c.why)
        {
          line->n++;
          return;
        }
    }
  if (s->n < LISTED)
    s->lines[s->n++] = (struct line){ .choice = c, .row = row, .n = 1 };
  else
    s->unlisted++;
}

static void
note_result (fmtconv_ctx *ctx, const struct summary *s, size_t all, bool matrix)
{
  for (size_t i = 0; i < s->n; i++)
    {
      const struct line *line = &s->lines[i];
      const char *name = fmtconv_dtype_get (line->choice.dtype)->name;
      if (line->row)
        fmtconv_detail (ctx, "%s: %zu instead of %s, whose blocks of %u do not divide rows of %llu", name,
                        line->n, fmtconv_dtype_get (line->choice.wanted)->name,
                        (unsigned) fmtconv_dtype_get (line->choice.wanted)->block,
                        (unsigned long long) line->row);
      else if (line->choice.why)
        fmtconv_detail (ctx, "%s: %zu not quantized (%s)", name, line->n, line->choice.why);
      else
        fmtconv_detail (ctx, "%s: %zu", name, line->n);
    }
  if (s->unlisted)
    fmtconv_detail (ctx, "%zu more tensors of other types or rows", s->unlisted);
  fmtconv_note (ctx, "%zu of %zu tensors are quantized", s->quantized, all);
  if (matrix && !s->weighed)
    fmtconv_warn (ctx, "the importance matrix has entries for none of them: check that it is for this model, "
                       "with the same tensor names");
  else if (matrix)
    fmtconv_note (ctx, "the importance matrix has entries for %zu of them", s->weighed);
  if (s->other)
    fmtconv_note (ctx,
                  s->other == 1 ? "%zu tensor is not floating-point and stays unchanged"
                                : "%zu tensors are not floating-point and stay unchanged",
                  s->other);
  if (s->again)
    fmtconv_lossy (ctx, "%zu tensors are already quantized and would be quantized again, to another type",
                   s->again);
}

static bool
is_convertible (uint32_t dtype)
{
  return fmtconv_dtype_is_float (dtype) || fmtconv_dtype_is_blocks (dtype);
}

/* Quantizes each matrix of a tensor with its row of importance. */
static fmtconv_view *
weighed (fmtconv_ctx *ctx, const fmtconv_tensor *t, uint32_t dtype, fmtconv_view *importance)
{
  const uint64_t n = quantize_matrices (t), columns = fmtconv_view_shape (importance)[1];
  fmtconv_view **parts = fmtconv_ctx_alloc (ctx, n, sizeof *parts);
  for (uint64_t i = 0; parts && i < n; i++)
    {
      fmtconv_view *row = fmtconv_view_reshape (fmtconv_view_slice (importance, 0, i, 1), 1, &columns),
                   *own = n > 1 ? fmtconv_view_slice (t->view, 0, i, 1) : t->view;
      parts[i] = fmtconv_view_quantize (own, dtype, row);
    }
  return parts && n > 1 ? fmtconv_view_concat (0, n, parts) : parts ? *parts : NULL;
}

static fmtconv_view *
converted (const fmtconv_tensor *t, uint32_t dtype)
{
  if (fmtconv_dtype_is_blocks (dtype))
    return fmtconv_view_quantize (t->view, dtype, NULL);
  if (dtype == t->dtype)
    return t->view;
  fmtconv_view *watched = fmtconv_view_watch (t->view, FMTCONV_FINDING_OVERFLOW | FMTCONV_FINDING_UNDERFLOW,
                                              FMTCONV_SEVERITY_WARN,
                                              "rest=bf16 or rest=f32, or a rule for the tensor, keeps them");
  return fmtconv_view_cast (watched, dtype);
}

/* Puts a tensor in the type that was chosen for it. */
static void
put (fmtconv_ctx *ctx, const struct quantize_plan *plan, const struct quantize_matrix *matrix,
     const fmtconv_tensor *t, struct summary *summary, struct quantize_description *description,
     fmtconv_model *out)
{
  const struct quantize_choice choice = quantize_choose (plan, t);
  quantize_describe (ctx, description, t, is_scaled (&choice) ? choice.dtype : 0);
  summary->again +=
      fmtconv_dtype_is_blocks (t->dtype)
      && (is_scaled (&choice) || (fmtconv_dtype_is_blocks (choice.dtype) && t->dtype != choice.dtype));
  count (summary, choice, t);
  if (is_scaled (&choice))
    {
      if (summary->scaled++ == 0)
        quantize_put_marker (ctx, &plan->scaling, t, choice.dtype, out);
      quantize_put_scaled (ctx, &plan->scaling, t, choice.dtype, out);
      return;
    }
  if (plan->comfy && fmtconv_dtype_is_blocks (choice.dtype) && quantize_comfy_has_rows (plan->comfy, t))
    {
      quantize_comfy_put_rows (t, choice.dtype, out);
      return;
    }
  fmtconv_view *importance = fmtconv_dtype_is_blocks (choice.dtype) ? quantize_importance (matrix, t) : NULL;
  summary->weighed += importance != NULL;
  fmtconv_model_put (out, t->name,
                     importance ? weighed (ctx, t, choice.dtype, importance) : converted (t, choice.dtype));
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  struct quantize_plan plan;
  struct summary summary = { .n = 0 };
  struct quantize_matrix matrix = { .ctx = ctx };
  const struct quantize_params *p = params_;
  if (quantize_plan (ctx, p, in, &plan)
      || (p->imatrix && quantize_read_matrix (ctx, p->imatrix, out, &matrix)))
    return fmtconv_ctx_failed (ctx);
  struct quantize_description description = quantize_description_start (ctx, plan.scaling.loader);
  FMTCONV_FOREACH (t, in)
    {
      if (!is_convertible (t->dtype))
        {
          summary.other++;
          fmtconv_model_put (out, t->name, t->view);
          continue;
        }
      put (ctx, &plan, &matrix, t, &summary, &description, out);
    }
  if (plan.mix && !plan.is_llama && !plan.comfy && summary.quantized && !summary.mixed)
    fmtconv_warn (ctx, "no tensor name matches the %s recipe; all tensors use %s (as with quantize:to=%s)",
                  p->to, fmtconv_dtype_get (plan.to)->name, fmtconv_dtype_get (plan.to)->name);
  if (!summary.quantized && !summary.cut && !p->rules.n
      && (fmtconv_dtype_is_blocks (plan.to) || quantize_is_scaled (plan.to)))
    fmtconv_warn (ctx, "no tensor is quantized: rule=GLOB=TYPE quantizes those that match a glob");
  quantize_put_description (ctx, &plan.scaling, &description, out);
  fmtconv_attr_set_string (fmtconv_model_attrs (out), "quantized",
                           strcmp (p->to, "auto") ? p->to : fmtconv_dtype_get (plan.to)->name);
  fmtconv_attr_unset (fmtconv_model_attrs (out), "comfy");
  note_result (ctx, &summary, fmtconv_model_count (in), p->imatrix != NULL);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (quantize, .name = "quantize",
                .summary = "stores matrices in few bits: in ggml blocks, or as 8-bit floats with scales",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "to=TYPE", .values = values,
                                                .understands = FMTCONV_FEATURE_TIED, .apply = apply));
