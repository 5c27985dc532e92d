#!/bin/sh
# tests/invalid/rules.sh: files of rules that must be refused: each rule of their YAML and of their tables, with the place.
# SPDX-License-Identifier: Apache-2.0
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../need.sh"
need map safetensors
need_command timeout
: "${FMTCONV:?the program to test}"

work=$(mktemp -d "${TMPDIR:-/tmp}/fmtconv-rules.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
header='{"a.0.w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%s\0\0\0\0' "$header" >in.safetensors
tests=0
failures=0

# run NAME STATUS WORDS ARGUMENT...: the program; an error begins with the file of rules, and nothing is left.
run ()
{
  name=$1 status=$2 words=$3
  shift 3
  said=$(timeout 60 "$FMTCONV" "$@" 2>&1)
  got=$?
  tests=$((tests + 1))
  case $said in *"$words"*) ;; *) got="$got, '$said'" ;; esac
  case $status$said in 0* | 1"fmtconv: r.yaml"*) ;; *) got="$got, and does not begin with the file: '$said'" ;; esac
  [ "$got" = "$status" ] || { echo "FAIL $name: $got, not $status, '$words'"; failures=$((failures + 1)); }
  for left in out* .out*; do
    [ -e "$left" ] && { echo "FAIL $name: left $left"; failures=$((failures + 1)); rm -rf "$left"; }
  done
}

# refused NAME WORDS: r.yaml, as it is now, when it is proved and when it is used.
refused ()
{
  run "$1 (check)" 1 "$2" map --check r.yaml
  run "$1 (transform)" 1 "$2" -t map:rules=r.yaml in.safetensors out.safetensors
}

# text FORMAT: what stands in front of sound rules; table FORMAT: rules behind a sound head.
sound='fmtconv-rules: 1\nrules:\n  - {from: "a.{i}.w", to: "b.{i}.w"}\n'
text ()
{
  # shellcheck disable=SC2059 # the texts are formats
  printf "$1$sound" >r.yaml
}
table ()
{
  # shellcheck disable=SC2059 # the texts are formats
  printf "fmtconv-rules: 1\nrules:\n$1" >r.yaml
}
# rule FIELDS: one rule.
rule ()
{
  table "  - {$1}\n"
}

text ''
run sound 0 'r.yaml: 1 rule, well-formed' map --check r.yaml
"$FMTCONV" -q -t map:rules=r.yaml in.safetensors out.safetensors && [ -f out.safetensors ] || { echo "FAIL: the sound rules"; exit 1; }
rm out.safetensors

# ---- One document, in UTF-8, of characters that are shown.
: >r.yaml;                   refused empty 'r.yaml:1:1: the file has no document'
printf '# nothing\n' >r.yaml; refused comment 'r.yaml:1:1: the file has no document'
text 'prefix: "a|b"\n---\n'; refused document 'r.yaml:2:1: a second document begins here'
text 'prefix: \0\n';         refused nul 'r.yaml:1:9: the control character U+0000'
text '# \033[2J\n';          refused control 'r.yaml:1:3: the control character U+001B'
text 'prefix: "\\x1b"\n';  refused control-escaped 'r.yaml:1:9: the control character U+001B'
text 'prefix: "\\u202e"\n'; refused bidi-escaped 'r.yaml:1:9: the control character U+202E'
text '# \302\205\n';         refused c1 'r.yaml:1:3: the control character U+0085'
text '# \342\200\256\n';     refused bidi 'r.yaml:1:3: the control character U+202E'
text '# \377\n';             refused utf8 'r.yaml:1:3: the file is not valid UTF-8'
text '# \355\240\200\n';     refused surrogate 'r.yaml:1:3: the file is not valid UTF-8'
text 'prefix: "a\n';         refused quote 'r.yaml:'
text '\tprefix: a\n';        refused tab 'indent with blanks, not tabs'
text '{\n';                  refused brace 'not valid YAML'
text 'prefix: a: b\n';       refused colon "put a text with ': ' in quotes"

