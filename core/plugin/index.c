/* core/plugin/index.c: finds the files of the index of known plugins, and holds their entries.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/state.h"
#include "core/plugin/index-file.h"
#include "core/plugin/index.h"
#include "core/plugin/installed.h"
#include "core/plugin/search.h"
#include <stdlib.h>
#include <string.h>

/* The index of a context. */
typedef struct index_of_plugins
{
  fci_index_entry *entry; /* sorted by name */
  size_t n;
  bool is_read;
} index_of_plugins;

static const fci_state_key index_key = { "plugin/index.c", sizeof (index_of_plugins) };

static int
by_name (const void *a, const void *b)
{
  const fci_index_entry *x = a, *y = b;
  return strcmp (x->plugin.name, y->plugin.name);
}

/* Compares places in one file among entries of a name. */
static int
by_place (const void *a, const void *b)
{
  const fci_index_entry *x = a, *y = b;
  const int names = by_name (a, b);
  return names ? names : x->line < y->line ? -1 : x->line > y->line;
}

static const fci_index_entry *
find (const index_of_plugins *all, const char *name)
{
  const fci_index_entry key = { .plugin = { .name = name } };
  return all->n ? bsearch (&key, all->entry, all->n, sizeof key, by_name) : NULL;
}

/* Appends the entries of one file, which it sorts; the first of a name counts. */
static int
append (fmtconv_ctx *ctx, index_of_plugins *all, fci_index_entry *more, size_t n)
{
  fci_index_entry *joined = fmtconv_ctx_alloc (ctx, all->n + n + 1, sizeof *joined);
  size_t count = all->n;
  if (!joined)
    return ctx->failed;
  if (all->n)
    memcpy (joined, all->entry, all->n * sizeof *joined);
  if (n)
    qsort (more, n, sizeof *more, by_place);
  for (size_t i = 0; i < n; i++)
    {
      const fci_index_entry *first = find (all, more[i].plugin.name);
      if (!first && i && !by_name (&more[i - 1], &more[i]))
        first = &joined[count - 1];
      if (first)
        fmtconv_warn (ctx, "%s:%zu: the plugin '%s' is described already, in %s:%zu: this entry is ignored",
                      more[i].file, more[i].line, more[i].plugin.name, first->file, first->line);
      else
        joined[count++] = more[i];
    }
  qsort (joined, count, sizeof *joined, by_name);
  all->entry = joined;
  all->n = count;
  return ctx->failed;
}

/* Reads one file.  A file that cannot be used is an error: without it, detection could choose something else. */
static int
read_file (fmtconv_ctx *ctx, index_of_plugins *all, const fci_file *file)
{
  static const fmtconv_where where = { .hint = "mend or remove the file: it says which plugins there are" };
  size_t n = 0;
  if (file->error)
    return fmtconv_fail_at (ctx, FMTCONV_E_USAGE, &where, "the index of plugins %s is not used: %s",
                            file->path, file->error);
  fci_index_entry *entries = fci_index_read (ctx, file, &n);
  return entries ? append (ctx, all, entries, n) : ctx->failed;
}

static int
read_files (fmtconv_ctx *ctx, index_of_plugins *all)
{
  const fci_search search = {
    .what = "folder of plugin indexes",
    .suffix = ".yaml",
    .named = ctx->options.plugin_dirs,
    .n_named = ctx->options.n_plugin_dirs,
    .variable = "FMTCONV_INDEX_PATH",
    .also = "FMTCONV_PLUGIN_PATH",
    .installed = FCI_INDEX_DIR,
    .own = "fmtconv/plugins",
    .embedded = "plugins",
  };
  fci_files files;
  if (fci_search_files (ctx, &search, NULL, &files))
    return ctx->failed;
  for (size_t i = 0; i < files.n; i++)
    if (read_file (ctx, all, &files.file[i]))
      return ctx->failed;
  if (!fci_files_find (&files, "fmtconv"))
    fmtconv_warn (ctx,
                  "the index of plugins %s/fmtconv.yaml is missing: a plugin that is not installed "
                  "cannot be named, and another may be chosen instead",
                  fci_installed_dir (ctx, FCI_INDEX_DIR));
  return ctx->failed;
}

/* Returns the index of the context, which is read once.  NULL: an error was recorded. */
static const index_of_plugins *
read_index (fmtconv_ctx *ctx)
{
  index_of_plugins *all = fci_state (ctx, &index_key);
  if (!all || all->is_read || ctx->failed)
    return all && all->is_read ? all : NULL;
  fci_subject subject = *fci_subject_now (ctx);
  subject.file = subject.plugin = NULL;
  subject.is_read = subject.is_written = false;
  fci_subject_push (ctx, &subject);
  all->is_read = read_files (ctx, all) == 0;
  fci_subject_pop (ctx, &subject);
  return all->is_read ? all : NULL;
}

const fci_index_entry *
fci_index (fmtconv_ctx *ctx, size_t *n)
{
  static const fci_index_entry none;
  const index_of_plugins *all = read_index (ctx);
  *n = all ? all->n : 0;
  return all && !all->n ? &none : all ? all->entry : NULL;
}

const fci_index_entry *
fci_index_find (fmtconv_ctx *ctx, const char *name)
{
  const index_of_plugins *all = read_index (ctx);
  return all ? find (all, name) : NULL;
}

int
fci_index_bid (const fci_index_entry *entry, const fmtconv_peek *peek)
{
  const fmtconv_reader *reader = entry->plugin.reader;
  unsigned best = reader && !peek->is_folder && fci_has_suffix (peek->base, reader->suffixes);
  for (size_t i = 0; reader && i < entry->n_evidence; i++)
    {
      const unsigned bits = fci_evidence_bits (&entry->evidence[i], peek);
      best = bits > best ? bits : best;
    }
  return (int) best;
}

const char *
fci_index_hint (fmtconv_ctx *ctx, const fci_index_entry *entry)
{
  if (!entry->package)
    return fmtconv_ctx_printf (ctx, "install the plugin '%s'", entry->plugin.name);
  return fmtconv_ctx_printf (ctx, "install the package %s", entry->package);
}
