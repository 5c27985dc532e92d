# Several outputs of one command: each has the writer of its name, and all appear together.
small in.safetensors
try --dtype f16 in.safetensors half.safetensors --tee half.pt
try --print-spec --tee other.pt -w safetensors in.safetensors one.safetensors
try --tee half.pt in.safetensors new.safetensors
try --tee new.safetensors in.safetensors new.safetensors
try --tee nowhere/new.pt in.safetensors new.safetensors
try -p to-bf16 --tee new.pt in.safetensors new.safetensors
try --tee
ls
