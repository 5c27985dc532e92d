/* tests/unit/convert.c: fmtconv_convert and fmtconv_inspect, called as by an application.
 * SPDX-License-Identifier: Apache-2.0 */
#include "messages.h"
#include "tests/unit/temporary.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two tensors of 2 x 3 and 4 numbers, and a metadata entry. */
static const char header[] = "{\"__metadata__\":{\"format\":\"pt\"},"
                             "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                             "\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[24,40]}}";
static const float values[10] = { 1, 2, 3, 4, 5, 6, -1, 0.5f, 65504, 0 };

static char folder[TEMPORARY_PATH], in[TEMPORARY_PATH + 64], out[TEMPORARY_PATH + 64];

/* Returns a path as a shell needs it, in a static buffer. */
static const char *
typed (const char *path)
{
  static char quoted[TEMPORARY_PATH + 80];
  snprintf (quoted, sizeof quoted, strpbrk (path, " ") ? "'%s'" : "%s", path);
  return quoted;
}

/* Skips the test unless the plugins that these conversions need are built. */
static void
need_plugins (void)
{
  static const char *const needed[] = { "plugins/cast.la", "plugins/safetensors.la", "plugins/torch.la" };
  const char *built = getenv ("FMTCONV_BUILT");
  for (size_t i = 0; built && i < sizeof needed / sizeof *needed; i++)
    if (!strstr (built, needed[i]))
      cr_skip ("%s was left out", needed[i]);
}

static void
set_up (void)
{
  need_plugins ();
  uint8_t length[8] = { sizeof header - 1 };
  temporary_folder (folder, "convert");
  snprintf (in, sizeof in, "%s/in.safetensors", folder);
  snprintf (out, sizeof out, "%s/out file.safetensors", folder);
  FILE *f = fopen (in, "wb");
  cr_assert_not_null (f);
  fwrite (length, 1, 8, f);
  fwrite (header, 1, sizeof header - 1, f);
  fwrite (values, 1, sizeof values, f);
  cr_assert_eq (fclose (f), 0);
}

static void
tear_down (void)
{
  char command[1024];
  snprintf (command, sizeof command, "rm -rf '%s'", folder);
  cr_assert_eq (system (command), 0);
}

TestSuite (convert, .init = set_up, .fini = tear_down);

static const char *const none[] = { "none" };

/* Returns a job that gives everything. */
static fmtconv_job
full_job (void)
{
  return (fmtconv_job){ .struct_size = sizeof (fmtconv_job),
                        .reader = "safetensors",
                        .transforms = none,
                        .n_transforms = 1,
                        .writer = "safetensors",
                        .input = in,
                        .output = out };
}

static int64_t
number (fmtconv_attr *node, const char *path)
{
  return fmtconv_attr_get_int (fmtconv_attr_at (node, path), NULL, -1);
}

static const char *
text (fmtconv_attr *node, const char *path)
{
  return fmtconv_attr_get_string (fmtconv_attr_at (node, path), NULL, "(none)");
}

Test (convert, report)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, FMTCONV_LIST | FMTCONV_VERIFY, NULL);
  fmtconv_job job = full_job ();
  job.writer = "safetensors:metadata.by=it's me";
  job.dtype = "f16";
  fmtconv_attr *r = fmtconv_convert (ctx, &job);
  cr_assert_not_null (r, "%s", h.error);
  char command[1024];
  snprintf (command, sizeof command,
            "fmtconv -r safetensors -t none -w 'safetensors:metadata.by=it'\\''s me' --dtype f16 %s '%s'",
            typed (in), out);
  cr_expect_str_eq (text (r, "command"), command);
  cr_expect_eq (number (r, "detected"), 0);
  cr_expect_eq (number (r, "dry_run"), 0);
  cr_expect_eq (h.notes + h.warnings, 0, "%s", h.last);
  cr_expect_str_eq (text (r, "inputs/0/path"), in);
  cr_expect_str_eq (text (r, "inputs/0/reader"), "safetensors");
  cr_expect_eq (number (r, "inputs/0/tensors"), 2);
  cr_expect_eq (number (r, "inputs/0/bytes"), 40);
  cr_expect_eq (number (r, "account/in"), 2);
  cr_expect_eq (number (r, "account/kept"), 2);
  cr_expect_eq (number (r, "account/out"), 2);
  cr_expect_eq (number (r, "checks/verified"), 2);
  cr_expect_str_eq (text (r, "transforms/0/name"), "cast");
  struct stat st;
  cr_assert_eq (stat (out, &st), 0);
  cr_expect_str_eq (text (r, "files/0/path"), out);
  cr_expect_eq (number (r, "files/0/bytes"), st.st_size);
  cr_expect_eq (number (r, "bytes/written"), st.st_size);
  cr_expect_eq (number (r, "bytes/converted"), 20);
  cr_expect_eq (number (r, "bytes/copied") + number (r, "bytes/gathered") + number (r, "bytes/converted")
                    + number (r, "bytes/literal"),
                st.st_size);
  fmtconv_ctx_free (ctx);
}

