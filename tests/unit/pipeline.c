/* tests/unit/pipeline.c: bids, limits, the lineage of tensors, and commands that can be typed.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/api/recipe.h"
#include "core/base/block-types.h"
#include "core/base/ctx.h"
#include "core/convert/detect.h"
#include "core/convert/limits.h"
#include "core/convert/link.h"
#include "core/convert/recognize.h"
#include "core/convert/shell.h"
#include "core/convert/stage.h"
#include "core/model/freeze.h"
#include "core/model/lineage.h"
#include "core/model/new.h"
#include "core/plugin/registry.h"
#include "core/source/source.h"
#include "messages.h"
#include <criterion/criterion.h>
#include <string.h>

/* ---- Bids */

static int
probe_seven (const fmtconv_peek *peek)
{
  return peek->head_len && peek->head[0] == '7' ? 70 : 0;
}

static const fmtconv_reader by_suffix = { .suffixes = ".bin .model" };
static const fmtconv_reader by_magic = { .suffixes = ".m", .magic = "MAGIC", .magic_len = 5 };
static const fmtconv_reader by_probe = { .suffixes = ".m", .probe = probe_seven };
static const fmtconv_reader by_ruin = { .suffixes = ".ruin" };
static const fmtconv_writer writes_bin = { .suffixes = ".bin" };
static const fmtconv_writer writes_m = { .suffixes = ".m .bin" };
static const fmtconv_plugin suffix = { .name = "suffix", .summary = "s", .reader = &by_suffix };
static const fmtconv_plugin magic = {
  .name = "magic", .summary = "m", .reader = &by_magic, .writer = &writes_bin
};
static const fmtconv_plugin probe = {
  .name = "probe", .summary = "p", .reader = &by_probe, .writer = &writes_m
};
static const fci_index_entry ruined = { .package = "ruins",
                                        .plugin = { .name = "ruined", .reader = &by_ruin } };
static fci_module modules[] = { { .name = "magic", .path = "x", .plugin = &magic },
                                { .name = "probe", .path = "x", .plugin = &probe },
                                { .name = "ruined", .path = "x", .error = "it is ruined", .known = &ruined },
                                { .name = "suffix", .path = "x", .plugin = &suffix } };

static fmtconv_peek
peek_at (const char *base, const char *head, size_t len)
{
  return (fmtconv_peek){ .path = base,
                         .base = base,
                         .head = (const uint8_t *) head,
                         .tail = (const uint8_t *) head,
                         .head_len = len,
                         .tail_len = len,
                         .size = len };
}

Test (bid, values)
{
  fmtconv_peek none = peek_at ("x", "", 0), name = peek_at ("x.MODEL", "", 0), bare = peek_at (".bin", "", 0),
               head = peek_at ("x", "MAGIC!", 6), cut = peek_at ("x.m", "MAGI", 4),
               seven = peek_at ("x", "7", 1), folder = peek_at ("x.bin", "", 0);
  folder.is_folder = 1;
  cr_expect_eq (fci_bid (&by_suffix, &none), 0);
  cr_expect_eq (fci_bid (&by_suffix, &name), 1);
  cr_expect_eq (fci_bid (&by_suffix, &bare), 0);
  cr_expect_eq (fci_bid (&by_suffix, &folder), 0);
  cr_expect_eq (fci_bid (&by_magic, &none), 0);
  cr_expect_eq (fci_bid (&by_magic, &head), 40);
  cr_expect_eq (fci_bid (&by_magic, &cut), 1);
  cr_expect_eq (fci_bid (&by_probe, &seven), 70);
}

/* Returns the chosen reader, or NULL with the error in h. */
static const char *
picked (captured *h, fmtconv_peek peek)
{
  fmtconv_ctx *ctx = capturing_ctx (h, 0, NULL);
  const fmtconv_plugin *plugin = fci_pick_reader (ctx, modules, 4, &peek);
  fmtconv_ctx_free (ctx);
  return plugin ? plugin->name : "none";
}

