# SPDX-License-Identifier: MIT
# Tests the benchmark: everything runs, all data is right, and the JSON parses. It compares no time.
# Takes: program, json.

file(REMOVE "${json}")
execute_process(COMMAND "${program}" --quick --json "${json}" RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "stitch-bench --quick ended with ${status}: a peer failed or its data was wrong")
endif()

file(READ "${json}" text)
string(JSON works ERROR_VARIABLE error LENGTH "${text}" works)
if(error)
    message(FATAL_ERROR "${json} does not parse: ${error}")
endif()
if(works EQUAL 0)
    message(FATAL_ERROR "${json} has no works")
endif()

# The first row of every work is a variant of stitch. It must have run, and its data must have been checked.
math(EXPR last "${works} - 1")
foreach(i RANGE ${last})
    string(JSON name GET "${text}" works ${i} work)
    string(JSON peer GET "${text}" works ${i} rows 0 peer)
    string(JSON checked ERROR_VARIABLE error GET "${text}" works ${i} rows 0 data_checked)
    if(NOT peer MATCHES "^stitch" OR NOT checked)
        message(FATAL_ERROR "${name}: stitch did not take part (${peer}: ${error})")
    endif()
endforeach()

# Aims find their rows by the names of works and peers, so a changed name would lose an aim. Without Boost there are
# fewer. Whether an aim is reached has no meaning here.
string(JSON aims LENGTH "${text}" aims)
if(aims LESS 22)
    message(FATAL_ERROR "only ${aims} aims were found among the results")
endif()
message(STATUS "${works} works, all data right; ${aims} aims")
