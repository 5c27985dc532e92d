/* tests/unit/model.c: models: names, order, the lineage of every tensor, tied tensors, tiles.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/model/model.h"
#include "core/base/ctx.h"
#include "core/model/freeze.h"
#include "core/model/new.h"
#include "core/model/scope.h"
#include "core/source/source.h"
#include "core/view/text.h"
#include "core/view/view.h"
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fmtconv/fmtconv.h>
#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>
#include <stdio.h>
#include <string.h>

#define SHAPE(...) ((const uint64_t[]){ __VA_ARGS__ })

static const uint8_t bytes[4096];
static fmtconv_ctx *ctx;
static fmtconv_source *source;
static char last[4096]; /* text of the last message, and its details */

static void
keep_message (void *arg, const fmtconv_message *message)
{
  (void) arg;
  size_t n = (size_t) snprintf (last, sizeof last, "%s", message->text);
  for (size_t i = 0; i < message->n_details && n < sizeof last; i++)
    n += (size_t) snprintf (last + n, sizeof last - n, "\n%s", message->details[i]);
}

static void
set_up (void)
{
  const fmtconv_options options = { .struct_size = sizeof options, .message = keep_message };
  ctx = fmtconv_ctx_new (&options);
  source = fci_source_memory (ctx, bytes, sizeof bytes, "s");
  last[0] = '\0';
}

static void
tear_down (void)
{
  fmtconv_ctx_free (ctx);
}

TestSuite (model, .init = set_up, .fini = tear_down);

static fmtconv_view *
row (uint64_t at, uint64_t n)
{
  return fmtconv_view_leaf (source, at, FMTCONV_U8, 1, &n, NULL);
}

static void
expect_error (int code, const char *part)
{
  cr_expect_eq (fmtconv_ctx_failed (ctx), code, "code %d: %s", fmtconv_ctx_failed (ctx), last);
  cr_expect (strstr (last, part) != NULL, "'%s' is not in: %s", part, last);
  tear_down ();
  set_up ();
}

/* Returns a frozen model of a reader: a [0,8), b [8,16), c [16,24), none (no elements). */
static fmtconv_model *
letters (void)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_put (model, "a", row (0, 8));
  fmtconv_model_put (model, "b", row (8, 8));
  fmtconv_model_put (model, "c", row (16, 8));
  fmtconv_model_put (model, "none", row (24, 0));
  cr_assert_eq (fci_model_freeze (model, "reader"), 0, "%s", last);
  return model;
}

static fmtconv_view *
value (const fmtconv_model *model, const char *name)
{
  return fmtconv_model_find (model, name)->view;
}

Test (model, order_and_names)
{
  fmtconv_model *model = letters ();
  const char *const names[] = { "a", "b", "c", "none" };
  size_t i = 0;
  FMTCONV_FOREACH (t, model)
    {
      cr_expect_str_eq (t->name, names[i]);
      cr_expect_eq (fci_tensor_index (t), i);
      cr_expect_eq (fci_model_tensor (model, i), t);
      cr_expect_eq (fmtconv_model_find (model, names[i]), t);
      i++;
    }
  cr_expect_eq (i, 4);
  cr_expect_eq (fmtconv_model_count (model), 4);
  cr_expect_null (fmtconv_model_find (model, "d"));
  cr_expect_null (fci_model_tensor (model, 4));
  cr_expect_eq (fmtconv_model_find (model, "a")->bytes, 8);
  cr_expect_eq (fci_model_bytes (model), 24);
  cr_expect_eq (fci_model_elements (model), 24);
  cr_expect_eq (fmtconv_model_count (NULL), 0);
  cr_expect_null (fmtconv_model_next (NULL, NULL));
}