Test (detect, readers)
{
  captured h;
  cr_expect_str_eq (picked (&h, peek_at ("a.bin", "?", 1)), "suffix");
  cr_expect_str_eq (picked (&h, peek_at ("a.bin", "MAGIC", 5)), "magic");
  cr_expect_str_eq (picked (&h, peek_at ("a.m", "7", 1)), "probe");
  cr_expect_str_eq (picked (&h, peek_at ("a.m", "?", 1)), "none");
  cr_expect_eq (h.code, FMTCONV_E_UNSUPPORTED);
  cr_expect (strstr (h.error, "'magic' and 'probe' both recognize it: choose one with -r magic or -r probe"),
             "%s", h.error);
}

Test (detect, no_reader)
{
  captured h;
  cr_expect_str_eq (picked (&h, peek_at ("a", "QK\3\4\033[1m", 8)), "none");
  cr_expect_eq (h.code, FMTCONV_E_UNSUPPORTED);
  cr_expect (strstr (h.error, "begins with 51 4b 03 04 1b 5b 31 6d (QK...[1m)"), "%s", h.error);
  cr_expect (strstr (h.details, "-r suffix: s\n"), "%s", h.details);
  cr_expect (strstr (h.details, "ruined was refused: it is ruined\n"), "%s", h.details);
  cr_expect_str_eq (picked (&h, peek_at ("a", "", 0)), "none");
  cr_expect_eq (h.code, FMTCONV_E_FORMAT);
  cr_expect (strstr (h.error, "empty"), "%s", h.error);
}

/* A known format is refused unless a reader verifies as much of it, or is meant for files of that name. */
Test (detect, known_formats)
{
  static const char zip[] = "PK\3\4........................x.npy", hdf[] = "\x89HDF\r\n\x1a\n";
  captured h;
  cr_expect_str_eq (picked (&h, peek_at ("a.bin", hdf, sizeof hdf - 1)), "none");
  cr_expect_eq (h.code, FMTCONV_E_UNSUPPORTED);
  cr_expect (
      strstr (h.error, "this is an HDF5 file, as Keras and TensorFlow write, which no installed reader"),
      "%s", h.error);
  cr_expect (strstr (h.error, "\" a.bin)"), "%s", h.error);
  cr_expect_str_eq (h.details, "");
  cr_expect_str_eq (picked (&h, peek_at ("a.bin", zip, sizeof zip - 1)), "none");
  cr_expect (strstr (h.error, "a NumPy archive (.npz)"), "%s", h.error);
  cr_expect_str_eq (picked (&h, peek_at ("a.bin", "PK\3\4", 4)), "suffix"); /* too little evidence */
  cr_expect_str_eq (picked (&h, peek_at ("a", "PK\3\4", 4)), "none");
  cr_expect (strstr (h.error, "a zip archive"), "%s", h.error);
  cr_expect_str_eq (picked (&h, peek_at ("a.bin", "  <HTML>", 8)), "none");
  cr_expect_eq (h.code, FMTCONV_E_FORMAT);
  cr_expect (strstr (h.error, "a web page, not a checkpoint"), "%s", h.error);
  static const fmtconv_reader reads_hdf = { .suffixes = ".h5" };
  static const fmtconv_plugin meant = { .name = "meant", .summary = "h", .reader = &reads_hdf };
  fci_module module = { .name = "meant", .path = "x", .plugin = &meant };
  const fmtconv_peek peek = peek_at ("a.h5", hdf, sizeof hdf - 1);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_eq (fci_pick_reader (ctx, &module, 1, &peek), &meant);
  fmtconv_ctx_free (ctx);
}

