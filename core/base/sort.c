/* core/base/sort.c: sorts arrays; with a context for the comparison by a heap sort.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/sort.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct heap
{
  char *at;
  size_t size; /* bytes of an element */
  int (*compare) (const void *a, const void *b, void *arg);
  void *arg;
} heap;

static void
swap (const heap *h, size_t i, size_t k)
{
  char kept[256], *a = h->at + i * h->size, *b = h->at + k * h->size;
  for (size_t left = h->size, n; left > 0; left -= n, a += n, b += n)
    {
      n = left < sizeof kept ? left : sizeof kept;
      memcpy (kept, a, n);
      memcpy (a, b, n);
      memcpy (b, kept, n);
    }
}

static int
compare (const heap *h, size_t i, size_t k)
{
  return h->compare (h->at + i * h->size, h->at + k * h->size, h->arg);
}

/* Moves element i of a heap of n down to its place. */
static void
sink (const heap *h, size_t i, size_t n)
{
  for (size_t child; (child = 2 * i + 1) < n; i = child)
    {
      if (child + 1 < n && compare (h, child, child + 1) < 0)
        child++;
      if (compare (h, i, child) >= 0)
        return;
      swap (h, i, child);
    }
}

void
fci_sort_plain (void *elements, size_t n, size_t size, int (*compare_two) (const void *a, const void *b))
{
  const char *at = elements;
  size_t i = 1;
  while (i < n && compare_two (at + (i - 1) * size, at + i * size) <= 0)
    i++;
  if (i < n)
    qsort (elements, n, size, compare_two);
}

/* Returns whether the elements are in order. */
static bool
is_sorted (const heap *h, size_t n)
{
  size_t i = 1;
  while (i < n && compare (h, i - 1, i) <= 0)
    i++;
  return i >= n;
}

void
fci_sort (void *elements, size_t n, size_t size, int (*compare_two) (const void *a, const void *b, void *arg),
          void *arg)
{
  const heap h = { .at = elements, .size = size, .compare = compare_two, .arg = arg };
  if (is_sorted (&h, n))
    return;
  for (size_t i = n / 2; i-- > 0;)
    sink (&h, i, n);
  for (size_t i = n; i-- > 1;)
    {
      swap (&h, 0, i);
      sink (&h, 0, i);
    }
}