Test (model, refused_names)
{
  static char long_name[4098];
  static const struct
  {
    const char *name;
    const char *says;
  } cases[] = {
    { "", "empty" },       { long_name, "4096" },  { "\xff", "UTF-8" },        { "a\xc0\x80", "UTF-8" },
    { "a\nb", "control" }, { "a\x7f", "control" }, { "a\xc2\x9b", "control" }, { "x.y", "two tensors" }
  };
  memset (long_name, 'n', 4097);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      fmtconv_model *model = fci_model_new (ctx, NULL);
      fmtconv_model_put (model, "x.y", row (0, 1));
      fmtconv_model_put (model, long_name + 1, row (0, 1));
      fmtconv_model_put (model, "\xc3\xa9\xc2\xa0", row (0, 1));
      cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
      cr_expect_eq (fmtconv_model_count (model), 3);
      fmtconv_model_put (model, cases[i].name, row (0, 1));
      cr_expect_eq (fmtconv_model_count (model), 3);
      expect_error (FMTCONV_E_FORMAT, cases[i].says);
    }
}

Test (model, put_of_nothing)
{
  fmtconv_model_put (NULL, "a", row (0, 1));
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0);
  fmtconv_model_put (fci_model_new (ctx, NULL), "a", NULL);
  expect_error (FMTCONV_E_INTERNAL, "NULL was passed as the argument 'view' of fmtconv_model_put");
  fmtconv_model_put (fci_model_new (ctx, NULL), NULL, row (0, 1));
  expect_error (FMTCONV_E_INTERNAL, "NULL was passed as the argument 'name' of fmtconv_model_put");
  fmtconv_model_replace (fci_model_new (ctx, NULL), NULL, row (0, 1));
  expect_error (FMTCONV_E_INTERNAL, "'tensor' of fmtconv_model_replace");
  fmtconv_model_drop (fci_model_new (ctx, NULL), NULL, "x");
  expect_error (FMTCONV_E_INTERNAL, "'tensor' of fmtconv_model_drop");
  fmtconv_model_component (fci_model_new (ctx, NULL), NULL);
  expect_error (FMTCONV_E_INTERNAL, "'name' of fmtconv_model_component");
}

/* A call that receives NULL after an error keeps that error. */
Test (model, put_of_nothing_after_an_error)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_put (model, "a", fmtconv_view_slice (row (0, 1), 7, 0, 1));
  cr_expect_eq (fmtconv_ctx_failed (ctx), FMTCONV_E_USAGE);
}

Test (model, frozen)
{
  fmtconv_model_put (letters (), "d", row (0, 1));
  expect_error (FMTCONV_E_INTERNAL, "cannot be changed");
  fmtconv_model *model = letters ();
  fmtconv_model_replace (model, fmtconv_model_next (model, NULL), row (0, 1));
  expect_error (FMTCONV_E_INTERNAL, "cannot be changed");
  model = letters ();
  fmtconv_model_drop (model, fmtconv_model_next (model, NULL), "x");
  expect_error (FMTCONV_E_INTERNAL, "cannot be changed");
  fmtconv_model_skip (letters (), "d", 0, "x");
  expect_error (FMTCONV_E_INTERNAL, "cannot be changed");
  model = letters ();
  fmtconv_model_adopt (model, model);
  expect_error (FMTCONV_E_INTERNAL, "cannot be changed");
}

/* Returns the positions of a tensor's origins in the input of the first stage, as "0 2". */
static const char *
came_from (const fmtconv_model *model, const char *name)
{
  size_t n;
  const uint32_t *from = fci_tensor_origins (model, fmtconv_model_find (model, name), &n);
  char *text = fmtconv_ctx_printf (ctx, "%s", "");
  for (size_t i = 0; i < n; i++)
    text = fmtconv_ctx_printf (ctx, "%s%s%u", text, i ? " " : "",
                               (unsigned) (from[i] - fci_model_base (fci_model_input (model, 0))));
  return text;
}

