/* fmtconv/attr.h: attributes, an ordered JSON tree: configs, metadata, facts about the source.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Names with a meaning at the top of a model's tree:
 *   title     one line for people: "CogVideoX LoRA, rank 128"
 *   config    the model's configuration, as its library writes it; laid over config-default
 *   config-default  the values of its keys that are known only from the kind of the model
 *   config-doubt    what is to be said where such a default is written, and nothing in a pipeline settled it
 *   config-name     name of the configuration's file; default: config.json
 *   library         whose class the model is: "diffusers" (default), "transformers", or "peft" for an adapter
 *   class           that class: "AutoencoderKLCogVideoX"
 *   weights-name    name of the weights' file in a folder, without its suffix, where it is not the library's own
 *   keep-dtype      true: the model is not meant in another data type, unless somebody asks for it by name (a VAE)
 *   architecture    the model's name in GGUF files, [a-z0-9]+: "cogvideox"
 *   quantized       the type or mix that the model was quantized to, as it was typed: "Q4_K_M"
 *   metadata  string → string, carried from file to file
 *   gguf      key-values of a GGUF file that are neither the configuration nor metadata, with their types
 *   source/…  facts found beside the input (source/training_config); never written
 *
 * A key that comes from a file goes through the exact-key calls (get, set).  The path calls (at,
 * make) take constants only, because a path splits at '/'.
 */
#ifndef FMTCONV_ATTR_H
#define FMTCONV_ATTR_H

#include <fmtconv/types.h>

FMTCONV_BEGIN_DECLS

enum
{
  FMTCONV_ATTR_NULL,
  FMTCONV_ATTR_BOOL,
  FMTCONV_ATTR_INT,
  FMTCONV_ATTR_UINT, /* only above INT64_MAX */
  FMTCONV_ATTR_FLOAT,
  FMTCONV_ATTR_STRING,
  FMTCONV_ATTR_ARRAY,
  FMTCONV_ATTR_OBJECT,
  FMTCONV_ATTR_PACKED /* values of one kind that stay in their file: a GGUF's array, of millions perhaps */
};

/* Where the values of ATTR_PACKED are: little-endian numbers, bools of one byte, strings each behind its
 * length of 8 bytes. */
typedef struct fmtconv_packed
{
  fmtconv_source *source;
  uint64_t at;         /* first byte in `source` */
  uint64_t bytes;      /* of all values */
  uint8_t kind;        /* of each: ATTR_BOOL, ATTR_INT, ATTR_FLOAT, ATTR_STRING */
  uint8_t bits;        /* of a number */
  uint8_t is_unsigned; /* numbers: of an unsigned type */
} fmtconv_packed;

/* A node.  Read freely; change only through the calls below. */
typedef struct fmtconv_attr
{
  const char *key;             /* its key in the object around it; NULL in an array and at the top */
  struct fmtconv_attr *next;   /* next sibling, in order */
  struct fmtconv_attr *first;  /* first item of an array or object */
  struct fmtconv_attr *last;   /* last item */
  struct fmtconv_attr *parent; /* the array or object around it */
  fmtconv_ctx *ctx;            /* whose arena it lives in */
  union
  {
    int64_t i;                    /* ATTR_INT; ATTR_BOOL: 0 or 1 */
    uint64_t u;                   /* ATTR_UINT */
    double f;                     /* ATTR_FLOAT */
    const char *s;                /* ATTR_STRING, NUL-terminated UTF-8 without NUL inside */
    const fmtconv_packed *packed; /* ATTR_PACKED */
  } v;
  size_t len;          /* items, or bytes of the string */
  uint8_t kind;        /* FMTCONV_A_… */
  uint8_t bits;        /* of a number whose file gives it a type: 8, 16, 32, 64; 0: it has none, as in JSON */
  uint8_t is_unsigned; /* with bits: an unsigned type, whether ATTR_INT or ATTR_UINT */
} fmtconv_attr;

