/* core/convert/provenance.h: what an output was made from, and how, as metadata of the output.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_CONVERT_PROVENANCE_H
#define FCI_CONVERT_PROVENANCE_H

#include "core/convert/convert.h"

/* Sets the metadata of a conversion's models before the writer runs: version, chain, the SHA-256 of what the tensors are computed
 * from, and that of each file that was opened, which is read as a whole; a dry run does not read it.  Without
 * FMTCONV_PROVENANCE, the metadata of an earlier conversion is removed.  *sources: the digests of the files, computed by the
 * first call for all outputs.  Returns 0 or a code. */
int fci_provenance_put (fci_conversion *c, const char **sources);

#endif
