# Read by CPack for each kind of package: which components it has, and where they go.
set(CPACK_COMPONENTS_ALL program docs elsewhere)
if(CPACK_GENERATOR STREQUAL "DEB")
    set(CPACK_COMPONENTS_ALL program docs debian)
    set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
endif()