/* JSON text without quoting it by hand: fmtconv_attr_literal (ctx, FMTCONV_JSON ({"a": null})). */
#define FMTCONV_JSON(...) #__VA_ARGS__

/* A new empty object. */
fmtconv_attr *fmtconv_attr_object (fmtconv_ctx *ctx);

/* Any JSON value from text (duplicate keys refused).  NULL and E_USAGE where it is none. */
fmtconv_attr *fmtconv_attr_literal (fmtconv_ctx *ctx, const char *json);

/* The same from text that a file holds: no error is recorded, `*why` says what is wrong with it. */
fmtconv_attr *fmtconv_attr_parse_json (fmtconv_ctx *ctx, const char *json, const char **why);

/* The node at "a/b/0", constants only.  NULL: none (no error). */
fmtconv_attr *fmtconv_attr_at (fmtconv_attr *node, const char *path);

/* The member of that exact key.  NULL: none, or not an object (no error). */
fmtconv_attr *fmtconv_attr_get (fmtconv_attr *node, const char *key);

/* The node at "a/b", made with the objects on the way where it is absent or null. */
fmtconv_attr *fmtconv_attr_make (fmtconv_attr *node, const char *path);

/* The value of member `key`, or of the node itself if key is NULL; `otherwise` where it is absent,
 * of another kind or out of range.  get_int takes bools too, get_float integers too. */
int64_t fmtconv_attr_get_int (fmtconv_attr *node, const char *key, int64_t otherwise);
double fmtconv_attr_get_float (fmtconv_attr *node, const char *key, double otherwise);
const char *fmtconv_attr_get_string (fmtconv_attr *node, const char *key, const char *otherwise);

/* Set member `key` of an object (replaced in place, else appended), or append to an array if key is
 * NULL.  The value is copied; NULL means JSON null. */
void fmtconv_attr_set (fmtconv_attr *node, const char *key, fmtconv_attr *subtree);
void fmtconv_attr_set_bool (fmtconv_attr *node, const char *key, int value);
void fmtconv_attr_set_int (fmtconv_attr *node, const char *key, int64_t value);
void fmtconv_attr_set_uint (fmtconv_attr *node, const char *key, uint64_t value);
void fmtconv_attr_set_float (fmtconv_attr *node, const char *key, double value);
void fmtconv_attr_set_string (fmtconv_attr *node, const char *key, const char *value);

/* The same with the type that a file gives the number: an integer of 8, 16, 32 or 64 bits, a float of 32 or
 * 64.  An f32 is shown by the fewest digits that tell it from other f32s: 1e-05.  E_INTERNAL where the value
 * does not fit. */
void fmtconv_attr_set_typed_int (fmtconv_attr *node, const char *key, int64_t value, unsigned bits);
void fmtconv_attr_set_typed_uint (fmtconv_attr *node, const char *key, uint64_t value, unsigned bits);
void fmtconv_attr_set_typed_float (fmtconv_attr *node, const char *key, double value, unsigned bits);

/* Does an f32 keep the number as it is written: are its fewest digits as an f32 those of `value`? */
int fmtconv_attr_float_is_f32 (double value);

/* The values of an ATTR_PACKED as an ATTR_ARRAY, in memory; another node as it is.  E_FORMAT where a string has a NUL. */
fmtconv_attr *fmtconv_attr_unpack (fmtconv_attr *node);

/* Remove member `key`; nothing happens where there is none. */
void fmtconv_attr_unset (fmtconv_attr *node, const char *key);

/* Lay `over` on `base`: objects merge key by key, everything else is replaced. */
void fmtconv_attr_overlay (fmtconv_attr *base, fmtconv_attr *over);

/* JSON text.  pretty: as Python's json.dumps (indent=2, sort_keys=True), non-ASCII as it is;
 * otherwise compact, in the tree's order.  Floats keep a point or exponent and round-trip. */
const char *fmtconv_attr_json_text (fmtconv_attr *node, int pretty);

FMTCONV_END_DECLS

#endif
