# SPDX-License-Identifier: GPL-3.0-or-later
# zsh -f completion.zsh PROGRAM LINE...: what each line becomes after Tab in an interactive zsh, a
# line each. PROGRAM is on the PATH as jiedao, and the script is as `jiedao completion zsh` has it.
zmodload zsh/zpty || exit 77

# Reads until the terminal shows $1; at most half a minute.
read_until() {
  local part
  local -i n=0
  shown=
  while (( n < 600 )); do
    if zpty -r -t z part; then
      shown+=$part
      [[ $shown == *${~1}* ]] && return 0
    else
      n+=1
      sleep 0.05
    fi
  done
  print -r -- "no $1: ${(V)shown}"
  exit 1
}

zpty -b z 'TERM=dumb PS1="%%" zsh -f -i'
zpty -w z 'stty -echo; autoload -Uz compinit; compinit -D; eval "$(jiedao completion zsh)"'
zpty -w z 'show() { print -r -- "<""$BUFFER"">"; BUFFER=; zle accept-line }; zle -N show; bindkey "^X" show'
zpty -w z 'unsetopt zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste; unsetopt list_beep beep; print -r -- rea""dy'
read_until ready
for line in "$@"; do
  zpty -n -w z $line$'\t\x18'
  read_until '<*>'
  print -r -- ${${shown#*<}%%>*}
done
zpty -d z
