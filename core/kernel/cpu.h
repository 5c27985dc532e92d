/* core/kernel/cpu.h: selects the level of fast loops; private to this folder and its tests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_KERNEL_CPU_H
#define FCI_KERNEL_CPU_H

enum
{
  FCI_LEVEL_AUTO = -1,
  FCI_LEVEL_PORTABLE,
  FCI_LEVEL_AVX2,  /* with F16C and PCLMULQDQ */
  FCI_LEVEL_AVX512 /* F, BW, DQ and VL */
};

/* Returns the level in use: that of the processor, or a lower level set by fci_kernel_force. */
int fci_kernel_level (void);

/* Limits the level, for tests; FCI_LEVEL_AUTO: no limit.  May be called in any thread at any time, as all
 * levels give the same bytes. */
void fci_kernel_force (int level);

#endif
