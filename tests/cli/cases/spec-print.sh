# The spec of a command line, of a detected one, and of a spec; each gives the same again.
small in.safetensors
try --print-spec ckpt out.safetensors
try --print-spec -t cast:to=f16 --dtype bf16 'in.safetensors' './o$ {x}.safetensors'
try -q -p cogvideox-lora -D alpha=3 --print-spec ckpt out.safetensors
fmtconv -q --print-spec ckpt one.safetensors >one.yaml
try -q -p one.yaml
mv one.safetensors first.safetensors
try -q ckpt one.safetensors
cmp one.safetensors first.safetensors && echo same
fmtconv -q -p one.yaml --print-spec | cmp - one.yaml && echo same
try -q --print-spec -r sat -t none -w safetensors:metadata.a='x\,y' 'not there' 'nor
here'
try --print-spec ckpt
try --print-spec missing out.safetensors
ls
try --json -q --print-spec -t none in.safetensors out.safetensors
