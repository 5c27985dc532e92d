/* core/zip/agree.c: libzip opens the same bytes and must see the same archive.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/library.h"
#include "core/base/size.h"
#include "core/zip/agree.h"
#include "core/zip/zip.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum
{
  PAGE = 4096
};

/* A source as a libzip source, allocated apart from the archive: libzip asks it until it is closed; libzip's own file source would share a file position. */
typedef struct bridge
{
  const fmtconv_source *source;
  uint64_t at;
  uint64_t page_at; /* offset of `page`: libzip reads headers a few bytes at a time */
  size_t page_n;
  zip_error_t error;
  zip_t *library; /* that reads it; NULL: not opened */
  uint8_t page[PAGE];
} bridge;

/* Reads through the page. Returns 0, or a code; records the error here, because libzip would report a
 * damaged archive. */
static int
read_paged (bridge *b, void *to, size_t n)
{
  if (n > PAGE)
    return fci_source_load (b->source, b->at, to, n);
  if (b->at < b->page_at || !fci_size_within (b->at - b->page_at, n, b->page_n))
    {
      const uint64_t remaining = b->source->size - b->at;
      b->page_at = b->at;
      b->page_n = remaining < PAGE ? (size_t) remaining : PAGE;
      int code = fci_source_load (b->source, b->at, b->page, b->page_n);
      if (code != 0)
        {
          b->page_n = 0;
          return code;
        }
    }
  memcpy (to, b->page + (b->at - b->page_at), n);
  return 0;
}

static zip_int64_t
bridge_read (bridge *b, void *to, uint64_t n)
{
  const uint64_t remaining = b->source->size - b->at;
  n = n < remaining ? n : remaining;
  if (read_paged (b, to, (size_t) n) != 0)
    {
      zip_error_set (&b->error, ZIP_ER_READ, EIO);
      return -1;
    }
  b->at += n;
  return (zip_int64_t) n;
}

static zip_int64_t
bridge_seek (bridge *b, void *data, uint64_t n)
{
  zip_int64_t at = zip_source_seek_compute_offset (b->at, b->source->size, data, n, &b->error);
  if (at < 0)
    return -1;
  b->at = (uint64_t) at;
  return 0;
}

static zip_int64_t
bridge_stat (bridge *b, void *data)
{
  zip_stat_t *st = data;
  zip_stat_init (st);
  st->size = b->source->size;
  st->valid = ZIP_STAT_SIZE;
  return (zip_int64_t) sizeof *st;
}

static zip_int64_t
bridge_call (void *arg, void *data, zip_uint64_t n, zip_source_cmd_t command)
{
  bridge *b = arg;
  switch (command)
    {
    case ZIP_SOURCE_OPEN:
      b->at = 0;
      return 0;
    case ZIP_SOURCE_READ:
      return bridge_read (b, data, n);
    case ZIP_SOURCE_SEEK:
      return bridge_seek (b, data, n);
    case ZIP_SOURCE_TELL:
      return (zip_int64_t) b->at;
    case ZIP_SOURCE_STAT:
      return bridge_stat (b, data);
    case ZIP_SOURCE_ERROR:
      return zip_error_to_data (&b->error, data, n);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
      return 0;
    case ZIP_SOURCE_SUPPORTS:
      return zip_source_make_command_bitmap (ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                             ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                             ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, -1);
    default:
      zip_error_set (&b->error, ZIP_ER_OPNOTSUPP, 0);
      return -1;
    }
}

/* Closes the archive. */
static void
discard (void *bridge_)
{
  bridge *b = bridge_;
  if (b->library)
    zip_discard (b->library);
  free (b);
}

/* Opens the archive without ZIP_CHECKCONS, which reads every local header again, refuses some valid
 * headers (a size but no CRC before a descriptor) and lets members overlap.  NULL: an error. */
static bridge *
open_library (fmtconv_zip *zip)
{
  bridge *b = calloc (1, sizeof *b);
  if (!b)
    return fci_nomem (zip->ctx);
  zip_error_t error;
  zip_error_init (&error);
  zip_error_init (&b->error);
  b->source = zip->source;
  fci_library_begin ();
  zip_source_t *source = zip_source_function_create (bridge_call, b, &error);
  b->library = source ? zip_open_from_source (source, ZIP_RDONLY, &error) : NULL;
  const bool is_open = b->library != NULL;
  if (!is_open)
    {
      if (fci_library_lacked_memory ())
        fci_nomem (zip->ctx);
      fci_zip_bad (zip, 0, "libzip rejects the archive: %s", zip_error_strerror (&error));
      zip_source_free (source);
      discard (b);
    }
  zip_error_fini (&error);
  return is_open ? b : NULL;
}

static bool
same_member (const fci_zip_entry *entry, zip_t *library, zip_uint64_t i)
{
  enum
  {
    NEEDED = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD
  };
  zip_stat_t st;
  const char *name = zip_get_name (library, i, ZIP_FL_ENC_RAW);
  return name && strcmp (name, entry->name) == 0 && zip_stat_index (library, i, 0, &st) == 0
         && (st.valid & NEEDED) == NEEDED && st.size == entry->size && st.comp_size == entry->packed
         && st.crc == entry->crc && st.comp_method == entry->method;
}

/* Compares all members; *inflates: whether a member is deflated. */
static int
compare (fmtconv_zip *zip, zip_t *library, bool *inflates)
{
  const zip_int64_t n = zip_get_num_entries (library, 0);
  if (n != (zip_int64_t) zip->n)
    return fci_zip_bad (zip, zip->dir_start, "libzip finds %lld members, the central directory lists %lu",
                        (long long) n, (unsigned long) zip->n);
  for (uint32_t i = 0; i < zip->n; i++)
    {
      const fci_zip_entry *entry = &zip->entries[i];
      if (!same_member (entry, library, i))
        return fci_zip_bad (zip, entry->header, "member '%s': libzip reads its directory entry differently",
                            entry->name);
      *inflates = *inflates || entry->method == FCI_ZIP_DEFLATED;
    }
  return 0;
}

int
fci_zip_agree (fmtconv_zip *zip)
{
  bool inflates = false;
  bridge *b = open_library (zip);
  if (!b)
    return fmtconv_ctx_failed (zip->ctx);
  int code = compare (zip, b->library, &inflates);
  if (code != 0 || !inflates)
    {
      discard (b);
      return code;
    }
  zip->library = b->library;
  return fci_defer_call (zip->ctx, discard, b);
}
