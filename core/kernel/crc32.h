/* core/kernel/crc32.h: CRC-32 as in zip.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_CRC32_H
#define FCI_KERNEL_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in zip (zlib's), of n bytes appended to what gave `crc` (0 at first); and of A then B from
 * both CRCs and B's length. */
uint32_t fci_crc32 (uint32_t crc, const void *bytes, size_t n);
uint32_t fci_crc32_combine (uint32_t a, uint32_t b, uint64_t b_len);

#endif
