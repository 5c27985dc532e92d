/* core/base/library.h: tells whether a library lacked memory while it parsed something.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Some libraries report a failed allocation as a malformed file, or go on with less.  An allocation that fails sets errno,
 * which belongs to the thread, and calls that succeed leave it: so it tells, where the library itself does not set errno.
 * One that does, jansson, is watched in core/attr/json-memory.c. */
#ifndef FCI_BASE_LIBRARY_H
#define FCI_BASE_LIBRARY_H

#include <errno.h>
#include <stdbool.h>

enum
{
  FCI_YAML_COPIES =
      8 /* bytes that libyaml takes at most for each byte of a text; charged, as it has no functions for memory */
};

/* Begins a call of a library. */
static inline void
fci_library_begin (void)
{
  errno = 0;
}

/* Returns whether an allocation has failed in this thread since fci_library_begin. */
static inline bool
fci_library_lacked_memory (void)
{
  return errno == ENOMEM;
}

#endif
