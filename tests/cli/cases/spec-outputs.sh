# Several outputs of one reading: summary, dry run, JSON, the spec again; what is refused.
small in.safetensors
cat >two.yaml <<'END'
fmtconv: 1
variables: {third: {optional: yes, help: a file more}}
read: "${input}"
transform: [{rename: {from: "^layer", to: block}}]
write:
  - half.safetensors
  - safetensors: {path: brain.safetensors}
    transform: [{cast: {to: bf16}}, {drop: {name: steps}}]
  - {torch: {path: "${third}"}}
END
try -p two.yaml in.safetensors
try inspect brain.safetensors
try -p two.yaml in.safetensors
try -p two.yaml -f -D third=third.pt --dtype f16 --verify in.safetensors
try -q -p two.yaml -f -n in.safetensors
try -p two.yaml -f -n in.safetensors
try -p two.yaml -f --json in.safetensors
try -q -p two.yaml -D third=third.pt --print-spec in.safetensors
fmtconv -q -p two.yaml --print-spec in.safetensors >again.yaml
mkdir own && mv half.safetensors brain.safetensors own
try -q -p again.yaml
cmp half.safetensors own/half.safetensors && cmp brain.safetensors own/brain.safetensors && echo same
fmtconv -q -p again.yaml --print-spec | cmp - again.yaml && echo same

# A list of one is what it would be alone.
printf 'fmtconv: 1\nread: in.safetensors\nwrite: [{transform: [{cast: {to: f16}}], safetensors: {path: o.safetensors}}]\n' >one.yaml
try -p one.yaml
try -q -p one.yaml --print-spec

# spec WRITE: what comes of a spec with that list.
spec ()
{
  printf 'fmtconv: 1\nread: in.safetensors\ntransform: none\nwrite: %s\n' "$1" >bad.yaml
  try -p bad.yaml -f
}
mkdir folder
spec '[a.safetensors, {torch: {path: a.safetensors}}]'
spec '[a.safetensors, ./folder/../a.safetensors]'
spec '[{diffusers: {path: folder}}, folder/a.safetensors]'
spec '[{diffusers: {path: new}}, new/a.safetensors]'
spec '[{safetensors: {path: a.safetensors, max-shard-size: 16}}, a-00001-of-00002.safetensors]'
spec '[a.safetensors, {transform: none}]'
spec '[]'
spec '[a.safetensors, {safetensors: {path: b.safetensors}, torch: {path: c.pt}}]'
spec '[a.safetensors, "${third}"]'
spec '[a.safetensors, in.safetensors]'
spec '[a.safetensors, nowhere/b.safetensors]'
ls
