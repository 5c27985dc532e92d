/* cli/plugin-test/writer.c: tests of a writer: models of many kinds are written, verified and read again.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <string.h>

/* Compares what was written, read back by the plugin's reader, with the model.  A reader may refuse a file without
 * tensors. */
static void
compare (struct tester *t, const char *model, const char *written)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 0);
  const fmtconv_diff_side sides[] = {
    { .struct_size = sizeof sides[0], .path = model },
    { .struct_size = sizeof sides[1], .path = written, .reader = t->name }
  };
  fmtconv_attr *diff = ctx ? fmtconv_diff (ctx, &sides[0], &sides[1]) : NULL;
  fmtconv_attr *differ = diff ? fmtconv_attr_get (diff, "differ") : NULL;
  if (!diff && strstr (model, "/none.") && is_plain_error (t))
    t->outcome->refused++;
  else if (!diff)
    complain (t, "what was written is not read");
  else if (!differ || differ->v.i)
    complain (t, "what is read has other values, shapes or data types");
  fmtconv_ctx_free (ctx);
}

/* Writes a model with 1 and with 8 threads, and compares what is read back. */
static void
write_model (struct tester *t, const char *model, const char *reader)
{
  const char *const plugins[] = { reader, NULL, plugin_spec (t) },
                    *out[] = { tmp_path (t, "1/out"), tmp_path (t, "8/out") };
  for (unsigned i = 0; i < 2; i++)
    {
      now_at (t, "%s with %d threads", model, i ? 8 : 1);
      remove_all (out[i]);
      if (convert (t, i ? 8 : 1, t->is_reader ? FMTCONV_VERIFY : 0, plugins, model, out[i]))
        continue;
      t->outcome->refused++;
      if (!is_plain_error (t))
        complain (t, "it fails");
      return;
    }
  if (!same_files (out[0], out[1]))
    complain (t, "1 and 8 threads write different bytes");
  if (t->is_reader)
    compare (t, model, out[0]);
}

static void
write_kind (struct tester *t, void *kind)
{
  char name[64];
  snprintf (name, sizeof name, "%s.safetensors", (const char *) kind);
  const char *model = tmp_path (t, name);
  if (!put_model (model, kind))
    complain (t, "cannot write %s", model);
  write_model (t, model, "safetensors");
}

static void
write_sample (struct tester *t, void *sample)
{
  write_model (t, sample, NULL);
}

/* Reports that a model was written or refused.  Returns whether it was written. */
static bool
report_written (struct tester *t, void (*run) (struct tester *t, void *arg), const void *arg,
                const char *name)
{
  char what[WORDS];
  snprintf (what, sizeof what, "%s is written%s, or refused", name, t->is_reader ? " and read again" : "");
  const bool good = report_child (t, run, (void *) arg, what);
  if (good && t->outcome->refused)
    printf ("# refused: %s\n", t->outcome->error);
  return good && !t->outcome->refused;
}

void
test_writer (struct tester *t)
{
  static const char *const folders[] = { "1", "8" };
  unsigned written = 0;
  for (size_t i = 0; i < 2; i++)
    make_folder (tmp_path (t, folders[i]));
  for (size_t i = 0; model_kinds[i]; i++)
    {
      char name[64];
      snprintf (name, sizeof name, "the model '%s'", model_kinds[i]);
      written += report_written (t, write_kind, model_kinds[i], name);
    }
  for (size_t i = 0; sample_of (t, i); i++)
    written += report_written (t, write_sample, sample_of (t, i), "the sample");
  report (t, written > 0, "the writer writes one of the models");
  if (!written)
    puts ("# give a model that it takes: --sample FILE");
}
