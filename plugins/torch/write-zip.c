/* plugins/torch/write-zip.c: writes a zip archive as torch does.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A member's checksum is not known before its bytes are written: as in torch's files it follows them in a
 * descriptor, and is in the directory with the sizes, where readers of such archives take it from.
 * A padding field, named FB by torch, aligns the bytes to a multiple of 64. */
#include "config.h"
#include "plugins/torch/write.h"
#include <fmtconv/formats.h>
#include <string.h>

enum
{
  LOCAL = 30,
  CENTRAL = 46,
  DESCRIPTOR = 24,
  END = 56 + 20 + 22,
  FIELD = 4,        /* header of an extra field */
  ZIP64 = 1,        /* field with sizes and offset of 64 bits */
  PADDING = 0x4246, /* field "FB" */
  UTF8 = 1 << 11,   /* flags */
  LATER = 1 << 3,   /* a descriptor follows */
  VERSION = 20,     /* of zip that a reader must support … */
  VERSION64 = 45,   /* … with fields of 64 bits */
  JANUARY_1_1980 = 1 << 5 | 1
};

/* Consecutive little-endian numbers. */
struct record
{
  uint8_t *at;
};

static void
put (struct record *r, unsigned bytes, uint64_t number)
{
  for (; bytes > 0; bytes--, number >>= 8)
    *r->at++ = (uint8_t) number;
}

static void
put_bytes (struct record *r, const void *bytes, size_t n)
{
  memcpy (r->at, bytes, n);
  r->at += n;
}

static bool
is_long (uint64_t number)
{
  return number >= UINT32_MAX;
}

/* Returns the number in 32 bits, or the value that refers to the 64-bit field. */
static uint64_t
short_of (uint64_t number)
{
  return is_long (number) ? UINT32_MAX : number;
}

uint64_t
torch_hash_mix (uint64_t seed, const void *bytes, size_t n)
{
  for (const uint8_t *p = bytes; n > 0; n--, p++)
    seed = (seed ^ *p) * UINT64_C (0x100000001b3);
  return seed;
}

int
torch_zip_begin (struct torch_zip *zip, fmtconv_ctx *ctx, fmtconv_file *file, const char *root, size_t most)
{
  *zip = (struct torch_zip){ .ctx = ctx, .file = file, .root = root, .names = UINT64_C (0xcbf29ce484222325) };
  zip->member = fmtconv_ctx_alloc (ctx, most, sizeof *zip->member);
  return fmtconv_ctx_failed (ctx);
}

/* Writes the fields that local header and directory entry share: from the version to the date. */
static void
put_common (struct record *r, const struct torch_member *m, bool is_zip64)
{
  put (r, 2, is_zip64 ? VERSION64 : VERSION);
  put (r, 2, m->size ? UTF8 | LATER : UTF8);
  put (r, 2, 0); /* stored */
  put (r, 2, 0);
  put (r, 2, JANUARY_1_1980);
}

/* Writes the local header of a new member and returns the member; NULL: an error. */
static struct torch_member *
open_member (struct torch_zip *zip, const char *name, uint64_t size)
{
  struct torch_member *m = &zip->member[zip->n];
  m->name = fmtconv_ctx_printf (zip->ctx, "%s/%s", zip->root, name);
  if (!m->name)
    return NULL;
  m->at = fmtconv_file_size (zip->file);
  m->size = size;
  size_t len = strlen (m->name), wide = is_long (size) ? FIELD + 16 : 0;
  size_t padding = (size_t) - (m->at + LOCAL + len + wide + FIELD) % TORCH_ALIGNMENT;
  uint8_t *bytes = fmtconv_ctx_alloc (zip->ctx, LOCAL + len + wide + FIELD + padding, 1);
  struct record r = { .at = bytes };
  if (!bytes)
    return NULL;
  put_bytes (&r, "PK\3\4", 4);
  put_common (&r, m, wide);
  put (&r, 12, 0); /* checksum and sizes follow */
  put (&r, 2, len);
  put (&r, 2, wide + FIELD + padding);
  put_bytes (&r, m->name, len);
  if (wide)
    {
      put (&r, 4, ZIP64 | 16 << 16);
      put (&r, 8, size);
      put (&r, 8, size);
    }
  put (&r, 4, PADDING | padding << 16);
  memset (r.at, 'Z', padding);
  fmtconv_file_emit (zip->file, bytes, (size_t) (r.at - bytes) + padding);
  zip->names = torch_hash_mix (zip->names, m->name, len + 1);
  zip->n++;
  return m;
}

