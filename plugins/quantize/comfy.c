/* plugins/quantize/comfy.c: the types in which ComfyUI-GGUF stores the tensors of an image or video model.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Facts: city96/ComfyUI-GGUF, tools/convert.py (16 bits, F32 for small tensors, rows of 256), tools/lcpp.patch (which tensors of
 * a file in 16 bits llama-quantize quantizes, and to what), tools/fix_5d_tensors.py (F32 for more than four dimensions).  The
 * lists of names are in the model files. */
#include "config.h"

#include "plugins/common/text.h"
#include "quantize.h"
#include <fmtconv/formats.h>
#include <strings.h>

enum
{
  SMALL = 1024, /* elements of a tensor that stays in 32 bits */
  ROW = 256,
  LEAST_ROWS = 2, /* of 256 elements, for tensors that are stored so */
  RANK = 4        /* dimensions that ggml can quantize */
};

/* Kinds of weights that some types of files give more bits. */
enum kind
{
  OTHERS,
  VALUES,
  FUSED,
  DOWN
};

/* The type of a kind in a file.  first: the number of tensors for which it counts; 0: all. */
static const struct more
{
  const char *file;
  enum kind kind;
  uint32_t dtype;
  size_t first;
} more[] = {
  { "q2_K", VALUES, FMTCONV_Q3_K, 0 },   { "Q3_K_M", VALUES, FMTCONV_Q5_K, 2 },
  { "Q3_K_M", VALUES, FMTCONV_Q4_K, 0 }, { "Q3_K_L", VALUES, FMTCONV_Q5_K, 0 },
  { "Q4_K_M", VALUES, FMTCONV_Q6_K, 0 }, { "Q5_K_M", VALUES, FMTCONV_Q6_K, 0 },
  { "Q4_K_S", VALUES, FMTCONV_Q5_K, 4 }, { "Q3_K_M", FUSED, FMTCONV_Q4_K, 0 },
  { "Q3_K_L", FUSED, FMTCONV_Q4_K, 0 },  { "Q4_K_M", FUSED, FMTCONV_Q5_K, 0 },
  { "Q5_K_M", FUSED, FMTCONV_Q6_K, 0 },  { "Q3_K_M", DOWN, FMTCONV_Q4_K, 0 },
  { "Q3_K_L", DOWN, FMTCONV_Q5_K, 0 },   { "Q4_K_S", DOWN, FMTCONV_Q5_K, 0 },
  { "Q4_K_M", DOWN, FMTCONV_Q6_K, 0 },   { "Q5_K_M", DOWN, FMTCONV_Q6_K, 0 },
  { "q4_0", DOWN, FMTCONV_Q4_1, 0 },     { "q5_0", DOWN, FMTCONV_Q5_1, 0 },
};

static bool
is_among (const char *const *globs, const char *name)
{
  for (; *globs; globs++)
    if (fmtconv_glob_match (*globs, name))
      return true;
  return false;
}

static enum kind
kind_of (const char *name)
{
  static const char *const values[] = {
    "*attn_v.weight*",    "*.to_v.weight*",        "*.v.weight*", "*.attn.w1v.weight*",
    "*.attn.w2v.weight*", "*_attn.v_proj.weight*", NULL
  };
  static const char *const fused[] = { "*attn_qkv.weight*", "*attn.qkv.weight*", "*attention.qkv.weight*",
                                       NULL };
  static const char *const down[] = { "*ffn_down*",
                                      "*experts.*.w2.weight*",
                                      "*experts.w2.weight*",
                                      "*.w2.weight*experts.*",
                                      "*.ffn.2.weight*",
                                      "*.ff.net.2.weight*",
                                      "*.mlp.layer2.weight*",
                                      "*.adaln_modulation_mlp.2.weight*",
                                      "*.feed_forward.w2.weight*",
                                      NULL };
  return is_among (values, name)  ? VALUES
         : is_among (fused, name) ? FUSED
         : is_among (down, name)  ? DOWN
                                  : OTHERS;
}

