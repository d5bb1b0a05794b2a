// The saved result itself (docs/result.schema.json). parse_result reads it back, and every format
// then renders the same bytes.
#include "report/formats.hpp"

namespace pipebench::reporting {

std::string render_json(const report_model& m, const look&) {
    using json = nlohmann::ordered_json;
    // Foreign text may be invalid UTF-8. Replace it, because a bad note must not cost the measurement.
    return json(m.result).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace pipebench::reporting
