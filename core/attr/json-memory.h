/* core/attr/json-memory.h: notices allocations that fail inside jansson.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_MEMORY_H
#define FCI_ATTR_JSON_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* jansson does not survive every allocation that fails: a buffer that cannot grow loses characters, so that the result is
 * another text or number, bytes after the buffer are read, or an assertion ends the program.  So between these two calls of
 * one thread, its allocations are parts of one that was made before: n bytes.  More than these come from the functions that
 * it would have called.  The calls may run in several threads at a time, but not nested.
 *
 * Returns false, and does nothing else, if the n bytes cannot be allocated. */
bool fci_json_memory_begin (size_t n);

/* Ends that.  Nothing that jansson made in between may be used any more.  Returns whether all allocations of this thread
 * since fci_json_memory_begin were successful. */
bool fci_json_memory_end (void);

#endif
