/* tests/abi/application.c: an application against the installed interface; compiled as C and as C++.
 * SPDX-License-Identifier: Apache-2.0
 *
 * application FOLDER: works in that folder, with the plugins that FMTCONV_PLUGIN_PATH names. */
#include <errno.h>
#include <fmtconv/fmtconv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int failures;

#define CHECK(condition, ...)                                      \
  do                                                               \
    {                                                              \
      if (condition)                                               \
        break;                                                     \
      failures++;                                                  \
      printf ("FAIL %s:%d: %s: ", __FILE__, __LINE__, #condition); \
      printf (__VA_ARGS__);                                        \
      putchar ('\n');                                              \
    }                                                              \
  while (0)

/* What the callbacks got. */
typedef struct heard
{
  fmtconv_ctx *ctx;
  int errors;
  int warnings;
  int code;
  int os_errno;
  int reports;                        /* of progress */
  void (*at_report) (struct heard *); /* what the progress callback does besides */
  char text[1024];
  char warning[1024];
} heard;

static void
on_message (void *arg, const fmtconv_message *m)
{
  heard *h = (heard *) arg;
  CHECK (m->struct_size == sizeof *m, "%zu", m->struct_size);
  if (m->level == FMTCONV_MSG_WARNING)
    {
      h->warnings++;
      snprintf (h->warning, sizeof h->warning, "%s", m->text);
    }
  if (m->level != FMTCONV_MSG_ERROR)
    return;
  h->errors++;
  h->code = m->code;
  h->os_errno = m->os_errno;
  snprintf (h->text, sizeof h->text, "%s", m->text);
}

static void
on_progress (void *arg, const fmtconv_progress *p)
{
  heard *h = (heard *) arg;
  CHECK (p->struct_size == sizeof *p, "%zu", p->struct_size);
  CHECK (p->done <= p->total, "more than all");
  h->reports++;
  if (h->at_report)
    h->at_report (h);
}

static fmtconv_options
options_for (heard *h)
{
  fmtconv_options options;
  memset (h, 0, sizeof *h);
  memset (&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.message = on_message;
  options.progress = on_progress;
  options.arg = h;
  return options;
}

static fmtconv_ctx *
context (heard *h, unsigned flags)
{
  fmtconv_options options = options_for (h);
  options.flags = flags;
  h->ctx = fmtconv_ctx_new (&options);
  CHECK (h->ctx, "out of memory");
  return h->ctx;
}

static fmtconv_job
job_for (const char *input, const char *output)
{
  fmtconv_job job;
  memset (&job, 0, sizeof job);
  job.struct_size = sizeof job;
  job.input = input;
  job.output = output;
  return job;
}

static void
put_file (const char *path, const void *bytes, size_t n)
{
  FILE *file = fopen (path, "w");
  CHECK (file && fwrite (bytes, 1, n, file) == n && fclose (file) == 0, "%s", path);
}

static void
put_text (const char *path, const char *text)
{
  put_file (path, text, strlen (text));
}

/* Writes a safetensors file with one tensor of n f32 values, all 0. */
static void
put_tensor (const char *path, unsigned n)
{
  char header[256] = "";
  int len = snprintf (header + 8, sizeof header - 8,
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[%u],\"data_offsets\":[0,%u]}}", n, 4 * n);
  header[0] = (char) len;
  put_file (path, header, 8 + (size_t) len);
  CHECK (truncate (path, 8 + len + 4 * (off_t) n) == 0, "%s", path);
}

/* ---- Structs */

static void
expect_job (fmtconv_job *job, int code, const char *text)
{
  heard h;
  fmtconv_ctx *ctx = context (&h, 0);
  CHECK (!fmtconv_convert (ctx, job), "%s", text);
  CHECK (h.code == code && h.errors == 1, "%d: %s", h.code, h.text);
  CHECK (strstr (h.text, text), "'%s' instead of '%s'", h.text, text);
  fmtconv_ctx_free (ctx);
  CHECK (access ("out.safetensors", F_OK) != 0, "an output of a job that was refused: %s", text);
}

static void
check_jobs (void)
{
  struct
  {
    fmtconv_job job;
    const char *later;
  } longer;
  static const char *const hole[] = { "none", NULL };
  fmtconv_job job = job_for ("in.safetensors", "out.safetensors");
  fmtconv_job_output outputs[2];
  job.struct_size = 0;
  expect_job (&job, FMTCONV_E_USAGE, "fmtconv_job has struct_size 0, but needs at least");
  memset (&longer, 0, sizeof longer);
  longer.job = job_for ("in.safetensors", "out.safetensors");
  longer.job.struct_size = sizeof longer;
  longer.later = "important";
  expect_job (&longer.job, FMTCONV_E_USAGE, "fmtconv_job sets a field at byte");
  job = job_for ("in.safetensors", "out.safetensors");
  job.n_transforms = 1;
  expect_job (&job, FMTCONV_E_USAGE, "fmtconv_job.transforms is NULL, but there should be 1");
  job.transforms = hole;
  job.n_transforms = 2;
  expect_job (&job, FMTCONV_E_USAGE, "fmtconv_job.transforms: item 2 is NULL");
  job = job_for ("in.safetensors", NULL);
  memset (outputs, 0, sizeof outputs);
  job.outputs = outputs;
  job.n_outputs = 2;
  expect_job (&job, FMTCONV_E_USAGE, "fmtconv_job_output has struct_size 0");
  outputs[0].struct_size = sizeof *outputs;
  expect_job (&job, FMTCONV_E_USAGE, "fmtconv_job_output has struct_size 0");
}

/* Items that are longer than the library's lie further apart. */
static void
check_longer_items (void)
{
  struct
  {
    fmtconv_job_output output;
    void *later[3];
  } outputs[2];
  heard h;
  fmtconv_job job = job_for ("in.safetensors", NULL);
  fmtconv_ctx *ctx = context (&h, 0);
  memset (outputs, 0, sizeof outputs);
  outputs[0].output.struct_size = outputs[1].output.struct_size = sizeof *outputs;
  outputs[0].output.output = "one.safetensors";
  outputs[1].output.output = "two.safetensors";
  job.outputs = &outputs[0].output;
  job.n_outputs = 2;
  CHECK (fmtconv_convert (ctx, &job), "%s", h.text);
  CHECK (access ("one.safetensors", F_OK) == 0 && access ("two.safetensors", F_OK) == 0, "no output");
  fmtconv_ctx_free (ctx);
}

/* A short struct of variables, a missing argument. */
static void
check_arguments (void)
{
  heard h;
  fmtconv_spec_variable v;
  fmtconv_diff_side side;
  memset (&v, 0, sizeof v);
  memset (&side, 0, sizeof side);
  fmtconv_ctx *ctx = context (&h, 0);
  put_text ("s.yaml", "fmtconv: 1\nvariables: {a: }\nread: \"${a}\"\nwrite: out/\n");
  CHECK (!fmtconv_job_from_spec (ctx, "s.yaml", &v, 1, NULL, NULL), "a variable without a size");
  CHECK (strstr (h.text, "fmtconv_spec_variable has struct_size 0"), "%s", h.text);
  fmtconv_ctx_free (ctx);
  ctx = context (&h, 0);
  CHECK (!fmtconv_diff (ctx, &side, &side), "a side without a size");
  CHECK (strstr (h.text, "fmtconv_diff_side has struct_size 0"), "%s", h.text);
  fmtconv_ctx_free (ctx);
  ctx = context (&h, 0);
  CHECK (!fmtconv_convert (ctx, NULL), "no job");
  CHECK (h.code == FMTCONV_E_USAGE && strstr (h.text, "a job is required"), "%s", h.text);
  CHECK (!fmtconv_inspect (ctx, "in.safetensors", NULL), "after an error");
  CHECK (h.errors == 2 && strstr (h.text, "nothing is done after an earlier error: a job is required"), "%s",
         h.text);
  CHECK (!strcmp (fmtconv_ctx_error (ctx)->what, "a job is required"), "%s", fmtconv_ctx_error (ctx)->what);
  fmtconv_ctx_free (ctx);
}

/* A later call reads texts that the application has freed: they were copied. */
static void
check_copies (void)
{
  heard h;
  char path[32] = "in.safetensors", *transform = strdup ("none");
  const char *transforms[1] = { transform };
  fmtconv_ctx *ctx = context (&h, FMTCONV_DRY_RUN);
  fmtconv_job job = job_for (path, "copy.safetensors");
  job.transforms = transforms;
  job.n_transforms = 1;
  fmtconv_attr *report = fmtconv_convert (ctx, &job);
  memset (path, 'x', sizeof path - 1);
  memset (transform, 'x', 4);
  free (transform);
  CHECK (report, "%s", h.text);
  CHECK (strstr (fmtconv_attr_json_text (report, 0), "\"in.safetensors\""), "%s",
         fmtconv_attr_json_text (report, 0));
  fmtconv_ctx_free (ctx);
}

/* ---- Folders */

static void
expect_folder (fmtconv_options options, heard *h, int code, int os_errno, const char *text)
{
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  CHECK (ctx && fmtconv_ctx_failed (ctx) == code, "%s", text);
  CHECK (h->errors == 1 && h->os_errno == os_errno, "%d errors, errno %d", h->errors, h->os_errno);
  CHECK (strstr (h->text, text), "'%s' instead of '%s'", h->text, text);
  fmtconv_ctx_free (ctx);
}

static void
check_folders (void)
{
  static const char *const open_to_all[] = { "open" }, *const missing[] = { "missing" };
  heard h;
  fmtconv_options options = options_for (&h);
  mkdir ("open", 0777);
  chmod ("open", 0777);
  options.plugin_dirs = open_to_all;
  options.n_plugin_dirs = 1;
  expect_folder (options, &h, FMTCONV_E_USAGE, 0,
                 "the plugin folder open is not used: everyone may write to it (mode 0777)");
  options = options_for (&h);
  options.preset_dirs = open_to_all;
  options.n_preset_dirs = 1;
  expect_folder (options, &h, FMTCONV_E_USAGE, 0,
                 "the folder of presets open is not used: everyone may write");
  options = options_for (&h);
  options.preset_dirs = missing;
  options.n_preset_dirs = 1;
  expect_folder (options, &h, FMTCONV_E_IO, ENOENT, "missing: cannot open the folder of presets");
}

/* Folders of the environment are warned of where they are first searched. */
static void
check_environment (void)
{
  heard h;
  char folder[512], path[1024];
  CHECK (getcwd (folder, sizeof folder), "no working folder");
  snprintf (path, sizeof path, "%s/open", folder);
  setenv ("FMTCONV_PIPELINE_PATH", path, 1);
  fmtconv_ctx *ctx = context (&h, 0);
  CHECK (fmtconv_preset_list (ctx, NULL), "%s", h.text);
  CHECK (h.warnings == 1 && strstr (h.warning, "everyone may write to it (mode 0777)"), "%s", h.warning);
  fmtconv_ctx_free (ctx);
  unsetenv ("FMTCONV_PIPELINE_PATH");
}

/* Presets without an environment variable, from the first of two folders. */
static void
check_presets (void)
{
  static const char *const dirs[] = { "a", "b" };
  heard h;
  fmtconv_options options = options_for (&h);
  mkdir ("a", 0755);
  mkdir ("b", 0755);
  put_text ("a/mine.yaml", "# The first.\nfmtconv: 1\nread: in\nwrite: out/\n");
  put_text ("b/mine.yaml", "# The second.\nfmtconv: 1\nread: in\nwrite: out/\n");
  put_text ("b/other.yaml", "# Another.\nfmtconv: 1\nread: in\nwrite: out/\n");
  options.preset_dirs = dirs;
  options.n_preset_dirs = 2;
  fmtconv_ctx *ctx = fmtconv_ctx_new (&options);
  fmtconv_attr *list = fmtconv_preset_list (ctx, NULL);
  const char *text = list ? fmtconv_attr_json_text (list, 0) : "";
  CHECK (strstr (text, "The first.") && strstr (text, "Another.") && !strstr (text, "The second."), "%s",
         text);
  CHECK (fmtconv_job_from_spec (ctx, "other", NULL, 0, NULL, NULL), "%s", h.text);
  fmtconv_ctx_free (ctx);
}

/* The folders in which a job changes files, for an application that limits itself. */
static void
check_job_folders (void)
{
  heard h;
  mkdir ("made", 0755);
  fmtconv_ctx *ctx = context (&h, 0);
  static const char *const paths[] = { "made/", "/x.pt", "made/y.pt" };
  fmtconv_job_output outputs[3];
  fmtconv_job job;
  memset (outputs, 0, sizeof outputs);
  memset (&job, 0, sizeof job);
  for (size_t i = 0; i < 3; i++)
    {
      outputs[i].struct_size = sizeof outputs[i];
      outputs[i].output = paths[i];
    }
  job.struct_size = sizeof job;
  job.output = "y.safetensors";
  fmtconv_attr *list = fmtconv_job_folders (ctx, &job);
  CHECK (list && strcmp (fmtconv_attr_json_text (list, 0), "[\".\"]") == 0, "%s", h.text);
  job.outputs = outputs;
  job.n_outputs = 3;
  list = fmtconv_job_folders (ctx, &job);
  const char *text = list ? fmtconv_attr_json_text (list, 0) : "";
  CHECK (strcmp (text, "[\".\",\"made\",\"/\"]") == 0, "%s%s", text, h.text);
  CHECK (!fmtconv_job_folders (ctx, NULL) && h.errors == 1, "%s", h.text);
  fmtconv_ctx_free (ctx);
}

/* ---- Numbers of the operating system */

static void
expect_errno (const char *input, const char *output, unsigned flags, int code, int os_errno)
{
  heard h;
  fmtconv_ctx *ctx = context (&h, flags);
  fmtconv_job job = job_for (input, output);
  CHECK (!fmtconv_convert (ctx, &job), "%s", input);
  CHECK (h.code == code, "%d: %s", h.code, h.text);
  CHECK (h.os_errno == os_errno, "%d instead of %d: %s", h.os_errno, os_errno, h.text);
  CHECK (fmtconv_ctx_error (ctx)->os_errno == os_errno, "%d", fmtconv_ctx_error (ctx)->os_errno);
  fmtconv_ctx_free (ctx);
}

/* Runs a check with a lower limit of this process. */
static void
with_limit (int resource, rlim_t limit, const char *input, int os_errno)
{
  struct rlimit old, low;
  CHECK (getrlimit ((__rlimit_resource_t) resource, &old) == 0, "no limit");
  low = old;
  low.rlim_cur = limit;
  CHECK (setrlimit ((__rlimit_resource_t) resource, &low) == 0, "cannot set the limit");
  expect_errno (input, "limit.safetensors", 0, FMTCONV_E_IO, os_errno);
  setrlimit ((__rlimit_resource_t) resource, &old);
  CHECK (access ("limit.safetensors", F_OK) != 0, "output in spite of the limit");
}

static void
check_errnos (void)
{
  char name[300];
  memset (name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  CHECK (symlink ("loop", "loop") == 0, "no link");
  expect_errno ("missing", "out.safetensors", 0, FMTCONV_E_MISSING, ENOENT);
  expect_errno ("in.safetensors/x", "out.safetensors", 0, FMTCONV_E_MISSING, ENOTDIR);
  expect_errno ("loop", "out.safetensors", 0, FMTCONV_E_IO, ELOOP);
  expect_errno (name, "out.safetensors", 0, FMTCONV_E_IO, ENAMETOOLONG);
  expect_errno ("in.safetensors", "missing/out.safetensors", 0, FMTCONV_E_OUTPUT, ENOENT);
  expect_errno ("in.safetensors", "in.safetensors/out.safetensors", 0, FMTCONV_E_OUTPUT, ENOTDIR);
  expect_errno ("in.safetensors", "loop/out.safetensors", 0, FMTCONV_E_IO, ELOOP);
  with_limit (RLIMIT_FSIZE, 1 << 20, "large.safetensors", EFBIG);
  if (geteuid () != 0) /* root may open any file */
    {
      put_tensor ("secret.safetensors", 4);
      chmod ("secret.safetensors", 0);
      expect_errno ("secret.safetensors", "out.safetensors", 0, FMTCONV_E_IO, EACCES);
      mkdir ("read-only", 0555);
      expect_errno ("in.safetensors", "read-only/out.safetensors", 0, FMTCONV_E_IO, EACCES);
    }
}

/* ---- Cancelling */

static void
cancel_here (heard *h)
{
  fmtconv_ctx_cancel (h->ctx);
}

static void *
cancel (void *ctx)
{
  fmtconv_ctx_cancel ((fmtconv_ctx *) ctx);
  return NULL;
}

/* The conversion is not done while its progress is being reported, however fast the machine is. */
static void
cancel_from_another_thread (heard *h)
{
  pthread_t thread;
  CHECK (pthread_create (&thread, NULL, cancel, h->ctx) == 0, "no thread");
  pthread_join (thread, NULL);
}

static void
check_cancelled (heard *h, fmtconv_ctx *ctx)
{
  fmtconv_job job = job_for ("large.safetensors", "cancelled.safetensors");
  CHECK (!fmtconv_convert (ctx, &job), "not cancelled");
  CHECK (h->code == FMTCONV_E_CANCELLED && h->errors == 1, "%d: %s", h->code, h->text);
  CHECK (access ("cancelled.safetensors", F_OK) != 0, "an output of a cancelled conversion");
}

static void
check_cancel (void)
{
  static void (*const ways[]) (heard *) = { cancel_here, cancel_from_another_thread };
  heard h;
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    {
      fmtconv_ctx *ctx = context (&h, FMTCONV_VERIFY);
      h.at_report = ways[i];
      check_cancelled (&h, ctx);
      CHECK (h.reports >= 1, "no progress");
      fmtconv_ctx_free (ctx);
    }

  fmtconv_ctx *ctx = context (&h, 0);
  fmtconv_ctx_cancel (ctx);
  check_cancelled (&h, ctx);
  fmtconv_ctx_free (ctx);
}

/* ---- Several contexts at a time */

enum
{
  THREADS = 8
};

static void *
work (void *number)
{
  heard h;
  char name[64];
  snprintf (name, sizeof name, "thread%d.safetensors", *(int *) number);
  fmtconv_ctx *ctx = context (&h, FMTCONV_VERIFY);
  fmtconv_job job = job_for ("in.safetensors", name);
  job.dtype = *(int *) number % 2 ? "f16" : NULL;
  CHECK (fmtconv_plugin_list (ctx, NULL), "%s", h.text);
  CHECK (fmtconv_convert (ctx, &job), "%s", h.text);
  fmtconv_ctx_free (ctx);
  ctx = context (&h, FMTCONV_STATS);
  CHECK (fmtconv_inspect (ctx, name, NULL), "%s", h.text);
  fmtconv_ctx_free (ctx);
  ctx = context (&h, 0);
  CHECK (!fmtconv_inspect (ctx, "missing", NULL), "there is no such file");
  CHECK (h.os_errno == ENOENT, "%d", h.os_errno);
  fmtconv_ctx_free (ctx);
  return NULL;
}

static void
check_threads (void)
{
  pthread_t threads[THREADS];
  int numbers[THREADS];
  for (int i = 0; i < THREADS; i++)
    {
      numbers[i] = i;
      CHECK (pthread_create (&threads[i], NULL, work, &numbers[i]) == 0, "no thread");
    }
  for (int i = 0; i < THREADS; i++)
    pthread_join (threads[i], NULL);
}

int
main (int argc, char **argv)
{
  if (argc != 2 || chdir (argv[1]) != 0)
    return 99;
  signal (SIGXFSZ, SIG_IGN);
  put_tensor ("in.safetensors", 1000);
  put_tensor ("large.safetensors", 24 << 20);
  check_threads (); /* first: it loads the plugins in several threads */
  check_jobs ();
  check_longer_items ();
  check_arguments ();
  check_copies ();
  check_folders ();
  check_environment ();
  check_presets ();
  check_job_folders ();
  check_errnos ();
  check_cancel ();
  printf ("%d failures\n", failures);
  return failures != 0;
}