Test (detect, writers)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_plugin *m = fci_pick_writer (ctx, modules, 4, "/some.bin/out.m");
  cr_assert_not_null (m);
  cr_expect_str_eq (m->name, "probe");
  cr_expect_null (fci_pick_writer (ctx, modules, 4, "out.bin"));
  cr_expect (strstr (h.error, "'magic' and 'probe'"), "%s", h.error);
  fmtconv_ctx_free (ctx);
  ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fci_pick_writer (ctx, modules, 4, "x.bin/out"));
  cr_expect_eq (h.code, FMTCONV_E_USAGE);
  cr_expect (strstr (h.error, "no writer matches the output name 'out'"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

Test (detect, nothing_installed)
{
  captured h;
  fmtconv_peek peek = peek_at ("a", "?", 1);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fci_pick_reader (ctx, modules + 2, 1, &peek));
  cr_expect (
      strstr (h.error, "no reader is installed (hint: install the plugins, or set FMTCONV_PLUGIN_PATH"), "%s",
      h.error);
  cr_expect (strstr (h.details, "ruined was refused"), "%s", h.details);
  fmtconv_ctx_free (ctx);
  /* The plugin that is in every fmtconv is not suggested. */
  fci_module own = { .name = "spec", .plugin = &magic };
  ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (fci_pick_reader (ctx, &own, 1, &peek));
  cr_expect (
      strstr (h.error, "no reader is installed (hint: install the plugins, or set FMTCONV_PLUGIN_PATH"), "%s",
      h.error);
  cr_expect_str_eq (h.details, "");
  fmtconv_ctx_free (ctx);
}

/* ---- Models */

static fmtconv_view *
numbers (fmtconv_ctx *ctx, uint64_t n)
{
  static const float zeroes[64];
  return fmtconv_view_constant (ctx, FMTCONV_F32, 1, &n, zeroes);
}

static fmtconv_model *
frozen (fmtconv_model *model)
{
  cr_assert_eq (fci_model_freeze (model, "test"), 0);
  return model;
}

/* a b c d e f, of 4 … 24 bytes. */
static fmtconv_model *
six (fmtconv_ctx *ctx)
{
  static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; i < 6; i++)
    fmtconv_model_put (model, names[i], numbers (ctx, i + 1));
  return frozen (model);
}

/* ---- Recognition */

#define KIND(name_, kind_, precedence_, unmatched_, ...)                                                \
  static const fmtconv_rules name_##_rules = { .complete = "",                                          \
                                               .unmatched = unmatched_,                                 \
                                               .rules = (const fmtconv_rule[]){ __VA_ARGS__, { 0 } } }; \
  static const fmtconv_transform name_##_transform = { .kind = kind_,                                   \
                                                       .rules = &name_##_rules,                         \
                                                       .precedence = precedence_ };                     \
  static const fmtconv_plugin name_ = { .name = #name_, .summary = "s", .transform = &name_##_transform }

KIND (adapter, "adapter", 1, "no adapter", { .from = "a.{i}", .to = "=" });
KIND (base, "base", 0, "no base", { .from = "b.{p:0,1,2,3,4,5,6,7}", .to = "=" });
KIND (strict, "strict", 0, NULL, { .from = "a.{i}", .to = "=" }, { .from = "b.{i}", .to = "=" });
KIND (vague, "vague", 0, "not vague", { .from = "b.{p:0,8,9,10,11}", .to = "=" });

static fci_module kinds[] = { { .name = "adapter", .plugin = &adapter },
                              { .name = "base", .plugin = &base },
                              { .name = "ruined", .error = "it is ruined", .known = &ruined },
                              { .name = "strict", .plugin = &strict },
                              { .name = "vague", .plugin = &vague } };

/* Returns the kinds that recognize "a.0 … a.n" and "b.0 … b.m", and after a bar those that nearly do:
 * "adapter, base | strict". */
static const char *
claimed_by (captured *h, size_t n_a, size_t n_b, const char *more, size_t *first)
{
  static char text[256];
  fci_claims claims;
  fmtconv_ctx *ctx = capturing_ctx (h, 0, NULL);
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; i < n_a; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "a.%zu", i), numbers (ctx, 1));
  for (size_t i = 0; i < n_b; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "b.%zu", i), numbers (ctx, 1));
  if (more)
    fmtconv_model_put (model, more, numbers (ctx, 1));
  cr_assert_eq (fci_claims_make (ctx, kinds, 5, frozen (model), NULL, &claims), 0);
  *text = 0;
  for (size_t i = 0; i < claims.n; i++)
    {
      strcat (text, i == claims.complete ? "| " : "");
      strcat (text, claims.claim[i].plugin->name);
      strcat (text, i + 1 < claims.n ? " " : "");
    }
  *first = claims.first;
  fmtconv_ctx_free (ctx);
  return text;
}

