// The parts that observe a run. Its output must neither be lost nor fill the result, each incident must happen once
// and on time, and Little's law needs the correct mean in flight.
#include "measure/run_watch.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <unistd.h>

#include <cmath>
#include <string>
#include <thread>
#include <vector>

using namespace pipebench;
using namespace std::chrono_literals;
using Catch::Matchers::WithinRel;

namespace {

using words = std::vector<std::string>;

/// A pipe and the lines that it has passed on.
struct pipe_of_lines {
    words lines;
    line_pipe pipe{[this](std::string_view line) { lines.emplace_back(line); }};

    void write(const std::string& text) {
        REQUIRE(::write(pipe.write_end(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
};

/// A run of ten orders with a running clock, and its incidents.
struct run_of_ten {
    recorder record = recorder::create(10);
    words done;
    std::vector<incident> planned;
    bool hits = true, kills_run = false;
    std::vector<service_watch> services;
    std::optional<incident_watch> watch;

    void plan(kill_target target, double at) {
        const std::string name(name_of(target));
        planned.push_back({target, at, [this, name](pid_t) {
                               done.push_back(name);
                               return pipebench::strike{
                                   .text = "killed " + name, .hit = hits, .killed_run = kills_run};
                           }});
    }
    void start() {
        record.start_clock();
        while (record.elapsed() == 0ns) std::this_thread::yield();
        watch.emplace(planned, record, services);
    }
    void end_orders(order_id first, order_id last) {
        for (auto id = first; id <= last; ++id) record.log().end(record.log().begin(id), outcome{});
    }
    words strike() {
        watch->strike_when_due(0);
        return std::exchange(done, {});
    }
};

}  // namespace

// --- lines ---

TEST_CASE("lines come out of a pipe as they were written, and half of one waits for its other half", "[lines]") {
    pipe_of_lines p;
    p.write("one\n\ntwo\nthr");
    p.pipe.drain();
    CHECK(p.lines == words{"one", "", "two"});
    p.write("ee\n");
    p.pipe.drain();
    CHECK(p.lines == words{"one", "", "two", "three"});
}

TEST_CASE("a line without an end is a line when there is no more", "[lines]") {
    pipe_of_lines p;
    p.write("one\nlast");
    p.pipe.close_write_end();
    p.pipe.finish();
    CHECK(p.lines == words{"one", "last"});
    CHECK(p.pipe.read_end() == -1);
}

TEST_CASE("a pipe that ends with a line's end has no line more", "[lines]") {
    pipe_of_lines p;
    p.write("one\n");
    p.pipe.close_write_end();
    p.pipe.finish();
    CHECK(p.lines == words{"one"});
}

TEST_CASE("a line is cut to 400 bytes, and the next one is whole", "[lines]") {
    pipe_of_lines p;
    p.write(std::string(500, '0') + "\n" + std::string(400, '1') + "\nshort\n");
    p.pipe.drain();
    CHECK(p.lines == words{std::string(400, '0'), std::string(400, '1'), "short"});
}

TEST_CASE("an empty pipe is not the end of it", "[lines]") {
    pipe_of_lines p;
    p.pipe.drain();
    CHECK(p.lines.empty());
    CHECK(p.pipe.read_end() >= 0);
}

// --- notes ---

TEST_CASE("the first 50 notes are kept, and how many more there were", "[notes]") {
    note_book notes;
    for (int i = 1; i <= 60; ++i) notes.add(std::to_string(i));
    const auto all = notes.take();
    CHECK(all.size() == 51);
    CHECK(all.front() == "1");
    CHECK(all[49] == "50");
    CHECK(all.back() == "... and 10 lines more");
}

TEST_CASE("50 notes are 50 notes", "[notes]") {
    note_book notes;
    for (int i = 1; i <= 50; ++i) notes.add("x");
    CHECK(notes.take().size() == 50);
}

TEST_CASE("a note has no control characters", "[notes]") {
    note_book notes;
    notes.add("\033[2J");
    CHECK(notes.take() == words{"\\x1b[2J"});
}

// --- incidents ---

TEST_CASE("an incident strikes once, as soon as its share of the orders has ended", "[incidents]") {
    run_of_ten run;
    run.plan(kill_target::worker, 0.5);
    run.start();
    run.end_orders(1, 4);
    CHECK(run.strike().empty());
    CHECK(run.watch->is_waiting());
    run.end_orders(5, 5);
    CHECK(run.strike() == words{"worker"});
    CHECK_FALSE(run.watch->is_waiting());
    run.end_orders(6, 10);
    CHECK(run.strike().empty());
    CHECK(run.watch->struck() == kill_target::worker);
    CHECK(run.watch->report() == words{"killed worker, after 5 of 10 orders"});
    CHECK(run.record.killed_at() > 0ns);
}

TEST_CASE("a run that is killed for want of workers is said to be what was killed", "[watch][chaos]") {
    run_of_ten run;
    run.kills_run = true;
    run.plan(kill_target::worker, 0.1);
    run.start();
    run.end_orders(1, 1);
    CHECK(run.strike() == words{"worker"});
    CHECK(run.watch->struck() == kill_target::run);
}

TEST_CASE("of several incidents each strikes at its own time, and the first one names the recovery", "[incidents]") {
    run_of_ten run;
    run.plan(kill_target::redis, 0.8);
    run.plan(kill_target::run, 0.2);
    run.plan(kill_target::postgres, 0.5);
    run.start();
    run.end_orders(1, 2);
    CHECK(run.strike() == words{"run"});
    run.end_orders(3, 8);
    CHECK(run.strike() == words{"redis", "postgres"});
    CHECK(run.watch->struck() == kill_target::run);
}

TEST_CASE("an incident at the very beginning waits for the first order: before, there may be no workers yet",
          "[incidents]") {
    run_of_ten run;
    run.plan(kill_target::worker, 0);
    run.start();
    CHECK(run.strike().empty());
    run.end_orders(1, 1);
    CHECK(run.strike() == words{"worker"});
}

TEST_CASE("a run that ends before its kill is due says so, and is not struck", "[incidents]") {
    run_of_ten run;
    run.plan(kill_target::worker, 0.99);
    run.start();
    run.end_orders(1, 9);
    CHECK(run.strike().empty());
    run.end_orders(10, 10);
    run.record.stop_clock();
    CHECK(run.strike().empty());
    CHECK(run.watch->struck() == kill_target::none);
    CHECK(run.watch->report() == words{"the run ended before the kill of worker was due"});
}

TEST_CASE("an incident that hits nothing is no kill: there is no recovery from it, and its note says so",
          "[incidents]") {
    run_of_ten run;
    run.hits = false;
    run.plan(kill_target::connections, 0.2);
    run.start();
    run.end_orders(1, 2);
    CHECK(run.strike() == words{"connections"});
    CHECK(run.watch->struck() == kill_target::none);
    CHECK(run.record.killed_at() == 0ns);
    CHECK(run.watch->report() ==
          words{"killed connections, after 2 of 10 orders: it hit nothing, so nothing was tried"});
}

TEST_CASE("an incident that hits nothing leaves the recovery from an earlier one as it is", "[incidents]") {
    run_of_ten run;
    run.plan(kill_target::redis, 0.2);
    run.plan(kill_target::connections, 0.5);
    run.start();
    run.end_orders(1, 2);
    CHECK(run.strike() == words{"redis"});
    const auto killed_at = run.record.killed_at();
    run.hits = false;
    run.end_orders(3, 5);
    CHECK(run.strike() == words{"connections"});
    CHECK(run.watch->struck() == kill_target::redis);
    CHECK(run.record.killed_at() == killed_at);
    CHECK(run.record.resumed_at() > killed_at);
}

// --- in flight ---

TEST_CASE("the mean in flight is over time, not over readings", "[in_flight]") {
    flight_watch watch;
    watch.add(1s, 10);  // 5 on average, rising from 0
    watch.add(2s, 10);
    watch.add(4s, 10);
    watch.add(5s, 0);
    CHECK_THAT(watch.seen(0).mean, WithinRel((5 + 10 + 20 + 5) / 5.0));
    CHECK(watch.seen(0).samples == 4);
}

TEST_CASE("readings before the clock goes and after it has stopped count for nothing", "[in_flight]") {
    flight_watch watch;
    watch.add(0s, 100);
    watch.add(1s, 10);
    watch.add(1s, 500);
    CHECK(watch.seen(0).samples == 1);
    CHECK_THAT(watch.seen(0).mean, WithinRel(5.0));
}

TEST_CASE("without a reading it is not known how many orders were in flight", "[in_flight]") {
    CHECK(flight_watch().seen(0).samples == 0);
    CHECK(std::isnan(flight_watch().seen(0).mean));
}

TEST_CASE("an order that is in flight after the end would count for ever: then the mean is not known",
          "[in_flight]") {
    flight_watch watch;
    watch.add(1s, 10);
    CHECK(watch.seen(1).samples == 0);
    CHECK(std::isnan(watch.seen(1).mean));
}
