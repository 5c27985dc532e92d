/* core/plugin/module.c: opens one module file with libltdl and finds its descriptor.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/os.h"
#include "core/plugin/module.h"
#include <dlfcn.h>
#include <ltdl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  LARGEST = 16 * 1024 * 1024 /* maximum bytes of a module that is searched for a descriptor's name */
};

static const char suffix[] = "_LTX_fmtconv_plugin";

/* libltdl keeps its handles in globals without a lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start (void)
{
  lt_dlinit ();
}

/* Opens a module.  The handle is never closed, as descriptors are used until the process ends. */
static lt_dlhandle
open_local (const char *path)
{
  lt_dladvise advise;
  lt_dlhandle handle = NULL;
  if (lt_dladvise_init (&advise) != 0)
    return NULL;
  if (lt_dladvise_local (&advise) == 0 && lt_dladvise_resident (&advise) == 0)
    handle = lt_dlopenadvise (path, advise);
  lt_dladvise_destroy (&advise);
  return handle;
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

/* Opens the module with dlopen before libltdl, which reports every failure as 'file not found' and binds
 * functions only when they are first called. */
const fmtconv_plugin *
fci_module_open (fmtconv_ctx *ctx, const char *path, const char *name, const char **error)
{
  const fmtconv_plugin *found = NULL;
  pthread_once (&once, start);
  pthread_mutex_lock (&lock);
  lt_dlhandle handle = NULL;
  if (!dlopen (path, RTLD_NOW | RTLD_LOCAL))
    *error = fmtconv_ctx_printf (ctx, "cannot be loaded: %s", dlerror ());
  else if (!(handle = open_local (path)))
    *error = fmtconv_ctx_printf (ctx, "cannot be loaded: %s", lt_dlerror ());
  else
    found = find_descriptor (ctx, handle, path, name, error);
  pthread_mutex_unlock (&lock);
  return found;
}