Test (recognition, order)
{
  captured h;
  size_t first;
  cr_expect_str_eq (claimed_by (&h, 2, 8, NULL, &first), "adapter base strict");
  cr_expect_eq (first, 1);
  cr_expect_str_eq (claimed_by (&h, 0, 8, NULL, &first), "base | strict");
  cr_expect_eq (first, 1);
  cr_expect_str_eq (claimed_by (&h, 0, 0, "c", &first), "");
  cr_expect_eq (first, 0);
}

/* Some tensors may be missing or unknown; a model with only a few names in common is not near. */
Test (recognition, near)
{
  captured h;
  size_t first;
  cr_expect_str_eq (claimed_by (&h, 2, 7, NULL, &first), "adapter strict | base");
  cr_expect_str_eq (claimed_by (&h, 0, 7, NULL, &first), "| base strict");
  cr_expect_eq (first, 0);
  cr_expect_str_eq (claimed_by (&h, 0, 6, NULL, &first), "| strict");
  cr_expect_str_eq (claimed_by (&h, 2, 2, "c", &first), "adapter | strict");
  cr_expect_str_eq (claimed_by (&h, 2, 1, "c", &first), "adapter");
}

static fmtconv_view *
view_of (const fmtconv_model *model, const char *name)
{
  const fmtconv_tensor *t = fmtconv_model_find (model, name);
  cr_assert_not_null (t, "%s", name);
  return t->view;
}

/* a stays, b is renamed twice, c is split, d and e are fused, f is dropped; in the second stage half of
 * c, whose other half keeps it in use, goes too. */
static void
run_stages (fmtconv_ctx *ctx, const fmtconv_model **stages)
{
  stages[0] = six (ctx);
  fmtconv_model *one = fci_model_new (ctx, stages[0]);
  fmtconv_model_put (one, "a", view_of (stages[0], "a"));
  fmtconv_model_put (one, "b1", view_of (stages[0], "b"));
  fmtconv_model_put (one, "c1", fmtconv_view_slice (view_of (stages[0], "c"), 0, 0, 1));
  fmtconv_model_put (one, "c2", fmtconv_view_slice (view_of (stages[0], "c"), 0, 1, 2));
  fmtconv_model_put (one, "c3", fmtconv_view_slice (view_of (stages[0], "c"), 0, 1, 1));
  fmtconv_model_put (
      one, "de",
      fmtconv_view_concat (0, 2, (fmtconv_view *[]){ view_of (stages[0], "d"), view_of (stages[0], "e") }));
  fmtconv_model_drop (one, fmtconv_model_find (stages[0], "f"), "not wanted");
  stages[1] = frozen (one);
  fmtconv_model *two = fci_model_new (ctx, one);
  fmtconv_model_put (two, "de", view_of (one, "de"));
  fmtconv_model_put (two, "a", view_of (one, "a"));
  fmtconv_model_put (two, "b2", view_of (one, "b1"));
  fmtconv_model_put (two, "c1", view_of (one, "c1"));
  fmtconv_model_put (two, "c2", view_of (one, "c2"));
  fmtconv_model_drop (two, fmtconv_model_find (one, "c3"), "half is enough");
  stages[2] = frozen (two);
}

Test (account, through_stages)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_model *stages[3];
  fci_tensor_lineage a;
  run_stages (ctx, stages);
  cr_assert_eq (fci_tensor_lineage_make (ctx, stages[2], NULL, &a), 0, "%s", h.error);
  cr_expect_eq (a.in, 6);
  cr_expect_eq (a.out, 5);
  cr_expect_eq (a.kept, 1);
  cr_expect_eq (a.renamed, 1);
  cr_expect_eq (a.split, 1);
  cr_expect_eq (a.merged, 2);
  cr_expect_eq (a.dropped, 1);
  size_t de = fci_model_base (stages[2]) + fci_tensor_index (fmtconv_model_find (stages[2], "de"));
  uint32_t in = fci_model_base (stages[0]);
  cr_assert_eq (a.n_from[de], 2);
  cr_expect_eq (a.from[de][0], in + 3);
  cr_expect_eq (a.from[de][1], in + 4);
  cr_expect_null (a.why[in + 2]);
  cr_expect_str_eq (a.why[in + 5], "not wanted");
  fmtconv_ctx_free (ctx);
}

