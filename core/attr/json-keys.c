/* core/attr/json-keys.c: finds keys that stand twice in an object.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/json-keys.h"
#include "core/base/ctx.h"
#include "core/base/map.h"
#include "core/base/os.h"
#include "core/base/sort.h"
#include <stdlib.h>
#include <string.h>

enum
{
  FEW = 8,        /* members that are compared with each other */
  LARGE = 4 << 20 /* bytes of hashes that lie on large pages: each access to them is to another page */
};

static bool
twice (fci_json *json, const char *key)
{
  json->fault =
      (fci_attr_fault){ .code = FMTCONV_E_FORMAT,
                        .pos = json->pos,
                        .what = fmtconv_ctx_printf (json->ctx, "duplicate object key near '\"%s\"'", key) };
  return false;
}

static int
compare (const void *a, const void *b, void *arg)
{
  (void) arg;
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static bool
fail_memory (fci_json *json)
{
  json->fault = (fci_attr_fault){ .code = FMTCONV_E_NOMEM, .what = "out of memory" };
  return false;
}

/* Returns memory that is freed at once: the attributes may live in an arena that is reused.  NULL: out of memory. */
static void *
take (fci_json *json, size_t bytes)
{
  fci_budget *budget = &json->ctx->budget;
  if (!fci_budget_take (budget, bytes))
    return NULL;
  void *memory = malloc (bytes);
  if (!memory)
    fci_budget_give (budget, bytes);
  return memory;
}

static void
give_back (fci_json *json, void *memory, size_t bytes)
{
  free (memory);
  fci_budget_give (&json->ctx->budget, bytes);
}

/* Sorts the keys, and names the first that stands twice. */
static bool
compare_keys (fci_json *json, const fmtconv_attr *object)
{
  const size_t bytes = object->len * sizeof (const char *);
  const char **keys = take (json, bytes), *same = NULL;
  size_t n = 0;
  if (!keys)
    return fail_memory (json);
  for (const fmtconv_attr *m = object->first; m; m = m->next)
    keys[n++] = m->key;
  fci_sort (keys, n, sizeof *keys, compare, NULL);
  for (size_t i = 1; i < n && !same; i++)
    same = strcmp (keys[i - 1], keys[i]) ? NULL : keys[i];
  give_back (json, keys, bytes);
  return same ? twice (json, same) : true;
}

/* Adds the hash of a key to a table of a power of two, which has free slots.  Returns whether it was there. */
static bool
is_known (fci_json *json, uint64_t *slot, size_t n_slots, const char *key)
{
  const uint64_t hash = fci_hash (json->ctx->hash_seed, key, strlen (key)) | 1; /* 0: a free slot */
  size_t i = (size_t) (hash >> 1) & (n_slots - 1);
  while (slot[i] && slot[i] != hash)
    i = (i + 1) & (n_slots - 1);
  const bool known = slot[i] != 0;
  slot[i] = hash;
  return known;
}

/* Compares the hashes of many keys, and the keys only if two are equal: to sort them all takes longer for each, the more there
 * are. */
static bool
check_many (fci_json *json, const fmtconv_attr *object)
{
  size_t n_slots = 4 * FEW;
  bool is_suspect = false;
  while (n_slots < object->len + object->len / 2)
    n_slots *= 2;
  uint64_t *slots = take (json, n_slots * sizeof *slots);
  if (!slots)
    return fail_memory (json);
  if (n_slots * sizeof *slots >= LARGE)
    fci_os_large_pages (slots, n_slots * sizeof *slots);
  memset (slots, 0, n_slots * sizeof *slots);
  for (const fmtconv_attr *m = object->first; m && !is_suspect; m = m->next)
    is_suspect = is_known (json, slots, n_slots, m->key);
  give_back (json, slots, n_slots * sizeof *slots);
  return !is_suspect || compare_keys (json, object);
}

bool
fci_json_check_keys (fci_json *json, const fmtconv_attr *object)
{
  if (object->len > FEW)
    return check_many (json, object);
  for (const fmtconv_attr *m = object->first; m; m = m->next)
    for (const fmtconv_attr *other = m->next; other; other = other->next)
      if (!strcmp (m->key, other->key))
        return twice (json, m->key);
  return true;
}
