// One page of HTML that needs nothing else: no other file, no other machine, and for its text and tables no script.
#pragma once

#include "report/chart.hpp"
#include "report/text_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pipebench::reporting {

/// Every text is escaped here; it need not be printable().
class page {
public:
    explicit page(std::string_view title);

    void heading(std::string_view text);
    void subheading(std::string_view text);
    void paragraph(std::string_view text);
    void alarm(std::string_view text);
    void list(const std::vector<std::string>& lines);
    /// A label with its lines.
    void fact(std::string_view label, const std::vector<std::string>& lines);
    void add(const table& t, std::string_view caption);
    /// Side by side where there is room; those without values are left out.
    void add(const std::vector<chart>& charts);
    /// What follows until close() can be folded away.
    void open_details(std::string_view summary);
    void close_details();

    [[nodiscard]] std::string html() const;

private:
    [[nodiscard]] std::string head() const;

    std::string title_, body_;
    nlohmann::ordered_json charts_ = nlohmann::ordered_json::array();
};

}  // namespace pipebench::reporting
