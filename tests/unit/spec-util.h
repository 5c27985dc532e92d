/* tests/unit/spec-util.h: a folder with specs for each test.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SPEC_UTIL_H
#define SPEC_UTIL_H

#include "messages.h"
#include "tests/unit/temporary.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Skips the test unless the plugins that the specs of these tests name are built. */
static inline void
need_plugins (void)
{
  static const char *const needed[] = { "plugins/cast.la",      "plugins/cogvideox-lora.la",
                                        "plugins/diffusers.la", "plugins/drop.la",
                                        "plugins/merge.la",     "plugins/prefix.la",
                                        "plugins/rename.la",    "plugins/safetensors.la",
                                        "plugins/sat.la",       "plugins/torch.la" };
  const char *built = getenv ("FMTCONV_BUILT");
  for (size_t i = 0; built && i < sizeof needed / sizeof *needed; i++)
    if (!strstr (built, needed[i]))
      cr_skip ("%s was left out", needed[i]);
}

/* The test's working folder; messages show it shortened. */
static inline void
enter_folder (void)
{
  static char folder[TEMPORARY_PATH];
  need_plugins ();
  umask (022); /* presets that everyone may write to are refused */
  temporary_folder (folder, "spec");
  cr_assert_eq (chdir (folder), 0);
  unsetenv ("FMTCONV_PIPELINE_PATH");
  setenv ("XDG_CONFIG_HOME", folder, 1);
}

static inline void
leave_folder (void)
{
  char folder[TEMPORARY_PATH] = "", command[TEMPORARY_PATH + 16];
  cr_assert_not_null (getcwd (folder, sizeof folder));
  cr_assert_eq (chdir ("/"), 0);
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  cr_assert_eq (system (command), 0);
}

static inline void
put_file (const char *name, const void *bytes, size_t len)
{
  FILE *f = fopen (name, "wb");
  cr_assert_not_null (f);
  cr_assert_eq (fwrite (bytes, 1, len, f), len);
  cr_assert_eq (fclose (f), 0);
}

static inline void
put_text (const char *name, const char *text)
{
  put_file (name, text, strlen (text));
}

/* Writes a checkpoint of two tensors of 4 bytes, a and b. */
static inline void
put_tensors (const char *name)
{
  static const char file[] = "\x70\0\0\0\0\0\0\0"
                             "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                             "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}"
                             "     "
                             "\0\0\200\77\0\0\0\100";
  put_file (name, file, sizeof file - 1);
}

static inline void
make_folder (const char *name)
{
  cr_assert_eq (mkdir (name, 0755), 0);
}

/* Returns the job of a spec with that text, and its context. NULL: it was refused, and `h` has the
 * message. */
static inline fmtconv_job *
job_from (captured *h, fmtconv_ctx **ctx, const char *text, const fmtconv_spec_variable *v, size_t n)
{
  put_text ("s.yaml", text);
  *ctx = capturing_ctx (h, 0, NULL);
  return fmtconv_job_from_spec (*ctx, "s.yaml", v, n, NULL, NULL);
}

#endif
