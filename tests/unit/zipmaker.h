/* tests/unit/zipmaker.h: zip archives made byte by byte, so that a test can damage one field at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ZIPMAKER_H
#define ZIPMAKER_H

#include <stddef.h>
#include <stdint.h>

enum
{
  ZM_DEFLATE = 1,    /* method 8 */
  ZM_DESCRIPTOR = 2, /* sizes and CRC after the data; zero in the header */
  ZM_PAD = 4,        /* data at a multiple of 64 by an extra field "FB", as torch does */
  ZM_SIZE64 = 8,     /* sizes in zip64 fields */
  ZM_OFFSET64 = 16,  /* offset in a zip64 field, and torch's odd one of 8 bytes in the header */
  ZM_NO_CRC = 32,    /* zero everywhere */
  ZM_TORCH = ZM_DESCRIPTOR | ZM_PAD
};

/* A member; the fields after `how` are filled in when the archive is made. */
typedef struct zm_member
{
  const char *name;
  const void *bytes;
  size_t size;
  unsigned how;
  size_t local; /* offsets in the archive */
  size_t data;
  size_t descriptor; /* after the data, even if there is none */
  size_t central;
  size_t packed;
  uint32_t crc;
} zm_member;

typedef struct zm_archive
{
  uint8_t *bytes;
  size_t n;
  size_t capacity;
  size_t directory;
  size_t end64; /* 0: none, and no locator */
  size_t locator;
  size_t end;
} zm_archive;

/* Returns the archive of n members; zip64: with a zip64 end record. Freed by zm_free. */
zm_archive zm_make (zm_member *members, size_t n, int zip64);
void zm_free (zm_archive *a);

/* Appends n bytes. */
void zm_add (zm_archive *a, const void *bytes, size_t n);

/* Replaces `gone` bytes at `at` by n others. Nothing else is adapted. */
void zm_splice (zm_archive *a, size_t at, size_t gone, const void *bytes, size_t n);

/* Stores a little-endian number of `width` bytes. */
void zm_put (zm_archive *a, size_t at, unsigned width, uint64_t value);
uint64_t zm_get (const zm_archive *a, size_t at, unsigned width);

#endif
