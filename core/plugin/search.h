/* core/plugin/search.h: files that are found by their names in several folders: plugins, presets.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_PLUGIN_SEARCH_H
#define FCI_PLUGIN_SEARCH_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Where files of one kind lie, in the order of search.  A folder or file that anyone may write to is not used, nor is
 * what the environment or the user's own folder says where the program has rights that its caller lacks. */
typedef struct fci_search
{
  const char *what;      /* what a folder of them is called: "plugin folder" */
  const char *suffix;    /* of the files: ".so" */
  const char *misnamed;  /* why a file with a name that none can have is refused; NULL: it is passed over */
  const char *named;     /* folder that the application named, which must be there and usable; NULL: none */
  const char *variable;  /* of the environment: absolute folders, separated by ':' */
  const char *installed; /* folder */
  const char
      *own; /* the user's folder in that of the XDG base directories: "fmtconv/pipelines"; NULL: none */
} fci_search;

typedef struct fci_file
{
  const char *name; /* without the suffix */
  const char *path;
  const char *error; /* why it is not used; NULL: it is */
} fci_file;

typedef struct fci_files
{
  fci_file *file; /* sorted by name; of one name the first found counts */
  size_t n;
  size_t capacity;
} fci_files;

/* Is `name` [a-z][a-z0-9-]{0,63}? */
bool fci_plugin_name_ok (const char *name, size_t len);

/* The files in all folders; only: just those of that name, without a look at others; NULL: all.  0, or the code of a
 * recorded error: of the folder that the application named; others that cannot be used are warned of. */
int fci_search_files (fmtconv_ctx *ctx, const fci_search *search, const char *only, fci_files *out);

/* The one of that name; NULL: there is none. */
const fci_file *fci_files_find (const fci_files *files, const char *name);

#endif
