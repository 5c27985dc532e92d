/* core/spec/find.c: finds the installed presets, and the file of a typed spec name.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/embedded.h"
#include "core/base/presence.h"
#include "core/base/text.h"
#include "core/plugin/search.h"
#include "core/source/input.h"
#include "core/spec/find.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum
{
  LINES = 4096 /* of a file that are looked at */
};

/* Opens a file of the list.  NULL: it is not used, or an error was recorded. */
static FILE *
open_text (fmtconv_ctx *ctx, const fci_file *file)
{
  const fci_embedded *inside = file->embedded;
  if (file->error || ctx->failed || (inside && !inside->size))
    return NULL;
  FILE *f = inside ? fmemopen ((void *) inside->bytes, inside->size, "r") : fopen (file->path, "re");
  if (!f)
    fci_fail_io (ctx, file->path, "cannot be opened");
  return f;
}

/* Closes it, if it was opened.  Records an error if reading has failed. */
static void
close_text (fmtconv_ctx *ctx, const fci_file *file, FILE *f)
{
  if (f && ferror (f))
    fci_fail_io (ctx, file->path, "cannot be read");
  if (f)
    fclose (f);
}

/* Returns whether a file is one of rules, fmtconv-rules(5), which may lie among the specs that use it. */
static bool
is_rules (fmtconv_ctx *ctx, const fci_file *file)
{
  char line[256];
  bool has_rules = false, is_spec = false;
  FILE *f = open_text (ctx, file);
  for (size_t left = LINES; f && left > 0 && !is_spec && fgets (line, sizeof line, f); left--)
    {
      has_rules = has_rules || strncmp (line, "rules:", strlen ("rules:")) == 0;
      is_spec = strncmp (line, "fmtconv:", strlen ("fmtconv:")) == 0;
    }
  close_text (ctx, file, f);
  return has_rules && !is_spec;
}

/* Leaves out the files of rules. */
static int
keep_specs (fmtconv_ctx *ctx, fci_files *files)
{
  size_t kept = 0;
  for (size_t i = 0; i < files->n; i++)
    if (!is_rules (ctx, &files->file[i]))
      files->file[kept++] = files->file[i];
  files->n = kept;
  return ctx->failed;
}

int
fci_presets_find (fmtconv_ctx *ctx, const char *only, fci_files *out)
{
  const fci_search search = {
    .what = "folder of presets",
    .suffix = ".yaml",
    .named = ctx->options.preset_dirs,
    .n_named = ctx->options.n_preset_dirs,
    .variable = "FMTCONV_PIPELINE_PATH",
    .installed = FCI_PIPELINE_DIR,
    .own = "fmtconv/pipelines",
    .embedded = "pipelines",
  };
  const int code = fci_search_files (ctx, &search, only, out);
  return code ? code : keep_specs (ctx, out);
}

/* Reads the first line of a preset into `line`; "" if there is none. */
static void
read_first_line (fmtconv_ctx *ctx, const fci_file *preset, char *line, int size)
{
  FILE *f = open_text (ctx, preset);
  if (!f || !fgets (line, size, f))
    *line = '\0';
  close_text (ctx, preset, f);
}

const char *
fci_preset_summary (fmtconv_ctx *ctx, const fci_file *preset)
{
  char line[256];
  read_first_line (ctx, preset, line, sizeof line);
  const char *text = line + strspn (line, "# ");
  return *line == '#' ? fci_strndup (ctx, text, strcspn (text, "\r\n")) : "";
}

static fmtconv_input *
unknown (fmtconv_ctx *ctx, const char *typed)
{
  fci_files all;
  const char **names =
      fci_presets_find (ctx, NULL, &all) ? NULL : fmtconv_ctx_alloc (ctx, all.n + 1, sizeof *names);
  for (size_t i = 0; names && i < all.n; i++)
    {
      names[i] = all.file[i].name;
      fmtconv_detail (ctx, "%s: %s", names[i], fci_preset_summary (ctx, &all.file[i]));
    }
  const char *suggestion = names ? fci_spell_nearest (typed, names, all.n) : NULL;
  if (suggestion)
    fmtconv_fail (ctx, FMTCONV_E_USAGE,
                  "'%s' is not a file or a preset: did you mean '%s'?  Installed presets:", typed,
                  suggestion);
  else
    fmtconv_fail (ctx, FMTCONV_E_USAGE, "'%s' is not a file or a preset%s", typed,
                  all.n ? "; installed presets:" : "; no presets are installed");
  return NULL;
}

fmtconv_input *
fci_spec_find (fmtconv_ctx *ctx, const char *typed)
{
  struct stat st;
  size_t len = strlen (typed);
  if (!strcmp (typed, "-"))
    {
      fmtconv_fail (ctx, FMTCONV_E_USAGE,
                    "a spec cannot be read from '-': its paths are relative to its folder");
      return NULL;
    }
  /* A folder is not a spec: one with the name of a preset is probably the checkpoint. */
  bool is_file = fci_path_exists (ctx, typed, &st) && !S_ISDIR (st.st_mode);
  if (ctx->failed)
    return NULL;
  if (is_file || !fci_plugin_name_ok (typed, len))
    return fci_input_user (ctx, typed);
  fci_files found;
  if (fci_presets_find (ctx, typed, &found))
    return NULL;
  const fci_file *one = fci_files_find (&found, typed);
  if (one && !one->error)
    return fci_file_open (ctx, one);
  if (!one)
    return unknown (ctx, typed);
  fci_fail_file (ctx, FMTCONV_E_USAGE, one->path, NULL, "%s", one->error);
  return NULL;
}
