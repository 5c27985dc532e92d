/* core/source/decoded.h: sources whose bytes a codec computes from parts of other sources.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_SOURCE_DECODED_H
#define FCI_SOURCE_DECODED_H

#include <fmtconv/formats.h>
#include <stdbool.h>

enum
{
  FCI_MAX_OPERANDS = 8,
  FCI_DECODE_STEP = 4096,                      /* most elements of a call */
  FCI_DECODE_OPERANDS = 64 << 10,              /* most bytes of their operands, with floats as f32 */
  FCI_DECODE_STORED = FCI_DECODE_OPERANDS / 2, /* … of stored floats that are shorter than f32 */
  FCI_DECODE_SCRATCH = FCI_DECODE_STEP * 4 + FCI_DECODE_OPERANDS + FCI_DECODE_STORED
};

/* An operand as it lies in its source. */
typedef struct fci_decoded_operand
{
  fmtconv_source *source;
  uint64_t at;    /* first byte */
  uint64_t pitch; /* bytes from one row to the next */
  uint64_t rows;
  uint64_t columns;
  uint32_t dtype;
  uint32_t stored;       /* bytes of a value in the source */
  uint32_t given;        /* … and of one that the codec receives */
  uint32_t row_share[2]; /* fmtconv_operand */
  uint32_t column_share[2];
  unsigned by;
  size_t place; /* of its values among the operands of a call, bytes */
} fci_decoded_operand;

/* The bytes of a decoded source: a matrix of f32, row-major. */
typedef struct fci_decoded
{
  fmtconv_codec codec;
  const void *params;
  uint64_t rows;
  uint64_t columns;
  size_t step; /* most elements of a call, so that its operands fit */
  unsigned n;
  fci_decoded_operand operand[FCI_MAX_OPERANDS];
} fci_decoded;

/* Returns a source of the bytes that the codec computes, which only workers read.  name: of what it makes of the first operand.  NULL:
 * out of memory. */
fmtconv_source *fci_source_decoded (fmtconv_ctx *ctx, const fci_decoded *decoded, const char *name);

/* Returns the bytes of an operand in its source. */
uint64_t fci_operand_bytes (const fci_decoded_operand *operand);

/* Returns the bytes that are read for n elements, at most: their share of the operands is not known exactly. */
uint64_t fci_decoded_reads (const fci_decoded *decoded, uint64_t n);

/* Returns whether the source is `other`, or is computed from it. */
bool fci_source_uses (const fmtconv_source *source, const fmtconv_source *other);

#endif
