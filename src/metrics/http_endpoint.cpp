#include "metrics/http_endpoint.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <sys/socket.h>

namespace pipebench {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using error_code = boost::system::error_code;
using response = http::response<http::string_body>;

constexpr std::chrono::milliseconds accept_pause{100};  ///< after an accept failed for lack of resources

asio::ip::tcp protocol_of(int listener) {
    int domain = AF_INET;
    socklen_t size = sizeof domain;
    ::getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    return domain == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

response answer(http::status status, unsigned version, std::string text) {
    response out(status, version);
    out.set(http::field::content_type, "text/plain; charset=utf-8");
    out.body() = std::move(text);
    return out;
}

response answer_to(const http::request<http::empty_body>& asked, const http_pages& pages) {
    const auto target = std::string_view(asked.target().data(), asked.target().size());
    const auto page = pages.find(target.substr(0, target.find('?')));
    if (page == pages.end()) return answer(http::status::not_found, asked.version(), "there is no such page\n");
    if (asked.method() != http::verb::get && asked.method() != http::verb::head) {
        auto out = answer(http::status::method_not_allowed, asked.version(), "only GET and HEAD\n");
        out.set(http::field::allow, "GET, HEAD");
        return out;
    }
    auto out = answer(http::status::ok, asked.version(), page->second.text());
    out.set(http::field::content_type, page->second.content_type);
    return out;
}

}  // namespace

http_pages::value_type healthz_page() {
    return {"/healthz", {"text/plain; charset=utf-8", [] { return std::string("ok\n"); }}};
}

http_endpoint::http_endpoint(executor where, descriptor listener, http_pages pages)
    : where_(where), acceptor_(where), pause_(where), pages_(std::move(pages)) {
    const auto protocol = protocol_of(listener.get());
    acceptor_.assign(protocol, listener.release());
    asio::co_spawn(where_, accept(), asio::detached);
}

void http_endpoint::stop() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& c : clients_) {
        c->peer.close(ignored);
        c->deadline.cancel();
    }
}

task<> http_endpoint::accept() {
    while (acceptor_.is_open()) {
        error_code ec;
        auto peer = co_await acceptor_.async_accept(asio::redirect_error(use_task, ec));
        if (!acceptor_.is_open()) co_return;
        if (ec) {
            pause_.expires_after(accept_pause);
            co_await pause_.async_wait(asio::redirect_error(use_task, ec));
            continue;
        }
        if (clients_.size() >= most_connections) clients_.front()->peer.close(ec);  // its coroutine takes it out
        clients_.push_back(std::make_shared<client>(std::move(peer)));
        asio::co_spawn(where_, serve(clients_.back()), asio::detached);
    }
}

task<> http_endpoint::serve(client_ptr who) {
    std::string input;
    while (co_await answer_one(who, input)) {
    }
    who->deadline.cancel();
    clients_.remove(who);
}

void http_endpoint::limit_time(const client_ptr& who) {
    who->deadline.expires_after(time_limit);
    who->deadline.async_wait([who](const error_code& ec) {
        error_code ignored;
        if (!ec) who->peer.close(ignored);
    });
}

/// Whether the connection stays open.
task<bool> http_endpoint::answer_one(const client_ptr& who, std::string& input) {
    limit_time(who);
    error_code ec;
    http::request_parser<http::empty_body> parser;
    parser.header_limit(most_header_bytes);
    parser.body_limit(0);
    auto buffer = asio::dynamic_buffer(input, most_header_bytes);
    co_await http::async_read(who->peer, buffer, parser, asio::redirect_error(use_task, ec));
    if (ec == http::error::end_of_stream || !who->peer.is_open()) co_return false;
    auto reply = ec ? answer(http::status::bad_request, 11, "this is not a request for a page\n")
                    : answer_to(parser.get(), pages_);
    const bool stays = !ec && parser.get().keep_alive();
    const bool head = !ec && parser.get().method() == http::verb::head;
    reply.keep_alive(stays);
    reply.prepare_payload();
    limit_time(who);
    http::response_serializer<http::string_body> serializer(reply);
    if (head) co_await http::async_write_header(who->peer, serializer, asio::redirect_error(use_task, ec));
    else co_await http::async_write(who->peer, serializer, asio::redirect_error(use_task, ec));
    co_return stays && !ec;
}

}  // namespace pipebench
