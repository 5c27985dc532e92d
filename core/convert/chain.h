/* core/convert/chain.h: the chain of plugins: as typed, as detected, and as a command.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_CHAIN_H
#define FCI_CONVERT_CHAIN_H

#include "core/convert/convert.h"

/* Resolve what the job names, with checked parameters: readers and transforms of the parts; then
 * transforms, dtype and writer. Return 0 or an error code. */
int fci_input_parts_given (fci_conversion *c);
int fci_chain_given (fci_conversion *c);

/* Detects the reader of a part if the job does not name it. Returns 0 or an error code. */
int fci_chain_reader (fci_conversion *c, fci_input_part *part);

/* Choose the transforms that the job does not name: for a component and for a single input by the tensors
 * read, for a bundle by the transforms of its components; then add --dtype. Return 0 or an error code. */
int fci_chain_part (fci_conversion *c, fci_input_part *part);
int fci_chain_bundle (fci_conversion *c);

/* Does the same for a further output. The first output has its complete chain; the common transforms are
 * neither chosen nor run again. */
int fci_chain_other_output (fci_conversion *c, const fci_conversion *first);

/* Returns the options of a chain without its paths: "-r torch -t cast:to=f16 -w safetensors"; of components, those of each after
 * its name. */
const char *fci_chain_options (const fci_conversion *c);

/* Return the shell command of a chain, with its paths; of a part, and of a chain without output, the
 * writer and the output are omitted. Return NULL if no command expresses it or memory is exhausted. */
const char *fci_chain_command (const fci_conversion *c);
const char *fci_input_part_command (const fci_conversion *c, const fci_input_part *part);

#endif