Test (model, account)
{
  const fmtconv_model *in = letters ();
  fmtconv_model *out = fci_model_new (ctx, in);
  fmtconv_view *parts[] = { value (in, "c"), value (in, "none"), value (in, "a") };
  fmtconv_model_put (out, "ca", fmtconv_view_concat (0, 3, parts));
  fmtconv_model_put (out, "a2", fmtconv_view_slice (value (in, "a"), 0, 0, 2));
  fmtconv_model_put (out, "new", fmtconv_view_constant (ctx, FMTCONV_U8, 0, NULL, "x"));
  fmtconv_model_drop (out, fmtconv_model_find (in, "b"), "not needed");
  cr_assert_eq (fci_model_freeze (out, "t"), 0, "%s", last);
  cr_expect_str_eq (came_from (out, "ca"), "0 2 3");
  cr_expect_str_eq (came_from (out, "a2"), "0");
  cr_expect_str_eq (came_from (out, "new"), "");
  cr_expect_null (fci_model_dropped (out, fci_model_base (in) + 0));
  cr_expect_str_eq (fci_model_dropped (out, fci_model_base (in) + 1), "not needed");
  cr_expect_null (fci_model_dropped (out, fci_model_base (in) + 9));
  /* the next stage sees the numbers of out */
  fmtconv_model *next = fci_model_new (ctx, out);
  fmtconv_model_put (next, "x", value (out, "new"));
  fmtconv_model_put (next, "y", value (out, "ca"));
  fmtconv_model_put (next, "z", value (out, "a2"));
  cr_assert_eq (fci_model_freeze (next, "t"), 0, "%s", last);
  cr_expect_str_eq (came_from (next, "x"), "2");
  cr_expect_str_eq (came_from (next, "y"), "0");
}

/* Parts of different tensors stay separate until the lineage is complete. */
/* Views that only have to be equal count as used; messages give the name in the first model. */
Test (model, same_uses_all)
{
  for (unsigned is_equal = 0; is_equal < 2; is_equal++)
    {
      fmtconv_model *in = fci_model_new (ctx, NULL);
      fmtconv_model_put (in, "a", row (0, 8));
      fmtconv_model_put (in, "b", row (is_equal ? 0 : 8, 8));
      fmtconv_model_put (in, "c", row (16, 8));
      cr_assert_eq (fci_model_freeze (in, "reader"), 0, "%s", last);
      fmtconv_model *out = fci_model_new (ctx, in), *later;
      fmtconv_view *same = fmtconv_view_require_equal (
          3, (fmtconv_view *const[]){ value (in, "a"), value (in, "b"), value (in, "c") });
      fmtconv_model_put (out, "abc", same);
      cr_assert_eq (fci_model_freeze (out, "t"), 0, "%s", last);
      cr_expect_str_eq (came_from (out, "abc"), "0 1 2");
      cr_expect_eq (value (out, "abc")->requirements->n, is_equal ? 1 : 2);
      cr_expect_str_eq (value (out, "abc")->requirements->item[0]->tensor, "abc");
      later = fci_model_new (ctx, out);
      fmtconv_model_put (later, "renamed", value (out, "abc"));
      cr_assert_eq (fci_model_freeze (later, "t"), 0, "%s", last);
      cr_expect_str_eq (came_from (later, "renamed"), "0");
      cr_expect_str_eq (value (later, "renamed")->requirements->item[0]->tensor, "abc");
    }
}

Test (model, fuse_across_tensors)
{
  const fmtconv_model *in = letters ();
  fmtconv_model *out = fci_model_new (ctx, in);
  fmtconv_view *parts[] = { value (in, "a"), value (in, "b"), value (in, "c"), value (in, "none") };
  fmtconv_model_put (out, "abc", fmtconv_view_concat (0, 4, parts));
  cr_expect_eq (value (out, "abc")->n_boxes, 3);
  cr_assert_eq (fci_model_freeze (out, "t"), 0, "%s", last);
  cr_expect_str_eq (came_from (out, "abc"), "0 1 2 3");
  cr_expect_str_eq (fci_view_text (value (out, "abc")), "u8[24] = box [0]+[24] <- s@0 u8 (1)");
}

