/* core/plugin/other-core.c: notices a module that brings a second copy of the core.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/plugin/other-core.h"
#include <dlfcn.h>
#include <fmtconv/fmtconv.h>

/* A program that contains the core satisfies a module's need of libfmtconv-core where the loader takes it for that
 * library (FC_EXPORTS in m4/standalone.m4).  Elsewhere the loader opens the library that is installed.  Both return the
 * same text then, but not the same bytes of it: addresses of functions may differ in one copy, too. */
const char *
fci_other_core (fmtconv_ctx *ctx, void *found)
{
  Dl_info info;
  const char *(*version) (void) = NULL;
  if (!found)
    return NULL;
  *(void **) &version = found;
  if (version () == fmtconv_version ())
    return NULL;
  return fmtconv_ctx_printf (ctx,
                             "it needs the library %s, a second copy of the core that this program contains: "
                             "use it with an fmtconv that uses the library",
                             dladdr (found, &info) && info.dli_fname ? info.dli_fname : "libfmtconv-core");
}
