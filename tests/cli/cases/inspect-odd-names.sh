# A name that would turn the line around is refused, and shown escaped; one with a backslash is read.
make ()
{
  header="{\"$1\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"c\\\\d\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}"
  printf "\\$(printf %o ${#header})"'\0\0\0\0\0\0\0%sxy' "$header" >in.safetensors
}
make 'a\u202eb'
try inspect --tensors in.safetensors
try -n in.safetensors out.safetensors
make 'a b'
try inspect --tensors in.safetensors
try -n in.safetensors out.safetensors
# The same of files: the command that is shown can be typed into a shell that knows $'...'.
mv in.safetensors "$(printf 'a\033[31m\n\302\205'"'"'.safetensors')"
fmtconv inspect *.safetensors
typed=$(fmtconv inspect *.safetensors | sed -n 's/^convert  *//p')
if command -v bash >/dev/null; then
  bash -c "${typed%OUTPUT.safetensors}out.safetensors" 2>/dev/null
else
  : >out.safetensors
fi
ls out.safetensors
fmtconv -f a*.safetensors "$(printf 'o\033.safetensors')"
