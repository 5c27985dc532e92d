/* core/layout/deflate.c: packs the bytes of an archive's member.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/kernel/crc32.h"
#include "core/layout/deflate.h"
#include "core/zip/zip.h"
#include <zlib.h>

enum
{
  MAX_BYTES = 64 << 20, /* they are in memory twice */
  RAW = -MAX_WBITS,     /* a stream without a header, as archives hold it */
  MEMORY_LEVEL = 8      /* zlib's default */
};

/* Deflates n bytes into `to`, which has room for the largest result.  Returns 0 or a code of zlib. */
static int
deflate_all (z_stream *z, const void *bytes, size_t n, uint8_t *to, size_t room)
{
  z->next_in = (z_const Bytef *) bytes;
  z->avail_in = (uInt) n;
  z->next_out = to;
  z->avail_out = (uInt) room;
  const int code = deflate (z, Z_FINISH);
  return code == Z_STREAM_END ? Z_OK : code;
}

const void *
fci_archive_pack (fmtconv_ctx *ctx, fci_archive_member *m, const void *bytes, size_t n)
{
  z_stream z = { 0 };
  if (n > MAX_BYTES)
    {
      fmtconv_fail (ctx, FMTCONV_E_LIMIT, "a member of %zu bytes is too long to be deflated", n);
      return NULL;
    }
  m->size = m->packed = n;
  m->is_known = true;
  m->known_crc = fci_crc32 (0, bytes, n);
  if (n == 0)
    return "";
  if (deflateInit2 (&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
    {
      fci_nomem (ctx);
      return NULL;
    }
  const size_t room = deflateBound (&z, (uLong) n);
  uint8_t *to = fmtconv_ctx_alloc (ctx, room, 1);
  const int code = to ? deflate_all (&z, bytes, n, to, room) : Z_OK;
  const size_t packed = z.total_out;
  deflateEnd (&z);
  if (code != Z_OK)
    fmtconv_fail (ctx, FMTCONV_E_INTERNAL, "zlib cannot deflate: error %d", code);
  if (!to || code != Z_OK)
    return NULL;
  if (packed >= n)
    return bytes;
  m->method = FCI_ZIP_DEFLATED;
  m->packed = packed;
  return to;
}
