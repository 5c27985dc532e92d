/* tests/unit/bundle.c: bundles: components, files carried along, the lineage over several inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/bundle.h"
#include "core/base/ctx.h"
#include "core/model/freeze.h"
#include "core/model/lineage.h"
#include "core/model/new.h"
#include "core/model/scope.h"
#include "core/source/source.h"
#include "messages.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fmtconv/formats.h>
#include <string.h>

static const uint8_t bytes[4096];
static fmtconv_ctx *ctx;
static fmtconv_source *source;
static captured h;

static void
set_up (void)
{
  ctx = capturing_ctx (&h, 0, NULL);
  source = fci_source_memory (ctx, bytes, sizeof bytes, "s");
}

static void
tear_down (void)
{
  fmtconv_ctx_free (ctx);
}

TestSuite (bundle, .init = set_up, .fini = tear_down);

static fmtconv_view *
row (uint64_t at, uint64_t n)
{
  return fmtconv_view_leaf (source, at, FMTCONV_U8, 1, &n, NULL);
}

static void
expect_error (int code, const char *part)
{
  cr_expect_eq (fmtconv_ctx_failed (ctx), code, "code %d: %s", fmtconv_ctx_failed (ctx), h.error);
  cr_expect (strstr (h.error, part) != NULL, "'%s' is not in: %s", part, h.error);
  tear_down ();
  set_up ();
}

static fmtconv_model *
frozen (fmtconv_model *model)
{
  cr_assert_eq (fci_model_freeze (model, "t"), 0, "%s", h.error);
  return model;
}

/* Returns a model like that of one file: n tensors t0, t1 … of 8 bytes each from `at` on. */
static fmtconv_model *
file (uint64_t at, unsigned n)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (unsigned i = 0; i < n; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "t%u", i), row (at + 8 * i, 8));
  return frozen (model);
}

/* Returns a model like that of a folder: "first" with two tensors, "second" with one, "words" with a file. */
static fmtconv_model *
folder (void)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_adopt (fmtconv_model_component (model, "first"), file (0, 2));
  fmtconv_model_adopt (fmtconv_model_component (model, "second"), file (64, 1));
  fmtconv_model_attach (fmtconv_model_component (model, "words"), "vocab.txt", source);
  return frozen (model);
}

Test (bundle, components_in_order)
{
  fmtconv_model *model = folder ();
  const char *names = "";
  for (const fmtconv_model *c = NULL; (c = fmtconv_model_next_component (model, c));)
    names = fmtconv_ctx_printf (ctx, "%s %s=%zu", names, fmtconv_model_name (c), fmtconv_model_count (c));
  cr_expect_str_eq (names, " first=2 second=1 words=0");
  cr_expect_str_eq (fmtconv_model_name (model), "");
  cr_expect_eq (fmtconv_model_count (model), 0);
  cr_expect_eq (fci_model_tensors (model), 3);
  cr_expect_eq (fci_model_bytes (model), 24);
  cr_expect_eq (fci_model_features (model), FMTCONV_FEATURE_COMPONENTS | FMTCONV_FEATURE_BLOBS);
  const fmtconv_model *words = fmtconv_model_component (model, "words");
  cr_expect_str_eq (fmtconv_model_next_blob (words, NULL)->name, "vocab.txt");
  cr_expect_null (fmtconv_model_next_blob (words, fmtconv_model_next_blob (words, NULL)));
}

/* The output of a transform starts as a copy of its input. */
Test (bundle, stage_starts_with_all)
{
  fmtconv_model *in = folder (), *out = fci_model_new (ctx, in);
  fmtconv_attr_set_string (fmtconv_model_attrs (fmtconv_model_component (out, "third")), "class", "X");
  frozen (out);
  cr_expect_eq (fci_model_tensors (out), 3);
  cr_expect_not_null (fmtconv_model_next_blob (fmtconv_model_component (out, "words"), NULL));
  cr_expect_not_null (fmtconv_model_component (out, "third"));
  fci_tensor_lineage a;
  cr_assert_eq (fci_tensor_lineage_make (ctx, out, NULL, &a), 0);
  cr_expect_eq (a.in, 3);
  cr_expect_eq (a.kept, 3);
}

/* A tensor may move from one component to another; a lost one is listed. */
Test (bundle, the_account_spans_components)
{
  fmtconv_model *in = folder (), *out = fci_model_new (ctx, in);
  fmtconv_model *first = fmtconv_model_component (out, "first");
  fmtconv_model_put (fmtconv_model_component (out, "second"), "t1", fmtconv_model_find (first, "t1")->view);
  fmtconv_model_drop (first, fmtconv_model_find (first, "t1"), "moved");
  fmtconv_model_drop (first, fmtconv_model_find (first, "t0"), "not wanted");
  frozen (out);
  fci_tensor_lineage a;
  size_t n;
  cr_assert_eq (fci_tensor_lineage_make (ctx, out, NULL, &a), 0);
  cr_expect_eq (a.kept, 2);
  cr_expect_eq (a.dropped, 1);
  const fci_drop_reason *dropped = fci_tensor_lineage_dropped (ctx, &a, &n);
  cr_assert_eq (n, 1);
  cr_expect_str_eq (dropped[0].why, "not wanted");
}

