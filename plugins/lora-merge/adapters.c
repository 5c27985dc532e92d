/* plugins/lora-merge/adapters.c: chooses the adapters to merge, and their order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <string.h>

enum
{
  MAX_ADAPTERS = 64
};

struct list
{
  const char *name[MAX_ADAPTERS];
  size_t n;
};

static int
list_adapters (const struct merge *m, struct list *list)
{
  list->n = 0;
  for (size_t i = 0, k; i < m->n; i++)
    {
      for (k = 0; k < list->n && strcmp (list->name[k], m->pairs[i].adapter) != 0;)
        k++;
      if (k == MAX_ADAPTERS)
        return fmtconv_fail (m->ctx, FMTCONV_E_LIMIT, "the LoRA has more than %d adapters",
                             (int) MAX_ADAPTERS);
      if (k == list->n)
        list->name[list->n++] = m->pairs[i].adapter;
    }
  return 0;
}

/* Fails with `what`, and lists the adapters. */
static int
fail_listing (const struct merge *m, const struct list *list, int code, const char *what)
{
  for (size_t i = 0; i < list->n; i++)
    fmtconv_detail (m->ctx, "'%s'", list->name[i]);
  return fmtconv_fail_at (
      m->ctx, code,
      &(fmtconv_where){ .hint = "choose one with lora-merge:adapter=NAME; repeat it to add several" },
      "%s:", what);
}

/* Returns the position of an adapter in the user's list, or MERGE_NOT_WANTED.  All are wanted if the list is
 * empty. */
static int
order_of (const fmtconv_pairs *wanted, const char *adapter)
{
  for (size_t i = 0; i < wanted->n; i++)
    if (strcmp (wanted->value[i], adapter) == 0)
      return (int) i;
  return wanted->n ? MERGE_NOT_WANTED : 0;
}

static int
check_wanted (const struct merge *m, const struct list *list)
{
  const fmtconv_pairs *wanted = &m->params->adapter;
  for (size_t i = 0, k; i < wanted->n; i++)
    {
      for (k = 0; k < list->n && strcmp (list->name[k], wanted->value[i]) != 0;)
        k++;
      if (k == list->n)
        return fail_listing (
            m, list, FMTCONV_E_USAGE,
            fmtconv_ctx_printf (m->ctx, "the LoRA has no adapter '%s', only", wanted->value[i]));
    }
  return fmtconv_ctx_failed (m->ctx);
}

int
merge_choose_adapters (struct merge *m)
{
  struct list list;
  if (list_adapters (m, &list) || check_wanted (m, &list))
    return fmtconv_ctx_failed (m->ctx);
  if (list.n > 1 && m->params->adapter.n == 0)
    return fail_listing (m, &list, FMTCONV_E_UNSUPPORTED, "the LoRA has several adapters");
  for (size_t i = 0; i < m->n; i++)
    m->pairs[i].order = order_of (&m->params->adapter, m->pairs[i].adapter);
  return 0;
}
