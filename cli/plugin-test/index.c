/* cli/plugin-test/index.c: tests of what the index of known plugins says of the plugin.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugin-test.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns what is known of the plugin in a context; NULL: nothing. */
static fmtconv_attr *
describe (fmtconv_ctx *ctx, const struct tester *t)
{
  fmtconv_attr *found = ctx ? fmtconv_plugin_list (ctx, t->name) : NULL;
  return found ? found->first : NULL;
}

/* Compares the entry with the descriptor. */
static void
compare (struct tester *t, void *arg)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  fmtconv_attr *plugin = describe (ctx, t);
  const char *text = plugin ? fmtconv_attr_get_string (plugin, "disagrees", NULL) : NULL;
  (void) arg;
  if (text)
    complain (t, "%s", text);
  fmtconv_ctx_free (ctx);
}

/* Returns whether only the index knows the plugin in that folder. */
static bool
is_absent (struct tester *t, const char *folder)
{
  fmtconv_ctx *ctx = quiet_ctx_in (t, folder, 0, 1);
  fmtconv_attr *plugin = describe (ctx, t),
               *installed = plugin ? fmtconv_attr_get (plugin, "installed") : NULL;
  const bool absent = installed && !installed->v.i;
  fmtconv_ctx_free (ctx);
  return absent;
}

/* Returns whether the module without its entry reads a file that it has to detect. */
static bool
is_detected (struct tester *t, const char *path)
{
  fmtconv_ctx *ctx = quiet_ctx_in (t, tmp_path (t, "module"), 0, 1);
  fmtconv_attr *found = ctx ? fmtconv_inspect (ctx, path, NULL) : NULL;
  const bool own = found && !strcmp (fmtconv_attr_get_string (found, "format", ""), t->name);
  fmtconv_ctx_free (ctx);
  return own;
}

/* Looks at a file with the index alone: the plugin must be missed, as a user without it would miss it. */
static void
miss_in (struct tester *t, const char *folder, const char *path, const char *what)
{
  fmtconv_ctx *ctx = quiet_ctx_in (t, folder, 0, 1);
  fmtconv_attr *found = ctx ? fmtconv_inspect (ctx, path, NULL) : NULL;
  if (found)
    complain (t, "without the module, '%s' reads %s", fmtconv_attr_get_string (found, "format", "?"), what);
  else if (t->outcome->code != FMTCONV_E_MISSING || !strstr (t->outcome->error, t->name))
    complain (t, "without the module, no message says that %s needs '%s'", what, t->name);
  fmtconv_ctx_free (ctx);
}

/* The sample, and a copy of it whose name says nothing. */
static void
miss (struct tester *t, void *sample)
{
  char folder[PATH_MAX], copy[PATH_MAX];
  size_t n;
  snprintf (folder, sizeof folder, "%s", tmp_path (t, "index"));
  snprintf (copy, sizeof copy, "%s", tmp_path (t, "unnamed"));
  if (!is_absent (t, folder))
    return; /* the module is also installed elsewhere */
  miss_in (t, folder, sample, "the sample");
  unsigned char *bytes = get_bytes (sample, &n);
  if (bytes && put_bytes (copy, bytes, n) && is_detected (t, copy))
    miss_in (t, folder, copy, "a copy of the sample without a suffix");
  free (bytes);
}

/* Makes two folders: one with the file of the index that is next to the module, and one with the module.  Returns whether
 * there is such a file. */
static bool
separate (const struct tester *t)
{
  char path[PATH_MAX + 300], to[PATH_MAX];
  size_t n;
  snprintf (path, sizeof path, "%s/%s.yaml", t->folder, t->name);
  snprintf (to, sizeof to, "%s/index/%s.yaml", t->tmp, t->name);
  unsigned char *bytes = get_bytes (path, &n);
  bool good = bytes && make_folder (tmp_path (t, "index")) && put_bytes (to, bytes, n);
  free (bytes);
  snprintf (path, sizeof path, "%s/%s.so", t->folder, t->name);
  snprintf (to, sizeof to, "%s/module/%s.so", t->tmp, t->name);
  return good && make_folder (tmp_path (t, "module")) && symlink (path, to) == 0;
}

void
test_index (struct tester *t)
{
  fmtconv_ctx *ctx = quiet_ctx (t, 0, 1);
  fmtconv_attr *plugin = describe (ctx, t);
  const bool is_known = plugin && fmtconv_attr_get (plugin, "package");
  fmtconv_ctx_free (ctx);
  if (!is_known)
    {
      report_skip (t, "the index of known plugins says what the module says", "the index does not know it");
      return;
    }
  report_child (t, compare, NULL, "the index of known plugins says what the module says");
  if (!t->is_reader || !sample_of (t, 0) || !separate (t))
    return;
  for (size_t i = 0; sample_of (t, i); i++)
    report_child (t, miss, (void *) sample_of (t, i), "without the module, the index recognizes the sample");
}
