/* plugins/lora-merge/reason.c: names the tensors of a LoRA that are not part of a product of two matrices.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "merge.h"
#include <string.h>

static const struct
{
  const char *part; /* of the name */
  const char *why;
} kinds[] = {
  { ".trainable_tokens_", "holds rows of an embedding that were trained in full" },
  { ".lora_", "cannot be merged" },
};

const char *
merge_skip_reason (const char *name, int is_own_file)
{
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strstr (name, kinds[i].part))
      return kinds[i].why;
  return is_own_file ? "cannot be merged" : NULL;
}
