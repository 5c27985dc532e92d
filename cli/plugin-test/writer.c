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

static void
write_one (struct tester *t, void *arg)
{
  char name[64];
  const char *kind = arg, *const plugins[] = { "safetensors", NULL, plugin_spec (t) };
  snprintf (name, sizeof name, "%s.safetensors", kind);
  const char *model = tmp_path (t, name), *out[] = { tmp_path (t, "1/out"), tmp_path (t, "8/out") };
  if (!put_model (model, kind))
    complain (t, "cannot write %s", model);
  for (unsigned i = 0; i < 2; i++)
    {
      now_at (t, "the model '%s' with %d threads", kind, i ? 8 : 1);
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

void
test_writer (struct tester *t)
{
  static const char *const folders[] = { "1", "8" };
  unsigned written = 0;
  for (size_t i = 0; i < 2; i++)
    make_folder (tmp_path (t, folders[i]));
  for (size_t i = 0; model_kinds[i]; i++)
    {
      char what[128];
      snprintf (what, sizeof what, "the model '%s' is written%s, or refused", model_kinds[i],
                t->is_reader ? " and read again" : "");
      if (report_child (t, write_one, (void *) model_kinds[i], what))
        {
          written += !t->outcome->refused;
          if (t->outcome->refused)
            printf ("# refused: %s\n", t->outcome->error);
        }
    }
  report (t, written > 0, "the writer writes one of the models");
}
