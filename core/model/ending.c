/* core/model/ending.c: tensors whose names begin alike and end differently.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/model/ending.h"
#include <string.h>

enum
{
  NAME = 4096 + 64 /* more than any name and an ending */
};

size_t
fci_name_stem (const char *name, const char *ending)
{
  const size_t n = strlen (name), k = strlen (ending);
  return n > k && strcmp (name + n - k, ending) == 0 ? n - k : 0;
}

const fmtconv_tensor *
fci_model_find_ending (const fmtconv_model *model, const char *name, size_t stem, const char *ending)
{
  char text[NAME];
  const size_t k = strlen (ending);
  if (stem + k >= sizeof text)
    return NULL;
  memcpy (text, name, stem);
  memcpy (text + stem, ending, k + 1);
  return fmtconv_model_find (model, text);
}
