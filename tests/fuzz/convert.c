/* tests/fuzz/convert.c: whole conversions, from the files of an input to files in the scratch folder.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file "chain" of an input says what is run, a line each: "in PATH", "reader R", "transform T", "writer W",
 * "output NAME", "dtype D", "part NAME PATH", "manifest NAME".  The input is described, then planned, and converted and
 * verified if that is little work.  What must hold for every input: a failure has a message and leaves no file; an
 * output is well formed. */
#include "tests/fuzz/fuzz.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  MAX_ITEMS = 8,
  MAX_BYTES = 1 << 20 /* of an output that is written, and of tensors whose statistics are asked for */
};

typedef struct chain
{
  char *text;
  const char *in;
  char in_path[2 * FUZZ_MAX_NAME], out_path[2 * FUZZ_MAX_NAME], part_paths[MAX_ITEMS][2 * FUZZ_MAX_NAME];
  const char *transforms[MAX_ITEMS];
  fmtconv_job_component parts[MAX_ITEMS];
  fmtconv_job job;
} chain;

static bool
is_inside (const char *path)
{
  return *path != '/' && !strstr (path, "..") && strlen (path) < FUZZ_MAX_NAME;
}

static void
add_part (chain *c, char *name)
{
  char *path = strchr (name, ' ');
  if (!path || c->job.n_parts == MAX_ITEMS || !is_inside (path + 1))
    return;
  *path++ = '\0';
  const size_t i = c->job.n_parts++;
  snprintf (c->part_paths[i], sizeof c->part_paths[i], "in/%s", path);
  c->parts[i] =
      (fmtconv_job_component){ .struct_size = sizeof c->parts[i], .name = name, .input = c->part_paths[i] };
  c->job.parts = c->parts;
}

static void
take_line (chain *c, const char *word, char *value)
{
  if (strcmp (word, "in") == 0 && is_inside (value))
    snprintf (c->in_path, sizeof c->in_path, "in/%s", value);
  else if (strcmp (word, "output") == 0 && is_inside (value) && strcspn (value, "/") + 1 >= strlen (value))
    snprintf (c->out_path, sizeof c->out_path, "out/%s", value);
  else if (strcmp (word, "transform") == 0 && c->job.n_transforms < MAX_ITEMS)
    c->transforms[c->job.n_transforms++] = value;
  else if (strcmp (word, "part") == 0)
    add_part (c, value);
  else if (strcmp (word, "reader") == 0)
    c->job.reader = value;
  else if (strcmp (word, "writer") == 0)
    c->job.writer = value;
  else if (strcmp (word, "dtype") == 0)
    c->job.dtype = value;
  else if (strcmp (word, "manifest") == 0 && is_inside (value))
    c->job.manifest = value;
}

/* Reads the file "chain"; without one, the input is converted as the program detects it. */
static void
read_chain (chain *c, const fuzz_file *files, size_t n)
{
  strcpy (c->in_path, "in");
  strcpy (c->out_path, "out/x.safetensors");
  c->job = (fmtconv_job){ .struct_size = sizeof c->job, .transforms = c->transforms };
  for (size_t i = 0; i < n && !c->text; i++)
    if (strcmp (files[i].name, "chain") == 0)
      c->text = fuzz_text (files[i].bytes, files[i].size);
  char *rest = NULL;
  for (char *line = c->text ? strtok_r (c->text, "\n", &rest) : NULL; line;
       line = strtok_r (NULL, "\n", &rest))
    {
      char *value = strchr (line, ' ');
      if (value)
        *value++ = '\0', take_line (c, line, value);
    }
  c->job.output = c->out_path;
  if (c->job.n_parts == 0)
    c->job.input = c->in_path;
}

static void
print_message (void *arg, const fmtconv_message *message)
{
  (void) arg;
  if (message->level == FMTCONV_MSG_ERROR)
    fprintf (stderr, "%s\n", message->text);
}

/* FMTCONV_FUZZ_LOUD: errors are printed. */
static fmtconv_ctx *
context (unsigned flags)
{
  const fmtconv_options options = { .struct_size = sizeof options,
                                    .flags = flags | FMTCONV_ALLOW_LOSSY,
                                    .threads = 1,
                                    .memory = 1 << 20,
                                    .message = getenv ("FMTCONV_FUZZ_LOUD") ? print_message : NULL };
  return fmtconv_ctx_new (&options);
}

