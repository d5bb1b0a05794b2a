#include "pipeline/order_parser.hpp"

#include "pipeline/calendar.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>

namespace pipebench {
namespace {

namespace json = boost::json;
using boost::system::error_code;

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

bool is_line(const order_line& l) {
    return is_printable_text(l.sku) && l.quantity >= 1 && l.quantity <= max_quantity && l.unit_price_minor >= 0 &&
           l.unit_price_minor <= max_unit_price_minor && l.weight_grams >= 0 && l.weight_grams <= max_weight_grams;
}

/// Starts with invalid numbers, so that a missing one is not taken for 0.
order_line unread_line() { return {.sku = {}, .quantity = 0, .unit_price_minor = -1, .weight_grams = -1}; }

void empty(order& o) {
    o.id = 0;
    for (auto* text : {&o.customer, &o.street, &o.postcode, &o.city, &o.country, &o.currency}) text->clear();
    o.lines.clear();
}

bool is_within(std::string_view part, std::string_view whole) {
    return std::less_equal<>{}(whole.data(), part.data()) &&
           std::less_equal<>{}(part.data() + part.size(), whole.data() + whole.size());
}

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// Builds the order directly from the parser's events, without a tree, and limits the depth. For a text without
/// escapes the parser passes a view of the input.
class order_reader {
public:
    // The parser requires these: our own limits are tighter, or are the size of the body.
    static constexpr std::size_t max_object_size = no_limit, max_array_size = no_limit, max_key_size = no_limit,
                                 max_string_size = no_limit;

    order_reader(std::string_view json_text, order_scratch& scratch)
        : json_text_(json_text), order_(scratch.parsed), text_(scratch.text), key_text_(scratch.key) {
        text_.clear();
        empty(order_);
    }

    // --- the parser's events; false, with an error, ends the parsing ---

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_null(error_code& ec) { return pass_if(!is_looked_for(), ec); }
    bool on_bool(bool, error_code& ec) { return pass_if(!is_looked_for(), ec); }
    bool on_number_part(json::string_view, error_code&) { return true; }
    bool on_double(double value, json::string_view, error_code& ec) { return pass_if(take_double(value), ec); }
    bool on_int64(std::int64_t value, json::string_view, error_code& ec) { return pass_if(take_number(value), ec); }
    bool on_uint64(std::uint64_t value, json::string_view, error_code& ec) { return pass_if(take_large(value), ec); }

    bool on_string_part(json::string_view part, std::size_t, error_code&) { return keep(part); }
    bool on_string(json::string_view last, std::size_t, error_code& ec) {
        const auto value = whole(last);
        const bool good = take_text({value.data(), value.size()});
        text_.clear();
        return pass_if(good, ec);
    }
    bool on_key_part(json::string_view part, std::size_t, error_code&) { return keep(part); }
    bool on_key(json::string_view last, std::size_t, error_code&) {
        take_key(whole(last));
        text_.clear();
        return true;
    }

    bool on_object_begin(error_code& ec) { return pass_if(begin_object(), ec); }
    bool on_object_end(std::size_t, error_code&) { return leave(); }
    bool on_array_begin(error_code& ec) { return pass_if(begin_array(), ec); }
    bool on_array_end(std::size_t, error_code&) { return leave(); }
    bool on_comment_part(json::string_view, error_code&) { return true; }  // the parser refuses comments
    bool on_comment(json::string_view, error_code&) { return true; }

    /// Every member was there and within its bounds.
    bool is_complete() const {
        return order_.id != 0 && has_service_ && has_created_at_ && is_printable_text(order_.customer) &&
               is_printable_text(order_.street) && is_printable_text(order_.postcode) &&
               is_printable_text(order_.city) && is_capitals(order_.country, 2) && is_capitals(order_.currency, 3) &&
               !order_.lines.empty() && std::all_of(order_.lines.begin(), order_.lines.end(), is_line);
    }

private:
    /// Any error will do: no caller reads which.
    static bool pass_if(bool good, error_code& ec) {
        if (!good) ec = json::error::exception;
        return good;
    }

    // --- texts with escapes, which come in parts ---

