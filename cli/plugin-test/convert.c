/* cli/plugin-test/convert.c: conversions of a test, whose first error is kept.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <string.h>

static void
take_message (void *arg, const fmtconv_message *message)
{
  const struct tester *t = arg;
  if (message->level != FMTCONV_MSG_ERROR || t->outcome->code)
    return;
  t->outcome->code = message->code;
  snprintf (t->outcome->error, sizeof t->outcome->error, "%s", message->text);
  for (size_t i = 0; i < message->n_details && i < 3; i++)
    {
      const size_t n = strlen (t->outcome->error);
      snprintf (t->outcome->error + n, sizeof t->outcome->error - n, " %s;", message->details[i]);
    }
}

fmtconv_ctx *
quiet_ctx_in (struct tester *t, const char *folder, unsigned flags, unsigned threads)
{
  const char *const folders[] = { folder };
  const fmtconv_options options = { .struct_size = sizeof options,
                                    .flags = flags,
                                    .threads = threads,
                                    .plugin_dirs = folders,
                                    .n_plugin_dirs = 1,
                                    .message = take_message,
                                    .arg = t };
  t->outcome->code = 0;
  *t->outcome->error = 0;
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  if (!ctx)
    complain (t, "out of memory");
  return ctx;
}

fmtconv_ctx *
quiet_ctx (struct tester *t, unsigned flags, unsigned threads)
{
  return quiet_ctx_in (t, t->folder, flags, threads);
}

const char *
plugin_spec (const struct tester *t)
{
  static char text[WORDS];
  snprintf (text, sizeof text, *t->params ? "%s:%s" : "%s", t->name, t->params);
  return text;
}

bool
convert (struct tester *t, unsigned threads, unsigned flags, const char *const plugins[3], const char *in,
         const char *out)
{
  const char *none = "none", *const *transforms = plugins[1] ? &plugins[1] : &none;
  const fmtconv_job job = { .struct_size = sizeof job,
                            .reader = plugins[0],
                            .transforms = transforms,
                            .n_transforms = 1,
                            .writer = plugins[2],
                            .input = in,
                            .output = out };
  fmtconv_ctx *ctx = quiet_ctx (t, flags | FMTCONV_FORCE, threads);
  const bool good = ctx && fmtconv_convert (ctx, &job);
  fmtconv_ctx_free (ctx);
  if (!good && ctx && !t->outcome->code)
    complain (t, "it failed without a message");
  return good;
}

bool
is_plain_error (const struct tester *t)
{
  return t->outcome->code && t->outcome->code != FMTCONV_E_INTERNAL;
}
