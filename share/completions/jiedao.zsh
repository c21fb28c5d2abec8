#compdef jiedao
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion for jiedao; the program itself is asked what there is, so nothing here can age.

_jiedao() {
  emulate -L zsh
  local program=${(Q)words[1]} option=${(Q)words[CURRENT-1]} command=${(Q)words[2]}
  local -a list
  [[ $program == \~* ]] && program=${~program}
  if (( CURRENT == 2 )); then
    list=(${(f)"$("$program" completion list 2>/dev/null)"})
    compadd -a list
    return
  fi
  if [[ $PREFIX == --*=* ]]; then # --option=value is one word
    option=${PREFIX%%=*}
    compset -P '*='
  fi
  if [[ $option == -* ]]; then
    option=${option#-}
    list=(${(f)"$("$program" completion list "$command" "${option#-}" 2>/dev/null)"})
    if (( $#list )); then # the last of several names; no file is one of them
      compset -P '*,'
      compadd -a list
      return
    fi
  fi
  if [[ -z $IPREFIX ]]; then
    list=(${(f)"$("$program" completion list "$command" 2>/dev/null)"})
    [[ $PREFIX == -* ]] || list=(${list:#-*}) # options where one is begun
    compadd -a list
  fi
  [[ $PREFIX == -* ]] || _files
}

if [[ ${funcstack[1]} == _jiedao ]]; then
  _jiedao "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i; }
  compdef _jiedao jiedao
fi
