/* core/attr/json-keys.c: finds keys that stand twice in an object.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/attr/json-keys.h"
#include "core/base/ctx.h"
#include "core/base/sort.h"
#include <stdlib.h>
#include <string.h>

enum
{
  FEW = 8 /* members that are compared with each other */
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

/* Sorts the keys of a large object in memory that is freed at once: the attributes may live in an arena that is reused. */
static bool
check_many (fci_json *json, const fmtconv_attr *object)
{
  fci_budget *budget = &json->ctx->budget;
  const size_t bytes = object->len * sizeof (const char *);
  const char **keys = fci_budget_take (budget, bytes) ? malloc (bytes) : NULL, *same = NULL;
  size_t n = 0;
  if (!keys)
    {
      json->fault = (fci_attr_fault){ .code = FMTCONV_E_NOMEM, .what = "out of memory" };
      return false;
    }
  for (const fmtconv_attr *m = object->first; m; m = m->next)
    keys[n++] = m->key;
  fci_sort (keys, n, sizeof *keys, compare, NULL);
  for (size_t i = 1; i < n && !same; i++)
    same = strcmp (keys[i - 1], keys[i]) ? NULL : keys[i];
  free (keys);
  fci_budget_give (budget, bytes);
  return same ? twice (json, same) : true;
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
