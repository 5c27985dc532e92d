/* core/base/sort.h: sorts arrays, most of which are in order.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SORT_H
#define FCI_BASE_SORT_H

#include <stddef.h>

/* Sorts with qsort, unless the elements are in order: those of most files are, and one pass costs little. */
void fci_sort_plain (void *elements, size_t n, size_t size, int (*compare) (const void *a, const void *b));

/* Sorts n elements of `size` bytes.  In place of qsort_r, whose arguments differ between systems; needs no memory, and
 * orders equal elements on every system the same way. */
void fci_sort (void *elements, size_t n, size_t size,
               int (*compare) (const void *a, const void *b, void *arg), void *arg);

#endif