Test (model, lost_tensors_are_listed)
{
  const fmtconv_model *in = letters ();
  fmtconv_model *out = fci_model_new (ctx, in);
  fmtconv_model_put (out, "b", value (in, "b"));
  cr_expect_eq (fci_model_freeze (out, "sloppy"), FMTCONV_E_INTERNAL);
  cr_expect (strstr (last, "sloppy") && strstr (last, "\na") && strstr (last, "\nc")
                 && strstr (last, "\nnone"),
             "%s", last);
  cr_expect (strstr (last, "\nb") == NULL, "%s", last);
}

/* A part that is not kept does not use the tensor that it was cut from. */
Test (model, an_empty_part_is_no_use)
{
  const fmtconv_model *in = letters ();
  fmtconv_model *out = fci_model_new (ctx, in);
  fmtconv_model_put (out, "a", fmtconv_view_slice (value (in, "a"), 0, 8, 0));
  fmtconv_view *parts[] = { value (in, "b"), value (in, "c") };
  fmtconv_model_put (out, "b", fmtconv_view_slice (fmtconv_view_concat (0, 2, parts), 0, 0, 8));
  fmtconv_model_put (out, "none", fmtconv_view_cast (value (in, "none"), FMTCONV_F32));
  cr_expect_eq (fci_model_freeze (out, "t"), FMTCONV_E_INTERNAL);
  cr_expect (strstr (last, "\na\nc") != NULL, "%s", last);
}

Test (model, drop_and_replace)
{
  const fmtconv_model *in = letters ();
  fmtconv_model *out = fci_model_new (ctx, in);
  FMTCONV_FOREACH (t, in)
    fmtconv_model_put (out, t->name, t->view);
  FMTCONV_FOREACH (t, out)
    if (t->name[0] == 'b' || t->name[0] == 'c' || t->name[0] == 'n')
      fmtconv_model_drop (out, t, "own");
  cr_expect_eq (fmtconv_model_count (out), 1);
  cr_expect_null (fmtconv_model_find (out, "b"));
  fmtconv_model_put (out, "b", value (in, "a"));
  const fmtconv_tensor *a = fmtconv_model_find (out, "a");
  fmtconv_model_replace (out, a, fmtconv_view_cast (value (in, "c"), FMTCONV_F32));
  cr_expect_eq (a->dtype, FMTCONV_F32);
  cr_expect_eq (a->bytes, 32);
  cr_assert_eq (fci_model_freeze (out, "t"), 0, "%s", last);
  cr_expect_str_eq (came_from (out, "a"), "2");
  cr_expect_str_eq (came_from (out, "b"), "0");
  cr_expect_str_eq (fci_model_dropped (out, fci_model_base (in) + 1), "own");
  cr_expect_null (fci_model_dropped (out, fci_model_base (in) + 2));
  cr_expect_str_eq (fci_model_dropped (out, fci_model_base (in) + 3), "own");
  cr_expect_eq (fci_tensor_index (fmtconv_model_find (out, "b")), 1);
}

Test (model, wrong_drops)
{
  fmtconv_model *model = letters ();
  fmtconv_model *out = fci_model_new (ctx, model);
  fmtconv_model_drop (out, fmtconv_model_find (model, "a"), NULL);
  expect_error (FMTCONV_E_INTERNAL, "without a reason");
  model = letters ();
  out = fci_model_new (ctx, NULL);
  fmtconv_model_drop (out, fmtconv_model_find (model, "a"), "x");
  expect_error (FMTCONV_E_INTERNAL, "another model");
  model = letters ();
  out = fci_model_new (ctx, model);
  fmtconv_model_replace (out, fmtconv_model_find (model, "a"), row (0, 1));
  expect_error (FMTCONV_E_INTERNAL, "itself");
}

