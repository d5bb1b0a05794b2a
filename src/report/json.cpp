// The saved result itself (docs/result.schema.json): parse_result reads it back, and every format renders the
// same bytes from it.
#include "report/formats.hpp"

namespace pipebench::reporting {

std::string render_json(const report_model& m, colours) {
    using json = nlohmann::ordered_json;
    // Foreign text may be no UTF-8: it is replaced, for a measurement is not thrown away over a note.
    return json(m.result).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace pipebench::reporting
