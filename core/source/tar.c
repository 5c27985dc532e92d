/* core/source/tar.c: reads the headers of a tar archive.
 * SPDX-License-Identifier: Apache-2.0
 *
 * POSIX.1-2017, pax: "ustar Interchange Format" and "pax Extended Header"; GNU tar's manual, "Basic Tar Format".  A header is a
 * block of 512 bytes, then the bytes of the member, filled up to whole blocks; two blocks of zeros are the end. */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/size.h"
#include "core/base/utf8.h"
#include "core/source/tar.h"
#include <inttypes.h>
#include <string.h>

enum
{
  BLOCK = 512,
  MAX_MEMBERS = 1 << 17,
  MAX_PATH = 4096,
  MAX_DEPTH = 32,          /* folders above a member */
  MAX_EXTENDED = 64 << 10, /* bytes of an extended header */
  MAX_END = 1 << 20        /* zeros after the end; tar writes records of 20 blocks */
};

/* The fields of a header. */
enum
{
  AT_NAME = 0,
  NAME_BYTES = 100,
  AT_SIZE = 124,
  SIZE_BYTES = 12,
  AT_SUM = 148,
  SUM_BYTES = 8,
  AT_TYPE = 156,
  AT_MAGIC = 257,
  AT_PREFIX = 345,
  PREFIX_BYTES = 155
};

typedef struct reading
{
  fmtconv_ctx *ctx;
  fci_tar *tar;
  size_t capacity;
  uint64_t at;      /* of the header that is read */
  const char *path; /* of the next member, by an extended header; NULL: none */
  uint64_t size;    /* the same */
  bool has_size;
} reading;

/* Records what is wrong with the header.  Returns the code. */
static int
bad (const reading *r, const char *what)
{
  const fmtconv_where where = { .source = r->tar->source, .offset = r->at, .hint = FCI_HINT_TRUNCATED };
  return fmtconv_fail_at (r->ctx, FMTCONV_E_FORMAT, &where, "tar archive: %s", what);
}

static int
unsupported (const reading *r, const char *what)
{
  const fmtconv_where where = { .source = r->tar->source,
                                .offset = r->at,
                                .hint = "unpack it with tar -xf, and give the folder" };
  return fmtconv_fail_at (r->ctx, FMTCONV_E_UNSUPPORTED, &where, "tar archive: %s", what);
}

/* ---- Numbers and texts */

/* Reads a number in octal digits after spaces, with a space or NUL after them. */
static bool
octal (const uint8_t *field, size_t n, uint64_t *value)
{
  size_t i = 0, digits = 0;
  *value = 0;
  while (i < n && field[i] == ' ')
    i++;
  for (; i < n && field[i] >= '0' && field[i] <= '7'; i++, digits++)
    *value = *value * 8 + (uint64_t) (field[i] - '0'); /* at most 12 digits */
  return digits && (i == n || field[i] == 0 || field[i] == ' ');
}

/* Reads a size: octal, or with the first bit set a big-endian number. */
static bool
size_of (const uint8_t *field, uint64_t *value)
{
  if (field[0] != 0x80)
    return octal (field, SIZE_BYTES, value);
  *value = 0;
  for (size_t i = 1; i < SIZE_BYTES; i++)
    {
      if (*value >> 55)
        return false;
      *value = *value << 8 | field[i];
    }
  return true;
}

/* Returns whether the sum of a header's bytes is the one in it. */
static bool
has_sum (const uint8_t *header)
{
  uint64_t wanted, sum = 0;
  for (size_t i = 0; i < BLOCK; i++)
    sum += i >= AT_SUM && i < AT_SUM + SUM_BYTES ? ' ' : header[i];
  return octal (header + AT_SUM, SUM_BYTES, &wanted) && sum == wanted;
}

/* Returns the path in a header, in the context's memory; NULL: an error. */
static const char *
path_of (const reading *r, const uint8_t *header)
{
  const char *name = (const char *) header + AT_NAME, *prefix = (const char *) header + AT_PREFIX;
  const bool is_posix = !memcmp (header + AT_MAGIC, "ustar", 6);
  const size_t n = strnlen (name, NAME_BYTES), before = is_posix ? strnlen (prefix, PREFIX_BYTES) : 0;
  char text[PREFIX_BYTES + NAME_BYTES + 2];
  if (r->path)
    return r->path;
  memcpy (text, prefix, before);
  if (before)
    text[before] = '/';
  memcpy (text + before + (before > 0), name, n);
  return fci_strndup (r->ctx, text, before + (before > 0) + n);
}

/* ---- Extended headers */

/* Record what is wrong with a record or a path: it is not supported, or malformed. */
static size_t
no_record (const reading *r, bool is_valid, const char *what)
{
  (is_valid ? unsupported : bad) (r, what);
  return 0;
}

static const char *
no_path (const reading *r, bool is_valid, const char *what)
{
  (is_valid ? unsupported : bad) (r, what);
  return NULL;
}

