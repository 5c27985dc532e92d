try nothing.safetensors out.safetensors
try inspect nothing
try - out.safetensors
try '' out.safetensors
: >empty.safetensors
try empty.safetensors out.safetensors
echo 'some text' >text.bin
try text.bin out.safetensors
mkdir folder
try folder out.safetensors
try -r sat folder out.safetensors
try /dev/null out.safetensors
ls
