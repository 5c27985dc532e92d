/* core/kernel/crc32.h: CRC-32 as in zip.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_CRC32_H
#define FCI_KERNEL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* Returns the CRC-32 (that of zip and zlib) of data with CRC `crc` (0: no data) followed by n bytes. */
uint32_t fci_crc32 (uint32_t crc, const void *bytes, size_t n);

/* Returns the CRC-32 of A followed by B, from both CRCs and the length of B. */
uint32_t fci_crc32_combine (uint32_t a, uint32_t b, uint64_t b_len);

#endif
