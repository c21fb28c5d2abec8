# SPDX-License-Identifier: GPL-3.0-or-later
# Compiler flags, as interface targets: jd_warnings for our own code, jd_options for everything.

add_library(jd_warnings INTERFACE)
target_compile_options(jd_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
  -Wdouble-promotion -Wvla)
if(JD_WERROR)
  target_compile_options(jd_warnings INTERFACE -Werror)
endif()

# Same bits on every machine: no fused multiply-add, no reassociation. The two -fno flags only drop
# side effects (errno, traps) that nothing here reads, so that loops vectorise.
add_library(jd_options INTERFACE)
target_compile_options(jd_options INTERFACE -ffp-contract=off -fno-math-errno -fno-trapping-math)
target_compile_definitions(jd_options INTERFACE _POSIX_C_SOURCE=200809L)
target_include_directories(jd_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/sim>)

# Under sanitizers clang cannot do all that "omp simd" asks for, which is no fault of the code.
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  target_compile_options(jd_options INTERFACE -Wno-pass-failed)
endif()

if(JD_SANITIZE)
  target_compile_options(jd_options INTERFACE -fsanitize=${JD_SANITIZE} -fno-sanitize-recover=all
                         -fno-omit-frame-pointer)
  target_link_options(jd_options INTERFACE -fsanitize=${JD_SANITIZE})
endif()
if(JD_SANITIZE MATCHES "address")
  add_library(jd_leaks OBJECT ${PROJECT_SOURCE_DIR}/tests/leaks.c)
  # Into programs only: what libraries export is ours (test_exports).
  target_sources(jd_options INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<TARGET_OBJECTS:jd_leaks>>)
endif()
if(JD_BUILD_FUZZ)
  # The libraries report their coverage too, or the fuzzer would search blindly; each comparison only
  # where input is read: in sums that costs the tests a third of their time.
  set(jd_sums -fno-sanitize-coverage=trace-cmp)
  target_compile_options(jd_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(jd_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(JD_COVERAGE)
  target_compile_options(jd_options INTERFACE --coverage -O0 -g)
  target_link_options(jd_options INTERFACE --coverage)
endif()

# Function clones per instruction set: gcc only, and not under sanitizers.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT JD_SANITIZE AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_definitions(jd_options INTERFACE JD_TARGET_CLONES=1)
endif()

if(JD_WITH_OPENMP)
  find_package(OpenMP COMPONENTS C)
  if(OpenMP_C_FOUND)
    target_compile_options(jd_options INTERFACE ${OpenMP_C_FLAGS})
    target_link_libraries(jd_options INTERFACE ${OpenMP_C_LIBRARIES})
  else()
    message(STATUS "OpenMP not found: jiedao will use one thread")
  endif()
else()
  target_compile_options(jd_options INTERFACE -Wno-unknown-pragmas)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
