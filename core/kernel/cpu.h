/* core/kernel/cpu.h: selects the level of fast loops; private to this folder and its tests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_CPU_H
#define FCI_KERNEL_CPU_H

/* Defined where NEON is always there, and vectors have the byte order of files. */
#if defined __aarch64__ && defined __ARM_NEON && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FCI_NEON 1
#else
#define FCI_NEON 0
#endif

/* Levels of x86-64 and of arm64; the others have the first. */
enum
{
  FCI_LEVEL_AUTO = -1,
  FCI_LEVEL_PORTABLE,
  FCI_LEVEL_AVX2,                  /* with F16C and PCLMULQDQ */
  FCI_LEVEL_AVX512,                /* F, BW, DQ and VL */
  FCI_LEVEL_NEON = FCI_LEVEL_AVX2, /* and CRC32, if the processor has it */
  FCI_LEVEL_HIGHEST = FCI_LEVEL_AVX512
};

/* Returns the level in use: that of the processor, or a lower level set by fci_kernel_force. */
int fci_kernel_level (void);

/* Limits the level, for tests; FCI_LEVEL_AUTO: no limit.  May be called in any thread at any time, as all
 * levels give the same bytes. */
void fci_kernel_force (int level);

#endif
