#include "watch/viewer.hpp"

#include "contracts/error.hpp"
#include "watch/layout.hpp"
#include "watch/status_history.hpp"
#include "watch/status_source.hpp"
#include "watch/terminal_screen.hpp"

#include <boost/asio/basic_signal_set.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>

namespace pipebench {
namespace {

using error_code = boost::system::error_code;

constexpr std::chrono::milliseconds screen_interval{500}, line_interval{2000};

bool is_address(std::string_view subject) { return subject.find("://") != std::string_view::npos; }

status_source source_of(executor where, const std::string& subject) {
    if (is_address(subject)) return documents_at(where, parse_status_address(subject));
    try {
        return documents_in(subject);
    } catch (const setup_error& e) {
        throw setup_error(fmt::format("watch: {}; an address begins with http://", e.what()));
    }
}

class viewer {
public:
    explicit viewer(const view_settings& settings)
        : settings_(settings),
          ask_(source_of(loop_.get_executor(), settings.subject)),
          pause_(loop_.get_executor()),
          signals_(loop_.get_executor()),
          keys_(loop_.get_executor()) {
        for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) signals_.add(number);
        subject_.where = printable(settings.subject, longest_shown_text);
        subject_.leaving = settings.leaving;
    }

    void run() {
        if (settings_.kind == view_kind::full_screen) open_screen();
        wait_for_signal();
        std::exception_ptr failure;
        asio::co_spawn(loop_.get_executor(), follow(), [&](std::exception_ptr e) {
            failure = e;
            loop_.stop();
        });
        loop_.run();
        screen_.reset();
        if (failure) std::rethrow_exception(failure);
        if (over_ && settings_.at_end == last_words::one_line) say(last_line_of(seen_));
    }

private:
    void open_screen() {
        letters_ = letters_of_locale();
        const int in = ::isatty(STDIN_FILENO) != 0 ? STDIN_FILENO : STDOUT_FILENO;
        screen_.emplace(in, STDOUT_FILENO, settings_.with);
        keys_.assign(::dup(in));
        wait_for_key();
        draw();
    }

    task<> follow() {
        error_code ec;
        while (!over_) {
            take(co_await ask_());
            if (over_) break;
            pause_.expires_after(screen_ ? screen_interval : line_interval);
            co_await pause_.async_wait(asio::redirect_error(use_task, ec));
        }
    }

    void take(const source_answer& answer) {
        over_ = answer.refused && seen_.last().has_value();
        auto trouble = answer.trouble;
        const bool had_run = seen_.last() && seen_.last()->run;
        for (const auto& text : answer.documents) try {
                seen_.take(parse_status(text));
            } catch (const setup_error& e) {
                trouble = e.what();
            }
        if (over_) return;
        if (screen_ && had_run != (seen_.last() && seen_.last()->run)) screen_->forget();
        const bool new_trouble = trouble != subject_.trouble && !trouble.empty();
        subject_.trouble = std::move(trouble);
        if (screen_) draw();
        else if (!subject_.trouble.empty()) warn(new_trouble);
        else if (!answer.documents.empty()) say(line_of(seen_));
    }

    void draw() { screen_->show(lay_out(seen_, subject_, screen_->size(), letters_)); }

    void warn(bool is_new) const {
        if (!is_new) return;
        std::fprintf(stderr, "waiting for %s: %s\n", subject_.where.c_str(), subject_.trouble.c_str());
    }

    /// A reader that has gone ends the view.
    void say(const std::string& text) {
        if (std::printf("%s\n", text.c_str()) < 0 || std::fflush(stdout) != 0) loop_.stop();
    }

    void wait_for_signal() {
        signals_.async_wait([this](const error_code& ec, int number) {
            if (ec || number != SIGWINCH) return loop_.stop();
            if (screen_) draw();
            wait_for_signal();
        });
    }

    void wait_for_key() {
        keys_.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& ec) {
            std::array<char, 64> pressed{};
            const auto count = ec ? -1 : ::read(keys_.native_handle(), pressed.data(), pressed.size());
            const std::string_view keys(pressed.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
            if (keys.empty() || keys.find_first_of("qQ") != keys.npos) return loop_.stop();
            wait_for_key();
        });
    }

    const view_settings& settings_;
    asio::io_context loop_{1};
    status_source ask_;
    timer pause_;
    asio::basic_signal_set<executor> signals_;
    asio::posix::basic_stream_descriptor<executor> keys_;
    status_history seen_;
    view_subject subject_;
    std::optional<terminal_screen> screen_;
    letters letters_ = letters::ascii;
    bool over_ = false;
};

}  // namespace

void show_session(const view_settings& settings) { viewer(settings).run(); }

}  // namespace pipebench
