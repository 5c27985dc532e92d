/* plugins/common/lora-describe.h: describes a LoRA for the command inspect.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef LORA_DESCRIBE_H
#define LORA_DESCRIBE_H

#include "plugins/common/lora-group.h"

/* Returns "LoRA of rank 4, alpha 2, on 16 modules (lora_unet_….lora_down.weight)", or NULL: most tensors are not those
 * of an adapter, or an error.  Records no error for a model that is not one. */
const char *lora_describe (fmtconv_ctx *ctx, const fmtconv_model *model);

#endif
