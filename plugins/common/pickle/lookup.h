/* plugins/common/pickle/lookup.h: finds the values of large dictionaries by their keys.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PICKLE_LOOKUP_H
#define PICKLE_LOOKUP_H

#include "plugins/common/pickle/value.h"

/* The text keys of a dictionary or, of a list, its texts; sorted. */
typedef struct pk_lookup
{
  const pk_value **keys;
  size_t n;
} pk_lookup;

/* Sorts the keys of a container.  Returns 0 or E_NOMEM. */
int pk_lookup_make (fmtconv_ctx *ctx, const pk_value *container, pk_lookup *lookup);

/* Returns the key, which the value of a dictionary follows; NULL: there is none. */
const pk_value *pk_lookup_find (const pk_lookup *lookup, const char *text, size_t len);

#endif
