/* tests/abi/wrong-abi.c: a plugin that was built for another version of the interface.
 * SPDX-License-Identifier: Apache-2.0 */
#include <fmtconv/plugin.h>

/* The core must not read any field after the ABI number. */
extern FMTCONV_EXPORT const uint32_t wrong_abi_LTX_fmtconv_plugin;
const uint32_t wrong_abi_LTX_fmtconv_plugin = FMTCONV_ABI + 41;
