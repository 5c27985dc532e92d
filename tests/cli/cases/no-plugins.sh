# The index of known plugins is installed, and no plugin is.
mkdir empty
FMTCONV_INDEX_PATH=$FMTCONV_PLUGIN_PATH
FMTCONV_PLUGIN_PATH=$PWD/empty
export FMTCONV_INDEX_PATH FMTCONV_PLUGIN_PATH
try plugins
try plugins sat
try help sat
try ckpt out.safetensors
try inspect ckpt
try -r sat ckpt out.safetensors
try -w safetensors ckpt out.safetensors
try plugins --plugin-dir none
