/* core/plugin/module.c: opens one module file with libltdl and finds its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/base/presence.h"
#include "core/plugin/module.h"
#include "core/plugin/other-core.h"
#include "core/plugin/segments.h"
#include <dlfcn.h>
#include <errno.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  LARGEST = 16 * 1024 * 1024, /* maximum bytes of a module that is searched for a descriptor's name */
  REASON = 1024               /* capacity of the text of an error */
};

static const char suffix[] = "_LTX_fmtconv_plugin";

/* libltdl keeps its handles in globals without a lock; this one also holds what the loader below needs. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_started;     /* libltdl has the loader */
static bool is_opening;     /* libltdl opens a module for fci_module_open, not for the application */
static char reason[REASON]; /* why the module cannot be opened; "": it can */
static int reason_errno;    /* errno then */

/* What libltdl is asked for: to open one file by its absolute path, to keep it resident, and to find the descriptor under
 * the prefix that libtool gives it.  It is not asked to search folders (core/plugin/search.c decides which files may be
 * used).  Its own way to open a file binds functions only when they are first called, so that a missing one would end the
 * program in the middle of a conversion, and it reports every failure as 'file not found'.  So a loader is put before its
 * own, for the modules of this file only: one dlopen with RTLD_NOW, whose error text is kept. */
static lt_module
open_now (lt_user_data data, const char *path, lt_dladvise advise)
{
  (void) data;
  (void) advise;
  if (!is_opening)
    return NULL;
  errno = 0;
  lt_module module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  const int os_errno = errno;
  const char *text = module ? NULL : dlerror ();
  reason_errno = os_errno;
  if (text)
    snprintf (reason, sizeof reason, "%s", text);
  return module;
}

static int
close_module (lt_user_data data, lt_module module)
{
  (void) data;
  return dlclose (module);
}

static void *
find_symbol (lt_user_data data, lt_module module, const char *symbol)
{
  (void) data;
  return dlsym (module, symbol);
}

static void
start (void)
{
  static const lt_dlvtable loader = { .name = "fmtconv",
                                      .sym_prefix = "",
                                      .module_open = open_now,
                                      .module_close = close_module,
                                      .find_sym = find_symbol,
                                      .priority = LT_DLLOADER_PREPEND };
  is_started = lt_dlinit () == 0 && lt_dlloader_add (&loader) == 0;
}

/* Opens a module.  The handle is never closed, as descriptors are used until the process ends.  After a failure, `reason`
 * is the text; libltdl may have opened the file nevertheless, in its own way. */
static lt_dlhandle
open_local (const char *path)
{
  lt_dladvise advise;
  lt_dlhandle handle = NULL;
  if (!is_started || lt_dladvise_init (&advise) != 0)
    return NULL;
  is_opening = true;
  if (lt_dladvise_local (&advise) == 0 && lt_dladvise_resident (&advise) == 0)
    handle = lt_dlopenadvise (path, advise);
  is_opening = false;
  lt_dladvise_destroy (&advise);
  return *reason ? NULL : handle;
}

static bool
is_id (char c)
{
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* Returns the module's bytes, which the caller frees; NULL: unreadable or too large for a plugin. */
static char *
read_module (const char *path, size_t *size)
{
  FILE *file = fopen (path, "rbe");
  char *bytes = file ? malloc (LARGEST) : NULL;
  *size = bytes ? fread (bytes, 1, LARGEST, file) : 0;
  if (file)
    fclose (file);
  return bytes;
}

/* Returns the name in a renamed module's descriptor symbol, or NULL. */
static const char *
true_name (fmtconv_ctx *ctx, const char *path)
{
  size_t size, len = 0;
  char *bytes = read_module (path, &size), *name = NULL;
  const char *mark = bytes ? fci_os_find (bytes, size, suffix, sizeof suffix) : NULL;
  while (mark && mark - len > bytes && is_id (mark[-1 - (ptrdiff_t) len]))
    len++;
  if (len)
    name = fci_strndup (ctx, mark - len, len);
  free (bytes);
  for (char *p = name; p && *p; p++)
    *p = *p == '_' ? '-' : *p;
  return name;
}

/* Finds the descriptor.  lt_dlsym prefixes the symbol with the module's name ('_' for '-') and "_LTX_". */
static const fmtconv_plugin *
find_descriptor (fmtconv_ctx *ctx, lt_dlhandle handle, const char *path, const char *name, const char **error)
{
  const fmtconv_plugin *found = lt_dlsym (handle, "fmtconv_plugin");
  if (found)
    return found;
  const char *other = true_name (ctx, path);
  char *id = fci_strdup (ctx, name);
  for (char *p = id; p && *p; p++)
    *p = *p == '-' ? '_' : *p;
  if (other && strcmp (other, name))
    *error = fmtconv_ctx_printf (ctx, "its descriptor is for '%s': rename the file to %s.so", other, other);
  else
    *error = fmtconv_ctx_printf (ctx, "it is not a fmtconv plugin: it has no descriptor %s%s", id, suffix);
  return NULL;
}

/* Returns whether a module was not loaded because a call or allocation has failed, which says nothing about the module, rather
 * than for what it is.  A module that this user may not load is refused. */
static bool
is_system_failure (int os_errno)
{
  return os_errno && !fci_is_absent (os_errno) && os_errno != EACCES && os_errno != EPERM
         && os_errno != ENOEXEC;
}

/* Returns the loader's text without the path that it begins with: the message has it already. */
static const char *
without_path (const char *text, const char *path)
{
  const size_t n = strlen (path);
  return text && !strncmp (text, path, n) && !strncmp (text + n, ": ", 2) ? text + n + 2 : text;
}

const fmtconv_plugin *
fci_module_open (fmtconv_ctx *ctx, const char *path, const char *name, const char **error)
{
  char text[FCI_ERROR_TEXT];
  const fmtconv_plugin *found = NULL;
  if ((*error = fci_segments_fault (ctx, path)))
    return NULL;
  pthread_once (&once, start);
  pthread_mutex_lock (&lock);
  *reason = '\0';
  errno = 0;
  lt_dlhandle handle = open_local (path);
  const int os_errno = !is_started ? ENOMEM : *reason ? reason_errno : errno;
  if (handle && !(*error = fci_other_core (ctx, lt_dlsym (handle, "fmtconv_version"))))
    found = find_descriptor (ctx, handle, path, name, error);
  else if (!handle && is_system_failure (os_errno))
    fci_fail_system (ctx, os_errno == ENOMEM ? FMTCONV_E_NOMEM : FMTCONV_E_IO, os_errno, path, NULL,
                     "cannot be loaded: %s", fci_os_error_text (os_errno, text));
  else if (!handle)
    *error = fmtconv_ctx_printf (ctx, "cannot be loaded: %s",
                                 without_path (*reason ? reason : lt_dlerror (), path));
  pthread_mutex_unlock (&lock);
  return found;
}
