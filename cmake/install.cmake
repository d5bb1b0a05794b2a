# What `cmake --install` and CPack install: the program, its man page and completions, documents, schemas, scenarios,
# the licence, and the notices of what is compiled in. Components: `program` and `docs` always; `elsewhere` everywhere
# but in a Debian package, which has `debian` in its place.

include(GNUInstallDirs)
set(documents ${CMAKE_INSTALL_DATADIR}/doc/pipebench)
set(made ${PROJECT_BINARY_DIR}/share) # what the build makes for this
file(MAKE_DIRECTORY ${made})
find_program(GZIP gzip REQUIRED)
string(TIMESTAMP PIPEBENCH_DATE "%Y-%m-%d" UTC) # of SOURCE_DATE_EPOCH where that is set
string(TIMESTAMP PIPEBENCH_DEBIAN_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)

install(TARGETS pipebench COMPONENT program)

# The program itself prints its man page and completions, from the declarations of its options.
if(NOT CMAKE_CROSSCOMPILING)
    add_custom_command(OUTPUT ${made}/pipebench.1.gz
        COMMAND pipebench _man ${PIPEBENCH_DATE} > ${made}/pipebench.1
        COMMAND ${GZIP} -9nf ${made}/pipebench.1
        DEPENDS pipebench VERBATIM COMMENT "Making the man page")
    set(outputs ${made}/pipebench.1.gz)
    foreach(shell bash zsh fish)
        add_custom_command(OUTPUT ${made}/completions.${shell}
            COMMAND pipebench _completions ${shell} > ${made}/completions.${shell}
            DEPENDS pipebench VERBATIM COMMENT "Making the completions for ${shell}")
        list(APPEND outputs ${made}/completions.${shell})
    endforeach()
    add_custom_target(pipebench_shell_files ALL DEPENDS ${outputs})

    install(FILES ${made}/pipebench.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
    install(FILES ${made}/completions.bash RENAME pipebench COMPONENT program
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${made}/completions.fish RENAME pipebench.fish COMPONENT program
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    install(FILES ${made}/completions.zsh RENAME _pipebench COMPONENT elsewhere
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${made}/completions.zsh RENAME _pipebench COMPONENT debian EXCLUDE_FROM_ALL
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()

# The folders are as in the tree, so that links between the documents work.
install(FILES README.md CHANGELOG.md DESTINATION ${documents} COMPONENT docs)
install(DIRECTORY docs DESTINATION ${documents} COMPONENT docs
    FILES_MATCHING PATTERN "*.md" PATTERN "*.schema.json")
install(DIRECTORY examples DESTINATION ${documents} COMPONENT docs USE_SOURCE_PERMISSIONS)
install(DIRECTORY bench/scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/pipebench COMPONENT docs
    FILES_MATCHING PATTERN "*.json")
install(FILES LICENSE DESTINATION ${documents} COMPONENT elsewhere)

# The notices of libraries that are headers only, and so in the program itself: docs/third-party.md.
foreach(library CLI11=libcli11-dev=cli11 nlohmann-json=nlohmann-json3-dev=nlohmann-json)
    string(REPLACE "=" ";" names ${library})
    list(GET names 0 name)
    list(GET names 1 debian)
    list(GET names 2 other)
    find_file(PIPEBENCH_NOTICE_${name} NAMES copyright LICENSE LICENSE.MIT NO_DEFAULT_PATH
        PATHS /usr/share/doc/${debian} /usr/share/licenses/${other} /usr/share/licenses/${other}-devel)
    mark_as_advanced(PIPEBENCH_NOTICE_${name})
    if(PIPEBENCH_NOTICE_${name})
        install(FILES ${PIPEBENCH_NOTICE_${name}} RENAME ${name}.txt DESTINATION ${documents}/third-party COMPONENT docs)
    else()
        message(STATUS "The licence of ${name} was not found, and will not be installed")
    endif()
endforeach()

# A Debian package; scripts/package.sh makes it.
configure_file(cmake/debian/changelog.in ${made}/changelog @ONLY)
add_custom_command(OUTPUT ${made}/changelog.gz
    COMMAND ${GZIP} -9nkf ${made}/changelog DEPENDS ${made}/changelog VERBATIM)
add_custom_target(pipebench_debian_files ALL DEPENDS ${made}/changelog.gz)
install(FILES ${made}/changelog.gz cmake/debian/copyright DESTINATION ${documents} COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_PACKAGE_NAME pipebench)
set(CPACK_PACKAGE_VENDOR pipebench)
set(CPACK_PACKAGE_CONTACT "pipebench maintainers <maintainers@pipebench.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compare concurrency patterns for a pipeline into PostgreSQL")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Which concurrency pattern should carry a pipeline that fetches over HTTP,
transforms, and writes to PostgreSQL, and what does it cost? This program
runs five patterns over the same work, with servers that it starts and
removes itself, checks every order in the database, and prints time, memory,
CPU and latency of each.
.
It also measures programs in other languages beside the patterns, loads that
arrive on a schedule, failures, and regressions between two builds.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_GENERATOR TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/generator.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql, redis-server")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
