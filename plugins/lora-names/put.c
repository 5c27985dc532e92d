/* plugins/lora-names/put.c: puts the tensors of a LoRA under their new names.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "names.h"
#include <fmtconv/formats.h>
#include <math.h>
#include <string.h>

#define PEFT (1u << TO_PEFT)
#define DIFFUSERS (1u << TO_DIFFUSERS)
#define KOHYA (1u << TO_KOHYA)
#define COMFY (1u << TO_COMFY)
#define XLABS (1u << TO_XLABS)

/* Suffixes of each part in the conventions that have it.  Parts of LoHa and LoKr keep their suffixes. */
static const struct
{
  int part;
  unsigned to;
  const char *suffix;
} suffixes[] = {
  { LORA_DOWN, PEFT | DIFFUSERS | COMFY, ".lora_A.weight" },
  { LORA_DOWN, KOHYA, ".lora_down.weight" },
  { LORA_DOWN, XLABS, ".down.weight" },
  { LORA_UP, PEFT | DIFFUSERS | COMFY, ".lora_B.weight" },
  { LORA_UP, KOHYA, ".lora_up.weight" },
  { LORA_UP, XLABS, ".up.weight" },
  { LORA_UP_BIAS, PEFT | DIFFUSERS, ".lora_B.bias" },
  { LORA_UP_BIAS, KOHYA | COMFY, ".diff_b" },
  { LORA_MID, KOHYA, ".lora_mid.weight" },
  { LORA_ALPHA, KOHYA | COMFY, ".alpha" },
  { LORA_MAGNITUDE, PEFT | DIFFUSERS, ".lora_magnitude_vector" },
  { LORA_MAGNITUDE, KOHYA | COMFY, ".dora_scale" },
  { LORA_DIFF, KOHYA | COMFY, ".diff" },
  { LORA_DIFF_BIAS, KOHYA | COMFY, ".diff_b" },
  { LORA_SET, COMFY, ".set_weight" },
  { LORA_SET, PEFT, ".weight" },
  { LORA_SET_BIAS, PEFT, ".bias" },
};

/* Prefixes of the components, and the separators of modules. */
static const struct
{
  const char *prefix[LORA_COMPONENTS];
  char separator;
} forms[] = {
  [TO_PEFT] = { { NULL, "base_model.model.", "base_model.model.", "base_model.model.", "base_model.model." },
                '.' },
  [TO_DIFFUSERS] = { { NULL, "transformer.", "text_encoder.", "text_encoder_2.", "text_encoder_3." }, '.' },
  [TO_KOHYA] = { { NULL, "lora_unet_", "lora_te1_", "lora_te2_", "lora_te3_" }, '_' },
  [TO_COMFY] = { { NULL, "diffusion_model.", "text_encoder.", "text_encoder_2.", "text_encoder_3." }, '.' },
  [TO_XLABS] = { { NULL, "", NULL, NULL, NULL }, '.' }, /* a processor's name, lora-xlabs.c */
};

/* Returns whether a part is written as the bias of B, which is added times alpha/rank: a difference of the bias, in
 * conventions that have no other place for it. */
static bool
is_bias_of_b (const struct names *s, const struct names_entry *e, int part)
{
  return part == LORA_DIFF_BIAS && (s->params->to == TO_PEFT || s->params->to == TO_DIFFUSERS)
         && e->group->part[LORA_UP] && !e->group->part[LORA_UP_BIAS] && e->alpha != 0;
}

/* Returns whether diffusers replaces the weight of a module: the norms of a LoRA for control. */
static bool
is_norm (const char *module)
{
  return fmtconv_pattern_match ("{x*}.{p:norm_q,norm_k,norm_added_q,norm_added_k}", module);
}

static const char *
suffix_of (const struct names *s, const struct names_entry *e, int part)
{
  if (is_bias_of_b (s, e, part))
    return ".lora_B.bias";
  if (part >= LORA_HADA_W1_A)
    return s->params->to == TO_KOHYA || s->params->to == TO_COMFY ? lora_part_suffix (part) : NULL;
  if (e->group->is_embedding && (part == LORA_DOWN || part == LORA_UP))
    return s->params->to != TO_PEFT ? NULL : part == LORA_DOWN ? ".lora_embedding_A" : ".lora_embedding_B";
  if (part == LORA_SET && s->params->to == TO_DIFFUSERS)
    return is_norm (e->module) ? ".weight" : NULL;
  if (part == LORA_UP_BIAS && e->group->part[LORA_DIFF_BIAS] && s->params->to >= TO_KOHYA)
    return NULL; /* the name is taken */
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
    if (suffixes[i].part == part && (suffixes[i].to & (1u << s->params->to)))
      return suffixes[i].suffix;
  return NULL;
}

static const char *
prefix_of (const struct names *s, const struct names_entry *e)
{
  if (s->params->to == TO_DIFFUSERS && e->component == LORA_MODEL && e->is_unet)
    return "unet.";
  if (s->params->to == TO_KOHYA && e->component == LORA_TEXT && !s->has_text_2)
    return "lora_te_";
  return forms[s->params->to].prefix[e->component];
}

