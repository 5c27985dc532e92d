/* plugins/cogvideox-transformer/version.c: determines the version of CogVideoX.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "transformer.h"
#include <fmtconv/formats.h>
#include <string.h>

/* The latent frames and pixels of a patch of 1.5, which the shape of its linear layer does not show. */
enum
{
  PATCH_TIME = 2,
  PATCH_SIDE = 2,
  PATCH_VOLUME = PATCH_TIME * PATCH_SIDE * PATCH_SIDE
};

/* The published models (CogVideo: sat/configs), distinguished by width and channels of the patch embedding. */
static const struct version
{
  int version;
  const char *choice; /* of version= */
  const char *name;
  int64_t width;
  int64_t inputs;
  int is_1_5;
  int is_rotary;
  int is_learned;
} versions[] = {
  { COGVIDEOX_2B, "2b", "CogVideoX-2B", 1920, 16, 0, 0, 0 },
  { COGVIDEOX_5B, "5b", "CogVideoX-5B", 3072, 16, 0, 1, 0 },
  { COGVIDEOX_5B_I2V, "5b-i2v", "CogVideoX-5B-I2V", 3072, 32, 0, 1, 1 },
  { COGVIDEOX_1_5_5B, "1.5-5b", "CogVideoX1.5-5B", 3072, 16, 1, 1, 0 },
  { COGVIDEOX_1_5_5B_I2V, "1.5-5b-i2v", "CogVideoX1.5-5B-I2V", 3072, 32, 1, 1, 0 },
};

enum
{
  VERSIONS = sizeof versions / sizeof *versions
};

static int64_t
var (const fmtconv_model *out, const char *name)
{
  uint64_t value = fmtconv_rules_variable (out, name);
  return value < INT64_MAX ? (int64_t) value : INT64_MAX;
}

static int
read_shapes (fmtconv_ctx *ctx, const fmtconv_model *out, struct cogvideox_facts *f)
{
  *f = (struct cogvideox_facts){
    .width = var (out, "h"),
    .head = var (out, "d"),
    .layers = var (out, "#i"),
    .text = var (out, "e"),
    .time = var (out, "t"),
    .ofs = var (out, "o"),
    .positions = var (out, "s"),
    .is_1_5 = var (out, "q") != 0,
  };
  int64_t columns = f->is_1_5 ? var (out, "q") : var (out, "c"), rows = var (out, "u");
  f->patch = f->is_1_5 ? PATCH_SIDE : var (out, "p");
  int64_t unit = f->is_1_5 ? PATCH_VOLUME : f->patch < 1024 ? f->patch * f->patch : 0;
  if (!f->head || f->width % f->head)
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "the width %lld is not a multiple of the attention head's width %lld",
                         (long long) f->width, (long long) f->head);
  if (!unit || rows % unit || (f->is_1_5 && columns % unit))
    return fmtconv_fail (ctx, FMTCONV_E_FORMAT,
                         "patches of %lld elements do not divide mixins.patch_embed.proj (%lld columns) and "
                         "mixins.final_layer.linear (%lld rows)",
                         (long long) unit, (long long) columns, (long long) rows);
  f->inputs = f->is_1_5 ? columns / unit : columns;
  f->outputs = rows / unit;
  return 0;
}

static void
find_published (struct cogvideox_facts *f)
{
  for (size_t i = 0; i < VERSIONS; i++)
    if (f->width == versions[i].width && f->inputs == versions[i].inputs && f->is_1_5 == versions[i].is_1_5)
      {
        f->published = versions[i].version;
        f->name = versions[i].name;
      }
}

/* Returns whether the training configuration has rotary positions; -1 if it does not say. */
static int
trained_rotary (const fmtconv_model *in)
{
  fmtconv_attr *positions =
      fmtconv_attr_at (fmtconv_model_attrs (in),
                       "source/training_config/model/network_config/params/modules/pos_embed_config");
  const char *target = fmtconv_attr_get_string (positions, "target", NULL);
  if (!target)
    return -1;
  return strstr (target, "Rotary3D") ? 1 : strstr (target, "Basic3D") ? 0 : -1;
}