/* Tensors that a transform reads from other files must be used or dropped, too. */
Test (bundle, a_second_input)
{
  fmtconv_model *base = file (0, 2), *more = file (64, 2);
  fmtconv_model *out = fci_model_new (ctx, base);
  fci_model_run (ctx, out);
  fci_transform_scope_add (ctx, more);
  fmtconv_view *both[] = { fmtconv_model_find (base, "t0")->view, fmtconv_model_find (more, "t0")->view };
  fmtconv_model_put (out, "t0", fmtconv_view_concat (0, 2, both));
  fmtconv_model_put (out, "t1", fmtconv_model_find (base, "t1")->view);
  fmtconv_model_drop (out, fmtconv_model_find (more, "t1"), "no partner");
  frozen (out);
  fci_tensor_lineage a;
  cr_assert_eq (fci_tensor_lineage_make (ctx, out, NULL, &a), 0);
  cr_expect_eq (a.in, 4);
  cr_expect_eq (a.merged, 2);
  cr_expect_eq (a.kept, 1);
  cr_expect_eq (a.dropped, 1);
  fmtconv_model *sloppy = fci_model_new (ctx, base);
  fci_model_run (ctx, sloppy);
  fci_transform_scope_add (ctx, more);
  fmtconv_model_adopt (sloppy, base);
  cr_expect_eq (fci_model_freeze (sloppy, "sloppy"), FMTCONV_E_INTERNAL);
  expect_error (FMTCONV_E_INTERNAL, "'sloppy' neither used nor dropped 2 of 4 tensors");
}

/* Two transforms make a component each from one file: tensors that neither uses are dropped. */
Test (bundle, one_input_of_several_components)
{
  fmtconv_model *in = file (0, 3), *made[2];
  for (unsigned k = 0; k < 2; k++)
    {
      made[k] = fci_model_new (ctx, in);
      FMTCONV_FOREACH (t, in)
        if (t->name[1] == "01"[k])
          fmtconv_model_put (made[k], "x", t->view);
        else
          fmtconv_model_drop (made[k], t, k ? "not second" : "not first");
      frozen (made[k]);
      cr_assert_eq (fci_model_set_name (made[k], k ? "second" : "first"), 0);
    }
  fmtconv_model *bundle = fci_model_bundle (ctx, 2, made);
  cr_assert_not_null (bundle, "%s", h.error);
  fci_tensor_lineage a;
  size_t n;
  cr_assert_eq (fci_tensor_lineage_make (ctx, bundle, NULL, &a), 0);
  cr_expect_eq (a.in, 3);
  cr_expect_eq (a.renamed, 2);
  cr_expect_eq (a.dropped, 1);
  const fci_drop_reason *dropped = fci_tensor_lineage_dropped (ctx, &a, &n);
  cr_expect_eq (n, 1);
  cr_expect_str_eq (dropped[0].first, "t2");
  cr_expect_str_eq (dropped[0].why, "not first");
}

Test (bundle, wrong_names)
{
  static const char *const names[] = { "", ".", ".hidden", "-x", "a/b", "a b", "\xff" };
  char longest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefg";
  fmtconv_model_component (fci_model_new (ctx, NULL), longest);
  expect_error (FMTCONV_E_FORMAT, "is not a valid component name");
  longest[64] = '\0';
  cr_expect_not_null (fmtconv_model_component (fci_model_new (ctx, NULL), longest));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      fmtconv_model_component (fci_model_new (ctx, NULL), names[i]);
      expect_error (FMTCONV_E_FORMAT, "is not a valid component name");
    }
  static const char *const files[] = { "", ".", "..", "a/b" };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
      fmtconv_model_attach (fci_model_new (ctx, NULL), files[i], source);
      expect_error (FMTCONV_E_FORMAT, "is not a plain file name");
    }
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_attach (model, "a", source);
  fmtconv_model_attach (model, "a", source);
  expect_error (FMTCONV_E_FORMAT, "is already attached");
}

/* Files can be detached during a walk: in the middle, at the end, at the start. */
Test (bundle, files_detached)
{
  static const char *const all[] = { "a", "b", "c", "d" }, *const gone[] = { "b", "d", "a", "c" };
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; i < 4; i++)
    fmtconv_model_attach (model, all[i], source);
  for (size_t i = 0; i < 4; i++)
    {
      size_t left = 0;
      for (const fmtconv_blob *blob = NULL; (blob = fmtconv_model_next_blob (model, blob)); left++)
        if (!strcmp (blob->name, gone[i]))
          fmtconv_model_detach (model, blob);
      cr_expect_eq (left, 4 - i);
    }
  cr_expect_null (fmtconv_model_next_blob (model, NULL));
  fmtconv_model_attach (model, "a", source);
  cr_expect_str_eq (fmtconv_model_next_blob (model, NULL)->name, "a");
  fmtconv_model_detach (fci_model_new (ctx, NULL), fmtconv_model_next_blob (model, NULL));
  expect_error (FMTCONV_E_INTERNAL, "is attached to another model");
}

Test (bundle, refused)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_put (model, "t", row (0, 8));
  fmtconv_model_component (model, "c");
  cr_expect_eq (fci_model_freeze (model, "odd"), FMTCONV_E_INTERNAL);
  expect_error (FMTCONV_E_INTERNAL, "a model with components that also has tensors");
  fmtconv_model_component (file (0, 1), "new");
  expect_error (FMTCONV_E_INTERNAL, "cannot be changed");
  fmtconv_model *twins[] = { file (0, 1), file (8, 1) };
  fci_model_set_name (twins[0], "same");
  fci_model_set_name (twins[1], "same");
  cr_expect_null (fci_model_bundle (ctx, 2, twins));
  expect_error (FMTCONV_E_USAGE, "two components have the name 'same'");
  fmtconv_model *one = file (0, 1);
  fci_model_set_name (one, "one");
  fci_model_set_name (one, "other");
  expect_error (FMTCONV_E_USAGE, "cannot also be named 'other'");
  model = fci_model_new (ctx, NULL);
  for (int i = 0; i < 65; i++)
    fmtconv_model_component (model, fmtconv_ctx_printf (ctx, "c%d", i));
  expect_error (FMTCONV_E_LIMIT, "a model has more than 64 components");
}
