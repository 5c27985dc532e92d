/* core/zip/inflate.c: deflated members are unpacked once, into memory or an unlinked file.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/library.h"
#include "core/base/os.h"
#include "core/base/text.h"
#include "core/source/disk.h"
#include "core/zip/inflate.h"
#include "core/zip/scratch.h"
#include "core/zip/zip.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum
{
  STEP = 256 * 1024
};

/* A member that is being unpacked. */
typedef struct unpacking
{
  fmtconv_zip *zip;
  const fci_zip_entry *entry;
  fmtconv_source *result;
  zip_file_t *file;
  uint8_t *memory; /* all bytes; NULL: the scratch file holds them … */
  bool is_check;   /* … or nothing does */
  uint64_t done;
} unpacking;

/* Opens one file for all members of an archive: a descriptor for each could exceed the process limit. */
static bool
need_scratch (fmtconv_zip *zip)
{
  if (zip->scratch)
    return true;
  const char *folder = fci_scratch_folder (zip->ctx);
  int fd = fci_os_open_unnamed (folder);
  if (fd < 0)
    {
      fci_fail_io (zip->ctx, folder, "cannot create a temporary file here for compressed members");
      return false;
    }
  fmtconv_source *source = fci_source_fd (zip->ctx, fd, folder);
  zip->scratch = source ? source->disk : NULL;
  return source != NULL;
}

static int
write_all (int fd, uint64_t at, const uint8_t *bytes, size_t n)
{
  while (n > 0)
    {
      ssize_t put = pwrite (fd, bytes, n, (off_t) at);
      if (put < 0 && errno != EINTR)
        return -1;
      if (put > 0)
        {
          bytes += put;
          at += (uint64_t) put;
          n -= (size_t) put;
        }
    }
  return 0;
}

static int
bad_stream (unpacking *u, const char *what)
{
  if (fci_library_lacked_memory ())
    fci_nomem (u->zip->ctx);
  return fci_zip_bad (u->zip, u->entry->data, "member '%s' cannot be inflated: %s", u->entry->name, what);
}

static int
read_error (unpacking *u)
{
  return bad_stream (u, zip_error_strerror (zip_file_get_error (u->file)));
}

static int
keep (unpacking *u, const uint8_t *bytes, size_t n)
{
  fmtconv_zip *zip = u->zip;
  if (!u->memory && !u->is_check && write_all (zip->scratch->fd, zip->in_scratch + u->done, bytes, n) != 0)
    return fci_fail_io (zip->ctx, zip->scratch->path, "cannot unpack compressed members here");
  u->done += n;
  return fci_check_cancel (zip->ctx);
}

static int
inflate_all (unpacking *u, uint8_t *buffer)
{
  while (u->done < u->entry->size)
    {
      const uint64_t remaining = u->entry->size - u->done;
      uint8_t *to = u->memory ? u->memory + u->done : buffer;
      fci_library_begin ();
      zip_int64_t n = zip_fread (u->file, to, remaining < STEP ? remaining : STEP);
      if (n < 0)
        return read_error (u);
      if (n == 0)
        return bad_stream (u, "its data ends before the size given in the directory");
      int code = keep (u, to, (size_t) n);
      if (code != 0)
        return code;
    }
  return 0;
}

/* Returns the checksum of the data, for the message: libzip computes it for all members, but does not tell it. */
static uint32_t
checksum (unpacking *u, uint8_t *buffer)
{
  zip_file_t *file = zip_fopen_index (u->zip->library, (zip_uint64_t) (u->entry - u->zip->entries), 0);
  uint32_t crc = 0;
  zip_int64_t n = 1;
  for (uint64_t done = 0; file && n > 0 && done<u->entry->size; done += n> 0 ? (uint64_t) n : 0)
    {
      n = zip_fread (file, buffer, STEP);
      crc = n > 0 ? (uint32_t) crc32_z (crc, buffer, (size_t) n) : crc;
    }
  if (file)
    zip_fclose (file);
  return crc;
}

