/* tests/unit/zipmaker.c: zip archives made byte by byte, so that a test can damage one field at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/zipmaker.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void
reserve (zm_archive *a, size_t n)
{
  while (a->n + n > a->capacity)
    a->capacity = a->capacity ? a->capacity * 2 : 4096;
  a->bytes = realloc (a->bytes, a->capacity);
  if (!a->bytes)
    abort ();
}

void
zm_add (zm_archive *a, const void *bytes, size_t n)
{
  reserve (a, n);
  if (n > 0)
    memcpy (a->bytes + a->n, bytes, n);
  a->n += n;
}

void
zm_splice (zm_archive *a, size_t at, size_t gone, const void *bytes, size_t n)
{
  reserve (a, n);
  memmove (a->bytes + at + n, a->bytes + at + gone, a->n - at - gone);
  if (n > 0)
    memcpy (a->bytes + at, bytes, n);
  a->n = a->n + n - gone;
}

void
zm_put (zm_archive *a, size_t at, unsigned width, uint64_t value)
{
  for (unsigned i = 0; i < width; i++)
    a->bytes[at + i] = (uint8_t) (value >> 8 * i);
}

uint64_t
zm_get (const zm_archive *a, size_t at, unsigned width)
{
  uint64_t value = 0;
  for (unsigned i = width; i-- > 0;)
    value = value << 8 | a->bytes[at + i];
  return value;
}

static void
add_number (zm_archive *a, unsigned width, uint64_t value)
{
  reserve (a, width);
  a->n += width;
  zm_put (a, a->n - width, width, value);
}

static int
is_wide (const zm_member *m)
{
  return (m->how & (ZM_SIZE64 | ZM_OFFSET64)) != 0;
}

/* Version, flags, method, time: the same in both headers. */
static void
add_common (zm_archive *a, const zm_member *m)
{
  add_number (a, 2, is_wide (m) ? 45 : 20);
  add_number (a, 2, 0x0800 | (m->how & ZM_DESCRIPTOR ? 8 : 0));
  add_number (a, 2, m->how & ZM_DEFLATE ? 8 : 0);
  add_number (a, 4, 0x00210000);
}

static void
add_sizes (zm_archive *a, const zm_member *m, int blank)
{
  const int wide = m->how & ZM_SIZE64;
  add_number (a, 4, blank ? 0 : m->crc);
  add_number (a, 4, wide ? 0xFFFFFFFF : blank ? 0 : m->packed);
  add_number (a, 4, wide ? 0xFFFFFFFF : blank ? 0 : m->size);
}

static void
add_zip64 (zm_archive *a, const zm_member *m, int blank)
{
  if (!is_wide (m))
    return;
  add_number (a, 2, 1);
  add_number (a, 2, (m->how & ZM_SIZE64 ? 16 : 0) + (m->how & ZM_OFFSET64 ? 8 : 0));
  if (m->how & ZM_SIZE64)
    {
      add_number (a, 8, blank ? 0 : m->size);
      add_number (a, 8, blank ? 0 : m->packed);
    }
  if (m->how & ZM_OFFSET64)
    add_number (a, 8, m->local);
}

static void
add_padding (zm_archive *a)
{
  const size_t n = (64 - (a->n + 4) % 64) % 64;
  add_number (a, 2, 0x4246);
  add_number (a, 2, n);
  for (size_t i = 0; i < n; i++)
    add_number (a, 1, 'Z');
}

static void
add_local (zm_archive *a, zm_member *m)
{
  const int blank = (m->how & ZM_DESCRIPTOR) != 0;
  m->local = a->n;
  zm_add (a, "PK\3\4", 4);
  add_common (a, m);
  add_sizes (a, m, blank);
  add_number (a, 2, strlen (m->name));
  add_number (a, 2, 0);
  zm_add (a, m->name, strlen (m->name));
  const size_t extra = a->n;
  add_zip64 (a, m, blank);
  if (m->how & ZM_PAD)
    add_padding (a);
  zm_put (a, m->local + 28, 2, a->n - extra);
}