/* Returns whether there is a report, and this number in it is small. */
static bool
is_little (fmtconv_attr *report, const char *key)
{
  return report && (uint64_t) fmtconv_attr_get_int (report, key, 0) <= MAX_BYTES;
}

/* Checks that a failure has a message, and that a report can be printed. */
static void
check_report (fmtconv_ctx *ctx, fmtconv_attr *report, const char *what)
{
  if (!report && !fmtconv_ctx_error (ctx))
    fuzz_broken ("it fails without a message", what);
  if (report && !fmtconv_attr_json_text (report, 0))
    fuzz_broken ("its report cannot be printed", what);
}

static void
inspect (const chain *c)
{
  fmtconv_ctx *ctx = context (FMTCONV_LIST);
  fmtconv_attr *report = fmtconv_inspect (ctx, c->in_path, c->job.reader);
  check_report (ctx, report, "inspect");
  const bool is_small = is_little (report, "bytes");
  fmtconv_ctx_free (ctx);
  if (!is_small)
    return;
  ctx = context (FMTCONV_LIST | FMTCONV_STATS);
  check_report (ctx, fmtconv_inspect (ctx, c->in_path, c->job.reader), "inspect --stats");
  fmtconv_ctx_free (ctx);
}

/* Returns whether the conversion can be planned, and writes little. */
static bool
plan (const chain *c)
{
  fmtconv_ctx *ctx = context (FMTCONV_DRY_RUN | FMTCONV_LIST);
  fmtconv_attr *report = fmtconv_convert (ctx, &c->job);
  check_report (ctx, report, "convert --dry-run");
  const bool is_small = report && is_little (fmtconv_attr_get (report, "bytes"), "written");
  fmtconv_ctx_free (ctx);
  return is_small;
}

/* A failed conversion leaves nothing. */
static void
require_empty (void)
{
  DIR *folder = opendir ("out");
  for (const struct dirent *entry; folder && (entry = readdir (folder));)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      fuzz_broken ("a conversion failed, and left", entry->d_name);
  if (folder)
    closedir (folder);
}

/* Returns whether a defect is in the bytes; others, such as an absent configuration, come with a warning of the writer. */
static bool
is_malformed (fmtconv_attr *report)
{
  fmtconv_attr *defects = fmtconv_attr_get (report, "defects");
  for (fmtconv_attr *defect = defects ? defects->first : NULL; defect; defect = defect->next)
    if (fmtconv_attr_get_int (defect, "offset", -1) >= 0)
      return true;
  return false;
}

/* What was written is well formed, as its own reader and the manifest say. */
static void
verify (const chain *c)
{
  fmtconv_ctx *ctx = context (0);
  const fmtconv_job job = { .struct_size = sizeof job, .output = c->out_path, .manifest = c->job.manifest };
  fmtconv_attr *report = fmtconv_verify (ctx, &job);
  check_report (ctx, report, "verify");
  if (report && is_malformed (report))
    fuzz_broken ("an output has defects", fmtconv_attr_json_text (report, 0));
  fmtconv_ctx_free (ctx);
}

static void
convert (const chain *c)
{
  fmtconv_ctx *ctx = context (FMTCONV_VERIFY | FMTCONV_LIST);
  fmtconv_attr *report = fmtconv_convert (ctx, &c->job);
  check_report (ctx, report, "convert");
  const bool is_done = report != NULL;
  fmtconv_ctx_free (ctx);
  if (is_done)
    verify (c);
  else
    require_empty ();
}

/* Chooses one input of four, the same ones in every run: an inspection loads all plugins, and takes the longest. */
static bool
is_fourth (const uint8_t *data, size_t size)
{
  unsigned sum = 0;
  for (size_t i = 0; i < size; i++)
    sum = 31 * sum + data[i];
  return sum % 4 == 0;
}

void
fuzz_convert (const uint8_t *data, size_t size)
{
  fuzz_file files[FUZZ_MAX_FILES];
  const size_t n = fuzz_tree_split (data, size, files);
  chain c = { 0 };
  fuzz_enter_scratch ();
  read_chain (&c, files, n);
  fuzz_tree_write ("in", files, n);
  fuzz_tree_write ("out", NULL, 0);
  if (is_fourth (data, size))
    inspect (&c);
  if (plan (&c))
    convert (&c);
  free (c.text);
}
