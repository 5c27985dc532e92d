/* cli/plugin-test/test-plugin.c: the command that tests a plugin, and prints a line for each test.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

void
report (struct tester *t, bool good, const char *format, ...)
{
  va_list ap;
  printf ("%s %u - ", good ? "ok" : "not ok", ++t->number);
  va_start (ap, format);
  vprintf (format, ap);
  va_end (ap);
  putchar ('\n');
  t->failed += !good;
  fflush (stdout);
}

void
report_skip (struct tester *t, const char *what, const char *format, ...)
{
  va_list ap;
  printf ("ok %u - %s # SKIP ", ++t->number, what);
  va_start (ap, format);
  vprintf (format, ap);
  va_end (ap);
  putchar ('\n');
  t->skipped++;
  fflush (stdout);
}

const char *
sample_of (const struct tester *t, size_t i)
{
  return i < t->s->n_samples ? t->s->samples[i] : NULL;
}

/* Takes the plugin's name and folder from its path.  Returns false after a usage error. */
static bool
take_module (struct tester *t)
{
  char *path = realpath (t->module, NULL);
  const char *slash = path ? strrchr (path, '/') : NULL, *dot = slash ? strrchr (slash, '.') : NULL;
  const bool good = dot && !strcmp (dot, ".so") && (size_t) (dot - slash) < sizeof t->name
                    && (size_t) (slash - path) < sizeof t->folder;
  if (!path)
    print_usage ("%s: %s", t->module, strerror (errno));
  else if (!good)
    print_usage ("'%s' is not a plugin NAME.so", t->module);
  else
    {
      snprintf (t->name, sizeof t->name, "%.*s", (int) (dot - slash - 1), slash + 1);
      snprintf (t->folder, sizeof t->folder, "%.*s", (int) (slash - path), path);
    }
  free (path);
  return good;
}

/* Makes the temporary folder and the memory that children share. */
static bool
prepare (struct tester *t)
{
  const char *base = getenv ("TMPDIR");
  snprintf (t->tmp, sizeof t->tmp, "%.40s/fmtconv-test-XXXXXX", base && *base == '/' ? base : "/tmp");
  void *shared = mmap (NULL, sizeof *t->outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED || !mkdtemp (t->tmp))
    {
      fprintf (stderr, "fmtconv: %s: %s\n", t->tmp, strerror (errno));
      return false;
    }
  t->outcome = shared;
  return true;
}

int
run_test_plugin (const struct settings *s)
{
  struct tester t = { .s = s, .params = s->n_arguments == 2 ? s->arguments[1] : "" };
  if (s->n_arguments < 1 || s->n_arguments > 2)
    {
      print_usage ("test-plugin takes the file of a plugin, and optionally its parameters");
      return CLI_USAGE;
    }
  t.module = s->arguments[0];
  if (!take_module (&t))
    return CLI_USAGE;
  if (!prepare (&t))
    return CLI_FAILED;
  if (test_module (&t))
    {
      test_index (&t);
      if (t.is_reader)
        test_reader (&t);
      if (t.is_transform)
        test_transform (&t);
      if (t.is_writer)
        test_writer (&t);
      if (t.is_codec)
        test_codec (&t);
    }
  remove_all (t.tmp);
  printf ("1..%u\n# %u passed, %u failed, %u skipped\n", t.number, t.number - t.failed - t.skipped, t.failed,
          t.skipped);
  return t.failed ? CLI_FAILED : CLI_DONE;
}