    bool keep(json::string_view part) {
        text_.append(part);
        return true;
    }
    json::string_view whole(json::string_view last) {
        if (text_.empty()) return last;
        text_.append(last);
        return text_;
    }
    void take_key(json::string_view key) {
        key_ = key;
        if (is_within({key.data(), key.size()}, json_text_)) return;
        key_text_.assign(key.data(), key.size());  // the view would be overwritten by the next text
        key_ = key_text_;
    }

    // --- where the reader is ---

    place here() const { return depth_ == 0 ? place::outside : path_[depth_ - 1]; }
    bool enter(place p) {
        path_[depth_] = p;
        ++depth_;
        return true;
    }
    bool leave() {
        --depth_;
        return true;
    }

    bool begin_object() {
        if (depth_ >= max_json_depth) return false;
        switch (here()) {
            case place::outside: return enter(place::order);
            case place::order: return enter(key_ == "ship_to" ? place::ship_to : place::elsewhere);
            case place::lines: return begin_line();
            default: return enter(place::elsewhere);
        }
    }
    bool begin_line() {
        if (order_.lines.size() >= max_lines) return false;
        order_.lines.push_back(unread_line());
        return enter(place::line);
    }
    bool begin_array() {
        if (depth_ >= max_json_depth || here() == place::outside || here() == place::lines) return false;
        if (here() != place::order || key_ != "lines") return enter(place::elsewhere);
        order_.lines.clear();
        return enter(place::lines);
    }

    // --- the meaning of a member ---

    /// A value of the wrong type is an error only for a member that we read.
    bool is_looked_for() {
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
                if (key_ == "customer") return &order_.customer;
                return key_ == "currency" ? &order_.currency : nullptr;
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

    // --- values; false for one that is not allowed ---

    bool take_text(std::string_view value) {
        if (std::string* field = text_field()) {
            field->assign(value);
            return true;
        }
        if (here() == place::order && key_ == "service_level") return take_service(value);
        if (here() == place::order && key_ == "created_at") return take_created_at(value);
        return !is_looked_for();
    }

    bool is_id() const { return here() == place::order && key_ == "id"; }

    bool take_number(std::int64_t value) {
        if (std::int64_t* field = number_field()) {
            *field = value;
            return true;
        }
        return value >= 0 ? take_large(static_cast<std::uint64_t>(value)) : !is_looked_for();
    }

    /// Only an id may exceed std::int64_t.
    bool take_large(std::uint64_t value) {
        if (!is_id()) return !is_looked_for();
        order_.id = value;
        return true;
    }

    /// 2.0 and 2e0 are integers in JSON Schema.
    bool take_double(double value) {
        constexpr double exact = 9007199254740992;  // up to here a double holds every integer
        const bool is_whole = std::trunc(value) == value && std::abs(value) <= exact;
        return is_whole ? take_number(static_cast<std::int64_t>(value)) : !is_looked_for();
    }

    bool take_service(std::string_view name) {
        const auto service = parse_service(name);
        if (!service) return false;
        order_.service = *service;
        has_service_ = true;
        return true;
    }

    bool take_created_at(std::string_view text) {
        const auto at = parse_timestamp(text);
        if (!at) return false;
        order_.created_at = *at;
        has_created_at_ = true;
        return true;
    }

    std::string_view json_text_;
    order& order_;
    std::array<place, max_json_depth> path_{};
    std::size_t depth_ = 0;
    json::string_view key_;  ///< in the input, or in key_text_
    std::string& text_;      ///< the parts of a text so far
    std::string& key_text_;
    bool has_service_ = false, has_created_at_ = false;
};

}  // namespace

bool parse_order(std::string_view json_text, order_scratch& scratch) {
    json::parse_options options;
    options.max_depth = max_json_depth + 1;  // the reader's own bound comes first
    json::basic_parser<order_reader> parser(options, json_text, scratch);
    error_code ec;
    const auto used = parser.write_some(false, json_text.data(), json_text.size(), ec);
    return !ec && used == json_text.size() && parser.handler().is_complete();
}

std::optional<order> parse_order(std::string_view json_text) {
    order_scratch scratch;
    if (!parse_order(json_text, scratch)) return std::nullopt;
    return std::move(scratch.parsed);
}

}  // namespace pipebench
