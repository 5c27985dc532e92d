/* core/base/map.c: open addressing over a keyed hash (SipHash-2-4).
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/os.h"
#include "core/base/scratch.h"
#include "core/base/size.h"
#include <stdlib.h>
#include <string.h>

enum
{
  FIRST_SLOTS = 8,
  LARGE = 4 << 20 /* bytes of slots that lie on large pages: each access to them is to another page */
};

typedef struct slot
{
  const void *key; /* NULL: free */
  uint32_t len;
  uint32_t hash;
  uintptr_t value;
} slot;

struct fci_map
{
  fmtconv_ctx *ctx;
  slot *slots;
  size_t n_slots; /* a power of two, or 0 */
  size_t count;
};

/* The address of an empty key, which must not be NULL. */
static const char no_bytes[1];

static inline uint64_t
rotate (uint64_t v, int bits)
{
  return v << bits | v >> (64 - bits);
}

static inline void
sip_round (uint64_t v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = rotate (v[1], 13) ^ v[0];
  v[3] = rotate (v[3], 16) ^ v[2];
  v[0] = rotate (v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = rotate (v[1], 17) ^ v[2];
  v[3] = rotate (v[3], 21) ^ v[0];
  v[2] = rotate (v[2], 32);
}

static inline void
sip_word (uint64_t v[4], uint64_t word)
{
  v[3] ^= word;
  sip_round (v);
  sip_round (v);
  v[0] ^= word;
}

static inline uint64_t
little_endian (const uint8_t *p, size_t n)
{
  uint64_t word = 0;
  for (size_t i = 0; i < n; i++)
    word |= (uint64_t) p[i] << (8 * i);
  return word;
}

uint64_t
fci_hash (const uint64_t seed[2], const void *bytes, size_t len)
{
  uint64_t v[4] = { seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d, seed[0] ^ 0x6c7967656e657261,
                    seed[1] ^ 0x7465646279746573 };
  const uint8_t *p = bytes;
  size_t left = len;
  for (; left >= 8; p += 8, left -= 8)
    sip_word (v, little_endian (p, 8));
  sip_word (v, little_endian (p, left) | (uint64_t) len << 56);
  v[2] ^= 0xff;
  for (int i = 0; i < 4; i++)
    sip_round (v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void
free_slots (void *map)
{
  const fci_map *m = map;
  fci_budget_give (&m->ctx->budget, m->n_slots * sizeof *m->slots);
  free (m->slots);
}

/* Slots are on the heap: in the arena, outgrown slots would double the memory. */
fci_map *
fci_map_new (fmtconv_ctx *ctx)
{
  fci_map *map = fci_new (ctx, fci_map);
  if (!map || fci_defer_call (ctx, free_slots, map) != 0)
    return NULL;
  map->ctx = ctx;
  return map;
}

fci_map *
fci_map_new_beside (fmtconv_ctx *ctx, const void *owner)
{
  fci_scratch *const scratch = fci_scratch_of (ctx, owner);
  if (!scratch)
    return fci_map_new (ctx);
  fci_scratch *const before = fci_scratch_switch (ctx, scratch);
  fci_map *map = fmtconv_scratch_alloc (ctx, 1, sizeof *map);
  if (map)
    map->ctx = ctx;
  if (map && fci_scratch_defer (ctx, free_slots, map))
    map = NULL;
  fci_scratch_switch (ctx, before);
  return map;
}

/* Returns the slot of the key, or the free slot for it. A free slot always exists. */
static slot *
find (const fci_map *map, const void *key, size_t len, uint32_t hash)
{
  for (size_t i = hash;; i++)
    {
      slot *s = &map->slots[i & (map->n_slots - 1)];
      if (!s->key || (s->hash == hash && s->len == len && memcmp (s->key, key, len) == 0))
        return s;
    }
}

static slot *
new_slots (fmtconv_ctx *ctx, size_t n)
{
  uint64_t bytes;
  if (!fci_size_mul (n, sizeof (slot), &bytes) || !fci_budget_take (&ctx->budget, bytes))
    return fci_nomem (ctx);
  slot *slots = calloc (n, sizeof *slots);
  if (!slots)
    {
      fci_budget_give (&ctx->budget, bytes);
      fci_nomem (ctx);
    }
  if (slots && bytes >= LARGE)
    fci_os_large_pages (slots, bytes);
  return slots;
}

/* Returns whether so many keys fit at a load of at most 3/4. */
static bool
fits (size_t n, size_t n_slots)
{
  return n <= n_slots - n_slots / 4;
}

bool
fci_map_reserve (fci_map *map, size_t n)
{
  if (fits (n, map->n_slots))
    return true;
  fci_map old = *map;
  size_t n_slots = old.n_slots ? 2 * old.n_slots : FIRST_SLOTS;
  while (!fits (n, n_slots) && n_slots <= SIZE_MAX / 4)
    n_slots *= 2;
  slot *slots = new_slots (map->ctx, n_slots);
  if (!slots)
    return false;
  map->slots = slots;
  map->n_slots = n_slots;
  for (size_t i = 0; i < old.n_slots; i++)
    if (old.slots[i].key)
      *find (map, old.slots[i].key, old.slots[i].len, old.slots[i].hash) = old.slots[i];
  fci_budget_give (&map->ctx->budget, old.n_slots * sizeof *old.slots);
  free (old.slots);
  return true;
}

/* Returns the slot of the key, bound or new; *known: it was bound before. NULL: an error (recorded). */
static slot *
bind (fci_map *map, const void *key, size_t len, bool *known)
{
  if (len > UINT32_MAX)
    {
      fmtconv_fail (map->ctx, FMTCONV_E_LIMIT, "a name of %zu bytes is too long", len);
      return NULL;
    }
  if (!fci_map_reserve (map, map->count + 1))
    return NULL;
  uint32_t hash = (uint32_t) fci_hash (map->ctx->hash_seed, key, len);
  slot *s = find (map, key ? key : no_bytes, len, hash);
  *known = s->key != NULL;
  if (!*known)
    {
      *s = (slot){ .key = key ? key : no_bytes, .len = (uint32_t) len, .hash = hash };
      map->count++;
    }
  return s;
}

bool
fci_map_add (fci_map *map, const void *key, size_t len, uintptr_t value, uintptr_t *old)
{
  bool known = false;
  slot *s = map ? bind (map, key, len, &known) : NULL;
  if (!s)
    return false;
  if (!known)
    s->value = value;
  else if (old)
    *old = s->value;
  return !known;
}

uintptr_t *
fci_map_place (fci_map *map, const void *key, size_t len)
{
  bool known;
  slot *s = map ? bind (map, key, len, &known) : NULL;
  return s ? &s->value : NULL;
}

bool
fci_map_set (fci_map *map, const void *key, size_t len, uintptr_t value)
{
  bool known;
  slot *s = map ? bind (map, key, len, &known) : NULL;
  if (!s)
    return false;
  s->value = value;
  return true;
}

bool
fci_map_get (const fci_map *map, const void *key, size_t len, uintptr_t *value)
{
  if (!map || map->count == 0 || len > UINT32_MAX)
    return false;
  const slot *s = find (map, key ? key : no_bytes, len, (uint32_t) fci_hash (map->ctx->hash_seed, key, len));
  if (!s->key)
    return false;
  *value = s->value;
  return true;
}

bool
fci_map_get_in (const fci_map *map, const char *folder, const char *name, uintptr_t *value)
{
  char key[FCI_PATH_MAX];
  const size_t n = strlen (folder), m = strlen (name);
  if (n >= sizeof key || m >= sizeof key - n || strchr (name, '/'))
    return false;
  memcpy (key, folder, n);
  memcpy (key + n, name, m);
  return fci_map_get (map, key, n + m, value);
}

size_t
fci_map_count (const fci_map *map)
{
  return map ? map->count : 0;
}

size_t
fci_map_memory (const fci_map *map)
{
  return map ? sizeof *map + map->n_slots * sizeof *map->slots : 0;
}
