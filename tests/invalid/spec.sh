#!/bin/sh
# tests/invalid/spec.sh: specs that must be refused: each rule, with the place that is named; nothing is written.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../need.sh"
need cast prefix safetensors
: "${FMTCONV:?the program to test}"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-specs.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
header='{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%s\0\0\0\0' "$header" >in.safetensors
tests=0
failures=0

# refused NAME STATUS WORDS [ARGUMENT...]: s.yaml, as it is now.
refused ()
{
  name=$1 status=$2 words=$3
  shift 3
  said=$("$FMTCONV" -p s.yaml "$@" 2>&1)
  got=$?
  tests=$((tests + 1))
  case $said in *"$words"*) ;; *) got="$got, '$said'" ;; esac
  [ "$got" = "$status" ] || { echo "FAIL $name: $got, not $status, '$words'"; failures=$((failures + 1)); }
  for left in out* .out*; do
    [ -e "$left" ] && { echo "FAIL $name: left $left"; failures=$((failures + 1)); rm -rf "$left"; }
  done
}

# text FORMAT: what stands in front of a sound spec.
sound='fmtconv: 1\nread: {safetensors: {path: in.safetensors}}\ntransform: [none]\nwrite: {safetensors: {path: out.safetensors}}\n'
text ()
{
  # shellcheck disable=SC2059 # the texts are formats
  printf "$1$sound" >s.yaml
}

text ''
"$FMTCONV" -q -p s.yaml && [ -f out.safetensors ] || { echo "FAIL: the sound spec"; exit 1; }
rm out.safetensors

# ---- One document, in UTF-8, of characters that are shown.
text 'a: 1\n---\n';          refused document 1 's.yaml:2:1: a second document begins here'
text '%%YAML 1.1\n---\na: 1\n...\n---\n'; refused document-end 1 's.yaml:5:1: a second document'
text 'a: \0\n';              refused nul 1 's.yaml:1:4: the control character U+0000'
text '# \033[2J\n';          refused control 1 's.yaml:1:3: the control character U+001B'
text 'a: "\\0"\n';         refused nul-escaped 1 's.yaml:1:4: the control character U+0000'
text 'a: "\\x1b"\n';       refused control-escaped 1 's.yaml:1:4: the control character U+001B'
text '# \342\200\256\n';     refused bidi 1 's.yaml:1:3: the control character U+202E'
text '# \377\n';             refused utf8 1 's.yaml:1:3: the file is not valid UTF-8'
printf "$sound" | iconv -t UTF-16LE >s.yaml; refused utf16 1 's.yaml:1:2: the control character U+0000'

# ---- No short cuts, each key once.
text 'variables: &x {a: 1}\n'; refused anchor 1 's.yaml:1:12: anchors'
text 'variables: *x\n';      refused alias 1 's.yaml:1:12: aliases'
text 'variables: !!map {}\n'; refused tag 1 's.yaml:1:12: tags'
text '%%TAG ! tag:x,2026:\n---\n'; refused tag-directive 1 's.yaml:1:1: tags'
text '<<: {a: 1}\n';         refused merge 1 "s.yaml:1:1: a spec has no key '<<'"
text 'read: in.safetensors\n'; refused twice 1 "s.yaml:3:1: 'read' is given twice: the first is at 1:1"
text 'raed: in.safetensors\n'; refused unknown 1 "did you mean 'read'?"
text 'plugin-dir: /tmp\n';   refused plugin-dir 1 "s.yaml:1:1: a spec has no key 'plugin-dir'"
text 'components: {}\n';     refused both 1 "s.yaml:1:1: a spec has either 'read' or 'components'"
text 'components: {vae: {read: a}, vae: {read: b}}\n'
refused component-twice 1 "s.yaml:1:30: 'vae' is given twice: the first is at 1:14"

# ---- Limits: what is deep, long or much.  The exact ones are in tests/unit/spec.c.
{ printf 'a: '; head -c 100000 /dev/zero | tr '\0' '['; } >s.yaml
refused deep 1 's.yaml:1:35: nested deeper than 32'
{ printf 'a:\n'; yes -- '- a' | head -n 150000; } >s.yaml
refused many 1 'more than 100000 values'
head -c 1048577 /dev/zero | tr '\0' '#' >s.yaml
refused long 1 's.yaml: the file is longer than 1 MiB'
{ printf 'fmtconv: '; head -c 1000000 /dev/zero | tr '\0' '1'; } >s.yaml
refused number 1 's.yaml:1:10: spec version 111'

