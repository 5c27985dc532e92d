/* core/kernel/swap.c: reverses the byte order of numbers, in place.
 * SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "core/kernel/swap.h"
#include <stdint.h>
#include <string.h>

static void
swap_16 (unsigned char *at, size_t n)
{
  uint16_t number;
  for (; n > 0; n--, at += sizeof number)
    {
      memcpy (&number, at, sizeof number);
      number = __builtin_bswap16 (number);
      memcpy (at, &number, sizeof number);
    }
}

static void
swap_32 (unsigned char *at, size_t n)
{
  uint32_t number;
  for (; n > 0; n--, at += sizeof number)
    {
      memcpy (&number, at, sizeof number);
      number = __builtin_bswap32 (number);
      memcpy (at, &number, sizeof number);
    }
}

static void
swap_64 (unsigned char *at, size_t n)
{
  uint64_t number;
  for (; n > 0; n--, at += sizeof number)
    {
      memcpy (&number, at, sizeof number);
      number = __builtin_bswap64 (number);
      memcpy (at, &number, sizeof number);
    }
}

void
fci_byteswap (void *numbers, size_t bytes, unsigned size)
{
  if (size == 2)
    swap_16 (numbers, bytes / 2);
  else if (size == 4)
    swap_32 (numbers, bytes / 4);
  else if (size == 8)
    swap_64 (numbers, bytes / 8);
}
