try -r sta ckpt out.safetensors
try -t cogvideox-lroa ckpt out.safetensors
try -w safetensor ckpt out.safetensors
try -w zip ckpt out.safetensors
try -t cogvideox-lora:alhpa=2 ckpt out.safetensors
try -t cast:to=f16,too=f16 ckpt out.safetensors
try -t sat ckpt out.safetensors
try -t Cast ckpt out.safetensors
try --nothing ckpt out.safetensors
try -x ckpt out.safetensors
try inspect --nothing ckpt
try inspect -n ckpt
try --d f16 ckpt out.safetensors
try convrt
