/* core/exec/write/note.h: what a unit leaves besides its bytes, kept in the work map for a run that continues.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WRITE_NOTE_H
#define FCI_EXEC_WRITE_NOTE_H

#include "core/exec/worker/worker.h"
#include "core/exec/write/map.h"

/* Lets the workers count for themselves, so that fci_note_unit knows what belongs to a unit.  Records of units that the
 * pool's map has, and that count, are taken over: their checksums, tallies and bytes, and pool->finished.  Called after
 * all that is read before the first unit.  Of a share, all units that count are taken over, or, if one is not of the plan, as
 * with another number of threads, none is, and the map is emptied.  Returns 0 or a code. */
int fci_note_begin (fci_pool *pool);

/* Returns how many units of the plan an earlier run wrote. */
size_t fci_note_finished (const fci_pool *pool);

/* Takes over all units of the map of a share, and appends their places to a list.  Returns 0 or a code. */
int fci_note_gather (fci_pool *pool, const fci_work_map *map, fci_list *places);

/* Returns 0, or a code if a byte of the output is in no place of the list, or in two; sorts the list. */
int fci_note_covers (const fci_pool *pool, fci_list *places);

/* Appends unit number `unit`, which the worker wrote, to the map.  Returns 0, or -1 with the fault set: a file cannot be
 * flushed.  If the map cannot be written, map->error says so. */
int fci_note_unit (fci_worker *worker, size_t unit);

#endif
