/* core/rules/part.h: the parts of a table, to which a fault belongs that is in no rule.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_RULES_PART_H
#define FCI_RULES_PART_H

typedef enum fci_table_part
{
  FCI_PART_OTHER,
  FCI_PART_LET,
  FCI_PART_WHEN,
  FCI_PART_ATTRIBUTES
} fci_table_part;

#endif
