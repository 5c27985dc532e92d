/* plugins/cast/cast.c: the transform that changes the data type of floating-point tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

struct params
{
  uint32_t to;
  int keep;
};

static const fmtconv_param params[] = {
  { "to", FMTCONV_P_DTYPE, offsetof (struct params, to), NULL,
    "data type of all floating-point tensors: f32, f16, bf16, f64 or an 8-bit float" },
  { "keep", FMTCONV_P_BOOL, offsetof (struct params, keep), NULL,
    "spare models that are to keep their data type, as a VAE is; default: yes among several components" },
  { 0 },
};

static int
is_float (uint32_t dtype)
{
  switch (dtype)
    {
    case FMTCONV_F16:
    case FMTCONV_BF16:
    case FMTCONV_F32:
    case FMTCONV_F64:
    case FMTCONV_F8_E4M3:
    case FMTCONV_F8_E5M2:
    case FMTCONV_F8_E4M3FNUZ:
    case FMTCONV_F8_E5M2FNUZ:
      return 1;
    default:
      return 0;
    }
}

/* A finding of all components together. */
struct count
{
  size_t whole;  /* tensors that are no floating-point ones */
  size_t spared; /* models that keep their data type */
};

static int
is_spared (const struct params *p, const fmtconv_model *model, int by_default)
{
  int keeps = (int) fmtconv_get_int (fmtconv_attrs (model), "keep-dtype", 0);
  return keeps && (p->keep < 0 ? by_default : p->keep);
}

/* As torch's Module.to: whole numbers, booleans and complex tensors stay what they are. */
static fmtconv_view *
cast (const struct params *p, const fmtconv_tensor *t, struct count *n)
{
  n->whole += !is_float (t->dtype);
  return is_float (t->dtype) ? fmtconv_cast (t->view, p->to) : t->view;
}

/* A component of `out`, which has its tensors already. */
static void
cast_component (const struct params *p, fmtconv_model *component, struct count *n)
{
  if (is_spared (p, component, 1))
    {
      n->spared++;
      return;
    }
  for
    FMTCONV_EACH (t, component)
  fmtconv_replace (component, t, cast (p, t, n));
}

static void
cast_model (const struct params *p, const fmtconv_model *in, fmtconv_model *out, struct count *n)
{
  int spared = is_spared (p, in, 0);
  n->spared += (size_t) spared;
  for
    FMTCONV_EACH (t, in)
  fmtconv_put (out, t->name, spared ? t->view : cast (p, t, n));
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  struct count n = { 0 };
  if (!p->to)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "say what to cast to: cast:to=bf16");
  if (!is_float (p->to))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "to=%s is no floating-point type: only those make sense for weights",
                         fmtconv_dtype (p->to)->name);
  for (const fmtconv_model *c = NULL; (c = fmtconv_next_component (in, c));)
    cast_component (p, fmtconv_component (out, fmtconv_name (c)), &n);
  cast_model (p, in, out, &n);
  if (n.whole)
    fmtconv_note (ctx,
                  n.whole == 1 ? "%zu tensor that is not floating-point keeps its data type"
                               : "%zu tensors that are not floating-point keep their data type",
                  n.whole);
  if (n.spared)
    fmtconv_note (ctx, "a model that is to keep its data type keeps it: -t cast:to=%s,keep=no changes it",
                  fmtconv_dtype (p->to)->name);
  return fmtconv_failed (ctx);
}

FMTCONV_PLUGIN (cast, .name = "cast", .summary = "changes the data type of floating-point tensors",
                .transform = FMTCONV_TRANSFORM (.params = params,
                                                .understands = FMTCONV_TIED | FMTCONV_COMPONENTS,
                                                .apply = apply));
