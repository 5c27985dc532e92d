# A value without a key is for the plugin's main parameter: on the command line, in a spec, of readers and writers.
small in.safetensors
try -n -q -t cast:bf16 in.safetensors out.safetensors
try -q --print-spec -t cast:BF16,keep=no -t drop:steps,why=old -t prefix:m. in.safetensors out.safetensors
try -q --print-spec -t 'drop:steps,layer.b*' in.safetensors out.safetensors
try -q --print-spec -t 'prefix:a\=b\,c\:d' in.safetensors out.safetensors
try -n -t drop:steps in.safetensors out.safetensors
try -n -t quantize:q8_0 -w gguf:test in.safetensors out.gguf
try -q -w torch:module in.safetensors out.pt
try inspect -r torch:module out.pt
cat >rules.yaml <<'R'
fmtconv-rules: 1
unmatched: keep
rules:
  - {from: "layer.{w}", to: "block.{w}"}
R
try -n -q -t map:rules.yaml in.safetensors out.safetensors
try -n -q -t map:rules.yaml,reverse in.safetensors out.safetensors
try -n -t lora-merge:weight=0.5,in.safetensors in.safetensors out.safetensors
# What is not clear is refused.
try -n -t cast:bf16,f16 in.safetensors out.safetensors
try -n -t cast:to in.safetensors out.safetensors
try -n -t cast:bf61 in.safetensors out.safetensors
try -n -t cast:keep in.safetensors out.safetensors
try -n -t rename:x in.safetensors out.safetensors
try -n -t untie:x in.safetensors out.safetensors
try -n -r safetensors:x in.safetensors out.safetensors
try -n -t drop:reverse in.safetensors out.safetensors
try help cast
try help torch
fmtconv plugins --json cast | grep -o '"key":"[a-z]*"[^}]*"main":[^}]*'
# In a spec.
spec ()
{
  printf 'fmtconv: 1\nread: in.safetensors\ntransform: %s\nwrite: out.safetensors\n' "$1" >spec.yaml
  try -q -n -p spec.yaml
}
spec '[{cast: bf16}, {drop: [steps, "*.bias"]}]'
spec '{prefix: m.}'
spec '[{rename: x}]'
spec '[cast:bf16]'
spec '[{cast: [bf16, f16]}]'
