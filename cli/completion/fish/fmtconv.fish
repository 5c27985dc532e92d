# cli/completion/fish/fmtconv.fish: completion for fish.
# SPDX-License-Identifier: Apache-2.0

function __fmtconv_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l plain (string unescape -- $word)
    test (count $plain) -eq 1; or set plain $word
    set -l lines ($before[1] complete -- $before[2..-1] "$plain" 2>/dev/null)
    set -q lines[1]; or return
    printf '%s\n' $lines[1..-2]
    set -l end (string split ' ' -- $lines[-1])
    contains -- $end[1] :files :folders; or return
    set -l prefix (string sub -l $end[2] -- "$plain")
    set -l rest (string sub -s (math $end[2] + 1) -- "$plain")
    for path in (__fish_complete_path $rest '')
        if test $end[1] = :files; or string match -q '*/' -- (string split -f1 \t -- $path)
            printf '%s%s\n' $prefix $path
        end
    end
end

complete -c fmtconv -f -a '(__fmtconv_complete)'
