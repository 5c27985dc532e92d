/* core/base/clock.h: the time that reports and plans are measured by.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_CLOCK_H
#define FCI_BASE_CLOCK_H

/* Returns the seconds of a clock that only runs forward; only differences mean something. */
double fci_monotonic_seconds (void);

#endif