Test (convert, listed_tensors)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, FMTCONV_LIST | FMTCONV_DRY_RUN, NULL);
  fmtconv_job job = full_job ();
  job.dtype = "f16";
  fmtconv_attr *r = fmtconv_convert (ctx, &job);
  cr_assert_not_null (r, "%s", h.error);
  fmtconv_attr *a = fmtconv_attr_at (r, "tensors/0");
  cr_expect_str_eq (text (a, "name"), "a");
  cr_expect_str_eq (text (a, "dtype"), "f16");
  cr_expect_str_eq (text (a, "from/0"), "a");
  cr_expect_str_eq (text (a, "how"), "round f16");
  cr_expect_eq (number (a, "bytes"), 8);
  cr_expect_eq (number (a, "shape/0"), 4);
  cr_expect_eq (number (a, "at") + 20, number (r, "files/0/bytes"));
  cr_expect_eq (number (r, "dry_run"), 1);
  cr_expect_neq (access (out, F_OK), 0, "a dry run wrote the file");
  fmtconv_ctx_free (ctx);
}

/* The detected chain is printed before the work, as a command that can be typed. */
Test (convert, detection)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_job job = { .struct_size = sizeof job, .input = in, .output = out };
  fmtconv_attr *r = fmtconv_convert (ctx, &job);
  cr_assert_not_null (r, "%s", h.error);
  cr_expect_eq (number (r, "detected"), 1);
  cr_expect_eq (h.notes, 1);
  cr_expect (strstr (h.last, "running: fmtconv -r safetensors -t none -w safetensors "), "%s", h.last);
  cr_expect_eq (number (r, "bytes/copied"), 40);
  fmtconv_ctx_free (ctx);
}

/* An application that was built with a shorter job. */
Test (convert, shorter_job)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_job job = full_job ();
  job.struct_size = offsetof (fmtconv_job, output);
  cr_expect_null (fmtconv_convert (ctx, &job));
  cr_expect_eq (h.code, FMTCONV_E_USAGE, "%s", h.error);
  fmtconv_ctx_free (ctx);
}

static void
expect_refused (fmtconv_job job, unsigned flags, int code, const char *says)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, flags, NULL);
  cr_expect_null (fmtconv_convert (ctx, &job), "%s", says);
  cr_expect_eq (h.code, code, "%d: %s", h.code, h.error);
  cr_expect_eq (h.errors, 1);
  cr_expect (strstr (h.error, says), "'%s' instead of '%s'", h.error, says);
  fmtconv_ctx_free (ctx);
}

Test (convert, paths)
{
  fmtconv_job job = full_job ();
  char missing[1024], slash[1024];
  snprintf (missing, sizeof missing, "%s/missing", folder);
  snprintf (slash, sizeof slash, "%s/", folder);
  job.input = missing;
  expect_refused (job, 0, FMTCONV_E_MISSING, "missing");
  job.input = "";
  expect_refused (job, 0, FMTCONV_E_USAGE, "an input and an output are required");
  job.input = "-";
  expect_refused (job, 0, FMTCONV_E_USAGE, "-");
  job.input = in;
  job.output = "-";
  expect_refused (job, 0, FMTCONV_E_USAGE, "cannot be a stream");
  job.output = slash;
  expect_refused (job, 0, FMTCONV_E_USAGE, "names a folder");
  job.output = "..";
  expect_refused (job, 0, FMTCONV_E_USAGE, "names a folder");
}

Test (convert, outputs_in_the_way)
{
  fmtconv_job job = full_job ();
  job.output = in;
  expect_refused (job, 0, FMTCONV_E_OUTPUT, "in.safetensors");
  expect_refused (job, FMTCONV_FORCE, FMTCONV_E_OUTPUT, "in.safetensors");
  job = full_job ();
  FILE *f = fopen (out, "w");
  fputs ("old", f);
  fclose (f);
  expect_refused (job, 0, FMTCONV_E_OUTPUT, "out file.safetensors");
  /* Refused before the input is read: it may even be something else than a model. */
  job.reader = "torch";
  expect_refused (job, 0, FMTCONV_E_OUTPUT, "out file.safetensors");
  struct stat st;
  cr_expect (stat (out, &st) == 0 && st.st_size == 3, "the old output was touched");
}

/* With any spelling of the path into the input's folder. */
Test (convert, outputs_inside_the_input)
{
  char deep[1024], path[2048];
  fmtconv_job job = full_job ();
  job.input = folder;
  job.reader = NULL;
  snprintf (deep, sizeof deep, "%s/deep", folder);
  cr_assert (mkdir (deep, 0700) == 0);
  static const char *const spellings[] = { "x.safetensors", "../deep/x.safetensors", "../x.safetensors" };
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    {
      snprintf (path, sizeof path, "%s/%s", deep, spellings[i]);
      job.output = path;
      expect_refused (job, FMTCONV_FORCE, FMTCONV_E_OUTPUT, "inside the input folder");
    }
  snprintf (path, sizeof path, "%s/../../beside.safetensors", deep);
  job.output = path;
  expect_refused (job, 0, FMTCONV_E_UNSUPPORTED, "no installed reader recognizes this folder");
  rmdir (deep);
}

