/* plugins/lora-merge/reason.c: tensors of a LoRA that are no part of a product of two matrices, and what they are.
 * SPDX-License-Identifier: Apache-2.0 */
#include "merge.h"
#include <string.h>

static const struct
{
  const char *part; /* of the name */
  const char *why;
} kinds[] = {
  { ".lora_magnitude_vector", "is of a DoRA, which also scales the weight" },
  { ".dora_scale", "is of a DoRA, which also scales the weight" },
  { ".lora_mid.", "is of a product of three matrices" },
  { ".hada_", "is of a LoHa, which is an element-wise product" },
  { ".lokr_", "is of a LoKr, which is a Kronecker product" },
  { ".modules_to_save.", "is of a module that was trained as a whole" },
  { ".original_module.", "is of a module that was trained as a whole" },
  { ".trainable_tokens_", "is of rows of an embedding that were trained as they are" },
  { ".lora_", "is nothing that can be merged" },
};

const char *
merge_skip_reason (const char *name, int is_own_file)
{
  const size_t n = strlen (name), tail = strlen (".alpha");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strstr (name, kinds[i].part))
      return kinds[i].why;
  if (!is_own_file)
    return NULL;
  return n > tail && strcmp (name + n - tail, ".alpha") == 0 ? "says alpha of no pair"
                                                             : "is nothing that can be merged";
}
