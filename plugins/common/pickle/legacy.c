/* plugins/common/pickle/legacy.c: reads torch.save's format before torch 1.6.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "plugins/common/pickle/legacy.h"
#include "plugins/common/pickle/machine.h"
#include "plugins/common/pickle/storage.h"
#include <stdlib.h>
#include <string.h>

enum
{
  PROTOCOL = 1001
};

/* Matches the magic number as any pickler writes it; since protocol 4, a frame precedes it. */
bool
torch_is_legacy (const uint8_t *head, size_t n)
{
  static const char magic[] = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
  size_t at = n > 2 && head[2] == 0x95 ? 11 : 2;
  return n >= at + sizeof magic - 1 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5
         && !memcmp (head + at, magic, sizeof magic - 1);
}

static int
wrong (const torch_legacy *legacy, int code, uint64_t at, const char *why)
{
  return fmtconv_fail_at (legacy->ctx, code, &(fmtconv_where){ .source = legacy->source, .offset = at }, "%s",
                          why);
}

/* Loads the next pickle.  storages: collects the persistent ids; NULL: not wanted. */
static int
next (torch_legacy *legacy, const char *what, pk_items *storages, pk_value *value)
{
  fmtconv_ctx *ctx = legacy->ctx;
  uint64_t used = 0;
  if (!legacy->source)
    {
      legacy->pickled = legacy->bytes + legacy->pos;
      int code =
          pk_load_next (ctx, NULL, legacy->pickled, legacy->size - legacy->pos, storages, &used, value);
      legacy->pos += used;
      return code;
    }
  uint64_t end = pk_measure (legacy->source, legacy->pos);
  legacy->object = fmtconv_source_window (legacy->source, legacy->pos, end - legacy->pos, what);
  legacy->pos = end;
  return legacy->object ? pk_load_source (ctx, legacy->object, storages, &legacy->pickled, value)
                        : fmtconv_ctx_failed (ctx);
}

static int
load_head (torch_legacy *legacy)
{
  pk_value magic = { 0 }, protocol = { 0 }, system = { 0 };
  if (next (legacy, "magic number", NULL, &magic) || next (legacy, "protocol", NULL, &protocol))
    return fmtconv_ctx_failed (legacy->ctx);
  if (protocol.kind != PK_INT || protocol.v.i != PROTOCOL)
    return wrong (
        legacy, FMTCONV_E_UNSUPPORTED, legacy->pos,
        fmtconv_ctx_printf (legacy->ctx, "the protocol of torch.save's old format is not %d", PROTOCOL));
  if (next (legacy, "system", NULL, &system))
    return fmtconv_ctx_failed (legacy->ctx);
  if (system.kind != PK_DICT)
    return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                  fmtconv_ctx_printf (legacy->ctx, "expected a dictionary of machine facts, found a %s",
                                      pk_describe (legacy->ctx, &system)));
  return 0;
}

static int
compare_keys (const pk_value *a, const pk_value *b)
{
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  return memcmp (a->v.s, b->v.s, a->len);
}

static int
compare_places (const void *left, const void *right)
{
  const torch_place *a = left, *b = right;
  int r = compare_keys (a->key, b->key);
  return r ? r : (a->at > b->at) - (a->at < b->at);
}

/* Reports an error of one storage. */
static int
wrong_storage (const torch_legacy *legacy, uint64_t at, const pk_value *key, const char *why)
{
  return wrong (legacy, FMTCONV_E_FORMAT, at,
                fmtconv_ctx_printf (legacy->ctx, "storage '%.*s' %s", key->len < 64 ? (int) key->len : 64,
                                    key->v.s, why));
}

/* Sorts the storages and removes duplicates; the element size of the first reference counts. */
static void
unite (torch_legacy *legacy)
{
  uint32_t kept = 0;
  qsort (legacy->places, legacy->n, sizeof *legacy->places, compare_places);
  for (uint32_t i = 0; i < legacy->n; i++)
    {
      torch_place *place = &legacy->places[i];
      if (kept == 0 || compare_keys (legacy->places[kept - 1].key, place->key))
        legacy->places[kept++] = *place;
    }
  legacy->n = kept;
}

