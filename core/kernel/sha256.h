/* core/kernel/sha256.h: SHA-256, as in FIPS 180-4 and sha256sum.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_SHA256_H
#define FCI_KERNEL_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum
{
  FCI_SHA256_BLOCK = 64, /* bytes */
  FCI_SHA256_TEXT = 64   /* digits of a digest */
};

/* The state of a digest; bytes may be added in pieces of any size. */
typedef struct fci_sha256
{
  uint32_t state[8];
  uint64_t n; /* bytes so far */
  uint8_t rest[FCI_SHA256_BLOCK];
} fci_sha256;

void fci_sha256_begin (fci_sha256 *sha);
void fci_sha256_add (fci_sha256 *sha, const void *bytes, size_t n);

/* Writes the digest of all bytes as lower-case hexadecimal digits, without a terminator. */
void fci_sha256_end (fci_sha256 *sha, char text[FCI_SHA256_TEXT]);

#endif
