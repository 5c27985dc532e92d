/* tests/unit/registry.c: the folders and files from which plugins are loaded, and refusals.
 * SPDX-License-Identifier: Apache-2.0 */
#include "core/plugin/registry.h"
#include "core/plugin/search.h"
#include "messages.h"
#include "tests/unit/temporary.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEMPORARY_PATH];

/* Writes a file, with its path below `folder`. */
static void
make_file (const char *name, const char *text, mode_t mode)
{
  char path[TEMPORARY_PATH + 64];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen (path, "w");
  cr_assert_not_null (f);
  fputs (text, f);
  fclose (f);
  cr_assert_eq (chmod (path, mode), 0);
}

/* Every test has a separate folder, no other plugins are found, and the index has none. */
static void
set_up (void)
{
  char path[TEMPORARY_PATH + 64];
  temporary_folder (folder, "registry");
  snprintf (path, sizeof path, "%s/index", folder);
  cr_assert_eq (mkdir (path, 0755), 0);
  make_file ("index/fmtconv.yaml", "fmtconv-index: 1\nplugins: []\n", 0644);
  unsetenv ("FMTCONV_PLUGIN_PATH");
  setenv ("FMTCONV_INDEX_PATH", path, 1);
  setenv ("XDG_CONFIG_HOME", folder, 1);
}

static void
tear_down (void)
{
  char command[1024];
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  cr_assert_eq (system (command), 0);
}

TestSuite (registry, .init = set_up, .fini = tear_down);

/* Returns why the module of that name is refused. */
static const char *
reason (fmtconv_ctx *ctx, const char *name)
{
  const fci_module *module = fci_module_find (ctx, name);
  cr_assert_not_null (module, "%s is not listed", name);
  cr_expect_null (module->plugin);
  return module->error ? module->error : "";
}