/* Returns the member's bytes as the archive holds them; the caller frees them. */
static uint8_t *
pack (zm_member *m)
{
  z_stream z = { 0 };
  const size_t most = m->size + m->size / 1000 + 64;
  uint8_t *packed = malloc (most);
  if (!packed)
    abort ();
  m->packed = m->size;
  if (!(m->how & ZM_DEFLATE))
    return m->size > 0 ? memcpy (packed, m->bytes, m->size) : packed;
  z.next_in = (Bytef *) m->bytes;
  z.avail_in = (uInt) m->size;
  z.next_out = packed;
  z.avail_out = (uInt) most;
  if (deflateInit2 (&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK
      || deflate (&z, Z_FINISH) != Z_STREAM_END)
    abort ();
  m->packed = z.total_out;
  deflateEnd (&z);
  return packed;
}

static void
add_member (zm_archive *a, zm_member *m)
{
  uint8_t *packed = pack (m);
  m->crc = m->how & ZM_NO_CRC ? 0 : (uint32_t) crc32_z (0, m->bytes, m->size);
  add_local (a, m);
  m->data = a->n;
  zm_add (a, packed, m->packed);
  free (packed);
  m->descriptor = a->n;
  if (!(m->how & ZM_DESCRIPTOR))
    return;
  zm_add (a, "PK\7\10", 4);
  add_number (a, 4, m->crc);
  add_number (a, is_wide (m) ? 8 : 4, m->packed);
  add_number (a, is_wide (m) ? 8 : 4, m->size);
}

static void
add_central (zm_archive *a, zm_member *m)
{
  m->central = a->n;
  zm_add (a, "PK\1\2", 4);
  add_number (a, 2, is_wide (m) ? 45 : 20);
  add_common (a, m);
  add_sizes (a, m, 0);
  add_number (a, 2, strlen (m->name));
  add_number (a, 2, 0);
  add_number (a, 2, 0); /* comment */
  add_number (a, 2, 0); /* disk */
  add_number (a, 6, 0); /* attributes */
  add_number (a, 4, m->how & ZM_OFFSET64 ? 0xFFFFFFFF : m->local);
  zm_add (a, m->name, strlen (m->name));
  const size_t extra = a->n;
  add_zip64 (a, m, 0);
  zm_put (a, m->central + 30, 2, a->n - extra);
}

static void
add_end64 (zm_archive *a, size_t n, size_t dir_size)
{
  a->end64 = a->n;
  zm_add (a, "PK\6\6", 4);
  add_number (a, 8, 44);
  add_number (a, 4, 45 << 16 | 45);
  add_number (a, 8, 0); /* disks */
  add_number (a, 8, n);
  add_number (a, 8, n);
  add_number (a, 8, dir_size);
  add_number (a, 8, a->directory);
  a->locator = a->n;
  zm_add (a, "PK\6\7", 4);
  add_number (a, 4, 0);
  add_number (a, 8, a->end64);
  add_number (a, 4, 1);
}

zm_archive
zm_make (zm_member *members, size_t n, int zip64)
{
  zm_archive a = { 0 };
  for (size_t i = 0; i < n; i++)
    add_member (&a, &members[i]);
  a.directory = a.n;
  for (size_t i = 0; i < n; i++)
    add_central (&a, &members[i]);
  const size_t dir_size = a.n - a.directory;
  if (zip64)
    add_end64 (&a, n, dir_size);
  a.end = a.n;
  zm_add (&a, "PK\5\6", 4);
  add_number (&a, 4, 0); /* disks */
  add_number (&a, 2, n);
  add_number (&a, 2, n);
  add_number (&a, 4, dir_size);
  add_number (&a, 4, zip64 ? 0xFFFFFFFF : a.directory);
  add_number (&a, 2, 0); /* comment */
  return a;
}

void
zm_free (zm_archive *a)
{
  free (a->bytes);
  *a = (zm_archive){ 0 };
}
