/* core/exec/write/map.c: reads and appends the records of a work map.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/os.h"
#include "core/exec/write/map.h"
#include "core/kernel/crc32.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "fmtcmap1"

/* The start of a map. */
typedef struct file_head
{
  char magic[8];
  uint64_t order; /* ORDER, in the order of the machine */
  fci_map_head head;
} file_head;

/* The start of a record. */
typedef struct record_head
{
  uint32_t crc; /* of the rest of the record */
  uint32_t kind;
  uint64_t n; /* bytes that follow */
} record_head;

#define ORDER UINT64_C (0x0102030405060708)

enum
{
  MAX_MAP = 1 << 30 /* bytes of a map that is read */
};

/* Writes all bytes.  Returns false with errno. */
static bool
put (int fd, const void *bytes, size_t n, uint64_t at)
{
  const uint8_t *from = bytes;
  while (n > 0)
    {
      ssize_t done = pwrite (fd, from, n, (off_t) at);
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0)
        {
          errno = done < 0 ? errno : ENOSPC;
          return false;
        }
      from += done;
      at += (uint64_t) done;
      n -= (size_t) done;
    }
  return true;
}

/* Reads n bytes from the start.  Returns how many there are, or -1 with errno. */
static ssize_t
get (int fd, uint8_t *to, size_t n)
{
  size_t done = 0;
  while (done < n)
    {
      ssize_t got = pread (fd, to + done, n - done, (off_t) done);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return -1;
      if (got == 0)
        break;
      done += (size_t) got;
    }
  return (ssize_t) done;
}

/* Returns the bytes of the record at `at`, or 0 if it is cut or wrong. */
static size_t
record_at (const uint8_t *bytes, size_t n, size_t at, record_head *head)
{
  if (n - at < sizeof *head)
    return 0;
  memcpy (head, bytes + at, sizeof *head);
  if (head->n > n - at - sizeof *head)
    return 0;
  const size_t all = sizeof *head + (size_t) head->n;
  return fci_crc32 (0, bytes + at + sizeof head->crc, all - sizeof head->crc) == head->crc ? all : 0;
}

static file_head
head_of (const fci_map_head *head)
{
  file_head h = { .order = ORDER, .head = *head };
  memcpy (h.magic, MAGIC, sizeof h.magic);
  return h;
}

fci_map_state
fci_map_read (fci_work_map *map, int fd, const fci_map_head *head)
{
  struct stat st;
  const file_head wanted = head_of (head);
  *map = (fci_work_map){ .fd = fd };
  pthread_mutex_init (&map->lock, NULL);
  if (fstat (fd, &st) != 0)
    return FCI_MAP_FAILED;
  if (st.st_size < (off_t) sizeof wanted)
    return FCI_MAP_EMPTY;
  const size_t size = st.st_size < MAX_MAP ? (size_t) st.st_size : (size_t) MAX_MAP;
  map->bytes = malloc (size);
  const ssize_t got = map->bytes ? get (fd, map->bytes, size) : -1;
  if (got < (ssize_t) sizeof wanted)
    return got < 0 ? FCI_MAP_FAILED : FCI_MAP_EMPTY;
  if (memcmp (map->bytes, &wanted, sizeof wanted) != 0)
    return FCI_MAP_OTHER;
  map->end = sizeof wanted;
  record_head h;
  for (size_t n; (n = record_at (map->bytes, (size_t) got, (size_t) map->end, &h)) > 0;)
    map->end += n;
  map->n_bytes = (size_t) map->end;
  return FCI_MAP_READ;
}

bool
fci_map_restart (fci_work_map *map, const fci_map_head *head)
{
  const file_head h = head_of (head);
  free (map->bytes);
  map->bytes = NULL;
  map->end = sizeof h;
  return ftruncate (map->fd, 0) == 0 && put (map->fd, &h, sizeof h, 0);
}

bool
fci_map_forget (fci_work_map *map)
{
  if (map->fd < 0 || map->end <= sizeof (file_head))
    return true;
  free (map->bytes);
  map->bytes = NULL;
  map->end = sizeof (file_head);
  if (ftruncate (map->fd, sizeof (file_head)) != 0)
    return false;
  fci_map_append_boot (map);
  errno = map->error;
  return map->error == 0;
}

/* The head is written last, so that a record whose writing was interrupted has a wrong checksum. */
void
fci_map_append (fci_work_map *map, fci_map_kind kind, const void *bytes, size_t n)
{
  record_head head = { .kind = (uint32_t) kind, .n = n };
  if (map->fd < 0 || map->error)
    return;
  head.crc = fci_crc32 (0, (const uint8_t *) &head + sizeof head.crc, sizeof head - sizeof head.crc);
  head.crc = fci_crc32 (head.crc, bytes, n);
  if (put (map->fd, bytes, n, map->end + sizeof head) && put (map->fd, &head, sizeof head, map->end))
    map->end += sizeof head + n;
  else
    map->error = errno;
}

