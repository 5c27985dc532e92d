/* core/base/utf8.h: one UTF-8 character at a time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_UTF8_H
#define FCI_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s, of which `left` bytes are readable. Returns its bytes; 0: not valid UTF-8
 * (overlong forms and surrogates are not). */
size_t fci_utf8_next (const char *s, size_t left, uint32_t *character);

/* Returns how many bytes from s on are surely printable ASCII, which is UTF-8 and never escaped: all or less. */
size_t fci_printable (const char *s, size_t n);

/* Returns whether the text is UTF-8; NULs are allowed. */
bool fci_utf8_is_text (const char *s, size_t n);

/* Returns whether the character is a control character or reorders the text around it: C0, DEL, C1, bidi controls. */
bool fci_is_control (uint32_t character);

/* Returns whether the character is always escaped: C0, DEL, C1, line separators, bidi controls, BOM. */
bool fci_is_hidden (uint32_t character);

#endif
