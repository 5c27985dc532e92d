/* core/exec/write/map.h: the work map, a file that says which units of a conversion are written.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A header, then records, which are only appended.  Each has its own checksum: the first one that is wrong or cut ends the
 * map, as a machine that stopped may have lost or mixed what was appended last.  Numbers have the order of the machine, which
 * the header tells.
 *
 * A killed process loses nothing that it wrote; a machine that loses power may lose it.  So a unit counts if it was recorded since
 * the machine started, or if a record FCI_MAP_SYNCED, which is appended after a flush of all output files, covers it. */
#ifndef FCI_EXEC_WRITE_MAP_H
#define FCI_EXEC_WRITE_MAP_H

#include "core/kernel/sha256.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum fci_map_kind
{
  FCI_MAP_BOOT = 1, /* fci_map_boot: a process began to append */
  FCI_MAP_UNIT,     /* a unit and what it left: note.h */
  FCI_MAP_FOLDER,   /* a uint64_t: inode of a temporary folder that holds the files */
  FCI_MAP_FILES,    /* of a share: uint64_t for each file of the plan, its inode */
  FCI_MAP_DONE,     /* of a share: all its units are on the disk; no bytes */
  FCI_MAP_SYNCED,   /* a uint64_t: records before this offset are of units that are on the disk */
} fci_map_kind;

/* Which start of which machine; all 0: unknown. */
typedef struct fci_map_boot
{
  char text[FCI_SHA256_TEXT];
} fci_map_boot;

/* What a map is of. */
typedef struct fci_map_head
{
  char identity[FCI_SHA256_TEXT]; /* digest of the plan, the chain, the inputs and the version */
} fci_map_head;

typedef struct fci_work_map
{
  int fd; /* -1: there is no map */
  pthread_mutex_t lock;
  uint64_t end;      /* of the records */
  uint64_t unsynced; /* bytes of output that were recorded since the last FCI_MAP_SYNCED */
  bool syncing;      /* a worker flushes the files */
  int error;         /* errno of an append that failed: nothing is appended any more */
  uint8_t *bytes;    /* of a map that was read; NULL: none */
  size_t n_bytes;    /* that were read; what is appended comes after them */
} fci_work_map;

/* A record of a map that was read. */
typedef struct fci_map_record
{
  fci_map_kind kind;
  bool counts; /* a unit whose bytes are in the files */
  const uint8_t *bytes;
  size_t n;
} fci_map_record;

typedef enum fci_map_state
{
  FCI_MAP_FAILED = -1, /* errno is set */
  FCI_MAP_EMPTY,       /* no map, or one that was cut in its header */
  FCI_MAP_OTHER,       /* a map of something else */
  FCI_MAP_READ
} fci_map_state;

/* Takes an open file, which stays the caller's, as a map, and reads it. */
fci_map_state fci_map_read (fci_work_map *map, int fd, const fci_map_head *head);

/* Cuts a map to its header, which is written.  Returns false with errno.  What was read is gone. */
bool fci_map_restart (fci_work_map *map, const fci_map_head *head);

/* Removes all records: nothing is written yet.  Returns false with errno. */
bool fci_map_forget (fci_work_map *map);

/* Removes the units that do not count from a map that was read, so that what is flushed later does not make them count, and
 * what is cut.  Returns false with errno. */
bool fci_map_settle (fci_work_map *map, const fci_map_head *head);

/* Appends a record of n bytes.  After a failure, map->error says why, and nothing is appended any more.  Thread: any that
 * holds the lock, or the only one. */
void fci_map_append (fci_work_map *map, fci_map_kind kind, const void *bytes, size_t n);

/* Appends the record that says where this process runs. */
void fci_map_append_boot (fci_work_map *map);

/* Returns whether the map that was read has a record of n bytes; bytes: NULL: any record of that kind. */
bool fci_map_has (const fci_work_map *map, fci_map_kind kind, const void *bytes, size_t n);

/* Calls `found` for each record of a map that was read, in order. */
void fci_map_each (const fci_work_map *map, void (*found) (void *arg, const fci_map_record *record),
                   void *arg);

/* Frees what belongs to the map, but not the descriptor. */
void fci_map_close (fci_work_map *map);

#endif