# ---- Variables.
text 'variables: {a: , b: {help: why}}\n'; refused unused 1 "s.yaml:1:13: the variable 'a' is never used"
sound='fmtconv: 1\nvariables: {in: , to: {help: why}}\nread: "${in}"\ntransform: [{cast: {to: "${to}"}}]\nwrite: "${output}"\n'
text '';                     refused missing 2 '-D in=VALUE'
text '';                     refused missing-help 2 '-D to=VALUE  why'
text '';                     refused missing-output 2 OUTPUT
text '';                     refused not-declared 2 "there is no variable 'int': did you mean 'in'?" -D int=x out.safetensors
text '';                     refused value 1 "s.yaml:4:25: 'x' is not a data type" -D in=in.safetensors -D to=x out.safetensors
text '';                     refused missing-file 1 'not-there: No such file' -D in=not-there -D to=f16 out.safetensors
text '';                     refused empty 1 's.yaml:3:7: the path is empty' -D in= -D to=f16 out.safetensors
text '';                     refused no-format 2 "no writer matches the output name" -D in=in.safetensors -D to=f16 out.x

# ---- Paths in the text stay inside of the folder of the spec.
mkdir below && cp in.safetensors below && ln -s .. below/up
# inside WHAT: a spec in the folder below, with this text after its version.
inside () { printf 'fmtconv: 1\nvariables: {v: {default: x.}}\ntransform: [{prefix: {add: "${v}"}}]\n%s\n' "$1" >below/s.yaml; }
# leads NAME AT TEXT [ARGUMENT...]: this text names a path outside.
leads ()
{
  name=$1 at=$2
  inside "$3"
  shift 3
  said=$("$FMTCONV" "$@" -p below/s.yaml 2>&1)
  got=$?
  tests=$((tests + 1))
  case $got,$said in 1,*"below/s.yaml:$at: '"*"' leads out of the folder "*--allow-paths*) ;; *) echo "FAIL $name: $got, '$said'"; failures=$((failures + 1)) ;; esac
  [ "$(echo out* below/out*)" = 'out* below/out*' ] || { echo "FAIL $name: left an output"; failures=$((failures + 1)); rm -rf out* below/out*; }
}
o='write: out.safetensors'
leads up 4:7 "$(printf 'read: ../in.safetensors\n%s' "$o")"
leads absolute 4:7 "$(printf 'read: /etc/passwd\n%s' "$o")"
leads link 4:7 "$(printf 'read: up/in.safetensors\n%s' "$o")"
leads second 4:29 "$(printf 'read: {safetensors: {path: [in.safetensors, ../in.safetensors]}}\n%s' "$o" | sed 's/\[in.safetensors, /[/')"
leads output 5:8 "$(printf 'read: in.safetensors\nwrite: ../out.safetensors')"
leads output-force 5:8 "$(printf 'read: in.safetensors\nwrite: ../in.safetensors')" -f
leads output-link 5:8 "$(printf 'read: in.safetensors\nwrite: up/out.safetensors')"
leads copy 4:31 "$(printf 'components: {a: {copy: {from: ../full}}, b: {read: in.safetensors}}\nwrite: out/')"
inside "$(printf 'read: ../in.safetensors\nwrite: ../out.safetensors')"
"$FMTCONV" -q --allow-paths -p below/s.yaml && [ -f out.safetensors ] || { echo 'FAIL: --allow-paths'; failures=$((failures + 1)); }
rm -f out.safetensors
"$FMTCONV" inspect below/s.yaml >said 2>&1 && { echo 'FAIL: inspect reads outside of the folder'; failures=$((failures + 1)); }
grep -q "below/s.yaml:4:7: '../in.safetensors' leads out" said || { echo "FAIL: inspect: $(cat said)"; failures=$((failures + 1)); }
"$FMTCONV" inspect --allow-paths below/s.yaml >said 2>&1 || { echo "FAIL: inspect --allow-paths: $(cat said)"; failures=$((failures + 1)); }

# ---- The spec is an input: an output never replaces it, nor what is there.
mkdir full && touch full/kept
text '';                     refused not-empty 1 "is not empty" -D in=in.safetensors -D to=f16 full
[ -e full/kept ] || { echo "FAIL: what stood in the folder is gone"; failures=$((failures + 1)); }
rm -r full
sound='fmtconv: 1\nread: in.safetensors\ntransform: none\nwrite: {safetensors: {path: s.yaml}}\n'
text '';                     refused itself 1 's.yaml' -f
[ -s s.yaml ] && head -n 1 s.yaml | grep -q '^fmtconv: 1$' || { echo "FAIL: the spec was overwritten"; failures=$((failures + 1)); }
rm s.yaml; mkdir s.yaml;     refused folder 1 's.yaml'
rmdir s.yaml; mkfifo s.yaml; refused pipe 1 's.yaml: this is a named pipe'

echo "$tests specs, $failures failures"
[ "$failures" = 0 ]
