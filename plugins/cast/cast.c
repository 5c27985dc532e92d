/* plugins/cast/cast.c: the transform that changes the data type of tensors, by default of floating-point tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <string.h>

struct params
{
  uint32_t to;
  uint32_t from; /* 0: all floating-point tensors */
  fmtconv_pairs rule;
  int keep;
};

static const fmtconv_param params[] = {
  { "to", FMTCONV_PARAM_DTYPE, offsetof (struct params, to), NULL,
    "data type of all floating-point tensors: f32, f16, bf16, f64 or an 8-bit float" },
  { "from", FMTCONV_PARAM_DTYPE, offsetof (struct params, from), NULL,
    "cast only tensors of this data type; it need not be floating-point (i64), and neither need the new "
    "type" },
  { "rule", FMTCONV_PARAM_PAIRS, offsetof (struct params, rule), NULL,
    "GLOB=TYPE: another data type for tensors whose names match; may be repeated, the first match counts" },
  { "keep", FMTCONV_PARAM_BOOL, offsetof (struct params, keep), NULL,
    "skip models marked keep-dtype, such as a VAE; default: yes for a model of several components" },
  { 0 },
};

/* The state of one run: the rules as globs and types, and counts over all components. */
struct casting
{
  fmtconv_ctx *ctx;
  const struct params *p;
  fmtconv_pairs globs;
  uint32_t *types;
  size_t others;    /* tensors that are neither floating-point nor in blocks */
  size_t blocks;    /* tensors in blocks */
  size_t skipped;   /* models that keep their data type */
  size_t matched;   /* tensors of the type from= */
  size_t truncated; /* matched floating-point tensors that become integers or booleans */
};

/* Returns whether a tensor can be cast to `dtype`. */
static int
is_target (const struct params *p, uint32_t dtype)
{
  return fmtconv_dtype_is_float (dtype) || (p->from && dtype >= FMTCONV_BOOL && dtype <= FMTCONV_F8_E8M0);
}

/* Fails because no tensor can be cast to `dtype`, the value of `parameter` ("to=", or "" for a rule). */
static int
refuse (fmtconv_ctx *ctx, const char *parameter, uint32_t dtype)
{
  const char *name = fmtconv_dtype_get (dtype)->name;
  if (fmtconv_dtype_is_blocks (dtype))
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE,
                            &(fmtconv_where){ .hint = fmtconv_ctx_printf (ctx, "-t quantize:to=%s", name) },
                            "%s%s is a block type; casting does not make blocks", parameter, name);
  return fmtconv_fail_at (
      ctx, FMTCONV_E_USAGE,
      &(fmtconv_where){ .hint = "to cast integers, name the source type: cast:from=i64,to=f32" },
      "%s%s is not a floating-point type", parameter, name);
}

/* Returns the type of that name if tensors can be cast to it, or 0 after an error. */
static uint32_t
target_of (const struct casting *c, const char *name)
{
  uint32_t dtype = fmtconv_dtype_parse (c->ctx, name);
  if (!dtype || is_target (c->p, dtype))
    return dtype;
  refuse (c->ctx, "", dtype);
  return 0;
}

/* Parses the rules, each GLOB=TYPE. */
static int
parse_rules (struct casting *c)
{
  const fmtconv_pairs *rule = &c->p->rule;
  const char **words = fmtconv_ctx_alloc (c->ctx, 2 * rule->n + 1, sizeof *words);
  c->types = fmtconv_ctx_alloc (c->ctx, rule->n + 1, sizeof *c->types);
  if (!words || !c->types)
    return fmtconv_ctx_failed (c->ctx);
  for (size_t i = 0; i < rule->n; i++)
    {
      const char *equals = strrchr (rule->value[i], '=');
      if (!equals || equals == rule->value[i])
        return fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "rule=%s is not GLOB=TYPE", rule->value[i]);
      words[i] = "rule";
      words[rule->n + i] =
          fmtconv_ctx_printf (c->ctx, "%.*s", (int) (equals - rule->value[i]), rule->value[i]);
      if (!(c->types[i] = target_of (c, equals + 1)))
        return fmtconv_ctx_failed (c->ctx);
    }
  c->globs = (fmtconv_pairs){ .n = rule->n, .key = words, .value = words + rule->n };
  return 0;
}

/* Returns whether a model keeps its data type; by_default: whether it does if keep= is not given. */
static int
is_skipped (const struct params *p, const fmtconv_model *model, int by_default)
{
  int keeps = (int) fmtconv_attr_get_int (fmtconv_model_attrs (model), "keep-dtype", 0);
  return keeps && (p->keep < 0 ? by_default : p->keep);
}

