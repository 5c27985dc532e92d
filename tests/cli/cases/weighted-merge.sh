small a.safetensors
cp a.safetensors b.safetensors
printf '\0\0\0\100' | dd of=b.safetensors bs=1 conv=notrunc seek=$(($(wc -c <a.safetensors) - 32)) 2>/dev/null
fmtconv -qq --dtype f16 a.safetensors c.safetensors
try -t merge:file=b.safetensors,weight=0.25 --verify a.safetensors linear.safetensors
try diff a.safetensors linear.safetensors
try -t merge:file=b.safetensors,weight=0.5,method=slerp a.safetensors slerp.safetensors
try -t merge:file=b.safetensors,minus=c.safetensors,weight=0.8 a.safetensors difference.safetensors
try -t 'merge:file=b.safetensors,weight=0.25,file=c.safetensors,weight=0.5,rule=*=0:1' a.safetensors rule.safetensors
try -t merge:file=b.safetensors,weight=0.5,base-weight=1 a.safetensors x.safetensors
try -t merge:file=b.safetensors a.safetensors x.safetensors
try -t merge:file=ckpt,weight=0.5 a.safetensors x.safetensors
try help merge
fmtconv -qn -t merge:file=b.safetensors,weight=0.5,method=slerp a.safetensors x.safetensors
fmtconv -qn -t merge:file=b.safetensors,minus=c.safetensors a.safetensors x.safetensors
ls
