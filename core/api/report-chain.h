/* core/api/report-chain.h: inputs and transforms in the report of a conversion, through specs that are inputs.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_REPORT_CHAIN_H
#define FCI_API_REPORT_CHAIN_H

#include "core/convert/convert.h"

/* "inputs" and "transforms" (report-chain.c): the files that are read, and what the parts' own transforms and those of
 * specs that are inputs made of them; then what the transforms of the whole did. */
void fci_add_inputs (fmtconv_attr *list, const fci_conversion *c);
void fci_add_part_transforms (fmtconv_attr *list, const fci_conversion *c);
void fci_add_own_transforms (fmtconv_attr *list, const fci_conversion *c);

/* Bytes of all models of n conversions with one set of inputs. */
uint64_t fci_chains_memory (const fci_conversion *c, size_t n);

#endif
