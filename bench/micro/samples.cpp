#include "micro/samples.hpp"

#include "mock_api/behaviour.hpp"
#include "mock_api/order_book.hpp"
#include "mock_api/order_json.hpp"
#include "mock_api/reply_writer.hpp"
#include "pipeline/transform.hpp"

#include <fmt/format.h>

namespace pipebench::bench {
namespace {

template <class Make>
auto for_each_id(Make make) {
    std::vector<decltype(make(order_id{}))> out;
    for (order_id id = 1; id <= sample_count; ++id) out.push_back(make(id));
    return out;
}

const api_settings settings{};

std::string body_of(order_id id) {
    std::string out;
    append_json(out, make_order(id, settings.seed));
    return out;
}

std::string answer_to(order_id id) {
    auto reply = reply_to(settings, "GET", fmt::format("/orders/{}", id));
    reply.connection = persistence::keep_alive;
    std::string out;
    reply_writer(settings).append(out, reply);
    return out;
}

}  // namespace

std::vector<order> sample_orders() {
    return for_each_id([](order_id id) { return make_order(id, settings.seed); });
}
std::vector<order_row> sample_rows() {
    return for_each_id([](order_id id) { return transform(make_order(id, settings.seed)); });
}
std::vector<std::string> sample_bodies() { return for_each_id(body_of); }
std::vector<std::string> sample_answers() { return for_each_id(answer_to); }

}  // namespace pipebench::bench
