/* core/pickle/find.c: finds a key of a dictionary, or a text in another container.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/scratch.h"
#include "core/pickle/access.h"
#include "core/pickle/find.h"
#include <stdlib.h>
#include <string.h>

/* Sorted by length, by bytes, then as the file has them. */
typedef struct fci_pickle_texts
{
  uint32_t n;
  const fmtconv_value *at[];
} fci_pickle_texts;

static int
compare_texts (const fmtconv_value *a, const fmtconv_value *b)
{
  if (a->len != b->len)
    return a->len < b->len ? -1 : 1;
  return memcmp (a->v.s, b->v.s, a->len);
}

static int
compare (const void *left, const void *right)
{
  const fmtconv_value *a = *(const fmtconv_value *const *) left, *b = *(const fmtconv_value *const *) right;
  const int order = compare_texts (a, b);
  return order ? order : (a > b) - (a < b);
}

static fci_pickle_texts *
sort_texts (fmtconv_ctx *ctx, const fci_pickle_items *items, uint32_t step)
{
  fci_pickle_texts *texts =
      fmtconv_scratch_alloc (ctx, 1, sizeof *texts + (size_t) items->n / step * sizeof *texts->at);
  for (uint32_t i = 0; texts && i + step <= items->n; i += step)
    if (items->at[i].kind == FMTCONV_VALUE_STRING)
      texts->at[texts->n++] = &items->at[i];
  if (texts)
    qsort (texts->at, texts->n, sizeof *texts->at, compare);
  return texts;
}

/* Returns the texts of a large container, sorted when they are first asked for, in the memory that it is in; NULL: out of
 * memory. */
static const fci_pickle_texts *
texts_of (fci_pickle_index *index, const fci_pickle_items *items, uint32_t step)
{
  if (index->texts)
    return index->texts;
  fci_scratch *const before = fci_scratch_switch (index->ctx, index->scratch);
  index->texts = sort_texts (index->ctx, items, step);
  fci_scratch_switch (index->ctx, before);
  return index->texts;
}

/* Returns the last of equal texts. */
static const fmtconv_value *
search_sorted (const fci_pickle_texts *texts, const fmtconv_value *wanted)
{
  uint32_t from = 0, to = texts->n;
  while (from < to)
    {
      const uint32_t middle = from + (to - from) / 2;
      if (compare_texts (texts->at[middle], wanted) <= 0)
        from = middle + 1;
      else
        to = middle;
    }
  return from && !compare_texts (texts->at[from - 1], wanted) ? texts->at[from - 1] : NULL;
}

static const fmtconv_value *
search (const fci_pickle_items *items, uint32_t step, const fmtconv_value *wanted)
{
  fci_pickle_index *index = fci_pickle_index_of (items);
  if (index)
    {
      const fci_pickle_texts *texts = texts_of (index, items, step);
      return texts ? search_sorted (texts, wanted) : NULL;
    }
  for (uint32_t i = items->n / step * step; i > 0; i -= step)
    {
      const fmtconv_value *text = &items->at[i - step];
      if (text->kind == FMTCONV_VALUE_STRING && !compare_texts (text, wanted))
        return text;
    }
  return NULL;
}

const fmtconv_value *
fmtconv_value_find (const fmtconv_value *value, const char *text)
{
  uint32_t step;
  const fci_pickle_items *items = fci_pickle_items_of (value, &step);
  const size_t n = text ? strlen (text) : 0;
  if (!items || !text || n > UINT32_MAX)
    return NULL;
  const fmtconv_value wanted = { .kind = FMTCONV_VALUE_STRING, .len = (uint32_t) n, .v.s = text };
  const fmtconv_value *found = search (items, step, &wanted);
  return found ? found + (step - 1) : NULL;
}
