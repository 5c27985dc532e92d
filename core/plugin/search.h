/* core/plugin/search.h: finds files (plugins, presets, models) by name in several folders.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_SEARCH_H
#define FCI_PLUGIN_SEARCH_H

#include <fmtconv/input.h>
#include <stdbool.h>
#include <stddef.h>

/* Folders for files of one kind, in the order of search.  World-writable folders and files are not used; a
 * privileged program ignores the environment and the user's folder. */
typedef struct fci_search
{
  const char *what;         /* name of such a folder: "plugin folder" */
  const char *suffix;       /* suffix of the files: ".so" */
  const char *misnamed;     /* reason to refuse a file with an invalid name; NULL: such files are ignored */
  const char *const *named; /* n_named absolute folders from the application, which must be usable */
  size_t n_named;
  const char *variable; /* environment variable with absolute folders, separated by ':' */
  const char *also; /* another such variable, whose folders are searched for other files, too; NULL: none */
  const char *installed; /* installed folder */
  const char *own;       /* user's folder within $XDG_CONFIG_HOME: "fmtconv/pipelines"; NULL: none */
  bool is_own_first;     /* the user's folder is searched before the installed one */
  const char *embedded;  /* folder of the files inside of the program, searched last; NULL: none */
} fci_search;

typedef struct fci_file
{
  const char *name;                    /* without the suffix */
  const char *path;                    /* embedded: what messages call it */
  const char *error;                   /* reason why it is not used; NULL: it is used */
  const struct fci_embedded *embedded; /* its bytes inside of the program; NULL: it is a file */
} fci_file;

typedef struct fci_files
{
  fci_file *file; /* sorted by name; the first of a name counts */
  size_t n;
  size_t capacity;
} fci_files;

/* Returns whether `name` matches [a-z][a-z0-9-]{0,63}. */
bool fci_plugin_name_ok (const char *name, size_t len);

/* Checks that the application's folders exist and that not everyone may write to them, and makes their paths absolute,
 * so that a change of the working folder does not matter.  what: as in fci_search.  Returns 0, E_IO or E_USAGE. */
int fci_search_check (fmtconv_ctx *ctx, const char *what, const char **folders, size_t n);

/* Finds the files in all folders; only: the files with that name; NULL: all.  Returns 0, or a code if the
 * application's folder cannot be used; other unusable folders are warnings. */
int fci_search_files (fmtconv_ctx *ctx, const fci_search *search, const char *only, fci_files *out);

/* Opens a file of the list. NULL: an error. */
fmtconv_input *fci_file_open (fmtconv_ctx *ctx, const fci_file *file);

/* Returns the file with that name; NULL: not found. */
const fci_file *fci_files_find (const fci_files *files, const char *name);

#endif
