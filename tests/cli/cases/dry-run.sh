small in.safetensors
try -n in.safetensors out.safetensors
try -n --dtype f16 in.safetensors out.safetensors
try -n -q in.safetensors out.safetensors
fmtconv -n ckpt out.safetensors | sed -n '1,4p;$p'
ls