# ---- No short cuts, each key once.
text 'prefix: &x a\n';       refused anchor 'r.yaml:1:9: anchors'
text 'prefix: *x\n';         refused alias 'r.yaml:1:9: aliases'
text 'prefix: !!str a\n';    refused tag 'r.yaml:1:9: tags'
text '%%TAG ! tag:x,2026:\n---\n'; refused tag-directive 'r.yaml:1:1: tags'
text '<<: {prefix: a}\n';    refused merge "r.yaml:1:1: a rules file has no key '<<'"
text 'rules: []\n';          refused twice "r.yaml:3:1: 'rules' is given twice: the first is at 1:1"
text '? [a]\n: b\n';         refused key-list 'r.yaml:1:3: a key must be a text, not a list or a map'
text '? {a: b}\n: b\n';      refused key-map 'r.yaml:1:3: a key must be a text, not a list or a map'
rule 'from: a, to: b, from: c'; refused rule-twice "r.yaml:3:22: 'from' is given twice: the first is at 3:6"

# ---- Limits, each below, at and above.
depth ()
{
  { printf 'x: '; head -c "$(($1 - 1))" /dev/zero | tr '\0' '['; head -c "$(($1 - 1))" /dev/zero | tr '\0' ']'; } >r.yaml
}
depth 31;                    refused depth-31 "r.yaml:1:1: a rules file must begin with 'fmtconv-rules: 1'"
depth 32;                    refused depth-32 "r.yaml:1:1: a rules file must begin with 'fmtconv-rules: 1'"
depth 33;                    refused depth-33 'r.yaml:1:35: nested deeper than 32'
{ printf 'x: '; head -c 1000000 /dev/zero | tr '\0' '['; } >r.yaml
refused depth-million 'nested deeper than 32'
# Of a list of n items: the stream's begin, the document's and two collections', a key, and the items; then their ends.
items ()
{
  { printf 'x:\n'; yes -- '- a' | head -n "$1"; } >r.yaml
}
items 99990;                 refused events-below "r.yaml:1:1: a rules file must begin with 'fmtconv-rules: 1'"
items 99991;                 refused events-at "r.yaml:1:1: a rules file must begin with 'fmtconv-rules: 1'"
items 99992;                 refused events-above 'more than 100000 values'
size ()
{
  { printf '#'; head -c "$(($1 - 1))" /dev/zero | tr '\0' 'x'; } >r.yaml
}
size 1048575;                refused size-below 'the file has no document'
size 1048576;                refused size-at 'the file has no document'
size 1048577;                refused size-above 'r.yaml: the file is longer than 1 MiB'

# ---- What the file says.
printf 'a\n' >r.yaml;        refused root-text 'r.yaml:1:1: a rules file must be a map, not a text'
printf '[]\n' >r.yaml;       refused root-list 'r.yaml:1:1: a rules file must be a map, not a list'
printf '~\n' >r.yaml;        refused root-nothing 'r.yaml:1:1: a rules file must be a map, not nothing'
printf 'rules: []\n' >r.yaml; refused version-none "r.yaml:1:1: a rules file must begin with 'fmtconv-rules: 1'"
for version in 0 2 1.0 01 yes '""'; do
  printf 'fmtconv-rules: %s\nrules: []\n' "$version" >r.yaml; refused "version-$version" "a rules file must begin with 'fmtconv-rules: 1'"
done
printf 'fmtconv-rules: [1]\nrules: []\n' >r.yaml; refused version-list 'r.yaml:1:16: fmtconv-rules must be a text, not a list'
printf 'fmtconv-rules: 1\n' >r.yaml; refused no-rules "r.yaml:1:1: the key 'rules' is missing"
for value in text '{}' '~'; do
  printf 'fmtconv-rules: 1\nrules: %s\n' "$value" >r.yaml; refused "rules-$value" 'r.yaml:2:8: rules must be a list, not'
