# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# bash completion for jiedao; the program itself is asked what there is, so nothing here can age.

_jiedao() {
  local program=${COMP_WORDS[0]} command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]}
  local option=${COMP_WORDS[COMP_CWORD - 1]} list='' head=''
  [ "$word" = = ] && word=
  [ "$option" = = ] && option=${COMP_WORDS[COMP_CWORD - 2]}
  if [ "$COMP_CWORD" = 1 ]; then
    list=$("$program" completion list 2>/dev/null)
  else
    if [[ $option == -* ]]; then
      option=${option#-}
      list=$("$program" completion list "$command" "${option#-}" 2>/dev/null)
      if [ -n "$list" ] && [[ $word == *,* ]]; then # the last of several names
        head=${word%,*},
        word=${word##*,}
      fi
    fi
    [ -n "$list" ] || list=$("$program" completion list "$command" 2>/dev/null)
  fi
  mapfile -t COMPREPLY < <(compgen -P "$head" -W "$list" -- "$word")
}
complete -o default -o bashdefault -F _jiedao jiedao
