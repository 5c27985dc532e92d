mkdir sub
cat >sub/small.yaml <<'END'
fmtconv: 1
variables: {to: f16, file: }
read: {safetensors: {path: small.safetensors}}
transform: [{cast: {to: "${to}"}}]
write: {safetensors: {path: "${file}", metadata: {made: "by a, b = c"}}}
END
small sub/small.safetensors
small sub.safetensors
try -p sub/small.yaml
try -p sub/small.yaml -D file=typed.safetensors
try -p sub/small.yaml -D file=sub.safetensors
try inspect typed.safetensors
try -p sub/small.yaml -D to=bf16 -D file=typed.safetensors --dtype f64 -f -n
try -q -p cogvideox-lora ckpt a.safetensors
try -q ckpt b.safetensors
cmp a.safetensors b.safetensors && echo same
ls
