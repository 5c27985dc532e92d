/* core/attr/json-memory.h: notices allocations that fail inside jansson.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_MEMORY_H
#define FCI_ATTR_JSON_MEMORY_H

#include <stdbool.h>

/* jansson goes on after some allocations that fail: a buffer that cannot grow loses characters, and the result is another
 * text or number.  Between these two calls of one thread, each allocation of jansson is looked at.  They may run in several
 * threads at a time, but not nested. */
void fci_json_memory_begin (void);

/* Ends the watch.  Returns whether all allocations of this thread since fci_json_memory_begin were successful. */
bool fci_json_memory_end (void);

#endif
