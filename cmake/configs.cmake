# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DSOURCE=.../configs -DOUT=configs.c -P configs.cmake: puts every *.ini below SOURCE into a
# C file, and the completions of shells. Bytes, not string literals: C compilers need take no more than 4095 characters in one.
file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/*.ini)
list(SORT files)
set(texts "")
set(names "")
set(table "")
set(number 0)
foreach(file ${files})
  file(READ ${SOURCE}/${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(REGEX REPLACE "\\.ini$" "" name ${file})
  string(APPEND texts "static const unsigned char text_${number}[] = { /* ${file} */\n    ${hex}0};\n\n")
  string(APPEND names "    \"${name}\",\n")
  string(APPEND table "    (const char *)text_${number},\n")
  math(EXPR number "${number} + 1")
endforeach()
# Texts of figures: share/labels/zh.txt is "zh".
file(GLOB labels RELATIVE ${SOURCE}/../share/labels ${SOURCE}/../share/labels/*.txt)
list(SORT labels)
set(languages "")
set(label_texts "")
foreach(file ${labels})
  string(REGEX REPLACE "\\.txt$" "" language ${file})
  file(READ ${SOURCE}/../share/labels/${file} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND texts "static const unsigned char labels_${language}[] = {\n    ${hex}0};\n\n")
  string(APPEND languages "    \"${language}\",\n")
  string(APPEND label_texts "    (const char *)labels_${language},\n")
endforeach()
foreach(shell bash zsh)
  file(READ ${SOURCE}/../share/completions/jiedao.${shell} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND texts "static const unsigned char text_${shell}[] = {\n    ${hex}0};\n\n")
endforeach()
file(CONFIGURE OUTPUT ${OUT} @ONLY CONTENT [=[
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written by cmake/configs.cmake from configs/ and share/. */
#include "study/builtin.h"

@texts@const int jd_builtin_count = @number@;

const char *const jd_builtin_names[] = {
@names@    0};

const char *const jd_builtin_texts[] = {
@table@    0};

const char *const jd_builtin_languages[] = {
@languages@    0};

const char *const jd_builtin_labels[] = {
@label_texts@    0};

const char *const jd_completion_bash = (const char *)text_bash;
const char *const jd_completion_zsh = (const char *)text_zsh;
]=])
