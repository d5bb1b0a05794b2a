// --chaos as people write it, and which processes it kills. A share that is read wrongly kills at the wrong moment,
// and a kill of other processes measures something else.
#include "session/chaos_plan.hpp"

#include "system/descriptor.hpp"
#include "system/kill.hpp"
#include "system/process_tree.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <vector>

using namespace pipebench;

namespace {

/// A process with so many children, which all wait to be killed.
class family {
public:
    explicit family(std::size_t children) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const descriptor in(ends[0]);
        descriptor out(ends[1]);
        parent_ = ::fork();
        REQUIRE(parent_ >= 0);
        if (parent_ == 0) live(children, out.get());
        out.reset();
        char one = 0;
        REQUIRE(::read(in.get(), &one, 1) == 1);  // it is complete
        children_ = children_of(parent_);
        REQUIRE(children_.size() == children);
    }
    family(const family&) = delete;
    family& operator=(const family&) = delete;
    ~family() {
        for (const pid_t child : children_) ::kill(child, SIGKILL);
        ::kill(parent_, SIGKILL);
        ::waitpid(parent_, nullptr, 0);
    }
    [[nodiscard]] pid_t parent() const noexcept { return parent_; }
    [[nodiscard]] const std::vector<pid_t>& children() const noexcept { return children_; }

private:
    [[noreturn]] static void live(std::size_t children, int complete) {
        for (std::size_t i = 0; i < children; ++i)
            if (::fork() == 0)
                for (;;) ::pause();
        if (::write(complete, "x", 1) != 1) ::_exit(1);
        for (;;) ::pause();
    }
    pid_t parent_;
    std::vector<pid_t> children_;
};

}  // namespace

TEST_CASE("a kill is a target and a share, as a percentage or not, and half way by default", "[chaos]") {
    struct row {
        std::string text;
        kill_target target;
        double at;
    };
    const auto r = GENERATE(values<row>({{"kill-worker@50%", kill_target::worker, 0.5},
                                         {"kill-worker", kill_target::worker, 0.5},
                                         {"kill-run@0.25", kill_target::run, 0.25},
                                         {"kill-redis@0%", kill_target::redis, 0},
                                         {"kill-redis@0", kill_target::redis, 0},
                                         {"kill-postgres@99.5%", kill_target::postgres, 0.995},
                                         {"kill-postgres@1e-1", kill_target::postgres, 0.1}}));
    CAPTURE(r.text);
    const auto plan = parse_chaos(r.text);
    REQUIRE(plan);
    CHECK(plan->target == r.target);
    CHECK(plan->at == r.at);
}

TEST_CASE("what is no kill is none", "[chaos]") {
    const std::string text =
        GENERATE(as<std::string>{}, "", "kill", "kill-", "kill-none", "kill-none@50%", "kill-workers", "Kill-worker",
                 "worker", "worker@50%", "kill-worker@", "kill-worker@%", "kill-worker@half", "kill-worker@1",
                 "kill-worker@100%", "kill-worker@-1%", "kill-worker@nan", "kill-worker@inf", "kill-worker@50%%",
                 "kill-worker@50% ", "kill-worker@ 50%", " kill-worker", "kill-worker@50%@60%", "kill-worker @50%",
                 "kill-worker@0x1p-1", "kill-worker@+50%", "kill-worker,kill-run", "kill-worker@1e999");
    CAPTURE(text);
    CHECK_FALSE(parse_chaos(text));
}

TEST_CASE("a kill that is written out is read back as it was", "[chaos]") {
    for (const auto target : {kill_target::worker, kill_target::run, kill_target::redis, kill_target::postgres})
        for (const double at : {0.0, 0.005, 0.25, 0.5, 0.75, 0.99}) {
            const auto text = format_chaos({target, at});
            CAPTURE(text);
            const auto back = parse_chaos(text);
            REQUIRE(back);
            CHECK(back->target == target);
            CHECK(back->at == at);
        }
    CHECK(format_chaos({kill_target::worker, 0.5}) == "kill-worker@50%");
    CHECK(format_chaos({}).empty());
}

TEST_CASE("a run without workers is left alone", "[chaos]") {
    const family run(0);
    CHECK(kill_a_child(run.parent(), 42) == 0);
    CHECK(is_alive(run.parent()));
}

TEST_CASE("of a run's workers one is hit, by choice, and the run lives on", "[chaos]") {
    const family run(3);
    const auto hit = kill_a_child(run.parent(), 7);
    CHECK(hit == run.children()[7 % 3]);
    while (is_alive(hit)) ::usleep(1000);
    CHECK(children_of(run.parent()).size() == 2);
    CHECK(is_alive(run.parent()));
}

TEST_CASE("a tree that is killed is gone when that returns", "[chaos]") {
    const family server(3);
    kill_tree(server.parent());
    CHECK(std::none_of(server.children().begin(), server.children().end(), is_alive));
    int status = 0;
    REQUIRE(::waitpid(server.parent(), &status, 0) == server.parent());  // still to be reaped by its owner
    CHECK(WTERMSIG(status) == SIGKILL);
}
