/* core/base/sort.h: sorts an array with a context for the comparison.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_SORT_H
#define FCI_BASE_SORT_H

#include <stddef.h>

/* Sorts n elements of `size` bytes.  In place of qsort_r, whose arguments differ between systems; needs no memory, and
 * orders equal elements on every system the same way. */
void fci_sort (void *elements, size_t n, size_t size,
               int (*compare) (const void *a, const void *b, void *arg), void *arg);

#endif