/* A tensor that the first stage renames and the second drops has the reason of the second. */
Test (account, late_drops)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_model *stages[3] = { six (ctx) };
  fmtconv_model *one = fci_model_new (ctx, stages[0]);
  FMTCONV_FOREACH (t, stages[0])
    fmtconv_model_put (one, fmtconv_ctx_printf (ctx, "x.%s", t->name), t->view);
  stages[1] = frozen (one);
  fmtconv_model *two = fci_model_new (ctx, one);
  FMTCONV_FOREACH (t, stages[1])
    if (!strcmp (t->name, "x.b"))
      fmtconv_model_put (two, t->name, t->view);
    else
      fmtconv_model_drop (two, t, strcmp (t->name, "x.c") ? "others" : "it is c");
  stages[2] = frozen (two);
  fci_tensor_lineage a;
  size_t n;
  cr_assert_eq (fci_tensor_lineage_make (ctx, stages[2], NULL, &a), 0);
  cr_expect_eq (a.renamed, 1);
  cr_expect_eq (a.dropped, 5);
  const fci_drop_reason *dropped = fci_tensor_lineage_dropped (ctx, &a, &n);
  cr_assert_eq (n, 2);
  cr_expect_str_eq (dropped[0].why, "others");
  cr_expect_str_eq (dropped[0].first, "a");
  cr_expect_eq (dropped[0].tensors, 4);
  cr_expect_eq (dropped[0].bytes, 4 * (1 + 4 + 5 + 6));
  cr_expect_str_eq (dropped[1].why, "it is c");
  cr_expect_eq (dropped[1].bytes, 12);
  fmtconv_ctx_free (ctx);
}

Test (account, no_transform)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  const fmtconv_model *stages[1] = { six (ctx) };
  fci_tensor_lineage a;
  cr_assert_eq (fci_tensor_lineage_make (ctx, stages[0], NULL, &a), 0);
  cr_expect_eq (a.kept, 6);
  cr_expect_eq (a.out, 6);
  fmtconv_ctx_free (ctx);
}

Test (how, texts)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  static const float zeroes[6];
  static const unsigned turned[] = { 1, 0 };
  fmtconv_view *v = fmtconv_view_constant (ctx, FMTCONV_F32, 2, (const uint64_t[]){ 2, 3 }, zeroes);
  cr_expect_str_eq (fci_view_recipe (v), "copy");
  cr_expect_str_eq (fci_view_recipe (fmtconv_view_slice (v, 0, 1, 1)), "copy");
  cr_expect_str_eq (fci_view_recipe (fmtconv_view_permute (v, turned)), "gather");
  cr_expect_str_eq (fci_view_recipe (fmtconv_view_slice (v, 1, 0, 2)), "gather");
  cr_expect_str_eq (fci_view_recipe (fmtconv_view_cast (v, FMTCONV_F16)), "round f16");
  cr_expect_str_eq (fci_view_recipe (fmtconv_view_cast (fmtconv_view_scale (v, 0.0078125), FMTCONV_F16)),
                    "scale 0.0078125, round f16");
  cr_expect_str_eq (fci_view_recipe (fmtconv_view_scale (v, 0.5)), "scale 0.5, round f32");
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* ---- Limits */

static const fmtconv_dtype_name half_only[] = { { FMTCONV_F16, "half", 0 }, { 0 } };
static const fmtconv_writer narrow = { .limits = { .dtypes = half_only, .name_bytes = 3, .rank = 1 } };
static const fmtconv_plugin narrow_plugin = { .name = "narrow", .writer = &narrow };

