/* plugins/common/patch.h: a file in which some ranges of bytes are replaced by others.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PATCH_H
#define PATCH_H

#include <fmtconv/formats.h>
#include <fmtconv/plugin.h>

/* The bytes [from, to) of the source become n others; from == to: they are inserted. */
struct patch_piece
{
  uint64_t from, to;
  const char *bytes;
  size_t n;
  size_t order; /* of the call: pieces at one place stay in order */
};

struct patch
{
  fmtconv_ctx *ctx;
  fmtconv_source *source;
  struct patch_piece *pieces;
  size_t n, capacity;
  struct patch_line *first, *last; /* what changes, for people */
};

/* Adds a line for people; NULL after an error. */
void patch_say (struct patch *patch, const char *line);

/* Makes the lines details of the next message.  Not done for edits that fail, whose errors they do not explain. */
void patch_tell (const struct patch *patch);

/* Adds a piece.  bytes: must live as long as the context; NULL after an error. */
void patch_put (struct patch *patch, uint64_t from, uint64_t to, const char *bytes, size_t n);

/* Sorts the pieces.  Returns 0, or E_USAGE if two of them replace the same bytes. */
int patch_sort (struct patch *patch);

/* Returns the size of the bytes [from, to) of the source with the pieces in them, after patch_sort. */
uint64_t patch_size (const struct patch *patch, uint64_t from, uint64_t to);

/* Emits the bytes [from, to) of the source with the pieces in them, after patch_sort.  No piece reaches over an end. */
void patch_emit (const struct patch *patch, fmtconv_file *file, uint64_t from, uint64_t to);

#endif
