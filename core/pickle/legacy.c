/* core/pickle/legacy.c: reads torch.save's format before torch 1.6.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/pickle/legacy.h"
#include "core/pickle/machine.h"
#include "core/pickle/storage.h"
#include <stdlib.h>
#include <string.h>

enum
{
  PROTOCOL = 1001
};

/* Matches the magic number as any pickler writes it; since protocol 4, a frame precedes it. */
bool
fci_torch_is_legacy (const uint8_t *head, size_t n)
{
  static const char magic[] = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  size_t at = n > 2 && head[2] == 0x95 ? 11 : 2;
  return n >= at + sizeof magic - 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
         && !memcmp (head + at, magic, sizeof magic - 1);
}

static int
wrong (const fci_torch_legacy *legacy, int code, uint64_t at, const char *why)
{
  return fmtconv_fail_at (legacy->ctx, code, &(fmtconv_where){ .source = legacy->source, .offset = at }, "%s",
                          why);
}

/* Loads the next pickle.  storages: collects the persistent ids; NULL: not wanted. */
static int
next (fci_torch_legacy *legacy, const char *what, fci_pickle_storages *storages, fci_pickle_loaded *loaded)
{
  fmtconv_ctx *ctx = legacy->ctx;
  uint64_t used = 0;
  if (!legacy->source)
    {
      int code = fci_pickle_load_next (ctx, legacy->bytes + legacy->pos, legacy->size - legacy->pos, storages,
                                       &used, loaded);
      legacy->pos += used;
      return code;
    }
  const uint64_t end = fci_pickle_measure (
      &(fmtconv_cursor){ .source = legacy->source, .pos = legacy->pos, .end = legacy->size });
  fmtconv_source *pickle = fmtconv_source_window (legacy->source, legacy->pos, end - legacy->pos, what);
  legacy->pos = end;
  return pickle ? fci_pickle_load_source (ctx, pickle, storages, loaded) : fmtconv_ctx_failed (ctx);
}

static int
load_head (fci_torch_legacy *legacy)
{
  fci_pickle_loaded magic, protocol, system;
  if (next (legacy, "magic number", NULL, &magic) || next (legacy, "protocol", NULL, &protocol))
    return fmtconv_ctx_failed (legacy->ctx);
  if (protocol.top.kind != FMTCONV_VALUE_INT || protocol.top.v.i != PROTOCOL)
    return wrong (
        legacy, FMTCONV_E_UNSUPPORTED, legacy->pos,
        fmtconv_ctx_printf (legacy->ctx, "the protocol of torch.save's old format is not %d", PROTOCOL));
  if (next (legacy, "system", NULL, &system))
    return fmtconv_ctx_failed (legacy->ctx);
  if (system.top.kind != FMTCONV_VALUE_DICT)
    return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                  fmtconv_ctx_printf (legacy->ctx, "expected a dictionary of machine facts, found a %s",
                                      fmtconv_value_describe (legacy->ctx, &system.top)));
  return 0;
}

static int
compare_keys (const fmtconv_value *a, const fmtconv_value *b)
{
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  return memcmp (a->v.s, b->v.s, a->len);
}

static int
compare_places (const void *left, const void *right)
{
  const fci_torch_place *a = left, *b = right;
  int r = compare_keys (&a->key, &b->key);
  return r ? r : (a->at > b->at) - (a->at < b->at);
}

/* Reports an error of one storage. */
static int
wrong_storage (const fci_torch_legacy *legacy, uint64_t at, const fmtconv_value *key, const char *why)
{
  return wrong (legacy, FMTCONV_E_FORMAT, at,
                fmtconv_ctx_printf (legacy->ctx, "storage '%.*s' %s", key->len < 64 ? (int) key->len : 64,
                                    key->v.s, why));
}

/* Sorts the storages and removes duplicates; the element size of the first reference counts. */
static void
unite (fci_torch_legacy *legacy)
{
  uint32_t kept = 0;
  qsort (legacy->places, legacy->n, sizeof *legacy->places, compare_places);
  for (uint32_t i = 0; i < legacy->n; i++)
    {
      fci_torch_place *place = &legacy->places[i];
      if (kept == 0 || compare_keys (&legacy->places[kept - 1].key, &place->key))
        legacy->places[kept++] = *place;
    }
  legacy->n = kept;
}

static int
refer (fci_torch_legacy *legacy, const fci_pickle_storages *storages)
{
  legacy->places = fmtconv_scratch_alloc (legacy->ctx, storages->n, sizeof *legacy->places);
  if (!legacy->places)
    return FMTCONV_E_NOMEM;
  for (uint32_t i = 0; i < storages->n; i++)
    {
      fci_torch_tensor t = { 0 };
      const fci_pickle_storage *id = &storages->at[i];
      if (fci_torch_storage_extent (legacy->ctx, id, &t))
        return wrong (legacy, t.code, legacy->pos, fmtconv_ctx_printf (legacy->ctx, "a storage: %s", t.why));
      legacy->places[legacy->n++] =
          (fci_torch_place){ .key = { .kind = FMTCONV_VALUE_STRING, .len = id->key_len, .v.s = id->key },
                             .item = t.item,
                             .bytes = t.storage_bytes,
                             .at = id->offset };
    }
  unite (legacy);
  return 0;
}

