"""`forger completion`: a script by which a shell completes what is typed after forger."""

from dataclasses import dataclass
from typing import Literal

from omegaconf import DictConfig

from forger.config.schema import check

BASH = """\
_forger() {
    local line=${COMP_LINE:0:COMP_POINT} IFS=$' \\t\\n' words word found cut=
    read -r -a words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[${#words[@]}-1]}
    # Where "=" separates words, Bash replaces only what follows the last one.
    [[ $COMP_WORDBREAKS == *=* && $word == *=* ]] && cut=${word%=*}=
    COMPREPLY=()
    while IFS= read -r found; do
        # A space follows what is complete.
        [[ $found == *[=./] ]] || found+=" "
        COMPREPLY+=("${found#"$cut"}")
    done < <("${words[0]}" --complete "${words[@]:1}" 2> /dev/null)
}
complete -o nospace -F _forger forger
"""

ZSH = """\
#compdef forger
_forger() {
    local -a found
    found=("${(@f)$("${words[1]}" --complete "${(@)words[2,CURRENT]}" 2> /dev/null)}")
    # A space follows what is complete.
    compadd -S "" -- ${(M)found:#*[=./]}
    compadd -- ${found:#*[=./]}
}
compdef _forger forger
"""

FISH = """\
function __forger
    set -l words (commandline -opc)
    $words[1] --complete $words[2..-1] (commandline -ct) 2> /dev/null
end
complete -c forger -f -a "(__forger)"
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@dataclass
class Settings:
    shell: Literal["bash", "zsh", "fish"]


def run(config: DictConfig) -> None:
    """Print the script of a shell."""
    check(config, Settings)
    print(SCRIPTS[config.shell], end="")
