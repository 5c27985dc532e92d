small in.safetensors
try --json in.safetensors out.safetensors
try --json -f --dtype f16 in.safetensors out.safetensors
try --json -n in.safetensors other.safetensors
try --json in.safetensors out.safetensors
try --json 'no "such" file' out.safetensors
