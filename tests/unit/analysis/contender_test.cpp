// A run that did less of the work may look best at everything: such a row must not be marked.
#include "analysis/contender.hpp"

#include "support/load_runs.hpp"
#include "support/sample_result.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace pipebench;

TEST_CASE("a run that did its job can be the best", "[contender]") {
    CHECK(can_be_best(test::sample_session().runs[0]));
    CHECK(can_be_best(test::load_run("a", test::load_work(), 0)));
}

TEST_CASE("a run that is not trusted, was cut short or did not store every order cannot be the best", "[contender]") {
    auto run = test::sample_session().runs[0];
    run.verdict = {verdict_kind::invalid_busy_box, "INVALID: the box was busy"};
    CHECK_FALSE(can_be_best(run));
    run = test::sample_session().runs[0];
    run.interrupted = true;
    CHECK_FALSE(can_be_best(run));
    run = test::sample_session().runs[0];
    run.failed = 1;
    --run.stored;
    CHECK_FALSE(can_be_best(run));
}

TEST_CASE("a run that could not keep up, or missed its objective, cannot be the best", "[contender]") {
    auto run = test::load_run("a", test::load_work(), 0);
    run.load->objectives.front().verdict = objective_verdict::cannot_tell;
    CHECK(can_be_best(run));
    run.load->objectives.front().verdict = objective_verdict::not_met;
    CHECK_FALSE(can_be_best(run));
    run = test::load_run("a", test::load_work(), 0);
    run.load->saturated = true;
    CHECK_FALSE(can_be_best(run));
}
