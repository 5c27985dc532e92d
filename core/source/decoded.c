/* core/source/decoded.c: sources whose bytes a codec computes from parts of other sources.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/decoded.h"
#include "core/source/source.h"

fmtconv_source *
fci_source_decoded (fmtconv_ctx *ctx, const fci_decoded *decoded, const char *name)
{
  fmtconv_source *source =
      fci_source_memory (ctx, NULL, decoded->rows * decoded->columns * sizeof (float), name);
  if (source)
    source->decoded = decoded;
  return source;
}

uint64_t
fci_operand_bytes (const fci_decoded_operand *operand)
{
  return operand->rows * operand->columns * operand->stored;
}

uint64_t
fci_decoded_reads (const fci_decoded *decoded, uint64_t n)
{
  uint64_t all = 0;
  for (unsigned i = 0; i < decoded->n; i++)
    all += fci_operand_bytes (&decoded->operand[i]);
  return all < n * sizeof (float) ? all : n * sizeof (float);
}

bool
fci_source_uses (const fmtconv_source *source, const fmtconv_source *other)
{
  for (unsigned i = 0; source->decoded && i < source->decoded->n; i++)
    if (source->decoded->operand[i].source == other)
      return true;
  return source == other;
}
