/* fmtconv/layout.h: output files as a writer describes them, each an ordered list of regions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Regions follow each other without gaps, in the order emitted.  Files are published in the order created, all or none:
 * data first; files that refer to it (an index, a configuration) last.
 *
 * The output is a file, or a folder of files if the writer says so (is_folder, or a suffix "/").
 *
 * A writer accounts for every tensor that it was given: each element is emitted once, in any order, shape, data type or
 * encoding, in one view or in several; or the tensor is tied (fmtconv_file_emit_tied) or dropped (fmtconv_layout_drop),
 * both in fmtconv/formats.h.  Otherwise the conversion fails, and the error names the writer and the tensors.
 */
#ifndef FMTCONV_LAYOUT_H
#define FMTCONV_LAYOUT_H

#include <fmtconv/rules.h>

FMTCONV_BEGIN_DECLS

/* Returns the last component of the output path; within fmtconv_layout_write, that of its `name`.
 * Errors: none.  Thread: context.  Since: 0.1. */
const char *fmtconv_layout_target (const fmtconv_layout *layout);

/* Returns a new file.
 *   name  NULL: the target itself (not for a folder).  If the target is a file: one plain component next to it.  If the
 *         target is a folder: a relative path of plain components inside it ("vae/config.json").
 * Errors: E_INTERNAL, E_FORMAT (a name twice, or not plain).  Thread: context.  Since: 0.1. */
fmtconv_file *fmtconv_layout_create (fmtconv_layout *layout, const char *name);

/* Appends `n` literal bytes, which are copied.  Returns the number of the region in its file.
 * Errors: E_LIMIT.  Thread: context.  Since: 0.1. */
size_t fmtconv_file_emit (fmtconv_file *file, const void *bytes, size_t n);

/* Appends a little-endian unsigned integer of 1 to 8 bytes.
 * Errors: E_LIMIT.  Thread: context.  Since: 0.1. */
void fmtconv_file_emit_le (fmtconv_file *file, unsigned bytes, uint64_t value);

/* Appends JSON text.  With `pretty`: indented, and followed by a newline.
 * Errors: E_LIMIT.  Thread: context.  Since: 0.1. */
void fmtconv_file_emit_json (fmtconv_file *file, fmtconv_attr *node, int pretty);

/* Appends the elements of a view, dense and row-major.  Returns the number of the region in its file.
 *   name  under which the plugin's reader finds the tensor, for --verify; for messages.  Several views with one name are
 *         parts of one tensor.
 * Errors: E_LIMIT, E_UNSUPPORTED.  Thread: context.  Since: 0.1. */
size_t fmtconv_file_emit_view (fmtconv_file *file, const char *name, fmtconv_view *view);

/* Appends bytes of value `fill` up to the next multiple of `alignment` (a power of two) of the file's length.
 * Errors: E_INTERNAL, E_LIMIT.  Thread: context.  Since: 0.1. */
void fmtconv_file_align (fmtconv_file *file, uint64_t alignment, int fill);

/* Returns the number of bytes emitted so far.
 * Errors: none.  Thread: context.  Since: 0.1. */
uint64_t fmtconv_file_size (const fmtconv_file *file);

FMTCONV_END_DECLS

#endif