static fci_map_boot
boot_now (void)
{
  fci_map_boot boot = { { 0 } };
  char text[FCI_BOOT_TEXT], host[FCI_HOST_TEXT];
  if (!fci_os_boot (text))
    return boot;
  fci_sha256 sha;
  fci_os_host (host);
  fci_sha256_begin (&sha);
  fci_sha256_add (&sha, text, strlen (text) + 1);
  fci_sha256_add (&sha, host, strlen (host));
  fci_sha256_end (&sha, boot.text);
  return boot;
}

void
fci_map_append_boot (fci_work_map *map)
{
  const fci_map_boot boot = boot_now ();
  fci_map_append (map, FCI_MAP_BOOT, &boot, sizeof boot);
}

/* Returns the offset up to which units are on the disk. */
static uint64_t
synced_until (const fci_work_map *map)
{
  record_head h;
  uint64_t until = 0;
  for (size_t at = sizeof (file_head), n; at < map->n_bytes; at += n)
    {
      n = record_at (map->bytes, map->n_bytes, at, &h);
      if (n == 0)
        break;
      if (h.kind == FCI_MAP_SYNCED && h.n == sizeof until)
        memcpy (&until, map->bytes + at + sizeof h, sizeof until);
    }
  return until;
}

void
fci_map_each (const fci_work_map *map, void (*found) (void *arg, const fci_map_record *record), void *arg)
{
  const fci_map_boot now = boot_now ();
  const uint64_t synced = map->bytes ? synced_until (map) : 0;
  bool here = false;
  record_head h;
  for (size_t at = sizeof (file_head), n; map->bytes && at < map->n_bytes; at += n)
    {
      n = record_at (map->bytes, map->n_bytes, at, &h);
      if (n == 0)
        break;
      const uint8_t *bytes = map->bytes + at + sizeof h;
      if (h.kind == FCI_MAP_BOOT)
        here = h.n == sizeof now && *now.text && memcmp (bytes, &now, sizeof now) == 0;
      found (arg, &(fci_map_record){ .kind = (fci_map_kind) h.kind,
                                     .counts = h.kind == FCI_MAP_UNIT && (here || at < synced),
                                     .bytes = bytes,
                                     .n = (size_t) h.n });
    }
}

/* A record that is looked for. */
typedef struct record_search
{
  fci_map_kind kind;
  const void *bytes; /* NULL: any */
  size_t n;
  bool found;
} record_search;

static void
compare (void *arg, const fci_map_record *record)
{
  record_search *s = arg;
  if (record->kind == s->kind
      && (!s->bytes || (record->n == s->n && memcmp (record->bytes, s->bytes, s->n) == 0)))
    s->found = true;
}

bool
fci_map_has (const fci_work_map *map, fci_map_kind kind, const void *bytes, size_t n)
{
  record_search s = { .kind = kind, .bytes = bytes, .n = n };
  fci_map_each (map, compare, &s);
  return s.found;
}

/* What fci_map_settle keeps. */
typedef struct keeping
{
  uint8_t *bytes;
  size_t n;
  bool drops; /* a unit does not count */
} keeping;

static void
keep (void *arg, const fci_map_record *record)
{
  keeping *k = arg;
  k->drops = k->drops || (record->kind == FCI_MAP_UNIT && !record->counts);
  if (record->kind == FCI_MAP_UNIT ? !record->counts
                                   : record->kind != FCI_MAP_FOLDER && record->kind != FCI_MAP_FILES)
    return;
  const uint8_t *from = record->bytes - sizeof (record_head);
  memcpy (k->bytes + k->n, from, sizeof (record_head) + record->n);
  k->n += sizeof (record_head) + record->n;
}

/* Only units that are on the disk count if some do not: else all were recorded since the machine started. */
bool
fci_map_settle (fci_work_map *map, const fci_map_head *head)
{
  keeping k = { .bytes = map->bytes ? malloc (map->n_bytes) : NULL };
  if (!k.bytes)
    return map->bytes == NULL;
  fci_map_each (map, keep, &k);
  if (!k.drops)
    {
      free (k.bytes);
      return ftruncate (map->fd, (off_t) map->end) == 0;
    }
  bool good = fci_map_restart (map, head);
  if (good)
    fci_map_append_boot (map);
  good = good && map->error == 0 && put (map->fd, k.bytes, k.n, map->end);
  map->end += k.n;
  const uint64_t synced = map->end;
  if (good)
    fci_map_append (map, FCI_MAP_SYNCED, &synced, sizeof synced);
  free (k.bytes);
  free (map->bytes);
  map->n_bytes = (size_t) map->end;
  map->bytes = good && map->error == 0 ? malloc (map->n_bytes) : NULL;
  return map->bytes && get (map->fd, map->bytes, map->n_bytes) == (ssize_t) map->n_bytes;
}

void
fci_map_close (fci_work_map *map)
{
  free (map->bytes);
  map->bytes = NULL;
  pthread_mutex_destroy (&map->lock);
}
