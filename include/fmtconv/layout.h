/* fmtconv/layout.h: what a writer describes: output files, each an ordered list of regions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Regions follow one another without gaps in the order emitted; files are published in the order
 * created, all or none.
 */
#ifndef FMTCONV_LAYOUT_H
#define FMTCONV_LAYOUT_H

#include <fmtconv/rules.h>

FMTCONV_BEGIN_DECLS

/* Last component of the output path. */
const char *fmtconv_target (const fmtconv_layout *layout);

/* A new file.  name: NULL: the target itself; else one plain component, beside the target. */
fmtconv_file *fmtconv_create (fmtconv_layout *layout, const char *name);

/* `n` literal bytes; copied. */
void fmtconv_emit (fmtconv_file *file, const void *bytes, size_t n);

/* A little-endian number of 1 … 8 bytes. */
void fmtconv_emit_le (fmtconv_file *file, unsigned bytes, uint64_t value);

/* JSON text; pretty: with a newline behind it. */
void fmtconv_emit_json (fmtconv_file *file, fmtconv_attr *node, int pretty);

/* The elements of a view, dense and row-major.  name: the tensor's, for messages and --verify. */
void fmtconv_emit_view (fmtconv_file *file, const char *name, fmtconv_view *view);

/* `fill` bytes up to the next multiple of `alignment` (a power of two) of the file's length. */
void fmtconv_align (fmtconv_file *file, uint64_t alignment, int fill);

/* Bytes emitted so far. */
uint64_t fmtconv_emitted (const fmtconv_file *file);

FMTCONV_END_DECLS

#endif
