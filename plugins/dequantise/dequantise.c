/* plugins/dequantise/dequantise.c: the transform that decodes tensors stored in blocks.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

struct params
{
  uint32_t to;
  fmtconv_pairs only;
};

static const fmtconv_param params[] = {
  { "to", FMTCONV_P_DTYPE, offsetof (struct params, to), "f32",
    "data type of decoded tensors: f32, which holds them exactly, f16 or bf16" },
  { "only", FMTCONV_P_PAIRS, offsetof (struct params, only), NULL,
    "only=GLOB: tensors of such names alone, any number" },
  { 0 },
};

static int
is_wanted (const struct params *p, const fmtconv_tensor *t)
{
  int wanted = p->only.n == 0;
  for (size_t i = 0; i < p->only.n && !wanted; i++)
    wanted = fmtconv_glob (p->only.value[i], t->name);
  return wanted && t->dtype >= FMTCONV_GGML;
}

static int
apply (fmtconv_ctx *ctx, const void *params_, const fmtconv_model *in, fmtconv_model *out)
{
  const struct params *p = params_;
  size_t decoded = 0, left = 0;
  if (p->to != FMTCONV_F32 && p->to != FMTCONV_F16 && p->to != FMTCONV_BF16)
    return fmtconv_fail (ctx, FMTCONV_E_USAGE, "to=%s: blocks are decoded to f32, f16 or bf16",
                         fmtconv_dtype (p->to)->name);
  if (p->only.n && fmtconv_check_globs (&p->only, in, "dequantise:only=GLOB"))
    return fmtconv_failed (ctx);
  for
    FMTCONV_EACH (t, in)
    {
      int wanted = is_wanted (p, t);
      decoded += (size_t) wanted;
      left += !wanted && t->dtype >= FMTCONV_GGML;
      fmtconv_put (out, t->name, wanted ? fmtconv_cast (t->view, p->to) : t->view);
    }
  if (decoded + left == 0)
    return fmtconv_note (ctx, "no tensor is stored in blocks");
  const char *done =
      fmtconv_text (ctx, decoded == 1 ? "%zu tensor is decoded to %s" : "%zu tensors are decoded to %s",
                    decoded, fmtconv_dtype (p->to)->name);
  if (left && done)
    return fmtconv_note (ctx, "%s, %zu stay in blocks", done, left);
  return done ? fmtconv_note (ctx, "%s", done) : fmtconv_failed (ctx);
}

FMTCONV_PLUGIN (dequantise, .name = "dequantise", .summary = "decodes tensors that are stored in blocks",
                .transform = FMTCONV_TRANSFORM (.params = params, .understands = FMTCONV_TIED,
                                                .apply = apply));
