small in.safetensors
try -v inspect in.safetensors
try inspect -v in.safetensors
try inspect in.safetensors -v
try --json inspect in.safetensors
try convert in.safetensors out.safetensors
try -f convert -t none in.safetensors out.safetensors
try -q --dtype bf16 convert in.safetensors bf16.safetensors
cp in.safetensors inspect
try -t none inspect out.gguf
try -r safetensors -t none -f ./inspect out.safetensors
try --threads 1 diff in.safetensors out.safetensors
