# Writes FILE with the commit of the tree SOURCE, for `pipebench version --json`: "abc1234", "abc1234 changed", or "not known"
# outside of git. Does not touch the file if that has not changed. Run at build time.
find_program(git git)
set(commit "not known")
if(git AND EXISTS "${SOURCE}/.git")
    execute_process(COMMAND "${git}" -C "${SOURCE}" rev-parse --short=12 HEAD
        OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
        execute_process(COMMAND "${git}" -C "${SOURCE}" status --porcelain --untracked-files=no
            OUTPUT_VARIABLE changes ERROR_QUIET)
        set(commit "${head}")
        if(changes)
            string(APPEND commit " changed")
        endif()
    endif()
endif()
set(text "#pragma once\n#define PIPEBENCH_COMMIT \"${commit}\"\n")
set(before "")
if(EXISTS "${FILE}")
    file(READ "${FILE}" before)
endif()
if(NOT before STREQUAL text)
    file(WRITE "${FILE}" "${text}")
endif()
