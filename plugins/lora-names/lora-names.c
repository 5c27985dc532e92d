/* plugins/lora-names/lora-names.c: the transform that converts the names of a LoRA between conventions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "names.h"
#include "plugins/common/lora-describe.h"
#include "plugins/common/text.h"
#include <fmtconv/formats.h>
#include <math.h>

static const fmtconv_param params[] = {
  { "to", FMTCONV_PARAM_CHOICE, offsetof (struct names_params, to), "peft|diffusers|kohya|comfy|xlabs",
    "the convention of the new names" },
  { "only", FMTCONV_PARAM_CHOICE, offsetof (struct names_params, only),
    "all|model|text_encoder|text_encoder_2|text_encoder_3", "the component to keep; the others are dropped" },
  { "alpha", FMTCONV_PARAM_FLOAT, offsetof (struct names_params, alpha), NULL,
    "lora_alpha of the training; default: from the LoRA's file" },
  { "bake", FMTCONV_PARAM_CHOICE, offsetof (struct names_params, bake), "auto|yes|no|split",
    "multiply B by alpha/rank, or both matrices by parts of it (split); auto: yes for peft and xlabs" },
  { "base", FMTCONV_PARAM_INPUT, offsetof (struct names_params, base), NULL,
    "the model, whose names say where a kohya name has dots" },
  { "model", FMTCONV_PARAM_TEXT, offsetof (struct names_params, model), NULL,
    "the model file whose rules translate the modules; default for diffusers: the one that takes them" },
  { "side", FMTCONV_PARAM_TEXT, offsetof (struct names_params, side), NULL,
    "the side whose names the modules get; default: diffusers for peft and diffusers, else the first" },
  { 0 },
};

/* What can be the name of an adapter's tensor: a LoRA is recognized by more than that. */
#define MAY_BE(name)                                                \
  {                                                                 \
    .from = "/{m*}" name, .to = "=", .flags = FMTCONV_RULE_OPTIONAL \
  }
static const fmtconv_rules rules = {
  .rules =
      (const fmtconv_rule[]){
          MAY_BE (".lora_{p}"),
          MAY_BE (".lora_{p}.{q}"),
          MAY_BE (".lora_{p}.{q}.{r}"),
          MAY_BE ("{l:.,_}lora.{p}.{q}"),
          MAY_BE (".lora.{p}.{q}.{r}"),
          MAY_BE ("_lora{s:1,2}.{p:down,up}.weight"),
          MAY_BE (".{p:alpha,dora_scale,diff,diff_b,w_norm,b_norm,set_weight,magnitude}"),
          MAY_BE (".{p:hada,lokr}_{q}"),
          MAY_BE (".{p:hada,lokr}_{q}.{r}"),
          MAY_BE (".modules_to_save.{p}"),
          MAY_BE (".modules_to_save.{p}.{q}"),
          MAY_BE (".{p:query_norm,key_norm}.scale"),
          MAY_BE (".{p:norm_q,norm_k,norm_added_q,norm_added_k}.weight"),
          { 0 },
      },
};

/* Returns whether a module of the denoiser is that of a U-Net, by its prefix or its first component. */
static int
is_unet (const char *full, const char *module)
{
  static const char *const starts[] = { "down_blocks.",  "mid_block.",    "up_blocks.",
                                        "input_blocks.", "middle_block.", "output_blocks." };
  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
    if (text_starts_with (module, starts[i]))
      return 1;
  return text_starts_with (full, "unet.") || text_starts_with (full, "unet$$");
}

/* Gives A the factor without the power of two that B gets, as diffusers does (loaders/lora_conversion_utils.py). */
static void
split_factor (struct names_entry *e)
{
  e->bake_a = e->bake;
  e->bake = 1;
  while (e->bake_a > 0 && e->bake_a * 2 < e->bake)
    {
      e->bake_a *= 2;
      e->bake /= 2;
    }
}

