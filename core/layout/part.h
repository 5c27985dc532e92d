/* core/layout/part.h: the part of a layout that one call of a writer describes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_LAYOUT_PART_H
#define FCI_LAYOUT_PART_H

#include "core/layout/layout.h"

/* Begins the part of a writer, inside that of the writer that calls it.  NULL: out of memory. */
fci_layout_part *fci_layout_part_begin (fmtconv_layout *layout, const char *writer, const char *params,
                                        const fmtconv_model *model);

/* Ends it.  After an error the layout is of no use. */
void fci_layout_part_end (fmtconv_layout *layout, fci_layout_part *part);

/* Returns the file after `file` of a part; NULL: the first; NULL at the end. */
const fmtconv_file *fci_layout_part_next (const fmtconv_layout *layout, const fci_layout_part *part,
                                          const fmtconv_file *file);

/* Returns the reason for which the part's writer dropped a tensor of its model, or NULL. */
const char *fci_layout_dropped (const fci_layout_part *part, uint32_t number);

/* Forgets the reason, because the tensor was emitted in full. */
void fci_layout_keep (fci_layout_part *part, uint32_t number);

#endif
