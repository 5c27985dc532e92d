/* core/attr/yaml-node.h: nodes of a strict YAML document that a person wrote for fmtconv, with their places.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCI_ATTR_YAML_NODE_H
#define FCI_ATTR_YAML_NODE_H

#include <fmtconv/types.h>
#include <stdbool.h>

enum
{
  FCI_YAML_BYTES = 1024 * 1024, /* of a document, at most */
  FCI_YAML_DEPTH = 32,
  FCI_YAML_EVENTS = 100000
};

typedef enum fci_yaml_kind
{
  FCI_YAML_NULL, /* nothing, ~ or null, not in quotes */
  FCI_YAML_TEXT, /* any other scalar, unchanged */
  FCI_YAML_LIST,
  FCI_YAML_MAP
} fci_yaml_kind;

/* Lines and columns count characters from 1. */
typedef struct fci_yaml_pos
{
  size_t line;
  size_t column;
} fci_yaml_pos;

typedef struct fci_yaml fci_yaml;
struct fci_yaml
{
  fci_yaml_kind kind;
  fci_yaml_pos at;     /* place of its first character */
  fci_yaml_pos key_at; /* place of its key; outside a map: as `at` */
  const char *key;     /* key in a map; NULL outside */
  const char *text;    /* of a TEXT */
  bool is_quoted;      /* a TEXT in quotes: never a number */
  fci_yaml *first;     /* of a LIST or MAP */
  fci_yaml *last;
  fci_yaml *next; /* next sibling in the LIST or MAP */
  size_t n;       /* nodes in it */
};

/* Checks that the text is UTF-8 without invisible characters; libyaml gives only byte offsets for those.
 * Returns 0 or the code of the recorded error. */
int fci_yaml_visible (fmtconv_ctx *ctx, const char *path, const char *text, size_t len);

/* Returns the member of that key; NULL: none. */
fci_yaml *fci_yaml_find (const fci_yaml *map, const char *key);

/* Returns "PATH:LINE:COLUMN", as compilers write it. */
const char *fci_yaml_location (fmtconv_ctx *ctx, const char *path, fci_yaml_pos at);

#endif