/* Sets the factor and the alpha of an entry. */
static int
set_scale (struct names *s, struct names_entry *e)
{
  const struct lora_group *origin = lora_group_origin (e->group);
  double alpha = NAN, divisor = 1;
  e->rank = lora_group_rank (e->group);
  e->bake = e->bake_a = 1;
  if (e->rank == 0)
    return 0;
  if (lora_alpha (&s->facts, origin, lora_group_rank (origin), &alpha, &divisor))
    return fmtconv_ctx_failed (s->ctx);
  const double factor = alpha / divisor;
  const int given = s->params->bake;
  const bool is_stated = s->params->to != TO_PEFT && s->params->to != TO_XLABS;
  const bool bake = given == BAKE_AUTO ? !is_stated : given != BAKE_NO;
  if (!bake && s->params->to == TO_XLABS && factor != 1)
    return fmtconv_fail (s->ctx, FMTCONV_E_USAGE,
                         "bake=no would lose alpha: XLabs' names have none, and alpha/rank is %g", factor);
  e->bake = bake ? factor : 1;
  e->alpha = (double) e->rank * (bake ? 1 : factor);
  if (given == BAKE_SPLIT && e->group->part[LORA_UP])
    split_factor (e);
  if (isfinite (factor))
    return 0;
  return fmtconv_fail (s->ctx, FMTCONV_E_USAGE, "alpha %g over %g is not a finite factor", alpha, divisor);
}

static int
fail_sat (const struct names *s)
{
  return fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED,
                          &(fmtconv_where){ .hint = "type -t cogvideox-lora before -t lora-names" },
                          "the LoRA has SAT names, each for a part of a weight");
}

static int
add_entry (struct names *s, const struct lora_group *g)
{
  struct names_entry *e = &s->entries[s->n];
  int component = lora_component_of (g->module), of;
  component = component == LORA_ANY ? LORA_MODEL : component;
  if (s->params->only && component != s->params->only)
    return 0;
  if (g->is_sat)
    return fail_sat (s);
  const int lacking = lora_group_lacks (g, &of);
  if (lacking >= 0)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_MISSING,
                            &(fmtconv_where){ .tensor = g->part[of]->name,
                                              .hint = "check that the file of the LoRA is complete" },
                            "the module has no tensor '%s'", lora_part_suffix (lacking) + 1);
  const char *module = s->params->to == TO_XLABS ? g->module : names_module (s, g);
  if (!module)
    return fmtconv_ctx_failed (s->ctx);
  *e = (struct names_entry){
    .group = g, .module = module, .component = component, .is_unet = is_unet (g->module, module)
  };
  s->has_text_2 |= component == LORA_TEXT_2;
  s->n++;
  return set_scale (s, e);
}

/* Makes all modules of the denoiser those of a U-Net if one is: time_embedding.linear_1 may be of either. */
static void
share_unet (struct names *s)
{
  int is_one = 0;
  for (size_t i = 0; i < s->n; i++)
    is_one |= s->entries[i].component == LORA_MODEL && s->entries[i].is_unet;
  for (size_t i = 0; i < s->n; i++)
    s->entries[i].is_unet = is_one && s->entries[i].component == LORA_MODEL;
}

/* Drops the parts of other components and lists tensors that are not part of a LoRA. */
static int
check_others (struct names *s)
{
  size_t wrong = 0;
  for (size_t i = 0; i < s->groups.n; i++)
    {
      const int component = lora_component_of (s->groups.group[i].module);
      if (!s->params->only || (component ? component : LORA_MODEL) == s->params->only)
        continue;
      for (int part = 0; part < LORA_PARTS; part++)
        if (s->groups.group[i].part[part])
          fmtconv_model_drop (s->out, s->groups.group[i].part[part], "of another component");
    }
  FMTCONV_FOREACH (t, s->in)
    if (!lora_groups_use (&s->groups, t))
      {
        fmtconv_detail (s->ctx, "'%s'", t->name);
        wrong++;
      }
  if (wrong == 0)
    return 0;
  return fmtconv_fail_at (
      s->ctx, FMTCONV_E_MISSING, &(fmtconv_where){ .hint = "-t drop or -t select leaves them out" },
      wrong == 1 ? "%zu tensor is not part of a LoRA:" : "%zu tensors are not part of a LoRA:", wrong);
}

/* Checks that all groups are of one adapter, and in peft's convention of one component. */
static int
check_entries (const struct names *s)
{
  if (s->n == 0)
    return fmtconv_model_fail_absent (s->in, "LoRA");
  for (size_t i = 1; i < s->n; i++)
    {
      const struct names_entry *a = &s->entries[i - 1], *b = &s->entries[i];
      if (strcmp (a->group->adapter, b->group->adapter) != 0)
        return fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED,
                                &(fmtconv_where){ .hint = "keep one with -t select:'*.NAME.*'" },
                                "the model has the adapters '%s' and '%s', but a file holds one",
                                a->group->adapter, b->group->adapter);
      if (s->params->to == TO_PEFT && a->component != b->component)
        return fmtconv_fail_at (
            s->ctx, FMTCONV_E_UNSUPPORTED,
            &(fmtconv_where){ .hint = "choose one with only=model or only=text_encoder" },
            "an adapter of peft is for one model, but the LoRA is for several components");
    }
  return 0;
}

