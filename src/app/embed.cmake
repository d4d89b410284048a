# SPDX-License-Identifier: Apache-2.0
#
# The web console, built by its own tools and compiled in. All presets share one build of it.

set(console ${CMAKE_SOURCE_DIR}/console)
set(console_source ${CMAKE_SOURCE_DIR}/build/console/console_files.cc)
file(GLOB_RECURSE console_inputs CONFIGURE_DEPENDS ${console}/src/* ${console}/scripts/*)
add_custom_command(
  OUTPUT ${console_source}
  COMMAND npm --prefix ${console} --silent run build
  COMMAND node ${console}/scripts/pack.mjs ${console_source}
  DEPENDS ${console_inputs} ${console}/index.html ${console}/package-lock.json
    ${console}/tsconfig.json ${console}/vite.config.ts
  WORKING_DIRECTORY ${console}
  COMMENT "Building the console"
  VERBATIM)
target_sources(app PRIVATE ${console_source})
# A literal may be longer than the 65,536 characters the standard promises.
set_source_files_properties(${console_source} PROPERTIES
  COMPILE_OPTIONS -Wno-overlength-strings SKIP_UNITY_BUILD_INCLUSION ON)
