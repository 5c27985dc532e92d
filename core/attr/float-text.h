/* core/attr/float-text.h: floats as Python writes them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_FLOAT_TEXT_H
#define FCI_ATTR_FLOAT_TEXT_H

enum
{
  FCI_FLOAT = 32 /* bytes that hold any float's text */
};

/* Writes a finite number as Python's repr does: the shortest text that reads back the same, as a double,
 * or as a float if bits is 32. */
void fci_float_text (double v, unsigned bits, char text[FCI_FLOAT]);

/* Returns a number; of a float, if bits is 32, the double that its text means: 1e-06. */
double fci_float_meant (double v, unsigned bits);

#endif
