/* fmtconv/layout.h: what a writer describes: output files, each an ordered list of regions.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Regions follow one another without gaps in the order emitted; files are published in the order
 * created, all or none: data first, what refers to it (an index, a configuration) last.
 *
 * The output is a file, or a folder of files where the writer says so (is_folder, or a suffix "/").
 */
#ifndef FMTCONV_LAYOUT_H
#define FMTCONV_LAYOUT_H

#include <fmtconv/rules.h>

FMTCONV_BEGIN_DECLS

/* Last component of the output path; within fmtconv_layout_write that of its `name`. */
const char *fmtconv_layout_target (const fmtconv_layout *layout);

/* A new file.  name: NULL: the target itself (not of a folder); else one plain component beside a target
 * that is a file; a relative path of plain components ("vae/config.json") beneath one that is a folder. */
fmtconv_file *fmtconv_layout_create (fmtconv_layout *layout, const char *name);

/* Older files that this output replaces: their names match `glob` (of fmtconv_glob_match; folders before it are
 * literal), beside or beneath the target as names of fmtconv_layout_create.  Where there are any, the output is
 * refused unless it is forced; then they are removed when the new files have their names.  What the output
 * creates itself is never stale. */
void fmtconv_layout_stale (fmtconv_layout *layout, const char *glob);

/* The files of a model by another writer, as if the output were `name` (as for fmtconv_layout_create): it creates
 * and replaces files in name's folder.  model: sealed.  writer: its name, and its parameters as typed:
 * "safetensors:max-shard-size=5GB"; its limits hold.  Errors carry that writer's name. */
void fmtconv_layout_write (fmtconv_layout *layout, const char *name, const fmtconv_model *model,
                           const char *writer);

/* `n` literal bytes; copied.  Returns the region's number in its file, for fmtconv_file_emit_digest. */
size_t fmtconv_file_emit (fmtconv_file *file, const void *bytes, size_t n);

/* A little-endian number of 1 … 8 bytes. */
void fmtconv_file_emit_le (fmtconv_file *file, unsigned bytes, uint64_t value);

/* JSON text; pretty: with a newline behind it. */
void fmtconv_file_emit_json (fmtconv_file *file, fmtconv_attr *node, int pretty);

/* The elements of a view, dense and row-major.  name: the tensor's, for messages and --verify.  Returns the
 * region's number in its file. */
size_t fmtconv_file_emit_view (fmtconv_file *file, const char *name, fmtconv_view *view);

/* Another name for the tensor of that region, whose bytes stand in the file once: for messages and --verify. */
void fmtconv_file_emit_tied (fmtconv_file *file, const char *name, size_t region);

/* Digests of regions. */
enum
{
  FMTCONV_DIGEST_CRC32 /* zip's CRC-32: 4 bytes, little-endian */
};

/* The digest of an earlier region of the file, of the length that its kind has: filled in when that region is
 * written, before the output is published.  region: what emitted it returned; not a digest itself. */
void fmtconv_file_emit_digest (fmtconv_file *file, int kind, size_t region);

/* All bytes of a source: a file that is carried along. */
void fmtconv_file_emit_source (fmtconv_file *file, fmtconv_source *source);

/* `fill` bytes up to the next multiple of `alignment` (a power of two) of the file's length. */
void fmtconv_file_align (fmtconv_file *file, uint64_t alignment, int fill);

/* Bytes emitted so far. */
uint64_t fmtconv_file_size (const fmtconv_file *file);

FMTCONV_END_DECLS

#endif
