/* core/plugin/installed.c: where installed folders are, in a tree that was moved.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/plugin/installed.h"

#ifdef FC_BUILT_PREFIX
#include "core/base/ctx.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Returns the length of the prefix in the path of the library, PREFIX/lib/NAME; 0: the path is another one. */
static size_t
prefix_length (const char *library)
{
  static const char folder[] = "/lib/";
  const char *name = strrchr (library, '/');
  size_t n = name ? (size_t) (name + 1 - library) : 0;
  return n > sizeof folder - 1 && !strncmp (library + n - (sizeof folder - 1), folder, sizeof folder - 1)
             ? n - (sizeof folder - 1)
             : 0;
}

const char *
fci_installed_dir (fmtconv_ctx *ctx, const char *built)
{
  static const char prefix_built[] = FC_BUILT_PREFIX;
  const size_t prefix = sizeof prefix_built - 1;
  Dl_info self;
  if (!built || strncmp (built, prefix_built, prefix) || built[prefix] != '/'
      || !dladdr (prefix_built, &self))
    return built;
  char *library = realpath (self.dli_fname, NULL);
  const size_t n = library ? prefix_length (library) : 0;
  const char *found = n ? fmtconv_ctx_printf (ctx, "%.*s%s", (int) n, library, built + prefix) : built;
  free (library);
  return found;
}
#else
const char *
fci_installed_dir (fmtconv_ctx *ctx, const char *built)
{
  (void) ctx;
  return built;
}
#endif