/* Returns whether the model has rotary positions, by the first evidence in the checkpoint; -1 if there is no
 * evidence. */
static int
find_rotary (const fmtconv_model *in, const struct cogvideox_facts *f)
{
  if (f->published)
    return versions[f->published - 1].is_rotary;
  if (f->is_1_5 || fmtconv_model_find_pattern (in, "{x*}mixins.pos_embed.freqs_{y:sin,cos}"))
    return 1;
  if (f->positions)
    return f->inputs != f->outputs;
  return trained_rotary (in);
}

/* Fails if the parameter version= contradicts the tensors. */
static int
check_version (fmtconv_ctx *ctx, const struct cogvideox_params *p, const struct cogvideox_facts *f)
{
  const struct version *given = p->version ? &versions[p->version - 1] : NULL;
  if (!given)
    return 0;
  const char *fits = f->name ? f->name : f->is_1_5 ? "1.5" : "1.0";
  int is_i2v = given->inputs > 16;
  if (given->is_1_5 == f->is_1_5 && is_i2v == (f->inputs != f->outputs)
      && (!f->published || f->published == p->version))
    return 0;
  return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                       "version=%s does not fit: the shape of the patch embedding says %s with %lld input "
                       "and %lld output channels",
                       given->choice, fits, (long long) f->inputs, (long long) f->outputs);
}

static int
resolve_rotary (fmtconv_ctx *ctx, const struct cogvideox_params *p, const fmtconv_model *in,
                struct cogvideox_facts *f)
{
  int rotary = find_rotary (in, f), published = p->version ? versions[p->version - 1].is_rotary : -1;
  f->is_learned = f->positions && f->inputs != f->outputs && !f->is_1_5;
  if (p->rotary == 0 && (f->is_1_5 || f->is_learned))
    return fmtconv_fail (ctx, FMTCONV_E_USAGE,
                         "rotary=no does not fit: diffusers supports %s only with rotary positions",
                         f->is_1_5 ? "the layout of 1.5" : "trained positions");
  if (published >= 0 && rotary >= 0 && published != rotary && p->rotary < 0)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE,
                            &(fmtconv_where){ .hint = "leave out version=, or give rotary= to override" },
                            "version=%s does not fit: this model was trained with %s positions",
                            versions[p->version - 1].choice, rotary ? "rotary" : "fixed");
  f->is_rotary = p->rotary >= 0 ? p->rotary : rotary >= 0 ? rotary : published;
  if (f->is_rotary >= 0)
    return 0;
  return fmtconv_fail_at (
      ctx, FMTCONV_E_MISSING,
      &(fmtconv_where){ .hint = "give version=2b or rotary=no, version=5b or rotary=yes" },
      "cannot tell whether this model has fixed positions (as 2B) or rotary positions (as 5B): no published "
      "model has width %lld, and neither tables nor training_config.yaml show it",
      (long long) f->width);
}

int
cogvideox_resolve (fmtconv_ctx *ctx, const struct cogvideox_params *p, const fmtconv_model *in,
                   const fmtconv_model *out, struct cogvideox_facts *f)
{
  if (read_shapes (ctx, out, f))
    return fmtconv_ctx_failed (ctx);
  find_published (f);
  if (check_version (ctx, p, f) || resolve_rotary (ctx, p, in, f))
    return fmtconv_ctx_failed (ctx);
  if (f->published == COGVIDEOX_5B_I2V && !f->is_learned)
    fmtconv_warn (ctx, "the model has no trained position table, but %s was published with one", f->name);
  if (f->published == COGVIDEOX_1_5_5B_I2V && !f->ofs)
    fmtconv_warn (ctx, "the model has no ofs_embed (embedding of offsets), but %s was published with one",
                  f->name);
  return fmtconv_ctx_failed (ctx);
}
