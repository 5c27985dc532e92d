/* core/exec/write/note-record.h: the record of a unit in the work map.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_EXEC_WRITE_NOTE_RECORD_H
#define FCI_EXEC_WRITE_NOTE_RECORD_H

#include "core/exec/worker/worker.h"

/* A unit in the map.  Ranges that it read and wrote, tallies and rows follow. */
typedef struct note
{
  uint64_t at;
  uint64_t size;
  uint64_t fetched;
  uint64_t n_read;
  uint64_t n_written;
  uint64_t n_tallies;
  uint64_t n_bad;
  uint64_t file;
} note;

typedef struct noted_tally
{
  uint64_t number;
  fci_tally tally;
} noted_tally;

typedef struct noted_rows
{
  uint64_t number;
  fci_bad_rows rows;
} noted_rows;

/* Add to the numbers of the pool; several workers may do so at once (take-over.c). */
void fci_note_add_tally (fci_tally *to, const fci_tally *t);
void fci_note_add_rows (fci_bad_rows *to, const fci_bad_rows *rows);

#endif
