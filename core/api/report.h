/* core/api/report.h: the report of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_REPORT_H
#define FCI_API_REPORT_H

#include "core/convert/convert.h"

/* Returns the report of a conversion, or NULL on error. */
fmtconv_attr *fci_report (const fci_conversion *c);

/* Returns the report of a conversion to n > 1 outputs, or NULL on error. */
fmtconv_attr *fci_report_outputs (const fci_conversion *c, size_t n);

#endif