done
text 'prefux: a\n';          refused unknown "r.yaml:1:1: a rules file has no key 'prefux'; did you mean 'prefix'?"
for key in prefix lists complete unmatched; do
  text "$key: []\n";         refused "$key-list" "$key must be a text, not a list"
  text "$key:\n";            refused "$key-nothing" "$key must be a text, not nothing"
done
text 'dense: maybe\n';       refused dense "r.yaml:1:8: 'dense' must be yes or no"
text 'dense: []\n';          refused dense-list "r.yaml:1:8: 'dense' must be yes or no"

# ---- What a rule says.
table '  - a\n';             refused rule-text 'r.yaml:3:5: a rule must be a map, not a text'
table '  -\n';               refused rule-nothing 'a rule must be a map, not nothing'
rule '';                     refused rule-empty "r.yaml:3:5: a rule needs 'from', the names that it matches"
rule 'to: b';                refused rule-from "r.yaml:3:5: a rule needs 'from', the names that it matches"
rule 'from: a';              refused rule-to "r.yaml:3:5: a rule needs 'to'"
rule 'form: a, to: b';       refused rule-unknown "r.yaml:3:6: a rule has no key 'form'; did you mean 'from'?"
for key in from to shape pick ops why axis; do
  rule "from: a, to: b, $key: []" # the second of two is told first where it is from or to
  case $key in
    from | to) refused "rule-$key-list" "'$key' is given twice" ;;
    *) refused "rule-$key-list" "$key must be a text, not a list" ;;
  esac
done
rule 'from: [a], to: b';     refused rule-from-list 'r.yaml:3:12: from must be a text, not a list'
rule 'from: a, to: {b: c}';  refused rule-to-map 'r.yaml:3:19: to must be a text, not a map'
for axis in 8 -1 x 00 1.5; do
  rule "from: a, to: b, axis: $axis"; refused "axis-$axis" "r.yaml:3:28: axis must be a number from 0 to 7, not '$axis'"
done
for axis in 0 7; do
  rule "from: \"a.{i}.w\", to: \"b.{i}.w\", axis: $axis"; run "axis-$axis" 0 'r.yaml: 1 rule, well-formed' map --check r.yaml
done
rule 'from: a, to: b, optional: 1'; refused optional "r.yaml:3:32: 'optional' must be yes, no or all"
rule 'from: a, to: b, optional: []'; refused optional-list "r.yaml:3:32: 'optional' must be yes, no or all"

# ---- What a table means: the line of the rule is named.
rule 'from: "a.{", to: b';   refused pattern-open 'r.yaml:3:'
rule 'from: "a.{i}", to: "b.{j}"'; refused pattern-unbound 'r.yaml:3:'
rule 'from: "", to: b';      refused pattern-empty 'r.yaml'
rule 'from: "a.{w}", to: "b.{w}", shape: "h,,"'; refused shape 'r.yaml:3:'
rule 'from: "a.{w}", to: "b.{w}", ops: "turn"'; refused ops 'r.yaml:3:'
rule 'from: "a.{w}", to: "b.{w}", pick: "x"'; refused pick 'r.yaml:3:'
text 'lists: "w"\n';         refused lists 'r.yaml:1:1: lists is not of the form'
text 'prefix: "{x"\n';       refused prefix 'r.yaml'
table '  - {from: "a.{i}.w", to: "b.{i}"}\n  - {from: "a.{i}.w", to: "c.{i}"}\n'
run same-from 0 '' map --check r.yaml
{ printf 'fmtconv-rules: 1\nrules:\n'; awk 'BEGIN { for (i = 0; i < 4000; i++) printf "  - {from: \"a%d.{i}\", to: \"b%d.{i}\"}\n", i, i }'; } >r.yaml
refused patterns 'r.yaml:1:1: the table has more than 512 patterns' # and not: it takes too much memory

echo "$tests runs, $failures failures"
[ "$failures" = 0 ]
