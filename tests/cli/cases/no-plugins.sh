mkdir empty
FMTCONV_PLUGIN_PATH=$PWD/empty
export FMTCONV_PLUGIN_PATH
try plugins
try plugins sat
try help sat
try ckpt out.safetensors
try inspect ckpt
try -r sat ckpt out.safetensors
try -w safetensors ckpt out.safetensors
try plugins --plugin-dir none