Test (model, skip_and_adopt)
{
  fmtconv_model *inner = fci_model_new (ctx, NULL);
  fmtconv_model_put (inner, "a", row (0, 8));
  fmtconv_model_put (inner, "b", row (8, 8));
  fmtconv_model_skip (inner, "optimizer", 100, "no weights");
  fmtconv_model_drop (inner, fmtconv_model_find (inner, "b"), "a buffer");
  fmtconv_attr_set_int (fmtconv_model_attrs (inner), "inner", 1);
  cr_assert_eq (fci_model_freeze (inner, "r"), 0);
  fmtconv_model *out = fci_model_new (ctx, NULL);
  fmtconv_model_put (out, "first", row (16, 8));
  fmtconv_attr_set_int (fmtconv_model_attrs (out), "outer", 2);
  fmtconv_model_adopt (out, inner);
  cr_assert_eq (fci_model_freeze (out, "r"), 0);
  cr_expect_eq (fmtconv_model_count (out), 2);
  cr_expect_eq (fci_tensor_index (fmtconv_model_find (out, "a")), 1);
  cr_expect_eq (value (out, "a")->boxes[0].origin, fci_model_base (out) + 1);
  cr_expect_eq (value (inner, "a")->boxes[0].origin, fci_model_base (inner));
  cr_expect_eq (fci_model_base (out), fci_model_base (inner) + 1);
  cr_expect_eq (fci_origin_tensor (ctx, fci_model_base (out) + 1), fmtconv_model_find (out, "a"));
  cr_expect_null (fci_origin_tensor (ctx, fci_origins (ctx)));
  const fci_skip *skip = fci_model_skips (out);
  cr_expect_str_eq (skip->what, "optimizer");
  cr_expect_eq (skip->bytes, 100);
  cr_expect_str_eq (skip->next->what, "b");
  cr_expect_str_eq (skip->next->why, "a buffer");
  cr_expect_null (skip->next->next);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_model_attrs (out), "inner", 0), 1);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_model_attrs (out), "outer", 0), 2);
  fmtconv_model *stage = fci_model_new (ctx, out);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_model_attrs (stage), "outer", 0), 2);
  fmtconv_attr_set_int (fmtconv_model_attrs (stage), "outer", 3);
  cr_expect_eq (fmtconv_attr_get_int (fmtconv_model_attrs (out), "outer", 0), 2);
}

Test (model, adopt_of_a_name_twice)
{
  fmtconv_model *out = fci_model_new (ctx, NULL);
  fmtconv_model_put (out, "b", row (0, 8));
  fmtconv_model_adopt (out, letters ());
  expect_error (FMTCONV_E_FORMAT, "'b'");
}

Test (model, tied)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_source *window = fmtconv_source_window (source, 8, 64, "w");
  fmtconv_view *shared = row (8, 8);
  fmtconv_model_put (model, "other", row (0, 8));
  fmtconv_model_put (model, "one", shared);
  fmtconv_model_put (model, "shape", fmtconv_view_leaf (source, 8, FMTCONV_U8, 2, SHAPE (2, 4), NULL));
  fmtconv_model_put (model, "type", fmtconv_view_leaf (source, 8, FMTCONV_I8, 1, SHAPE (8), NULL));
  fmtconv_model_put (model, "two", shared);
  fmtconv_model_put (model, "cast", fmtconv_view_cast (shared, FMTCONV_F32));
  fmtconv_model_put (model, "three", fmtconv_view_leaf (window, 0, FMTCONV_U8, 1, SHAPE (8), NULL));
  fmtconv_view *wide = fmtconv_view_leaf (source, 8, FMTCONV_U8, 2, SHAPE (2, 8), (const int64_t[]){ 16, 1 });
  fmtconv_model_put (model, "row", fmtconv_view_slice (wide, 0, 0, 1));
  fmtconv_model_put (model, "same row", fmtconv_view_leaf (source, 8, FMTCONV_U8, 2, SHAPE (1, 8), NULL));
  fmtconv_model_put (model, "empty", row (8, 0));
  fmtconv_model_put (model, "empty too", row (8, 0));
  const char *const single[] = { "other", "shape", "type", "cast", "empty", "empty too" };
  for (int frozen = 0; frozen < 2; frozen++)
    {
      for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        cr_expect_null (fmtconv_model_tied (model, fmtconv_model_find (model, single[i])), "%s", single[i]);
      cr_expect_eq (fmtconv_model_tied (model, fmtconv_model_find (model, "one")),
                    fmtconv_model_find (model, "two"));
      cr_expect_eq (fmtconv_model_tied (model, fmtconv_model_find (model, "two")),
                    fmtconv_model_find (model, "one"));
      cr_expect_eq (fmtconv_model_tied (model, fmtconv_model_find (model, "three")),
                    fmtconv_model_find (model, "one"));
      cr_expect_eq (fmtconv_model_tied (model, fmtconv_model_find (model, "row")),
                    fmtconv_model_find (model, "same row"));
      cr_assert_eq (fci_model_freeze (model, "r"), 0);
    }
  cr_expect_eq (fci_model_features (model), FMTCONV_FEATURE_TIED);
  cr_expect_eq (fci_model_features (letters ()), 0);
  cr_expect_null (fmtconv_model_tied (model, fmtconv_model_find (letters (), "a")));
}

