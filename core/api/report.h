/* core/api/report.h: the report of a conversion.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_API_REPORT_H
#define FCI_API_REPORT_H

#include "core/convert/convert.h"

/* The report of fmtconv_convert.  NULL: an error. */
fmtconv_attr *fci_report (const fci_conversion *c);

/* The same where there are n > 1 outputs. */
fmtconv_attr *fci_report_outputs (const fci_conversion *c, size_t n);

#endif
