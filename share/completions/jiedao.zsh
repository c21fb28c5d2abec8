#compdef jiedao
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion for jiedao; the program itself is asked what there is, so nothing here can age.

_jiedao() {
  local program=${words[1]} option=${words[CURRENT-1]}
  local -a list
  if (( CURRENT == 2 )); then
    list=(${(f)"$($program completion list 2>/dev/null)"})
  else
    if [[ $option == -* ]]; then
      option=${option#-}
      list=(${(f)"$($program completion list ${words[2]} ${option#-} 2>/dev/null)"})
      (( $#list )) && compset -P '*,'
    fi
    (( $#list )) || list=(${(f)"$($program completion list ${words[2]} 2>/dev/null)"})
  fi
  compadd -a list
  (( CURRENT > 2 )) && _files
}

if [[ ${funcstack[1]} == _jiedao ]]; then _jiedao "$@"; else compdef _jiedao jiedao; fi
