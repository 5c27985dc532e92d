/* tests/unit/spec.c: all errors in specs, with line and column.
 * SPDX-License-Identifier: Apache-2.0 */
#include "spec-util.h"

TestSuite (spec, .init = enter_folder, .fini = leave_folder);

/* Expects that the spec is refused with exactly this line. */
static void
expect_code (const char *text, size_t len, int code, const char *error)
{
  captured h;
  fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
  put_file ("s.yaml", text, len);
  cr_expect_null (fmtconv_job_from_spec (ctx, "s.yaml", NULL, 0, NULL, NULL), "accepted: %s", text);
  cr_expect_str_eq (h.error, error);
  cr_expect_eq (h.code, code, "%d: %s", h.code, h.error);
  cr_expect_eq (h.errors, 1);
  fmtconv_ctx_free (ctx);
}

static void
expect (const char *text, const char *error)
{
  expect_code (text, strlen (text), FMTCONV_E_FORMAT, error);
}

#define TAIL "\nwrite: {safetensors: {path: o.safetensors}}\n"
#define READ "fmtconv: 1\nread: {sat: {path: a}}"

Test (spec, yaml)
{
  expect ("", "s.yaml:1:1: the file has no document");
  expect ("# nothing\n", "s.yaml:1:1: the file has no document");
  expect ("a: [1\n",
          "s.yaml:2:1: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence");
  expect ("a: b: c\n", "s.yaml:1:5: not valid YAML: mapping values are not allowed in this context (put a "
                       "text with ': ' in quotes)");
  expect (
      "fmtconv: 1\n\tread: x\n",
      "s.yaml:2:1: not valid YAML: found a tab character that violates indentation while scanning a plain "
      "scalar");
  expect ("fmtconv: 1\n---\nfmtconv: 1\n",
          "s.yaml:2:1: a second document begins here: a file may hold only one");
  expect ("a: &x 1\n", "s.yaml:1:4: anchors (&name) are not allowed: repeat the text instead");
  expect ("a: &x [1]\n", "s.yaml:1:4: anchors (&name) are not allowed: repeat the text instead");
  expect ("a: 1\nb: *x\n", "s.yaml:2:4: aliases (*name) are not allowed: repeat the text instead");
  expect ("a: !!str 1\n", "s.yaml:1:4: tags (!name) are not allowed: put the text in quotes instead");
  expect ("a: !x {b: 1}\n", "s.yaml:1:4: tags (!name) are not allowed: put the text in quotes instead");
  expect ("%TAG ! tag:x,2026:\n---\na: 1\n", "s.yaml:1:1: tags (%TAG) are not allowed");
  expect ("a: 1\nb: 2\n  \n'a': 3\n", "s.yaml:4:1: 'a' is given twice: the first is at 1:1");
  expect ("x: {y: {b: 1, b: 2}}\n", "s.yaml:1:15: 'b' is given twice: the first is at 1:9");
  expect ("? [a]\n: 1\n", "s.yaml:1:3: a key must be a text, not a list or a map");
  expect ("? {a: 1}\n: 1\n", "s.yaml:1:3: a key must be a text, not a list or a map");
}

Test (spec, characters)
{
  expect_code ("a: \0b\n", 6, FMTCONV_E_FORMAT, "s.yaml:1:4: the control character U+0000 is not allowed");
  expect ("a: 1\nb: \x1b[1m\n", "s.yaml:2:4: the control character U+001B is not allowed");
  expect ("a: \x7f\n", "s.yaml:1:4: the control character U+007F is not allowed");
  expect ("a: \xc2\x85\n", "s.yaml:1:4: the control character U+0085 is not allowed");
  expect ("\xc3\xa4: \xe2\x80\xae\n", "s.yaml:1:4: the control character U+202E is not allowed");
  expect ("\xef\xbb\xbf"
          "a: 1\n",
          "s.yaml:1:1: the control character U+FEFF is not allowed");
  expect ("\xc3\xa4: \xff\n", "s.yaml:1:4: the file is not valid UTF-8");
  expect ("a: \xc0\x80\n", "s.yaml:1:4: the file is not valid UTF-8");
  expect ("a: \"x\\0y\"\n", "s.yaml:1:4: the control character U+0000 is not allowed in a value");
  expect ("a: \"\\x07\"\n", "s.yaml:1:4: the control character U+0007 is not allowed in a value");
  expect ("\"\\e\": 1\n", "s.yaml:1:1: the control character U+001B is not allowed in a value");
  expect ("a: |\n  two\n  lines\n", "s.yaml:1:4: the control character U+000A is not allowed in a value");
}

