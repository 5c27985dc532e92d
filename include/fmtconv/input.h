/* fmtconv/input.h: files and folders that a reader may open, sources of bytes, and cursors over them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FMTCONV_INPUT_H
#define FMTCONV_INPUT_H

#include <fmtconv/attr.h>

FMTCONV_BEGIN_DECLS

/* What a probe sees of a candidate.  A probe does no I/O. */
typedef struct fmtconv_peek
{
  const char *path;    /* as the user typed it */
  const char *base;    /* its last component */
  const uint8_t *head; /* first bytes, at most 4096 */
  const uint8_t *tail; /* last bytes, at most 4096 */
  size_t head_len;
  size_t tail_len;
  uint64_t size;              /* of the file, in bytes; 0 for a folder */
  const char *const *entries; /* names in a folder, sorted by bytes, at most 4096 */
  size_t n_entries;
  int is_folder;
  int is_named; /* 1: the user named it; 0: a reader found it in a folder */
} fmtconv_peek;

/* ---- Files and folders.  A reader can open regular files and folders inside the input that the user named, and in the
 * folder that holds it.  A symbolic link that the user did not type is followed only if it stays inside that folder;
 * the links from snapshots to blobs in a Hugging Face cache work too. */

/* Return the last component of the path; the path as the user typed it, or joined, for messages; 1 for a folder.
 * Errors: none.  Thread: context.  Since: 0.1. */
const char *fmtconv_input_basename (fmtconv_input *in);
const char *fmtconv_input_path (fmtconv_input *in);
int fmtconv_input_is_folder (fmtconv_input *in);

/* Returns 1 if `folder` has an entry with that plain name.  Links are followed.  If the system cannot tell, it is an error,
 * not an absence.
 * Errors: E_IO.  Thread: context.  Since: 0.1. */
int fmtconv_input_has (fmtconv_input *folder, const char *name);

/* Returns the i-th name in a folder, sorted by bytes, or NULL at the end.  A folder with more than 4096 entries is
 * refused.
 * Errors: E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
const char *fmtconv_input_entry (fmtconv_input *folder, size_t i);

/* Returns the folder that holds `in`.
 * Errors: E_IO.  Thread: context.  Since: 0.1. */
fmtconv_input *fmtconv_input_parent (fmtconv_input *in);

/* Returns the entry of `folder` with that plain name.
 * Errors: E_MISSING, E_FORMAT (not a plain name, or a link that leaves the folder), E_IO.  Thread: context.
 * Since: 0.1. */
fmtconv_input *fmtconv_input_child (fmtconv_input *folder, const char *name);

/* Returns the bytes of a regular file.  The same file opened twice is one source.
 * Errors: E_MISSING, E_FORMAT (not a regular file), E_IO.  Thread: context.  Since: 0.1. */
fmtconv_source *fmtconv_input_open (fmtconv_input *file);

/* ---- Sources: random-access bytes of a file, a window, an archive member or memory */

/* Returns the size of `source` in bytes.
 * Errors: none.  Thread: any.  Since: 0.1. */
uint64_t fmtconv_source_size (fmtconv_source *source);

/* Returns `size` bytes of `source` from byte `start` as a new source.  name: for messages.
 * Errors: E_FORMAT (beyond the end).  Thread: context.  Since: 0.1. */
fmtconv_source *fmtconv_source_window (fmtconv_source *source, uint64_t start, uint64_t size,
                                       const char *name);

/* ---- Cursors: bounded sequential reading of headers.  A read past the end is E_FORMAT with the position. */
/* A position in a source.  A plugin may set `pos` to skip bytes, and lower `end`. */
typedef struct fmtconv_cursor
{
  fmtconv_source *source;
  uint64_t pos; /* next byte, from the start of `source` */
  uint64_t end; /* first byte that may not be read */
} fmtconv_cursor;

/* Returns a cursor over the whole of `source`.
 * Errors: none.  Thread: context.  Since: 0.1. */
fmtconv_cursor fmtconv_cursor_start (fmtconv_source *source);

/* Returns the next `n` bytes, in the arena, followed by a NUL.  Memory grows as data arrives, never by a size that the
 * file claims.
 * Errors: E_FORMAT, E_IO.  Thread: context.  Since: 0.1. */
const void *fmtconv_cursor_take (fmtconv_cursor *cursor, uint64_t n);

/* Returns the next `n` bytes as text.  Bytes that are not UTF-8, and NULs, are refused with their position.
 * Errors: E_FORMAT, E_IO.  Thread: context.  Since: 0.1. */
const char *fmtconv_cursor_take_text (fmtconv_cursor *cursor, uint64_t n);

/* Returns a little-endian unsigned integer of 1 to 8 bytes.
 * Errors: E_FORMAT, E_IO.  Thread: context.  Since: 0.1. */
uint64_t fmtconv_cursor_take_le (fmtconv_cursor *cursor, unsigned bytes);

/* Returns the next `n` bytes as one JSON value.  Refused with the position: duplicate keys, nesting deeper than
 * `depth`, control characters in keys, and bytes after the value other than white space.
 * Errors: E_FORMAT, E_LIMIT, E_IO.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_cursor_take_json (fmtconv_cursor *cursor, uint64_t n, unsigned depth);

FMTCONV_END_DECLS

#endif
