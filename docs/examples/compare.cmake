# SPDX-License-Identifier: GPL-3.0-or-later
# Runs PROGRAM and compares what it prints with the file SHOWN.
execute_process(COMMAND ${PROGRAM} OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE status)
file(READ ${SHOWN} shown)
if(NOT status EQUAL 0 OR NOT out STREQUAL shown OR NOT err STREQUAL "")
  message(FATAL_ERROR "status ${status}\n${err}\nprinted:\n${out}\n${SHOWN} shows:\n${shown}")
endif()
