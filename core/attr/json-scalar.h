/* core/attr/json-scalar.h: the values of a JSON text that are not containers.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_JSON_SCALAR_H
#define FCI_ATTR_JSON_SCALAR_H

#include "core/attr/json.h"

/* Reads the string, number or word at pos, and moves pos past it.  NULL: the error is in fault or in the context. */
fmtconv_attr *fci_json_scalar (fci_json *json);

/* Reads the string at pos, which has its opening quote, and moves pos past it.  NULL: as above. */
const char *fci_json_key (fci_json *json);

#endif