static fci_torch_place *
find (const fci_torch_legacy *legacy, const fmtconv_value *key)
{
  uint32_t a = 0, b = legacy->n;
  while (a < b)
    {
      uint32_t middle = a + (b - a) / 2;
      int r = compare_keys (&legacy->places[middle].key, key);
      if (r == 0)
        return &legacy->places[middle];
      if (r < 0)
        a = middle + 1;
      else
        b = middle;
    }
  return NULL;
}

const fci_torch_place *
fci_torch_legacy_find (const fci_torch_legacy *legacy, const fmtconv_value *key)
{
  return find (legacy, key);
}

/* Reads the number of elements that precedes them. */
static int
take_count (fci_torch_legacy *legacy, const fmtconv_value *key, uint64_t *count)
{
  uint8_t bytes[8] = { 0 };
  if (legacy->size - legacy->pos < sizeof bytes)
    return wrong_storage (legacy, legacy->pos, key, "is missing: the file ends before it");
  if (legacy->source)
    {
      fmtconv_cursor cursor = fmtconv_cursor_start (legacy->source);
      cursor.pos = legacy->pos;
      *count = fmtconv_cursor_take_le (&cursor, sizeof bytes);
    }
  else
    {
      memcpy (bytes, legacy->bytes + legacy->pos, sizeof bytes);
      *count = 0;
      for (unsigned i = sizeof bytes; i-- > 0;)
        *count = *count << 8 | bytes[i];
    }
  legacy->pos += sizeof bytes;
  return fmtconv_ctx_failed (legacy->ctx);
}

/* Sets the position of the next storage in the file. */
static int
place (fci_torch_legacy *legacy, const fmtconv_value *key)
{
  fmtconv_ctx *ctx = legacy->ctx;
  uint64_t count = 0, at = legacy->pos;
  fci_torch_place *known = find (legacy, key);
  if (!known)
    return wrong_storage (legacy, at, key, "is listed, but no tensor uses it");
  if (known->start)
    return wrong_storage (legacy, at, key, "is listed twice");
  if (take_count (legacy, key, &count))
    return fmtconv_ctx_failed (ctx);
  if (count != known->bytes / known->item)
    return wrong_storage (legacy, at, key,
                          fmtconv_ctx_printf (ctx, "has %llu elements, but the pickle says %llu",
                                              (unsigned long long) count,
                                              (unsigned long long) (known->bytes / known->item)));
  if (known->bytes > legacy->size - legacy->pos)
    return wrong_storage (legacy, at, key,
                          fmtconv_ctx_printf (ctx, "has %llu bytes, but the file ends after %llu of them",
                                              (unsigned long long) known->bytes,
                                              (unsigned long long) (legacy->size - legacy->pos)));
  known->start = legacy->pos;
  legacy->pos += known->bytes;
  return 0;
}

static int
place_all (fci_torch_legacy *legacy, const fmtconv_value *keys)
{
  fmtconv_ctx *ctx = legacy->ctx;
  if (keys->kind != FMTCONV_VALUE_LIST)
    return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                  fmtconv_ctx_printf (ctx, "expected the list of storages, found a %s",
                                      fmtconv_value_describe (ctx, keys)));
  for (uint32_t i = 0; i < keys->v.items->n; i++)
    {
      const fmtconv_value *key = &keys->v.items->at[i];
      if (key->kind != FMTCONV_VALUE_STRING)
        return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                      fmtconv_ctx_printf (ctx, "the list of storages contains a %s",
                                          fmtconv_value_describe (ctx, key)));
      if (place (legacy, key))
        return fmtconv_ctx_failed (ctx);
    }
  for (uint32_t i = 0; i < legacy->n; i++)
    if (!legacy->places[i].start)
      return wrong_storage (legacy, legacy->pos, &legacy->places[i].key, "is not in the list of storages");
  if (legacy->pos < legacy->size)
    return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                  fmtconv_ctx_printf (ctx, "%llu bytes follow the last storage",
                                      (unsigned long long) (legacy->size - legacy->pos)));
  return 0;
}

int
fci_torch_legacy_load (fmtconv_ctx *ctx, fci_torch_legacy *legacy, fci_pickle_loaded *loaded)
{
  legacy->ctx = ctx;
  legacy->size = legacy->source ? fmtconv_source_size (legacy->source) : legacy->size;
  fci_pickle_storages storages = { 0 };
  fci_pickle_loaded keys;
  if (load_head (legacy) || next (legacy, "object", &storages, loaded) || refer (legacy, &storages)
      || next (legacy, "list of storages", NULL, &keys))
    return fmtconv_ctx_failed (ctx);
  return place_all (legacy, &keys.top);
}
