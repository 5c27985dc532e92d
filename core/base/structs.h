/* core/base/structs.h: copies the structs of an application, which may have been built for another release.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_BASE_STRUCTS_H
#define FCI_BASE_STRUCTS_H

#include <fmtconv/types.h>
#include <stdbool.h>
#include <stddef.h>

/* A public struct as this library knows it.  Its first member is size_t struct_size.  Structs only grow at the end, and
 * end without padding: a caller's padding may hold anything. */
typedef struct fci_struct
{
  const char *name; /* "fmtconv_job" */
  size_t least;     /* bytes that it had in its first release */
  size_t size;      /* bytes that this library knows */
} fci_struct;

/* Describes a struct that has not grown since its first release. */
#define FCI_STRUCT(type) ((fci_struct){ #type, sizeof (type), sizeof (type) })

/* Returns whether struct_size can be the size of such a struct.  If not, its other fields must not be read. */
bool fci_struct_has_size (fci_struct known, const void *given);

/* Copies a caller's struct to `to`, with zeroes for fields that the caller does not know.  Returns 0, or E_USAGE if the
 * struct is too short, or sets a field that this library does not know. */
int fci_struct_take (fmtconv_ctx *ctx, fci_struct known, const void *given, void *to);

/* Returns copies of n structs that lie struct_size bytes apart, which is the same in all of them.  field: the name of
 * the pointer to them, for errors.  NULL: an error, or n is 0. */
void *fci_structs_take (fmtconv_ctx *ctx, fci_struct known, const char *field, const void *given, size_t n);

/* Returns a copy of n strings, none of which may be NULL.  NULL: an error, or n is 0. */
const char *const *fci_strings_take (fmtconv_ctx *ctx, const char *field, const char *const *given, size_t n);

#endif