Test (registry, files)
{
  captured h;
  make_file ("broken.so", "this is no ELF file, and long enough to look at its header anyway ..........",
             0644);
  make_file ("open-to-all.so", "x", 0666);
  make_file ("Bad_Name.so", "x", 0644);
  make_file ("readme.txt", "x", 0644);
  make_file (".so", "x", 0644);
  char path[TEMPORARY_PATH + 64];
  snprintf (path, sizeof path, "%s/dir.so", folder);
  mkdir (path, 0755);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  cr_expect (strstr (reason (ctx, "broken"), "invalid ELF header"), "%s", reason (ctx, "broken"));
  cr_expect (strstr (reason (ctx, "open-to-all"), "everyone may write to it (mode 0666)"));
  cr_expect (strstr (reason (ctx, "Bad_Name"), "its file name is not a plugin name"));
  cr_expect (strstr (reason (ctx, "dir"), "not a regular file"));
  cr_expect_null (fci_module_find (ctx, "readme"));
  cr_expect_null (fci_module_find (ctx, ""));
  size_t n;
  const fci_module *modules = fci_modules (ctx, &n);
  for (size_t i = 1; i < n; i++)
    cr_expect_lt (strcmp (modules[i - 1].name, modules[i].name), 0);
  cr_expect_eq (h.errors, 0, "%s", h.error);
  cr_expect_null (fci_plugin_find (ctx, "broken", FCI_READER));
  cr_expect_eq (h.code, FMTCONV_E_MISSING);
  cr_expect (strstr (h.error, "plugin 'broken'") && strstr (h.error, "invalid ELF header"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* Returns the path of a name in the folder, in a static buffer. */
static const char *
within (const char *name)
{
  static char path[2][TEMPORARY_PATH + 64];
  static unsigned i;
  i ^= 1;
  snprintf (path[i], sizeof path[i], "%s/%s", folder, name);
  return path[i];
}

/* What counts is where a link leads, and who could change the way there. */
Test (registry, others_could_change_it)
{
  captured h;
  umask (022);
  mkdir (within ("open"), 0755);
  mkdir (within ("open/inner"), 0755);
  mkdir (within ("sticky"), 0755);
  mkdir (within ("sticky/inner"), 0755);
  make_file ("open/linked.so", "x", 0644);
  make_file ("open/inner/deep.so", "x", 0644);
  make_file ("sticky/inner/fine.so", "not a module", 0644);
  make_file ("foreign.so", "x", 0644);
  cr_assert_eq (chmod (within ("open"), 0777), 0);
  cr_assert_eq (chmod (within ("sticky"), 01777), 0);
  cr_assert_eq (symlink ("open/linked.so", within ("linked.so")), 0);
  cr_assert_eq (symlink ("open/inner/deep.so", within ("deep.so")), 0);
  cr_assert_eq (symlink ("sticky/inner/fine.so", within ("fine.so")), 0);
  const bool foreign = chown (within ("foreign.so"), 12345, (gid_t) -1) == 0;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  cr_expect (strstr (reason (ctx, "linked"), "everyone may write to its folder"), "%s",
             reason (ctx, "linked"));
  cr_expect (strstr (reason (ctx, "deep"), "everyone may write to its folder"), "%s", reason (ctx, "deep"));
  cr_expect_not (strstr (reason (ctx, "fine"), "everyone"), "%s", reason (ctx, "fine"));
  cr_expect (!foreign || strstr (reason (ctx, "foreign"), "another user"), "%s", reason (ctx, "foreign"));
  fmtconv_ctx_free (ctx);
}

Test (registry, named_folder_must_be_there)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, "/nonexistent/fmtconv");
  size_t n;
  cr_expect_null (fci_modules (ctx, &n));
  cr_expect_eq (h.code, FMTCONV_E_IO);
  fmtconv_ctx_free (ctx);
}

Test (registry, world_writable_folder)
{
  captured h;
  size_t n;
  make_file ("broken.so", "x", 0644);
  cr_assert_eq (chmod (folder, 0777), 0);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  cr_expect_null (fci_modules (ctx, &n));
  cr_expect (strstr (h.error, folder) && strstr (h.error, "everyone may write"), "%s", h.error);
  fmtconv_ctx_free (ctx);

  setenv ("FMTCONV_PLUGIN_PATH", folder, 1);
  ctx = capturing_ctx (&h, 0, NULL);
  fci_modules (ctx, &n);
  cr_expect_eq (h.warnings, 1);
  cr_expect (strstr (h.last, folder) && strstr (h.last, "mode 0777"), "%s", h.last);
  cr_expect_null (fci_module_find (ctx, "broken"));
  fmtconv_ctx_free (ctx);
}

Test (registry, path_list)
{
  captured h;
  char list[1024];
  make_file ("broken.so", "x", 0644);
  snprintf (list, sizeof list, "relative/x::/nonexistent/fmtconv:%s:", folder);
  setenv ("FMTCONV_PLUGIN_PATH", list, 1);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  cr_expect_not_null (fci_module_find (ctx, "broken"));
  cr_expect_eq (h.errors + h.warnings, 0);
  cr_expect_eq (h.notes, 1);
  cr_expect (strstr (h.last, "'relative/x' is skipped: it is not an absolute path"), "%s", h.last);
  fmtconv_ctx_free (ctx);
}

/* The folder given by the application comes before FMTCONV_PLUGIN_PATH. */
Test (registry, first_found_counts)
{
  captured h;
  char other[TEMPORARY_PATH], path[TEMPORARY_PATH + 64];
  temporary_folder (other, "registry");
  snprintf (path, sizeof path, "%s/broken.so", other);
  fclose (fopen (path, "w"));
  make_file ("broken.so", "x", 0644);
  setenv ("FMTCONV_PLUGIN_PATH", other, 1);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  const fci_module *module = fci_module_find (ctx, "broken");
  cr_assert_not_null (module);
  cr_expect_eq (strncmp (module->path, folder, strlen (folder)), 0, "%s", module->path);
  fmtconv_ctx_free (ctx);
  unlink (path);
  rmdir (other);
}

Test (registry, relative_folder)
{
  captured h;
  make_file ("broken.so", "x", 0644);
  cr_assert_eq (chdir (folder), 0);
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, ".");
  const fci_module *module = fci_module_find (ctx, "broken");
  cr_assert_not_null (module);
  cr_expect_eq (module->path[0], '/', "%s", module->path);
  fmtconv_ctx_free (ctx);
}

/* Each thread has a separate context; libltdl has no locks. */
static void *
list_many_times (void *arg)
{
  size_t n = 0, *sum = arg;
  for (int i = 0; i < 20; i++, *sum += n)
    {
      fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
      fci_module *modules = fci_modules (ctx, &n);
      for (size_t k = 0; k < n; k++)
        n -= !fci_module_load (ctx, &modules[k]) && !modules[k].error;
      fmtconv_ctx_free (ctx);
    }
  return NULL;
}

Test (registry, threads)
{
  pthread_t threads[4];
  size_t sums[4] = { 0 };
  make_file ("broken.so", "x", 0644);
  make_file ("worse.so", "y", 0644);
  setenv ("FMTCONV_PLUGIN_PATH", folder, 1);
  for (int i = 0; i < 4; i++)
    cr_assert_eq (pthread_create (&threads[i], NULL, list_many_times, &sums[i]), 0);
  for (int i = 0; i < 4; i++)
    pthread_join (threads[i], NULL);
  for (int i = 0; i < 4; i++)
    cr_expect (sums[i] >= 40 && sums[i] == sums[0], "%zu", sums[i]);
}

