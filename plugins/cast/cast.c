/* plugins/cast/cast.c: the transform that changes the data type of tensors, by default of floating-point ones.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <string.h>

struct params
{
  uint32_t to;
  uint32_t from; /* 0: all that are floating-point */
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

/* One run: the rules as globs and types, and what is counted over all components. */
struct casting
{
  fmtconv_ctx *ctx;
  const struct params *p;
  fmtconv_pairs globs;
  uint32_t *types;
  size_t whole;  /* tensors that are no floating-point ones */
  size_t blocks; /* tensors that are stored in blocks */
  size_t spared; /* models that keep their data type */
  size_t named;  /* tensors of the type that is cast, where one is said */
  size_t cut;    /* of them, those that become whole numbers or truth values */
};

/* Can a tensor become one of that type? */
static int
is_target (const struct params *p, uint32_t dtype)
{
  return fmtconv_dtype_is_float (dtype) || (p->from && dtype >= FMTCONV_BOOL && dtype <= FMTCONV_F8_E8M0);
}

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

/* The name of a type that tensors can become; 0: an error. */
static uint32_t
target_of (const struct casting *c, const char *name)
{
  uint32_t dtype = fmtconv_dtype_parse (c->ctx, name);
  if (dtype && !is_target (c->p, dtype))
    return refuse (c->ctx, "", dtype), 0;
  return dtype;
}

/* "GLOB=TYPE", one by one. */
static int
parse_rules (struct casting *c)
{
  const fmtconv_pairs *rule = &c->p->rule;
  const char **both = fmtconv_ctx_alloc (c->ctx, 2 * rule->n + 1, sizeof *both);
  c->types = fmtconv_ctx_alloc (c->ctx, rule->n + 1, sizeof *c->types);
  if (!both || !c->types)
    return fmtconv_ctx_failed (c->ctx);
  for (size_t i = 0; i < rule->n; i++)
    {
      const char *equals = strrchr (rule->value[i], '=');
      if (!equals || equals == rule->value[i])
        return fmtconv_fail (c->ctx, FMTCONV_E_USAGE, "rule=%s is not GLOB=TYPE", rule->value[i]);
      both[i] = "rule";
      both[rule->n + i] =
          fmtconv_ctx_printf (c->ctx, "%.*s", (int) (equals - rule->value[i]), rule->value[i]);
      if (!(c->types[i] = target_of (c, equals + 1)))
        return fmtconv_ctx_failed (c->ctx);
    }
  c->globs = (fmtconv_pairs){ .n = rule->n, .key = both, .value = both + rule->n };
  return 0;
}

static int
is_spared (const struct params *p, const fmtconv_model *model, int by_default)
{
  int keeps = (int) fmtconv_attr_get_int (fmtconv_model_attrs (model), "keep-dtype", 0);
  return keeps && (p->keep < 0 ? by_default : p->keep);
}

/* What a tensor's elements become; 0: they stay. */
static uint32_t
type_for (const struct casting *c, const char *name)
{
  size_t i = fmtconv_globs_find (&c->globs, name);
  return i < c->globs.n ? c->types[i] : c->p->to;
}

/* As torch's Module.to: whole numbers, booleans and complex tensors stay what they are, unless they are meant. */
static fmtconv_view *
cast (struct casting *c, const fmtconv_tensor *t)
{
  uint32_t to = type_for (c, t->name);
  if (c->p->from)
    {
      if (!to || t->dtype != c->p->from)
        return t->view;
      c->named++;
      c->cut += fmtconv_dtype_is_float (t->dtype) && to <= FMTCONV_I64;
      return fmtconv_view_cast (t->view, to);
    }
  c->blocks += to && fmtconv_dtype_is_blocks (t->dtype);
  c->whole += to && !fmtconv_dtype_is_float (t->dtype) && !fmtconv_dtype_is_blocks (t->dtype);
  return to && fmtconv_dtype_is_float (t->dtype) ? fmtconv_view_cast (t->view, to) : t->view;
}

/* A component of `out`, which has its tensors already. */
static void
cast_component (struct casting *c, fmtconv_model *component)
{
  if (is_spared (c->p, component, 1))
    {
      c->spared++;
      return;
    }
  FMTCONV_FOREACH (t, component)
    fmtconv_model_replace (component, t, cast (c, t));
}

static void
cast_model (struct casting *c, const fmtconv_model *in, fmtconv_model *out)
{
  int spared = is_spared (c->p, in, 0);
  c->spared += (size_t) spared;
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, t->name, spared ? t->view : cast (c, t));
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct casting n = { .ctx = ctx, .p = p };
  if (!p->to && !p->rule.n)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no data type given: cast:to=bf16");
  if (p->to && !is_target (p, p->to))
    return refuse (ctx, "to=", p->to);
  if (p->from && (p->from < FMTCONV_BOOL || p->from > FMTCONV_F8_E8M0))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "from=%s: tensors of this type cannot be cast",
                         fmtconv_dtype_get (p->from)->name);
  if (parse_rules (&n))
    return fmtconv_ctx_failed (ctx);
  if (p->rule.n && fmtconv_globs_check (&n.globs, in, "cast:rule=GLOB=TYPE"))
    return fmtconv_ctx_failed (ctx);
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (in, c));)
    cast_component (&n, fmtconv_model_component (out, fmtconv_model_name (c)));
  cast_model (&n, in, out);
  if (p->from && !n.named && !n.spared)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "no tensor to cast has the data type %s",
                         fmtconv_dtype_get (p->from)->name);
  if (n.cut)
    fmtconv_note (ctx,
                  n.cut == 1 ? "%zu tensor is converted to integers; fractions are truncated"
                             : "%zu tensors are converted to integers; fractions are truncated",
                  n.cut);
  if (n.whole)
    fmtconv_note (ctx,
                  n.whole == 1 ? "%zu tensor is not floating-point and keeps its data type"
                               : "%zu tensors are not floating-point and keep their data type",
                  n.whole);
  if (n.blocks)
    fmtconv_note (ctx,
                  n.blocks == 1 ? "%zu tensor stays in blocks (-t dequantize decodes it)"
                                : "%zu tensors stay in blocks (-t dequantize decodes them)",
                  n.blocks);
  if (n.spared)
    fmtconv_note (ctx, "skipped a model marked keep-dtype (cast:keep=no overrides)");
  return fmtconv_ctx_failed (ctx);
}

FMTCONV_PLUGIN (cast, .name = "cast", .summary = "changes the data type of tensors",
                .transform = FMTCONV_TRANSFORM (.params = params, .main = "to=TYPE",
                                                .understands = FMTCONV_FEATURE_TIED
                                                               | FMTCONV_FEATURE_COMPONENTS,
                                                .apply = apply));
