/* core/convert/provenance.h: what an output was made from, and how, as metadata of the output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_PROVENANCE_H
#define FCI_CONVERT_PROVENANCE_H

#include "core/convert/convert.h"

/* Sets the metadata of the models of n conversions before their writers run: version, chain, and the SHA-256 of all files that
 * were opened, which are read as a whole; a dry run does not read them.  Without FMTCONV_PROVENANCE, that of an earlier
 * conversion is removed.  sources: from the first call, for those of the other outputs.  Returns 0 or a code. */
int fci_provenance_put (fci_conversion *c, const char **sources);

#endif
