/* cli/plugin-test/transform.c: tests of a transform: with 1 and 8 threads, and in reverse.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <string.h>

/* A model for the transform, and whether the user gave it. */
struct subject
{
  const char *path;
  bool is_given;
  bool is_taken; /* the transform does not refuse it */
};

/* Applies the transform with 1 and with 8 threads. */
static void
apply (struct tester *t, void *arg)
{
  const struct subject *s = arg;
  const char *const plugins[] = { NULL, plugin_spec (t), "safetensors" };
  const char *out[] = { tmp_path (t, "one.safetensors"), tmp_path (t, "eight.safetensors") };
  for (unsigned i = 0; i < 2; i++)
    {
      now_at (t, "%s with %d threads", s->path, i ? 8 : 1);
      if (convert (t, i ? 8 : 1, FMTCONV_VERIFY | FMTCONV_ALLOW_LOSSY, plugins, s->path, out[i]))
        continue;
      t->outcome->refused++;
      if (s->is_given || !is_plain_error (t))
        complain (t, "it fails");
      return;
    }
  if (!same_files (out[0], out[1]))
    complain (t, "the outputs differ");
}

/* Applies the transform and its reverse, and compares the result with the model. */
static void
reverse (struct tester *t, void *arg)
{
  const struct subject *s = arg;
  char text[WORDS];
  const char *there = tmp_path (t, "there.safetensors"), *back = tmp_path (t, "back.safetensors");
  snprintf (text, sizeof text, "%s:%s", t->name, t->s->back ? t->s->back : "reverse");
  now_at (t, "the way there");
  if (!convert (t, 0, FMTCONV_ALLOW_LOSSY, (const char *[]){ NULL, plugin_spec (t), "safetensors" }, s->path,
                there))
    complain (t, "it fails");
  now_at (t, "the way back");
  if (!convert (t, 0, FMTCONV_ALLOW_LOSSY, (const char *[]){ NULL, text, "safetensors" }, there, back))
    complain (t, "it fails");
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 0);
  const fmtconv_diff_side sides[] = { { .struct_size = sizeof sides[0], .path = s->path },
                                      { .struct_size = sizeof sides[1], .path = back } };
  fmtconv_attr *diff = ctx ? fmtconv_diff (ctx, &sides[0], &sides[1]) : NULL;
  const fmtconv_attr *equal = diff ? fmtconv_attr_get (diff, "equal") : NULL;
  now_at (t, "the comparison");
  if (!equal)
    complain (t, "it fails");
  else if (!equal->v.i)
    complain (t, "the way there and back does not end at the same model");
  fmtconv_ctx_free (ctx);
}

/* Returns the sample, or a small model; NULL: it cannot be written. */
static const char *
model_for (const struct tester *t, bool is_given)
{
  if (is_given)
    return sample_of (t, 0);
  const char *path = tmp_path (t, "model.safetensors");
  return put_model (path, "f32") ? path : NULL;
}

/* Reports the result of `apply`.  A transform that refuses the test's own model, as one that needs parameters does, was not
 * tested. */
static void
report_apply (struct tester *t, struct subject *s)
{
  static const char what[] = "1 and 8 threads make the same model, verified";
  const bool good = run_child (t, apply, s);
  s->is_taken = good && !t->outcome->refused;
  if (!good)
    report_found (t, false, what);
  else if (s->is_taken)
    report (t, true, what);
  else
    report_skip (t, what, "it refuses the test's own model; give PARAMETERS or --sample FILE: %s",
                 t->outcome->error);
}

void
test_transform (struct tester *t)
{
  static const char back[] = "the reverse leads back to the same model";
  struct subject s = { .is_given = sample_of (t, 0) && !t->is_reader };
  s.path = model_for (t, s.is_given);
  if (!s.path)
    {
      report (t, false, "cannot write a model for the transform");
      return;
    }
  report_apply (t, &s);
  if ((t->reverses || t->s->back) && s.is_taken)
    report_child (t, reverse, &s, back);
  else
    report_skip (t, back,
                 t->reverses || t->s->back ? "the transform takes no sample"
                                           : "the transform has no reverse that the core knows; --reverse "
                                             "PARAMETERS names its own");
}