/* Checks that the stream ends here: libzip compares the checksum at its end. */
static int
check_end (unpacking *u, uint8_t *buffer)
{
  uint8_t byte;
  fci_library_begin ();
  zip_int64_t more = zip_fread (u->file, &byte, 1);
  if (more > 0)
    return bad_stream (u, "its data continues past the size given in the directory");
  if (more == 0)
    return 0;
  if (zip_error_code_zip (zip_file_get_error (u->file)) != ZIP_ER_CRC)
    return read_error (u);
  return u->zip->has_crcs ? fci_source_bad_crc (u->result, checksum (u, buffer)) : 0;
}

/* A small archive can have members of any size that are nearly empty of information, and inflating them takes seconds.  Their
 * sizes are known before. */
static int
check_ratio (const unpacking *u)
{
  const fmtconv_zip *zip = u->zip;
  const uint64_t limit = zip->ctx->budget.limit;
  if (zip->unusual <= limit)
    return 0;
  const char *size = fci_size_text (zip->ctx, zip->unusual), *most = fci_size_text (zip->ctx, limit);
  return fci_zip_refuse (
      zip, FMTCONV_E_LIMIT, u->entry->data, "if this is the right file, raise the limit with --parse-memory",
      "members that unpack to more than %d times their size have %s in all, more than the limit of %s",
      FCI_ZIP_USUAL_RATIO, size ? size : "", most ? most : "");
}

static int
unpack (unpacking *u)
{
  if (check_ratio (u) != 0)
    return FMTCONV_E_LIMIT;
  uint8_t *buffer = malloc (STEP);
  if (!buffer)
    {
      fci_nomem (u->zip->ctx);
      return FMTCONV_E_NOMEM;
    }
  fci_library_begin ();
  u->file = zip_fopen_index (u->zip->library, (zip_uint64_t) (u->entry - u->zip->entries), 0);
  int code = u->file ? inflate_all (u, buffer) : bad_stream (u, zip_strerror (u->zip->library));
  if (code == 0)
    code = check_end (u, buffer);
  if (u->file)
    zip_fclose (u->file);
  free (buffer);
  return code;
}

/* Completes the source. Updates the scratch file's status, because its growth is not an outside change. */
static int
finish (unpacking *u)
{
  fmtconv_zip *zip = u->zip;
  u->result->size = u->entry->size;
  u->result->memory = u->memory;
  if (u->memory)
    {
      zip->in_memory += u->entry->size;
      return 0;
    }
  u->result->disk = zip->scratch;
  u->result->start = zip->in_scratch;
  zip->in_scratch += u->entry->size;
  if (fstat (zip->scratch->fd, &zip->scratch->opened) != 0)
    return fci_fail_io (zip->ctx, zip->scratch->path, "cannot be examined");
  return 0;
}

static fmtconv_source *
new_result (fmtconv_zip *zip, const fci_zip_entry *entry)
{
  return fci_source_new (zip->ctx, fci_source_lasting (zip->source), fci_strdup (zip->ctx, entry->name));
}

fmtconv_source *
fci_zip_inflate (fmtconv_zip *zip, fci_zip_entry *entry)
{
  unpacking u = { .zip = zip, .entry = entry, .result = new_result (zip, entry) };
  if (!u.result)
    return NULL;
  u.result->has_crc = zip->has_crcs;
  u.result->crc = entry->crc;
  if (entry->size <= FCI_ZIP_IN_MEMORY - zip->in_memory)
    u.memory = fmtconv_ctx_alloc (zip->ctx, 1, (size_t) entry->size);
  else if (!need_scratch (zip))
    return NULL;
  if (fmtconv_ctx_failed (zip->ctx) || unpack (&u) != 0 || finish (&u) != 0)
    return NULL;
  return u.result;
}

bool
fci_zip_check_deflated (fmtconv_zip *zip, size_t i)
{
  const fci_zip_entry *entry = &zip->entries[i];
  if (entry->method == FCI_ZIP_STORED || entry->source)
    return entry->method != FCI_ZIP_STORED;
  unpacking u = { .zip = zip, .entry = entry, .result = new_result (zip, entry), .is_check = true };
  if (u.result)
    {
      u.result->crc = entry->crc;
      unpack (&u);
    }
  return true;
}
