# SPDX-License-Identifier: Apache-2.0
#
# embed_text(TARGET SYMBOL FILE): compiles the text of FILE into TARGET as
# `yagura::embedded::SYMBOL`, a std::string_view. Its user declares it in a .cc of the same room:
#
#   namespace yagura::embedded { extern const std::string_view ports; }
#
# embed_folder(TARGET SYMBOL PATTERN): every file that matches, in order of name, as
# `yagura::embedded::SYMBOL`, a std::span<const std::pair<std::string_view, std::string_view>> of
# file name and text. Files added later are found.
#
# FILE and PATTERN are taken from the root of the sources. Both views are constants of the program:
# safe to use at any time. The texts are written as raw string literals, so they must not hold NUL
# or the literal's end, `)yagura"`.

function(embed_text target symbol file)
  yagura_embed(${target} ${symbol} text ${CMAKE_SOURCE_DIR}/${file})
endfunction()

function(embed_folder target symbol pattern)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${pattern})
  if(NOT files)
    message(FATAL_ERROR "embed_folder: nothing matches ${pattern}")
  endif()
  list(SORT files COMPARE NATURAL)
  yagura_embed(${target} ${symbol} folder ${files})
endfunction()

function(yagura_embed target symbol kind)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${symbol}.cc)
  string(REPLACE ";" "|" files "${ARGN}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D SYMBOL=${symbol} -D KIND=${kind} "-D FILES=${files}"
      -D OUTPUT=${output} -P ${CMAKE_SOURCE_DIR}/cmake/embed_generate.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/embed_generate.cmake
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
  # A literal may be longer than the 65,536 characters the standard promises.
  set_source_files_properties(${output} PROPERTIES
    COMPILE_OPTIONS -Wno-overlength-strings SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
