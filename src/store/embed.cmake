# SPDX-License-Identifier: Apache-2.0
# migrations.cc takes the SQL files in as they are: compile it again when one changes.
file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/*.sql)
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/store/migrations.cc PROPERTIES
  OBJECT_DEPENDS "${schema_files}")
