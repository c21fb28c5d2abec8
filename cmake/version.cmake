# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DSOURCE=... -DOUT=... -DVERSION=... -P version.cmake: writes version.c from version.c.in.
# Runs at every build; configure_file leaves an unchanged file alone, so nothing is then recompiled.
set(COMMIT unknown)
# Without this test an unpacked tarball would report the commit of a repository around it.
if(EXISTS ${SOURCE}/.git)
  execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND described)
    set(COMMIT ${described})
  endif()
endif()
string(REGEX MATCH "([0-9]+)\\.([0-9]+)\\.([0-9]+)" numbers ${VERSION})
set(MAJOR ${CMAKE_MATCH_1})
set(MINOR ${CMAKE_MATCH_2})
set(PATCH ${CMAKE_MATCH_3})
configure_file(${SOURCE}/sim/core/version.c.in ${OUT} @ONLY)