/* Returns the type that a tensor is cast to, or 0 if it is not cast. */
static uint32_t
type_for (const struct casting *c, const char *name)
{
  size_t i = fmtconv_globs_find (&c->globs, name);
  return i < c->globs.n ? c->types[i] : c->p->to;
}

/* Returns the tensor's view, cast if it is to be.  As in torch's Module.to, integers, booleans and complex tensors
 * are unchanged, unless from= names their type. */
static fmtconv_view *
cast (struct casting *c, const fmtconv_tensor *t)
{
  uint32_t to = type_for (c, t->name);
  if (c->p->from)
    {
      if (!to || t->dtype != c->p->from)
        return t->view;
      c->matched++;
      c->truncated += fmtconv_dtype_is_float (t->dtype) && to <= FMTCONV_I64;
      return fmtconv_view_cast (t->view, to);
    }
  c->blocks += to && fmtconv_dtype_is_blocks (t->dtype);
  c->others += to && !fmtconv_dtype_is_float (t->dtype) && !fmtconv_dtype_is_blocks (t->dtype);
  return to && fmtconv_dtype_is_float (t->dtype) ? fmtconv_view_cast (t->view, to) : t->view;
}

/* Casts the tensors of a component of `out`, which holds them already. */
static void
cast_component (struct casting *c, fmtconv_model *component)
{
  if (is_skipped (c->p, component, 1))
    {
      c->skipped++;
      return;
    }
  FMTCONV_FOREACH (t, component)
    fmtconv_model_replace (component, t, cast (c, t));
}

static void
cast_model (struct casting *c, const fmtconv_model *in, fmtconv_model *out)
{
  int skipped = is_skipped (c->p, in, 0);
  c->skipped += (size_t) skipped;
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, t->name, skipped ? t->view : cast (c, t));
}

static int
check_params (const struct casting *c)
{
  const struct params *p = c->p;
  if (!p->to && !p->rule.n)
    return fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "no data type given: cast:to=bf16");
  if (p->to && !is_target (p, p->to))
    return refuse (c->ctx, "to=", p->to);
  if (p->from && (p->from < FMTCONV_BOOL || p->from > FMTCONV_F8_E8M0))
    return fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "from=%s: tensors of this type cannot be cast",
                         fmtconv_dtype_get (p->from)->name);
  return 0;
}

static void
note_counts (const struct casting *c)
{
  if (c->truncated)
    fmtconv_note (c->ctx,
                  c->truncated == 1 ? "%zu tensor is converted to integers; fractions are truncated"
                                    : "%zu tensors are converted to integers; fractions are truncated",
                  c->truncated);
  if (c->others)
    fmtconv_note (c->ctx,
                  c->others == 1 ? "%zu tensor is not floating-point and keeps its data type"
                                 : "%zu tensors are not floating-point and keep their data type",
                  c->others);
  if (c->blocks)
    fmtconv_note (c->ctx,
                  c->blocks == 1 ? "%zu tensor stays in blocks (-t dequantize decodes it)"
                                 : "%zu tensors stay in blocks (-t dequantize decodes them)",
                  c->blocks);
  if (c->skipped)
    fmtconv_note (c->ctx, "skipped a model marked keep-dtype (cast:keep=no overrides)");
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct casting c = { .ctx = ctx, .p = p };
  if (check_params (&c) || parse_rules (&c))
    return fmtconv_ctx_failed (ctx);
  if (p->rule.n && fmtconv_globs_check (&c.globs, in, "cast:rule=GLOB=TYPE"))
    return fmtconv_ctx_failed (ctx);
  for (const fmtconv_model *part = NULL; (part = fmtconv_model_next_component (in, part));)
    cast_component (&c, fmtconv_model_component (out, fmtconv_model_name (part)));
  cast_model (&c, in, out);
  if (p->from && !c.matched && !c.skipped)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no tensor to cast has the data type %s",
                         fmtconv_dtype_get (p->from)->name);
  note_counts (&c);
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (cast, .name = "cast", .summary = "changes the data type of tensors",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "to=TYPE",
                                                .values = "to=f32|f16|bf16|f64|f8_e4m3|f8_e5m2",
                                                .understands = FMTCONV_FEATURE_TIED
                                                               | FMTCONV_FEATURE_COMPONENTS,
                                                .apply = apply));
