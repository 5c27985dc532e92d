/* core/source/decoded.c: sources whose bytes a codec computes from parts of other sources.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/base/ctx.h"
#include "core/source/decoded.h"
#include "core/source/disk.h"
#include "core/source/source.h"

fmtconv_source *
fci_source_decoded (fmtconv_ctx *ctx, const fci_decoded *decoded, const char *name)
{
  fmtconv_source *source = fci_source_new (ctx, decoded->operand[0].source, fci_strdup (ctx, name));
  fci_computed *computed = source ? fci_new (ctx, fci_computed) : NULL;
  if (!computed)
    return NULL;
  computed->decoded = decoded;
  source->computed = computed;
  source->size = decoded->rows * decoded->columns * sizeof (float);
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
  const fci_decoded *decoded = fci_source_decoder (source);
  for (unsigned i = 0; decoded && i < decoded->n; i++)
    if (decoded->operand[i].source == other)
      return true;
  return source == other;
}