/* Returns whether the description lists the tensor under the key. */
static bool
is_listed (const struct quantize_comfy *comfy, const char *key, const char *name)
{
  const fmtconv_attr *globs = fmtconv_attr_get (comfy->description, key);
  for (const fmtconv_attr *glob = globs ? globs->first : NULL; glob; glob = glob->next)
    if (glob->kind == FMTCONV_ATTR_STRING && fmtconv_glob_match (glob->v.s, name))
      return true;
  return false;
}

/* Returns the type of most tensors: BF16, or F16 for all others. */
static uint32_t
most (const fmtconv_model *in)
{
  size_t n[3] = { 0 };
  FMTCONV_FOREACH (t, in)
    n[t->dtype == FMTCONV_BF16 ? 0 : t->dtype == FMTCONV_F16 ? 1 : 2]++;
  return n[0] > n[1] && n[0] > n[2] ? FMTCONV_BF16 : FMTCONV_F16;
}

/* Fails for a type of file that llama-quantize does not make of such models. */
static int
check_file (fmtconv_ctx *ctx, const char *to, uint32_t dtype)
{
  static const uint32_t made[] = { FMTCONV_F32,  FMTCONV_F16,  FMTCONV_BF16, FMTCONV_Q4_0, FMTCONV_Q4_1,
                                   FMTCONV_Q5_0, FMTCONV_Q5_1, FMTCONV_Q8_0, FMTCONV_Q2_K, FMTCONV_Q3_K,
                                   FMTCONV_Q4_K, FMTCONV_Q5_K, FMTCONV_Q6_K };
  static const fmtconv_where where = {
    .hint = "choose another type: Q4_K_S, q5_0, q8_0 …, or the types by the names of layers with "
            "-t quantize:TYPE,choice=name"
  };
  for (size_t i = 0; i < sizeof made / sizeof *made; i++)
    if (made[i] == dtype)
      return 0;
  return fmtconv_fail_at (ctx, FMTCONV_E_UNSUPPORTED, &where,
                          "ComfyUI-GGUF does not make files of the type %s for image and video models", to);
}

int
quantize_comfy_start (fmtconv_ctx *ctx, const struct quantize_params *p, const fmtconv_model *in,
                      struct quantize_plan *plan)
{
  fmtconv_attr *description = fmtconv_attr_get (fmtconv_model_attrs (in), "comfy");
  struct quantize_comfy *comfy = description ? fmtconv_ctx_alloc (ctx, 1, sizeof *comfy) : NULL;
  if (!comfy)
    return fmtconv_ctx_failed (ctx);
  const fmtconv_attr *rows = fmtconv_attr_get (description, "rows");
  *comfy = (struct quantize_comfy){ .description = description,
                                    .file = !strcasecmp (p->to, "q3_K")   ? "Q3_K_M"
                                            : !strcasecmp (p->to, "q4_K") ? "Q4_K_M"
                                            : !strcasecmp (p->to, "q5_K") ? "Q5_K_M"
                                                                          : p->to,
                                    .is_auto = !strcmp (p->to, "auto"),
                                    .rest = p->rest,
                                    .has_rows = rows && rows->kind == FMTCONV_ATTR_BOOL && rows->v.i };
  if (comfy->is_auto)
    plan->to = most (in);
  plan->comfy = comfy;
  return check_file (ctx, p->to, plan->to);
}

static uint64_t
elements_of (const fmtconv_tensor *t)
{
  uint64_t n = 1;
  for (unsigned d = 0; d < t->rank; d++)
    n *= t->shape[d];
  return n;
}

/* Returns the number of dimensions as ggml counts them: without the outermost of one element. */
static unsigned
rank_of (const fmtconv_tensor *t)
{
  unsigned rank = t->rank;
  for (unsigned d = 0; d + 1 < t->rank && t->shape[d] == 1; d++)
    rank--;
  return rank;
}