const char *
names_new (struct names *s, const struct names_entry *e, int part)
{
  const char *suffix = suffix_of (s, e, part), *prefix = prefix_of (s, e);
  char *name = suffix && prefix ? fmtconv_ctx_printf (s->ctx, "%s%s%s", prefix, e->module, suffix) : NULL;
  const size_t start = name ? strlen (prefix) : 0, end = start + strlen (e->module);
  for (size_t i = start; name && i < end; i++)
    if (name[i] == '.')
      name[i] = forms[s->params->to].separator;
  return name;
}

/* Returns the part that the factor alpha/rank is multiplied into. */
static int
baked_part (const struct lora_group *g)
{
  static const int parts[] = { LORA_UP, LORA_HADA_W1_A, LORA_KRON_W1, LORA_KRON_W1_A };
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (g->part[parts[i]])
      return parts[i];
  return -1;
}

/* Returns a magnitude in the shape of the convention: peft has a vector, others a column.  NULL after an error. */
static fmtconv_view *
magnitude (struct names *s, const struct names_entry *e)
{
  const fmtconv_tensor *t = e->group->part[LORA_MAGNITUDE];
  const int as_vector = s->params->to == TO_PEFT || s->params->to == TO_DIFFUSERS;
  uint64_t n = 1;
  for (unsigned i = 0; i < t->rank; i++)
    n *= t->shape[i];
  if (as_vector && t->rank <= 2 && t->rank && t->shape[0] == n)
    return fmtconv_view_reshape (t->view, 1, &n);
  if (!as_vector && t->rank == 1)
    return fmtconv_view_reshape (t->view, 2, (const uint64_t[]){ n, 1 });
  if (!as_vector)
    return t->view;
  fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .tensor = t->name },
                   "peft's magnitudes are a vector with one number for each output");
  return NULL;
}

/* Returns the factor of the bias of B.  A difference of the bias is added without alpha/rank. */
static double
bias_factor (const struct names *s, const struct names_entry *e)
{
  return e->bake * e->bake_a * (s->params->to >= TO_KOHYA ? e->alpha / (double) e->rank : 1);
}

static fmtconv_view *
view_of (struct names *s, const struct names_entry *e, int part)
{
  fmtconv_view *view = e->group->part[part]->view;
  if (part == LORA_MAGNITUDE)
    return magnitude (s, e);
  const double factor = is_bias_of_b (s, e, part)       ? (double) e->rank / e->alpha
                        : part == LORA_UP_BIAS          ? bias_factor (s, e)
                        : part == LORA_DOWN             ? e->bake_a
                        : part == baked_part (e->group) ? e->bake
                                                        : 1;
  if (factor == 1)
    return view;
  view = fmtconv_view_scale (view, factor);
  view = fmtconv_view_watch (view, FMTCONV_FINDING_UNDERFLOW | FMTCONV_FINDING_INEXACT,
                             FMTCONV_SEVERITY_COUNT, NULL);
  return fmtconv_view_watch (view, FMTCONV_FINDING_OVERFLOW, FMTCONV_SEVERITY_WARN, "bake=no keeps them");
}

/* Puts alpha, where the convention has it in a tensor.  Without one, ComfyUI takes the rank. */
static void
put_alpha (struct names *s, const struct names_entry *e)
{
  const char *name = names_new (s, e, LORA_ALPHA);
  const fmtconv_tensor *old = e->group->part[LORA_ALPHA];
  double value = NAN;
  const int wanted = name && (s->params->to == TO_KOHYA || e->alpha != (double) e->rank);
  if (old && fmtconv_tensor_scalar (old, &value))
    return;
  if (wanted && old && value == e->alpha)
    fmtconv_model_put (s->out, name, old->view);
  else if (wanted)
    fmtconv_model_put (
        s->out, name,
        fmtconv_view_constant (s->ctx, FMTCONV_F32, 0, NULL, &(const float){ (float) e->alpha }));
  if (old && !(wanted && value == e->alpha))
    fmtconv_model_drop (s->out, old, "stated in another place, or in the matrices");
}

/* Puts the parts of an entry; returns the number of parts that the convention does not have. */
static size_t
put_entry (struct names *s, const struct names_entry *e)
{
  size_t wrong = 0;
  for (int part = 0; part < LORA_PARTS; part++)
    {
      if (!e->group->part[part] || part == LORA_ALPHA)
        continue;
      const char *name = names_new (s, e, part);
      if (name)
        fmtconv_model_put (s->out, name, view_of (s, e, part));
      else if (!fmtconv_ctx_failed (s->ctx))
        {
          fmtconv_detail (s->ctx, "'%s'", e->group->part[part]->name);
          wrong++;
        }
    }
  if (e->rank)
    put_alpha (s, e);
  return wrong;
}

int
names_put (struct names *s)
{
  static const char *const names[] = { "peft", "diffusers", "kohya", "comfy", "xlabs" };
  size_t wrong = 0;
  for (size_t i = 0; i < s->n && !fmtconv_ctx_failed (s->ctx); i++)
    wrong += put_entry (s, &s->entries[i]);
  if (wrong == 0 || fmtconv_ctx_failed (s->ctx))
    return fmtconv_ctx_failed (s->ctx);
  return fmtconv_fail_at (
      s->ctx, FMTCONV_E_UNSUPPORTED, &(fmtconv_where){ .hint = "to=comfy has names for most of them" },
      wrong == 1 ? "the names of %s have none for %zu tensor:" : "the names of %s have none for %zu tensors:",
      names[s->params->to], wrong);
}