Test (limits, only_data_types)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_eq (fci_limits_check (ctx, &narrow_plugin, NULL, six (ctx)), FMTCONV_E_UNSUPPORTED);
  cr_expect (strstr (h.error, "writer 'narrow' cannot store 6 of 6 tensors"), "%s", h.error);
  cr_expect (strstr (h.error, "hint: --dtype f16"), "%s", h.error);
  cr_expect (strstr (h.details, "tensor 'f': f32 cannot be stored"), "%s", h.details);
  fmtconv_ctx_free (ctx);
}

static void
decode_none (const void *blocks, size_t n, float *to)
{
  (void) blocks;
  memset (to, 0, n * sizeof *to);
}

/* Only types with a number in GGUF files can be kept in one. */
Test (limits, block_types)
{
  static const fmtconv_block_type numbered =
      FMTCONV_BLOCK_TYPE (.name = "l_yes", .block = 32, .block_bytes = 32, .gguf = 141,
                          .decode = decode_none);
  static const fmtconv_block_type other =
      FMTCONV_BLOCK_TYPE (.name = "l_no", .block = 32, .block_bytes = 32, .decode = decode_none);
  static const uint8_t bytes[32];
  captured h;
  for (unsigned i = 0; i < 2; i++)
    {
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      fmtconv_model *model = fci_model_new (ctx, NULL);
      fmtconv_source *source = fci_source_memory (ctx, bytes, sizeof bytes, "x");
      cr_assert_null (
          fci_block_types_add (ctx, "types", (const fmtconv_block_type *const[]){ &numbered, &other, NULL }));
      fmtconv_model_put (model, "a",
                         fmtconv_view_leaf (source, 0, fmtconv_dtype_parse (ctx, i ? "l_no" : "l_yes"), 1,
                                            (const uint64_t[]){ 32 }, NULL));
      cr_expect_eq (fci_limits_check (ctx, &narrow_plugin, NULL, frozen (model)), FMTCONV_E_UNSUPPORTED);
      cr_expect (strstr (h.error, "-t dequantize"), "%s", h.error);
      cr_expect_eq (strstr (h.error, "gguf") != NULL, i == 0, "%s", h.error);
      fmtconv_ctx_free (ctx);
    }
}

Test (limits, every_offender)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_model *model = fci_model_new (ctx, NULL);
  uint16_t half[4] = { 0 };
  fmtconv_view *v = fmtconv_view_constant (ctx, FMTCONV_F16, 1, (const uint64_t[]){ 4 }, half);
  fmtconv_model_put (model, "abc", v);
  fmtconv_model_put (model, "abcd",
                     fmtconv_view_constant (ctx, FMTCONV_F16, 1, (const uint64_t[]){ 4 }, half));
  fmtconv_model_put (model, "m",
                     fmtconv_view_constant (ctx, FMTCONV_F16, 2, (const uint64_t[]){ 2, 2 }, half));
  cr_expect_eq (fci_limits_check (ctx, &narrow_plugin, NULL, frozen (model)), FMTCONV_E_UNSUPPORTED);
  cr_expect (strstr (h.error, "2 of 3 tensors"), "%s", h.error);
  cr_expect_null (strstr (h.error, "--dtype"));
  cr_expect (strstr (h.details, "'abcd': the name has 4 bytes, at most 3"), "%s", h.details);
  cr_expect (strstr (h.details, "'m': 2 dimensions, at most 1"), "%s", h.details);
  fmtconv_ctx_free (ctx);
}

static void
widen (const void *params, fmtconv_limits *limits)
{
  limits->name_bytes = *(const size_t *) params;
}

static const fmtconv_writer wide = { .limits = { .dtypes = half_only, .name_bytes = 3, .rank = 1 },
                                     .adjust = widen,
                                     .rank_hint = "fewer dimensions",
                                     .name_hint = "a shorter name" };
static const fmtconv_plugin wide_plugin = { .name = "wide", .writer = &wide };