static int
refer (torch_legacy *legacy, const pk_items *storages)
{
  legacy->places = fmtconv_ctx_alloc (legacy->ctx, storages->n, sizeof *legacy->places);
  if (!legacy->places)
    return FMTCONV_E_NOMEM;
  for (uint32_t i = 0; i < storages->n; i++)
    {
      torch_tensor t = { 0 };
      torch_place *place = &legacy->places[legacy->n++];
      place->at = storages->at[i].v.object->at;
      if (torch_storage_extent (legacy->ctx, &storages->at[i], &t, &place->key, &place->item))
        return wrong (legacy, t.code, legacy->pos, fmtconv_ctx_printf (legacy->ctx, "a storage: %s", t.why));
      place->bytes = t.storage_bytes;
    }
  unite (legacy);
  return 0;
}

static torch_place *
find (const torch_legacy *legacy, const pk_value *key)
{
  torch_place wanted = { .key = key };
  uint32_t a = 0, b = legacy->n;
  while (a < b)
    {
      uint32_t middle = a + (b - a) / 2;
      int r = compare_keys (legacy->places[middle].key, wanted.key);
      if (r == 0)
        return &legacy->places[middle];
      if (r < 0)
        a = middle + 1;
      else
        b = middle;
    }
  return NULL;
}

const torch_place *
torch_legacy_find (const torch_legacy *legacy, const char *key)
{
  return find (legacy, &(pk_value){ .kind = PK_STRING, .len = (uint32_t) strlen (key), .v.s = key });
}

/* Reads the number of elements that precedes them. */
static int
take_count (torch_legacy *legacy, const pk_value *key, uint64_t *count)
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
place (torch_legacy *legacy, const pk_value *key)
{
  fmtconv_ctx *ctx = legacy->ctx;
  uint64_t count = 0, at = legacy->pos;
  torch_place *known = find (legacy, key);
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
place_all (torch_legacy *legacy, const pk_value *keys)
{
  fmtconv_ctx *ctx = legacy->ctx;
  if (keys->kind != PK_LIST)
    return wrong (
        legacy, FMTCONV_E_FORMAT, legacy->pos,
        fmtconv_ctx_printf (ctx, "expected the list of storages, found a %s", pk_describe (ctx, keys)));
  for (uint32_t i = 0; i < keys->v.items->n; i++)
    {
      const pk_value *key = &keys->v.items->at[i];
      if (key->kind != PK_STRING)
        return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                      fmtconv_ctx_printf (ctx, "the list of storages contains a %s", pk_describe (ctx, key)));
      if (place (legacy, key))
        return fmtconv_ctx_failed (ctx);
    }
  for (uint32_t i = 0; i < legacy->n; i++)
    if (!legacy->places[i].start)
      return wrong_storage (legacy, legacy->pos, legacy->places[i].key, "is not in the list of storages");
  if (legacy->pos < legacy->size)
    return wrong (legacy, FMTCONV_E_FORMAT, legacy->pos,
                  fmtconv_ctx_printf (ctx, "%llu bytes follow the last storage",
                                      (unsigned long long) (legacy->size - legacy->pos)));
  return 0;
}

int
torch_legacy_load (fmtconv_ctx *ctx, torch_legacy *legacy, pk_value *top)
{
  legacy->ctx = ctx;
  legacy->size = legacy->source ? fmtconv_source_size (legacy->source) : legacy->size;
  pk_items *storages = pk_items_new (ctx, NULL, 0);
  pk_value keys = { 0 };
  if (!storages || load_head (legacy) || next (legacy, "object", storages, top))
    return fmtconv_ctx_failed (ctx);
  fmtconv_source *object = legacy->object;
  const uint8_t *pickled = legacy->pickled;
  if (refer (legacy, storages) || next (legacy, "list of storages", NULL, &keys) || place_all (legacy, &keys))
    return fmtconv_ctx_failed (ctx);
  legacy->object = object;
  legacy->pickled = pickled;
  return 0;
}
