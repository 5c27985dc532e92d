/* core/base/map.h: a hash map from byte strings to pointers or numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_MAP_H
#define FCI_BASE_MAP_H

#include <fmtconv/types.h>
#include <stdbool.h>

typedef struct fci_map fci_map;

/* An empty map in the context's arena.  The hash is seeded, so that a file cannot choose collisions. */
fci_map *fci_map_new (fmtconv_ctx *ctx);

/* Bind key (len bytes, referenced, not copied) to value; false: it was bound already (nothing
 * changes, *old receives its value where old != NULL) or out of memory (recorded). */
bool fci_map_add (fci_map *map, const void *key, size_t len, uintptr_t value, uintptr_t *old);

/* true and *value where key is bound. */
bool fci_map_get (const fci_map *map, const void *key, size_t len, uintptr_t *value);

/* Bind key anew or for the first time. */
bool fci_map_set (fci_map *map, const void *key, size_t len, uintptr_t value);

size_t fci_map_count (const fci_map *map);

/* Bytes it takes, without keys and values. */
size_t fci_map_memory (const fci_map *map);

/* SipHash-2-4 of len bytes, what the map hashes with. */
uint64_t fci_hash (const uint64_t seed[2], const void *bytes, size_t len);

#endif
