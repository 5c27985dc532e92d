/* core/convert/chain.h: the chain of plugins: what was typed, what was detected, and how to type it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CHAIN_H
#define FCI_CONVERT_CHAIN_H

#include "core/convert/convert.h"

/* "NAME:key=value" to a reader and its parameters; texts of transforms to links.  0 or a code. */
int fci_reader_parse (fmtconv_ctx *ctx, const char *text, fci_link *out);
int fci_links_parse (fmtconv_ctx *ctx, const char *const *texts, size_t n, fci_links *out);

/* Settle what the job names: readers and transforms of the parts; then transforms, dtype, writer.  Parameters are
 * checked. */
int fci_input_parts_given (fci_conversion *c);
int fci_chain_given (fci_conversion *c);

/* Settle a part's reader, where the job does not. */
int fci_chain_reader (fci_conversion *c, fci_input_part *part);

/* Settle the transforms that the job does not name: of a component, by what was read; of the only input, by the
 * same; of a bundle, the joins of what its components were made by.  Then the dtype. */
int fci_chain_part (fci_conversion *c, fci_input_part *part);
int fci_chain_bundle (fci_conversion *c);

/* The same for an output beside the first one, whose chain is whole: what both have in common is not chosen again, and
 * does not run again where it has run. */
int fci_chain_other_output (fci_conversion *c, const fci_conversion *first);

/* "fmtconv -r sat -t cogvideox-lora -w safetensors", then the paths, as one could type them; of one part, and of a
 * chain that has no output, without writer and output.  NULL: it cannot be typed (or out of memory). */
const char *fci_chain_command (const fci_conversion *c);
const char *fci_input_part_command (const fci_conversion *c, const fci_input_part *part);

#endif
