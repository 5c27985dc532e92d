try -j 0 ckpt out.safetensors
try -j two ckpt out.safetensors
try --threads=99999 ckpt out.safetensors
try --memory x ckpt out.safetensors
try --memory 5k ckpt out.safetensors
try --memory 99999999T ckpt out.safetensors
try --color maybe ckpt out.safetensors
try --verify=yes ckpt out.safetensors
try -t cogvideox-lora:alpha=much ckpt out.safetensors
try -t cogvideox-lora:alpha=0 ckpt out.safetensors
try -t cogvideox-lora:rank=-1 ckpt out.safetensors
try -t cogvideox-lora:scale=everywhere ckpt out.safetensors
try -t cogvideox-lora:alpha=2,alpha=2 ckpt out.safetensors
try -t cogvideox-lora:alpha ckpt out.safetensors