/* Translates the names of modules, if a model is given, or diffusers' names of one that is recognized are wanted.  The
 * alphas of translated modules are stated anew. */
static int
translate (struct names *s)
{
  const struct names_params *p = s->params;
  const bool is_second = p->to == TO_DIFFUSERS || p->to == TO_PEFT || p->to == TO_XLABS;
  const struct lora_groups before = s->groups;
  const struct lora_translation how = { .model = p->model || p->to != TO_XLABS ? p->model : "flux",
                                        .side = p->side     ? p->side
                                                : is_second ? "diffusers"
                                                            : "" };
  if (p->side && !p->model)
    return fmtconv_fail (s->ctx, FMTCONV_E_USAGE, "side= is a side of the model file that model= names");
  if ((!how.model && (p->to != TO_DIFFUSERS || p->base)) || (p->only && p->only != LORA_MODEL))
    return 0;
  if (lora_translate (&s->facts, &how, &s->groups, &s->renaming))
    return fmtconv_ctx_failed (s->ctx);
  if (s->renaming.several)
    return fmtconv_fail_at (s->ctx, FMTCONV_E_UNSUPPORTED,
                            &(fmtconv_where){ .hint = "name it: lora-names:model=NAME" },
                            "the LoRA can be for several models: %s", s->renaming.several);
  if (!s->renaming.model)
    return 0;
  if (strcmp (s->renaming.from, s->renaming.to) != 0)
    {
      const bool is_one =
          s->renaming.models == s->renaming.model; /* several call their own names differently */
      fmtconv_note (s->ctx, "the LoRA is for %s %s: its modules get the names of %s%s%s",
                    is_one ? "the model" : "one of the models", s->renaming.models, s->renaming.to,
                    is_one ? " instead of those of " : "", is_one ? s->renaming.from : "");
    }
  for (size_t i = 0; i < before.n; i++)
    if (lora_translates (&before.group[i]) && before.group[i].part[LORA_ALPHA])
      fmtconv_model_drop (s->out, before.group[i].part[LORA_ALPHA],
                          "stated in another place, or in the matrices");
  fmtconv_model_untie (s->out); /* readers look for every name */
  return fmtconv_ctx_failed (s->ctx);
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct names_params *p = params_;
  struct names s = {
    .ctx = ctx,
    .params = p,
    .in = in,
    .out = out,
    .facts = { .ctx = ctx, .alpha = p->alpha, .transform = "lora-names", .hint = "lora-names:alpha=N" }
  };
  const fmtconv_model *base = p->base ? fmtconv_input_read (p->base, NULL) : NULL;
  if ((p->base && (!base || lora_index_make (ctx, base, &s.index))) || lora_facts_read (&s.facts, in, NULL)
      || lora_groups_collect (ctx, in, lora_facts_have_full (&s.facts) ? LORA_FILE_FULL : LORA_FILE,
                              &s.groups)
      || translate (&s) || (p->to == TO_XLABS && lora_xlabs_join (&s.facts, &s.groups)))
    return fmtconv_ctx_failed (ctx);
  if (base)
    FMTCONV_FOREACH (t, base)
      fmtconv_model_drop (out, t, "only its name is used");
  s.entries = fmtconv_ctx_alloc (ctx, s.groups.n + 1, sizeof *s.entries);
  for (size_t i = 0; s.entries && i < s.groups.n; i++)
    if (add_entry (&s, &s.groups.group[i]))
      return fmtconv_ctx_failed (ctx);
  share_unet (&s);
  if (!s.entries || check_others (&s) || check_entries (&s) || names_put (&s) || names_set_config (&s))
    return fmtconv_ctx_failed (ctx);
  return 0;
}

static int
describe (fmtconv_ctx *ctx, const fmtconv_model *model, fmtconv_description *out)
{
  const char *title = lora_describe (ctx, model);
  *out = (fmtconv_description){ .kind = "lora",
                                .title = title,
                                .command = title && names_recognize (ctx, model)
                                               ? "INPUT OUTPUT/"
                                               : "-t lora-names:diffusers INPUT OUTPUT.safetensors" };
  return title && !fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (lora_names, .name = "lora-names",
                .summary = "converts the names of a LoRA between conventions",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "to=CONVENTION", .kind = "lora",
                                                .rules = &rules, .recognize = names_recognize,
                                                .writer = "diffusers", .for_writer = "diffusers:to=diffusers",
                                                .apply = apply, .describe = describe));
