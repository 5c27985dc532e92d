/* fmtconv/attr.h: attributes, an ordered JSON tree: configurations, metadata, facts about the source.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Keys with a meaning at the top of a model's tree:
 *   title           one line for people: "CogVideoX LoRA, rank 128"
 *   config          the model's configuration, as its library writes it; merged over config-default
 *   config-default  values of configuration keys that follow only from the kind of the model
 *   config-doubt    the warning to print if such a default is written and no other component settled it
 *   config-name     file name of the configuration; default: config.json
 *   library         library of the model's class: "diffusers" (default), "transformers", or "peft" for an adapter
 *   class           the class: "AutoencoderKLCogVideoX"
 *   weights-name    file name of the weights in a folder, without suffix, if it differs from the library's
 *   keep-dtype      true: --dtype does not change this model's data type; cast:keep=no does (a VAE)
 *   architecture    the model's name in GGUF files, [a-z0-9]+: "cogvideox"
 *   quantized       the type or mix that the model was quantized to, as typed: "Q4_K_M"
 *   metadata        string → string, kept from file to file
 *   gguf            typed key-values of a GGUF file that are neither configuration nor metadata
 *   source/…        facts found next to the input (source/training_config, source/folder: its name); never written
 *
 * Use the exact-key calls (get, set) for keys that come from a file.  The path calls (at, make) split at '/', so they
 * take constants only.
 */
#ifndef FMTCONV_ATTR_H
#define FMTCONV_ATTR_H

#include <fmtconv/types.h>

FMTCONV_BEGIN_DECLS

/* Kinds of nodes, stored as uint8_t. */
enum fmtconv_attr_kind
{
  FMTCONV_ATTR_NULL,
  FMTCONV_ATTR_BOOL,
  FMTCONV_ATTR_INT,
  FMTCONV_ATTR_UINT, /* only above INT64_MAX */
  FMTCONV_ATTR_FLOAT,
  FMTCONV_ATTR_STRING,
  FMTCONV_ATTR_ARRAY,
  FMTCONV_ATTR_OBJECT,
  FMTCONV_ATTR_PACKED /* an array whose values stay in their file: fmtconv/formats.h */
};

typedef struct fmtconv_packed fmtconv_packed;

/* A node.  Read any field; change a tree only through the calls below. */
typedef struct fmtconv_attr
{
  const char *key;             /* key in the parent object; NULL in an array and at the top */
  struct fmtconv_attr *next;   /* next sibling, in order */
  struct fmtconv_attr *first;  /* first item of an array or object */
  struct fmtconv_attr *last;   /* last item */
  struct fmtconv_attr *parent; /* array or object that holds this node */
  fmtconv_ctx *ctx;            /* owner */
  union
  {
    int64_t i;                    /* ATTR_INT; ATTR_BOOL: 0 or 1 */
    uint64_t u;                   /* ATTR_UINT */
    double f;                     /* ATTR_FLOAT */
    const char *s;                /* ATTR_STRING: UTF-8, NUL-terminated, without embedded NUL */
    const fmtconv_packed *packed; /* ATTR_PACKED */
  } v;
  size_t len;          /* number of items, or bytes of the string */
  uint8_t kind;        /* enum fmtconv_attr_kind */
  uint8_t bits;        /* width of a typed number: 8, 16, 32, 64; 0: untyped, as in JSON */
  uint8_t is_unsigned; /* of a typed number, whether ATTR_INT or ATTR_UINT */
} fmtconv_attr;

/* JSON text without quotation marks: fmtconv_attr_literal (ctx, FMTCONV_JSON ({"a": null})). */
#define FMTCONV_JSON(...) #__VA_ARGS__

/* Returns a new empty object.
 * Errors: E_NOMEM.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_object (fmtconv_ctx *ctx);

/* Returns the value of a JSON text that the plugin's author wrote.  Duplicate keys are refused.
 * Errors: E_USAGE.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_literal (fmtconv_ctx *ctx, const char *json);

/* Returns the node at a constant path such as "a/b/0", or NULL if it is absent.
 * Errors: none.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_at (fmtconv_attr *node, const char *path);

/* Returns the member with exactly that key, or NULL if it is absent or `node` is not an object.
 * Errors: none.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_get (fmtconv_attr *node, const char *key);

/* Returns the node at a constant path such as "a/b".  Creates the objects on the way that are absent or null.
 * Errors: E_INTERNAL.  Thread: context.  Since: 0.1. */
fmtconv_attr *fmtconv_attr_make (fmtconv_attr *node, const char *path);

/* Return the value of member `key`, or of the node itself if `key` is NULL.  Return `fallback` if it is absent, of
 * another kind or out of range.  get_int accepts bools, get_float accepts integers.
 * Errors: none.  Thread: context.  Since: 0.1. */
int64_t fmtconv_attr_get_int (fmtconv_attr *node, const char *key, int64_t fallback);
double fmtconv_attr_get_float (fmtconv_attr *node, const char *key, double fallback);
const char *fmtconv_attr_get_string (fmtconv_attr *node, const char *key, const char *fallback);

/* Set member `key` of an object (in place if it exists, else at the end), or append to an array if `key` is NULL.  The
 * value is copied; a NULL value means JSON null.
 * Errors: E_INTERNAL (not an object or array), E_FORMAT (not UTF-8).  Thread: context.  Since: 0.1. */
void fmtconv_attr_set (fmtconv_attr *node, const char *key, fmtconv_attr *subtree);
void fmtconv_attr_set_bool (fmtconv_attr *node, const char *key, int value);
void fmtconv_attr_set_int (fmtconv_attr *node, const char *key, int64_t value);
void fmtconv_attr_set_uint (fmtconv_attr *node, const char *key, uint64_t value);
void fmtconv_attr_set_float (fmtconv_attr *node, const char *key, double value);
void fmtconv_attr_set_string (fmtconv_attr *node, const char *key, const char *value);

/* Removes member `key`, if it exists.
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_attr_unset (fmtconv_attr *node, const char *key);

/* Merges `over` into `base`: objects key by key; every other value is replaced.
 * Errors: none.  Thread: context.  Since: 0.1. */
void fmtconv_attr_overlay (fmtconv_attr *base, fmtconv_attr *over);

/* Returns the tree as JSON text.  With `pretty`: as Python's json.dumps (indent=2, sort_keys=True, ensure_ascii=False);
 * otherwise compact, in the tree's order.  Floats keep a point or an exponent and parse back to the same value.
 * Errors: none.  Thread: context.  Since: 0.1. */
const char *fmtconv_attr_json_text (fmtconv_attr *node, int pretty);

FMTCONV_END_DECLS

#endif