/* Parameters change a limit; the hint applies to all tensors that exceed it. */
Test (limits, moved)
{
  static const struct
  {
    unsigned rank;
    const char *name;
    size_t most;
    const char *hint;
  } table[] = { { 1, "abcd", 4, NULL },
                { 1, "abcde", 4, "hint: a shorter name" },
                { 2, "abcd", 4, "hint: fewer dimensions" },
                { 1, "abcd", 3, "hint: a shorter name" },
                { 2, "abcd", 3, "dimensions" } };
  uint16_t half[4] = { 0 };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    {
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      fmtconv_model *model = fci_model_new (ctx, NULL);
      fmtconv_model_put (
          model, table[i].name,
          fmtconv_view_constant (ctx, FMTCONV_F16, table[i].rank, (const uint64_t[]){ 2, 2 }, half));
      int code = fci_limits_check (ctx, &wide_plugin, &table[i].most, frozen (model));
      cr_expect_eq (code, table[i].hint ? FMTCONV_E_UNSUPPORTED : 0, "case %zu", i);
      cr_expect (!table[i].hint || strstr (h.error, table[i].hint) || strstr (h.details, table[i].hint), "%s",
                 h.error);
      cr_expect (i != 4 || !strstr (h.error, "hint:"), "two faults have no hint in common: %s", h.error);
      fmtconv_ctx_free (ctx);
    }
}

Test (limits, tied)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_view *v = numbers (ctx, 4);
  fmtconv_model_put (model, "embed", v);
  fmtconv_model_put (model, "head", v);
  frozen (model);
  cr_expect_eq (fci_features_check (ctx, "x", FMTCONV_FEATURE_TIED, model), 0);
  cr_expect_eq (fci_features_check (ctx, "transform 'x'", 0, model), FMTCONV_E_UNSUPPORTED);
  cr_expect (strstr (h.details, "'head'") && strstr (h.details, "'embed'"), "%s", h.details);
  fmtconv_ctx_free (ctx);
}

/* ---- Stages: a callback's code, silence and features */

static int
fail_silently (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  (void) ctx, (void) params, (void) in, (void) out;
  return FMTCONV_E_UNSUPPORTED;
}

static int
forget_tensors (fmtconv_ctx *ctx, const void *params, const fmtconv_model *in, fmtconv_model *out)
{
  (void) ctx, (void) params;
  fmtconv_model_put (out, "a", fmtconv_model_find (in, "a")->view);
  return 0;
}

static const fmtconv_model *
transformed (fmtconv_ctx *ctx, const fmtconv_plugin *plugin, const fmtconv_model *in)
{
  fci_link link;
  cr_assert_eq (fci_link_make (ctx, FCI_TRANSFORM, plugin, "", &link), 0);
  return fci_stage_transform (ctx, &link, in);
}

Test (stage, transform_failures)
{
  captured h;
  fmtconv_transform transform = { .apply = fail_silently };
  fmtconv_plugin plugin = { .name = "mute", .transform = &transform };
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (transformed (ctx, &plugin, six (ctx)));
  cr_expect_eq (h.code, FMTCONV_E_UNSUPPORTED);
  cr_expect (strstr (h.error, "plugin 'mute' failed without an error message"), "%s", h.error);
  cr_expect_null (fci_subject_now (ctx)->plugin);
  fmtconv_ctx_free (ctx);

  transform.apply = forget_tensors;
  ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_null (transformed (ctx, &plugin, six (ctx)));
  cr_expect_eq (h.code, FMTCONV_E_INTERNAL);
  fmtconv_ctx_free (ctx);
}

/* ---- Commands */

Test (shell, words)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_str_eq (fci_shell_word (ctx, "a/b-c.d_e:f=1,g"), "a/b-c.d_e:f=1,g");
  cr_expect_str_eq (fci_shell_word (ctx, "a b"), "'a b'");
  cr_expect_str_eq (fci_shell_word (ctx, ""), "''");
  cr_expect_str_eq (fci_shell_word (ctx, "it's"), "'it'\\''s'");
  cr_expect_str_eq (fci_shell_word (ctx, "$(x)"), "'$(x)'");
  cr_expect_str_eq (fci_shell_path (ctx, "-n"), "./-n");
  fmtconv_ctx_free (ctx);
}
