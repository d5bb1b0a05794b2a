#include "mock_api/behaviour.hpp"

#include "contracts/dice.hpp"
#include "contracts/mock_api_card.hpp"
#include "mock_api/order_book.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pipebench {
namespace {

/// The path of a request target: RFC 9112, 3.2.1 and 3.2.2 (a server must take the absolute form as well).
std::string_view path_of(std::string_view target) {
    constexpr std::string_view scheme = "http://";
    const auto alike = [](char given, char lower) { return (given | 0x20) == lower || given == lower; };
    if (std::equal(scheme.begin(), scheme.end(), target.begin(),
                   target.begin() + static_cast<std::ptrdiff_t>(std::min(scheme.size(), target.size())), alike)) {
        target.remove_prefix(scheme.size());
        target.remove_prefix(std::min(target.find('/'), target.size()));
    }
    return target.substr(0, target.find('?'));
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// 200 with the order, 404 for a number that no order has, 400 for anything but a number without leading zeros.
void look_up(api_reply& reply, std::string_view digits) {
    const bool canonical = all_digits(digits) && (digits.front() != '0' || digits == "0");
    if (!canonical) {
        reply.status = 400;
        return;
    }
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), reply.id).ec;
    const bool known = error == std::errc{} && reply.id >= 1 && reply.id <= max_order_id;
    if (!known) reply.id = 0;
    reply.status = known ? 200 : 404;
}

void route(api_reply& reply, std::string_view path) {
    constexpr std::string_view orders = "/orders/";
    reply.status = 200;
    if (path.starts_with(orders) && path.size() > orders.size()) {
        reply.resource = api_resource::order;
        look_up(reply, path.substr(orders.size()));
    } else if (path == "/healthz") {
        reply.resource = api_resource::health;
    } else if (path == mock_api_card_path) {
        reply.resource = api_resource::about;
    } else if (path == "/stats") {
        reply.resource = api_resource::stats;
    } else {
        reply.status = path.starts_with('/') ? 404 : 400;
    }
}

double draw_delay(const latency& l, dice& d) {
    const auto mean = static_cast<double>(l.mean.count());
    switch (l.spread.kind) {
        case jitter::shape::uniform:
            return mean + (2 * d.fraction() - 1) * static_cast<double>(l.spread.half_width.count());
        case jitter::shape::lognormal: return mean * d.lognormal(l.spread.sigma);
        case jitter::shape::none: break;
    }
    return mean;
}

}  // namespace

api_reply reply_to(const api_settings& settings, std::string_view method, std::string_view target) {
    api_reply reply;
    if (method == "HEAD") reply.form = reply_form::head_only;
    route(reply, path_of(target));
    if (reply.status == 200 && method != "GET" && method != "HEAD") reply.status = 405;
    if (reply.status == 200 && reply.resource == api_resource::order) reply.delay = delay_of(settings, reply.id);
    return reply;
}

duration delay_of(const api_settings& settings, order_id id) {
    if (settings.http.spread.kind == jitter::shape::none)
        return std::clamp(settings.http.mean, duration{}, max_duration);
    constexpr std::uint64_t delays = 0x64656c617973;  // so that its draws are not those of the order
    dice d(settings.seed ^ delays, id);
    const double limit = static_cast<double>(max_duration.count());
    return duration{std::llround(std::clamp(draw_delay(settings.http, d), 0.0, limit))};
}

}  // namespace pipebench