/* Writes the descriptor after the bytes of a member, which are in that region. */
static void
close_member (struct torch_zip *zip, struct torch_member *m, size_t region)
{
  uint8_t bytes[DESCRIPTOR];
  struct record r = { .at = bytes };
  unsigned width = is_long (m->size) ? 8 : 4;
  m->region = region;
  if (!m->size)
    return;
  fmtconv_file_emit (zip->file, "PK\7\10", 4);
  fmtconv_file_emit_digest (zip->file, FMTCONV_DIGEST_CRC32, region);
  put (&r, width, m->size);
  put (&r, width, m->size);
  fmtconv_file_emit (zip->file, bytes, (size_t) (r.at - bytes));
}

void
torch_zip_bytes (struct torch_zip *zip, const char *name, const void *bytes, size_t n)
{
  struct torch_member *m = fmtconv_ctx_failed (zip->ctx) ? NULL : open_member (zip, name, n);
  if (m)
    close_member (zip, m, fmtconv_file_emit (zip->file, bytes, n));
}

size_t
torch_zip_tensor (struct torch_zip *zip, const char *name, const fmtconv_tensor *tensor)
{
  struct torch_member *m = fmtconv_ctx_failed (zip->ctx) ? NULL : open_member (zip, name, tensor->bytes);
  if (!m)
    return 0;
  size_t region = fmtconv_file_emit_view (zip->file, tensor->name, tensor->view);
  close_member (zip, m, region);
  return region;
}

/* Writes a member's entry in the directory. */
static void
put_entry (struct torch_zip *zip, const struct torch_member *m)
{
  uint8_t bytes[CENTRAL + FIELD + 24];
  struct record r = { .at = bytes };
  size_t sizes = is_long (m->size) ? 16 : 0, wide = sizes + (is_long (m->at) ? 8 : 0);
  put_bytes (&r, "PK\1\2", 4);
  put (&r, 2, wide ? VERSION64 : VERSION);
  put_common (&r, m, wide);
  fmtconv_file_emit (zip->file, bytes, (size_t) (r.at - bytes));
  fmtconv_file_emit_digest (zip->file, FMTCONV_DIGEST_CRC32, m->region);
  r.at = bytes;
  put (&r, 4, short_of (m->size));
  put (&r, 4, short_of (m->size));
  put (&r, 2, strlen (m->name));
  put (&r, 2, wide ? wide + FIELD : 0);
  put (&r, 10, 0); /* comment, disk, attributes */
  put (&r, 4, short_of (m->at));
  fmtconv_file_emit (zip->file, bytes, (size_t) (r.at - bytes));
  fmtconv_file_emit (zip->file, m->name, strlen (m->name));
  r.at = bytes;
  if (wide)
    put (&r, 4, ZIP64 | wide << 16);
  for (size_t i = 0; i < sizes; i += 8)
    put (&r, 8, m->size);
  if (is_long (m->at))
    put (&r, 8, m->at);
  fmtconv_file_emit (zip->file, bytes, (size_t) (r.at - bytes));
}

/* Writes both end records; the 64-bit record is always present, as in torch's files. */
static void
put_end (struct torch_zip *zip, uint64_t start)
{
  uint8_t bytes[END];
  struct record r = { .at = bytes };
  uint64_t end = fmtconv_file_size (zip->file), size = end - start;
  uint64_t few = zip->n < UINT16_MAX ? zip->n : UINT16_MAX;
  put_bytes (&r, "PK\6\6", 4);
  put (&r, 8, 44); /* bytes that follow */
  put (&r, 2, VERSION64);
  put (&r, 2, VERSION64);
  put (&r, 8, 0); /* disks */
  put (&r, 8, zip->n);
  put (&r, 8, zip->n);
  put (&r, 8, size);
  put (&r, 8, start);
  put_bytes (&r, "PK\6\7", 4);
  put (&r, 4, 0);
  put (&r, 8, end);
  put (&r, 4, 1);
  put_bytes (&r, "PK\5\6", 4);
  put (&r, 4, 0);
  put (&r, 2, few);
  put (&r, 2, few);
  put (&r, 4, short_of (size));
  put (&r, 4, short_of (start));
  put (&r, 2, 0); /* comment */
  fmtconv_file_emit (zip->file, bytes, sizeof bytes);
}

void
torch_zip_end (struct torch_zip *zip)
{
  uint64_t start = fmtconv_file_size (zip->file);
  for (size_t i = 0; i < zip->n && !fmtconv_ctx_failed (zip->ctx); i++)
    put_entry (zip, &zip->member[i]);
  put_end (zip, start);
}