/* A typing error is reported before any file is opened. */
Test (convert, chains)
{
  static const char *const both[] = { "none", "cast:to=f16" }, *const typo[] = { "cast:too=f16" },
                           *const wrong[] = { "safetensors" }, *const bad[] = { "Cast" };
  fmtconv_job job = full_job ();
  job.input = "/nonexistent";
  job.transforms = both;
  job.n_transforms = 2;
  expect_refused (job, 0, FMTCONV_E_USAGE, "-t none cannot be combined");
  job.n_transforms = 1;
  job.transforms = typo;
  expect_refused (job, 0, FMTCONV_E_USAGE, "transform 'cast' has no parameter 'too'");
  job.transforms = wrong;
  expect_refused (job, 0, FMTCONV_E_USAGE, "no transform 'safetensors' found");
  job.transforms = bad;
  expect_refused (job, 0, FMTCONV_E_USAGE, "'Cast' does not begin with a plugin name");
  job.transforms = none;
  job.dtype = "f17";
  expect_refused (job, 0, FMTCONV_E_USAGE, "f17");
  job.dtype = NULL;
  job.reader = "safetensor";
  expect_refused (job, 0, FMTCONV_E_USAGE, "did you mean 'safetensors'?");
  job.reader = NULL;
  job.writer = NULL;
  char unknown[sizeof out];
  snprintf (unknown, sizeof unknown, "%s/out.unknown", folder);
  job.output = unknown;
  expect_refused (job, 0, FMTCONV_E_USAGE, "no writer matches the output name 'out.unknown'");
}

Test (convert, unknown_input)
{
  char path[TEMPORARY_PATH + 64];
  snprintf (path, sizeof path, "%s/noise", folder);
  FILE *f = fopen (path, "w");
  fputs ("\033]0;noise", f);
  fclose (f);
  fmtconv_job job = full_job ();
  job.reader = NULL;
  job.input = path;
  expect_refused (job, 0, FMTCONV_E_UNSUPPORTED, "begins with 1b 5d 30 3b 6e 6f 69 73 65 (.]0;noise)");
}

Test (convert, inspect)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, FMTCONV_LIST, NULL);
  fmtconv_attr *r = fmtconv_inspect (ctx, in, NULL);
  cr_assert_not_null (r, "%s", h.error);
  cr_expect_str_eq (text (r, "path"), in);
  cr_expect_str_eq (text (r, "format"), "safetensors");
  cr_expect_eq (fmtconv_attr_at (r, "kind")->kind, FMTCONV_ATTR_NULL);
  cr_expect_str_eq (text (r, "title"), "2 tensors");
  cr_expect_eq (number (r, "tensors"), 2);
  cr_expect_eq (number (r, "bytes"), 40);
  cr_expect_eq (number (r, "parameters"), 10);
  cr_expect_str_eq (text (r, "dtypes/0/dtype"), "f32");
  cr_expect_eq (number (r, "dtypes/0/tensors"), 2);
  cr_expect_eq (number (r, "parts/0/bytes"), 40);
  cr_expect_eq (number (r, "storages/sources"), 1);
  cr_expect_eq (number (r, "storages/tied"), 0);
  cr_expect_str_eq (text (r, "attributes/metadata/format"), "pt");
  char command[1024];
  snprintf (command, sizeof command, "fmtconv %s OUTPUT.safetensors", typed (in));
  cr_expect_str_eq (text (r, "convert/0"), command);
  cr_expect_eq (fmtconv_attr_at (r, "list")->len, 2);
  cr_expect_str_eq (text (r, "list/0/name"), "b.weight");
  fmtconv_ctx_free (ctx);
}

Test (convert, plugin_list)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  fmtconv_attr *one = fmtconv_plugin_list (ctx, "cast"), *all = fmtconv_plugin_list (ctx, NULL);
  cr_assert (one && all, "%s", h.error);
  cr_expect_eq (one->len, 1);
  cr_expect_str_eq (text (one, "0/roles/0"), "transform");
  cr_expect_str_eq (text (one, "0/parameters/0/key"), "to");
  cr_expect_str_eq (text (one, "0/parameters/0/type"), "dtype");
  cr_expect_gt (all->len, 1);
  cr_expect_null (fmtconv_plugin_list (ctx, "casts"));
  cr_expect (strstr (h.error, "no plugin 'casts' found") && strstr (h.error, "did you mean 'cast'?"), "%s",
             h.error);
  fmtconv_ctx_free (ctx);
}
