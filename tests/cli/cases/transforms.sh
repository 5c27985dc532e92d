small in.safetensors
try -t none in.safetensors out.safetensors
try -n -t cast:to=f16 -t cast:to=f32 in.safetensors other.safetensors
try -n -t cogvideox-lora -t cast:to=f32 -q ckpt other.safetensors
try -t none -t cast:to=f16 in.safetensors other.safetensors
try -t cogvideox-lora in.safetensors other.safetensors
ls
