// The assembler copies the files, because a string of this size would compile slowly.
#include "report/page_files.hpp"

// NAME##_begin and NAME##_end are the bytes of a file.
#define PIPEBENCH_EMBED(NAME, PATH)                                                     \
    __asm__(".pushsection .rodata\n"                                                    \
            "pipebench_" #NAME "_begin:\n.incbin \"" PATH "\"\n"                        \
            "pipebench_" #NAME "_end:\n.byte 0\n"                                       \
            ".popsection\n");                                                           \
    extern "C" {                                                                        \
    extern __attribute__((visibility("hidden"))) const char pipebench_##NAME##_begin[]; \
    extern __attribute__((visibility("hidden"))) const char pipebench_##NAME##_end[];   \
    }

PIPEBENCH_EMBED(style, PIPEBENCH_PAGE_STYLE)
PIPEBENCH_EMBED(script, PIPEBENCH_PAGE_SCRIPT)
PIPEBENCH_EMBED(chart_library, PIPEBENCH_CHART_LIBRARY)
PIPEBENCH_EMBED(chart_licence, PIPEBENCH_CHART_LICENCE)

namespace pipebench::reporting {

std::string_view page_style() noexcept { return {pipebench_style_begin, pipebench_style_end}; }

std::string_view page_script() noexcept { return {pipebench_script_begin, pipebench_script_end}; }

std::string_view chart_library() noexcept { return {pipebench_chart_library_begin, pipebench_chart_library_end}; }

std::string_view chart_licence() noexcept { return {pipebench_chart_licence_begin, pipebench_chart_licence_end}; }

}  // namespace pipebench::reporting
