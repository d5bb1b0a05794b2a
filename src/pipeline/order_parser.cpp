#include "pipeline/order_parser.hpp"

#include "pipeline/calendar.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace pipebench {
namespace {

using json = nlohmann::json;

/// Which object or array the reader is in.
enum class place : std::uint8_t { outside, order, ship_to, lines, line, elsewhere };

bool is_printable_text(const std::string& s) { return !s.empty() && s.size() <= max_text && s.find('\0') == s.npos; }

std::optional<service_level> parse_service(std::string_view name) {
    static constexpr std::array<std::string_view, 4> names{"economy", "standard", "express", "same_day"};
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<service_level>(found - names.begin());
}

bool is_capitals(std::string_view s, std::size_t length) {
    return s.size() == length && std::all_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// Takes the order straight from the parser's events: no tree is built, and depth is bounded here.
class order_reader final : public json::json_sax_t {
public:
    explicit order_reader(order& out) : order_(out) {}

    bool null() override { return !expects_value(); }
    bool boolean(bool) override { return !expects_value(); }
    bool number_float(number_float_t, const string_t&) override { return !expects_value(); }
    bool binary(binary_t&) override { return false; }
    bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

    bool number_unsigned(number_unsigned_t value) override {
        if (here() == place::order && key_ == "id") return order_.id = value, true;
        constexpr number_unsigned_t limit = std::numeric_limits<std::int64_t>::max();
        return value <= limit ? take_number(static_cast<std::int64_t>(value)) : !expects_value();
    }
    bool number_integer(number_integer_t value) override { return take_number(value); }

    bool string(string_t& value) override {
        std::string* field = text_field();
        if (field != nullptr) return *field = std::move(value), true;
        if (here() == place::order && key_ == "service_level") return take_service(value);
        if (here() == place::order && key_ == "created_at") return take_created_at(value);
        return !expects_value();
    }

    bool start_object(std::size_t) override {
        if (path_.size() >= max_json_depth) return false;
        switch (here()) {
            case place::outside: return enter(place::order);
            case place::order: return enter(key_ == "ship_to" ? place::ship_to : place::elsewhere);
            case place::lines:
                // Numbers that are no line's until they are read: a missing one must not pass for 0.
                return order_.lines.size() < max_lines &&
                       (order_.lines.push_back({{}, 0, -1, -1}), enter(place::line));
            default: return enter(place::elsewhere);
        }
    }
    bool start_array(std::size_t) override {
        if (path_.size() >= max_json_depth || here() == place::outside || here() == place::lines) return false;
        if (here() == place::order && key_ == "lines") return order_.lines.clear(), enter(place::lines);
        return enter(place::elsewhere);
    }
    bool key(string_t& name) override { return key_ = std::move(name), true; }
    bool end_object() override { return path_.pop_back(), true; }
    bool end_array() override { return path_.pop_back(), true; }

    /// Every member was there and within its bounds.
    bool complete() const {
        return order_.id != 0 && has_service_ && has_created_at_ && is_printable_text(order_.customer) &&
               is_printable_text(order_.street) && is_printable_text(order_.postcode) &&
               is_printable_text(order_.city) && is_capitals(order_.country, 2) && is_capitals(order_.currency, 3) &&
               !order_.lines.empty() && std::all_of(order_.lines.begin(), order_.lines.end(), is_line);
    }

private:
    place here() const { return path_.empty() ? place::outside : path_.back(); }
    bool enter(place p) { return path_.push_back(p), true; }

    /// A value of the wrong type is an error only where we look for one.
    bool expects_value() {
        switch (here()) {
            case place::outside:
            case place::lines: return true;
            case place::elsewhere: return false;
            case place::ship_to: return text_field() != nullptr;
            case place::line: return text_field() != nullptr || number_field() != nullptr;
            case place::order: break;
        }
        return text_field() != nullptr || key_ == "id" || key_ == "service_level" || key_ == "created_at" ||
               key_ == "lines" || key_ == "ship_to";
    }

    std::string* text_field() {
        switch (here()) {
            case place::order:
                return key_ == "customer" ? &order_.customer : key_ == "currency" ? &order_.currency : nullptr;
            case place::line: return key_ == "sku" ? &order_.lines.back().sku : nullptr;
            case place::ship_to:
                if (key_ == "street") return &order_.street;
                if (key_ == "postcode") return &order_.postcode;
                if (key_ == "city") return &order_.city;
                return key_ == "country" ? &order_.country : nullptr;
            default: return nullptr;
        }
    }

    std::int64_t* number_field() {
        if (here() != place::line) return nullptr;
        order_line& line = order_.lines.back();
        if (key_ == "quantity") return &line.quantity;
        if (key_ == "unit_price_minor") return &line.unit_price_minor;
        return key_ == "weight_grams" ? &line.weight_grams : nullptr;
    }

    bool take_number(std::int64_t value) {
        std::int64_t* field = number_field();
        if (field == nullptr) return !expects_value();
        return *field = value, true;
    }

    bool take_service(const std::string& name) {
        const auto service = parse_service(name);
        if (service) order_.service = *service, has_service_ = true;
        return service.has_value();
    }

    bool take_created_at(const std::string& text) {
        const auto at = parse_timestamp(text);
        if (at) order_.created_at = *at, has_created_at_ = true;
        return at.has_value();
    }

    static bool is_line(const order_line& l) {
        return is_printable_text(l.sku) && l.quantity >= 1 && l.quantity <= max_quantity && l.unit_price_minor >= 0 &&
               l.unit_price_minor <= max_unit_price_minor && l.weight_grams >= 0 &&
               l.weight_grams <= max_weight_grams;
    }

    order& order_;
    std::vector<place> path_;
    std::string key_;
    bool has_service_ = false, has_created_at_ = false;
};

}  // namespace

std::optional<order> parse_order(std::string_view json_text) {
    if (json_text.find('\0') != json_text.npos) return std::nullopt;  // the library takes it for the end of the text
    order out;
    order_reader reader(out);
    if (!json::sax_parse(json_text, &reader) || !reader.complete()) return std::nullopt;
    return out;
}

}  // namespace pipebench