Test (model, limit_of_tensors)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_view *view = row (8, 8);
  for (int i = 0; i < 1048576; i++)
    {
      char name[16];
      snprintf (name, sizeof name, "t%d", i);
      fmtconv_model_put (model, name, view);
    }
  cr_assert_eq (fmtconv_ctx_failed (ctx), 0);
  cr_expect_eq (fmtconv_model_count (model), 1048576);
  fmtconv_model_put (model, "one more", view);
  expect_error (FMTCONV_E_LIMIT, "a model has more than 1048576 tensors");
}

/* Also if they were tied when they were queried before. */
Test (model, untied)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_put (model, "one", row (8, 8));
  fmtconv_model_put (model, "two", row (8, 8));
  cr_expect_not_null (fmtconv_model_tied (model, fmtconv_model_find (model, "one")));
  fmtconv_model_untie (model);
  cr_assert_eq (fci_model_freeze (model, "r"), 0);
  cr_expect_null (fmtconv_model_tied (model, fmtconv_model_find (model, "one")));
  cr_expect_eq (fci_model_features (model), 0);
}

/* All leaves at one position, with different shapes: many candidates, but no pair. */
Test (model, tied_is_not_quadratic)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (int i = 0; i < 20000; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "t%d", i),
                       fmtconv_view_leaf (source, 0, FMTCONV_U8, 2, SHAPE (2, 2),
                                          (const int64_t[]){ i % 2000, 1 + i / 2000 }));
  cr_assert_eq (fci_model_freeze (model, "r"), 0);
  cr_expect_eq (fci_model_features (model), 0);
}

Test (model, variables)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fci_model_bind (model, "h", 3);
  fci_model_bind (model, "#i", 4);
  fci_model_bind (model, "h", 5);
  cr_expect_eq (fmtconv_rules_variable (model, "h"), 5);
  cr_expect_eq (fmtconv_rules_variable (model, "#i"), 4);
  cr_expect_eq (fmtconv_rules_variable (model, "x"), 0);
  cr_expect_eq (fmtconv_rules_variable (NULL, "x"), 0);
}

/* Checks the message about n leaves [start, end) as tiles of [16, 48). */
static void
expect_tiles (size_t n, const uint64_t *places, uint64_t align, const char *says)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  for (size_t i = 0; i < n; i++)
    fmtconv_model_put (model, fmtconv_ctx_printf (ctx, "t%zu", i),
                       row (places[2 * i], places[2 * i + 1] - places[2 * i]));
  fmtconv_model_require_tiling (model, source, 16, 48, align);
  if (says)
    expect_error (FMTCONV_E_FORMAT, says);
  else
    cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", last);
}

