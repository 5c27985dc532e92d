# A name that would turn the line around, and one with a backslash.
header='{"a\u202eb":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"c\\d":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}'
printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%sxy' "$header" >in.safetensors
try inspect --tensors in.safetensors
try -n in.safetensors out.safetensors