bool
quantize_comfy_has_rows (const struct quantize_comfy *comfy, const fmtconv_tensor *t)
{
  const uint64_t n = elements_of (t);
  return comfy->has_rows && t->rank > 1 && t->rank <= RANK && n >= LEAST_ROWS * ROW && n % ROW == 0
         && quantize_row (t) % ROW;
}

void
quantize_comfy_put_rows (const fmtconv_tensor *t, uint32_t dtype, fmtconv_model *out)
{
  const uint64_t rows[] = { elements_of (t) / ROW, ROW };
  fmtconv_attr *all = fmtconv_attr_make (fmtconv_model_attrs (out), "stored-shapes"),
               *shape = all ? fmtconv_attr_literal (all->ctx, "[]") : NULL;
  for (unsigned d = 0; d < t->rank; d++)
    fmtconv_attr_set_typed_int (shape, NULL, (int64_t) t->shape[d], 32);
  fmtconv_attr_set (all, t->name, shape);
  fmtconv_model_put (out, t->name,
                     fmtconv_view_quantize (fmtconv_view_reshape (t->view, 2, rows), dtype, NULL));
}

/* Returns the type that a tensor keeps in a file of 16 bits. */
static uint32_t
plain_type (const struct quantize_comfy *comfy, const fmtconv_tensor *t)
{
  const bool is_wide = t->dtype == FMTCONV_F32 || t->dtype == FMTCONV_BF16;
  if (fmtconv_dtype_is_blocks (t->dtype))
    return t->dtype;
  if (t->rank > RANK)
    return FMTCONV_F32;
  if (is_wide && (t->rank < 2 || elements_of (t) <= SMALL || is_listed (comfy, "f32", t->name)))
    return FMTCONV_F32;
  if (comfy->rest)
    return comfy->rest;
  return t->dtype == FMTCONV_BF16 ? FMTCONV_BF16 : FMTCONV_F16;
}

/* Returns why a tensor is not quantized; NULL: it is. */
static const char *
refusal (const struct quantize_comfy *comfy, const fmtconv_tensor *t)
{
  static const char *const others[] = { "*_norm.weight*", "*ffn_gate_inp.weight*", "*attn_rel_b.weight*",
                                        NULL };
  const bool is_matrix = rank_of (t) == 2 || quantize_comfy_has_rows (comfy, t);
  if (comfy->is_auto)
    return "16 bits";
  if (!is_matrix)
    return "not 2-D";
  if (!text_ends_with (t->name, "weight") || is_among (others, t->name))
    return "no layer's weight by name: tokens, tables, modulation";
  return is_listed (comfy, "plain", t->name) ? "ComfyUI-GGUF keeps it" : NULL;
}

/* Returns the type of a weight in the file. */
static uint32_t
type_of (struct quantize_comfy *comfy, uint32_t base, const char *name)
{
  const enum kind kind = kind_of (name);
  const size_t before = kind == VALUES ? comfy->values++ : 0;
  for (size_t i = 0; i < sizeof more / sizeof *more; i++)
    if (more[i].kind == kind && !strcasecmp (more[i].file, comfy->file)
        && (!more[i].first || before < more[i].first))
      return more[i].dtype;
  return base;
}

struct quantize_choice
quantize_comfy_choose (const struct quantize_plan *plan, const fmtconv_tensor *t)
{
  struct quantize_comfy *comfy = plan->comfy;
  const char *why = refusal (comfy, t);
  const uint32_t plain = plain_type (comfy, t);
  if (why)
    return (struct quantize_choice){ .wanted = plain, .dtype = plain, .why = why };
  const uint32_t wanted = type_of (comfy, plan->to, t->name);
  const uint64_t row = quantize_comfy_has_rows (comfy, t) ? ROW : quantize_row (t);
  const bool fits = row % fmtconv_dtype_get (wanted)->block == 0;
  return (struct quantize_choice){ .wanted = wanted,
                                   .dtype = fits ? wanted : FMTCONV_F16,
                                   .mixed = wanted != plan->to };
}
