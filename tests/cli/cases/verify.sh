small in.safetensors
try -q --manifest in.safetensors out.safetensors
try verify out.safetensors
try verify --against in.safetensors out.safetensors
try verify --dtype f16 out.safetensors
try verify
printf X | dd of=out.safetensors bs=1 seek=270 conv=notrunc 2>/dev/null
try verify out.safetensors
try verify --against in.safetensors out.safetensors
try -q verify --against in.safetensors out.safetensors
try verify --json --against in.safetensors out.safetensors
rm out.safetensors.sha256
try verify out.safetensors
try verify --manifest out.safetensors
head -c 100 in.safetensors >cut.safetensors
try verify cut.safetensors
try verify absent.safetensors
try verify --help