/* Takes a record "LENGTH KEY=VALUE\n" of an extended header.  Returns its length; 0: an error. */
static size_t
take_record (reading *r, const char *text, size_t left, bool is_global)
{
  size_t digits = strspn (text, "0123456789"), length = 0;
  for (size_t i = 0; i < digits && length <= left; i++)
    length = length * 10 + (size_t) (text[i] - '0');
  const char *key = text + digits + 1, *end = text + length - 1;
  const char *equal = digits && text[digits] == ' ' && length > digits + 2 && length <= left && *end == '\n'
                          ? memchr (key, '=', (size_t) (end - key))
                          : NULL;
  if (!equal)
    return no_record (r, false, "a record of an extended header is malformed");
  const size_t n = (size_t) (equal - key), value = (size_t) (end - equal - 1);
  const bool is_path = n == 4 && !memcmp (key, "path", 4), is_size = n == 4 && !memcmp (key, "size", 4);
  if (n >= 10 && !memcmp (key, "GNU.sparse", 10))
    return no_record (r, true, "a sparse file is not supported");
  if ((is_path || is_size) && is_global)
    return no_record (r, true, "a path or size for all members is not supported");
  if (is_path && memchr (equal + 1, 0, value))
    return no_record (r, false, "a path has a NUL");
  if (is_path)
    r->path = fci_strndup (r->ctx, equal + 1, value);
  if (is_size)
    {
      r->has_size = true;
      r->size = 0;
      for (const char *c = equal + 1; c < end; c++)
        {
          if (*c < '0' || *c > '9' || r->size > UINT64_MAX / 10 - 1)
            return no_record (r, false, "a size is not a number of bytes");
          r->size = r->size * 10 + (uint64_t) (*c - '0');
        }
    }
  return length;
}

/* Reads an extended header of n bytes at `start`: for the next member, or for all. */
static int
read_extended (reading *r, uint64_t start, uint64_t n, char type)
{
  if (n > MAX_EXTENDED)
    return bad (r, "an extended header is too long");
  char *text = fmtconv_ctx_alloc (r->ctx, (size_t) n + 1, 1);
  if (!text || fci_source_load (r->tar->source, start, text, (size_t) n))
    return fmtconv_ctx_failed (r->ctx);
  if (type == 'L')
    {
      r->path = text;
      return strlen (text) + 1 < n ? bad (r, "a long name has a NUL") : 0;
    }
  for (size_t at = 0, length; at < n; at += length)
    {
      length = take_record (r, text + at, (size_t) n - at, type == 'g');
      if (!length)
        return fmtconv_ctx_failed (r->ctx);
    }
  return fmtconv_ctx_failed (r->ctx);
}

/* ---- Members */

/* Returns a path without "./" in front and without a last '/'; NULL: it leads elsewhere, an error. */
static const char *
clean (const reading *r, const char *path)
{
  unsigned depth = 0;
  if (!*path)
    return no_path (r, false, "a member has no name");
  while (path[0] == '.' && path[1] == '/')
    path += 2;
  size_t n = strlen (path);
  n -= n && path[n - 1] == '/';
  const char *copy = fci_strndup (r->ctx, path, n);
  if (!copy || !*copy || !strcmp (copy, "."))
    return copy ? "" : NULL; /* the folder of all */
  if (n > MAX_PATH || !fci_utf8_is_text (copy, n))
    return no_path (r, false, "a path is too long, or not UTF-8");
  for (const char *c = copy; *c || c == copy; depth++)
    {
      const size_t part = strcspn (c, "/");
      if (!part || (part == 1 && *c == '.') || (part == 2 && c[0] == '.' && c[1] == '.'))
        return no_path (r, true, "a path leads out of the archive, or has an empty part");
      c += part + (c[part] == '/');
    }
  return depth <= MAX_DEPTH ? copy : no_path (r, false, "a path has too many folders");
}

/* Adds the folders above a path, and with is_folder the path itself. */
static int
add_folders (const reading *r, const char *path, bool is_folder)
{
  const char *slash = path;
  uintptr_t found;
  if (is_folder)
    path = slash = fmtconv_ctx_printf (r->ctx, "%s/", path);
  while (slash && (slash = strchr (slash, '/')))
    {
      const size_t n = (size_t) (++slash - path);
      if (fci_map_get (r->tar->files, path, n - 1, &found))
        return bad (r, "a path is a file and a folder");
      if (!fci_map_get (r->tar->folders, path, n, &found) && !fci_map_add (r->tar->folders, path, n, 1, NULL))
        return FMTCONV_E_NOMEM;
    }
  return fmtconv_ctx_failed (r->ctx);
}

/* Makes room for one more member.  Returns false if memory is exhausted. */
static bool
make_room (reading *r)
{
  if (r->tar->n < r->capacity)
    return true;
  const size_t capacity = r->capacity ? 2 * r->capacity : 16;
  fci_tar_member *more = fmtconv_ctx_alloc (r->ctx, capacity, sizeof *more);
  if (more && r->tar->n)
    memcpy (more, r->tar->member, r->tar->n * sizeof *more);
  r->tar->member = more ? more : r->tar->member;
  r->capacity = more ? capacity : r->capacity;
  return more != NULL;
}

