// The table of parameters: each row reads and writes one member of the workload, and each member has one row.
#include "contracts/parameters.hpp"

#include "contracts/error.hpp"
#include "support/parameter_values.hpp"

#include <catch2/catch_test_macros.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

using namespace pipebench;
using pipebench::test::json_of;
using pipebench::test::other_value;

TEST_CASE("every parameter has a key of its own, an option named after it, and a help text", "[parameters]") {
    REQUIRE(parameters().size() >= 28);
    std::set<std::string> keys, options;
    for (const parameter& p : parameters()) {
        CAPTURE(p.key);
        CHECK(keys.insert(p.key).second);
        if (p.group == parameter_group::scenario) {
            CHECK_FALSE(p.has_option());
            continue;
        }
        std::string name = "--" + std::string(p.key);
        std::replace(name.begin(), name.end(), '_', '-');
        CHECK(p.long_option() == name);
        CHECK(options.insert(name).second);
        CHECK_FALSE(std::string(p.help).empty());
        CHECK_FALSE(p.value.placeholder.empty());
        CHECK(&parameter_of(name) == &p);
    }
    CHECK_THROWS(parameter_of("--orderz"));
    CHECK_THROWS(parameter_of(""));
}

TEST_CASE("the JSON of a workload has exactly the keys of the table", "[parameters]") {
    workload every;
    for (const parameter& p : parameters())
        if (p.left_out_at_default) p.value.parse(every, other_value(p));
    const auto json = json_of(every), usual = json_of(workload{});
    CHECK(json.size() == parameters().size());
    for (const parameter& p : parameters()) {
        CAPTURE(p.key);
        CHECK(json.contains(p.key));
        CHECK(usual.contains(p.key) == !p.left_out_at_default);  // as in the results of before
    }
}

TEST_CASE("a parameter changes its own key in the JSON, and no other", "[parameters]") {
    const auto before = json_of(workload{});
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        CAPTURE(p.key);
        workload w;
        p.value.parse(w, other_value(p));
        const auto after = json_of(w);
        CHECK(after.contains(p.key));
        for (const auto& [key, value] : after.items()) {
            CAPTURE(key);
            CHECK((!before.contains(key) || before[key] != value) == (key == p.key));
        }
    }
}

TEST_CASE("a parameter comes back from text and from JSON as it went in", "[parameters]") {
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        CAPTURE(p.key);
        workload w, from_text, from_saved;
        p.value.parse(w, other_value(p));
        p.value.parse(from_text, p.value.format(w));
        CHECK(json_of(from_text) == json_of(w));
        from_json(json_of(w), from_saved);
        CHECK(json_of(from_saved) == json_of(w));
        CHECK(p.value.format(from_saved) == p.value.format(w));
    }
}

TEST_CASE("every default is written as a text that says the same", "[parameters]") {
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        CAPTURE(p.key);
        const auto text = p.value.format(workload{});
        if (text == "none" && p.key != std::string("http_jitter") &&
            p.key != std::string("transform_cost")) {  // it is off, and no value has this text
            CHECK_THROWS_AS(p.value.parse(*std::make_unique<workload>(), text), setup_error);
            continue;
        }
        workload w;
        p.value.parse(w, text);
        CHECK(json_of(w) == json_of(workload{}));
    }
}

TEST_CASE("a text that is no value of a parameter is refused, and changes nothing", "[parameters]") {
    for (const parameter& p : parameters()) {
        if (!p.has_option()) continue;
        CAPTURE(p.key);
        workload w;
        for (const auto* text : {"", "-1", "nonsense", "1e99"}) CHECK_THROWS_AS(p.value.parse(w, text), setup_error);
        CHECK(json_of(w) == json_of(workload{}));
    }
}

TEST_CASE("the Profile line has its parameters in the order that readers know", "[parameters]") {
    std::string order;
    for (const parameter* p : parameters_of_profile_line()) order += std::string(p->key) + ' ';
    CHECK(
        order ==
        "orders http_latency http_jitter db_latency connections attempts seed permits threads pool_processes workers "
        "processes batch batch_mode block db_connections rate_limit retry_budget lease write_mode write_batch "
        "runner_concurrency rate ramp steps duration arrivals warm_up queue_limit when_full slo transform_cost "
        "transform_on ");
}