Test (registry, unknown_name)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, folder);
  cr_expect_null (fci_plugin_find (ctx, "no-such-thing", FCI_WRITER));
  cr_expect_eq (h.code, FMTCONV_E_USAGE);
  cr_expect (strstr (h.error, "no writer 'no-such-thing' found"), "%s", h.error);
  fmtconv_ctx_free (ctx);
}

/* ---- Any kind of file: the same folders, the same refusals */

static const char *const named[] = { folder };

static void
inspect (captured *h, fci_search search, const char *only, fci_files *out, fmtconv_ctx **ctx)
{
  search.what = "shelf";
  search.suffix = ".book";
  search.variable = "FMTCONV_SHELVES";
  search.installed = "/nonexistent/fmtconv";
  *ctx = capturing_ctx (h, 0, NULL);
  fci_search_files (*ctx, &search, only, out);
}

Test (registry, any_files)
{
  captured h;
  fci_files files;
  fmtconv_ctx *ctx;
  make_file ("b.book", "x", 0644);
  make_file ("a.book", "x", 0666);
  make_file ("B.book", "x", 0644);
  make_file (".book", "x", 0644);
  make_file ("c.books", "x", 0644);
  inspect (&h, (fci_search){ .named = named, .n_named = 1 }, NULL, &files, &ctx);
  cr_assert_eq (files.n, 2, "%zu", files.n);
  cr_expect_str_eq (files.file[0].name, "a");
  cr_expect_str_eq (files.file[0].error, "everyone may write to it (mode 0666)");
  cr_expect_null (fci_files_find (&files, "b")->error);
  cr_expect_null (fci_files_find (&files, "c"));
  cr_expect_eq (h.errors + h.warnings + h.notes, 0);
  fmtconv_ctx_free (ctx);
  inspect (&h, (fci_search){ .named = named, .n_named = 1, .misnamed = "no" }, NULL, &files, &ctx);
  cr_assert_eq (files.n, 3);
  cr_expect_str_eq (fci_files_find (&files, "B")->error, "no");
  fmtconv_ctx_free (ctx);
}

/* A plugin that is requested by name is loaded alone, and no other file is opened. */
Test (registry, one_file)
{
  captured h;
  fci_files files;
  fmtconv_ctx *ctx;
  make_file ("a.book", "x", 0644);
  make_file ("ab.book", "x", 0644);
  inspect (&h, (fci_search){ .named = named, .n_named = 1 }, "a", &files, &ctx);
  cr_assert_eq (files.n, 1);
  cr_expect_str_eq (files.file[0].name, "a");
  fmtconv_ctx_free (ctx);
  inspect (&h, (fci_search){ .named = named, .n_named = 1 }, "b", &files, &ctx);
  cr_expect_eq (files.n, 0);
  cr_expect_null (fci_files_find (&files, "b"));
  fmtconv_ctx_free (ctx);
}

/* Folders of the user come last; relative paths and absent folders are ignored. */
Test (registry, own_files)
{
  captured h;
  fci_files files;
  fmtconv_ctx *ctx;
  char sub[1024];
  snprintf (sub, sizeof sub, "%s/own", folder);
  cr_assert_eq (mkdir (sub, 0755), 0);
  make_file ("own/a.book", "x", 0644);
  make_file ("own/b.book", "x", 0644);
  make_file ("a.book", "x", 0644);
  setenv ("XDG_CONFIG_HOME", folder, 1);
  setenv ("FMTCONV_SHELVES", "relative:/nonexistent/x", 1);
  inspect (&h, (fci_search){ .named = named, .n_named = 1, .own = "own" }, NULL, &files, &ctx);
  cr_assert_eq (files.n, 2);
  cr_expect_null (strstr (fci_files_find (&files, "a")->path, "own"));
  cr_expect_not_null (strstr (fci_files_find (&files, "b")->path, "own"));
  cr_expect_str_eq (h.last, "FMTCONV_SHELVES: 'relative' is skipped: it is not an absolute path");
  cr_expect_eq (h.errors + h.warnings, 0);
  fmtconv_ctx_free (ctx);
  cr_assert_eq (chmod (sub, 0777), 0);
  inspect (&h, (fci_search){ .own = "own" }, NULL, &files, &ctx);
  cr_expect_eq (files.n, 0);
  cr_expect (strstr (h.last, "the shelf ")
                 && strstr (h.last, "is not used: everyone may write to it (mode 0777)"),
             "%s", h.last);
  fmtconv_ctx_free (ctx);
  setenv ("XDG_CONFIG_HOME", "own", 1);
  cr_assert_eq (chmod (sub, 0755), 0);
  cr_assert_eq (chdir (folder), 0);
  setenv ("HOME", "relative", 1);
  inspect (&h, (fci_search){ .own = "own" }, NULL, &files, &ctx);
  cr_expect_eq (files.n, 0);
  fmtconv_ctx_free (ctx);
}
