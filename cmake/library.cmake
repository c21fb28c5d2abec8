# SPDX-License-Identifier: GPL-3.0-or-later
# jd_library(core SOURCES ... [NEEDS part...] [LIBS ...] [INCLUDES ...]): libjiedao-core, static
# (jd_core) and shared (jd_core_shared), from objects compiled once.
function(jd_library part)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;NEEDS;INCLUDES" ${ARGN})
  jd_sources(${part} ARG_SOURCES)
  add_library(jd_${part}_objects OBJECT ${ARG_SOURCES})
  target_link_libraries(jd_${part}_objects PRIVATE jd_options jd_warnings ${ARG_LIBS})
  target_include_directories(jd_${part}_objects PRIVATE ${ARG_INCLUDES})
  add_library(jd_${part} STATIC $<TARGET_OBJECTS:jd_${part}_objects>)
  add_library(jd_${part}_shared SHARED $<TARGET_OBJECTS:jd_${part}_objects>)
  foreach(target jd_${part} jd_${part}_shared)
    # Our flags are for our build; who links the installed library keeps their own.
    target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:jd_options> PRIVATE ${ARG_LIBS} m)
    target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    set_target_properties(${target} PROPERTIES OUTPUT_NAME jiedao-${part})
  endforeach()
  foreach(need ${ARG_NEEDS})
    target_link_libraries(jd_${part} PUBLIC jd_${need})
    target_link_libraries(jd_${part}_shared PUBLIC jd_${need}_shared)
  endforeach()
  if(OpenMP_C_FOUND)
    target_link_libraries(jd_${part} INTERFACE $<INSTALL_INTERFACE:$<LINK_ONLY:OpenMP::OpenMP_C>>)
  endif()
  set_target_properties(jd_${part} PROPERTIES EXPORT_NAME ${part}_static)
  set_target_properties(jd_${part}_shared PROPERTIES EXPORT_NAME ${part}
    INSTALL_RPATH $<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  if(NOT JD_SANITIZE AND NOT APPLE)
    target_link_options(jd_${part}_shared PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# jd_part(io SOURCES ... [LIBS ...]): a part of the program only, one static library.
function(jd_part part)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  jd_sources(${part} ARG_SOURCES)
  add_library(jd_${part} STATIC ${ARG_SOURCES})
  target_link_libraries(jd_${part} PRIVATE jd_warnings PUBLIC jd_options ${ARG_LIBS})
endfunction()

# A library needs a source: a part whose folder is empty yet gets one with nothing in it.
function(jd_sources part variable)
  if(NOT ${variable})
    set(file ${CMAKE_CURRENT_BINARY_DIR}/${part}_empty.c)
    file(CONFIGURE OUTPUT ${file} CONTENT "typedef int jd_${part}_empty_t;\n")
    set(${variable} ${file} PARENT_SCOPE)
  endif()
endfunction()
