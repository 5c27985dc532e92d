/* plugins/lora-merge/adapters.c: chooses the adapters to merge, and their order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <math.h>
#include <stdlib.h>
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
      for (k = 0; k < list->n && strcmp (list->name[k], m->terms[i].group->adapter) != 0;)
        k++;
      if (k == MAX_ADAPTERS)
        return fmtconv_fail (m->ctx, FMTCONV_E_LIMIT, "the LoRA has more than %d adapters",
                             (int) MAX_ADAPTERS);
      if (k == list->n)
        list->name[list->n++] = m->terms[i].group->adapter;
    }
  return 0;
}

/* Fails with `what`, and lists the adapters. */
static int
fail_listing (const struct merge *m, const struct list *list, int code, const char *what)
{
  for (size_t i = 0; i < list->n; i++)
    fmtconv_detail (m->ctx, "'%s'", list->name[i]);
  return fmtconv_fail_at (m->ctx, code,
                          &(fmtconv_where){ .hint = "choose one with lora-merge:adapter=NAME; repeat it to "
                                                    "add several, at weights with adapter=NAME@W" },
                          "%s:", what);
}

/* An entry of the user's list: "NAME" or "NAME@WEIGHT". */
struct wanted
{
  size_t len;    /* of the name */
  double weight; /* NaN: not given */
};

static struct wanted
parse_wanted (const char *text)
{
  const char *at = strrchr (text, '@');
  char *end = NULL;
  const double weight = at && at[1] ? strtod (at + 1, &end) : NAN;
  return end && !*end && isfinite (weight) ? (struct wanted){ (size_t) (at - text), weight }
                                           : (struct wanted){ strlen (text), NAN };
}

/* Returns whether an entry of the user's list names the adapter.  A name may hold '@' itself. */
static int
names (const char *text, const char *adapter, double *weight)
{
  const struct wanted w = parse_wanted (text);
  if (strcmp (text, adapter) == 0)
    {
      *weight = NAN;
      return 1;
    }
  *weight = w.weight;
  return strncmp (text, adapter, w.len) == 0 && !adapter[w.len];
}

/* Sets the position of the term's adapter in the user's list, and its weight.  All are wanted if the list is
 * empty. */
static void
choose (const struct merge *m, struct merge_term *t)
{
  const fmtconv_pairs *wanted = &m->params->adapter;
  double weight;
  t->weight = m->params->weight;
  t->order = wanted->n ? MERGE_NOT_WANTED : 0;
  for (size_t i = wanted->n; i-- > 0;)
    if (names (wanted->value[i], t->group->adapter, &weight))
      {
        t->order = (int) i;
        t->weight = m->params->weight * (isnan (weight) ? 1 : weight);
      }
}

static int
check_wanted (const struct merge *m, const struct list *list)
{
  const fmtconv_pairs *wanted = &m->params->adapter;
  double weight;
  for (size_t i = 0, k; i < wanted->n; i++)
    {
      for (k = 0; k < list->n && !names (wanted->value[i], list->name[k], &weight);)
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
    choose (m, &m->terms[i]);
  return 0;
}
