// TLS between buffers in memory (OpenSSL): the caller moves the bytes, so that the blocking and the awaitable client use
// the same. Source: OpenSSL's manual, SSL_set_bio(3) and BIO_s_mem(3).
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pipebench {

/// The client's side of one connection; TLS 1.2 or newer. The server's certificate must be signed by an authority that
/// the machine trusts (SSL_CERT_FILE and SSL_CERT_DIR name others), and be of the host. One thread.
class tls_session {
public:
    /// `host`: a name or an IP address, without brackets. Throws redis_error if OpenSSL cannot be used.
    explicit tls_session(const std::string& host);

    /// Goes on with the handshake, as far as what has arrived allows. Throws redis_error if the certificate is refused, or
    /// the server speaks no TLS.
    void shake_hands();
    [[nodiscard]] bool is_open() const noexcept { return SSL_is_init_finished(tls_.get()) != 0; }

    /// What is to be sent now: of the handshake, or of what was encrypted.
    [[nodiscard]] std::string take_to_send();
    /// Bytes that have arrived.
    void received(std::string_view bytes);

    void encrypt(std::string_view plain);
    /// Returns the number of decrypted bytes; 0: none until more has arrived. Throws redis_lost at the end of the
    /// connection, or if a record is broken.
    [[nodiscard]] std::size_t decrypt(std::span<char> into);

private:
    struct deleter {
        void operator()(SSL* s) const noexcept { SSL_free(s); }
    };
    [[noreturn]] void fail(const char* what) const;

    std::unique_ptr<SSL, deleter> tls_;
    BIO *in_ = nullptr, *out_ = nullptr;  ///< owned by it
};

}  // namespace pipebench
