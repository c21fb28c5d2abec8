# SPDX-License-Identifier: GPL-3.0-or-later
# jd_library(core LIBS ... SOURCES ...): libjiedao-core, static (jd_core) and shared (jd_core_shared).
function(jd_library part)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;NEEDS" ${ARGN})
  add_library(jd_${part} STATIC ${ARG_SOURCES})
  add_library(jd_${part}_shared SHARED ${ARG_SOURCES})
  foreach(target jd_${part} jd_${part}_shared)
    target_link_libraries(${target} PRIVATE jd_warnings)
    target_link_libraries(${target} PUBLIC jd_options)
    target_link_libraries(${target} PRIVATE ${ARG_LIBS})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME jiedao-${part})
  endforeach()
  foreach(need ${ARG_NEEDS})
    target_link_libraries(jd_${part} PUBLIC jd_${need})
    target_link_libraries(jd_${part}_shared PUBLIC jd_${need}_shared)
  endforeach()
  set_target_properties(jd_${part}_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  add_library(jiedao::${part} ALIAS jd_${part})
endfunction()

# jd_part(io LIBS ... SOURCES ...): a part of the program only, one static library.
function(jd_part part)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(jd_${part} STATIC ${ARG_SOURCES})
  target_link_libraries(jd_${part} PRIVATE jd_warnings PUBLIC jd_options ${ARG_LIBS})
endfunction()
