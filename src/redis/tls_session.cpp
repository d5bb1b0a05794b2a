#include "redis/tls_session.hpp"

#include "redis/redis_reply.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>

namespace pipebench {
namespace {

struct context_deleter {
    void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
};

std::string last_error() {
    const auto code = ::ERR_get_error();
    ::ERR_clear_error();
    if (code == 0) return "unknown failure";
    std::array<char, 200> text{};
    const char* reason = ::ERR_reason_error_string(code);
    if (reason != nullptr) return printable(reason, text.size());
    ::ERR_error_string_n(code, text.data(), text.size());
    return printable(text.data(), text.size());
}

SSL_CTX* context() {
    static const std::unique_ptr<SSL_CTX, context_deleter> only(SSL_CTX_new(TLS_client_method()));
    static const bool is_set = only && SSL_CTX_set_min_proto_version(only.get(), TLS1_2_VERSION) == 1 &&
                               SSL_CTX_set_default_verify_paths(only.get()) == 1;
    if (!is_set) throw redis_error("Redis: TLS cannot be used: " + last_error());
    return only.get();
}

/// Server Name Indication (RFC 6066, 3). OpenSSL's macro for it casts in C's way.
bool name_host(SSL* tls, std::string host) {
    return SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

bool is_ip_address(const std::string& host) {
    in6_addr ignored{};
    return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

}  // namespace

tls_session::tls_session(const std::string& host)
    : tls_(SSL_new(context())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    if (!tls_ || in_ == nullptr || out_ == nullptr) fail("TLS cannot be used");
    BIO_set_mem_eof_return(in_, -1);  // no bytes yet is no end
    BIO_set_mem_eof_return(out_, -1);
    SSL_set_bio(tls_.get(), in_, out_);
    SSL_set_connect_state(tls_.get());
    SSL_set_verify(tls_.get(), SSL_VERIFY_PEER, nullptr);
    const bool has_host = is_ip_address(host)
                              ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), host.c_str()) == 1
                              : SSL_set1_host(tls_.get(), host.c_str()) == 1 && name_host(tls_.get(), host);
    if (!has_host) fail("TLS cannot be used with this host");
}

void tls_session::fail(const char* what) const {
    const auto verified = tls_ ? SSL_get_verify_result(tls_.get()) : X509_V_OK;
    const std::string why = verified == X509_V_OK ? last_error() : ::X509_verify_cert_error_string(verified);
    ::ERR_clear_error();
    // Not a redis_lost: another try would end in the same way.
    throw redis_error(fmt::format("Redis: {}: {}", what, why));
}

void tls_session::shake_hands() {
    ::ERR_clear_error();
    const int done = SSL_do_handshake(tls_.get());
    if (done != 1 && SSL_get_error(tls_.get(), done) != SSL_ERROR_WANT_READ) fail("the TLS handshake failed");
}

std::string tls_session::take_to_send() {
    std::string out(BIO_ctrl_pending(out_), '\0');
    if (out.empty()) return out;
    const int n = BIO_read(out_, out.data(), static_cast<int>(out.size()));
    out.resize(static_cast<std::size_t>(n > 0 ? n : 0));
    return out;
}

void tls_session::received(std::string_view bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }

void tls_session::encrypt(std::string_view plain) {
    ::ERR_clear_error();
    if (!plain.empty() && SSL_write(tls_.get(), plain.data(), static_cast<int>(plain.size())) <= 0)
        throw redis_lost("Redis: TLS: " + last_error());
}

std::size_t tls_session::decrypt(std::span<char> into) {
    ::ERR_clear_error();
    const int n = SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()));
    if (n > 0) return static_cast<std::size_t>(n);
    const int why = SSL_get_error(tls_.get(), n);
    if (why == SSL_ERROR_WANT_READ) return 0;
    if (why == SSL_ERROR_ZERO_RETURN) throw redis_lost("Redis: the server closed the connection");
    throw redis_lost("Redis: TLS: " + last_error());
}

}  // namespace pipebench
