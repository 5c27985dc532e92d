/* core/plugin/other-core.c: notices a module that brings a second copy of the core.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/other-core.h"
#include <dlfcn.h>
#include <fmtconv/fmtconv.h>
#include <stdbool.h>

/* Returns whether `found` is fmtconv_version of this copy of the core: another copy returns the same text, but not the
 * same bytes of it.  Addresses of functions may differ in one copy, too. */
static bool
is_own (void *found)
{
  const char *(*version) (void) = NULL;
  *(void **) &version = found;
  return found && version () == fmtconv_version ();
}

/* A program that contains the core satisfies a module's need of libfmtconv-core where the loader takes it for that
 * library (FC_EXPORTS in m4/standalone.m4).  Elsewhere the loader opens the library that is installed, and the module
 * calls that copy, unless the program exports its own: those of the program come first. */
const char *
fci_other_core (fmtconv_ctx *ctx, void *found)
{
  Dl_info info;
  if (!found || is_own (found) || is_own (dlsym (RTLD_DEFAULT, "fmtconv_version")))
    return NULL;
  return fmtconv_ctx_printf (ctx,
                             "it needs the library %s, a second copy of the core that this program contains: "
                             "use it with an fmtconv that uses the library",
                             dladdr (found, &info) && info.dli_fname ? info.dli_fname : "libfmtconv-core");
}
