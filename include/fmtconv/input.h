/* fmtconv/input.h: what a reader may open: files beneath what the user named, archives, cursors.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FMTCONV_INPUT_H
#define FMTCONV_INPUT_H

#include <fmtconv/attr.h>

FMTCONV_BEGIN_DECLS

/* What a probe sees of a candidate: no I/O is needed, or possible. */
typedef struct fmtconv_peek
{
  const char *path;    /* as the user typed it */
  const char *base;    /* its last component */
  const uint8_t *head; /* first bytes, at most 4096 */
  const uint8_t *tail; /* last bytes, at most 4096 */
  size_t head_len;
  size_t tail_len;
  uint64_t size;              /* of the file in bytes; 0 for a folder */
  const char *const *entries; /* a folder's names, sorted by bytes; at most 4096 */
  size_t n_entries;
  int is_folder;
  int is_named; /* the user named it; 0: a reader found it in a folder */
} fmtconv_peek;

/* ---- Files and folders.  Only regular files and folders in what the user named, and in the folders
 * that it lies in, can be opened; a link that the user did not type is followed only where it stays
 * beneath the folder that was asked (Hugging Face's blobs beside snapshots work too). */

const char *fmtconv_input_basename (fmtconv_input *in); /* last path component */
const char *fmtconv_input_path (fmtconv_input *in);     /* for messages, as typed or joined */
int fmtconv_input_is_folder (fmtconv_input *in);
int fmtconv_input_has (fmtconv_input *folder, const char *name); /* one plain component, links followed */

/* The i-th name in a folder, sorted by bytes; NULL at the end.  More than 4096: E_LIMIT. */
const char *fmtconv_input_entry (fmtconv_input *folder, size_t i);

fmtconv_input *fmtconv_input_parent (fmtconv_input *in); /* the folder it lies in */

/* `name` in `folder`: one plain component; E_MISSING where there is none. */
fmtconv_input *fmtconv_input_child (fmtconv_input *folder, const char *name);

/* Is it to be read without the files beside it?  So it is when an output is read again to verify it, before its
 * files have their names. */
int fmtconv_input_is_alone (const fmtconv_input *in);

/* The bytes of a regular file.  The same file opened twice is one source. */
fmtconv_source *fmtconv_input_open (fmtconv_input *file);

/* The model that another reader makes of `in`.  reader: its name, and its parameters as typed:
 * "torch:root=module"; NULL: the one that bids best.  Errors carry that reader's name.  What a transform reads
 * enters the account: each of its tensors must be used or dropped. */
fmtconv_model *fmtconv_input_read (fmtconv_input *in, const char *reader);

/* ---- Sources */

uint64_t fmtconv_source_size (fmtconv_source *source); /* in bytes */

/* `size` bytes of `source` from `start` as a source of their own; E_FORMAT beyond its end. */
fmtconv_source *fmtconv_source_window (fmtconv_source *source, uint64_t start, uint64_t size,
                                       const char *name);

/* ---- Zip archives, validated whole before the first member is handed out. */

enum
{
  FMTCONV_ZIP_IGNORE_CRC = 1 /* fmtconv_zip_open: a checksum that does not match is not an error */
};

/* The archive that fills `source` from its first to its last byte. */
fmtconv_zip *fmtconv_zip_open (fmtconv_source *source, unsigned flags);

/* The name of the i-th member in the order of the central directory; NULL at the end. */
const char *fmtconv_zip_member_name (fmtconv_zip *zip, size_t i);

/* The member of that exact name, inflated if need be.  Its CRC is checked where it is read whole, by a
 * cursor or by the executor.  NULL: none (no error), or an error. */
fmtconv_source *fmtconv_zip_member (fmtconv_zip *zip, const char *name);

/* ---- Cursors: bounded sequential reading of headers.  Past the end: E_FORMAT with the position. */
typedef struct fmtconv_cursor
{
  fmtconv_source *source;
  uint64_t pos; /* next byte, from the start of `source` */
  uint64_t end; /* first byte that may not be read */
} fmtconv_cursor;

fmtconv_cursor fmtconv_cursor_start (fmtconv_source *source);

/* The next `n` bytes, in the arena, with a NUL behind them.  Memory grows as data arrives, never
 * because a file claims a size. */
const void *fmtconv_cursor_take (fmtconv_cursor *cursor, uint64_t n);

/* The next `n` bytes, which are text: E_FORMAT with the position where they have a NUL or are not UTF-8. */
const char *fmtconv_cursor_take_text (fmtconv_cursor *cursor, uint64_t n);

/* A little-endian number of 1 … 8 bytes. */
uint64_t fmtconv_cursor_take_le (fmtconv_cursor *cursor, unsigned bytes);

/* The next `n` bytes, which are padding: E_FORMAT with the position of the first that is not zero. */
void fmtconv_cursor_take_zeros (fmtconv_cursor *cursor, uint64_t n);

/* The next `count` values, as ATTR_PACKED: ATTR_BOOL; ATTR_INT or ATTR_UINT of 8, 16, 32 or 64 bits; ATTR_FLOAT of 32 or 64;
 * ATTR_STRING.  They stay in the source.  A bool that is neither 0 nor 1, a string that is not UTF-8 (it may have
 * NULs) or of more than 64 MiB: E_FORMAT or E_LIMIT with the position. */
fmtconv_attr *fmtconv_cursor_take_packed (fmtconv_cursor *cursor, unsigned kind, unsigned bits,
                                          uint64_t count);

/* The next `n` bytes as one JSON value.  Duplicate keys, depth above `depth`, control characters in
 * keys, bytes behind the value (but white space): E_FORMAT with the position. */
fmtconv_attr *fmtconv_cursor_take_json (fmtconv_cursor *cursor, uint64_t n, unsigned depth);

/* The next `n` bytes as one JSON object, for objects of very many members: `member` is called for each in
 * turn.  The value, its key with it, lives until that returns 0; anything else ends the walk.  Errors as
 * of fmtconv_cursor_take_json, but that two members may have the same key: comparing them is left to `member`. */
void fmtconv_cursor_take_members (fmtconv_cursor *cursor, uint64_t n, unsigned depth,
                                  int (*member) (void *arg, fmtconv_attr *value), void *arg);

/* The next `n` bytes (at most 1 MiB) as a foreign YAML document: aliases are expanded and tags
 * ignored within a budget; scalars become null, bool, int, float or string as in YAML 1.1's core.
 * No error is recorded: NULL, and `*why` says what is wrong, because such a file is never vital. */
fmtconv_attr *fmtconv_cursor_take_yaml (fmtconv_cursor *cursor, uint64_t n, const char **why);

FMTCONV_END_DECLS

#endif