/* At every limit: at most the limit is another error, or none; one above is this error. */
Test (spec, depth)
{
  char text[128], error[128];
  for (int depth = 31; depth <= 33; depth++) /* the map of the spec is the first */
    {
      snprintf (text, sizeof text, "x: %.*s%.*s\n", depth - 1, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
                depth - 1, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
      snprintf (error, sizeof error, "s.yaml:1:%d: nested deeper than 32", 4 + 31);
      expect (text, depth > 32 ? error : "s.yaml:1:1: not a spec: the line 'fmtconv: 1' is missing");
    }
}

/* Makes a list of n empty texts: as many events, and two for the stream, two for the document, two for the
 * map, one for the key, two for the list; the last ones come after the position of the limit. */
Test (spec, events)
{
  static char text[400000];
  const int others = 1 + 1 + 1 + 1 + 1; /* stream, document, map, key, list: begun before the first text */
  for (int more = -1; more <= 1; more++)
    {
      int n = 100000 - others - 4 + more; /* the ends of list, map, document, stream */
      char *to = stpcpy (text, "x: [");
      for (int i = 0; i < n; i++)
        to = stpcpy (to, i % 50 == 49 ? "a,\n " : "a,");
      strcpy (to, "]\n");
      put_text ("s.yaml", text);
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      cr_expect_null (fmtconv_job_from_spec (ctx, "s.yaml", NULL, 0, NULL, NULL));
      cr_expect (strstr (h.error, more > 0 ? ": more than 100000 values, keys and brackets"
                                           : "'fmtconv: 1' is missing"),
                 "%d: %s", more, h.error);
      fmtconv_ctx_free (ctx);
    }
}

Test (spec, size)
{
  static char text[1048577 + 1];
  for (size_t len = 1048575; len <= 1048577; len++)
    {
      memset (text, '#', len);
      text[len - 1] = '\n';
      expect_code (text, len, len > 1048576 ? FMTCONV_E_LIMIT : FMTCONV_E_FORMAT,
                   len > 1048576
                       ? "s.yaml: the file is longer than 1 MiB (hint: check that this is the right file)"
                       : "s.yaml:1:1: the file has no document");
    }
}

Test (spec, top)
{
  expect ("[a]\n", "s.yaml:1:1: a spec must be a map, not a list");
  expect ("text\n", "s.yaml:1:1: a spec must be a map, not a text");
  expect ("~\n", "s.yaml:1:1: a spec must be a map, not nothing");
  expect ("read: x\n", "s.yaml:1:1: not a spec: the line 'fmtconv: 1' is missing");
  expect ("fmtconv: one\n", "s.yaml:1:10: the spec version must be a number: 'fmtconv: 1'");
  expect ("fmtconv: [1]\n", "s.yaml:1:10: the spec version must be a number: 'fmtconv: 1'");
  expect ("fmtconv: 2\n", "s.yaml:1:10: spec version 2 is not supported; this fmtconv supports version 1");
  expect (READ "\ntransfrom: [cast]" TAIL,
          "s.yaml:3:1: a spec has no key 'transfrom'; did you mean 'transform'?  Valid keys:");
  expect (READ "\nxyzzy: 1" TAIL, "s.yaml:3:1: a spec has no key 'xyzzy'; valid keys:");
  expect ("fmtconv: 1" TAIL, "s.yaml:1:1: the spec has no input: add 'read' or 'components'");
  expect (READ "\n", "s.yaml:1:1: the spec has no output: add 'write'");
  expect (READ "\n  \ncomponents: {}" TAIL, "s.yaml:4:1: a spec has either 'read' or 'components', not both");
}

Test (spec, variables)
{
#define V(decl) "fmtconv: 1\nvariables: " decl "\nread: {sat: {path: \"${a}\"}}" TAIL
  expect (V ("[a]"), "s.yaml:2:12: 'variables' must be a map, not a list");
  expect (V ("{a: [x]}"), "s.yaml:2:16: the default of a variable must be a text, not a list");
  expect (V ("{a: {hlep: x}}"),
          "s.yaml:2:17: a variable has no key 'hlep'; did you mean 'help'?  Valid keys:");
  expect (V ("{a: {help: [x]}}"), "s.yaml:2:23: 'help' must be a text, not a list");
  expect (V ("{a: {default: }}"), "s.yaml:2:26: 'default' must be a text, not nothing");
  expect (V ("{a: {optional: 1}}"), "s.yaml:2:27: 'optional' must be yes or no");
  expect (V ("{a: {optional: yes, default: b}}"),
          "s.yaml:2:17: 'a' has a default, so 'optional' has no effect: remove one of them");
  expect (V ("{a.b: x, a: y}"),
          "s.yaml:2:13: 'a.b' is not a valid variable name: use at most 64 letters, digits, '_' and '-'");
  expect (V ("{\"\": x, a: y}"),
          "s.yaml:2:13: '' is not a valid variable name: use at most 64 letters, digits, '_' and '-'");
  expect (V ("{input: x, a: y}"),
          "s.yaml:2:13: 'input' is the INPUT of the command line and cannot be declared");
  expect (V ("{output: x, a: y}"),
          "s.yaml:2:13: 'output' is the OUTPUT of the command line and cannot be declared");
  expect (V ("{a: x, b: y}"), "s.yaml:2:19: the variable 'b' is never used");
  expect (V ("{a: \"${b}\", b: y}"),
          "s.yaml:2:16: a default can use only variables that are declared before it, not 'b'");
  expect (V ("{a: \"${a}\"}"),
          "s.yaml:2:16: a default can use only variables that are declared before it, not 'a'");
  expect (V ("{xyzzy: x}"), "s.yaml:3:20: there is no variable 'a': declare it under 'variables'");
  expect ("fmtconv: 1\nvariables: {ckpt: x}\nread: {sat: {path: \"${cpkt}\"}}" TAIL,
          "s.yaml:3:20: there is no variable 'cpkt': did you mean 'ckpt'?");
#undef V
#define USE(text) "fmtconv: 1\nread: {sat: {path: \"" text "\"}}" TAIL
  expect (USE ("x${a"), "s.yaml:2:20: '${a' is not a valid ${NAME}: for a literal ${ write $${");
  expect (USE ("${}"), "s.yaml:2:20: '${}' is not a valid ${NAME}: for a literal ${ write $${");
  expect (USE ("${a b}"), "s.yaml:2:20: '${a b}' is not a valid ${NAME}: for a literal ${ write $${");
  expect (USE (""), "s.yaml:2:20: the path is empty");
#undef USE
}

Test (spec, steps)
{
#define T(list) READ "\ntransform: " list TAIL
  expect ("fmtconv: 1\nread: " TAIL, "s.yaml:2:6: 'read' must be a map, not nothing");
  expect ("fmtconv: 1\nread: [a]" TAIL, "s.yaml:2:7: 'read' must be a map, not a list");
  expect ("fmtconv: 1\nread: {}" TAIL, "s.yaml:2:7: 'read' takes one plugin: {NAME: {key: value}}");
  expect ("fmtconv: 1\nread: {sat: {path: a}, torch: {path: b}}" TAIL,
          "s.yaml:2:24: 'read' takes one plugin: {NAME: {key: value}}");
  expect ("fmtconv: 1\nread: {sat: a}" TAIL, "s.yaml:2:13: the value of 'sat' must be a map, not a text");
  expect ("fmtconv: 1\nread: {sat: {}}" TAIL, "s.yaml:2:8: 'read' needs a path: {sat: {path: …}}");
  expect ("fmtconv: 1\nread: {sat: }" TAIL, "s.yaml:2:8: 'read' needs a path: {sat: {path: …}}");
  expect ("fmtconv: 1\nread: {sta: {path: a}}" TAIL,
          "s.yaml:2:8: no reader 'sta' found: did you mean 'sat'?");
  expect ("fmtconv: 1\nread: {SAT: {path: a}}" TAIL,
          "s.yaml:2:8: 'SAT' is not a valid plugin name: use a lowercase letter, then a-z, 0-9, '-'");
  expect ("fmtconv: 1\nread: {cast: {path: a}}" TAIL,
          "s.yaml:2:8: no reader 'cast' found; installed readers:");
  expect ("fmtconv: 1\nread: {sat: {path: {a: b}}}" TAIL, "s.yaml:2:20: a path must be a text, not a map");
  expect ("fmtconv: 1\nread: {sat: {path: []}}" TAIL, "s.yaml:2:20: the list of paths is empty");
  expect ("fmtconv: 1\nread: {sat: {path: [a, b]}}" TAIL, "s.yaml:2:20: none of these paths exists:");
  expect (T (""), "s.yaml:3:11: 'transform' must be a list, not nothing");
  expect (T ("[[cast]]"), "s.yaml:3:13: a transform must be a map, not a list");
  expect (T ("[{}]"), "s.yaml:3:13: a transform takes one plugin: {NAME: {key: value}}");
  expect (T ("[{cast: {to: f16}, none: }]"),
          "s.yaml:3:31: a transform takes one plugin: {NAME: {key: value}}");
  expect (T ("[csat]"), "s.yaml:3:13: no transform 'csat' found: did you mean 'cast'?");
  expect (T ("[{fuse: f16}]"),
          "s.yaml:3:20: transform 'fuse' needs a key for its value: {fuse: {key: value}}");
  expect (T ("[{cast: {too: f16}}]"),
          "s.yaml:3:21: transform 'cast' has no parameter 'too': did you mean 'to'?  Its parameters:");
  expect (T ("[{cast: {to: }}]"), "s.yaml:3:25: 'to' has no value");
  expect (T ("[{cast: {to: {a: b}}}]"),
          "s.yaml:3:26: transform 'cast' has no parameter 'to.a'; its parameters:");
  expect (T ("[{cast: {to: [[f16]]}}]"), "s.yaml:3:26: a value of 'to' must be a text, not a list");
  expect (T ("[{cast: {to: [f16, bf16]}}]"), "s.yaml:3:14: transform 'cast': parameter 'to' is given twice");
  expect (T ("[{cogvideox-lora: {alpha: \"1,rank=2\"}}]"),
          "s.yaml:3:38: transform 'cogvideox-lora': alpha=1,rank=2: '1,rank=2' is not a finite number");
  expect (T ("[none, cast]"), "s.yaml:3:13: 'none' cannot be combined with other transforms");
  expect (T ("[/cast]"), "s.yaml:3:13: '' is not a valid component name");
  expect (T ("[../cast]"), "s.yaml:3:13: '..' is not a valid component name");
  expect (READ "\nwrite: []\n", "s.yaml:3:8: 'write' is an empty list: nothing would be written");
  expect (READ "\nwrite: [[a]]\n", "s.yaml:3:9: 'write' must be a map, not a list");
  expect (READ "\nwrite: [a, {transform: [cast]}]\n",
          "s.yaml:3:12: an output with transforms also needs a writer: {WRITER: {path: …}, transform: […]}");
  expect (READ "\nwrite: [{safetensors: {path: a}, gguf: {path: b}}]\n",
          "s.yaml:3:34: 'write' takes one plugin: {NAME: {key: value}}");
  expect (READ "\nwrite: [{transform: none, safetensors: {path: a}, gguf: {path: b}}]\n",
          "s.yaml:3:51: 'write' takes one plugin: {NAME: {key: value}}");
  expect (READ "\nwrite: [{safetensors: {path: a}, transform: [csat]}]\n",
          "s.yaml:3:46: no transform 'csat' found: did you mean 'cast'?");
  expect (READ "\nwrite: {safetensors: {path: a}, transform: [cast]}\n",
          "s.yaml:3:33: 'write' takes one plugin: {NAME: {key: value}}");
  expect (READ "\nwrite: {safetensors: {path: [a, b]}}\n",
          "s.yaml:3:29: the path of 'write' must be a text, not a list");
  expect (READ "\nwrite: {safetensors: {path: a, shrad: 1}}\n",
          "s.yaml:3:32: writer 'safetensors' has no parameter 'shrad'; its parameters:");
#undef T
}

Test (spec, components)
{
#define C(list) "fmtconv: 1\ncomponents:\n  " list "\nwrite: {diffusers: {path: o}}\n"
  make_folder ("f");
  put_text ("f/a.json", "{}");
  expect ("fmtconv: 1\ncomponents: [a]" TAIL, "s.yaml:2:13: 'components' must be a map, not a list");
  expect ("fmtconv: 1\ncomponents: {}" TAIL, "s.yaml:2:13: no component is left to convert");
  expect (C ("vae: x"), "s.yaml:3:8: the component 'vae' must be a map, not a text");
  expect (
      C ("a/b: {copy: {from: f}}"),
      "s.yaml:3:3: 'a/b' is not a valid component name: use at most 64 letters, digits, '_', '-' and '.'");
  expect (C ("..: {copy: {from: f}}"),
          "s.yaml:3:3: '..' is not a valid component name: use at most 64 letters, digits, '_', '-' and '.'");
  expect (C ("vae: {raed: f}"),
          "s.yaml:3:9: a component has no key 'raed'; did you mean 'read'?  Valid keys:");
  expect (C ("vae: {}"), "s.yaml:3:3: the component 'vae' needs either 'read' or 'copy'");
  expect (C ("vae: {read: f, copy: {from: f}}"),
          "s.yaml:3:3: the component 'vae' needs either 'read' or 'copy'");
  expect (C ("vae: {copy: {from: f}, transform: [cast]}"),
          "s.yaml:3:26: a copied component cannot be transformed: use 'read' instead of 'copy'");
  expect (C ("vae: {read: f}\n  vae: {read: g}"), "s.yaml:4:3: 'vae' is given twice: the first is at 3:3");
  expect (C ("vae: {copy: f}"), "s.yaml:3:15: 'copy' must be a map, not a text");
  expect (C ("vae: {copy: {}}"), "s.yaml:3:15: 'copy' needs a folder: {from: …}");
  expect (C ("vae: {copy: {form: f}}"),
          "s.yaml:3:16: 'copy' has no key 'form'; did you mean 'from'?  Valid keys:");
  expect (C ("vae: {copy: {from: f, files: a.json}}"), "s.yaml:3:32: 'files' must be a list, not a text");
  expect (C ("vae: {copy: {from: f, files: [[a]]}}"),
          "s.yaml:3:33: the name of a file must be a text, not a list");
  expect (C ("vae: {copy: {from: f, files: [b.json]}}"), "s.yaml:3:33: there is no file 'b.json' in f");
  expect (C ("vae: {copy: {from: f, files: [../s.yaml]}}"),
          "s.yaml:3:33: '../s.yaml' is not a plain file name: only files directly in the folder are copied");
  expect (C ("vae: {copy: {from: f, files: []}}"), "s.yaml:3:32: 'files' matches no file of f");
  expect (C ("vae: {copy: {from: f, files: [\"*.txt\"]}}"), "s.yaml:3:32: 'files' matches no file of f");
  expect (C ("vae: {copy: {from: f/a.json, files: [x]}}"),
          "s.yaml:3:32: f/a.json is not a folder: remove 'files'");
  expect (C ("vae: {read: {sat: {path: f}}, transform: [csat]}"),
          "s.yaml:3:45: no transform 'csat' found: did you mean 'cast'?");
#undef C
}

/* The message lists all valid words. */
Test (spec, details)
{
  captured h;
  fmtconv_ctx *ctx;
  cr_expect_null (job_from (&h, &ctx, "fmtconv: 1\nwirte: x\n", NULL, 0));
  cr_expect_str_eq (h.details, "fmtconv\nvariables\nread\ncomponents\ntransform\nwrite\n");
  fmtconv_ctx_free (ctx);
  cr_expect_null (job_from (&h, &ctx, "fmtconv: 1\nread: {sat: {path: [a, x/../b]}}" TAIL, NULL, 0));
  cr_expect_str_eq (h.details, "a\nx/../b\n");
  fmtconv_ctx_free (ctx);
}

/* Makes a list or map of n entries, each with its number between head and tail, at a limit and one above
 * it. */
static void
expect_limit (const char *before, const char *head, const char *tail, const char *after, size_t limit,
              const char *error)
{
  static char text[400000];
  for (size_t n = limit - 1; n <= limit + 1; n++)
    {
      captured h;
      char *to = stpcpy (text, before);
      for (size_t i = 0; i < n; i++)
        to += sprintf (to, "%s%zu%s", head, i, tail);
      strcpy (to, after);
      put_text ("s.yaml", text);
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      const fmtconv_job *job = fmtconv_job_from_spec (ctx, "s.yaml", NULL, 0, NULL, NULL);
      cr_expect_eq (job != NULL, n <= limit, "%zu: %s", n, h.error);
      cr_expect_str_eq (h.error, n <= limit ? "" : error);
      fmtconv_ctx_free (ctx);
    }
}

Test (spec, limits)
{
  expect_limit (READ "\ntransform: [", "{cogvideox-lora: {rank: ", "}},", "]" TAIL, 64,
                "s.yaml:3:12: more than 64 transforms");
  expect_limit ("fmtconv: 1\ncomponents: {", "c", ": {read: a},", "}\nwrite: {diffusers: {path: o}}\n", 64,
                "s.yaml:2:13: more than 64 components");
  expect_limit (READ "\nwrite: {safetensors: {path: o, metadata: {", "\n k", ": v,", "}}}\n", 4096,
                "s.yaml:4100:9: more than 4096 values for one writer");
}

Test (spec, many_variables)
{
  for (int n = 63; n <= 65; n++)
    {
      char text[4096], *to = stpcpy (text, "fmtconv: 1\nvariables: {");
      for (int i = 0; i < n; i++)
        to += sprintf (to, "v%d: x,", i);
      to = stpcpy (to, "}\nread: \"");
      for (int i = 0; i < n; i++)
        to += sprintf (to, "${v%d}", i);
      strcpy (to, "\"\nwrite: {safetensors: {path: o}}\n");
      captured h;
      fmtconv_ctx *ctx = capturing_ctx (&h, 0, NULL);
      put_text ("s.yaml", text);
      cr_expect_eq (fmtconv_job_from_spec (ctx, "s.yaml", NULL, 0, NULL, NULL) != NULL, n <= 64, "%s",
                    h.error);
      cr_expect_str_eq (h.error, n <= 64 ? "" : "s.yaml:2:12: more than 64 variables");
      fmtconv_ctx_free (ctx);
    }
}

/* Variables that use the previous one ten times each: a small file does not expand to a large text. */
Test (spec, explosion)
{
  char text[4096], *to = stpcpy (text, "fmtconv: 1\nvariables:\n  v0: 0123456789\n");
  for (int i = 1; i < 30; i++)
    {
      to += sprintf (to, "  v%d: \"", i);
      for (int k = 0; k < 10; k++)
        to += sprintf (to, "${v%d}", i - 1);
      to = stpcpy (to, "\"\n");
    }
  strcpy (to, "read: \"${v29}\"\nwrite: o\n");
  expect (text, "s.yaml:9:7: the values of the variables exceed 8 MiB of text");
}
