small in.safetensors
cp in.safetensors model.safetensors
try edit -n --set title=hello --rename layer.bias=c model.safetensors
try edit --set title=hello model.safetensors
try edit --set title=hell --set format=pt model.safetensors
try edit --set title=hell model.safetensors
try edit --json --set title=help model.safetensors
try -q edit --unset title model.safetensors
try edit --unset title model.safetensors
try edit --rename none=c model.safetensors
try edit --set title model.safetensors
try edit --set a=1 --unset a model.safetensors
try edit model.safetensors
try edit --set a=1
try edit --set a=1 absent.safetensors
try edit --set a=1 .
fmtconv -q -t none -w gguf:architecture=test in.safetensors model.gguf
try edit --set general.architecture=tost --set n:u32=5 --set 'list:[f32]=[1,0.5]' model.gguf
try edit --set n=6 model.gguf
try edit --set n=-1 model.gguf
try edit --set new=6 model.gguf
try edit --set general.alignment=64 model.gguf
fmtconv -q -t none in.safetensors model.pt
try edit --set a=1 model.pt
try edit --help