static int
add_file (reading *r, const char *path, uint64_t start, uint64_t size)
{
  uintptr_t found;
  const char *folder = fmtconv_ctx_printf (r->ctx, "%s/", path);
  if (!*path)
    return bad (r, "a file has no name");
  if (!folder || add_folders (r, path, false))
    return fmtconv_ctx_failed (r->ctx);
  if (fci_map_get (r->tar->folders, folder, strlen (folder), &found))
    return bad (r, "a path is a file and a folder");
  if (r->tar->n == MAX_MEMBERS)
    return unsupported (r, "it has too many members");
  if (!make_room (r))
    return fmtconv_ctx_failed (r->ctx);
  if (!fci_map_add (r->tar->files, path, strlen (path), r->tar->n, &found))
    return fmtconv_ctx_failed (r->ctx) ? fmtconv_ctx_failed (r->ctx) : bad (r, "it has a member twice");
  r->tar->member[r->tar->n++] = (fci_tar_member){ path, start, size };
  return 0;
}

/* Adds the member of a header, whose bytes begin at `start`. */
static int
add_member (reading *r, const uint8_t *header, uint64_t start, uint64_t size)
{
  const char type = (char) header[AT_TYPE];
  const bool is_folder = type == '5';
  if (type == 'x' || type == 'g' || type == 'L')
    return read_extended (r, start, size, type);
  if (type != '0' && type && !is_folder)
    return unsupported (r, type == '1' || type == '2' ? "a link is not supported"
                                                      : "a member that is neither a file nor a folder is not "
                                                        "supported");
  const char *raw = path_of (r, header), *path = raw ? clean (r, raw) : NULL;
  r->path = NULL;
  r->has_size = false;
  if (!path)
    return fmtconv_ctx_failed (r->ctx);
  if (!is_folder)
    return add_file (r, path, start, size);
  return *path ? add_folders (r, path, true) : 0;
}

/* Checks that only zeros follow. */
static int
check_end (const reading *r)
{
  uint8_t block[BLOCK];
  const uint64_t left = r->tar->source->size - r->at;
  if (left < 2 * BLOCK)
    return bad (r, "its end is missing");
  if (left > MAX_END)
    return bad (r, "other bytes follow its end");
  for (uint64_t at = r->at; at < r->tar->source->size; at += BLOCK)
    {
      const uint64_t rest = r->tar->source->size - at;
      const size_t n = rest < BLOCK ? (size_t) rest : BLOCK;
      if (fci_source_load (r->tar->source, at, block, n))
        return fmtconv_ctx_failed (r->ctx);
      for (size_t i = 0; i < n; i++)
        if (block[i])
          return bad (r, "other bytes follow its end");
    }
  return r->path || r->has_size ? bad (r, "an extended header has no member") : 0;
}

/* Reads the header at r->at, and moves it on.  *ended: it was the end. */
static int
read_header (reading *r, bool *ended)
{
  static const uint8_t zeros[BLOCK];
  uint8_t header[BLOCK];
  uint64_t size, after;
  fmtconv_source *source = r->tar->source;
  if (!fci_size_within (r->at, BLOCK, source->size))
    return bad (r, "it ends without an end");
  if (fci_source_load (source, r->at, header, BLOCK))
    return fmtconv_ctx_failed (r->ctx);
  if (!r->at && header[0] == 0x1f && header[1] == 0x8b)
    return unsupported (r, "it is compressed");
  *ended = !memcmp (header, zeros, BLOCK);
  if (*ended)
    return check_end (r);
  if (memcmp (header + AT_MAGIC, "ustar", 5) != 0 || !has_sum (header))
    return bad (r, "this is not a header, or its checksum is wrong");
  if (!size_of (header + AT_SIZE, &size))
    return bad (r, "a size is not a number of bytes");
  const char type = (char) header[AT_TYPE];
  if (r->has_size && type != 'x' && type != 'g' && type != 'L')
    size = r->size;
  if (type == '5' && size)
    return bad (r, "a folder has bytes");
  const uint64_t start = r->at + BLOCK;
  if (!fci_size_within (start, size, source->size) || !fci_size_add (size, BLOCK - 1, &after))
    return bad (r, "a member extends past its end");
  if (add_member (r, header, start, size))
    return fmtconv_ctx_failed (r->ctx);
  r->at = start + after / BLOCK * BLOCK;
  return 0;
}

const fci_tar *
fci_tar_read (fmtconv_source *source)
{
  fmtconv_ctx *ctx = source ? source->ctx : NULL;
  reading r = { .ctx = ctx, .tar = ctx && !ctx->failed ? fci_new (ctx, fci_tar) : NULL };
  if (!r.tar)
    return NULL;
  *r.tar = (fci_tar){ .source = source, .files = fci_map_new (ctx), .folders = fci_map_new (ctx) };
  for (bool ended = !r.tar->files || !r.tar->folders; !ended;)
    if (read_header (&r, &ended))
      break;
  return ctx->failed ? NULL : r.tar;
}
