# SPDX-License-Identifier: MIT
# Runs COMMAND, which is told to end with STATUS, and looks whether it does.
execute_process(COMMAND ${COMMAND} exit ${STATUS} RESULT_VARIABLE result)
if(NOT result STREQUAL STATUS)
    message(FATAL_ERROR "${result} instead of ${STATUS}")
endif()
