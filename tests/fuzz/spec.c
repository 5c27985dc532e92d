/* tests/fuzz/spec.c: libFuzzer on pipeline specs: the strict parser, the schema, variables and their expansion.
 * SPDX-License-Identifier: Apache-2.0
 *
 * No plugin is there, so that files are read, variables expanded and paths settled, and chains end at the first
 * plugin's name. */
#include "core/base/ctx.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char path[64];
  static int fd = -1;
  if (fd < 0)
    {
      char name[] = "/tmp/fmtconv-fuzz-XXXXXX";
      setenv ("FMTCONV_PLUGIN_PATH", "", 1);
      fd = mkstemp (name);
      snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
      unlink (name);
    }
  if (ftruncate (fd, 0) || pwrite (fd, data, size, 0) != (ssize_t) size)
    abort ();
  const fmtconv_spec_variable given = { sizeof given, "a", "${b}" };
  fmtconv_ctx *ctx = fmtconv_ctx_new (NULL);
  fmtconv_job *job = fmtconv_job_from_spec (ctx, path, &given, size % 2, "in", "out");
  if (job)
    fmtconv_job_to_spec (ctx, job);
  fmtconv_ctx_free (ctx);
  /* As an input, of which less is needed; it may name itself. */
  ctx = fmtconv_ctx_new (NULL);
  fmtconv_inspect (ctx, path, size % 2 ? "spec" : "spec:a=${b},folder.a=/proc/self/fd,input=x");
  fmtconv_ctx_free (ctx);
  return 0;
}
