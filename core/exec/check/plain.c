/* core/exec/check/plain.c: --verify: compares the bytes of written files that are not tensors.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/exec/check/plain.h"
#include "core/exec/worker/pool.h"
#include "core/exec/worker/reread.h"
#include "core/plan/compile.h"
#include <inttypes.h>
#include <string.h>

enum
{
  CHUNK = 32 << 10
};

/* A region of an open file. */
typedef struct written
{
  fmtconv_ctx *ctx;
  int fd;
  const char *display;
  const fci_region *region;
} written;

/* Returns n bytes that the region was to have, in `buffer` or elsewhere; NULL: an error was recorded. */
static const uint8_t *
expected (const written *w, uint64_t at, uint8_t *buffer, size_t n)
{
  if (fci_region_bytes (w->region))
    return fci_region_bytes (w->region) + at;
  if (w->region->kind == FCI_REGION_SOURCE)
    return fci_source_load (w->region->u.source, at, buffer, n) == 0 ? buffer : NULL;
  memset (buffer, w->region->u.fill, n);
  return buffer;
}

static int
compare (const written *w)
{
  uint8_t found[CHUNK], buffer[CHUNK];
  for (uint64_t at = 0; at < w->region->size; at += CHUNK)
    {
      const uint64_t left = w->region->size - at;
      const size_t n = left < CHUNK ? (size_t) left : CHUNK;
      const uint8_t *wanted = expected (w, at, buffer, n);
      const int error = wanted ? fci_reread_bytes (w->fd, w->region->at + at, found, n) : 0;
      if (!wanted || error)
        return error ? fci_fail_reread (w->ctx, w->display, error) : fmtconv_ctx_failed (w->ctx);
      size_t same = 0;
      while (same < n && (found[same] == wanted[same] || fci_region_is_digest (w->region, at + same)))
        same++;
      if (same < n)
        return fci_fail_file (
            w->ctx, FMTCONV_E_FORMAT, w->display,
            &(fmtconv_where){ .hint = "nothing was published; check the disk and the memory" },
            "byte %" PRIu64 " is not what was written there", w->region->at + at + same);
    }
  return fci_check_cancel (w->ctx);
}

int
fci_verify_plain (fci_pool *pool)
{
  int code = 0;
  for (size_t i = 0; i < pool->plan->files.n; i++)
    for (const fci_region *region = FCI_FILES (pool->plan)[i].file->first; region && code == 0;
         region = region->next)
      if (fci_region_bytes (region) || region->kind == FCI_REGION_FILL || region->kind == FCI_REGION_SOURCE)
        code = compare (&(written){ pool->ctx, pool->fds[i], pool->display[i], region });
  return code;
}