Test (model, tiles)
{
  expect_tiles (3, SHAPE (32, 48, 20, 32, 16, 20), 1, NULL);
  expect_tiles (3, SHAPE (32, 48, 20, 32, 16, 20), 4, NULL);
  expect_tiles (4, SHAPE (32, 48, 16, 32, 0, 0, 32, 32), 1, NULL);
  expect_tiles (2, SHAPE (16, 27, 32, 41), 16, NULL);
  expect_tiles (1, SHAPE (16, 47), 16, NULL);
  expect_tiles (2, SHAPE (16, 31, 32, 48), 1, "byte 0x1f: tensor 't1': the 1 bytes before it belong to no");
  expect_tiles (2, SHAPE (16, 20, 32, 48), 8, "byte 0x14: tensor 't1'");
  expect_tiles (1, SHAPE (17, 48), 1, "byte 0x10: tensor 't0': the 1 bytes before it belong to no");
  expect_tiles (2, SHAPE (16, 33, 32, 48), 1,
                "byte 0x20: tensor 't1': its first 1 bytes overlap another tensor");
  expect_tiles (2, SHAPE (16, 48, 16, 48), 1, "overlap another tensor");
  expect_tiles (2, SHAPE (16, 48, 20, 24), 1, "overlap another tensor");
  expect_tiles (2, SHAPE (16, 32, 32, 47), 1, "byte 0x2f: tensor 't1': the 1 bytes after the last");
  expect_tiles (0, NULL, 1, "byte 0x10: the 32 bytes after the last");
  expect_tiles (2, SHAPE (16, 32, 32, 49), 1, "byte 0x30: tensor 't1': it ends 1 bytes after");
  expect_tiles (2, SHAPE (15, 32, 32, 48), 1, "byte 0xf: tensor 't0': it begins 1 bytes before");
  expect_tiles (2, SHAPE (16, 28, 28, 48), 8, "byte 0x1c: tensor 't1': it is not aligned to 8 bytes");
}

Test (model, tiles_of_any_order)
{
  fmtconv_model *model = fci_model_new (ctx, NULL);
  fmtconv_model_put (model, "t",
                     fmtconv_view_leaf (source, 16, FMTCONV_U16, 2, SHAPE (4, 4), (const int64_t[]){ 2, 8 }));
  fmtconv_model_require_tiling (model, source, 16, 48, 1);
  cr_expect_eq (fmtconv_ctx_failed (ctx), 0, "%s", last);
  model = fci_model_new (ctx, NULL);
  fmtconv_model_put (model, "t",
                     fmtconv_view_leaf (source, 16, FMTCONV_U16, 2, SHAPE (4, 3), (const int64_t[]){ 8, 2 }));
  fmtconv_model_require_tiling (model, source, 16, 48, 1);
  expect_error (FMTCONV_E_FORMAT, "not contiguous");
}

/* A model needs at most 512 bytes per tensor, names of usual length included. */
Test (model, memory_of_a_tensor)
{
  enum
  {
    N = 100000
  };
  fmtconv_model *model = fci_model_new (ctx, NULL);
  size_t before = ctx->arena.total;
  for (int i = 0; i < N; i++)
    {
      char name[80];
      snprintf (name, sizeof name, "model.layers.%d.self_attn.q_proj.lora_A.weight", i);
      fmtconv_model_put (
          model, name,
          fmtconv_view_leaf (source, (uint64_t) i % 64, FMTCONV_F32, 4, SHAPE (2, 3, 4, 5), NULL));
    }
  cr_assert_eq (fci_model_freeze (model, "r"), 0);
  cr_expect_lt ((ctx->arena.total - before) / N, 513, "%zu", (ctx->arena.total - before) / N);
  cr_expect_lt (fci_model_memory (model) / N, 512);
  cr_expect_geq (fci_model_memory (model), ctx->arena.total - before);
}
