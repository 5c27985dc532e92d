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
  snprintf (text, sizeof text, "%s:reverse", t->name);
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

void
test_transform (struct tester *t, const char *sample)
{
  struct subject s = { .path = sample && !t->is_reader ? sample : NULL };
  s.is_given = s.path != NULL;
  if (!s.path)
    {
      s.path = tmp_path (t, "model.safetensors");
      if (!put_model (s.path, "f32"))
        {
          report (t, false, "cannot write a model for the transform");
          return;
        }
    }
  if (!report_child (t, apply, &s, "1 and 8 threads make the same model, verified"))
    return;
  s.is_taken = !t->outcome->refused;
  if (!s.is_taken)
    printf ("# the transform refuses the test's own model: %s\n# give one that it takes: --sample FILE\n",
            t->outcome->error);
  if (t->reverses && s.is_taken)
    report_child (t, reverse, &s, "the reverse leads back to the same model");
  else
    report_skip (t, "the reverse leads back to the same model",
                 t->reverses ? "the transform takes no sample" : "the transform has no reverse");
}
