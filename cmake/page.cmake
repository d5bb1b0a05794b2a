# What --export-html puts into its pages: our own style and script, and Chart.js from its package. The sources have no
# copy of it. A page must name no other machine, so the addresses in its comments lose their "https://".
find_file(PIPEBENCH_CHART_JS NAMES chart.min.js chart.umd.min.js chart.umd.js
    PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist NO_DEFAULT_PATH)
if(NOT PIPEBENCH_CHART_JS)
    message(FATAL_ERROR "Chart.js not found: apt-get install libjs-chart.js (scripts/run.sh does it), or name its file: "
        "-D PIPEBENCH_CHART_JS=.../chart.min.js")
endif()

file(READ ${PIPEBENCH_CHART_JS} text)
string(REPLACE "https://" "" text "${text}")
string(REPLACE "http://" "" text "${text}")
if(text MATCHES "</script|<!--")
    message(FATAL_ERROR "${PIPEBENCH_CHART_JS} cannot stand in a page")
endif()
set(library ${PROJECT_BINARY_DIR}/generated/chart.js)
file(WRITE ${library}.new "${text}")
file(COPY_FILE ${library}.new ${library} ONLY_IF_DIFFERENT)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PIPEBENCH_CHART_JS})

set(page ${PROJECT_SOURCE_DIR}/src/report/page)
set(files ${page}/page.css ${page}/page.js ${library} ${page}/chart-licence.txt)
set_property(SOURCE src/report/page_files.cpp APPEND PROPERTY OBJECT_DEPENDS ${files})
set_property(SOURCE src/report/page_files.cpp APPEND PROPERTY COMPILE_DEFINITIONS
    PIPEBENCH_PAGE_STYLE="${page}/page.css" PIPEBENCH_PAGE_SCRIPT="${page}/page.js"
    PIPEBENCH_CHART_LIBRARY="${library}" PIPEBENCH_CHART_LICENCE="${page}/chart-licence.txt")
set_source_files_properties(src/report/page_files.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
