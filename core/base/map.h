/* core/base/map.h: a hash map from byte strings to pointers or numbers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_MAP_H
#define FCI_BASE_MAP_H

#include <fmtconv/types.h>
#include <stdbool.h>

typedef struct fci_map fci_map;

/* Returns an empty map in the context's arena; NULL: out of memory. The hash is seeded, so that a file
 * cannot choose collisions. */
fci_map *fci_map_new (fmtconv_ctx *ctx);

/* Returns an empty map that ends with the scratch that `owner` is in, or is in the context's arena if it is in none. */
fci_map *fci_map_new_beside (fmtconv_ctx *ctx, const void *owner);

/* Binds key (len bytes, referenced, not copied) to value. Returns false if it was bound already (nothing
 * changes; *old receives its value if old != NULL) or out of memory (recorded). */
bool fci_map_add (fci_map *map, const void *key, size_t len, uintptr_t value, uintptr_t *old);

/* Returns whether key is bound, and sets *value if so. */
bool fci_map_get (const fci_map *map, const void *key, size_t len, uintptr_t *value);

/* The same for the key `folder` followed by `name`, such as "vae/" and "config.json".  false: also if name has a '/', or the key
 * is longer than a path. */
bool fci_map_get_in (const fci_map *map, const char *folder, const char *name, uintptr_t *value);

/* Returns the place of the value that the key (referenced, not copied) is bound to, 0 if it was not bound; it is valid until the
 * next call for the map.  NULL: an error (recorded). */
uintptr_t *fci_map_place (fci_map *map, const void *key, size_t len);

/* Binds key, replacing an earlier value. Returns false if out of memory (recorded). */
bool fci_map_set (fci_map *map, const void *key, size_t len, uintptr_t value);

size_t fci_map_count (const fci_map *map);

/* Makes room for n keys in all, so that slots are not copied while they are bound.  Returns false if out of memory (recorded). */
bool fci_map_reserve (fci_map *map, size_t n);

/* Returns the map's bytes, without keys and values. */
size_t fci_map_memory (const fci_map *map);

/* Returns SipHash-2-4 of len bytes, the hash that the map uses. */
uint64_t fci_hash (const uint64_t seed[2], const void *bytes, size_t len);

#endif
