/* plugins/cogvideox-vae/check.c: checks that every tensor of the VAE is there and has its shape, level by level.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Rules see one tensor at a time.  They cannot check that all levels have the same number of blocks, and that the
 * input of a block has as many channels as the output of the block before. */
#include "config.h"

#include "vae.h"

struct walk
{
  fmtconv_ctx *ctx;
  const fmtconv_model *out;
  uint64_t latents; /* channels of the latents that modulate norms; 0: plain norms */
  size_t problems;
};

static const char *
shape_text (fmtconv_ctx *ctx, unsigned rank, const uint64_t *shape)
{
  const char *text = "";
  for (unsigned i = 0; i < rank && text; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s%llu", text, i ? ", " : "", (unsigned long long) shape[i]);
  return text ? text : "";
}

/* Counts and lists tensor `name` if it is missing or has another shape. */
static void
expect (struct walk *w, const char *name, unsigned rank, const uint64_t *shape)
{
  const fmtconv_tensor *t = name ? fmtconv_model_find (w->out, name) : NULL;
  unsigned same = 0;
  if (!t)
    {
      w->problems++;
      fmtconv_detail (w->ctx, "missing: '%s'", name ? name : "");
      return;
    }
  while (same < rank && same < t->rank && t->shape[same] == shape[same])
    same++;
  if (same == rank && t->rank == rank)
    return;
  w->problems++;
  fmtconv_detail (w->ctx, "'%s' has shape [%s] instead of [%s]", name, shape_text (w->ctx, t->rank, t->shape),
                  shape_text (w->ctx, rank, shape));
}

/* Checks a layer's weight [out, in, side, …] and bias [out]; rank: of the weight, 1 for a norm. */
static void
expect_layer (struct walk *w, const char *name, unsigned rank, uint64_t out, uint64_t in, uint64_t side)
{
  const uint64_t shape[] = { out, in, side, side, side };
  expect (w, fmtconv_ctx_printf (w->ctx, "%s.weight", name), rank, shape);
  expect (w, fmtconv_ctx_printf (w->ctx, "%s.bias", name), 1, shape);
}

static void
expect_norm (struct walk *w, const char *name, uint64_t channels)
{
  if (!w->latents)
    {
      expect_layer (w, name, 1, channels, 0, 0);
      return;
    }
  expect_layer (w, fmtconv_ctx_printf (w->ctx, "%s.norm_layer", name), 1, channels, 0, 0);
  expect_layer (w, fmtconv_ctx_printf (w->ctx, "%s.conv_y.conv", name), 5, channels, w->latents, 1);
  expect_layer (w, fmtconv_ctx_printf (w->ctx, "%s.conv_b.conv", name), 5, channels, w->latents, 1);
}

static void
expect_block (struct walk *w, const char *name, uint64_t in, uint64_t out)
{
  const char *shortcut = fmtconv_ctx_printf (w->ctx, "%s.conv_shortcut", name);
  expect_norm (w, fmtconv_ctx_printf (w->ctx, "%s.norm1", name), in);
  expect_norm (w, fmtconv_ctx_printf (w->ctx, "%s.norm2", name), out);
  expect_layer (w, fmtconv_ctx_printf (w->ctx, "%s.conv1.conv", name), 5, out, in, 3);
  expect_layer (w, fmtconv_ctx_printf (w->ctx, "%s.conv2.conv", name), 5, out, out, 3);
  if (in != out)
    expect_layer (w, shortcut, 5, out, in, 1);
}

/* Checks the levels of the encoder or decoder (up), in the order in which they run.  sampler: the name of the
 * layer that changes the resolution after each level but the last. */
static void
expect_levels (struct walk *w, const char *level, const char *sampler, const struct vae_facts *f, int up)
{
  uint64_t blocks = f->blocks + (up != 0), last = f->levels - 1, in = f->channels[up ? last : 0];
  for (uint64_t i = 0; i < f->levels; i++)
    {
      uint64_t out = f->channels[up ? last - i : i];
      for (uint64_t j = 0; j < blocks; j++, in = out)
        expect_block (w,
                      fmtconv_ctx_printf (w->ctx, "%s.%llu.resnets.%llu", level, (unsigned long long) i,
                                          (unsigned long long) j),
                      in, out);
      if (i < last)
        expect_layer (
            w, fmtconv_ctx_printf (w->ctx, "%s.%llu.%s.0.conv", level, (unsigned long long) i, sampler), 4,
            out, out, 3);
    }
}

static void
expect_encoder (struct walk *w, const struct vae_facts *f)
{
  uint64_t inner = f->channels[f->levels - 1];
  expect_layer (w, "encoder.conv_in.conv", 5, f->channels[0], f->inputs, 3);
  expect_levels (w, "encoder.down_blocks", "downsamplers", f, 0);
  expect_block (w, "encoder.mid_block.resnets.0", inner, inner);
  expect_block (w, "encoder.mid_block.resnets.1", inner, inner);
  expect_norm (w, "encoder.norm_out", inner);
  expect_layer (w, "encoder.conv_out.conv", 5, 2 * f->latents, inner, 3);
}

static void
expect_decoder (struct walk *w, const struct vae_facts *f)
{
  uint64_t inner = f->channels[f->levels - 1];
  w->latents = f->latents;
  expect_layer (w, "decoder.conv_in.conv", 5, inner, f->latents, 3);
  expect_block (w, "decoder.mid_block.resnets.0", inner, inner);
  expect_block (w, "decoder.mid_block.resnets.1", inner, inner);
  expect_levels (w, "decoder.up_blocks", "upsamplers", f, 1);
  expect_norm (w, "decoder.norm_out", f->channels[0]);
  expect_layer (w, "decoder.conv_out.conv", 5, f->outputs, f->channels[0], 3);
}

/* Returns dimension `axis` of a tensor, or 0 if the tensor or the axis does not exist. */
static uint64_t
dimension (const fmtconv_model *out, const char *name, unsigned axis)
{
  const fmtconv_tensor *t = name ? fmtconv_model_find (out, name) : NULL;
  return t && axis < t->rank ? t->shape[axis] : 0;
}

static int
read_shapes (fmtconv_ctx *ctx, const fmtconv_model *out, struct vae_facts *f)
{
  *f = (struct vae_facts){
    .levels = fmtconv_rules_variable (out, "#i"),
    .blocks = fmtconv_rules_variable (out, "#j"),
    .inputs = dimension (out, "encoder.conv_in.conv.weight", 1),
    .outputs = dimension (out, "decoder.conv_out.conv.weight", 0),
    .latents = dimension (out, "decoder.conv_in.conv.weight", 1),
  };
  if (!f->levels || f->levels > VAE_LEVELS || f->levels != fmtconv_rules_variable (out, "#k")
      || f->blocks > 1024)
    return fmtconv_fail (
        ctx, FMTCONV_E_FORMAT,
        "not a VAE of CogVideoX: the encoder has %llu levels of %llu blocks, the decoder %llu levels",
        (unsigned long long) f->levels, (unsigned long long) f->blocks,
        (unsigned long long) fmtconv_rules_variable (out, "#k"));
  for (uint64_t i = 0; i < f->levels; i++)
    f->channels[i] =
        dimension (out,
                   fmtconv_ctx_printf (ctx, "encoder.down_blocks.%llu.resnets.0.conv1.conv.weight",
                                       (unsigned long long) i),
                   0);
  return fmtconv_ctx_failed (ctx);
}

int
vae_check (fmtconv_ctx *ctx, const fmtconv_model *out, struct vae_facts *f)
{
  struct walk w = { .ctx = ctx, .out = out };
  if (read_shapes (ctx, out, f))
    return fmtconv_ctx_failed (ctx);
  expect_encoder (&w, f);
  expect_decoder (&w, f);
  if (!w.problems)
    return fmtconv_ctx_failed (ctx);
  return fmtconv_fail_at (
      ctx, FMTCONV_E_FORMAT,
      &(fmtconv_where){ .hint = "check that the input is complete and is the VAE of CogVideoX" },
      "%zu tensors of the VAE are missing or have a wrong shape (names of diffusers):", w.problems);
}
