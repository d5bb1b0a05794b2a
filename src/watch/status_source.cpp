#include "watch/status_source.hpp"

#include "contracts/error.hpp"
#include "contracts/url.hpp"
#include "system/descriptor.hpp"
#include "system/resolve_host.hpp"
#include "watch/status_document.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

namespace pipebench {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using error_code = boost::system::error_code;
using tcp = asio::ip::tcp;
using stream = beast::basic_stream<tcp, executor>;

constexpr std::uint32_t most_header_bytes = 8 * 1024;
constexpr std::array<std::string_view, 3> pages{"/metrics", "/status", "/healthz"};

// --- an address ---

std::string describe(const error_code& ec) {
    if (ec == beast::error::timeout) return fmt::format("no answer within {} s", longest_answer_time.count());
    if (ec == http::error::body_limit) return "the answer is longer than any status of pipebench";
    if (ec.category() == http::make_error_code(http::error::bad_version).category()) return "the answer is no HTTP";
    return one_line(ec.message());
}

class http_source {
public:
    http_source(executor where, const status_address& address) : where_(where), address_(address) {
        for (const auto& text : addresses_of(address.host))
            endpoints_.emplace_back(asio::ip::make_address(text), address.port);
    }

    task<source_answer> ask() {
        stream peer(where_);
        peer.expires_after(longest_answer_time);
        error_code ec;
        for (const auto& e : endpoints_) {
            peer.socket().close(ec);  // of the endpoint before, perhaps of the other family
            co_await peer.async_connect(e, asio::redirect_error(use_task, ec));
            if (!ec || ec == beast::error::timeout) break;
        }
        if (ec) co_return source_answer{.trouble = describe(ec), .refused = ec == asio::error::connection_refused};
        co_return co_await exchange(peer);
    }

private:
    task<source_answer> exchange(stream& peer) {
        http::request<http::empty_body> request(http::verb::get, address_.target, 11);
        request.set(http::field::host, address_.authority);
        request.keep_alive(false);
        error_code ec;
        co_await http::async_write(peer, request, asio::redirect_error(use_task, ec));
        http::response_parser<http::string_body> parser;
        parser.header_limit(most_header_bytes);
        parser.body_limit(longest_status);
        beast::flat_buffer buffer(most_header_bytes + longest_status);
        if (!ec) co_await http::async_read(peer, buffer, parser, asio::redirect_error(use_task, ec));
        if (ec) co_return source_answer{.trouble = describe(ec)};
        if (parser.get().result() != http::status::ok)
            co_return source_answer{.trouble =
                                        fmt::format("the answer to GET {} is {}", printable(address_.target, 80),
                                                    parser.get().result_int())};
        source_answer out;
        out.documents.push_back(std::move(parser.get().body()));
        co_return out;
    }

    executor where_;
    status_address address_;
    std::vector<tcp::endpoint> endpoints_;
};

// --- a file ---

class file_source {
public:
    explicit file_source(std::string path) : path_(std::move(path)) {
        const descriptor file = open();
        if (!file.is_open()) throw system_failure(printable(path_), errno);
        struct stat now {};
        if (::fstat(file.get(), &now) == 0 && S_ISDIR(now.st_mode))
            throw setup_error(printable(path_) + ": is a directory");
        if (now.st_size > static_cast<off_t>(longest_file_tail)) {
            at_ = now.st_size - static_cast<off_t>(longest_file_tail);
            skips_line_ = true;
        }
    }

    source_answer ask() {
        const descriptor file = open();
        if (!file.is_open()) return {.trouble = std::strerror(errno)};
        struct stat now {};
        if (::fstat(file.get(), &now) == 0 && now.st_size < at_) start_again();
        ::lseek(file.get(), at_, SEEK_SET);
        source_answer out;
        const auto before = unread_.size();
        read_into(unread_, file.get(), before + longest_file_tail);
        at_ += static_cast<off_t>(unread_.size() - before);
        take_lines(out);
        return out;
    }

private:
    [[nodiscard]] descriptor open() const {
        return descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    }

    void start_again() {
        at_ = 0;
        unread_.clear();
        skips_line_ = false;
    }

    void take_lines(source_answer& out) {
        std::size_t begin = 0;
        for (auto end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n', begin)) {
            if (!std::exchange(skips_line_, false) && end > begin)
                out.documents.push_back(unread_.substr(begin, end - begin));
            begin = end + 1;
        }
        unread_.erase(0, begin);
        if (unread_.size() <= longest_status) return;
        unread_.clear();
        skips_line_ = true;
        out.trouble = "a line is longer than any status of pipebench";
    }

    std::string path_, unread_;
    off_t at_ = 0;
    bool skips_line_ = false;  ///< its beginning was not read, or dropped
};

}  // namespace

status_address parse_status_address(std::string_view url) {
    static constexpr std::array<std::string_view, 1> schemes{"http://"};
    const url_form form{"watch", "http://HOST:PORT, as --metrics shows it", schemes};
    const auto parts = parse_url(url, form);
    if (!parts.user.empty() || parts.has_password) refuse_url(form, "a user or a password makes no sense here");
    if (parts.host.empty()) refuse_url(form, "it has no host");
    std::string_view prefix = parts.encoded_path;
    for (const auto page : pages)
        if (prefix.ends_with(page)) {
            prefix.remove_suffix(page.size());
            break;
        }
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    return {parts.host, parts.port.value_or(80), std::string(prefix) + "/status", parts.encoded_authority};
}

status_source documents_at(executor where, const status_address& address) {
    const auto source = std::make_shared<http_source>(where, address);
    return [source] { return source->ask(); };
}

status_source documents_in(const std::string& path) {
    const auto source = std::make_shared<file_source>(path);
    return [source]() -> task<source_answer> { co_return source->ask(); };
}

}  // namespace pipebench
