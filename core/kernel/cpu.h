/* core/kernel/cpu.h: which of the fast loops may run; private to this folder and its tests.
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

/* What is used now: what the processor has, or less where fci_kernel_force says so. */
int fci_kernel_level (void);

/* For tests: never use more than `level`; FCI_LEVEL_AUTO: whatever is there.  Any thread, any time: the
 * results are the same bytes. */
void fci_kernel_force (int level);

#endif
