small in.safetensors
try --dtype nonsense in.safetensors out.safetensors
try --dtype bf61 in.safetensors out.safetensors
try --dtype Q4_K_M in.safetensors out.safetensors
try --dtype BF16 in.safetensors out.safetensors
try -n --dtype bf16 -t cast:to=f16 in.safetensors other.safetensors
try -t cast:to=i8 in.safetensors other.safetensors
try -t cast in.safetensors other.safetensors
try --dtype f8_e4m3 in.safetensors other.safetensors
ls
